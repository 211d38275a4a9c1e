// Task<T>: a coroutine that runs when it is awaited, and gives one T.
#pragma once
#include <avila/error/assert.hpp>
#include <avila/future/frame_pool.hpp>
#include <avila/future/fwd.hpp>
#include <coroutine>
#include <new>
#include <type_traits>
#include <utility>

namespace avila::future {

template <class T = void>
class Task;

namespace detail {

/// Prints the exception's message and ends the program: errors are values here.
[[noreturn]] void exception_escaped(const char* where) noexcept;

class PromiseBase {
 public:
  static void* operator new(std::size_t size_bytes) { return allocate_frame(size_bytes); }
  static void operator delete(void* frame, std::size_t size_bytes) noexcept {
    free_frame(frame, size_bytes);
  }

  std::suspend_always initial_suspend() const noexcept { return {}; }
  struct Final {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      return self.promise().continuation_;
    }
    void await_resume() const noexcept {}
  };
  Final final_suspend() const noexcept { return {}; }
  void unhandled_exception() const noexcept { exception_escaped("Task"); }
  void set_continuation(std::coroutine_handle<> coroutine) noexcept { continuation_ = coroutine; }

 private:
  std::coroutine_handle<> continuation_ = std::noop_coroutine();
};

template <class T>
class Promise : public PromiseBase {
 public:
  static_assert(!std::is_reference_v<T>, "a Task gives a value: return a pointer instead");

  Promise() noexcept {}
  ~Promise() {
    if (done_) value_.~T();
  }
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;

  Task<T> get_return_object() noexcept;
  template <class U = T>
    requires std::is_constructible_v<T, U&&>
  void return_value(U&& value) {
    ::new (static_cast<void*>(&value_)) T(std::forward<U>(value));
    done_ = true;
  }
  T take() {
    AVILA_ASSERT(done_);
    return std::move(value_);
  }

 private:
  union {
    T value_;
  };
  bool done_ = false;
};

template <>
class Promise<void> : public PromiseBase {
 public:
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace detail

/// Lazy: nothing runs before `co_await std::move(task)`. Awaited at most once. A task that began
/// must be let finish: cancel it through its CancelToken and await it. Destroying one that has not
/// begun is free of effects. Errors are in T (Task<Result<…>>); an exception that leaves the
/// coroutine ends the program with its message. Parameters go by value: they live in the frame.
template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using value_type = T;
  using Handle = std::coroutine_handle<promise_type>;

  Task() noexcept = default;
  explicit Task(Handle coroutine) noexcept : coroutine_(coroutine) {}
  Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (coroutine_) coroutine_.destroy();
      coroutine_ = std::exchange(other.coroutine_, nullptr);
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (coroutine_) coroutine_.destroy();
  }

  explicit operator bool() const noexcept { return static_cast<bool>(coroutine_); }

  struct Awaiter {
    Handle coroutine;
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) const noexcept {
      coroutine.promise().set_continuation(awaiting);
      return coroutine;  // symmetric transfer: the stack does not grow
    }
    T await_resume() const { return coroutine.promise().take(); }
  };
  Awaiter operator co_await() const noexcept {
    AVILA_ASSERT(coroutine_ && !coroutine_.done() && "an empty or finished Task was awaited");
    return Awaiter{coroutine_};
  }

 private:
  Handle coroutine_{};
};

namespace detail {
template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}
}  // namespace detail

}  // namespace avila::future
