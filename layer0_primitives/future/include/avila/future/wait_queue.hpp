// What every waiting primitive here is made of: a lock, lists of waiters, and attempts.
#pragma once
#include <avila/atom/spin_lock.hpp>
#include <avila/future/cancel.hpp>
#include <avila/future/scheduler.hpp>
#include <coroutine>
#include <utility>

namespace avila::future {

class WaitQueue;

/// Waiters in order of arrival. Guarded by the WaitQueue that serves it.
class WaitList {
 public:
  /// Fifo: nobody overtakes a waiter whose attempt fails. Any: each waiter is tried.
  enum class Order : bool { Fifo, Any };

  explicit WaitList(Order order = Order::Fifo) noexcept : order_(order) {}
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;
  bool empty() const noexcept { return first_ == nullptr; }

 private:
  friend class WaitQueue;
  struct Waiter {
    bool (*attempt)(Waiter&) noexcept = nullptr;
    Waker waker{};
    Waiter* next = nullptr;
    Waiter* previous = nullptr;
    WaitList* list = nullptr;
    enum class State : unsigned char { Arming, Linked, Done, Cancelled } state = State::Arming;
  };
  void push(Waiter& waiter) noexcept;
  void unlink(Waiter& waiter) noexcept;

  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
  Order order_;
};

/// A small state machine's lock. A waiter brings an attempt: "take it if you can", run under the
/// lock, by itself at first and then, after each update(), by whoever changed the state. What the
/// attempt took is the waiter's; so no wake-up is lost, none is spurious, and none is stolen.
class WaitQueue {
 public:
  explicit WaitQueue(WaitList& list, WaitList* other = nullptr) noexcept : lists_{&list, other} {}
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;

  /// Runs `change` under the lock, then the attempts it may have made possible.
  template <class F>
  void update(F&& change) noexcept {
    lock_.lock();
    std::forward<F>(change)();
    unlock_and_serve();
  }
  /// Runs `look` under the lock; for reads and for changes that help no waiter.
  template <class F>
  auto locked(F&& look) noexcept {
    const atom::Guard guard(lock_);
    return std::forward<F>(look)();
  }

  /// `const bool done = co_await queue.wait(list, attempt, cancel);`: false when it was cancelled
  /// first. `attempt` (a named callable: () -> bool) must outlive the wait.
  template <class Attempt>
  class [[nodiscard]] Wait : private WaitList::Waiter, private detail::CancelNode {
   public:
    Wait(WaitQueue& queue, WaitList& where, Attempt& attempt_function, const CancelToken& cancel)
        : CancelNode([](CancelNode& node) noexcept { static_cast<Wait&>(node).on_cancel(); }),
          queue_(queue),
          function_(attempt_function),
          cancel_(cancel) {
      this->list = &where;
      this->attempt = [](Waiter& waiter) noexcept {
        return static_cast<Wait&>(waiter).function_();
      };
    }
    ~Wait() {  // only does something where a suspended coroutine is destroyed
      unregister();
      queue_.forget(*this);
    }

    bool await_ready() noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> coroutine) noexcept {
      this->waker = Waker(coroutine);
      register_with(cancel_);  // first: once the waiter is linked, this object may be gone
      return queue_.enqueue(*this);
    }
    bool await_resume() noexcept {
      unregister();
      return this->state == State::Done;
    }

   private:
    using Waiter = WaitList::Waiter;
    using State = typename Waiter::State;
    void on_cancel() noexcept { queue_.cancel(*this); }
    WaitQueue& queue_;
    Attempt& function_;
    const CancelToken& cancel_;
  };
  template <class Attempt>
  Wait<Attempt> wait(WaitList& list, Attempt& attempt, const CancelToken& cancel) noexcept {
    return Wait<Attempt>(*this, list, attempt, cancel);
  }

 private:
  using Waiter = WaitList::Waiter;
  bool enqueue(Waiter& waiter) noexcept;  // true: linked; the caller suspends
  void cancel(Waiter& waiter) noexcept;
  void forget(Waiter& waiter) noexcept;
  void unlock_and_serve() noexcept;
  bool serve(WaitList& list, Waiter*& woken) noexcept;

  atom::SpinLock lock_;
  WaitList* lists_[2];
};

}  // namespace avila::future
