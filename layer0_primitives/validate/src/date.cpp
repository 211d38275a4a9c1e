#include <avila/validate/formats.hpp>

#include "digits.hpp"

namespace avila::validate {

bool detail::is_civil(int year, int month, int day) noexcept {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day >= 1 && day <= kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

using detail::two_digits;

bool is_date(std::string_view text) noexcept {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const int century = two_digits(text, 0);
  const int year = two_digits(text, 2);
  return century >= 0 && year >= 0 &&
         detail::is_civil(century * 100 + year, two_digits(text, 5), two_digits(text, 8));
}

// RFC 3339 section 5.6: date "T" hh:mm:ss[.f…] ("Z" / ±hh:mm); T and Z in either case.
bool is_datetime(std::string_view text) noexcept {
  constexpr std::size_t kMaxSize = 64;
  if (text.size() < 20 || text.size() > kMaxSize || !is_date(text.substr(0, 10)) ||
      (text[10] | 32) != 't' || text[13] != ':' || text[16] != ':')
    return false;
  const int hour = two_digits(text, 11);
  const int minute = two_digits(text, 14);
  const int second = two_digits(text, 17);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false;
  std::size_t at = 19;
  if (text[at] == '.') {
    const std::size_t from = ++at;
    while (at < text.size() && detail::is_digit(text[at])) ++at;
    if (at == from) return false;
  }
  const std::string_view zone = text.substr(at);
  int offset = 0;  // minutes east
  if (zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':') {
    const int hours = two_digits(zone, 1);
    const int minutes = two_digits(zone, 4);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false;
    offset = (hours * 60 + minutes) * (zone[0] == '+' ? 1 : -1);
  } else if (zone != "Z" && zone != "z") {
    return false;
  }
  // A leap second ends a day of UTC.
  constexpr int kDay = 24 * 60;
  return second < 60 || ((hour * 60 + minute - offset) % kDay + kDay) % kDay == kDay - 1;
}

}  // namespace avila::validate
