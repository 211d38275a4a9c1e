// Locks that never sleep in the kernel: for critical sections of a few instructions.
#pragma once
#include <atomic>
#include <avila/atom/platform.hpp>
#include <cstdint>

namespace avila::atom {

/// Test-and-test-and-set with back-off. Unfair; one byte. BasicLockable.
template <class Platform = StdPlatform>
class BasicSpinLock {
 public:
  BasicSpinLock() noexcept = default;  // constant-initialised on the real machine
  BasicSpinLock(const BasicSpinLock&) = delete;
  BasicSpinLock& operator=(const BasicSpinLock&) = delete;

  void lock() noexcept {
    // acquire: what the last holder wrote before its release store is seen from here on.
    while (locked_.exchange(true, std::memory_order_acquire)) {
      typename Platform::Backoff backoff;
      // Reads only while it is held, so the line stays shared instead of bouncing.
      while (locked_.load(std::memory_order_relaxed)) backoff.pause();
    }
  }
  [[nodiscard]] bool try_lock() noexcept {
    return !locked_.load(std::memory_order_relaxed) &&
           !locked_.exchange(true, std::memory_order_acquire);
  }
  void unlock() noexcept { locked_.store(false, std::memory_order_release); }

 private:
  typename Platform::template Atomic<bool> locked_{false};
};
using SpinLock = BasicSpinLock<>;

/// First come, first served. With more threads than cores the next in line may be off the core:
/// prefer SpinLock there.
template <class Platform = StdPlatform>
class BasicTicketLock {
 public:
  BasicTicketLock() noexcept = default;  // constant-initialised on the real machine
  BasicTicketLock(const BasicTicketLock&) = delete;
  BasicTicketLock& operator=(const BasicTicketLock&) = delete;

  void lock() noexcept {
    // relaxed: the ticket only has to be unique; the acquire below orders the data.
    const std::uint32_t mine = next_.fetch_add(1, std::memory_order_relaxed);
    typename Platform::Backoff backoff;
    while (serving_.load(std::memory_order_acquire) != mine) backoff.pause();
  }
  [[nodiscard]] bool try_lock() noexcept {
    std::uint32_t serving = serving_.load(std::memory_order_acquire);
    return next_.compare_exchange_strong(serving, serving + 1, std::memory_order_relaxed);
  }
  void unlock() noexcept {
    // Only the holder writes serving_, so a plain increment suffices; release hands the data on.
    serving_.store(serving_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

 private:
  typename Platform::template Atomic<std::uint32_t> next_{0};
  typename Platform::template Atomic<std::uint32_t> serving_{0};
};
using TicketLock = BasicTicketLock<>;

/// Holds a lock for a scope; as std::lock_guard, without the <mutex> header.
template <class Lock>
class [[nodiscard]] Guard {
 public:
  explicit Guard(Lock& lock) noexcept : lock_(lock) { lock_.lock(); }
  ~Guard() { lock_.unlock(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  Lock& lock_;
};

}  // namespace avila::atom
