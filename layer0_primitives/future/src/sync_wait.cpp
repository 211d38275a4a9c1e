#include <avila/error/assert.hpp>
#include <avila/future/sync_wait.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <thread>

namespace avila::future::detail {

void exception_escaped(const char* where) noexcept {
  const char* what = "not a std::exception";
  if (const std::exception_ptr current = std::current_exception()) {
    try {
      std::rethrow_exception(current);
    } catch (const std::exception& exception) {
      std::fprintf(stderr, "avila: an exception left a %s: %s; return a Result instead\n", where,
                   exception.what());
      std::abort();
    } catch (...) {
    }
  }
  std::fprintf(stderr, "avila: an exception left a %s: %s; return a Result instead\n", where, what);
  std::abort();
}

struct ThreadLoop::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::coroutine_handle<>> ready;
  std::multimap<std::int64_t, Timer*> timers;
  Timer* firing = nullptr;
  std::thread::id runner;
  bool stopped = false;
};

ThreadLoop::ThreadLoop() : state_(new State) {}
ThreadLoop::~ThreadLoop() { delete state_; }

void ThreadLoop::post(std::coroutine_handle<> coroutine) noexcept {
  const std::lock_guard lock(state_->mutex);
  state_->ready.push_back(coroutine);
  state_->changed.notify_all();
}

Instant ThreadLoop::now() noexcept {
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(
              std::chrono::steady_clock::now().time_since_epoch())
              .count()};
}

void ThreadLoop::add_timer(Timer& timer) noexcept {
  const std::lock_guard lock(state_->mutex);
  AVILA_ASSERT(timer.home.load(std::memory_order_relaxed) == nullptr);
  timer.home.store(this, std::memory_order_relaxed);
  state_->timers.emplace(timer.when.ns, &timer);
  state_->changed.notify_all();
}

bool ThreadLoop::remove_timer(Timer& timer) noexcept {
  std::unique_lock lock(state_->mutex);
  // fire() may add its timer anew, so wait for it first.
  if (std::this_thread::get_id() != state_->runner)
    state_->changed.wait(lock, [&] { return state_->firing != &timer; });
  if (timer.home.load(std::memory_order_relaxed) == nullptr) return false;
  timer.home.store(nullptr, std::memory_order_relaxed);
  auto [at, end] = state_->timers.equal_range(timer.when.ns);
  while (at != end && at->second != &timer) ++at;
  AVILA_ASSERT(at != end && "timer.when must not change while the timer is added");
  state_->timers.erase(at);
  return true;
}

void ThreadLoop::run(std::coroutine_handle<> first) noexcept {
  const Enter enter(this);
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  state.runner = std::this_thread::get_id();
  lock.unlock();
  first.resume();
  lock.lock();
  while (!state.stopped) {
    while (!state.timers.empty() && state.timers.begin()->first <= now().ns) {
      Timer* const timer = state.timers.begin()->second;
      state.timers.erase(state.timers.begin());
      timer->home.store(nullptr, std::memory_order_relaxed);
      state.firing = timer;
      lock.unlock();
      timer->fire(*timer);
      lock.lock();
      state.firing = nullptr;
      state.changed.notify_all();
    }
    if (!state.ready.empty()) {
      const std::coroutine_handle<> coroutine = state.ready.front();
      state.ready.pop_front();
      lock.unlock();
      refill_budget();
      coroutine.resume();
      lock.lock();
    } else if (!state.timers.empty()) {
      const std::chrono::steady_clock::time_point until{
          std::chrono::nanoseconds(state.timers.begin()->first)};
      state.changed.wait_until(lock, until);
    } else {
      state.changed.wait(lock);
    }
  }
}

void ThreadLoop::stop() noexcept {
  const std::lock_guard lock(state_->mutex);
  state_->stopped = true;
  state_->changed.notify_all();
}

}  // namespace avila::future::detail
