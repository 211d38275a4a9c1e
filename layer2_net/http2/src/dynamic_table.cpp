#include <avila/http2/hpack.hpp>

namespace avila::http2::detail {

HeaderField DynamicTable::at(std::size_t index) const noexcept {
  const Entry& found = entry(index);
  const std::string_view text = text_;
  return {text.substr(found.offset, found.name_bytes),
          text.substr(found.offset + found.name_bytes, found.value_bytes), false};
}

std::uint32_t DynamicTable::hash_at(std::size_t index) const noexcept {
  return entry(index).name_hash;
}

void DynamicTable::add(std::string_view name, std::string_view value, std::uint32_t name_hash) {
  const std::uint64_t bytes = name.size() + value.size() + HeaderList::kFieldOverheadBytes;
  if (bytes > limit_) {
    evict_until(0);
    return;
  }
  std::string copy;  // of a name in an entry that goes
  const auto inside = [this](std::string_view text) {
    return text.data() >= text_.data() && text.data() < text_.data() + text_.size();
  };
  if (inside(name) || inside(value)) {
    copy.append(name).append(value);
    value = std::string_view(copy).substr(name.size());
    name = std::string_view(copy).substr(0, name.size());
  }
  evict_until(limit_ - static_cast<std::uint32_t>(bytes));
  if (first_ > 64 || text_.size() > 2 * std::size_t{limit_}) compact();
  entries_.push_back({static_cast<std::uint32_t>(text_.size()),
                      static_cast<std::uint32_t>(name.size()),
                      static_cast<std::uint32_t>(value.size()), name_hash});
  text_.append(name).append(value);
  used_ += static_cast<std::uint32_t>(bytes);
}

void DynamicTable::set_limit(std::uint32_t limit_bytes) noexcept {
  limit_ = limit_bytes;
  evict_until(limit_);
}

void DynamicTable::evict_until(std::uint32_t limit) noexcept {
  while (used_ > limit) {
    const Entry& oldest = entries_[first_++];
    used_ -= oldest.name_bytes + oldest.value_bytes +
             static_cast<std::uint32_t>(HeaderList::kFieldOverheadBytes);
  }
  if (first_ == entries_.size()) {
    entries_.clear();
    text_.clear();
    first_ = 0;
  }
}

void DynamicTable::compact() {
  if (first_ == 0) return;  // nothing to win
  const std::uint32_t gone = entries_[first_].offset;
  text_.erase(0, gone);
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
  for (Entry& each : entries_) each.offset -= gone;
}

}  // namespace avila::http2::detail
