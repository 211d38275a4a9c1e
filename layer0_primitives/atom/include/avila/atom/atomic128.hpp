// Sixteen bytes at once: a pointer and a counter, as ABA-safe structures need.
#pragma once
#include <atomic>
#include <avila/atom/spin_lock.hpp>
#include <cstdint>

#if defined(__SANITIZE_THREAD__)
#define AVILA_ATOM_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define AVILA_ATOM_TSAN 1
#endif
#endif
#if defined(AVILA_ATOM_TSAN)  // the runtime's own, for it does not see what assembly does
extern "C" int __tsan_atomic128_compare_exchange_strong(volatile __int128* object,
                                                        __int128* expected, __int128 desired,
                                                        int success, int failure);
#endif

namespace avila::atom {

struct alignas(16) Word128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend constexpr bool operator==(const Word128&, const Word128&) noexcept = default;
};

namespace detail {
#if defined(__x86_64__) && defined(__GNUC__) && !defined(AVILA_ATOM_TSAN)
/// Intel SDM vol. 3A §9.1.1 and AMD's manual vol. 2 §7.3.2: on processors with AVX an aligned load
/// of sixteen bytes is atomic. False until the statics are initialised, which is safe: slower.
inline const bool kVectorLoadsAreAtomic = __builtin_cpu_supports("avx") != 0;
#endif
}  // namespace detail

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
#if defined(AVILA_ATOM_TSAN)
    return __tsan_atomic128_compare_exchange_strong(reinterpret_cast<volatile __int128*>(&value_),
                                                    reinterpret_cast<__int128*>(&expected),
                                                    __builtin_bit_cast(__int128, desired),
                                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) != 0;
#else
    bool done = false;
    asm volatile("lock cmpxchg16b %1"
                 : "=@ccz"(done), "+m"(value_), "+a"(expected.low), "+d"(expected.high)
                 : "b"(desired.low), "c"(desired.high)
                 : "memory");
    return done;
#endif
  }
  Word128 load() const noexcept {
#if !defined(AVILA_ATOM_TSAN)
    // Stores are locked instructions, so that a plain load is sequentially consistent.
    if (detail::kVectorLoadsAreAtomic) {
      typedef long long Vector __attribute__((vector_size(16)));
      Vector seen;
      asm volatile("vmovdqa %1, %0" : "=x"(seen) : "m"(value_) : "memory");
      return __builtin_bit_cast(Word128, seen);
    }
#endif
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
  Word128 exchange(Word128 value) noexcept {
    Word128 expected = load();
    while (!compare_exchange(expected, value)) {
    }
    return expected;
  }
  void store(Word128 value) noexcept { (void)exchange(value); }

 private:
  Word128 value_;
#if !defined(__x86_64__) || !defined(__GNUC__)
  mutable SpinLock lock_;
#endif
};

}  // namespace avila::atom
