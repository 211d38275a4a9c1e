#include <time.h>
#include <avila/os/clock.hpp>

namespace avila::os {
namespace {

std::int64_t read_clock(clockid_t id) {
  timespec now{};
  (void)::clock_gettime(id, &now);  // cannot fail for the two clocks below
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

class RealClock final : public Clock {
 public:
  Instant now() override { return {read_clock(CLOCK_MONOTONIC)}; }
  WallTime wall() override { return {read_clock(CLOCK_REALTIME)}; }
};

}  // namespace

Clock& real_clock() {
  static RealClock clock;
  return clock;
}

}  // namespace avila::os
