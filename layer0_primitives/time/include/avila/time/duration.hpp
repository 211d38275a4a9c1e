// ISO 8601 durations and intervals, and the short durations of configuration files.
#pragma once
#include <avila/error/result.hpp>
#include <avila/primitives/duration.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace avila::time {

/// A calendar duration: months and days are kept, since their lengths vary.
struct Period {
  std::int64_t months = 0;  ///< 12 a year
  std::int64_t days = 0;    ///< 7 a week
  Duration time;
  bool negative = false;
  friend bool operator==(const Period&, const Period&) noexcept = default;
};

/// "P1Y2M10DT2H30M", "P3W", "PT0.5S", "-P1D". Fractions on seconds only. Malformed, OutOfRange.
Result<Period> parse_period(std::string_view text);
std::string format_period(const Period& period);
/// Months first (the day is cut to the month's length), then days, then time, in UTC.
std::optional<WallTime> add(WallTime time, const Period& period);

struct Interval {
  WallTime begin, end;
  std::optional<std::uint64_t> repetitions;  ///< of "R5/…"; none without R
  bool endless = false;                      ///< "R/…"
};
/// "start/end", "start/period" or "period/end", with "Rn/" or "R/" before; times as in RFC 3339.
Result<Interval> parse_interval(std::string_view text);

/// "1h30m", "250ms", "1.5s", "2d", "-3us"; units ns us ms s m h d w. A bare number is refused.
Result<Duration> parse_duration(std::string_view text);
/// The shortest such text: "1h30m", "1.5ms", "0s".
std::string format_duration(Duration duration);

}  // namespace avila::time
