// HTTP-date, RFC 9110 §5.6.7.
#include <avila/time/civil.hpp>
#include <avila/time/format.hpp>

#include "scan.hpp"

namespace avila::time {
namespace {

using detail::put_number;
using detail::Scanner;

Result<void> read_time(Scanner& in, DateTime& fields) {
  AVILA_TRY(const int hour, in.number(2, 0, 23, "hours 00 to 23"));
  AVILA_TRY_VOID(in.literal(':', "':' after the hours"));
  AVILA_TRY(const int minute, in.number(2, 0, 59, "minutes 00 to 59"));
  AVILA_TRY_VOID(in.literal(':', "':' after the minutes"));
  // The grammar allows a leap second; it is read as the second before.
  AVILA_TRY(const int second, in.number(2, 0, 60, "seconds 00 to 60"));
  fields.hour = static_cast<std::uint8_t>(hour);
  fields.minute = static_cast<std::uint8_t>(minute);
  fields.second = static_cast<std::uint8_t>(second == 60 ? 59 : second);
  return {};
}

Result<int> read_month(Scanner& in) {
  const int month = in.one_of(detail::kMonths);
  if (month < 0) return in.expected("a month Jan to Dec");
  return month + 1;
}

Result<WallTime> finish(const Scanner& in, DateTime fields, int year, int month, int day) {
  if (!in.done()) return in.expected("the end of the date");
  fields.date = {year, static_cast<std::uint8_t>(month), static_cast<std::uint8_t>(day)};
  if (!is_valid(fields.date))
    return Error(Errc::Malformed, "the month has no such day", {.offset = 0});
  const auto time = from_civil(fields);
  if (!time.has_value())
    return Error(Errc::OutOfRange, "the date lies outside 1677-09-21 to 2262-04-11");
  return *time;
}

// "06 Nov 1994 08:49:37 GMT"
Result<WallTime> read_imf_fixdate(Scanner in) {
  DateTime fields;
  AVILA_TRY(const int day, in.number(2, 1, 31, "a day 01 to 31"));
  AVILA_TRY_VOID(in.literal(' ', "a space after the day"));
  AVILA_TRY(const int month, read_month(in));
  AVILA_TRY_VOID(in.literal(' ', "a space after the month"));
  AVILA_TRY(const int year, in.number(4, 0, 9999, "a year of four digits"));
  AVILA_TRY_VOID(in.literal(' ', "a space after the year"));
  AVILA_TRY_VOID(read_time(in, fields));
  if (!in.take(" GMT")) return in.expected("\" GMT\"");
  return finish(in, fields, year, month, day);
}

// "06-Nov-94 08:49:37 GMT"
Result<WallTime> read_rfc850(Scanner in, WallTime now) {
  DateTime fields;
  AVILA_TRY(const int day, in.number(2, 1, 31, "a day 01 to 31"));
  AVILA_TRY_VOID(in.literal('-', "'-' after the day"));
  AVILA_TRY(const int month, read_month(in));
  AVILA_TRY_VOID(in.literal('-', "'-' after the month"));
  AVILA_TRY(const int short_year, in.number(2, 0, 99, "a year of two digits"));
  AVILA_TRY_VOID(in.literal(' ', "a space after the year"));
  AVILA_TRY_VOID(read_time(in, fields));
  if (!in.take(" GMT")) return in.expected("\" GMT\"");
  const int this_year = to_civil(now).date.year;
  int year = this_year / 100 * 100 + short_year;
  if (year > this_year + 50) year -= 100;
  return finish(in, fields, year, month, day);
}

// "Nov  6 08:49:37 1994"
Result<WallTime> read_asctime(Scanner in) {
  DateTime fields;
  AVILA_TRY(const int month, read_month(in));
  AVILA_TRY_VOID(in.literal(' ', "a space after the month"));
  const bool one_digit = in.take(' ');
  AVILA_TRY(const int day, in.number(one_digit ? 1 : 2, 1, 31, "a day 1 to 31"));
  AVILA_TRY_VOID(in.literal(' ', "a space after the day"));
  AVILA_TRY_VOID(read_time(in, fields));
  AVILA_TRY_VOID(in.literal(' ', "a space after the time"));
  AVILA_TRY(const int year, in.number(4, 0, 9999, "a year of four digits"));
  return finish(in, fields, year, month, day);
}

}  // namespace

std::string format_http_date(WallTime time) {
  const DateTime fields = to_civil(time);
  char text[32];
  char* to = text;
  const auto put = [&to](std::string_view word) {
    for (const char c : word) *to++ = c;
  };
  put(detail::kDays[static_cast<int>(weekday(fields.date))]);
  put(", ");
  to = put_number(to, fields.date.day, 2);
  *to++ = ' ';
  put(detail::kMonths[fields.date.month - 1]);
  *to++ = ' ';
  to = put_number(to, static_cast<std::uint32_t>(fields.date.year), 4);
  *to++ = ' ';
  to = put_number(to, fields.hour, 2);
  *to++ = ':';
  to = put_number(to, fields.minute, 2);
  *to++ = ':';
  to = put_number(to, fields.second, 2);
  put(" GMT");
  return std::string(text, to);
}

Result<WallTime> parse_http_date(std::string_view text, WallTime now) {
  Scanner in(text);
  if (in.one_of(detail::kDaysLong) >= 0) {
    if (!in.take(", ")) return in.expected("\", \" after the weekday");
    return read_rfc850(in, now);
  }
  if (in.one_of(detail::kDays) < 0) return in.expected("a weekday");
  if (in.take(", ")) return read_imf_fixdate(in);
  if (in.take(' ')) return read_asctime(in);
  return in.expected("\", \" or a space after the weekday");
}

}  // namespace avila::time
