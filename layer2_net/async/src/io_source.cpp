#include <avila/async/io_source.hpp>
#include <avila/error/assert.hpp>

#include "poller.hpp"

namespace avila::async {

// How a wait ends exactly once: whoever takes the Ready out of its slot (the poller, or the cancel
// callback) owns it and calls fire(). fire() resumes the coroutine only if await_suspend is over
// (kArmed); otherwise await_suspend sees kFired and does not suspend. After kArmed is set,
// await_suspend touches nothing, for the coroutine may already run in another thread.
bool IoSource::Ready::await_suspend(std::coroutine_handle<> coroutine) noexcept {
  waker_ = future::Waker(coroutine);
  auto& slot = source_.slots_[static_cast<int>(direction_)];
  std::uintptr_t expected = kIdle;
  // release: the poller that takes us sees waker_.
  if (!slot.compare_exchange_strong(expected, reinterpret_cast<std::uintptr_t>(this),
                                    std::memory_order_acq_rel)) {
    AVILA_ASSERT(expected == kReady && "two tasks wait for the same direction of one handle");
    slot.store(kIdle, std::memory_order_relaxed);  // only we take kReady away
    return false;
  }
  armed_ = true;
  if (source_.asked_ != nullptr) source_.asked_->arm(source_, direction_);
  register_with(cancel_);
  int arming = kArming;
  return state_.compare_exchange_strong(arming, kArmed, std::memory_order_acq_rel);
}

bool IoSource::Ready::await_resume() noexcept {
  unregister();
  armed_ = false;
  return !cancelled_.load(std::memory_order_relaxed);
}

IoSource::Ready::~Ready() {
  if (!armed_) return;  // else a suspended coroutine is being destroyed
  unregister();
  std::uintptr_t expected = reinterpret_cast<std::uintptr_t>(this);
  source_.slots_[static_cast<int>(direction_)].compare_exchange_strong(expected, kIdle);
}

void IoSource::Ready::on_cancel() noexcept {
  auto& slot = source_.slots_[static_cast<int>(direction_)];
  std::uintptr_t expected = reinterpret_cast<std::uintptr_t>(this);
  if (!slot.compare_exchange_strong(expected, kIdle, std::memory_order_acq_rel)) return;
  cancelled_.store(true, std::memory_order_relaxed);  // published by fire()
  fire();
}

void IoSource::Ready::fire() noexcept {
  if (state_.exchange(kFired, std::memory_order_acq_rel) == kArmed) waker_.wake();
}

void IoSource::signal(std::atomic<std::uintptr_t>& slot) noexcept {
  std::uintptr_t seen = slot.load(std::memory_order_relaxed);
  for (;;) {
    // A waiter is handed the edge, so the slot stays idle; else the edge is kept for the next wait.
    const std::uintptr_t wanted = seen > kReady ? kIdle : kReady;
    if (slot.compare_exchange_weak(seen, wanted, std::memory_order_acq_rel,
                                   std::memory_order_relaxed))
      break;
  }
  if (seen > kReady) reinterpret_cast<Ready*>(seen)->fire();
}

void IoSource::on_event(bool readable, bool writable, bool hang_up,
                        std::uint32_t of_generation) noexcept {
  // Compared and exchanged, for a hang-up of the next handle must not be overwritten either.
  const std::uint32_t value = hang_up_of(of_generation);
  std::uint32_t seen = hung_up_.load(std::memory_order_relaxed);
  while (hang_up && seen != value &&
         hang_up_of(generation.load(std::memory_order_acquire)) == value &&
         !hung_up_.compare_exchange_weak(seen, value, std::memory_order_release,
                                         std::memory_order_relaxed)) {
  }
  if (readable || hang_up) signal(slots_[0]);
  if (writable || hang_up) signal(slots_[1]);
}

void IoSource::reset(int handle) noexcept {
  handle_ = handle;
  hung_up_.store(0, std::memory_order_relaxed);
  for (auto& slot : slots_) {
    AVILA_ASSERT(slot.load(std::memory_order_relaxed) <= kReady && "released while a task waits");
    slot.store(kIdle, std::memory_order_relaxed);
  }
}

}  // namespace avila::async
