// Generator<T>: a coroutine that yields values to a range-for; synchronous, no scheduler.
#pragma once
#include <avila/future/task.hpp>
#include <cstddef>
#include <iterator>
#include <memory>
#include <type_traits>

namespace avila::future {

/// `for (const T& value : numbers(10))`. A yielded value lives until the next step. Single pass.
template <class T>
class [[nodiscard]] Generator {
 public:
  struct promise_type {
    static void* operator new(std::size_t size_bytes) { return allocate_frame(size_bytes); }
    static void operator delete(void* frame, std::size_t size_bytes) noexcept {
      free_frame(frame, size_bytes);
    }
    Generator get_return_object() noexcept {
      return Generator(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    std::suspend_always yield_value(std::remove_reference_t<T>& value) noexcept {
      current = std::addressof(value);
      return {};
    }
    std::suspend_always yield_value(std::remove_reference_t<T>&& value) noexcept {
      current = std::addressof(value);  // the temporary lives until the coroutine goes on
      return {};
    }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { detail::exception_escaped("Generator"); }
    void await_transform() = delete;  // a Generator cannot wait: use a Stream

    std::remove_reference_t<T>* current = nullptr;
  };

  class Iterator {
   public:
    using value_type = std::remove_cvref_t<T>;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(std::coroutine_handle<promise_type> coroutine) noexcept
        : coroutine_(coroutine) {}
    std::remove_reference_t<T>& operator*() const noexcept { return *coroutine_.promise().current; }
    Iterator& operator++() {
      coroutine_.resume();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& at, std::default_sentinel_t) noexcept {
      return at.coroutine_.done();
    }

   private:
    std::coroutine_handle<promise_type> coroutine_;
  };

  explicit Generator(std::coroutine_handle<promise_type> coroutine) noexcept
      : coroutine_(coroutine) {}
  Generator(Generator&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
  Generator& operator=(Generator&& other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  ~Generator() {
    if (coroutine_) coroutine_.destroy();
  }

  /// Once.
  Iterator begin() {
    coroutine_.resume();
    return Iterator(coroutine_);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  std::coroutine_handle<promise_type> coroutine_;
};

}  // namespace avila::future
