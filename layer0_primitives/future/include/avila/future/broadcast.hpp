// One to many: broadcast (every receiver gets every value) and watch (the latest value).
#pragma once
#include <avila/error/result.hpp>
#include <avila/future/task.hpp>
#include <avila/future/wait_queue.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace avila::future {

namespace detail {
template <class T>
struct BroadcastState {
  explicit BroadcastState(std::size_t capacity) : ring(capacity) {}
  // Guarded by `queue`.
  std::vector<std::optional<T>> ring;  // value number n lies at n % size
  std::uint64_t sent = 0;
  bool ended = false;
  WaitList waiting{WaitList::Order::Any};
  WaitQueue queue{waiting};
};

template <class T>
struct WatchState {
  explicit WatchState(T initial) : value(std::move(initial)) {}
  T value;
  std::uint64_t version = 0;
  bool ended = false;
  WaitList waiting{WaitList::Order::Any};
  WaitQueue queue{waiting};
};
}  // namespace detail

/// Gets copies of what is sent after it was made. One that falls behind by more than the capacity
/// is told so (Errc::LimitExceeded, once) and goes on with the oldest value left.
template <class T>
class BroadcastReceiver {
 public:
  Task<Result<T>> receive(CancelToken cancel = {}) {
    const std::shared_ptr<detail::BroadcastState<T>> state = state_;
    std::optional<T> value;
    std::uint64_t missed = 0;
    const auto attempt = [&] {
      if (next_ == state->sent) return state->ended;
      const std::uint64_t oldest =
          state->sent > state->ring.size() ? state->sent - state->ring.size() : 0;
      if (next_ < oldest) {
        missed = oldest - next_;
        next_ = oldest;
      } else {
        value = state->ring[next_++ % state->ring.size()];
      }
      return true;
    };
    const bool done = co_await state->queue.wait(state->waiting, attempt, cancel);
    if (!done) co_return cancelled_error("receive");
    if (missed != 0)
      co_return Error(Errc::LimitExceeded,
                      "fell behind: " + std::to_string(missed) + " values were missed");
    if (!value.has_value()) co_return Error(Errc::Closed, "the broadcast has ended");
    co_return std::move(*value);
  }

 private:
  template <class U>
  friend class BroadcastSender;
  BroadcastReceiver(std::shared_ptr<detail::BroadcastState<T>> state, std::uint64_t next) noexcept
      : state_(std::move(state)), next_(next) {}
  std::shared_ptr<detail::BroadcastState<T>> state_;
  std::uint64_t next_;
};

/// Never waits: slow receivers miss values instead. Ends the broadcast when it goes.
template <class T>
class BroadcastSender {
 public:
  explicit BroadcastSender(std::size_t capacity)
      : state_(std::make_shared<detail::BroadcastState<T>>(capacity == 0 ? 1 : capacity)) {}
  BroadcastSender(BroadcastSender&&) noexcept = default;
  BroadcastSender& operator=(BroadcastSender&&) = delete;
  ~BroadcastSender() {
    if (state_) state_->queue.update([this] { state_->ended = true; });
  }
  BroadcastReceiver<T> subscribe() const {
    const std::uint64_t next = state_->queue.locked([this] { return state_->sent; });
    return BroadcastReceiver<T>(state_, next);
  }
  void send(T value) {
    state_->queue.update([&] {
      state_->ring[state_->sent % state_->ring.size()] = std::move(value);
      ++state_->sent;
    });
  }

 private:
  std::shared_ptr<detail::BroadcastState<T>> state_;
};

/// Sees the latest value; intermediate ones may be skipped.
template <class T>
class WatchReceiver {
 public:
  T get() const {
    return state_->queue.locked([this] { return state_->value; });
  }
  /// Waits until there is a value this receiver has not seen, and gives it. Errc::Closed when the
  /// sender is gone.
  Task<Result<T>> changed(CancelToken cancel = {}) {
    const std::shared_ptr<detail::WatchState<T>> state = state_;
    std::optional<T> value;
    const auto attempt = [&] {
      if (seen_ == state->version) return state->ended;
      seen_ = state->version;
      value = state->value;
      return true;
    };
    const bool done = co_await state->queue.wait(state->waiting, attempt, cancel);
    if (!done) co_return cancelled_error("changed");
    if (!value.has_value())
      co_return Error(Errc::Closed, "the watched value has no owner any more");
    co_return std::move(*value);
  }

 private:
  template <class U>
  friend class WatchSender;
  WatchReceiver(std::shared_ptr<detail::WatchState<T>> state, std::uint64_t seen) noexcept
      : state_(std::move(state)), seen_(seen) {}
  std::shared_ptr<detail::WatchState<T>> state_;
  std::uint64_t seen_;
};

template <class T>
class WatchSender {
 public:
  explicit WatchSender(T initial)
      : state_(std::make_shared<detail::WatchState<T>>(std::move(initial))) {}
  WatchSender(WatchSender&&) noexcept = default;
  WatchSender& operator=(WatchSender&&) = delete;
  ~WatchSender() {
    if (state_) state_->queue.update([this] { state_->ended = true; });
  }
  /// The present value counts as seen.
  WatchReceiver<T> subscribe() const {
    const std::uint64_t seen = state_->queue.locked([this] { return state_->version; });
    return WatchReceiver<T>(state_, seen);
  }
  void set(T value) {
    state_->queue.update([&] {
      std::swap(state_->value, value);
      ++state_->version;
    });
  }

 private:
  std::shared_ptr<detail::WatchState<T>> state_;
};

}  // namespace avila::future
