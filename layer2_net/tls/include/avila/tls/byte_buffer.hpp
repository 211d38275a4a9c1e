// Bytes that come in at the end and go out at the front.
#pragma once
#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/error/span.hpp>
#include <cstring>
#include <memory>

namespace avila::tls {

/// Unlike a vector it does not zero what is about to be written over. Spans are valid until the
/// next grow().
class ByteBuffer {
 public:
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }
  MutableByteSpan bytes() noexcept { return {data_.get() + begin_, size()}; }
  ByteSpan bytes() const noexcept { return {data_.get() + begin_, size()}; }

  /// At least `count` bytes behind the end, to be written; add() makes them part of it.
  MutableByteSpan grow(std::size_t count) {
    if (capacity_ - end_ < count) make_room(count);
    return {data_.get() + end_, capacity_ - end_};
  }
  void add(std::size_t count) noexcept {
    AVILA_ASSERT(count <= capacity_ - end_);
    end_ += count;
  }
  void append(ByteSpan bytes) {
    if (bytes.empty()) return;
    std::memcpy(grow(bytes.size()).data(), bytes.data(), bytes.size());
    end_ += bytes.size();
  }
  void drop_front(std::size_t count) noexcept {
    AVILA_ASSERT(count <= size());
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  void drop_back(std::size_t count) noexcept {
    AVILA_ASSERT(count <= size());
    end_ -= count;
  }
  void clear() noexcept { begin_ = end_ = 0; }

 private:
  void make_room(std::size_t count) {
    const std::size_t used = size();
    if (capacity_ - used >= count && begin_ >= used) {  // the bytes move to the front
      std::memmove(data_.get(), data_.get() + begin_, used);
    } else {
      const std::size_t wanted = std::max<std::size_t>(used + count, capacity_ + capacity_ / 2);
      auto larger = std::make_unique_for_overwrite<std::byte[]>(wanted);
      if (used != 0) std::memcpy(larger.get(), data_.get() + begin_, used);
      data_ = std::move(larger);
      capacity_ = wanted;
    }
    begin_ = 0;
    end_ = used;
  }

  std::unique_ptr<std::byte[]> data_;
  std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
};

}  // namespace avila::tls
