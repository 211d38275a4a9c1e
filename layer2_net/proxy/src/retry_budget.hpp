// How many retries may be made: a share of the requests, so that retries cannot multiply an outage.
#pragma once
#include <algorithm>
#include <avila/primitives/duration.hpp>
#include <mutex>

namespace avila::proxy::detail {

/// After the retry budgets of Finagle: each request earns `ratio`, each retry costs one.
/// Thread-safe.
class RetryBudget {
 public:
  RetryBudget(double ratio, double per_second, double burst) noexcept
      : ratio_(ratio), per_second_(per_second), burst_(burst), saved_(burst) {}

  void earn() noexcept {
    const std::lock_guard lock(mutex_);
    saved_ = std::min(burst_, saved_ + ratio_);
  }
  bool spend(Instant now) noexcept {
    const std::lock_guard lock(mutex_);
    if (now.ns > at_ns_) {
      const double passed = at_ns_ == 0 ? 0 : static_cast<double>(now.ns - at_ns_) * 1e-9;
      saved_ = std::min(burst_, saved_ + passed * per_second_);
      at_ns_ = now.ns;
    }
    if (saved_ < 1) return false;
    saved_ -= 1;
    return true;
  }

 private:
  const double ratio_, per_second_, burst_;
  std::mutex mutex_;
  double saved_;
  std::int64_t at_ns_ = 0;
};

}  // namespace avila::proxy::detail
