#include "timer_wheel.hpp"

#include <algorithm>
#include <avila/error/assert.hpp>
#include <bit>

namespace avila::async {
namespace {
const void* thread_mark() noexcept {
  static constinit thread_local char mark = 0;
  return &mark;
}
}  // namespace

std::uint64_t TimerWheel::tick_of(Instant when) const noexcept {
  if (when.ns <= start_.ns) return 0;
  const auto delta = static_cast<std::uint64_t>(when.ns) - static_cast<std::uint64_t>(start_.ns);
  return delta / kTickNs + (delta % kTickNs != 0 ? 1 : 0);  // up: never early
}

void TimerWheel::link(future::Timer& timer, unsigned slot) noexcept {
  List& list = lists_[slot];
  timer.slot = slot;
  timer.next = nullptr;
  timer.previous = list.last;
  (list.last != nullptr ? list.last->next : list.first) = &timer;
  list.last = &timer;
  if (slot != kDueSlot) occupied_[slot / kSlots] |= std::uint64_t{1} << (slot % kSlots);
}

void TimerWheel::unlink(future::Timer& timer) noexcept {
  List& list = lists_[timer.slot];
  (timer.previous != nullptr ? timer.previous->next : list.first) = timer.next;
  (timer.next != nullptr ? timer.next->previous : list.last) = timer.previous;
  if (list.first == nullptr && timer.slot != kDueSlot)
    occupied_[timer.slot / kSlots] &= ~(std::uint64_t{1} << (timer.slot % kSlots));
}

// The level is that of the highest six-bit digit in which the timer's tick differs from now.
void TimerWheel::place(future::Timer& timer) noexcept {
  constexpr std::uint64_t kRange = std::uint64_t{1} << (6 * kLevels);
  std::uint64_t tick = tick_of(timer.when);
  if (tick <= elapsed_) return link(timer, kDueSlot);
  tick = std::min(tick, elapsed_ + kRange - 1);
  const std::uint64_t differs = (elapsed_ ^ tick) | (kSlots - 1);
  const int level = std::min((63 - std::countl_zero(differs)) / 6, kLevels - 1);
  const auto digit = static_cast<unsigned>((tick >> (6 * level)) & (kSlots - 1));
  link(timer, static_cast<unsigned>(level * kSlots) + digit);
}

bool TimerWheel::next_expiration(Expiration& out) const noexcept {
  // A lower level is always sooner than a higher one.
  for (int level = 0; level < kLevels; ++level) {
    if (occupied_[level] == 0) continue;
    const int shift = 6 * level;
    const int now_slot = static_cast<int>((elapsed_ >> shift) & (kSlots - 1));
    // From the slot after this one on: what is in this one is a whole turn ahead (top level only).
    const int ahead = 1 + std::countr_zero(std::rotr(occupied_[level], now_slot + 1));
    const std::uint64_t tick = ((elapsed_ >> shift) + static_cast<std::uint64_t>(ahead)) << shift;
    out = {tick, level, (now_slot + ahead) % kSlots};
    return true;
  }
  return false;
}

void TimerWheel::advance(std::uint64_t now_tick) noexcept {
  Expiration at;
  while (next_expiration(at) && at.tick <= now_tick) {
    elapsed_ = at.tick;
    const auto slot = static_cast<unsigned>(at.level * kSlots + at.slot);
    future::Timer* timer = lists_[slot].first;
    lists_[slot] = {};
    occupied_[at.level] &= ~(std::uint64_t{1} << at.slot);
    while (timer != nullptr) {  // due, or one level down
      future::Timer* const next = timer->next;
      place(*timer);
      timer = next;
    }
  }
  elapsed_ = std::max(elapsed_, now_tick);
}

void TimerWheel::publish_next() noexcept {
  Expiration at;
  std::int64_t next = INT64_MAX;
  if (lists_[kDueSlot].first != nullptr) {
    next = INT64_MIN;
  } else if (next_expiration(at)) {
    next = (start_ + Duration{static_cast<std::int64_t>(at.tick) * kTickNs}).ns;
  }
  next_ns_.store(next, std::memory_order_release);
}

bool TimerWheel::add(future::Timer& timer) noexcept {
  const atom::Guard guard(lock_);
  AVILA_ASSERT(timer.home.load(std::memory_order_relaxed) == nullptr && "a Timer is added twice");
  timer.home.store(this, std::memory_order_relaxed);
  const std::int64_t before = next_ns_.load(std::memory_order_relaxed);
  place(timer);
  publish_next();
  return next_ns_.load(std::memory_order_relaxed) < before;
}

bool TimerWheel::remove(future::Timer& timer) noexcept {
  lock_.lock();
  // fire() may add its timer anew, so it is waited for first.
  if (firing_ == &timer && firing_thread_ != thread_mark()) {
    atom::Backoff backoff;
    while (firing_ == &timer) {
      lock_.unlock();
      backoff.pause();
      lock_.lock();
    }
  }
  const bool queued = timer.home.load(std::memory_order_relaxed) != nullptr;
  if (queued) {
    unlink(timer);  // next() may stay too early: somebody looks in vain once
    timer.home.store(nullptr, std::memory_order_relaxed);
  }
  lock_.unlock();
  return queued;
}

std::size_t TimerWheel::fire_due(Instant now) noexcept {
  if (now < next()) return 0;
  const atom::Guard guard(lock_);
  if (firing_thread_ != nullptr) return 0;
  firing_thread_ = thread_mark();
  const auto delta = now.ns > start_.ns ? static_cast<std::uint64_t>(now.ns - start_.ns) : 0;
  advance(delta / kTickNs);
  // Timers that fire() adds and that are due at once wait for the next call: no endless loop.
  std::size_t due = 0;
  for (const future::Timer* t = lists_[kDueSlot].first; t != nullptr; t = t->next) ++due;
  std::size_t fired = 0;
  for (; fired < due && lists_[kDueSlot].first != nullptr; ++fired) {
    future::Timer& timer = *lists_[kDueSlot].first;
    unlink(timer);
    timer.home.store(nullptr, std::memory_order_relaxed);
    firing_ = &timer;
    lock_.unlock();
    timer.fire(timer);  // may destroy the timer
    lock_.lock();
    firing_ = nullptr;
  }
  firing_thread_ = nullptr;
  publish_next();
  return fired;
}

}  // namespace avila::async
