#include "alarm.hpp"

namespace avila::proxy::detail {

Alarm::Alarm(Duration tick)
    : scheduler_(future::Scheduler::require()), tick_length_(tick), tick_(*this) {
  tick_.when = scheduler_.now() + tick_length_;
  scheduler_.add_timer(tick_);
}

Alarm::~Alarm() {
  // The tick may be firing now, past its look at ending_, and add itself once more; not twice.
  ending_.store(true);
  if (!scheduler_.remove_timer(tick_)) (void)scheduler_.remove_timer(tick_);
}

void Alarm::on_tick() noexcept {
  if (ending_.load()) return;
  const Instant now = scheduler_.now();
  for (const auto& until : until_) {
    if (now.ns < until.load(std::memory_order_relaxed)) continue;
    expired_.store(true, std::memory_order_release);
    source_.cancel();
    return;
  }
  tick_.when = now + tick_length_;
  scheduler_.add_timer(tick_);
}

}  // namespace avila::proxy::detail
