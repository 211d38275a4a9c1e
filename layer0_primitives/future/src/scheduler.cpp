#include <avila/error/assert.hpp>
#include <avila/future/scheduler.hpp>

namespace avila::future {
namespace {
constinit thread_local Scheduler* current_scheduler = nullptr;
constinit thread_local int budget_left = kBudget;
}  // namespace

// Out of line on purpose: a coroutine may go on in another thread, so no thread-local address may
// stay in a register across a suspension.
Scheduler* Scheduler::current() noexcept { return current_scheduler; }

Scheduler& Scheduler::require() noexcept {
  AVILA_ASSERT(current_scheduler != nullptr && "run this under sync_wait() or an async::Executor");
  return *current_scheduler;
}

Scheduler::Enter::Enter(Scheduler* scheduler) noexcept : before_(current_scheduler) {
  current_scheduler = scheduler;
}

Scheduler::Enter::~Enter() { current_scheduler = before_; }

bool spend_budget() noexcept { return --budget_left >= 0; }
void refill_budget() noexcept { budget_left = kBudget; }

}  // namespace avila::future
