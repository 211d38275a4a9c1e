#include <avila/cell/once.hpp>

namespace avila::cell::detail {
namespace {

/// An address that no other living thread has.
const void* thread_mark() noexcept {
  static thread_local const char mark = 0;
  return &mark;
}

}  // namespace

bool OnceState::begin() noexcept {
  while (true) {
    std::uint32_t seen = kEmpty;
    if (state_.compare_exchange_strong(seen, kBusy, std::memory_order_acquire)) {
      maker_.store(thread_mark(), std::memory_order_relaxed);
      return true;
    }
    if (seen == kFull) return false;
    AVILA_ASSERT(maker_.load(std::memory_order_relaxed) != thread_mark());
    state_.wait(kBusy, std::memory_order_acquire);
  }
}

void OnceState::finish(bool made) noexcept {
  maker_.store(nullptr, std::memory_order_relaxed);
  state_.store(made ? kFull : kEmpty, std::memory_order_release);
  state_.notify_all();
}

}  // namespace avila::cell::detail
