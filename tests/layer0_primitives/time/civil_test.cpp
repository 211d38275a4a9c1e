#include <gtest/gtest.h>
#include <time.h>
#include <avila/time/civil.hpp>
#include <avila/time/stopwatch.hpp>

namespace avila::time {
namespace {

TEST(Civil, DaysAndDatesAreInverse) {
  EXPECT_EQ(days_from_civil({1970, 1, 1}), 0);
  EXPECT_EQ(days_from_civil({2000, 3, 1}), 11'017);
  EXPECT_EQ(days_from_civil({0, 1, 1}), -719'528);
  EXPECT_EQ(days_from_civil({-1, 12, 31}), -719'529);
  Date expected = civil_from_days(-800'000);
  for (std::int64_t day = -800'000; day < 800'000; ++day) {
    const Date date = civil_from_days(day);
    ASSERT_EQ(date, expected);
    ASSERT_TRUE(is_valid(date));
    ASSERT_EQ(days_from_civil(date), day);
    if (expected.day < days_in_month(expected.year, expected.month)) {
      ++expected.day;
    } else {
      expected = expected.month < 12
                     ? Date{expected.year, static_cast<std::uint8_t>(expected.month + 1), 1}
                     : Date{expected.year + 1, 1, 1};
    }
  }
}

#ifndef _WIN32
TEST(Civil, AgreesWithTheCLibrary) {
  for (std::int64_t second = -9'000'000'000; second < 9'000'000'000; second += 86'413 * 17) {
    const time_t t = static_cast<time_t>(second);
    tm fields{};
    gmtime_r(&t, &fields);
    const DateTime ours = to_civil({second * 1'000'000'000});
    ASSERT_EQ(ours.date.year, fields.tm_year + 1900);
    ASSERT_EQ(ours.date.month, fields.tm_mon + 1);
    ASSERT_EQ(ours.date.day, fields.tm_mday);
    ASSERT_EQ(ours.hour, fields.tm_hour);
    ASSERT_EQ(ours.second, fields.tm_sec);
    ASSERT_EQ(static_cast<int>(weekday(ours.date)), fields.tm_wday);
    ASSERT_EQ(day_of_year(ours.date), fields.tm_yday + 1U);
    char text[16];
    strftime(text, sizeof text, "%G %V %u", &fields);
    const IsoWeek week = iso_week(ours.date);
    char mine[32];
    std::snprintf(mine, sizeof mine, "%d %02d %d", week.year, week.week, week.day);
    ASSERT_STREQ(mine, text);
    ASSERT_EQ(date_from_iso_week(week), ours.date);
  }
}
#endif

TEST(Civil, LeapYears) {
  EXPECT_TRUE(is_leap_year(2000));
  EXPECT_FALSE(is_leap_year(1900));
  EXPECT_TRUE(is_leap_year(2024));
  EXPECT_FALSE(is_leap_year(2026));
  EXPECT_FALSE(is_valid({2026, 2, 29}));
  EXPECT_FALSE(is_valid({2026, 13, 1}));
  EXPECT_FALSE(is_valid({2026, 0, 1}));
  EXPECT_FALSE(is_valid({2026, 1, 0}));
}

TEST(Civil, IsoWeeksThatDoNotExist) {
  EXPECT_FALSE(date_from_iso_week({2026, 0, 1}).has_value());
  EXPECT_FALSE(date_from_iso_week({2025, 53, 1}).has_value());
  EXPECT_TRUE(date_from_iso_week({2026, 53, 1}).has_value());  // 2026 has 53 weeks
  EXPECT_FALSE(date_from_iso_week({2026, 1, 8}).has_value());
}

TEST(Civil, AddsMonthsAndFindsWeekdays) {
  EXPECT_EQ(add_months({2026, 1, 31}, 1), (Date{2026, 2, 28}));
  EXPECT_EQ(add_months({2024, 1, 31}, 1), (Date{2024, 2, 29}));
  EXPECT_EQ(add_months({2026, 1, 15}, -1), (Date{2025, 12, 15}));
  EXPECT_EQ(add_months({2026, 11, 30}, 27), (Date{2029, 2, 28}));
  EXPECT_EQ(nth_weekday(2026, 11, Weekday::Saturday, 3), (Date{2026, 11, 21}));
  EXPECT_EQ(nth_weekday(2026, 11, Weekday::Monday, 5), (Date{2026, 11, 30}));
  EXPECT_EQ(nth_weekday(2026, 11, Weekday::Tuesday, 5), std::nullopt);
  EXPECT_EQ(nth_weekday(2026, 11, Weekday::Friday, -1), (Date{2026, 11, 27}));
}

TEST(Civil, WallTimeLimitsAreExact) {
  EXPECT_EQ(from_civil(to_civil({INT64_MAX}))->ns, INT64_MAX);
  EXPECT_EQ(from_civil(to_civil({INT64_MIN}))->ns, INT64_MIN);
  EXPECT_FALSE(from_civil({{2263, 1, 1}}).has_value());
  EXPECT_FALSE(from_civil({{1677, 1, 1}}).has_value());
  EXPECT_FALSE(from_civil({{2026, 1, 1}, 24}).has_value());
  EXPECT_EQ(to_civil({-1}).nanosecond, 999'999'999U);
  EXPECT_EQ(to_civil({0}, -3600).hour, 23);
}

TEST(Stopwatch, CountsOnlyWhileRunning) {
  os::ManualClock clock;
  Stopwatch watch(clock);
  clock.advance(seconds(2));
  EXPECT_EQ(watch.elapsed(), seconds(2));
  watch.pause();
  clock.advance(seconds(5));
  EXPECT_EQ(watch.elapsed(), seconds(2));
  watch.resume();
  clock.advance(seconds(1));
  EXPECT_EQ(watch.lap(), seconds(3));
  EXPECT_EQ(watch.elapsed(), seconds(0));
}

}  // namespace
}  // namespace avila::time
