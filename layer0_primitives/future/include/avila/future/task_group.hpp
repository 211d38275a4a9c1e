// TaskGroup: tasks that end before their owner does.
#pragma once
#include <avila/error/result.hpp>
#include <avila/future/cancel.hpp>
#include <avila/future/task.hpp>
#include <avila/future/wait_queue.hpp>
#include <cstddef>
#include <optional>

namespace avila::future {

/// Children run concurrently on the scheduler of the coroutine that spawns them; join() waits for
/// all, also for those that children spawn meanwhile. The first error cancels the others (through
/// token(), which children are given) and is what join() returns.
///   TaskGroup group(cancel);
///   for (auto& part : parts) group.spawn(upload(part, group.token()));
///   auto result = co_await group.join();
/// Every group is joined. One that is destroyed unjoined destroys its children, which is only
/// right when nothing runs them any more (the executor was shut down).
class TaskGroup {
 public:
  explicit TaskGroup(const CancelToken& parent = {}) : stop_(parent) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();

  CancelToken token() const noexcept { return stop_.token(); }
  void spawn(Task<Result<void>> task);
  void spawn(Task<void> task);
  void cancel() noexcept { stop_.cancel(); }
  /// Not cancelled itself: children are, and end soon.
  Task<Result<void>> join();
  std::size_t running() noexcept;

 private:
  struct Child {
    struct promise_type;
    std::coroutine_handle<promise_type> coroutine;
  };
  static Child run(TaskGroup* group, Task<Result<void>> task);
  static Task<Result<void>> without_error(Task<void> task);

  CancelSource stop_;
  WaitList joining_{WaitList::Order::Any};
  WaitQueue queue_{joining_};
  Child::promise_type* children_ = nullptr;
  std::size_t running_ = 0;
  std::optional<Error> first_error_;
};

}  // namespace avila::future
