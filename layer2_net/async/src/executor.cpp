#include <avila/async/executor.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace avila::async {
namespace {
constinit thread_local Executor* current_executor = nullptr;

/// Where threads sleep until a task is over. Not std::atomic::wait: where libstdc++ 12 has no futex
/// (Windows), a notification between its last look and its wait is lost.
struct Bedroom {
  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<int> sleepers{0};
};
Bedroom& bedroom() noexcept {
  static auto* const room = new Bedroom;  // never destroyed: threads may outlive main()
  return *room;
}
}  // namespace

namespace detail {

void JoinState::finish(std::uintptr_t how) noexcept {
  // Releases the value, acquires the waker. seq_cst: Dekker's flags with `sleepers`; either we see
  // the sleeper or it sees that the task is over.
  const std::uintptr_t before = state_.exchange(how, std::memory_order_seq_cst);
  if (bedroom().sleepers.load(std::memory_order_seq_cst) != 0) {
    { const std::lock_guard lock(bedroom().mutex); }  // whoever looked before is asleep by now
    bedroom().changed.notify_all();
  }
  if (before != kPending) reinterpret_cast<const future::Waker*>(before)->wake();
}

bool JoinState::arm(const future::Waker& waker) noexcept {
  std::uintptr_t expected = kPending;
  return state_.compare_exchange_strong(expected, reinterpret_cast<std::uintptr_t>(&waker),
                                        std::memory_order_acq_rel, std::memory_order_acquire);
}

void JoinState::disarm(const future::Waker& waker) noexcept {
  auto expected = reinterpret_cast<std::uintptr_t>(&waker);
  state_.compare_exchange_strong(expected, kPending, std::memory_order_acq_rel);
}

void JoinState::block() const noexcept {
  const auto over = [this] {
    const std::uintptr_t state = state_.load(std::memory_order_seq_cst);
    return state == kDone || state == kDropped;
  };
  if (over()) return;
  Bedroom& room = bedroom();
  std::unique_lock lock(room.mutex);
  room.sleepers.fetch_add(1, std::memory_order_seq_cst);
  room.changed.wait(lock, over);
  room.sleepers.fetch_sub(1, std::memory_order_seq_cst);
}

}  // namespace detail

Executor::Executor() = default;

Executor::~Executor() { AVILA_ASSERT(roots_ == nullptr && "an Executor ends without tasks"); }

Executor* Executor::current() noexcept { return current_executor; }

Executor::EnterExecutor::EnterExecutor(Executor* executor) noexcept
    : before_(current_executor), enter_(executor) {
  current_executor = executor;
}

Executor::EnterExecutor::~EnterExecutor() { current_executor = before_; }

void Executor::start(detail::Root root) noexcept {
  auto& promise = root.coroutine.promise();
  promise.owner = this;
  {
    const atom::Guard guard(roots_lock_);
    promise.next = roots_;
    if (roots_ != nullptr) roots_->previous = &promise;
    roots_ = &promise;
  }
  live_.fetch_add(1, std::memory_order_relaxed);
  spawned_.fetch_add(1, std::memory_order_relaxed);
  post(root.coroutine);
}

void Executor::forget(detail::Root::promise_type& root) noexcept {
  {
    const atom::Guard guard(roots_lock_);
    (root.previous != nullptr ? root.previous->next : roots_) = root.next;
    if (root.next != nullptr) root.next->previous = root.previous;
  }
  live_.fetch_sub(1, std::memory_order_acq_rel);
}

bool Executor::wait_until_idle(Duration limit) noexcept {
  // Polled: it happens once in a program's life, and keeps the end of a task free of locks.
  using Steady = std::chrono::steady_clock;
  const auto start = Steady::now();
  while (live_.load(std::memory_order_acquire) != 0) {
    if (Steady::now() - start >= std::chrono::nanoseconds(limit.ns)) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

std::size_t Executor::destroy_tasks() noexcept {
  std::size_t count = 0;
  while (roots_ != nullptr) {
    std::coroutine_handle<detail::Root::promise_type>::from_promise(*roots_).destroy();
    ++count;
  }
  return count;
}

}  // namespace avila::async
