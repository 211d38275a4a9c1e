// Hierarchical timer wheel: adding and removing in constant time.
#pragma once
#include <atomic>
#include <avila/atom/spin_lock.hpp>
#include <avila/future/scheduler.hpp>
#include <cstdint>

namespace avila::async {

/// Six levels of 64 slots; a tick is 1 ms, so 2.2 years ahead (later ones wait in the last slot).
/// Timers never fire early, and at most a tick late. Thread-safe; one thread at a time fires.
/// Source: Varghese and Lauck, "Hashed and hierarchical timing wheels" (1987), scheme 7.
class TimerWheel {
 public:
  static constexpr std::int64_t kTickNs = 1'000'000;

  explicit TimerWheel(Instant start) noexcept : start_(start) {}
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  /// True: it is the first now, so whoever sleeps until next() sleeps too long.
  bool add(future::Timer& timer) noexcept;
  bool remove(future::Timer& timer) noexcept;  ///< as Scheduler::remove_timer

  /// Calls fire() of every timer that is due. Returns how many; 0 at once when another thread is
  /// doing it.
  std::size_t fire_due(Instant now) noexcept;

  /// Not later than the first timer: when to look again. Instant::max() without timers.
  Instant next() const noexcept { return {next_ns_.load(std::memory_order_acquire)}; }

 private:
  static constexpr int kLevels = 6;
  static constexpr int kSlots = 64;
  static constexpr unsigned kDueSlot = kLevels * kSlots;

  struct List {
    future::Timer* first = nullptr;
    future::Timer* last = nullptr;
  };
  struct Expiration {
    std::uint64_t tick;
    int level;
    int slot;
  };

  // Under the lock.
  void link(future::Timer& timer, unsigned slot) noexcept;
  void unlink(future::Timer& timer) noexcept;
  void place(future::Timer& timer) noexcept;
  bool next_expiration(Expiration& out) const noexcept;
  void advance(std::uint64_t now_tick) noexcept;
  void publish_next() noexcept;
  std::uint64_t tick_of(Instant when) const noexcept;

  mutable atom::SpinLock lock_;
  const Instant start_;
  std::uint64_t elapsed_ = 0;  // ticks since start_ that are done with
  std::uint64_t occupied_[kLevels]{};
  List lists_[kLevels * kSlots + 1]{};  // the last one: due
  future::Timer* firing_ = nullptr;
  const void* firing_thread_ = nullptr;
  std::atomic<std::int64_t> next_ns_{INT64_MAX};
};

}  // namespace avila::async
