#include <avila/time/civil.hpp>
#include <avila/time/duration.hpp>
#include <avila/time/format.hpp>

#include "scan.hpp"

namespace avila::time {
namespace {

using detail::is_digit;
using detail::Scanner;

constexpr std::int64_t kAmountMax = 1'000'000'000;  // of years, months, weeks and days

struct Number {
  std::int64_t whole = 0, nanos = 0;  // nanos: the fraction, in 10^-9
  bool fraction = false;
};

Result<Number> read_number(Scanner& in) {
  if (!is_digit(in.peek())) return in.expected("a number");
  Number number;
  for (; is_digit(in.peek()); in.skip()) {
    if (number.whole > (INT64_MAX - 9) / 10) return in.expected("a smaller number");
    number.whole = number.whole * 10 + (in.peek() - '0');
  }
  if (in.peek() == '.' || in.peek() == ',') {
    in.skip();
    if (!is_digit(in.peek())) return in.expected("digits of the fraction");
    number.fraction = true;
    for (std::int64_t scale = 100'000'000; is_digit(in.peek()); in.skip(), scale /= 10)
      number.nanos += (in.peek() - '0') * scale;
  }
  return number;
}

/// total += number * unit (nanoseconds); OutOfRange.
Result<void> accumulate(std::int64_t& total, const Number& number, std::int64_t unit) {
  std::int64_t part = 0;
  // unit ≤ one week: nanos * unit stays within 128 bits.
  const auto fraction =
      static_cast<std::int64_t>(static_cast<__int128>(number.nanos) * unit / 1'000'000'000);
  if (__builtin_mul_overflow(number.whole, unit, &part) ||
      __builtin_add_overflow(part, fraction, &part) || __builtin_add_overflow(total, part, &total))
    return Error(Errc::OutOfRange, "the duration exceeds 292 years");
  return {};
}

}  // namespace

Result<Period> parse_period(std::string_view text) {
  Scanner in(text);
  Period period;
  period.negative = in.peek() == '-';
  if (period.negative || in.peek() == '+') in.skip();
  if (!in.take('P')) return in.expected("'P'");
  constexpr std::string_view kDateUnits = "YMWD", kTimeUnits = "HMS";
  bool time = false, any = false, fraction = false;
  std::size_t next = 0;  // units come in this order, each once
  for (;;) {
    if (!time && in.take('T')) {
      time = true;
      next = 0;
      any = false;  // something must follow
    }
    if (in.done()) break;
    if (fraction) return in.expected("the end: only the last number may have a fraction");
    const std::size_t at = in.offset();
    AVILA_TRY(const Number number, read_number(in));
    const std::string_view units = time ? kTimeUnits : kDateUnits;
    const std::size_t unit = in.done() ? std::string_view::npos : units.find(in.peek(), next);
    if (unit == std::string_view::npos) return in.expected("a unit, in the order YMWD, T, HMS");
    in.skip();
    next = unit + 1;
    any = true;
    fraction = number.fraction;
    if (!time) {
      if (fraction) return in.expected_at("a whole number", at);
      if (number.whole > kAmountMax) return Error(Errc::OutOfRange, "the period is too long");
      if (unit == 0) period.months += number.whole * 12;
      if (unit == 1) period.months += number.whole;
      if (unit == 2) period.days += number.whole * 7;
      if (unit == 3) period.days += number.whole;
    } else {
      constexpr std::int64_t kUnits[] = {3'600'000'000'000, 60'000'000'000, 1'000'000'000};
      AVILA_TRY_VOID(accumulate(period.time.ns, number, kUnits[unit]));
    }
  }
  if (!any) return in.expected("a number");
  return period;
}

std::string format_period(const Period& period) {
  std::string text = period.negative ? "-P" : "P";
  const auto put = [&text](std::int64_t amount, char unit) {
    if (amount != 0) (text += std::to_string(amount)) += unit;
  };
  put(period.months / 12, 'Y');
  put(period.months % 12, 'M');
  put(period.days, 'D');
  const std::int64_t ns = period.time.ns, seconds = ns / 1'000'000'000;
  if (ns != 0) {
    text += 'T';
    put(seconds / 3600, 'H');
    put(seconds / 60 % 60, 'M');
    if (ns % 60'000'000'000 != 0) {
      text += std::to_string(seconds % 60);
      if (ns % 1'000'000'000 != 0) {
        char digits[9];
        detail::put_number(digits, static_cast<std::uint32_t>(ns % 1'000'000'000), 9);
        std::string_view fraction(digits, 9);
        while (fraction.back() == '0') fraction.remove_suffix(1);
        (text += '.') += fraction;
      }
      text += 'S';
    }
  }
  if (text.back() == 'P') text += "T0S";
  return text;
}

std::optional<WallTime> add(WallTime time, const Period& period) {
  const int sign = period.negative ? -1 : 1;
  DateTime fields = to_civil(time);
  if (period.months > kAmountMax * 13 || period.days > kAmountMax * 8) return std::nullopt;
  const std::int64_t months = fields.date.year * std::int64_t{12} + sign * period.months;
  if (months < -12 * 1'000'000LL || months > 12 * 1'000'000LL) return std::nullopt;
  fields.date = add_months(fields.date, sign * period.months);
  const std::int64_t seconds = unix_seconds(fields) + sign * period.days * 86'400;
  const auto day = wall_time(seconds, fields.nanosecond);
  if (!day.has_value()) return std::nullopt;
  std::int64_t ns = 0;
  if (__builtin_add_overflow(day->ns, sign * period.time.ns, &ns)) return std::nullopt;
  return WallTime{ns};
}

Result<Interval> parse_interval(std::string_view text) {
  Interval interval;
  if (text.starts_with('R')) {
    Scanner in(text.substr(1));
    if (is_digit(in.peek())) {
      AVILA_TRY(const Number number, read_number(in));
      interval.repetitions = static_cast<std::uint64_t>(number.whole);
    } else {
      interval.endless = true;
    }
    AVILA_TRY_VOID(in.literal('/', "'/' after the repetitions"));
    text = in.rest();
  }
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos)
    return Error(Errc::Malformed, "expected '/' between the two ends", {.offset = text.size()});
  const std::string_view first = text.substr(0, slash), second = text.substr(slash + 1);
  const auto shifted = [](WallTime from, Period by, bool back) -> Result<WallTime> {
    if (back) by.negative = !by.negative;
    const auto to = add(from, by);
    if (!to.has_value()) return Error(Errc::OutOfRange, "the interval leaves 1677 to 2262");
    return *to;
  };
  if (first.starts_with('P')) {
    AVILA_TRY(const Period period, parse_period(first).context("start of the interval"));
    AVILA_TRY(interval.end, parse_rfc3339(second).context("end of the interval"));
    AVILA_TRY(interval.begin, shifted(interval.end, period, true));
  } else {
    AVILA_TRY(interval.begin, parse_rfc3339(first).context("start of the interval"));
    if (second.starts_with('P')) {
      AVILA_TRY(const Period period, parse_period(second).context("end of the interval"));
      AVILA_TRY(interval.end, shifted(interval.begin, period, false));
    } else {
      AVILA_TRY(interval.end, parse_rfc3339(second).context("end of the interval"));
    }
  }
  if (interval.end < interval.begin)
    return Error(Errc::Malformed, "the interval ends before it begins", {.offset = 0});
  return interval;
}

Result<Duration> parse_duration(std::string_view text) {
  Scanner in(text);
  const bool negative = in.peek() == '-';
  if (negative || in.peek() == '+') in.skip();
  std::int64_t total = 0;
  do {
    AVILA_TRY(const Number number, read_number(in));
    constexpr std::string_view kUnits[] = {"ns", "us", "ms", "s", "m", "h", "d", "w"};
    constexpr std::int64_t kNanos[] = {1,
                                       1'000,
                                       1'000'000,
                                       1'000'000'000,
                                       60'000'000'000,
                                       3'600'000'000'000,
                                       86'400'000'000'000,
                                       604'800'000'000'000};
    const int unit = in.one_of(kUnits);
    if (unit < 0) return in.expected("a unit: ns, us, ms, s, m, h, d or w");
    AVILA_TRY_VOID(accumulate(total, number, kNanos[unit]));
  } while (!in.done());
  return Duration{negative ? -total : total};
}

std::string format_duration(Duration duration) {
  if (duration.ns == 0) return "0s";
  std::string text = duration.ns < 0 ? "-" : "";
  std::uint64_t ns = duration.ns < 0 ? 0 - static_cast<std::uint64_t>(duration.ns)
                                     : static_cast<std::uint64_t>(duration.ns);
  const auto put_fraction = [&text](std::uint64_t value, std::uint64_t unit, const char* name) {
    text += std::to_string(value / unit);
    if (std::uint64_t rest = value % unit; rest != 0) {
      text += '.';
      for (unit /= 10; rest != 0; rest %= unit, unit /= 10)
        text += static_cast<char>('0' + rest / unit);
    }
    text += name;
  };
  if (ns < 1'000'000'000) {
    if (ns < 1000)
      put_fraction(ns, 1, "ns");
    else if (ns < 1'000'000)
      put_fraction(ns, 1000, "us");
    else
      put_fraction(ns, 1'000'000, "ms");
    return text;
  }
  if (ns >= 3'600'000'000'000) (text += std::to_string(ns / 3'600'000'000'000)) += 'h';
  ns %= 3'600'000'000'000;
  if (ns >= 60'000'000'000) (text += std::to_string(ns / 60'000'000'000)) += 'm';
  ns %= 60'000'000'000;
  if (ns > 0) put_fraction(ns, 1'000'000'000, "s");
  return text;
}

}  // namespace avila::time
