#include <avila/future/sync.hpp>

namespace avila::future {

Task<Result<Semaphore::Permit>> Semaphore::acquire(std::size_t count, CancelToken cancel) {
  const auto attempt = [&] {
    if (permits_ < count) return false;
    permits_ -= count;
    return true;
  };
  const bool done = co_await queue_.wait(waiters_, attempt, cancel);
  if (!done) co_return cancelled_error("acquire");
  co_return Permit(*this, count);
}

std::optional<Semaphore::Permit> Semaphore::try_acquire(std::size_t count) noexcept {
  const bool taken = queue_.locked([&] {
    if (!waiters_.empty() || permits_ < count) return false;
    permits_ -= count;
    return true;
  });
  if (!taken) return std::nullopt;
  return Permit(*this, count);
}

void Semaphore::release(std::size_t count) noexcept {
  queue_.update([&] { permits_ += count; });
}

std::size_t Semaphore::available() noexcept {
  return queue_.locked([&] { return permits_; });
}

Task<Result<void>> Event::wait(CancelToken cancel) {
  const auto attempt = [&] { return set_; };
  const bool done = co_await queue_.wait(waiters_, attempt, cancel);
  if (!done) co_return cancelled_error("wait");
  co_return Result<void>();
}

void Event::set() noexcept {
  queue_.update([&] { set_ = true; });
}

void Event::reset() noexcept {
  queue_.locked([&] { set_ = false; });
}

bool Event::is_set() noexcept {
  return queue_.locked([&] { return set_; });
}

Task<Result<void>> Signal::wait_past(std::uint64_t seen, CancelToken cancel) {
  const auto attempt = [&] { return count_ != seen; };
  const bool done = co_await queue_.wait(waiters_, attempt, cancel);
  if (!done) co_return cancelled_error("wait");
  co_return Result<void>();
}

void Signal::raise() noexcept {
  queue_.update([&] { ++count_; });
}

std::uint64_t Signal::count() noexcept {
  return queue_.locked([&] { return count_; });
}

}  // namespace avila::future
