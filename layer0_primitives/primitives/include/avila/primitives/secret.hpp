// Values that are wiped at the end of their life and cannot be printed.
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <avila/primitives/wipe.hpp>
#include <type_traits>
#include <utility>

namespace avila {

/// Plain data that is secret. Move-only; what it was moved from is wiped. Neither == nor << exist:
/// the one would leak by its time, the other into a log.
template <class T>
  requires std::is_trivially_copyable_v<T>
class Secret {
 public:
  Secret() noexcept : value_{} {}
  Secret(Secret&& other) noexcept : value_(other.value_) { other.wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      value_ = other.value_;
      other.wipe();
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }

  T& operator*() noexcept { return value_; }
  const T& operator*() const noexcept { return value_; }
  T* operator->() noexcept { return &value_; }
  const T* operator->() const noexcept { return &value_; }
  void wipe() noexcept { wipe_memory(&value_, sizeof value_); }

  template <class Stream>
  friend Stream& operator<<(Stream&, const Secret&) = delete;
  friend bool operator==(const Secret&, const Secret&) = delete;

 private:
  T value_;
};

template <std::size_t N>
using SecretArray = Secret<std::array<std::byte, N>>;

/// Secret bytes whose number is known at run time only: as Secret, on the heap. Never grows, so
/// that no copy stays behind where it was before.
class SecretBytes {
 public:
  SecretBytes() noexcept = default;
  explicit SecretBytes(std::size_t size)
      : data_(size == 0 ? nullptr : new std::byte[size]{}), size_(size) {}
  static SecretBytes copy_of(ByteSpan bytes) {
    SecretBytes made(bytes.size());
    if (!bytes.empty()) std::memcpy(made.data_, bytes.data(), bytes.size());
    return made;
  }
  SecretBytes(SecretBytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      reset();
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
    }
    return *this;
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes() { reset(); }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  ByteSpan span() const noexcept { return {data_, size_}; }
  MutableByteSpan span() noexcept { return {data_, size_}; }

  template <class Stream>
  friend Stream& operator<<(Stream&, const SecretBytes&) = delete;
  friend bool operator==(const SecretBytes&, const SecretBytes&) = delete;

 private:
  void reset() noexcept {
    wipe_memory(data_, size_);
    delete[] data_;
    data_ = nullptr;
    size_ = 0;
  }
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace avila
