// The other end of a spawned task.
#pragma once
#include <atomic>
#include <avila/error/assert.hpp>
#include <avila/future/scheduler.hpp>
#include <coroutine>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace avila::async {

template <class T>
class JoinHandle;

namespace detail {

/// Shared by a task and its handle. `state_`: pending, done, dropped, or the waiting Waker.
class JoinState {
 public:
  JoinState() noexcept = default;
  JoinState(const JoinState&) = delete;
  JoinState& operator=(const JoinState&) = delete;
  virtual ~JoinState() = default;

  void release() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  /// By the task, once: kDone after the value is stored, kDropped where it was destroyed
  /// unfinished.
  void finish(std::uintptr_t how) noexcept;
  bool is_done() const noexcept { return state_.load(std::memory_order_acquire) == kDone; }
  bool is_over() const noexcept {
    const std::uintptr_t state = state_.load(std::memory_order_acquire);
    return state == kDone || state == kDropped;
  }
  bool arm(const future::Waker& waker) noexcept;  ///< false: over already
  void disarm(const future::Waker& waker) noexcept;
  void block() const noexcept;  ///< the thread sleeps until it is over

  static constexpr std::uintptr_t kPending = 0;
  static constexpr std::uintptr_t kDone = 1;
  static constexpr std::uintptr_t kDropped = 2;

 private:
  std::atomic<std::uintptr_t> state_{kPending};
  std::atomic<int> references_{2};
};

template <class T>
class JoinValue final : public JoinState {
 public:
  std::optional<T> value;
};
template <>
class JoinValue<void> final : public JoinState {};

/// The task's reference; reports kDropped if the task goes without a result.
template <class T>
class JoinProducer {
 public:
  explicit JoinProducer(JoinValue<T>* state) noexcept : state_(state) {}
  JoinProducer(JoinProducer&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  JoinProducer& operator=(JoinProducer&&) = delete;
  ~JoinProducer() { end(JoinState::kDropped); }
  template <class... U>
  void set(U&&... value) noexcept {
    if constexpr (!std::is_void_v<T>) state_->value.emplace(std::forward<U>(value)...);
    end(JoinState::kDone);
  }

 private:
  void end(std::uintptr_t how) noexcept {
    if (state_ == nullptr) return;
    state_->finish(how);
    std::exchange(state_, nullptr)->release();
  }
  JoinValue<T>* state_;
};

}  // namespace detail

/// `auto value = co_await handle;` waits for the task, at most once; wait() does so from ordinary
/// code. Dropping the handle leaves the task running: the executor owns it.
template <class T>
class [[nodiscard]] JoinHandle {
 public:
  JoinHandle() noexcept = default;
  explicit JoinHandle(detail::JoinValue<T>* state) noexcept : state_(state) {}
  JoinHandle(JoinHandle&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  JoinHandle& operator=(JoinHandle&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~JoinHandle() { detach(); }

  bool is_done() const noexcept { return state_ != nullptr && state_->is_over(); }
  void detach() noexcept {
    if (state_ != nullptr) std::exchange(state_, nullptr)->release();
  }

  struct Awaiter {
    detail::JoinValue<T>* state;
    future::Waker waker{};
    bool armed = false;

    explicit Awaiter(detail::JoinValue<T>* join_state) noexcept : state(join_state) {}
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;
    ~Awaiter() {
      if (armed) state->disarm(waker);
    }
    bool await_ready() const noexcept { return state->is_over(); }
    bool await_suspend(std::coroutine_handle<> coroutine) noexcept {
      waker = future::Waker(coroutine);
      armed = true;
      return state->arm(waker);
    }
    T await_resume() noexcept {
      armed = false;
      AVILA_ASSERT(state->is_done() && "the task was destroyed: its executor was shut down");
      if constexpr (!std::is_void_v<T>) return std::move(*state->value);
    }
  };
  Awaiter operator co_await() const noexcept {
    AVILA_ASSERT(state_ != nullptr && "an empty or detached JoinHandle was awaited");
    return Awaiter(state_);
  }

  /// Blocks the thread; not on a worker of the executor that runs the task.
  T wait() {
    AVILA_ASSERT(state_ != nullptr && "an empty or detached JoinHandle was waited for");
    state_->block();
    AVILA_ASSERT(state_->is_done() && "the task was destroyed: its executor was shut down");
    if constexpr (!std::is_void_v<T>) return std::move(*state_->value);
  }

 private:
  detail::JoinValue<T>* state_ = nullptr;
};

}  // namespace avila::async
