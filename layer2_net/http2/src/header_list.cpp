#include <avila/http2/header_list.hpp>

namespace avila::http2 {

void HeaderList::add(std::string_view name, std::string_view value, bool sensitive) {
  fields_.push_back({static_cast<std::uint32_t>(text_.size()),
                     static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size()), sensitive});
  text_.append(name).append(value);
  list_bytes_ += name.size() + value.size() + kFieldOverheadBytes;
}

void HeaderList::clear() noexcept {
  text_.clear();
  fields_.clear();
  list_bytes_ = 0;
  truncated_ = false;
}

HeaderField HeaderList::operator[](std::size_t index) const noexcept {
  const Entry& entry = fields_[index];
  const std::string_view text = text_;
  return {text.substr(entry.offset, entry.name_bytes),
          text.substr(entry.offset + entry.name_bytes, entry.value_bytes), entry.sensitive};
}

}  // namespace avila::http2
