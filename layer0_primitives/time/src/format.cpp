// RFC 3339.
#include <avila/time/civil.hpp>
#include <avila/time/format.hpp>
#include <cstring>

#include "scan.hpp"

namespace avila::time {
namespace {

using detail::put_number;
using detail::Scanner;

constexpr std::uint32_t kPowers[] = {1,       10,        100,        1'000,       10'000,
                                     100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

Result<std::int32_t> read_offset(Scanner& in) {
  if (in.take('Z') || in.take('z')) return 0;
  const bool negative = in.peek() == '-';
  if (!in.take('-') && !in.take('+')) return in.expected("an offset: Z, +hh:mm or -hh:mm");
  AVILA_TRY(const int hours, in.number(2, 0, 23, "hours 00 to 23 of the offset"));
  AVILA_TRY_VOID(in.literal(':', "':' within the offset"));
  AVILA_TRY(const int minutes, in.number(2, 0, 59, "minutes 00 to 59 of the offset"));
  const std::int32_t seconds = hours * 3600 + minutes * 60;
  return negative ? -seconds : seconds;
}

}  // namespace

char* format_rfc3339_to(char* to, WallTime time, int fraction_digits,
                        std::int32_t offset_seconds) noexcept {
  const DateTime fields = to_civil(time, offset_seconds);
  to = put_number(to, static_cast<std::uint32_t>(fields.date.year), 4);
  *to++ = '-';
  to = put_number(to, fields.date.month, 2);
  *to++ = '-';
  to = put_number(to, fields.date.day, 2);
  *to++ = 'T';
  to = put_number(to, fields.hour, 2);
  *to++ = ':';
  to = put_number(to, fields.minute, 2);
  *to++ = ':';
  to = put_number(to, fields.second, 2);
  int digits = fraction_digits;
  if (digits < 0 || digits > 9) {
    digits = 0;
    while (digits < 9 && fields.nanosecond % kPowers[9 - digits] != 0) digits += 3;
  }
  if (digits > 0) {
    *to++ = '.';
    to = put_number(to, fields.nanosecond / kPowers[9 - digits], digits);
  }
  if (offset_seconds == 0) {
    *to++ = 'Z';
    return to;
  }
  const std::uint32_t away =
      static_cast<std::uint32_t>(offset_seconds < 0 ? -offset_seconds : offset_seconds) / 60;
  *to++ = offset_seconds < 0 ? '-' : '+';
  to = put_number(to, away / 60, 2);
  *to++ = ':';
  return put_number(to, away % 60, 2);
}

std::string format_rfc3339(WallTime time, int fraction_digits, std::int32_t offset_seconds) {
  char text[kRfc3339BytesMax];
  return std::string(text, format_rfc3339_to(text, time, fraction_digits, offset_seconds));
}

Result<WallTime> parse_rfc3339(std::string_view text) {
  Scanner in(text);
  AVILA_TRY(const int year, in.number(4, 0, 9999, "a year of four digits"));
  AVILA_TRY_VOID(in.literal('-', "'-' after the year"));
  AVILA_TRY(const int month, in.number(2, 1, 12, "a month 01 to 12"));
  AVILA_TRY_VOID(in.literal('-', "'-' after the month"));
  AVILA_TRY(const int day, in.number(2, 1, days_in_month(year, static_cast<unsigned>(month)),
                                     "a day of the month"));
  if (!in.take('T') && !in.take('t') && !in.take(' ')) return in.expected("'T' before the time");
  AVILA_TRY(const int hour, in.number(2, 0, 23, "hours 00 to 23"));
  AVILA_TRY_VOID(in.literal(':', "':' after the hours"));
  AVILA_TRY(const int minute, in.number(2, 0, 59, "minutes 00 to 59"));
  AVILA_TRY_VOID(in.literal(':', "':' after the minutes"));
  const std::size_t second_at = in.offset();
  AVILA_TRY(const int second, in.number(2, 0, 60, "seconds 00 to 60"));
  std::uint32_t nanosecond = 0;
  if (in.take('.')) {
    if (!detail::is_digit(in.peek())) return in.expected("digits after '.'");
    for (int i = 0; detail::is_digit(in.peek()); ++i, in.skip())
      if (i < 9) nanosecond += static_cast<std::uint32_t>(in.peek() - '0') * kPowers[8 - i];
  }
  AVILA_TRY(const std::int32_t offset, read_offset(in));
  if (!in.done()) return in.expected("the end of the time");
  const DateTime fields{{year, static_cast<std::uint8_t>(month), static_cast<std::uint8_t>(day)},
                        static_cast<std::uint8_t>(hour),
                        static_cast<std::uint8_t>(minute),
                        0,
                        0};
  const std::int64_t seconds = unix_seconds(fields) - offset + second;
  // Leap seconds are only ever at the end of a UTC day.
  if (second == 60 && seconds % 86'400 != 0)
    return in.expected_at("seconds 00 to 59 (60 is for 23:59 UTC)", second_at);
  const auto time = wall_time(seconds, nanosecond);
  if (!time.has_value())
    return Error(Errc::OutOfRange, "the time lies outside 1677-09-21 to 2262-04-11");
  return *time;
}

}  // namespace avila::time
