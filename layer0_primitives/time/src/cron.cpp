#include <algorithm>
#include <avila/time/cron.hpp>
#include <bit>

#include "scan.hpp"

namespace avila::time {
namespace {

constexpr std::uint64_t kAllHours = (1U << 24) - 1;

bool has(std::uint64_t set, unsigned value) noexcept { return (set >> value & 1) != 0; }

/// The nearest weekday to a day within the month (cron's W).
unsigned nearest_weekday(const Date& month, unsigned day) noexcept {
  const unsigned length = days_in_month(month.year, month.month);
  day = std::min(day, length);
  const Weekday at = weekday({month.year, month.month, static_cast<std::uint8_t>(day)});
  if (at == Weekday::Saturday) return day == 1 ? 3 : day - 1;
  if (at == Weekday::Sunday) return day == length ? day - 2 : day + 1;
  return day;
}

}  // namespace

/// Reads the fields into a Cron.
class CronParser {
 public:
  explicit CronParser(std::string_view text) : text_(text) {}

  Result<Cron> run() {
    constexpr std::size_t kTextMax = 1024;
    if (text_.size() > kTextMax)
      return Error(Errc::LimitExceeded, "a cron expression longer than 1024 bytes");
    AVILA_TRY_VOID(split());
    if (count_ == 1 && fields_[0].text.starts_with('@')) {
      AVILA_TRY_VOID(macro(fields_[0].text));
      AVILA_TRY_VOID(split());
    }
    if (count_ != 5 && count_ != 6)
      return Error(Errc::Malformed,
                   "expected 5 fields (6 with seconds), found " + std::to_string(count_),
                   {.offset = text_.size()});
    std::size_t at = 0;
    if (count_ == 6) {
      AVILA_TRY(cron_.seconds_, set(fields_[at++], 0, 59, {}, 0));
    }
    AVILA_TRY(cron_.minutes_, set(fields_[at++], 0, 59, {}, 0));
    AVILA_TRY(const std::uint64_t hours, set(fields_[at++], 0, 23, {}, 0));
    cron_.hours_ = static_cast<std::uint32_t>(hours);
    AVILA_TRY_VOID(days(fields_[at++]));
    AVILA_TRY(const std::uint64_t months, set(fields_[at++], 1, 12, detail::kMonths, 1));
    cron_.months_ = static_cast<std::uint16_t>(months);
    AVILA_TRY_VOID(weekdays(fields_[at]));
    return cron_;
  }

 private:
  struct Field {
    std::string_view text;
    std::size_t offset = 0;
  };

  Result<void> split() {
    count_ = 0;
    for (std::size_t i = 0; i < text_.size();) {
      if (text_[i] == ' ' || text_[i] == '\t') {
        ++i;
        continue;
      }
      const std::size_t end = std::min(text_.find_first_of(" \t", i), text_.size());
      if (count_ == 6) return Error(Errc::Malformed, "more than 6 fields", {.offset = i});
      fields_[count_++] = {text_.substr(i, end - i), i};
      i = end;
    }
    return {};
  }

  Result<void> macro(std::string_view name) {
    if (name == "@yearly" || name == "@annually")
      text_ = "0 0 1 1 *";
    else if (name == "@monthly")
      text_ = "0 0 1 * *";
    else if (name == "@weekly")
      text_ = "0 0 * * 0";
    else if (name == "@daily" || name == "@midnight")
      text_ = "0 0 * * *";
    else if (name == "@hourly")
      text_ = "0 * * * *";
    else
      return Error(Errc::Malformed, "unknown macro", {.offset = fields_[0].offset});
    return {};
  }

  static Error wrong(const Field& field, const char* what) {
    return Error(Errc::Malformed, what, {.offset = field.offset});
  }

  /// A number or a name (of any case); takes it off the text.
  static Result<unsigned> value(Field& part, unsigned low, unsigned high,
                                std::span<const std::string_view> names, unsigned first) {
    if (!part.text.empty() && !detail::is_digit(part.text[0])) {
      for (std::size_t i = 0; i < names.size(); ++i) {
        bool same = part.text.size() >= 3;
        for (std::size_t c = 0; same && c < 3; ++c)
          same = (part.text[c] | 32) == (names[i][c] | 32);
        if (!same) continue;
        advance(part, 3);
        return static_cast<unsigned>(i) + first;
      }
      return wrong(part, "expected a number or a name");
    }
    if (part.text.empty()) return wrong(part, "expected a number");
    unsigned number = 0;
    std::size_t digits = 0;
    for (; digits < part.text.size() && detail::is_digit(part.text[digits]) && digits < 3; ++digits)
      number = number * 10 + static_cast<unsigned>(part.text[digits] - '0');
    if (number < low || number > high) return wrong(part, "a number outside the field's range");
    advance(part, digits);
    return number;
  }
  static void advance(Field& part, std::size_t by) {
    part.text.remove_prefix(by);
    part.offset += by;
  }

