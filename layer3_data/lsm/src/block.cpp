#include "block.hpp"

#include <avila/lsm/options.hpp>
#include <avila/primitives/varint.hpp>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

namespace avila::lsm::detail {

Block* Block::make(std::size_t size) {
  void* memory = std::malloc(offsetof(Block, data) + size + 1);
  if (memory == nullptr) throw std::bad_alloc();
  auto* block = ::new (memory) Block;
  block->size = static_cast<std::uint32_t>(size);
  return block;
}
void BlockRef::reset() noexcept {
  if (block_ != nullptr && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    std::free(block_);
  block_ = nullptr;
}

void BlockBuilder::grow(std::size_t room) {
  capacity_ = std::max(capacity_ * 2, size_ + room + 4096);
  std::unique_ptr<char[]> larger(new char[capacity_]);
  if (size_ > 0) std::memcpy(larger.get(), buffer_.get(), size_);
  buffer_ = std::move(larger);
}

void BlockBuilder::add(std::string_view key, Tag tag, std::string_view value) {
  std::size_t shared = 0;
  if (since_restart_ == 0) {
    restarts_.push_back(static_cast<std::uint32_t>(size_));
  } else {
    const std::size_t limit = std::min(key.size(), last_key_.size());
    while (shared < limit && key[shared] == last_key_[shared]) ++shared;
  }
  const std::size_t room = 4 * kMaxVarint64Bytes + key.size() + value.size();
  if (capacity_ - size_ < room) grow(room);
  char* at = buffer_.get() + size_;
  at = encode_varint(at, shared);
  at = encode_varint(at, key.size() - shared);
  at = encode_varint(at, value.size());
  std::memcpy(at, key.data() + shared, key.size() - shared);
  at += key.size() - shared;
  at = encode_varint(at, tag);
  if (!value.empty()) std::memcpy(at, value.data(), value.size());
  size_ = static_cast<std::size_t>(at - buffer_.get()) + value.size();
  last_key_.resize(shared);
  last_key_.append(key.substr(shared));
  if (++since_restart_ == interval_) since_restart_ = 0;
}

std::string_view BlockBuilder::finish() {
  const std::size_t room = restarts_.size() * 4 + 4;
  if (capacity_ - size_ < room) grow(room);
  for (const std::uint32_t offset : restarts_) {
    store_le32(buffer_.get() + size_, offset);
    size_ += 4;
  }
  store_le32(buffer_.get() + size_, static_cast<std::uint32_t>(restarts_.size()));
  size_ += 4;
  return {buffer_.get(), size_};
}

void BlockBuilder::reset() noexcept {
  size_ = 0;
  since_restart_ = 0;
  restarts_.clear();
  last_key_.clear();
}

void BlockCursor::open(std::string_view block) noexcept {
  valid_ = false;
  damaged_ = true;
  data_ = block.data();
  limit_ = restarts_ = 0;
  if (block.size() < 8 || block.size() > UINT32_MAX) return;
  const std::uint32_t count = load_le32(block.data() + block.size() - 4);
  if (count == 0 || count > (block.size() - 4) / 4) return;
  limit_ = static_cast<std::uint32_t>(block.size() - 4 - count * std::size_t{4});
  restarts_ = count;
  damaged_ = false;
}

bool BlockCursor::parse() {
  const char* p = data_ + next_;
  const char* end = data_ + limit_;
  if (p >= end) return valid_ = false;
  std::size_t shared, fresh, value_size;
  if (end - p > 3 && ((p[0] | p[1] | p[2]) & 0x80) == 0) {
    shared = static_cast<unsigned char>(p[0]);
    fresh = static_cast<unsigned char>(p[1]);
    value_size = static_cast<unsigned char>(p[2]);
    p += 3;
  } else {
    std::uint64_t a, b, c;
    if ((p = decode_varint(p, end, a)) == nullptr || (p = decode_varint(p, end, b)) == nullptr ||
        (p = decode_varint(p, end, c)) == nullptr || a > kMaxKeyBytes || b > kMaxKeyBytes)
      return fail();
    shared = a, fresh = b, value_size = c;
  }
  if (shared > key_size_ || fresh > static_cast<std::size_t>(end - p)) return fail();
  const std::size_t size = shared + fresh;
  if (size > key_capacity_) {
    const std::size_t capacity = std::max<std::size_t>(64, size * 2);
    std::unique_ptr<char[]> larger(new char[capacity]);
    if (shared > 0) std::memcpy(larger.get(), key_.get(), shared);
    key_ = std::move(larger);
    key_capacity_ = capacity;
  }
  if (fresh > 0) std::memcpy(key_.get() + shared, p, fresh);  // an empty key has no buffer
  key_size_ = size;
  p += fresh;
  std::uint64_t tag;
  if ((p = decode_varint(p, end, tag)) == nullptr) return fail();
  if (value_size > static_cast<std::size_t>(end - p)) return fail();
  tag_ = tag;
  value_ = p;
  value_size_ = value_size;
  at_ = next_;
  next_ = static_cast<std::uint32_t>(p + value_size - data_);
  return valid_ = true;
}

void BlockCursor::go_to_restart(std::uint32_t index) noexcept {
  key_size_ = 0;
  next_ = index < restarts_ ? restart(index) : limit_;
  if (next_ > limit_) next_ = limit_, fail();
}

bool BlockCursor::restart_key(std::uint32_t index, std::string_view& key, Tag& tag) const noexcept {
  const std::uint32_t offset = restart(index);
  if (offset >= limit_) return false;
  const char* p = data_ + offset;
  const char* end = data_ + limit_;
  std::uint64_t shared, fresh, value_size;
  if ((p = decode_varint(p, end, shared)) == nullptr || shared != 0 ||
      (p = decode_varint(p, end, fresh)) == nullptr ||
      (p = decode_varint(p, end, value_size)) == nullptr ||
      fresh > static_cast<std::size_t>(end - p))
    return false;
  key = {p, static_cast<std::size_t>(fresh)};
  return decode_varint(p + fresh, end, tag) != nullptr;
}

void BlockCursor::seek(std::string_view key, Tag tag) {
  if (restarts_ == 0) return (void)fail();
  std::uint32_t low = 0, high = restarts_ - 1;  // the last restart point before (key, tag), or 0
  while (low < high) {
    const std::uint32_t middle = low + (high - low + 1) / 2;
    std::string_view at;
    Tag at_tag;
    if (!restart_key(middle, at, at_tag)) return (void)fail();
    if (compare_entries(at, at_tag, key, tag) < 0)
      low = middle;
    else
      high = middle - 1;
  }
  go_to_restart(low);
  while (parse() && compare_entries(this->key(), tag_, key, tag) < 0) {
  }
}

void BlockCursor::seek_to_first() {
  if (restarts_ == 0) return (void)fail();
  go_to_restart(0);
  parse();
}

void BlockCursor::seek_to_last() {
  if (restarts_ == 0) return (void)fail();
  go_to_restart(restarts_ - 1);
  while (parse() && next_ < limit_) {
  }
}

void BlockCursor::prev() {
  const std::uint32_t target = at_;
  std::uint32_t index = restarts_;
  while (index > 0 && restart(index - 1) >= target) --index;
  if (index == 0) {
    valid_ = false;
    return;
  }
  go_to_restart(index - 1);
  while (parse() && next_ < target) {
  }
}

}  // namespace avila::lsm::detail
