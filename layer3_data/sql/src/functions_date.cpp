// Functions on dates. A date is an RFC 3339 text ("2024-05-06T07:08:09.123Z", an offset instead of
// Z, or the day alone, which is its midnight UTC) or a number: milliseconds since 1970. Results
// are UTC with three digits of a second, more where they are needed. Years 0001 to 9999.
#include <chrono>
#include <cstdio>

#include "functions.hpp"

namespace avila::sql {

namespace {

struct Moment {
  std::int64_t seconds = 0;  // since 1970
  std::int64_t nanos = 0;    // 0 … 999,999,999
};
constexpr std::int64_t kBillion = 1'000'000'000;
constexpr std::int64_t kFirst = -62'135'596'800;  // 0001-01-01
constexpr std::int64_t kLast = 253'402'300'799;   // 9999-12-31T23:59:59

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
bool valid(const Moment& m) { return m.seconds >= kFirst && m.seconds <= kLast; }

struct Civil {
  std::int64_t year = 1970;
  unsigned month = 1, day = 1;
  std::int64_t hour = 0, minute = 0, second = 0, nanos = 0;
};

std::int64_t days_of(std::int64_t year, unsigned month, unsigned day) {
  using namespace std::chrono;
  const year_month_day date{std::chrono::year{static_cast<int>(year)}, std::chrono::month{month},
                            std::chrono::day{day}};
  return sys_days{date}.time_since_epoch().count();
}
bool valid_day(std::int64_t year, unsigned month, unsigned day) {
  using namespace std::chrono;
  return year >= 1 && year <= 9999 &&
         year_month_day{std::chrono::year{static_cast<int>(year)}, std::chrono::month{month},
                        std::chrono::day{day}}
             .ok();
}
Moment from_civil(const Civil& c) {
  return {days_of(c.year, c.month, c.day) * 86'400 + c.hour * 3600 + c.minute * 60 + c.second,
          c.nanos};
}
Civil to_civil(const Moment& m) {
  using namespace std::chrono;
  const std::int64_t day_number = floor_div(m.seconds, 86'400);
  const year_month_day date{sys_days{std::chrono::days{day_number}}};
  const std::int64_t rest = m.seconds - day_number * 86'400;
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          rest / 3600,
          rest / 60 % 60,
          rest % 60,
          m.nanos};
}

bool digits(std::string_view& text, std::size_t count, std::int64_t& value) {
  if (text.size() < count) return false;
  value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}
bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

bool parse_text(std::string_view text, Moment& to) {
  Civil c;
  std::int64_t month = 0, day = 0, offset = 0;
  if (!digits(text, 4, c.year) || !take(text, '-') || !digits(text, 2, month) || !take(text, '-') ||
      !digits(text, 2, day))
    return false;
  c.month = static_cast<unsigned>(month);
  c.day = static_cast<unsigned>(day);
  if (!valid_day(c.year, c.month, c.day)) return false;
  if (!text.empty()) {
    if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return false;
    if (!digits(text, 2, c.hour) || !take(text, ':') || !digits(text, 2, c.minute)) return false;
    if (take(text, ':') && !digits(text, 2, c.second)) return false;
    if (c.hour > 23 || c.minute > 59 || c.second > 60) return false;
    if (take(text, '.')) {
      std::int64_t scale = kBillion;
      if (text.empty() || text[0] < '0' || text[0] > '9') return false;
      while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
        scale /= 10;
        c.nanos += (text[0] - '0') * scale;
        text.remove_prefix(1);
      }
    }
    if (!text.empty() && !take(text, 'Z') && !take(text, 'z')) {
      const bool minus = text[0] == '-';
      std::int64_t hours = 0, minutes = 0;
      if (!minus && text[0] != '+') return false;
      text.remove_prefix(1);
      if (!digits(text, 2, hours) || !take(text, ':') || !digits(text, 2, minutes) || hours > 23 ||
          minutes > 59)
        return false;
      offset = (hours * 3600 + minutes * 60) * (minus ? -1 : 1);
    }
    if (!text.empty()) return false;
  }
  to = from_civil(c);
  to.seconds -= offset;
  return valid(to);
}

bool moment(const Datum& value, Moment& to) {
  if (value.is_string()) return parse_text(value.as_string(), to);
  std::int64_t ms = 0;
  if (!value.is_number() || !value.whole(ms)) return false;
  to.seconds = floor_div(ms, 1000);
  to.nanos = (ms - to.seconds * 1000) * 1'000'000;
  return valid(to);
}

Datum to_text(Context& context, const Moment& m) {
  if (!valid(m)) return {};
  const Civil c = to_civil(m);
  char buffer[48];
  int size = std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02uT%02d:%02d:%02d.",
                           static_cast<int>(c.year), c.month, c.day, static_cast<int>(c.hour),
                           static_cast<int>(c.minute), static_cast<int>(c.second));
  const int wanted = c.nanos % 1'000'000 == 0 ? 3 : c.nanos % 1000 == 0 ? 6 : 9;
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, "%09d", static_cast<int>(c.nanos));
  std::string text(buffer, static_cast<std::size_t>(size));
  text.append(fraction, static_cast<std::size_t>(wanted));
  text += 'Z';
  return make_string(context, text);
}

