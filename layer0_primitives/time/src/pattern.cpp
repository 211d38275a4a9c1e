// strftime-like patterns.
#include <avila/time/format.hpp>
#include <avila/time/zone.hpp>

#include "scan.hpp"

namespace avila::time {
namespace {

void append(std::string& to, std::uint32_t value, int digits) {
  char text[16];
  to.append(text, detail::put_number(text, value, digits));
}

void append_offset(std::string& to, std::int32_t offset, bool colon) {
  const auto away = static_cast<std::uint32_t>(offset < 0 ? -offset : offset);
  to += offset < 0 ? '-' : '+';
  append(to, away / 3600, 2);
  if (colon) to += ':';
  append(to, away / 60 % 60, 2);
}

}  // namespace

Result<std::string> format_pattern(std::string_view pattern, WallTime time, const TimeZone& zone) {
  const ZoneState state = zone.at(time);
  const DateTime at = to_civil(time, state.offset_seconds);
  const auto day = static_cast<std::uint32_t>(weekday(at.date));
  const std::uint32_t yday = day_of_year(at.date);
  const auto year = static_cast<std::uint32_t>(at.date.year);
  std::string to;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      to += pattern[i];
      continue;
    }
    const std::size_t begin = i;
    const bool colon = i + 1 < pattern.size() && pattern[i + 1] == ':';
    if (colon) ++i;
    const char what = ++i < pattern.size() ? pattern[i] : '\0';
    if (colon && what != 'z') return Error(Errc::Malformed, "expected \"%:z\"", {.offset = begin});
    switch (what) {
      case 'Y': append(to, year, 4); break;
      case 'C': append(to, year / 100, 2); break;
      case 'y': append(to, year % 100, 2); break;
      case 'm': append(to, at.date.month, 2); break;
      case 'd': append(to, at.date.day, 2); break;
      case 'e':
        if (at.date.day < 10) to += ' ';
        append(to, at.date.day, at.date.day < 10 ? 1 : 2);
        break;
      case 'j': append(to, yday, 3); break;
      case 'H': append(to, at.hour, 2); break;
      case 'I': append(to, (at.hour + 11U) % 12 + 1, 2); break;
      case 'p': to += at.hour < 12 ? "AM" : "PM"; break;
      case 'M': append(to, at.minute, 2); break;
      case 'S': append(to, at.second, 2); break;
      case 'L': append(to, at.nanosecond / 1'000'000, 3); break;
      case 'N': append(to, at.nanosecond, 9); break;
      case 'a': to += detail::kDays[day]; break;
      case 'A': to += detail::kDaysLong[day]; break;
      case 'b':
      case 'h': to += detail::kMonths[at.date.month - 1]; break;
      case 'B': to += detail::kMonthsLong[at.date.month - 1]; break;
      case 'u': append(to, iso_weekday(weekday(at.date)), 1); break;
      case 'w': append(to, day, 1); break;
      case 'V': append(to, iso_week(at.date).week, 2); break;
      case 'G': append(to, static_cast<std::uint32_t>(iso_week(at.date).year), 4); break;
      case 'U': append(to, (yday + 6 - day) / 7, 2); break;
      case 'W': append(to, (yday + 6 - (day + 6) % 7) / 7, 2); break;
      case 'Z': to += state.abbreviation; break;
      case 'z': append_offset(to, state.offset_seconds, colon); break;
      case 's': to += std::to_string(unix_seconds(time)); break;
      case 'n': to += '\n'; break;
      case 't': to += '\t'; break;
      case '%': to += '%'; break;
      case 'F':
      case 'T':
      case 'D':
      case 'R': {
        const std::string_view whole = what == 'F'   ? "%Y-%m-%d"
                                       : what == 'T' ? "%H:%M:%S"
                                       : what == 'D' ? "%m/%d/%y"
                                                     : "%H:%M";
        AVILA_TRY(const std::string part, format_pattern(whole, time, zone));
        to += part;
        break;
      }
      default: return Error(Errc::Malformed, "unknown conversion after '%'", {.offset = begin});
    }
  }
  return to;
}

}  // namespace avila::time
