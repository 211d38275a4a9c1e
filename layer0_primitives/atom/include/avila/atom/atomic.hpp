// One face for atomics of 1, 2, 4, 8 and 16 bytes.
#pragma once
#include <atomic>
#include <avila/atom/atomic128.hpp>
#include <concepts>
#include <cstring>
#include <type_traits>

namespace avila::atom {

namespace detail {

/// What std::atomic does, for sixteen bytes. Every order is carried out as seq_cst.
template <class T>
class WideAtomic {
 public:
  using value_type = T;
  static constexpr bool is_always_lock_free = Atomic128::is_always_lock_free;

  WideAtomic() noexcept : WideAtomic(T{}) {}
  WideAtomic(T value) noexcept : word_(pack(value)) {}
  WideAtomic(const WideAtomic&) = delete;
  WideAtomic& operator=(const WideAtomic&) = delete;

  T load(std::memory_order = std::memory_order_seq_cst) const noexcept {
    return unpack(word_.load());
  }
  void store(T value, std::memory_order = std::memory_order_seq_cst) noexcept {
    word_.store(pack(value));
  }
  T exchange(T value, std::memory_order = std::memory_order_seq_cst) noexcept {
    return unpack(word_.exchange(pack(value)));
  }
  bool compare_exchange_strong(T& expected, T desired,
                               std::memory_order = std::memory_order_seq_cst,
                               std::memory_order = std::memory_order_seq_cst) noexcept {
    Word128 held = pack(expected);
    if (word_.compare_exchange(held, pack(desired))) return true;
    expected = unpack(held);
    return false;
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order = std::memory_order_seq_cst,
                             std::memory_order = std::memory_order_seq_cst) noexcept {
    return compare_exchange_strong(expected, desired);
  }

 private:
  static Word128 pack(const T& value) noexcept {
    Word128 word;
    std::memcpy(static_cast<void*>(&word), &value, sizeof(T));
    return word;
  }
  static T unpack(const Word128& word) noexcept {
    T value;
    std::memcpy(static_cast<void*>(&value), &word, sizeof(T));
    return value;
  }
  Atomic128 word_;
};

template <class T>
using AtomicBase = std::conditional_t<sizeof(T) == 16, WideAtomic<T>, std::atomic<T>>;

}  // namespace detail

/// std::atomic<T> for trivially copyable T of 1, 2, 4, 8 or 16 bytes without padding (comparison is
/// of bytes), and beside it what read-modify-write loops are written for: any function of the old
/// value, minimum, maximum; arithmetic for whatever type has the operators, 128-bit ones included.
/// Everything is lock-free where is_always_lock_free says so; sixteen bytes are always seq_cst.
template <class T>
class Atomic : public detail::AtomicBase<T> {
  static_assert(std::is_trivially_copyable_v<T>);
  static_assert(sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8 ||
                sizeof(T) == 16);
  // Floating point has two zeros and NaNs: bytes are compared there too, as std::atomic does.
  static_assert(std::has_unique_object_representations_v<T> || std::is_floating_point_v<T>,
                "padding would make equal values differ");
  using Base = detail::AtomicBase<T>;
  using Order = std::memory_order;

 public:
  using Base::Base;
  Atomic() noexcept = default;

  /// Replaces the value by `change(value)`, which may be called several times. Returns the old one.
  template <class F>
  T fetch_update(F&& change, Order order = std::memory_order_seq_cst) noexcept {
    T seen = this->load(std::memory_order_relaxed);
    while (!this->compare_exchange_weak(seen, change(seen), order, std::memory_order_relaxed)) {
    }
    return seen;
  }
  /// The same, but leaves the value when `wanted(value)` is false. Returns whether it was changed.
  template <class P, class F>
  bool update_if(P&& wanted, F&& change, Order order = std::memory_order_seq_cst) noexcept {
    T seen = this->load(std::memory_order_acquire);
    while (wanted(seen))
      if (this->compare_exchange_weak(seen, change(seen), order, std::memory_order_acquire))
        return true;
    return false;
  }
  /// The larger (smaller) of both stays; no store when nothing changes.
  T fetch_max(T value, Order order = std::memory_order_seq_cst) noexcept
    requires std::totally_ordered<T>
  {
    T seen = this->load(order == std::memory_order_relaxed ? order : std::memory_order_acquire);
    while (seen < value && !this->compare_exchange_weak(seen, value, order)) {
    }
    return seen;
  }
  T fetch_min(T value, Order order = std::memory_order_seq_cst) noexcept
    requires std::totally_ordered<T>
  {
    T seen = this->load(order == std::memory_order_relaxed ? order : std::memory_order_acquire);
    while (value < seen && !this->compare_exchange_weak(seen, value, order)) {
    }
    return seen;
  }

  T fetch_add(T value, Order order = std::memory_order_seq_cst) noexcept
    requires requires(T a) { static_cast<T>(a + a); }
  {
    if constexpr (kNative) return Base::fetch_add(value, order);
    return fetch_update([value](T old) { return static_cast<T>(old + value); }, order);
  }
  T fetch_sub(T value, Order order = std::memory_order_seq_cst) noexcept
    requires requires(T a) { static_cast<T>(a - a); }
  {
    if constexpr (kNative) return Base::fetch_sub(value, order);
    return fetch_update([value](T old) { return static_cast<T>(old - value); }, order);
  }
  T fetch_and(T value, Order order = std::memory_order_seq_cst) noexcept
    requires requires(T a) { static_cast<T>(a & a); }
  {
    if constexpr (kNative) return Base::fetch_and(value, order);
    return fetch_update([value](T old) { return static_cast<T>(old & value); }, order);
  }
  T fetch_or(T value, Order order = std::memory_order_seq_cst) noexcept
    requires requires(T a) { static_cast<T>(a | a); }
  {
    if constexpr (kNative) return Base::fetch_or(value, order);
    return fetch_update([value](T old) { return static_cast<T>(old | value); }, order);
  }
  T fetch_xor(T value, Order order = std::memory_order_seq_cst) noexcept
    requires requires(T a) { static_cast<T>(a ^ a); }
  {
    if constexpr (kNative) return Base::fetch_xor(value, order);
    return fetch_update([value](T old) { return static_cast<T>(old ^ value); }, order);
  }

 private:
  static constexpr bool kNative =
      std::is_integral_v<T> && !std::is_same_v<T, bool> && sizeof(T) <= 8;
};

}  // namespace avila::atom
