#include "connection.hpp"

namespace avila::http::detail {

Watchdog::Watchdog(const future::CancelToken& stop, Duration tick, const async::Transport* watched)
    : scheduler_(future::Scheduler::require()),
      source_(stop),
      tick_length_(tick),
      watched_(watched),
      tick_(*this) {}

Watchdog::~Watchdog() {
  // The tick may be firing now on another thread, past its look at ending_, and add itself once
  // more; after that it cannot.
  ending_.store(true);
  if (started_ && !scheduler_.remove_timer(tick_)) (void)scheduler_.remove_timer(tick_);
}

void Watchdog::start() {
  started_ = true;
  tick_.when = scheduler_.now() + tick_length_;
  scheduler_.add_timer(tick_);
}

void Watchdog::Tick::fired(future::Timer& timer) noexcept {
  static_cast<Tick&>(timer).owner.on_tick();
}

void Watchdog::on_tick() noexcept {
  if (ending_.load()) return;
  const Instant now = scheduler_.now();
  if (now.ns >= deadline_ns()) {
    expired_.store(true, std::memory_order_release);
    source_.cancel();
    return;
  }
  if (watching_.load(std::memory_order_relaxed) && watched_->hung_up()) {
    source_.cancel();
    return;
  }
  tick_.when = now + tick_length_;
  scheduler_.add_timer(tick_);
}

}  // namespace avila::http::detail
