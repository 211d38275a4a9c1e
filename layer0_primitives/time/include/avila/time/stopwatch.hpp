// Measuring elapsed time on a monotonic clock.
#pragma once
#include <avila/os/clock.hpp>

namespace avila::time {

/// Runs from its construction; pause() and resume() stop and go on.
class Stopwatch {
 public:
  explicit Stopwatch(os::Clock& clock = os::real_clock()) : clock_(&clock), began_(clock.now()) {}

  Duration elapsed() const { return running_ ? before_ + (clock_->now() - began_) : before_; }
  bool running() const noexcept { return running_; }
  void pause() {
    before_ = elapsed();
    running_ = false;
  }
  void resume() {
    if (running_) return;
    began_ = clock_->now();
    running_ = true;
  }
  /// What elapsed since the start or the last lap; the watch goes on from zero.
  Duration lap() {
    const Duration took = elapsed();
    before_ = Duration::zero();
    began_ = clock_->now();
    return took;
  }

 private:
  os::Clock* clock_;
  Instant began_;
  Duration before_ = Duration::zero();
  bool running_ = true;
};

}  // namespace avila::time
