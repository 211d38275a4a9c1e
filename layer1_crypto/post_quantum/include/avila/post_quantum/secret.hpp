// Values that are wiped at the end of their life and cannot be printed.
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <avila/hash/secret.hpp>
#include <type_traits>

namespace avila::post_quantum {

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
  void wipe() noexcept { hash::wipe(&value_, sizeof value_); }

  template <class Stream>
  friend Stream& operator<<(Stream&, const Secret&) = delete;
  friend bool operator==(const Secret&, const Secret&) = delete;

 private:
  T value_;
};

template <std::size_t N>
using SecretArray = Secret<std::array<std::byte, N>>;

}  // namespace avila::post_quantum
