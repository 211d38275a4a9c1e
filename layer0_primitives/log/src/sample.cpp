#include <avila/log/sample.hpp>

namespace avila::log {

bool RateLimit::pass(Instant now) noexcept {
  std::int64_t next = next_ns_.load(std::memory_order_relaxed);
  for (;;) {
    if (now.ns < next - tolerance_ns_) {
      suppressed_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    const std::int64_t from = now.ns > next ? now.ns : next;
    if (next_ns_.compare_exchange_weak(next, from + gap_ns_, std::memory_order_relaxed))
      return true;
  }
}

}  // namespace avila::log