  /// One element of a list: "*", "a", "a-b", each with "/step".
  static Result<std::uint64_t> element(Field part, unsigned low, unsigned high,
                                       std::span<const std::string_view> names, unsigned first) {
    unsigned from = low, to = high;
    const bool star = part.text.starts_with('*') || part.text.starts_with('?');
    if (star) {
      advance(part, 1);
    } else {
      AVILA_TRY(from, value(part, low, high, names, first));
      to = from;
      if (part.text.starts_with('-')) {
        advance(part, 1);
        AVILA_TRY(to, value(part, low, high, names, first));
        if (to < from) return wrong(part, "a range that goes down");
      } else if (part.text.starts_with('/')) {
        to = high;  // "5/15": from 5 on
      }
    }
    unsigned step = 1;
    if (part.text.starts_with('/')) {
      advance(part, 1);
      AVILA_TRY(step, value(part, 1, high, {}, 0));
    }
    if (!part.text.empty()) return wrong(part, "unexpected characters in a field");
    std::uint64_t set = 0;
    for (unsigned v = from; v <= to; v += step) set |= std::uint64_t{1} << v;
    return set;
  }

  template <class Each>
  static Result<void> for_each_element(Field field, Each each) {
    for (;;) {
      const std::size_t comma = std::min(field.text.find(','), field.text.size());
      AVILA_TRY_VOID(each(Field{field.text.substr(0, comma), field.offset}));
      if (comma == field.text.size()) return {};
      advance(field, comma + 1);
    }
  }

  static Result<std::uint64_t> set(const Field& field, unsigned low, unsigned high,
                                   std::span<const std::string_view> names, unsigned first) {
    std::uint64_t all = 0;
    AVILA_TRY_VOID(for_each_element(field, [&](Field part) -> Result<void> {
      AVILA_TRY(const std::uint64_t some, element(part, low, high, names, first));
      all |= some;
      return {};
    }));
    return all;
  }

  Result<void> days(const Field& field) {
    cron_.any_day_ = field.text == "*" || field.text == "?";
    return for_each_element(field, [&](Field part) -> Result<void> {
      if (part.text == "L") {
        cron_.from_last_ |= 1;
      } else if (part.text == "LW") {
        cron_.last_working_ = true;
      } else if (part.text.starts_with("L-")) {
        advance(part, 2);
        AVILA_TRY(const unsigned before, value(part, 0, 30, {}, 0));
        if (!part.text.empty()) return wrong(part, "unexpected characters after L-n");
        cron_.from_last_ |= 1U << before;
      } else if (part.text.ends_with('W')) {
        AVILA_TRY(const unsigned day, value(part, 1, 31, {}, 0));
        if (part.text != "W") return wrong(part, "expected W after a day");
        cron_.nearest_ |= 1U << day;
      } else {
        AVILA_TRY(const std::uint64_t some, element(part, 1, 31, {}, 0));
        cron_.days_ |= static_cast<std::uint32_t>(some);
      }
      return {};
    });
  }

  Result<void> weekdays(const Field& field) {
    cron_.any_weekday_ = field.text == "*" || field.text == "?";
    return for_each_element(field, [&](Field part) -> Result<void> {
      if (part.text == "L") {  // alone: the last day of the week
        cron_.weekdays_ |= 1U << 6;
      } else if (part.text.ends_with('L') || part.text.find('#') != std::string_view::npos) {
        AVILA_TRY(const unsigned day, value(part, 0, 7, detail::kDays, 0));
        if (part.text == "L") {
          cron_.last_weekdays_ = static_cast<std::uint8_t>(cron_.last_weekdays_ | 1U << day % 7);
        } else if (part.text.starts_with('#')) {
          advance(part, 1);
          AVILA_TRY(const unsigned nth, value(part, 1, 5, {}, 0));
          if (!part.text.empty()) return wrong(part, "unexpected characters after #n");
          cron_.nth_[day % 7] = static_cast<std::uint8_t>(cron_.nth_[day % 7] | 1U << nth);
        } else {
          return wrong(part, "expected L or #n after a weekday");
        }
      } else {
        AVILA_TRY(const std::uint64_t some, element(part, 0, 7, detail::kDays, 0));
        // 7 is Sunday too; "*" takes all of 0…7, which is the same.
        cron_.weekdays_ =
            static_cast<std::uint8_t>(cron_.weekdays_ | (some & 0x7F) | (some >> 7 & 1));
      }
      return {};
    });
  }