enum class Part {
  None,
  Year,
  Quarter,
  Month,
  Week,
  Day,
  Hour,
  Minute,
  Second,
  Millisecond,
  Microsecond,
  Nanosecond,
  Weekday,
  DayOfYear,
};
Part part_of(const Datum& value) {
  if (!value.is_string()) return Part::None;
  std::string name(value.as_string());
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  if (name.size() > 3 && name.back() == 's' && name != "ns" && name != "ms") name.pop_back();
  struct Name {
    std::string_view name;
    Part part;
  };
  static constexpr Name names[] = {
      {"year", Part::Year},       {"yyyy", Part::Year},
      {"yy", Part::Year},         {"quarter", Part::Quarter},
      {"month", Part::Month},     {"mm", Part::Month},
      {"m", Part::Month},         {"week", Part::Week},
      {"day", Part::Day},         {"dd", Part::Day},
      {"d", Part::Day},           {"hour", Part::Hour},
      {"hh", Part::Hour},         {"minute", Part::Minute},
      {"mi", Part::Minute},       {"n", Part::Minute},
      {"second", Part::Second},   {"ss", Part::Second},
      {"s", Part::Second},        {"millisecond", Part::Millisecond},
      {"ms", Part::Millisecond},  {"microsecond", Part::Microsecond},
      {"mcs", Part::Microsecond}, {"nanosecond", Part::Nanosecond},
      {"ns", Part::Nanosecond},   {"weekday", Part::Weekday},
      {"dw", Part::Weekday},      {"dayofyear", Part::DayOfYear},
      {"dy", Part::DayOfYear},
  };
  for (const Name& known : names)
    if (known.name == name) return known.part;
  return Part::None;
}

std::int64_t unit_ns(Part part) {
  switch (part) {
    case Part::Week: return 7 * 86'400 * kBillion;
    case Part::Day: return 86'400 * kBillion;
    case Part::Hour: return 3600 * kBillion;
    case Part::Minute: return 60 * kBillion;
    case Part::Second: return kBillion;
    case Part::Millisecond: return 1'000'000;
    case Part::Microsecond: return 1'000;
    case Part::Nanosecond: return 1;
    default: return 0;
  }
}

__int128 total_ns(const Moment& m) { return static_cast<__int128>(m.seconds) * kBillion + m.nanos; }
Moment from_ns(__int128 ns) {
  auto seconds = ns / kBillion;
  auto rest = ns % kBillion;
  if (rest < 0) {
    rest += kBillion;
    --seconds;
  }
  if (seconds < kFirst || seconds > kLast) return {kLast + 1, 0};
  return {static_cast<std::int64_t>(seconds), static_cast<std::int64_t>(rest)};
}

