// Several tasks at a time: when_all, when_any, race, timeout.
#pragma once
#include <atomic>
#include <avila/error/result.hpp>
#include <avila/future/cancel.hpp>
#include <avila/future/sleep.hpp>
#include <avila/future/task.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace avila::future {

/// What a Task<T> leaves in a tuple or vector: T, or Unit for void.
template <class T>
using ValueOf = std::conditional_t<std::is_void_v<T>, Unit, T>;

template <class T>
struct AnyResult {
  std::size_t index;  ///< of the task that was first
  ValueOf<T> value;
};

namespace detail {

/// Counts the branches that still run, and one for the parent while it starts them.
struct Latch {
  std::atomic<std::size_t> left{0};
  std::coroutine_handle<> parent{};
  std::atomic<std::size_t> first{SIZE_MAX};  // index of the branch that ended first
  CancelSource* on_first = nullptr;

  void ended(std::size_t index) noexcept {
    std::size_t none = SIZE_MAX;
    if (first.compare_exchange_strong(none, index, std::memory_order_acq_rel) &&
        on_first != nullptr)
      on_first->cancel();
  }
};

/// A child coroutine that reports to a Latch; the last to end goes on with the parent.
class Branch {
 public:
  struct promise_type : PromiseBase {
    Latch* latch = nullptr;
    Branch get_return_object() noexcept {
      return Branch(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    struct Final {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(
          std::coroutine_handle<promise_type> self) const noexcept {
        Latch& shared = *self.promise().latch;
        // acq_rel: the last one sees what all branches wrote.
        if (shared.left.fetch_sub(1, std::memory_order_acq_rel) == 1) return shared.parent;
        return std::noop_coroutine();
      }
      void await_resume() const noexcept {}
    };
    Final final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
  };

  explicit Branch(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}
  Branch(Branch&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  Branch& operator=(Branch&&) = delete;
  ~Branch() {
    if (coroutine_) coroutine_.destroy();
  }
  void start(Latch& shared) const {
    coroutine_.promise().latch = &shared;
    coroutine_.resume();
  }

 private:
  std::coroutine_handle<promise_type> coroutine_;
};

template <class T>
Branch run_branch(Task<T> task, std::optional<ValueOf<T>>* out, Latch* latch, std::size_t index) {
  if constexpr (std::is_void_v<T>) {
    co_await task;
    task = Task<T>();  // its frame goes, and with it what it owns: the others may wait for that
    out->emplace();
  } else {
    T value = co_await task;
    task = Task<T>();
    out->emplace(std::move(value));
  }
  latch->ended(index);
}

/// Starts all branches in order, in this thread; each runs until it first waits.
class RunAll {
 public:
  RunAll(Latch& latch, std::vector<Branch>& branches) noexcept
      : latch_(latch), branches_(branches) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> parent) const {
    latch_.parent = parent;
    latch_.left.store(branches_.size() + 1, std::memory_order_relaxed);
    for (const Branch& branch : branches_) branch.start(latch_);
    // False: all have ended already, go on.
    return latch_.left.fetch_sub(1, std::memory_order_acq_rel) != 1;
  }
  void await_resume() const noexcept {}

 private:
  Latch& latch_;
  std::vector<Branch>& branches_;
};

template <class... T>
struct Slots {
  std::tuple<std::optional<ValueOf<T>>...> values;
  Latch latch;
  std::vector<Branch> branches;
};

template <class... T, std::size_t... I>
void add_branches(Slots<T...>& slots, std::index_sequence<I...>, Task<T>&... tasks) {
  (slots.branches.push_back(
       run_branch<T>(std::move(tasks), &std::get<I>(slots.values), &slots.latch, I)),
   ...);
}

template <class... T>
Task<std::tuple<ValueOf<T>...>> when_all_slots(std::unique_ptr<Slots<T...>> slots) {
  RunAll all(slots->latch, slots->branches);
  co_await all;
  co_return std::apply(
      [](auto&... value) { return std::tuple<ValueOf<T>...>(std::move(*value)...); },
      slots->values);
}

}  // namespace detail

/// Runs the tasks concurrently; their values in the order of the arguments.
template <class... T>
Task<std::tuple<ValueOf<T>...>> when_all(Task<T>... tasks) {
  auto slots = std::make_unique<detail::Slots<T...>>();
  detail::add_branches<T...>(*slots, std::index_sequence_for<T...>{}, tasks...);
  return detail::when_all_slots<T...>(std::move(slots));
}

template <class T>
Task<std::vector<ValueOf<T>>> when_all(std::vector<Task<T>> tasks) {
  std::vector<std::optional<ValueOf<T>>> slots(tasks.size());
  detail::Latch latch;
  std::vector<detail::Branch> branches;
  branches.reserve(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i)
    branches.push_back(detail::run_branch<T>(std::move(tasks[i]), &slots[i], &latch, i));
  detail::RunAll all(latch, branches);
  co_await all;
  std::vector<ValueOf<T>> values;
  values.reserve(slots.size());
  for (auto& slot : slots) values.push_back(std::move(*slot));
  co_return values;
}

/// Runs the tasks concurrently; when the first ends, `losers` is cancelled, and the others are
/// waited for (nothing keeps running behind the caller's back). At least one task.
template <class T>
Task<AnyResult<T>> when_any(CancelSource losers, std::vector<Task<T>> tasks) {
  AVILA_ASSERT(!tasks.empty() && "when_any of nothing would never end");
  std::vector<std::optional<ValueOf<T>>> slots(tasks.size());
  detail::Latch latch;
  latch.on_first = &losers;
  std::vector<detail::Branch> branches;
  branches.reserve(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i)
    branches.push_back(detail::run_branch<T>(std::move(tasks[i]), &slots[i], &latch, i));
  detail::RunAll all(latch, branches);
  co_await all;
  const std::size_t index = latch.first.load(std::memory_order_acquire);
  AnyResult<T> result{index, std::move(*slots[index])};
  co_return result;
}

/// when_any() of the tasks that the callables make from the token that losers hear:
///   auto primary = [&](CancelToken t) { return fetch(a, t); };
///   auto backup = [&](CancelToken t) { return fetch(b, t); };
///   auto winner = co_await race(cancel, primary, backup);
template <class First, class... Rest>
auto race(CancelToken cancel, First&& first, Rest&&... rest) {
  using TaskType = std::invoke_result_t<First&, CancelToken>;
  CancelSource losers(cancel);
  std::vector<TaskType> tasks;
  tasks.reserve(1 + sizeof...(Rest));
  tasks.push_back(first(losers.token()));
  (tasks.push_back(rest(losers.token())), ...);
  return when_any(std::move(losers), std::move(tasks));
}

/// Gives the task that `make` returns (Task<Result<…>>) a limit. Past it the task is cancelled and
/// waited for, and its Errc::Cancelled becomes Errc::TimedOut.
///   auto work = [&](CancelToken t) { return fetch(url, t); };
///   auto page = co_await timeout(seconds(5), cancel, work);
template <class F>
std::invoke_result_t<F&, CancelToken> timeout(Duration limit, CancelToken cancel, F make) {
  using R = typename std::invoke_result_t<F&, CancelToken>::value_type;
  Deadline deadline(limit, cancel);
  auto task = make(deadline.token());
  R result = co_await task;
  if (!result.has_value()) co_return deadline.translate(std::move(result).error(), "the operation");
  co_return result;
}

}  // namespace avila::future
