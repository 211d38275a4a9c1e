// From ordinary code into coroutines: runs a Task on the calling thread. For tests and tools;
// servers use async::Runtime.
#pragma once
#include <avila/future/scheduler.hpp>
#include <avila/future/task.hpp>

namespace avila::future {

namespace detail {
/// One thread's loop: ready queue and timers, both open to other threads.
class ThreadLoop final : public Scheduler {
 public:
  ThreadLoop();
  ~ThreadLoop() override;
  ThreadLoop(const ThreadLoop&) = delete;
  ThreadLoop& operator=(const ThreadLoop&) = delete;

  void post(std::coroutine_handle<> coroutine) noexcept override;
  Instant now() noexcept override;
  void add_timer(Timer& timer) noexcept override;
  bool remove_timer(Timer& timer) noexcept override;
  /// Resumes the coroutine, and then whatever becomes ready, until stop().
  void run(std::coroutine_handle<> first) noexcept;
  void stop() noexcept;

 private:
  struct State;
  State* state_;
};

struct SyncRoot {
  struct promise_type : PromiseBase {
    SyncRoot get_return_object() noexcept {
      return SyncRoot{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
  };
  std::coroutine_handle<promise_type> coroutine;
};

template <class T>
SyncRoot sync_root(Task<T> task, T* storage, ThreadLoop* loop) {
  T value = co_await task;
  ::new (static_cast<void*>(storage)) T(std::move(value));
  loop->stop();
}
inline SyncRoot sync_root_void(Task<void> task, ThreadLoop* loop) {
  co_await task;
  loop->stop();
}
}  // namespace detail

/// Blocks until the task is done. The coroutine and all it wakes run on this thread; wakers of
/// other threads lead back to it. Not from within a coroutine.
template <class T>
T sync_wait(Task<T> task) {
  detail::ThreadLoop loop;
  if constexpr (std::is_void_v<T>) {
    const detail::SyncRoot root = detail::sync_root_void(std::move(task), &loop);
    loop.run(root.coroutine);
    root.coroutine.destroy();
  } else {
    union Slot {
      Slot() noexcept {}
      ~Slot() {}
      T value;
    } slot;
    const detail::SyncRoot root = detail::sync_root<T>(std::move(task), &slot.value, &loop);
    loop.run(root.coroutine);
    root.coroutine.destroy();
    T result = std::move(slot.value);
    slot.value.~T();
    return result;
  }
}

}  // namespace avila::future
