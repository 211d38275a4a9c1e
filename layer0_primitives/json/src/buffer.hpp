// Memory that grows without being filled.
#pragma once
#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

namespace avila::json::detail {

template <class T>
class Buffer {
 public:
  Buffer() noexcept = default;
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~Buffer() { std::free(data_); }

  T* data() noexcept { return data_; }
  const T* data() const noexcept { return data_; }
  std::size_t capacity() const noexcept { return capacity_; }
  /// Keeps what is there. Throws std::bad_alloc.
  void reserve(std::size_t count) {
    if (count <= capacity_) return;
    count = count > capacity_ * 2 ? count : capacity_ * 2;
    void* grown = std::realloc(data_, count * sizeof(T));
    if (grown == nullptr) throw std::bad_alloc();
    data_ = static_cast<T*>(grown);
    capacity_ = count;
  }
  void release() noexcept {
    std::free(data_);
    data_ = nullptr;
    capacity_ = 0;
  }

 private:
  T* data_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace avila::json::detail
