// A mutex of four bytes that never allocates and that a forked child may let go: zero is unlocked.
#pragma once
#include <atomic>
#include <cstdint>
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#include <sched.h>
#endif

namespace avila::alloc::detail {

/// 0 free, 1 held, 2 held and somebody sleeps (Drepper, "Futexes Are Tricky", mutex 3).
class Lock {
 public:
  void lock() noexcept {
    std::uint32_t seen = 0;
    // acquire: what the last holder wrote before its release is seen from here on.
    if (state_.compare_exchange_strong(seen, 1, std::memory_order_acquire,
                                       std::memory_order_relaxed)) [[likely]]
      return;
    lock_slow();
  }
  void unlock() noexcept {
    if (state_.exchange(0, std::memory_order_release) == 2) wake();
  }

 private:
  void lock_slow() noexcept {
    for (int spin = 0; spin < 64; ++spin) {  // sections are short: a few spins are cheaper
      std::uint32_t seen = 0;
      if (state_.compare_exchange_weak(seen, 1, std::memory_order_acquire,
                                       std::memory_order_relaxed))
        return;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
    while (state_.exchange(2, std::memory_order_acquire) != 0) sleep();
  }
#if defined(__linux__)
  void sleep() noexcept {
    ::syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, 2, nullptr, nullptr, 0);
  }
  void wake() noexcept {
    ::syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
#else
  void sleep() noexcept { ::sched_yield(); }
  void wake() noexcept {}
#endif

  std::atomic<std::uint32_t> state_{0};
};

class LockGuard {
 public:
  explicit LockGuard(Lock& lock) noexcept : lock_(lock) { lock_.lock(); }
  ~LockGuard() { lock_.unlock(); }
  LockGuard(const LockGuard&) = delete;
  LockGuard& operator=(const LockGuard&) = delete;

 private:
  Lock& lock_;
};

}  // namespace avila::alloc::detail
