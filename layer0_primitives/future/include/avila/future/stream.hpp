// Values that come one after another: Stream<T> gives them, Sink<T> takes them.
#pragma once
#include <avila/error/result.hpp>
#include <avila/future/cancel.hpp>
#include <avila/future/task.hpp>
#include <optional>

namespace avila::future {

template <class T>
class Stream {
 public:
  virtual ~Stream() = default;
  /// The next value; nothing at the end. One call at a time.
  virtual Task<Result<std::optional<T>>> next(CancelToken cancel = {}) = 0;
};

template <class T>
class Sink {
 public:
  virtual ~Sink() = default;
  /// Completes when there is room for the value: that is the back-pressure.
  virtual Task<Result<void>> send(T value, CancelToken cancel = {}) = 0;
  /// No more will come.
  virtual void finish() noexcept = 0;
};

}  // namespace avila::future