  std::string_view text_;
  Field fields_[6];
  std::size_t count_ = 0;
  Cron cron_;
};

Result<Cron> Cron::parse(std::string_view text) { return CronParser(text).run(); }

bool Cron::day_matches(const Date& date) const noexcept {
  if (!has(months_, date.month)) return false;
  const unsigned day = date.day, length = days_in_month(date.year, date.month);
  const auto of_week = static_cast<unsigned>(weekday(date));
  bool by_day = has(days_, day) || has(from_last_, length - day) ||
                (last_working_ && [&] {  // the last day that is neither Saturday nor Sunday
                  const unsigned last = nearest_weekday(date, length);
                  return day == last;
                }());
  for (unsigned target = 1; !by_day && target <= 31; ++target)
    by_day = has(nearest_, target) && target <= length && nearest_weekday(date, target) == day;
  const bool by_weekday = has(weekdays_, of_week) || has(nth_[of_week], (day - 1) / 7 + 1) ||
                          (has(last_weekdays_, of_week) && day + 7 > length);
  if (any_day_) return by_weekday;
  if (any_weekday_) return by_day;
  return by_day || by_weekday;
}

bool Cron::matches(const DateTime& local) const noexcept {
  return has(seconds_, local.second) && has(minutes_, local.minute) && has(hours_, local.hour) &&
         day_matches(local.date);
}

std::optional<WallTime> Cron::next(WallTime after, const TimeZone& zone) const {
  const std::int64_t from = unix_seconds(after);
  return hours_ == kAllHours ? next_every_hour(from, zone) : next_in_local(from, zone);
}

// Fixed hours: walk the local calendar, so that each local time happens once.
std::optional<WallTime> Cron::next_in_local(std::int64_t after, const TimeZone& zone) const {
  const auto start = wall_time(after);
  if (!start.has_value()) return std::nullopt;
  // A day earlier, since a local time of yesterday may be moved behind `after` by a gap.
  std::int64_t day = days_from_civil(zone.to_local(*start).date) - 1;
  for (const std::int64_t last = day + kYearsAheadMax * 366; day <= last; ++day) {
    const Date date = civil_from_days(day);
    if (!day_matches(date)) continue;
    for (std::uint64_t h = hours_; h != 0; h &= h - 1)
      for (std::uint64_t m = minutes_; m != 0; m &= m - 1)
        for (std::uint64_t s = seconds_; s != 0; s &= s - 1) {
          const DateTime local{date, static_cast<std::uint8_t>(std::countr_zero(h)),
                               static_cast<std::uint8_t>(std::countr_zero(m)),
                               static_cast<std::uint8_t>(std::countr_zero(s)), 0};
          const auto at = zone.from_local(local);
          if (!at.has_value()) return std::nullopt;
          std::int64_t when = unix_seconds(at->earlier);
          if (at->kind == Resolved::Kind::Gap) {
            // The instant of the change: where the offset is first the new one.
            std::int64_t low = when, high = unix_seconds(at->later);
            const std::int32_t before = zone.at_seconds(low).offset_seconds;
            while (low + 1 < high) {
              const std::int64_t middle = low + (high - low) / 2;
              (zone.at_seconds(middle).offset_seconds == before ? low : high) = middle;
            }
            when = high;
          }
          if (when > after) return wall_time(when);
          if (when + 86'400 < after) goto next_day;  // all of this day is over
        }
  next_day:;
  }
  return std::nullopt;
}

// Every hour: walk real time, so that repeated hours happen twice and skipped ones not at all.
std::optional<WallTime> Cron::next_every_hour(std::int64_t after, const TimeZone& zone) const {
  const auto local_of = [&zone](std::int64_t t) { return t + zone.at_seconds(t).offset_seconds; };
  std::int64_t t = after + 1;
  const std::int64_t last = after + std::int64_t{kYearsAheadMax} * 366 * 86'400;
  while (t <= last) {
    const std::int64_t local = local_of(t);
    const std::int64_t day = (local >= 0 ? local : local - 86'399) / 86'400;
    const std::int64_t of_day = local - day * 86'400;
    if (!day_matches(civil_from_days(day))) {
      // To midnight; where a change lies between, that may be a little early or late, so not past
      // the first instant of the next day.
      std::int64_t there = t + 86'400 - of_day;
      const std::int64_t shift = local_of(there) - (day + 1) * 86'400;
      if (shift > 0 && there - shift > t) there -= shift;
      t = there;
      continue;
    }
    const auto minute = static_cast<unsigned>(of_day / 60 % 60);
    const auto second = static_cast<unsigned>(of_day % 60);
    if (has(minutes_, minute)) {
      const std::uint64_t rest = seconds_ >> second;
      if (rest != 0) {
        const std::int64_t found = t + std::countr_zero(rest);
        if (local_of(found) - local == found - t) return wall_time(found);
      }
    }
    t += 60 - second;
  }
  return std::nullopt;
}

}  // namespace avila::time
