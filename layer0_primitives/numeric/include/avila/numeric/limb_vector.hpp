// The storage of big integers: limbs of 64 bits, least significant first, four of them inline.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace avila::numeric {

using Limb = std::uint64_t;

namespace detail {

class LimbVector {
 public:
  static constexpr std::size_t kInline = 4;

  LimbVector() noexcept = default;
  LimbVector(const LimbVector& other) { assign(other.data_, other.size_); }
  LimbVector(LimbVector&& other) noexcept { take(other); }
  LimbVector& operator=(const LimbVector& other) {
    if (this != &other) assign(other.data_, other.size_);
    return *this;
  }
  LimbVector& operator=(LimbVector&& other) noexcept {
    if (this != &other) {
      release();
      take(other);
    }
    return *this;
  }
  ~LimbVector() { release(); }

  Limb* data() noexcept { return data_; }
  const Limb* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

  /// Room for `n` limbs; what was there is lost. Throws std::bad_alloc, as the next two do.
  Limb* overwrite(std::size_t n) {
    if (n > capacity_) {
      Limb* const fresh = new Limb[n];
      release();
      data_ = fresh;
      capacity_ = n;
    }
    size_ = n;
    return data_;
  }
  /// Keeps the limbs; new ones are not set.
  Limb* resize(std::size_t n) {
    if (n > capacity_) {
      const std::size_t room = n + n / 8;
      Limb* const fresh = new Limb[room];
      std::memcpy(fresh, data_, size_ * sizeof(Limb));
      release();
      data_ = fresh;
      capacity_ = room;
    }
    size_ = n;
    return data_;
  }
  void assign(const Limb* from, std::size_t n) {
    overwrite(n);
    if (n != 0) std::memcpy(data_, from, n * sizeof(Limb));
  }
  void push_back(Limb limb) {
    resize(size_ + 1);
    data_[size_ - 1] = limb;
  }
  /// Drops zero limbs at the top.
  void trim() noexcept {
    while (size_ != 0 && data_[size_ - 1] == 0) --size_;
  }
  void clear() noexcept { size_ = 0; }

 private:
  void release() noexcept {
    if (data_ != inline_) delete[] data_;
    data_ = inline_;
    capacity_ = kInline;
  }
  void take(LimbVector& other) noexcept {
    if (other.data_ == other.inline_) {
      std::memcpy(inline_, other.inline_, sizeof inline_);
    } else {
      data_ = std::exchange(other.data_, other.inline_);
      capacity_ = std::exchange(other.capacity_, kInline);
    }
    size_ = std::exchange(other.size_, 0);
  }

  Limb* data_ = inline_;
  std::size_t size_ = 0;
  std::size_t capacity_ = kInline;
  Limb inline_[kInline];
};

}  // namespace detail
}  // namespace avila::numeric
