// Light time types for interfaces: spans and monotonic instants in nanoseconds, wall time in
// nanoseconds since 1970-01-01T00:00:00Z. Calendars and formats live in avila::time.
#pragma once
#include <compare>
#include <cstdint>

namespace avila {

/// A signed span of time, ±292 years.
struct Duration {
  std::int64_t ns = 0;

  constexpr std::int64_t microseconds() const noexcept { return ns / 1'000; }
  constexpr std::int64_t milliseconds() const noexcept { return ns / 1'000'000; }
  constexpr double seconds() const noexcept { return static_cast<double>(ns) * 1e-9; }
  static constexpr Duration max() noexcept { return {INT64_MAX}; }
  static constexpr Duration zero() noexcept { return {0}; }

  friend constexpr auto operator<=>(Duration, Duration) noexcept = default;
  friend constexpr Duration operator+(Duration a, Duration b) noexcept { return {a.ns + b.ns}; }
  friend constexpr Duration operator-(Duration a, Duration b) noexcept { return {a.ns - b.ns}; }
  friend constexpr Duration operator*(Duration a, std::int64_t n) noexcept { return {a.ns * n}; }
  friend constexpr Duration operator/(Duration a, std::int64_t n) noexcept { return {a.ns / n}; }
};

constexpr Duration nanoseconds(std::int64_t n) noexcept { return {n}; }
constexpr Duration microseconds(std::int64_t n) noexcept { return {n * 1'000}; }
constexpr Duration milliseconds(std::int64_t n) noexcept { return {n * 1'000'000}; }
constexpr Duration seconds(std::int64_t n) noexcept { return {n * 1'000'000'000}; }
constexpr Duration minutes(std::int64_t n) noexcept { return seconds(n * 60); }
constexpr Duration hours(std::int64_t n) noexcept { return seconds(n * 3600); }
constexpr Duration days(std::int64_t n) noexcept { return hours(n * 24); }

/// A reading of a monotonic clock; only differences mean something.
struct Instant {
  std::int64_t ns = 0;

  static constexpr Instant max() noexcept { return {INT64_MAX}; }
  friend constexpr auto operator<=>(Instant, Instant) noexcept = default;
  friend constexpr Duration operator-(Instant a, Instant b) noexcept { return {a.ns - b.ns}; }
  /// Saturates: a deadline that is too far away is never reached, not in the past.
  friend constexpr Instant operator+(Instant a, Duration d) noexcept {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a.ns, d.ns, &sum)) return {d.ns > 0 ? INT64_MAX : INT64_MIN};
    return {sum};
  }
  friend constexpr Instant operator-(Instant a, Duration d) noexcept { return {a.ns - d.ns}; }
};

/// A reading of the wall clock: nanoseconds since the Unix epoch, UTC; years 1677 to 2262.
struct WallTime {
  std::int64_t ns = 0;

  friend constexpr auto operator<=>(WallTime, WallTime) noexcept = default;
  friend constexpr Duration operator-(WallTime a, WallTime b) noexcept { return {a.ns - b.ns}; }
  friend constexpr WallTime operator+(WallTime a, Duration d) noexcept { return {a.ns + d.ns}; }
  friend constexpr WallTime operator-(WallTime a, Duration d) noexcept { return {a.ns - d.ns}; }
};

}  // namespace avila
