#include <avila/buffer/bytes.hpp>

#include <cstdlib>
#include <cstring>
#include <new>

namespace avila::buffer {
namespace detail {
namespace {

constexpr std::size_t kHeader = 64;  // content starts on a cache line of its own
static_assert(sizeof(Block) <= kHeader);

void release_allocated(Block* self) noexcept {
  self->~Block();
  ::operator delete(self, std::align_val_t{kHeader});
}

template <class Owned>
struct OwnerBlock : Block {
  explicit OwnerBlock(Owned&& taken) : owned(std::move(taken)) {
    release = [](Block* self) noexcept { delete static_cast<OwnerBlock*>(self); };
  }
  Owned owned;
};

struct ForeignBlock : Block {
  void (*release_context)(void*) noexcept = nullptr;
  void* context = nullptr;
};

}  // namespace

Block* allocate(std::size_t capacity) {
  void* memory = ::operator new(kHeader + capacity, std::align_val_t{kHeader});
  auto* block = ::new (memory) Block;
  block->release = release_allocated;
  block->memory = static_cast<std::byte*>(memory) + kHeader;
  block->capacity = capacity;
  return block;
}

}  // namespace detail

using detail::Block;

Bytes Bytes::copy_of(ByteSpan bytes) {
  if (bytes.empty()) return {};
  Block* block = detail::allocate(bytes.size());
  std::memcpy(block->memory, bytes.data(), bytes.size());
  return {block, block->memory, bytes.size()};
}

Bytes Bytes::from(std::string&& text) {
  if (text.empty()) return {};
  auto* block = new detail::OwnerBlock<std::string>(std::move(text));
  const ByteSpan bytes = as_bytes(block->owned);
  return {block, bytes.data(), bytes.size()};
}

Bytes Bytes::from(std::vector<std::byte>&& bytes) {
  if (bytes.empty()) return {};
  auto* block = new detail::OwnerBlock<std::vector<std::byte>>(std::move(bytes));
  return {block, block->owned.data(), block->owned.size()};
}

Bytes Bytes::from_foreign(ByteSpan bytes, void (*release)(void*) noexcept, void* context) {
  auto* block = new detail::ForeignBlock;
  block->release_context = release;
  block->context = context;
  block->release = [](Block* self) noexcept {
    auto* foreign = static_cast<detail::ForeignBlock*>(self);
    foreign->release_context(foreign->context);
    delete foreign;
  };
  return {block, bytes.data(), bytes.size()};
}

Bytes Bytes::slice(std::size_t offset, std::size_t length) const noexcept {
  AVILA_ASSERT(offset <= size_);
  AVILA_ASSERT(length <= size_ - offset);
  if (length == 0) return {};
  detail::retain(block_);
  return {block_, data_ + offset, length};
}

Bytes Bytes::slice_of(ByteSpan part) const noexcept {
  if (part.empty()) return {};
  AVILA_ASSERT(part.data() >= data_);
  return slice(static_cast<std::size_t>(part.data() - data_), part.size());
}

Bytes Bytes::split_to(std::size_t at) noexcept {
  Bytes head = slice(0, at);
  consume(at);
  return head;
}

Bytes Bytes::split_off(std::size_t at) noexcept {
  AVILA_ASSERT(at <= size_);
  Bytes tail = slice(at, size_ - at);
  truncate(at);
  return tail;
}

void Bytes::consume(std::size_t count) noexcept {
  AVILA_ASSERT(count <= size_);
  data_ += count;
  size_ -= count;
}

void Bytes::truncate(std::size_t size) noexcept {
  if (size < size_) size_ = size;
}

void BytesMut::swap(BytesMut& other) noexcept {
  std::swap(block_, other.block_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(room_, other.room_);
}

BytesMut BytesMut::adopt(Block* block) noexcept {
  BytesMut out;
  out.block_ = block;
  out.data_ = block->memory;
  out.room_ = block->capacity;
  return out;
}

void BytesMut::reserve(std::size_t more) {
  if (more <= room_ - size_) return;
  AVILA_ASSERT(more <= SIZE_MAX / 4 - size_);
  const std::size_t need = size_ + more;
  // At most half of the block moves to reuse it, so that a byte is moved O(1) times on average.
  if (detail::unique(block_) && block_->capacity >= need && size_ <= block_->capacity / 2) {
    std::memmove(block_->memory, data_, size_);
    data_ = block_->memory;
    room_ = block_->capacity;
    return;
  }
  constexpr std::size_t kSmallest = 64;
  std::size_t capacity = size_ * 2 > need ? size_ * 2 : need;
  if (capacity < kSmallest) capacity = kSmallest;
  Block* bigger = detail::allocate(capacity);
  if (size_ != 0) std::memcpy(bigger->memory, data_, size_);
  detail::drop(block_);
  block_ = bigger;
  data_ = bigger->memory;
  room_ = capacity;
}

void BytesMut::append(ByteSpan bytes) {
  if (bytes.empty()) return;
  if (bytes.size() > room_ - size_) {
    // A part of this very buffer may be appended: it is found again after the move.
    const bool own = data_ != nullptr && bytes.data() >= data_ && bytes.data() < data_ + size_;
    const std::size_t at = own ? static_cast<std::size_t>(bytes.data() - data_) : 0;
    reserve(bytes.size());
    if (own) bytes = {data_ + at, bytes.size()};
  }
  std::memcpy(data_ + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

void BytesMut::resize(std::size_t size) {
  if (size > size_) {
    reserve(size - size_);
    std::memset(data_ + size_, 0, size - size_);
  }
  size_ = size;
}

void BytesMut::truncate(std::size_t size) noexcept {
  if (size < size_) size_ = size;
}

MutableByteSpan BytesMut::spare(std::size_t least) {
  reserve(least);
  return {data_ + size_, room_ - size_};
}

void BytesMut::commit(std::size_t written) noexcept {
  AVILA_ASSERT(written <= room_ - size_);
  size_ += written;
}

void BytesMut::consume(std::size_t count) noexcept {
  AVILA_ASSERT(count <= size_);
  data_ += count;
  size_ -= count;
  room_ -= count;
  if (size_ == 0 && detail::unique(block_)) {
    data_ = block_->memory;
    room_ = block_->capacity;
  }
}

Bytes BytesMut::split_to(std::size_t count) noexcept {
  AVILA_ASSERT(count <= size_);
  if (count == 0) return {};
  detail::retain(block_);
  Bytes head(block_, data_, count);
  data_ += count;
  size_ -= count;
  room_ -= count;
  return head;
}

Bytes BytesMut::freeze() noexcept {
  Bytes all(std::exchange(block_, nullptr), data_, size_);
  data_ = nullptr;
  size_ = room_ = 0;
  return all;
}

}  // namespace avila::buffer
