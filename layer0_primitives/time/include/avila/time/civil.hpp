// The civil (proleptic Gregorian) calendar: days, weekdays, ISO weeks, and wall time as fields.
#pragma once
#include <avila/primitives/duration.hpp>
#include <cstdint>
#include <optional>

namespace avila::time {

/// 0 = Sunday … 6 = Saturday, as in cron and the C library.
enum class Weekday : std::uint8_t {
  Sunday,
  Monday,
  Tuesday,
  Wednesday,
  Thursday,
  Friday,
  Saturday
};

struct Date {
  std::int32_t year = 1970;
  std::uint8_t month = 1;  ///< 1…12
  std::uint8_t day = 1;    ///< 1…31
  friend constexpr auto operator<=>(const Date&, const Date&) noexcept = default;
};

/// A date and a time of day of no particular zone.
struct DateTime {
  Date date;
  std::uint8_t hour = 0, minute = 0, second = 0;
  std::uint32_t nanosecond = 0;
  friend constexpr auto operator<=>(const DateTime&, const DateTime&) noexcept = default;
};

constexpr bool is_leap_year(std::int32_t year) noexcept {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

constexpr std::uint8_t days_in_month(std::int32_t year, unsigned month) noexcept {
  constexpr std::uint8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap_year(year) ? 29 : kDays[(month - 1) % 12];
}

constexpr bool is_valid(const Date& date) noexcept {
  return date.month >= 1 && date.month <= 12 && date.day >= 1 &&
         date.day <= days_in_month(date.year, date.month);
}

/// Days since 1970-01-01, for any valid date. Years are counted from March, so that the leap day is
/// the last of the year and months fall on a line of 153 days per five of them.
constexpr std::int64_t days_from_civil(const Date& date) noexcept {
  const std::int64_t year = date.month <= 2 ? date.year - std::int64_t{1} : date.year;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;  // 400 years = 146,097 days
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t month_from_march = (date.month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;  // 0000-03-01 lies 719,468 days before 1970
}

/// The inverse, for days that give a year within int32.
constexpr Date civil_from_days(std::int64_t days) noexcept {
  days += 719'468;
  const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const std::int64_t day_of_era = days - era * 146'097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<std::uint8_t>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  const auto month = static_cast<std::uint8_t>(month_from_march < 10 ? month_from_march + 3
                                                                     : month_from_march - 9);
  return {static_cast<std::int32_t>(era * 400 + year_of_era + (month <= 2 ? 1 : 0)), month, day};
}

constexpr Weekday weekday_from_days(std::int64_t days) noexcept {
  return static_cast<Weekday>(((days + 4) % 7 + 7) % 7);  // 1970-01-01 was a Thursday
}
constexpr Weekday weekday(const Date& date) noexcept {
  return weekday_from_days(days_from_civil(date));
}
/// ISO 8601: Monday 1 … Sunday 7.
constexpr unsigned iso_weekday(Weekday day) noexcept {
  return day == Weekday::Sunday ? 7 : static_cast<unsigned>(day);
}
/// 1…366
constexpr unsigned day_of_year(const Date& date) noexcept {
  return static_cast<unsigned>(days_from_civil(date) - days_from_civil({date.year, 1, 1})) + 1;
}

/// ISO 8601 week date: week 1 holds the year's first Thursday.
struct IsoWeek {
  std::int32_t year = 1970;  ///< may differ from the calendar year around New Year
  std::uint8_t week = 1;     ///< 1…53
  std::uint8_t day = 1;      ///< 1 = Monday … 7 = Sunday
  friend constexpr auto operator<=>(const IsoWeek&, const IsoWeek&) noexcept = default;
};
IsoWeek iso_week(const Date& date) noexcept;
/// Nothing for a week or day that the year does not have.
std::optional<Date> date_from_iso_week(const IsoWeek& week) noexcept;
/// `months` later (or earlier); the day is cut to the length of the month (Jan 31 + 1 = Feb 28).
Date add_months(const Date& date, std::int64_t months) noexcept;
/// The nth weekday of a month, n = 1…5, or the last for n = -1; nothing where there is none.
std::optional<Date> nth_weekday(std::int32_t year, unsigned month, Weekday day, int n) noexcept;

/// Seconds since 1970 rounded down, and the nanoseconds above.
constexpr std::int64_t unix_seconds(WallTime time) noexcept {
  return time.ns / 1'000'000'000 - (time.ns % 1'000'000'000 < 0 ? 1 : 0);
}
/// Seconds since 1970 of fields taken as UTC; exact for all years of int32.
constexpr std::int64_t unix_seconds(const DateTime& fields) noexcept {
  return days_from_civil(fields.date) * 86'400 + fields.hour * 3600 + fields.minute * 60 +
         fields.second;
}

/// The fields of a time, at `offset_seconds` east of UTC.
DateTime to_civil(WallTime time, std::int32_t offset_seconds = 0) noexcept;
/// Nothing where WallTime (1677…2262) cannot hold it or a field is out of its range.
std::optional<WallTime> from_civil(const DateTime& fields,
                                   std::int32_t offset_seconds = 0) noexcept;
/// `seconds` since 1970 + `nanosecond`, where WallTime can hold it.
std::optional<WallTime> wall_time(std::int64_t seconds, std::int64_t nanosecond = 0) noexcept;

}  // namespace avila::time
