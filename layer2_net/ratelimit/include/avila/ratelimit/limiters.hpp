// Limits of so many units in so much time. None reads a clock: the caller says what time it is, so
// simulations and tests decide. Not thread-safe by themselves; Keyed is.
#pragma once
#include <avila/primitives/duration.hpp>
#include <cstdint>

namespace avila::ratelimit {

struct Rate {
  std::uint64_t units = 1;
  Duration per = seconds(1);  ///< units in this much time
  std::uint64_t burst = 0;    ///< at once; 0: `units`
};

/// What a limiter says, in the terms of the RateLimit header fields.
struct Decision {
  bool allowed = false;
  std::uint64_t limit = 0;                  ///< the burst, or the units of the window
  std::uint64_t remaining = 0;              ///< units that would still be allowed now
  Duration retry_after = Duration::zero();  ///< until these units fit; max() if they never will
  Duration reset_after = Duration::zero();  ///< until everything is available again
};

/// Tokens drip into a bucket of `burst`; a request takes some out.
class TokenBucket {
 public:
  explicit TokenBucket(Rate rate, Instant now = {});
  Decision take(Instant now, std::uint64_t units = 1);
  /// Gives units back (a request that failed for another reason).
  void give_back(std::uint64_t units);
  double tokens(Instant now);

 private:
  void refill(Instant now);
  Rate rate_;
  double tokens_, per_ns_;
  Instant at_;
};

/// The generic cell rate algorithm (ITU-T I.371): one time stamp instead of a bucket, exact in
/// whole nanoseconds. Allows what TokenBucket allows; a burst is worth 73 years at most.
class Gcra {
 public:
  explicit Gcra(Rate rate);
  Decision take(Instant now, std::uint64_t units = 1);

 private:
  std::int64_t gap_ns_, tolerance_ns_;  // of one unit; how far ahead of now the stamp may be
  std::uint64_t burst_;
  std::int64_t arrival_ns_ = INT64_MIN / 2;  // theoretical arrival time
};

/// At most `units` in any window of `per`, estimated from the counts of the present and the past
/// window, weighted by their overlap: two counters, at most a few percent off under steady load.
class SlidingWindow {
 public:
  explicit SlidingWindow(Rate rate);
  Decision take(Instant now, std::uint64_t units = 1);

 private:
  Rate rate_;
  std::int64_t window_ = INT64_MIN;
  std::uint64_t now_count_ = 0, past_count_ = 0;
};

}  // namespace avila::ratelimit
