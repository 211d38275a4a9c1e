#include <gtest/gtest.h>
#include <avila/time/cron.hpp>
#include <avila/time/duration.hpp>
#include <avila/time/format.hpp>

namespace avila::time {
namespace {

std::string next(const char* cron, const char* after, const TimeZone& zone = TimeZone::utc()) {
  const auto parsed = Cron::parse(cron);
  if (!parsed.has_value()) return parsed.error().to_string();
  const auto time = parsed->next(*parse_rfc3339(after), zone);
  return time.has_value() ? format_rfc3339(*time) : "never";
}

TEST(Cron, FindsTheNextTime) {
  constexpr const char* kNow = "2026-11-21T01:38:11Z";  // a Saturday
  EXPECT_EQ(next("* * * * *", kNow), "2026-11-21T01:39:00Z");
  EXPECT_EQ(next("* * * * * *", kNow), "2026-11-21T01:38:12Z");
  EXPECT_EQ(next("*/15 * * * *", kNow), "2026-11-21T01:45:00Z");
  EXPECT_EQ(next("0 9 * * MON-FRI", kNow), "2026-11-23T09:00:00Z");
  EXPECT_EQ(next("0 0 29 2 *", kNow), "2028-02-29T00:00:00Z");
  EXPECT_EQ(next("0 0 30 2 *", kNow), "never");
  EXPECT_EQ(next("5/20 8,12 * * *", kNow), "2026-11-21T08:05:00Z");
  EXPECT_EQ(next("0 0 L * *", kNow), "2026-11-30T00:00:00Z");
  EXPECT_EQ(next("0 0 L-2 * *", kNow), "2026-11-28T00:00:00Z");
  EXPECT_EQ(next("0 0 15W * *", kNow), "2026-12-15T00:00:00Z");
  EXPECT_EQ(next("0 0 1W AUG ?", "2026-07-31T00:00:00Z"), "2026-08-03T00:00:00Z");  // a Saturday
  EXPECT_EQ(next("0 0 LW JAN *", "2026-12-01T00:00:00Z"), "2027-01-29T00:00:00Z");
  EXPECT_EQ(next("0 0 ? * 5L", kNow), "2026-11-27T00:00:00Z");
  EXPECT_EQ(next("0 0 * * FRI#2", kNow), "2026-12-11T00:00:00Z");
  EXPECT_EQ(next("0 0 * * 7", kNow), "2026-11-22T00:00:00Z");
  EXPECT_EQ(next("0 0 13 * FRI", kNow), "2026-11-27T00:00:00Z");  // either
  EXPECT_EQ(next("@weekly", kNow), "2026-11-22T00:00:00Z");
  EXPECT_EQ(next("@hourly", kNow), "2026-11-21T02:00:00Z");
  EXPECT_EQ(next("@yearly", kNow), "2027-01-01T00:00:00Z");
  EXPECT_EQ(next("0 2 * * *", "2026-11-21T02:00:00Z"), "2026-11-22T02:00:00Z");  // strictly after
  EXPECT_EQ(next("0 * 1 1 *", kNow), "2027-01-01T00:00:00Z");
}

TEST(Cron, ClocksThatChange) {
  const TimeZone zone = *TimeZone::parse_posix("EST5EDT,M3.2.0,M11.1.0");
  // 02:30 does not exist on March 8: it happens when the clocks change, at 07:00 UTC.
  EXPECT_EQ(next("30 2 * * *", "2026-03-08T00:00:00Z", zone), "2026-03-08T07:00:00Z");
  EXPECT_EQ(next("30 2 * * *", "2026-03-08T07:00:00Z", zone), "2026-03-09T06:30:00Z");
  EXPECT_EQ(next("30 * * * *", "2026-03-08T06:30:00Z", zone), "2026-03-08T07:30:00Z");
  // 01:30 exists twice on November 1: daily jobs run once, hourly ones twice.
  EXPECT_EQ(next("30 1 * * *", "2026-11-01T00:00:00Z", zone), "2026-11-01T05:30:00Z");
  EXPECT_EQ(next("30 1 * * *", "2026-11-01T05:30:00Z", zone), "2026-11-02T06:30:00Z");
  EXPECT_EQ(next("30 * * * *", "2026-11-01T05:30:00Z", zone), "2026-11-01T06:30:00Z");
  EXPECT_EQ(next("0 * 2 11 *", "2026-11-01T00:00:00Z", zone), "2026-11-02T05:00:00Z");
}

// Against the slow definition: step second by second.
TEST(Cron, AgreesWithMatches) {
  for (const char* text : {"*/7 * * * *", "13 */5 * * *", "0 0 */3 * *", "59 23 * * SUN",
                           "10 * 3-5 * *", "30 0 1,15 * WED"}) {
    const Cron cron = *Cron::parse(text);
    WallTime expected{1'795'224'000'000'000'000};
    for (int i = 0; i < 20; ++i) {
      const WallTime from = expected;
      do expected = expected + minutes(1);
      while (!cron.matches(to_civil(expected)));
      ASSERT_EQ(format_rfc3339(*cron.next(from)), format_rfc3339(expected)) << text;
    }
  }
}

TEST(Cron, SaysWhereItIsWrong) {
  const struct {
    const char* text;
    std::uint64_t offset;
  } cases[] = {{"", 0},
               {"* * * *", 7},
               {"* * * * * * *", 12},
               {"60 * * * *", 0},
               {"* 24 * * *", 2},
               {"* * 0 * *", 4},
               {"* * * 13 *", 6},
               {"* * * * 8", 8},
               {"*/0 * * * *", 2},
               {"5-1 * * * *", 3},
               {"1x * * * *", 1},
               {"1, * * * *", 2},
               {"* * L-31 * *", 6},
               {"* * 5WW * *", 5},
               {"* * * FOO *", 6},
               {"* * * * 5#6", 10},
               {"* * * * 5x#1", 9},
               {"@often", 0},
               {"* * L-1x * *", 7},
               {"* * * * 1#1x", 11}};
  for (const auto& c : cases) {
    const auto result = Cron::parse(c.text);
    ASSERT_FALSE(result.has_value()) << c.text;
    EXPECT_EQ(result.error().offset(), c.offset) << c.text;
  }
  EXPECT_TRUE(Cron::parse(std::string(2000, '*')).error().is(Errc::LimitExceeded));
}

TEST(Period, ReadsAndWritesIso8601) {
  const auto period = parse_period("P1Y2M10DT2H30M");
  ASSERT_TRUE(period.has_value());
  EXPECT_EQ(period->months, 14);
  EXPECT_EQ(period->days, 10);
  EXPECT_EQ(period->time, minutes(150));
  EXPECT_EQ(parse_period("P3W")->days, 21);
  EXPECT_EQ(parse_period("PT0,5S")->time, milliseconds(500));
  EXPECT_TRUE(parse_period("-P1D")->negative);
  for (const char* text : {"P1Y2M10DT2H30M", "P21D", "PT0.5S", "-P1D", "PT0S", "PT1H0.000000001S"})
    EXPECT_EQ(format_period(*parse_period(text)), text);
  for (const char* bad : {"", "P", "PT", "P1", "1Y", "P1H", "PT1Y", "P1M1Y", "P1.5D", "PT1.5H3M",
                          "P1DT", "P1D ", "P-1D", "P1S", "PT1.S", "P1Y1Y"})
    EXPECT_FALSE(parse_period(bad).has_value()) << bad;
  EXPECT_TRUE(parse_period("P9999999999Y").error().is(Errc::OutOfRange));
  EXPECT_TRUE(parse_period("PT9999999999H").error().is(Errc::OutOfRange));
  EXPECT_EQ(format_rfc3339(*add(*parse_rfc3339("2024-01-31T00:00:00Z"), *parse_period("P1M1D"))),
            "2024-03-01T00:00:00Z");
  EXPECT_FALSE(add({0}, *parse_period("P999Y")).has_value());
}

TEST(Interval, TakesTwoEndsOrOneAndAPeriod) {
  for (const char* text : {"2026-01-01T00:00:00Z/2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z/P1M",
                           "P1M/2026-02-01T00:00:00Z"}) {
    const auto interval = parse_interval(text);
    ASSERT_TRUE(interval.has_value()) << text;
    EXPECT_EQ(format_rfc3339(interval->begin), "2026-01-01T00:00:00Z");
    EXPECT_EQ(format_rfc3339(interval->end), "2026-02-01T00:00:00Z");
  }
  EXPECT_EQ(parse_interval("R5/2026-01-01T00:00:00Z/PT1H")->repetitions, 5U);
  EXPECT_TRUE(parse_interval("R/2026-01-01T00:00:00Z/PT1H")->endless);
  for (const char* bad :
       {"", "2026-01-01T00:00:00Z", "P1D/P1D", "2026-01-02T00:00:00Z/2026-01-01T00:00:00Z", "R5",
        "Rx/2026-01-01T00:00:00Z/P1D"})
    EXPECT_FALSE(parse_interval(bad).has_value()) << bad;
}

TEST(ShortDuration, ReadsAndWrites) {
  EXPECT_EQ(*parse_duration("1h30m"), minutes(90));
  EXPECT_EQ(*parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(*parse_duration("1.5s"), milliseconds(1500));
  EXPECT_EQ(*parse_duration("-3us"), microseconds(-3));
  EXPECT_EQ(*parse_duration("2w1d"), days(15));
  for (const char* text : {"1h30m", "1.5ms", "0s", "-3us", "999ns", "2h", "1m0.25s", "292h"})
    EXPECT_EQ(format_duration(*parse_duration(text)), text);
  for (const char* bad : {"", "5", "s", "1x", "1h ", "1.s", "--1s", "99999999999h"})
    EXPECT_FALSE(parse_duration(bad).has_value()) << bad;
  EXPECT_EQ(format_duration({INT64_MIN}).substr(0, 9), "-2562047h");
}

}  // namespace
}  // namespace avila::time
