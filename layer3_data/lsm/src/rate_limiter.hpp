// Token bucket for the bytes that background work writes.
#pragma once
#include <avila/os/clock.hpp>

#include <mutex>

namespace avila::lsm::detail {

class RateLimiter {
 public:
  RateLimiter(os::Clock& clock, std::uint64_t bytes_per_s)
      : clock_(clock), rate_(bytes_per_s), filled_(clock.now()) {}
  /// Waits until `bytes` may be written. The bucket holds a tenth of a second.
  void take(std::uint64_t bytes);

 private:
  os::Clock& clock_;
  std::uint64_t rate_;
  std::mutex mutex_;
  Instant filled_;
  double tokens_ = 0;
};

}  // namespace avila::lsm::detail
