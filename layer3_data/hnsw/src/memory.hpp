// One growing block of memory on huge pages where the system has them: a search touches nodes all
// over the block, and with 4 KiB pages most touches would miss the TLB.
#pragma once
#include <cstddef>
#include <utility>

namespace avila::hnsw::detail {

class Memory {
 public:
  Memory() = default;
  Memory(Memory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}
  Memory& operator=(Memory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~Memory();

  std::byte* data() const noexcept { return data_; }
  std::size_t capacity() const noexcept { return capacity_; }
  /// At least `size` bytes, the first `used` kept, the rest zero. False when memory is out.
  bool grow(std::size_t size, std::size_t used) noexcept;

 private:
  std::byte* data_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace avila::hnsw::detail
