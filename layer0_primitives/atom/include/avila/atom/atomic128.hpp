// Sixteen bytes at once: a pointer and a counter, as ABA-safe structures need.
#pragma once
#include <atomic>
#include <avila/atom/spin_lock.hpp>
#include <cstdint>

namespace avila::atom {

struct alignas(16) Word128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend constexpr bool operator==(const Word128&, const Word128&) noexcept = default;
};

/// Sequentially consistent. Lock-free on x86-64 (CMPXCHG16B, which all 64-bit processors since 2008
/// have); elsewhere behind a spin lock.
class Atomic128 {
 public:
  explicit Atomic128(Word128 value = {}) noexcept : value_(value) {}
  Atomic128(const Atomic128&) = delete;
  Atomic128& operator=(const Atomic128&) = delete;

#if defined(__x86_64__) && defined(__GNUC__)
  static constexpr bool is_always_lock_free = true;
  /// On failure `expected` becomes what is there.
  bool compare_exchange(Word128& expected, Word128 desired) noexcept {
    bool done = false;
    asm volatile("lock cmpxchg16b %1"
                 : "=@ccz"(done), "+m"(value_), "+a"(expected.low), "+d"(expected.high)
                 : "b"(desired.low), "c"(desired.high)
                 : "memory");
    return done;
  }
  Word128 load() const noexcept {
    Word128 seen;  // exchanging zero for zero reads, and changes nothing
    const_cast<Atomic128*>(this)->compare_exchange(seen, seen);
    return seen;
  }
#else
  static constexpr bool is_always_lock_free = false;
  bool compare_exchange(Word128& expected, Word128 desired) noexcept {
    const Guard guard(lock_);
    if (value_ == expected) return value_ = desired, true;
    expected = value_;
    return false;
  }
  Word128 load() const noexcept {
    const Guard guard(lock_);
    return value_;
  }
#endif
  void store(Word128 value) noexcept {
    Word128 expected = load();
    while (!compare_exchange(expected, value)) {
    }
  }

 private:
  Word128 value_;
#if !defined(__x86_64__) || !defined(__GNUC__)
  mutable SpinLock lock_;
#endif
};

}  // namespace avila::atom
