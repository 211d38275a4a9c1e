// Result<T>: a value or an Error, with AVILA_TRY to hand errors up.
#pragma once
#include <avila/error/assert.hpp>
#include <avila/error/error.hpp>
#include <new>
#include <type_traits>
#include <utility>

namespace avila {

/// Result<void>'s value.
struct Unit {};

/// A value or an Error. Move-only when T is; taking the absent side is an assertion failure.
template <class T = void>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(Error error) noexcept : ok_(false) { ::new (&error_) Error(std::move(error)); }
  template <class U = T>
    requires(std::is_constructible_v<T, U &&> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error>)
  Result(U&& value) noexcept(std::is_nothrow_constructible_v<T, U&&>) : ok_(true) {
    ::new (&value_) T(std::forward<U>(value));
  }
  Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) : ok_(other.ok_) {
    if (ok_) {
      ::new (&value_) T(std::move(other.value_));
    } else {
      ::new (&error_) Error(std::move(other.error_));
    }
  }
  Result& operator=(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) {
    if (this != &other) {
      this->~Result();
      ::new (this) Result(std::move(other));
    }
    return *this;
  }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  ~Result() {
    if (ok_) {
      value_.~T();
    } else {
      error_.~Error();
    }
  }

  bool has_value() const noexcept { return ok_; }
  explicit operator bool() const noexcept { return ok_; }

  T& value() & { return AVILA_ASSERT(ok_), value_; }
  const T& value() const& { return AVILA_ASSERT(ok_), value_; }
  T&& value() && { return AVILA_ASSERT(ok_), std::move(value_); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  template <class U>
  T value_or(U&& other) && {
    return ok_ ? std::move(value_) : static_cast<T>(std::forward<U>(other));
  }

  Error& error() & { return AVILA_ASSERT(!ok_), error_; }
  const Error& error() const& { return AVILA_ASSERT(!ok_), error_; }
  Error&& error() && { return AVILA_ASSERT(!ok_), std::move(error_); }

  /// Adds a context to the error, if there is one.
  Result&& context(std::string_view what) && {
    if (!ok_) error_.context(what);
    return std::move(*this);
  }
  /// Applies f to the value; hands the error on.
  template <class F>
  auto map(F&& f) && -> Result<std::invoke_result_t<F, T&&>> {
    if (!ok_) return std::move(error_);
    return std::forward<F>(f)(std::move(value_));
  }
  /// Applies a fallible f to the value; hands the error on.
  template <class F>
  auto and_then(F&& f) && -> std::invoke_result_t<F, T&&> {
    if (!ok_) return std::move(error_);
    return std::forward<F>(f)(std::move(value_));
  }

 private:
  bool ok_;
  union {
    T value_;
    Error error_;
  };
};

template <>
class [[nodiscard]] Result<void> : public Result<Unit> {
 public:
  using value_type = void;
  Result() noexcept : Result<Unit>(Unit{}) {}
  Result(Error error) noexcept : Result<Unit>(std::move(error)) {}
  Result(Result<Unit>&& other) noexcept : Result<Unit>(std::move(other)) {}
  void value() const { AVILA_ASSERT(has_value()); }
  void operator*() const { value(); }
  Result&& context(std::string_view what) && {
    (void)static_cast<Result<Unit>&&>(*this).context(what);
    return std::move(*this);
  }
};

/// A foreign result (has_value(), operator*, error()) becomes ours; `describe` makes an Error of
/// its error: `from_foreign(std::move(e), [](const E& x) { return Error(Errc::Io, x.text()); })`.
template <class Foreign, class Describe>
auto from_foreign(Foreign&& foreign, Describe&& describe)
    -> Result<std::remove_cvref_t<decltype(*std::forward<Foreign>(foreign))>> {
  if (foreign.has_value()) return *std::forward<Foreign>(foreign);
  return std::forward<Describe>(describe)(std::forward<Foreign>(foreign).error());
}

}  // namespace avila

#define AVILA_CONCAT_(a, b) a##b
#define AVILA_CONCAT(a, b) AVILA_CONCAT_(a, b)

#define AVILA_TRY_(result, declaration, return_word, ...) \
  auto result = __VA_ARGS__;                              \
  if (!result.has_value()) [[unlikely]]                   \
    return_word std::move(result).error();                \
  declaration = std::move(result).value()

/// AVILA_TRY(auto footer, parse_footer(file)); declares `footer`, or returns the error.
#define AVILA_TRY(declaration, ...) \
  AVILA_TRY_(AVILA_CONCAT(avila_try_, __LINE__), declaration, return, __VA_ARGS__)
/// The same in a coroutine; the expression must not hold a co_await (g++ 12): await first.
#define AVILA_CO_TRY(declaration, ...) \
  AVILA_TRY_(AVILA_CONCAT(avila_try_, __LINE__), declaration, co_return, __VA_ARGS__)

/// Returns the error of a Result whose value is not needed.
#define AVILA_TRY_VOID(...)                                                              \
  do {                                                                                   \
    if (auto avila_try_result = __VA_ARGS__; !avila_try_result.has_value()) [[unlikely]] \
      return std::move(avila_try_result).error();                                        \
  } while (false)
#define AVILA_CO_TRY_VOID(...)                                                           \
  do {                                                                                   \
    if (auto avila_try_result = __VA_ARGS__; !avila_try_result.has_value()) [[unlikely]] \
      co_return std::move(avila_try_result).error();                                     \
  } while (false)
