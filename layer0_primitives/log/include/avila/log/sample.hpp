// Thinning: one in N, and so many a second. Lock-free; one object a call site.
#pragma once
#include <avila/log/log.hpp>

namespace avila::log {

/// Lets the 1st, N+1st, 2N+1st… pass.
class Sampler {
 public:
  constexpr explicit Sampler(std::uint64_t one_in) noexcept : one_in_(one_in == 0 ? 1 : one_in) {}
  bool pass() noexcept { return count_.fetch_add(1, std::memory_order_relaxed) % one_in_ == 0; }

 private:
  std::uint64_t one_in_;
  std::atomic<std::uint64_t> count_{0};
};

/// Lets `per_second` pass in each second on average, `burst` at once (GCRA).
class RateLimit {
 public:
  constexpr explicit RateLimit(double per_second, double burst = 1) noexcept
      : gap_ns_(static_cast<std::int64_t>(1e9 / per_second)),
        tolerance_ns_(static_cast<std::int64_t>((burst < 1 ? 0 : burst - 1) * 1e9 / per_second)) {}
  bool pass(Instant now) noexcept;
  /// Refused since this was last asked.
  std::uint64_t take_suppressed() noexcept {
    return suppressed_.exchange(0, std::memory_order_relaxed);
  }

 private:
  std::int64_t gap_ns_, tolerance_ns_;
  std::atomic<std::int64_t> next_ns_{INT64_MIN / 2};
  std::atomic<std::uint64_t> suppressed_{0};
};

}  // namespace avila::log

/// One call in `one_in` of this place is logged.
#define AVILA_LOG_SAMPLED(severity, one_in, message, ...)                      \
  do {                                                                         \
    if (::avila::log::detail::global_enabled(::avila::log::Level::severity)) { \
      static ::avila::log::Sampler avila_sampler{one_in};                      \
      if (avila_sampler.pass()) AVILA_LOG(severity, message, __VA_ARGS__);     \
    }                                                                          \
  } while (false)
/// At most `per_second` calls a second of this place are logged; how many were not is a field.
#define AVILA_LOG_LIMITED(severity, per_second, message, ...)                                \
  do {                                                                                       \
    if (::avila::log::detail::global_enabled(::avila::log::Level::severity)) {               \
      static ::avila::log::RateLimit avila_limit{per_second};                                \
      if (avila_limit.pass(::avila::os::real_clock().now()))                                 \
        AVILA_LOG(severity, message,                                                         \
                  {"suppressed", avila_limit.take_suppressed()} __VA_OPT__(, ) __VA_ARGS__); \
    }                                                                                        \
  } while (false)
