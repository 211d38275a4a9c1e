// POSIX TZ rules (IEEE 1003.1 §8.3, RFC 9636 §3.3.1).
#include <memory>
#include "scan.hpp"
#include "zone_data.hpp"

namespace avila::time {
namespace detail {

std::int64_t ChangeDay::local_seconds(std::int32_t year) const noexcept {
  std::int64_t days = 0;
  if (kind == Kind::Month) {
    const auto date = nth_weekday(year, static_cast<unsigned>(month), static_cast<Weekday>(weekday),
                                  week == 5 ? -1 : week);
    days = days_from_civil(*date);  // weeks 1 to 4 and the last are in every month
  } else {
    const bool past_leap_day = kind == Kind::Julian && day >= 60 && is_leap_year(year);
    const int zero_based = kind == Kind::Julian ? day - 1 + (past_leap_day ? 1 : 0) : day;
    days = days_from_civil({year, 1, 1}) + zero_based;
  }
  return days * 86'400 + time_seconds;
}

ZoneState PosixRule::at(std::int64_t seconds) const noexcept {
  const ZoneState usual{standard_offset, false, standard};
  if (!has_daylight) return usual;
  const std::int64_t local = seconds + standard_offset;
  const std::int32_t year = civil_from_days((local >= 0 ? local : local - 86'399) / 86'400).year;
  const std::int64_t from = start.local_seconds(year) - standard_offset;
  const std::int64_t to = end.local_seconds(year) - daylight_offset;
  // South of the equator summer spans New Year: daylight time is what lies outside to…from.
  const bool summer =
      from < to ? seconds >= from && seconds < to : !(seconds >= to && seconds < from);
  return summer ? ZoneState{daylight_offset, true, daylight} : usual;
}

namespace {

Result<std::string> read_name(Scanner& in) {
  std::string name;
  if (in.take('<')) {
    while (in.peek() != '>') {
      const char c = in.peek();
      const bool fine =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '+' || c == '-';
      if (!fine) return in.expected("letters, digits, '+', '-' or '>' of a zone name");
      name += c;
      in.skip();
    }
    in.skip();
  } else {
    for (char c = in.peek(); (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); c = in.peek()) {
      name += c;
      in.skip();
    }
  }
  if (name.size() < 3 || name.size() > 16) return in.expected("a zone name of 3 to 16 characters");
  return name;
}

/// [+-]hh[:mm[:ss]]
Result<std::int32_t> read_time(Scanner& in, int hours_max) {
  const bool negative = in.peek() == '-';
  if (negative || in.peek() == '+') in.skip();
  if (!is_digit(in.peek())) return in.expected("hours");
  int hours = 0;
  for (int i = 0; i < 3 && is_digit(in.peek()); ++i, in.skip())
    hours = hours * 10 + (in.peek() - '0');
  if (hours > hours_max) return in.expected("fewer hours");
  std::int32_t seconds = hours * 3600;
  if (in.take(':')) {
    AVILA_TRY(const int minutes, in.number(2, 0, 59, "minutes 00 to 59"));
    seconds += minutes * 60;
    if (in.take(':')) {
      AVILA_TRY(const int rest, in.number(2, 0, 59, "seconds 00 to 59"));
      seconds += rest;
    }
  }
  return negative ? -seconds : seconds;
}

Result<int> read_small(Scanner& in, int low, int high, const char* what) {
  if (!is_digit(in.peek())) return in.expected(what);
  int value = 0;
  for (int i = 0; i < 3 && is_digit(in.peek()); ++i, in.skip())
    value = value * 10 + (in.peek() - '0');
  if (value < low || value > high) return in.expected(what);
  return value;
}

Result<ChangeDay> read_change(Scanner& in) {
  ChangeDay change;
  if (in.take('M')) {
    AVILA_TRY(change.month, read_small(in, 1, 12, "a month 1 to 12"));
    AVILA_TRY_VOID(in.literal('.', "'.' after the month"));
    AVILA_TRY(change.week, read_small(in, 1, 5, "a week 1 to 5"));
    AVILA_TRY_VOID(in.literal('.', "'.' after the week"));
    AVILA_TRY(change.weekday, read_small(in, 0, 6, "a weekday 0 to 6"));
  } else if (in.take('J')) {
    change.kind = ChangeDay::Kind::Julian;
    AVILA_TRY(change.day, read_small(in, 1, 365, "a day 1 to 365"));
  } else {
    change.kind = ChangeDay::Kind::ZeroBased;
    AVILA_TRY(change.day, read_small(in, 0, 365, "M, J or a day 0 to 365"));
  }
  if (in.take('/')) {
    AVILA_TRY(change.time_seconds, read_time(in, 167));
  }
  return change;
}

}  // namespace

Result<PosixRule> parse_posix_rule(std::string_view text) {
  Scanner in(text);
  PosixRule rule;
  AVILA_TRY(rule.standard, read_name(in));
  AVILA_TRY(const std::int32_t west, read_time(in, 24));
  rule.standard_offset = -west;  // POSIX counts west of Greenwich
  if (in.done()) return rule;
  rule.has_daylight = true;
  AVILA_TRY(rule.daylight, read_name(in));
  rule.daylight_offset = rule.standard_offset + 3600;
  if (!in.done() && in.peek() != ',') {
    AVILA_TRY(const std::int32_t daylight_west, read_time(in, 24));
    rule.daylight_offset = -daylight_west;
  }
  if (in.done()) {  // the rule of the United States, as the C libraries take it
    rule.end.month = 11;
    rule.end.week = 1;
    return rule;
  }
  AVILA_TRY_VOID(in.literal(',', "',' before the rule"));
  AVILA_TRY(rule.start, read_change(in));
  AVILA_TRY_VOID(in.literal(',', "',' between start and end"));
  AVILA_TRY(rule.end, read_change(in));
  if (!in.done()) return in.expected("the end of the rule");
  return rule;
}

}  // namespace detail

Result<TimeZone> TimeZone::parse_posix(std::string_view text) {
  AVILA_TRY(auto rule, detail::parse_posix_rule(text));
  auto data = std::make_shared<Data>();
  data->name = text;
  data->types.push_back({rule.standard_offset, false, rule.standard});
  data->rule = std::move(rule);
  return TimeZone(std::move(data));
}

}  // namespace avila::time
