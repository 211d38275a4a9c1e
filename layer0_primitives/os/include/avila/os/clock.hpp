// The clock seam.
#pragma once
#include <avila/primitives/duration.hpp>

namespace avila::os {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() = 0;    ///< monotonic
  virtual WallTime wall() = 0;  ///< UTC; may jump
};

/// The machine's clocks; one object for the process.
Clock& real_clock();

/// A clock that moves only when told.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime wall = {1'700'000'000'000'000'000}) : wall_(wall) {}
  Instant now() override { return now_; }
  WallTime wall() override { return wall_; }
  void advance(Duration by) { now_ = now_ + by, wall_ = wall_ + by; }
  /// The wall clock is set, as an administrator or NTP would; the monotonic one stays.
  void set_wall(WallTime wall) { wall_ = wall; }

 private:
  Instant now_{1'000'000'000};
  WallTime wall_;
};

}  // namespace avila::os
