// The insides of Runtime.
#pragma once
#include <atomic>
#include <avila/async/runtime.hpp>
#include <avila/atom/cache_padded.hpp>
#include <avila/atom/work_stealing_deque.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "blocking_pool.hpp"
#include "poller.hpp"
#include "timer_wheel.hpp"

namespace avila::async {

using Frame = void*;  // a coroutine's address: an element of lock-free queues

/// Ready coroutines from outside the workers, and those that yielded. First in, first out.
class Injector {
 public:
  void push(Frame frame) noexcept {
    const std::lock_guard lock(mutex_);
    frames_.push_back(frame);
    size_.store(frames_.size(), std::memory_order_seq_cst);
  }
  Frame pop() noexcept {
    if (size() == 0) return nullptr;  // no lock where there is nothing, as nearly always
    const std::lock_guard lock(mutex_);
    if (frames_.empty()) return nullptr;
    const Frame frame = frames_.front();
    frames_.pop_front();
    size_.store(frames_.size(), std::memory_order_seq_cst);
    return frame;
  }
  std::size_t size() const noexcept { return size_.load(std::memory_order_seq_cst); }

 private:
  std::mutex mutex_;
  std::deque<Frame> frames_;
  std::atomic<std::size_t> size_{0};
};

/// Counters with one writer: plain increments, readable by others.
class Counter {
 public:
  void add(std::uint64_t n) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void raise_to(std::uint64_t n) noexcept {
    if (n > value_.load(std::memory_order_relaxed)) value_.store(n, std::memory_order_relaxed);
  }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct Worker {
  Worker(Runtime::Impl& runtime_impl, std::size_t index) noexcept;
  void run() noexcept;

  Runtime::Impl& impl;
  Frame next = nullptr;  // the LIFO slot: woken last, runs first, its data still in the cache
  unsigned next_streak = 0;
  unsigned tick = 0;
  std::uint64_t random;
  Instant now{};  // as of the last poll
  atom::WorkStealingDeque<Frame> ready;
  Counter resumes, steals, parks, io_events, timers_fired, busy_ns, resume_ns_max;

 private:
  Frame find() noexcept;
  Frame steal() noexcept;
  void resume(Frame frame) noexcept;
  bool poll(int timeout_ms) noexcept;  ///< true: a notify() was meant for us
  void park() noexcept;
};

struct Runtime::Impl {
  explicit Impl(Runtime& runtime, const RuntimeOptions& options);
  ~Impl();

  void push_outside(Frame frame) noexcept;
  void notify() noexcept;  // work was queued: wake a worker if one sleeps
  bool has_work() const noexcept;
  Result<IoSource*> take_source(int handle);

  Runtime& owner;
  std::unique_ptr<Poller> poller;
  TimerWheel wheel;
  BlockingPool blocking;
  Injector injector;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
  atom::CachePadded<std::atomic<unsigned>> sleeping;  // workers in, or about to enter, poll()
  atom::CachePadded<std::atomic<bool>> wake_pending;  // a wake() is under way
  std::atomic<std::uint64_t> wakes{0};
  std::atomic<bool> stopping{false};
  bool stopped = false;

  // Sources live in slabs that are never moved nor freed before the runtime (see Poller).
  static constexpr std::size_t kSourcesPerSlab = 64;
  struct alignas(64) Slot {
    IoSource source;
  };
  atom::SpinLock sources_lock;
  IoSource* free_sources = nullptr;
  std::vector<std::unique_ptr<Slot[]>> slabs;
};

}  // namespace avila::async
