// A clock at the bedside of an exchange: cancels it when one of its deadlines passes.
#pragma once
#include <array>
#include <atomic>
#include <avila/future/cancel.hpp>
#include <avila/future/scheduler.hpp>
#include <cstdint>

namespace avila::proxy::detail {

/// Moving a deadline costs a store: the timer looks at them now and then.
class Alarm {
 public:
  enum Slot : std::uint8_t { kRead, kWrite, kTotal, kHead };

  explicit Alarm(Duration tick);
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  void set(Slot slot, Duration after) noexcept {
    until_[slot].store((scheduler_.coarse_now() + after).ns, std::memory_order_relaxed);
  }
  void clear(Slot slot) noexcept { until_[slot].store(INT64_MAX, std::memory_order_relaxed); }
  /// The wait for a response's head. Its time runs from when the last of the request was sent,
  /// perhaps by another task: put_head_off() tells.
  void begin_head(Duration limit) noexcept {
    head_due_.store(true);
    set(kHead, limit);
  }
  void end_head() noexcept {
    head_due_.store(false);
    clear(kHead);
  }
  void put_head_off(Duration limit) noexcept {
    if (!head_due_.load()) return;
    set(kHead, limit);
    if (!head_due_.load()) clear(kHead);  // it has come meanwhile
  }
  future::CancelToken token() const noexcept { return source_.token(); }
  void cancel() noexcept { source_.cancel(); }
  bool cancelled() const noexcept { return source_.cancelled(); }
  /// A deadline has passed.
  bool expired() const noexcept { return expired_.load(std::memory_order_acquire); }

 private:
  struct Tick : future::Timer {
    explicit Tick(Alarm& alarm) noexcept : Timer(&fired), owner(alarm) {}
    static void fired(future::Timer& timer) noexcept { static_cast<Tick&>(timer).owner.on_tick(); }
    Alarm& owner;
  };
  void on_tick() noexcept;

  future::Scheduler& scheduler_;
  future::CancelSource source_;
  const Duration tick_length_;
  std::array<std::atomic<std::int64_t>, 4> until_{INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
  std::atomic<bool> head_due_{false};
  std::atomic<bool> expired_{false};
  std::atomic<bool> ending_{false};
  Tick tick_;
};

/// Cancels an alarm; for CancelToken::on_cancel().
struct CancelAlarm {
  Alarm* alarm;
  void operator()() const noexcept { alarm->cancel(); }
};

}  // namespace avila::proxy::detail