Datum add(Context& context, Args a) {
  const Part part = part_of(a[0]);
  std::int64_t count = 0;
  Moment m;
  if (!a[1].is_number() || !a[1].whole(count) || !moment(a[2], m)) return {};
  if (part == Part::Year || part == Part::Quarter || part == Part::Month) {
    if (count < -200'000 || count > 200'000) return {};
    Civil c = to_civil(m);
    const std::int64_t months = c.year * 12 + (c.month - 1) +
                                count * (part == Part::Year      ? 12
                                         : part == Part::Quarter ? 3
                                                                 : 1);
    c.year = floor_div(months, 12);
    c.month = static_cast<unsigned>(months - c.year * 12) + 1;
    while (c.day > 28 && !valid_day(c.year, c.month, c.day)) --c.day;  // 31 January + 1 month
    if (!valid_day(c.year, c.month, c.day)) return {};
    return to_text(context, from_civil(c));
  }
  const std::int64_t unit = unit_ns(part);
  if (unit == 0) return {};
  return to_text(context, from_ns(total_ns(m) + static_cast<__int128>(count) * unit));
}

/// Boundaries of the part crossed from the first to the second (Cosmos, T-SQL DATEDIFF).
Datum difference(Context&, Args a) {
  const Part part = part_of(a[0]);
  Moment x, y;
  if (!moment(a[1], x) || !moment(a[2], y)) return {};
  const Civil from = to_civil(x), to = to_civil(y);
  switch (part) {
    case Part::Year: return Datum::integer(to.year - from.year);
    case Part::Quarter:
      return Datum::integer(to.year * 4 + (to.month - 1) / 3 - from.year * 4 -
                            (from.month - 1) / 3);
    case Part::Month: return Datum::integer(to.year * 12 + to.month - from.year * 12 - from.month);
    default: break;
  }
  const std::int64_t unit = unit_ns(part);
  if (unit == 0) return {};
  const auto number = [&](const Moment& m) {
    __int128 ns = total_ns(m);
    if (part == Part::Week) ns += static_cast<__int128>(3 * 86'400) * kBillion;  // weeks: Monday
    return ns >= 0 ? ns / unit : -((-ns + unit - 1) / unit);
  };
  const __int128 count = number(y) - number(x);
  if (count > INT64_MAX || count < INT64_MIN) return {};
  return Datum::integer(static_cast<std::int64_t>(count));
}

Datum part_value(const Moment& m, Part part) {
  const Civil c = to_civil(m);
  const std::int64_t day_number = floor_div(m.seconds, 86'400);
  switch (part) {
    case Part::Year: return Datum::integer(c.year);
    case Part::Quarter: return Datum::integer((c.month - 1) / 3 + 1);
    case Part::Month: return Datum::integer(c.month);
    case Part::Day: return Datum::integer(c.day);
    case Part::Hour: return Datum::integer(c.hour);
    case Part::Minute: return Datum::integer(c.minute);
    case Part::Second: return Datum::integer(c.second);
    case Part::Millisecond: return Datum::integer(c.nanos / 1'000'000);
    case Part::Microsecond: return Datum::integer(c.nanos / 1'000);
    case Part::Nanosecond: return Datum::integer(c.nanos);
    case Part::Weekday: return Datum::integer(((day_number + 4) % 7 + 7) % 7 + 1);  // Sunday is 1
    case Part::DayOfYear: return Datum::integer(day_number - days_of(c.year, 1, 1) + 1);
    case Part::Week: {  // ISO 8601: the week of this date's Thursday
      const std::int64_t thursday = day_number - ((day_number + 3) % 7 + 7) % 7 + 3;
      const Civil t = to_civil({thursday * 86'400, 0});
      return Datum::integer((thursday - days_of(t.year, 1, 1)) / 7 + 1);
    }
    case Part::None: break;
  }
  return {};
}
Datum part_function(Context&, Args a) {
  Moment m;
  return moment(a[1], m) ? part_value(m, part_of(a[0])) : Datum();
}
template <Part part>
Datum part_named(Context&, Args a) {
  Moment m;
  return moment(a[0], m) ? part_value(m, part) : Datum();
}

Datum truncate(Context& context, Args a) {
  Moment m;
  const Part part = part_of(a[0]);
  if (!moment(a[1], m)) return {};
  Civil c = to_civil(m);
  switch (part) {
    case Part::Year:
      c.month = 1;
      c.day = 1;
      break;
    case Part::Quarter:
      c.month = (c.month - 1) / 3 * 3 + 1;
      c.day = 1;
      break;
    case Part::Month: c.day = 1; break;
    case Part::Week: {
      const std::int64_t day = floor_div(m.seconds, 86'400);
      return to_text(context, {(day - ((day + 3) % 7 + 7) % 7) * 86'400, 0});
    }
    default: {
      const std::int64_t unit = unit_ns(part);
      if (unit == 0) return {};
      const __int128 ns = total_ns(m);
      __int128 rest = ns % unit;
      if (rest < 0) rest += unit;
      return to_text(context, from_ns(ns - rest));
    }
  }
  c.hour = c.minute = c.second = c.nanos = 0;
  return to_text(context, from_civil(c));
}

/// DATETIMEBIN(date, part, width [, origin]).
Datum bin(Context& context, Args a) {
  Moment m, origin;
  std::int64_t width = 1;
  if (!moment(a[0], m) || (a.size() > 2 && (!a[2].is_number() || !a[2].whole(width)))) return {};
  if (width < 1 || (a.size() > 3 && !moment(a[3], origin))) return {};
  const std::int64_t unit = unit_ns(part_of(a[1]));
  if (unit == 0) return {};
  const __int128 size = static_cast<__int128>(unit) * width;
  __int128 rest = (total_ns(m) - total_ns(origin)) % size;
  if (rest < 0) rest += size;
  return to_text(context, from_ns(total_ns(m) - rest));
}

Datum from_parts(Context& context, Args a) {
  std::int64_t value[7] = {1970, 1, 1, 0, 0, 0, 0};
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!a[i].is_number() || !a[i].whole(value[i])) return {};
  if (value[1] < 1 || value[1] > 12 || value[2] < 1 || value[2] > 31 || value[3] < 0 ||
      value[3] > 23 || value[4] < 0 || value[4] > 59 || value[5] < 0 || value[5] > 59 ||
      value[6] < 0 || value[6] >= kBillion)
    return {};
  const Civil c{value[0],
                static_cast<unsigned>(value[1]),
                static_cast<unsigned>(value[2]),
                value[3],
                value[4],
                value[5],
                value[6]};
  if (!valid_day(c.year, c.month, c.day)) return {};
  return to_text(context, from_civil(c));
}

Moment now_moment(const Context& context) {
  const std::int64_t seconds = floor_div(context.now.ns, kBillion);
  // To the millisecond: what documents usually carry, and what texts compare by.
  return {seconds, (context.now.ns - seconds * kBillion) / 1'000'000 * 1'000'000};
}
Datum now(Context& context, Args) { return to_text(context, now_moment(context)); }
Datum now_ms(Context& context, Args) {
  return Datum::integer(floor_div(context.now.ns, 1'000'000));
}
Datum now_ticks(Context& context, Args) { return Datum::integer(floor_div(context.now.ns, 100)); }
Datum date_text(Context& context, Args a) {
  Moment m;
  if (!moment(a[0], m)) return {};
  const Datum text = to_text(context, m);
  return Datum::string(text.as_string().substr(0, 10));
}
Datum normalise(Context& context, Args a) {
  Moment m;
  return moment(a[0], m) ? to_text(context, m) : Datum();
}
Datum to_ms(Context&, Args a) {
  Moment m;
  return moment(a[0], m) ? Datum::integer(m.seconds * 1000 + m.nanos / 1'000'000) : Datum();
}
Datum to_ticks(Context&, Args a) {
  Moment m;
  return moment(a[0], m) ? Datum::integer(m.seconds * 10'000'000 + m.nanos / 100) : Datum();
}
Datum from_ticks(Context& context, Args a) {
  std::int64_t ticks = 0;
  if (!a[0].is_number() || !a[0].whole(ticks)) return {};
  return to_text(context, from_ns(static_cast<__int128>(ticks) * 100));
}

/// DATETIMEFORMAT(date, '%Y-%m-%d'): %Y %m %d %H %M %S %f (milliseconds) %j %u %F %T %%.
Datum format(Context& context, Args a) {
  Moment m;
  if (!moment(a[0], m) || !a[1].is_string()) return {};
  const Civil c = to_civil(m);
  const std::string_view pattern = a[1].as_string();
  std::string out;
  const auto number = [&](std::int64_t value, int width) {
    char buffer[24];
    std::snprintf(buffer, sizeof buffer, "%0*lld", width, static_cast<long long>(value));
    out += buffer;
  };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      out += pattern[i];
      continue;
    }
    switch (pattern[++i]) {
      case 'Y': number(c.year, 4); break;
      case 'm': number(c.month, 2); break;
      case 'd': number(c.day, 2); break;
      case 'H': number(c.hour, 2); break;
      case 'M': number(c.minute, 2); break;
      case 'S': number(c.second, 2); break;
      case 'f': number(c.nanos / 1'000'000, 3); break;
      case 'j': number(part_value(m, Part::DayOfYear).as_int(), 3); break;
      case 'u': number((part_value(m, Part::Weekday).as_int() + 5) % 7 + 1, 1); break;
      case 'F':
        number(c.year, 4), out += '-', number(c.month, 2), out += '-', number(c.day, 2);
        break;
      case 'T':
        number(c.hour, 2), out += ':', number(c.minute, 2), out += ':', number(c.second, 2);
        break;
      case '%': out += '%'; break;
      default: return {};
    }
  }
  return make_string(context, out);
}

constexpr Function kFunctions[] = {
    {"NOW", 0, 0, now, "NOW()"},
    {"CURRENT_TIMESTAMP", 0, 0, now, "CURRENT_TIMESTAMP()"},
    {"GETCURRENTDATETIME", 0, 0, now, "GETCURRENTDATETIME()"},
    {"GETCURRENTTIMESTAMP", 0, 0, now_ms, "GETCURRENTTIMESTAMP()"},
    {"GETCURRENTTICKS", 0, 0, now_ticks, "GETCURRENTTICKS()"},
    {"DATETIMEADD", 3, 3, add, "DATETIMEADD(part, count, date)"},
    {"DATE_ADD", 3, 3, add, "DATE_ADD(part, count, date)"},
    {"DATETIMEDIFF", 3, 3, difference, "DATETIMEDIFF(part, from, to)"},
    {"DATE_DIFF", 3, 3, difference, "DATE_DIFF(part, from, to)"},
    {"DATETIMEPART", 2, 2, part_function, "DATETIMEPART(part, date)"},
    {"DATE_PART", 2, 2, part_function, "DATE_PART(part, date)"},
    {"DATE_TRUNC", 2, 2, truncate, "DATE_TRUNC(part, date)"},
    {"DATETIMEBIN", 2, 4, bin, "DATETIMEBIN(date, part [, width [, origin]])"},
    {"DATETIMEFROMPARTS", 3, 7, from_parts,
     "DATETIMEFROMPARTS(year, month, day [, hour, minute, second, nanosecond])"},
    {"DATETIMETOTIMESTAMP", 1, 1, to_ms, "DATETIMETOTIMESTAMP(date)"},
    {"TIMESTAMPTODATETIME", 1, 1, normalise, "TIMESTAMPTODATETIME(milliseconds)"},
    {"DATETIMETOTICKS", 1, 1, to_ticks, "DATETIMETOTICKS(date)"},
    {"TICKSTODATETIME", 1, 1, from_ticks, "TICKSTODATETIME(ticks)"},
    {"DATETIMEFORMAT", 2, 2, format, "DATETIMEFORMAT(date, '%Y-%m-%d')"},
    {"DATETIME", 1, 1, normalise, "DATETIME(date)"},
    {"DATE", 1, 1, date_text, "DATE(date)"},
    {"YEAR", 1, 1, part_named<Part::Year>, "YEAR(date)"},
    {"QUARTER", 1, 1, part_named<Part::Quarter>, "QUARTER(date)"},
    {"MONTH", 1, 1, part_named<Part::Month>, "MONTH(date)"},
    {"WEEK", 1, 1, part_named<Part::Week>, "WEEK(date)"},
    {"DAY", 1, 1, part_named<Part::Day>, "DAY(date)"},
    {"HOUR", 1, 1, part_named<Part::Hour>, "HOUR(date)"},
    {"MINUTE", 1, 1, part_named<Part::Minute>, "MINUTE(date)"},
    {"SECOND", 1, 1, part_named<Part::Second>, "SECOND(date)"},
    {"WEEKDAY", 1, 1, part_named<Part::Weekday>, "WEEKDAY(date): Sunday is 1"},
};

}  // namespace

std::span<const Function> date_functions() noexcept { return kFunctions; }

}  // namespace avila::sql
