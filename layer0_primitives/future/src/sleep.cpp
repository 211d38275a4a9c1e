#include <avila/future/sleep.hpp>
#include <string>

namespace avila::future {
namespace {

/// Armed by two parties, a timer and a token; the first to claim it resumes the coroutine, unless
/// await_suspend is not over yet: then it just does not suspend.
class SleepAwaiter : private Timer, private detail::CancelNode {
 public:
  SleepAwaiter(Duration duration, const CancelToken& cancel) noexcept
      : Timer([](Timer& timer) noexcept { static_cast<SleepAwaiter&>(timer).end(kElapsed); }),
        CancelNode(
            [](CancelNode& node) noexcept { static_cast<SleepAwaiter&>(node).end(kCancelled); }),
        cancel_(cancel) {
    this->when = Scheduler::require().now() + duration;
  }
  ~SleepAwaiter() { disarm(); }

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> coroutine) noexcept {
    waker_ = Waker(coroutine);
    armed_ = true;
    register_with(cancel_);
    if (state_.load(std::memory_order_acquire) == kArming) waker_.scheduler()->add_timer(*this);
    int expected = kArming;
    // After this succeeds the coroutine may run elsewhere: touch nothing.
    return state_.compare_exchange_strong(expected, kArmed, std::memory_order_acq_rel);
  }
  /// True: the time passed. False: cancelled.
  bool await_resume() noexcept {
    disarm();
    return state_.load(std::memory_order_relaxed) == kElapsed;
  }

 private:
  enum : int { kArming, kArmed, kElapsed, kCancelled };

  void end(int how) noexcept {
    int expected = kArming;
    if (state_.compare_exchange_strong(expected, how, std::memory_order_acq_rel)) return;
    if (expected == kArmed &&
        state_.compare_exchange_strong(expected, how, std::memory_order_acq_rel))
      waker_.wake();
  }
  void disarm() noexcept {
    if (!armed_) return;
    armed_ = false;
    unregister();
    (void)waker_.scheduler()->remove_timer(*this);
  }

  const CancelToken& cancel_;
  Waker waker_;
  std::atomic<int> state_{kArming};
  bool armed_ = false;
};

}  // namespace

Task<void> sleep(Duration duration) {
  const CancelToken never;
  SleepAwaiter sleeper(duration, never);
  co_await sleeper;
}

Task<Result<void>> sleep(Duration duration, CancelToken cancel) {
  SleepAwaiter sleeper(duration, cancel);
  const bool elapsed = co_await sleeper;
  if (!elapsed) co_return cancelled_error("sleep");
  co_return Result<void>();
}

Deadline::Alarm::Alarm(Deadline& deadline) noexcept
    : Timer([](Timer& timer) noexcept { static_cast<Alarm&>(timer).owner.on_alarm(); }),
      owner(deadline) {}

Deadline::Deadline(Duration after, const CancelToken& parent)
    : scheduler_(Scheduler::require()),
      source_(parent),
      until_ns_((scheduler_.now() + after).ns),
      alarm_(*this) {
  alarm_.when = Instant{until_ns_.load(std::memory_order_relaxed)};
  scheduler_.add_timer(alarm_);
}

Deadline::~Deadline() { (void)scheduler_.remove_timer(alarm_); }

void Deadline::on_alarm() noexcept {
  const std::int64_t until = until_ns_.load(std::memory_order_relaxed);
  if (scheduler_.now().ns < until) {  // extended meanwhile: sleep on
    alarm_.when = Instant{until};
    scheduler_.add_timer(alarm_);
    return;
  }
  expired_.store(true, std::memory_order_release);
  source_.cancel();
}

void Deadline::extend(Duration after) noexcept {
  const std::int64_t until = (scheduler_.coarse_now() + after).ns;
  const std::int64_t before = until_ns_.exchange(until, std::memory_order_relaxed);
  if (until >= before) return;
  // Earlier than the timer may be set to: set it anew.
  if (scheduler_.remove_timer(alarm_)) {
    alarm_.when = Instant{until};
    scheduler_.add_timer(alarm_);
  }
}

Error Deadline::translate(Error error, std::string_view what) const {
  if (!expired() || !error.is(Errc::Cancelled)) return error;
  return Error(Errc::TimedOut, std::string(what) + " took too long");
}

}  // namespace avila::future
