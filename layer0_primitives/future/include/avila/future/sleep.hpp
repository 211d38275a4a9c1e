// Waiting for time to pass, and deadlines.
#pragma once
#include <atomic>
#include <avila/error/result.hpp>
#include <avila/future/cancel.hpp>
#include <avila/future/scheduler.hpp>
#include <avila/future/task.hpp>

namespace avila::future {

/// Completes after `duration` on the current scheduler's clock.
Task<void> sleep(Duration duration);
/// The same; Errc::Cancelled when cancelled first.
Task<Result<void>> sleep(Duration duration, CancelToken cancel);

/// A CancelToken that a deadline or a parent cancels: hand token() to the operations that the
/// deadline covers. Made and destroyed in coroutines of one scheduler.
///   Deadline deadline(seconds(5), cancel);
///   auto line = co_await read_line(deadline.token());
///   if (deadline.expired()) …
class Deadline {
 public:
  explicit Deadline(Duration after, const CancelToken& parent = {});
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  CancelToken token() const noexcept { return source_.token(); }
  /// Before its time: expired() stays false.
  void cancel() noexcept { source_.cancel(); }
  /// True when time, not the parent, cancelled it.
  bool expired() const noexcept { return expired_.load(std::memory_order_acquire); }
  /// Moves the deadline to `after` from now. Later than before: costs a store, no timer work (made
  /// for idle timeouts that each request renews). No effect once expired.
  void extend(Duration after) noexcept;
  /// Errc::TimedOut for an error of cancellation that time caused, else the error unchanged.
  Error translate(Error error, std::string_view what) const;

 private:
  struct Alarm : Timer {
    explicit Alarm(Deadline& deadline) noexcept;
    Deadline& owner;
  };
  void on_alarm() noexcept;

  Scheduler& scheduler_;
  CancelSource source_;
  std::atomic<std::int64_t> until_ns_;
  std::atomic<bool> expired_{false};
  Alarm alarm_;
};

}  // namespace avila::future
