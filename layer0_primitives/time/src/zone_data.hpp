// The inside of a TimeZone.
#pragma once
#include <avila/time/zone.hpp>
#include <optional>
#include <vector>

namespace avila::time {
namespace detail {

/// When a POSIX rule changes the clocks.
struct ChangeDay {
  enum class Kind : std::uint8_t { Month, Julian, ZeroBased };
  Kind kind = Kind::Month;
  int month = 3, week = 2, weekday = 0;  // Mm.w.d; week 5 = the last
  int day = 0;                           // Jn (1…365, never Feb 29) or n (0…365)
  std::int32_t time_seconds = 2 * 3600;  // of local time before the change, ±167 h
  std::int64_t local_seconds(std::int32_t year) const noexcept;
};

struct PosixRule {
  std::string standard, daylight;
  std::int32_t standard_offset = 0, daylight_offset = 0;  // east of UTC
  bool has_daylight = false;
  ChangeDay start, end;
  ZoneState at(std::int64_t seconds) const noexcept;
};
Result<PosixRule> parse_posix_rule(std::string_view text);

struct ZoneType {
  std::int32_t offset = 0;
  bool is_dst = false;
  std::string abbreviation;
};

}  // namespace detail

struct TimeZone::Data {
  std::string name;
  std::vector<std::int64_t> times;  // ascending; types_of[i] holds from times[i] on
  std::vector<std::uint8_t> types_of;
  std::vector<detail::ZoneType> types;    // at least one; the first holds before all times
  std::optional<detail::PosixRule> rule;  // after all times
};

}  // namespace avila::time
