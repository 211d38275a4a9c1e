// Executor: the seam behind which tasks, timers and sockets live. Real: Runtime. Simulated:
// SimExecutor.
#pragma once
#include <atomic>
#include <avila/async/fwd.hpp>
#include <avila/async/join_handle.hpp>
#include <avila/atom/spin_lock.hpp>
#include <avila/error/result.hpp>
#include <avila/future/cancel.hpp>
#include <avila/future/frame_pool.hpp>
#include <avila/future/scheduler.hpp>
#include <avila/future/sleep.hpp>
#include <avila/future/task.hpp>
#include <coroutine>
#include <optional>
#include <type_traits>

namespace avila::async {

using future::CancelSource;
using future::CancelToken;
using future::Deadline;
using future::Task;

namespace detail {

/// Work for the blocking pool; lives in the coroutine that waits for it.
struct BlockingJob {
  void (*run)(BlockingJob&) noexcept;
  BlockingJob* next = nullptr;
};

/// The outermost frame of a spawned task; the executor keeps a list of them.
struct Root {
  struct promise_type;
  std::coroutine_handle<promise_type> coroutine;
};

}  // namespace detail

class Executor : public future::Scheduler {
 public:
  ~Executor() override;

  /// Starts a task of its own: posted at once, owned by the executor.
  template <class T>
  JoinHandle<T> spawn(Task<T> task);

  /// Runs f() on a thread that may block: file I/O, getaddrinfo, long computations.
  /// `auto r = co_await executor.spawn_blocking(std::move(f));` f is kept until it has run.
  template <class F>
  Task<std::invoke_result_t<F&>> spawn_blocking(F f);

  Task<void> sleep(Duration duration) { return future::sleep(duration); }
  Task<Result<void>> sleep(Duration duration, CancelToken cancel) {
    return future::sleep(duration, std::move(cancel));
  }

  /// Readiness of a non-blocking handle. The source is valid until release_io(), which comes before
  /// the handle is closed and when no operation waits. Errc::Unsupported where there is no I/O.
  virtual Result<IoSource*> register_io(int handle) = 0;
  virtual void release_io(IoSource* source) noexcept = 0;

  virtual void run_blocking(detail::BlockingJob& job) noexcept = 0;

  /// Cancelled when a shutdown begins: tasks that outlive requests listen to it.
  CancelToken shutdown_token() const noexcept { return shutdown_.token(); }
  std::size_t live_tasks() const noexcept { return live_.load(std::memory_order_acquire); }

  /// That of the running task, or null.
  static Executor* current() noexcept;

 protected:
  Executor();
  void begin_shutdown() noexcept { shutdown_.cancel(); }
  /// Blocks until no task lives or the time is over; true for the former.
  bool wait_until_idle(Duration limit) noexcept;
  /// Destroys the tasks that are left, in no order. Nothing may run any more.
  std::size_t destroy_tasks() noexcept;
  std::uint64_t spawned() const noexcept { return spawned_.load(std::memory_order_relaxed); }

  class EnterExecutor {
   public:
    explicit EnterExecutor(Executor* executor) noexcept;
    ~EnterExecutor();
    EnterExecutor(const EnterExecutor&) = delete;
    EnterExecutor& operator=(const EnterExecutor&) = delete;

   private:
    Executor* before_;
    future::Scheduler::Enter enter_;
  };

 private:
  friend struct detail::Root::promise_type;
  void start(detail::Root root) noexcept;
  void forget(detail::Root::promise_type& root) noexcept;

  atom::SpinLock roots_lock_;
  detail::Root::promise_type* roots_ = nullptr;
  std::atomic<std::size_t> live_{0};
  std::atomic<std::uint64_t> spawned_{0};
  CancelSource shutdown_;
};

namespace detail {

struct Root::promise_type {
  static void* operator new(std::size_t size_bytes) { return future::allocate_frame(size_bytes); }
  static void operator delete(void* frame, std::size_t size_bytes) noexcept {
    future::free_frame(frame, size_bytes);
  }
  ~promise_type() {
    if (owner != nullptr) owner->forget(*this);
  }
  Root get_return_object() noexcept {
    return Root{std::coroutine_handle<promise_type>::from_promise(*this)};
  }
  std::suspend_always initial_suspend() const noexcept { return {}; }
  std::suspend_never final_suspend() const noexcept { return {}; }  // frees itself
  void return_void() const noexcept {}
  void unhandled_exception() const noexcept { future::detail::exception_escaped("spawned task"); }

  Executor* owner = nullptr;
  promise_type* next = nullptr;
  promise_type* previous = nullptr;
};

template <class T>
Root run_root(Task<T> task, JoinProducer<T> producer) {
  if constexpr (std::is_void_v<T>) {
    co_await task;
    task = Task<T>();  // its frame goes before the waiter goes on
    producer.set();
  } else {
    T value = co_await task;
    task = Task<T>();
    producer.set(std::move(value));
  }
}

template <class F, class R>
class BlockingAwaiter : private BlockingJob {
 public:
  BlockingAwaiter(Executor& executor, F& function) noexcept
      : BlockingJob{[](BlockingJob& job) noexcept { static_cast<BlockingAwaiter&>(job).work(); }},
        executor_(executor),
        function_(function) {}
  BlockingAwaiter(const BlockingAwaiter&) = delete;
  BlockingAwaiter& operator=(const BlockingAwaiter&) = delete;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) noexcept {
    waker_ = future::Waker(coroutine);
    executor_.run_blocking(*this);
  }
  R await_resume() noexcept {
    if constexpr (!std::is_void_v<R>) return std::move(*value_);
  }

 private:
  struct Nothing {};
  void work() noexcept {
    if constexpr (std::is_void_v<R>) {
      function_();
    } else {
      value_.emplace(function_());
    }
    const future::Waker waker = waker_;
    waker.wake();
  }
  Executor& executor_;
  F& function_;
  future::Waker waker_;
  std::optional<std::conditional_t<std::is_void_v<R>, Nothing, R>> value_;
};

template <class F, class R>
Task<R> run_blocking_task(Executor* executor, F function) {
  BlockingAwaiter<F, R> awaiter(*executor, function);
  if constexpr (std::is_void_v<R>) {
    co_await awaiter;
  } else {
    co_return co_await awaiter;
  }
}

}  // namespace detail

template <class T>
JoinHandle<T> Executor::spawn(Task<T> task) {
  auto* const state = new detail::JoinValue<T>;
  start(detail::run_root<T>(std::move(task), detail::JoinProducer<T>(state)));
  return JoinHandle<T>(state);
}

template <class F>
Task<std::invoke_result_t<F&>> Executor::spawn_blocking(F f) {
  return detail::run_blocking_task<F, std::invoke_result_t<F&>>(this, std::move(f));
}

}  // namespace avila::async
