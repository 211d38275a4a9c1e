// Cron expressions.
#pragma once
#include <avila/error/result.hpp>
#include <avila/time/zone.hpp>
#include <optional>
#include <string_view>

namespace avila::time {

/// Five fields (minute hour day-of-month month day-of-week) or six (second first); lists, ranges,
/// steps, names (JAN, MON), '?'; day-of-month L, L-n, nW, LW; day-of-week nL and n#k, 0 and 7 =
/// Sunday; @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually. When both days are
/// restricted, either is enough (as in Vixie cron).
class Cron {
 public:
  static constexpr int kYearsAheadMax = 40;  ///< next() looks no further

  static Result<Cron> parse(std::string_view text);
  /// The first time after `after` (strictly), or nothing within 40 years. Where clocks go forward
  /// over it, it happens when they do; where they go back, once, unless it happens every hour.
  std::optional<WallTime> next(WallTime after, const TimeZone& zone = TimeZone::utc()) const;
  bool matches(const DateTime& local) const noexcept;

 private:
  bool day_matches(const Date& date) const noexcept;
  std::optional<WallTime> next_in_local(std::int64_t after, const TimeZone& zone) const;
  std::optional<WallTime> next_every_hour(std::int64_t after, const TimeZone& zone) const;

  friend class CronParser;
  std::uint64_t seconds_ = 1, minutes_ = 0;
  std::uint32_t hours_ = 0, days_ = 0, nearest_ = 0,
                from_last_ = 0;  // nearest_: nW; from_last_: L-n
  std::uint16_t months_ = 0;
  std::uint8_t weekdays_ = 0, last_weekdays_ = 0;
  std::uint8_t nth_[7] = {};  // bit k: the k-th such weekday
  bool last_working_ = false, any_day_ = false, any_weekday_ = false;
};

}  // namespace avila::time
