#include <algorithm>
#include <avila/time/civil.hpp>

namespace avila::time {

IsoWeek iso_week(const Date& date) noexcept {
  const std::int64_t days = days_from_civil(date);
  const unsigned day = iso_weekday(weekday_from_days(days));
  // The week belongs to the year of its Thursday.
  const std::int64_t thursday = days - static_cast<std::int64_t>(day) + 4;
  const std::int32_t year = civil_from_days(thursday).year;
  const auto week = static_cast<std::uint8_t>((thursday - days_from_civil({year, 1, 1})) / 7 + 1);
  return {year, week, static_cast<std::uint8_t>(day)};
}

std::optional<Date> date_from_iso_week(const IsoWeek& week) noexcept {
  if (week.week < 1 || week.week > 53 || week.day < 1 || week.day > 7) return std::nullopt;
  const std::int64_t fourth = days_from_civil({week.year, 1, 4});  // always in week 1
  const std::int64_t monday = fourth - iso_weekday(weekday_from_days(fourth)) + 1;
  const Date date = civil_from_days(monday + (week.week - 1) * 7 + week.day - 1);
  if (iso_week(date) != week) return std::nullopt;
  return date;
}

Date add_months(const Date& date, std::int64_t months) noexcept {
  const std::int64_t total = date.year * std::int64_t{12} + (date.month - 1) + months;
  const std::int64_t year = (total >= 0 ? total : total - 11) / 12;
  const auto month = static_cast<std::uint8_t>(total - year * 12 + 1);
  const auto year32 = static_cast<std::int32_t>(year);
  return {year32, month, std::min(date.day, days_in_month(year32, month))};
}

std::optional<Date> nth_weekday(std::int32_t year, unsigned month, Weekday day, int n) noexcept {
  const auto month8 = static_cast<std::uint8_t>(month);
  const int length = days_in_month(year, month);
  int at = 0;
  if (n > 0) {
    const int first = static_cast<int>(weekday({year, month8, 1}));
    at = 1 + (static_cast<int>(day) - first + 7) % 7 + (n - 1) * 7;
  } else if (n == -1) {
    const int last = static_cast<int>(weekday({year, month8, static_cast<std::uint8_t>(length)}));
    at = length - (last - static_cast<int>(day) + 7) % 7;
  }
  if (at < 1 || at > length) return std::nullopt;
  return Date{year, month8, static_cast<std::uint8_t>(at)};
}

std::optional<WallTime> wall_time(std::int64_t seconds, std::int64_t nanosecond) noexcept {
  std::int64_t ns = 0;
  // The earliest second is only partly representable: build it from the next one.
  if (seconds < 0 && nanosecond > 0) {
    ++seconds;
    nanosecond -= 1'000'000'000;
  }
  if (__builtin_mul_overflow(seconds, std::int64_t{1'000'000'000}, &ns) ||
      __builtin_add_overflow(ns, nanosecond, &ns))
    return std::nullopt;
  return WallTime{ns};
}

DateTime to_civil(WallTime time, std::int32_t offset_seconds) noexcept {
  const std::int64_t utc = unix_seconds(time);
  const std::int64_t local = utc + offset_seconds;
  const std::int64_t days = (local >= 0 ? local : local - 86'399) / 86'400;
  const auto of_day = static_cast<std::uint32_t>(local - days * 86'400);
  DateTime fields;
  fields.date = civil_from_days(days);
  fields.hour = static_cast<std::uint8_t>(of_day / 3600);
  fields.minute = static_cast<std::uint8_t>(of_day / 60 % 60);
  fields.second = static_cast<std::uint8_t>(of_day % 60);
  const std::int64_t rest = time.ns % 1'000'000'000;
  fields.nanosecond = static_cast<std::uint32_t>(rest < 0 ? rest + 1'000'000'000 : rest);
  return fields;
}

std::optional<WallTime> from_civil(const DateTime& fields, std::int32_t offset_seconds) noexcept {
  if (!is_valid(fields.date) || fields.hour > 23 || fields.minute > 59 || fields.second > 59 ||
      fields.nanosecond > 999'999'999)
    return std::nullopt;
  return wall_time(unix_seconds(fields) - offset_seconds, fields.nanosecond);
}

}  // namespace avila::time
