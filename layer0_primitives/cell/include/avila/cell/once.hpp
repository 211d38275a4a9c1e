// OnceCell<T>: a value set once, by the first of any number of threads. LazyCell<T>: one that
// knows how to make its value. Neither is ever locked once the value is there.
#pragma once
#include <atomic>
#include <avila/error/assert.hpp>
#include <avila/error/result.hpp>
#include <cstdint>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace avila::cell {

namespace detail {

/// Empty -> Busy -> Full, or back to Empty when the maker gave up. Waiters sleep (futex).
class OnceState {
 public:
  bool full() const noexcept { return state_.load(std::memory_order_acquire) == kFull; }
  /// True: the caller must make the value, then call finish. False: it is there.
  /// A maker that asks for its own cell would wait for itself: that is an assertion failure.
  bool begin() noexcept;
  void finish(bool made) noexcept;
  void reset() noexcept { state_.store(kEmpty, std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t kEmpty = 0, kBusy = 1, kFull = 2;
  std::atomic<std::uint32_t> state_{kEmpty};
  std::atomic<const void*> maker_{nullptr};
};

/// Ends an initialisation on every way out, exceptions too.
class OnceGuard {
 public:
  explicit OnceGuard(OnceState& state) noexcept : state_(state) {}
  ~OnceGuard() { state_.finish(made); }
  OnceGuard(const OnceGuard&) = delete;
  OnceGuard& operator=(const OnceGuard&) = delete;
  bool made = false;

 private:
  OnceState& state_;
};

}  // namespace detail

template <class T>
class OnceCell {
 public:
  OnceCell() noexcept {}
  ~OnceCell() { (void)take(); }
  OnceCell(const OnceCell&) = delete;
  OnceCell& operator=(const OnceCell&) = delete;

  /// The value, or null while there is none. Never waits.
  T* get() noexcept { return state_.full() ? &value_ : nullptr; }
  const T* get() const noexcept { return state_.full() ? &value_ : nullptr; }

  /// The value; `make()` is called by one thread, the others wait for it. Where it throws, the
  /// next thread tries. References stay valid until the cell's end or take().
  template <class Make>
  T& get_or_init(Make&& make) {
    if (!state_.full() && state_.begin()) {
      detail::OnceGuard guard(state_);
      ::new (&value_) T(std::forward<Make>(make)());
      guard.made = true;
    }
    return value_;
  }

  /// The same with a maker that may fail; a failure leaves the cell empty, to be tried again.
  template <class Make>
  Result<T*> get_or_try_init(Make&& make) {
    if (!state_.full() && state_.begin()) {
      detail::OnceGuard guard(state_);
      Result<T> made = std::forward<Make>(make)();
      if (!made.has_value()) return std::move(made).error();
      ::new (&value_) T(*std::move(made));
      guard.made = true;
    }
    return &value_;
  }

  /// False where somebody was first; `value` is then dropped.
  bool set(T value) {
    bool mine = false;
    (void)get_or_init([&]() -> T&& {
      mine = true;
      return std::move(value);
    });
    return mine;
  }

  /// Empties the cell. Not thread-safe: the caller holds the only reference.
  std::optional<T> take() {
    if (!state_.full()) return std::nullopt;
    std::optional<T> out(std::move(value_));
    value_.~T();
    state_.reset();
    return out;
  }

 private:
  mutable detail::OnceState state_;
  union {
    T value_;
  };
};

/// A value made at first use: `static LazyCell table([] { return build_table(); });`
template <class T, class Make = T (*)()>
class LazyCell {
 public:
  explicit LazyCell(Make make) : make_(std::move(make)) {}
  T& operator*() { return cell_.get_or_init(make_); }
  T* operator->() { return &**this; }
  /// Null before the first use.
  const T* peek() const noexcept { return cell_.get(); }

 private:
  OnceCell<T> cell_;
  Make make_;
};
template <class Make>
LazyCell(Make) -> LazyCell<std::decay_t<std::invoke_result_t<Make&>>, Make>;

}  // namespace avila::cell
