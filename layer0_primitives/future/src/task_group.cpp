#include <avila/future/scheduler.hpp>
#include <avila/future/task_group.hpp>

namespace avila::future {

struct TaskGroup::Child::promise_type : detail::PromiseBase {
  Child get_return_object() noexcept {
    return Child{std::coroutine_handle<promise_type>::from_promise(*this)};
  }
  // The frame goes before the group hears of it: then the group may go too.
  struct Final {
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<promise_type> self) const noexcept {
      promise_type& promise = self.promise();
      TaskGroup& owner = *promise.group;
      owner.queue_.locked([&] {
        (promise.previous != nullptr ? promise.previous->next : owner.children_) = promise.next;
        if (promise.next != nullptr) promise.next->previous = promise.previous;
      });
      self.destroy();
      owner.queue_.update([&owner] { --owner.running_; });
    }
    void await_resume() const noexcept {}
  };
  Final final_suspend() const noexcept { return {}; }
  void return_void() const noexcept {}

  TaskGroup* group = nullptr;
  promise_type* next = nullptr;
  promise_type* previous = nullptr;
};

TaskGroup::~TaskGroup() {
  while (children_ != nullptr) {
    Child::promise_type* const child = children_;
    children_ = child->next;
    std::coroutine_handle<Child::promise_type>::from_promise(*child).destroy();
  }
}

TaskGroup::Child TaskGroup::run(TaskGroup* group, Task<Result<void>> task) {
  Result<void> result = co_await task;
  task = Task<Result<void>>();
  if (!result.has_value()) {
    const bool is_first = group->queue_.locked([&] {
      if (group->first_error_.has_value()) return false;
      group->first_error_.emplace(std::move(result).error());
      return true;
    });
    if (is_first) group->stop_.cancel();
  }
}

Task<Result<void>> TaskGroup::without_error(Task<void> task) {
  co_await task;
  co_return Result<void>();
}

void TaskGroup::spawn(Task<Result<void>> task) {
  Scheduler& scheduler = Scheduler::require();
  const Child child = run(this, std::move(task));
  Child::promise_type& promise = child.coroutine.promise();
  promise.group = this;
  queue_.locked([&] {
    promise.next = children_;
    if (children_ != nullptr) children_->previous = &promise;
    children_ = &promise;
    ++running_;
  });
  scheduler.post(child.coroutine);
}

void TaskGroup::spawn(Task<void> task) { spawn(without_error(std::move(task))); }

Task<Result<void>> TaskGroup::join() {
  const auto none_left = [this] { return running_ == 0; };
  const CancelToken never;
  co_await queue_.wait(joining_, none_left, never);
  if (first_error_.has_value()) co_return first_error_->clone();
  co_return Result<void>();
}

std::size_t TaskGroup::running() noexcept {
  return queue_.locked([this] { return running_; });
}

}  // namespace avila::future
