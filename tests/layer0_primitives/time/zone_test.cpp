#include <gtest/gtest.h>
#include <time.h>
#include <avila/os/file_system.hpp>
#include <avila/time/format.hpp>
#include <avila/time/zone.hpp>

#include <cstdlib>

namespace avila::time {
namespace {

TimeZone posix(const char* rule) { return *TimeZone::parse_posix(rule); }
WallTime at(const char* text) { return *parse_rfc3339(text); }

TEST(PosixZone, FollowsItsRule) {
  const TimeZone new_york = posix("EST5EDT,M3.2.0,M11.1.0");
  EXPECT_EQ(new_york.at(at("2026-03-08T06:59:59Z")).abbreviation, "EST");
  EXPECT_EQ(new_york.at(at("2026-03-08T07:00:00Z")).abbreviation, "EDT");
  EXPECT_EQ(new_york.at(at("2026-11-01T05:59:59Z")).offset_seconds, -4 * 3600);
  EXPECT_EQ(new_york.at(at("2026-11-01T06:00:00Z")).offset_seconds, -5 * 3600);
  const TimeZone sydney = posix("AEST-10AEDT,M10.1.0,M4.1.0/3");
  EXPECT_TRUE(sydney.at(at("2026-01-01T00:00:00Z")).is_dst);
  EXPECT_FALSE(sydney.at(at("2026-07-01T00:00:00Z")).is_dst);
  EXPECT_EQ(posix("<-03>3").at({0}).abbreviation, "-03");
  EXPECT_EQ(posix("EST5EDT").at(at("2026-07-01T00:00:00Z")).abbreviation, "EDT");
  // RFC 9636 §3.3.1: daylight time all the year.
  const TimeZone always = posix("XXX3EDT4,0/0,J365/23");
  for (const char* t : {"2026-01-01T03:59:59Z", "2026-01-01T04:00:00Z", "2026-07-01T00:00:00Z"})
    EXPECT_TRUE(always.at(at(t)).is_dst) << t;
  EXPECT_EQ(posix("AAA0BBB,J60,J61").at(at("2024-03-01T12:00:00Z")).abbreviation, "BBB");
}

TEST(PosixZone, RefusesTheRest) {
  for (const char* bad :
       {"", "ES5", "EST", "EST25", "EST5EDT,", "EST5EDT,M3.2.0", "EST5EDT,M13.1.0,M11.1.0",
        "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,J0,J5", "EST5EDT,366,1",
        "EST5EDT,M3.2.0/168,M11.1.0", "<ES>5", "<EST5", "EST5:60", "EST5EDT,M3.2.0,M11.1.0x"})
    EXPECT_FALSE(TimeZone::parse_posix(bad).has_value()) << bad;
}

TEST(Zone, ResolvesLocalTimes) {
  const TimeZone zone = posix("EST5EDT,M3.2.0,M11.1.0");
  const auto unique = *zone.from_local({{2026, 6, 1}, 12});
  EXPECT_EQ(unique.kind, Resolved::Kind::Unique);
  EXPECT_EQ(unique.earlier, at("2026-06-01T16:00:00Z"));
  const auto gap = *zone.from_local({{2026, 3, 8}, 2, 30});
  EXPECT_EQ(gap.kind, Resolved::Kind::Gap);
  EXPECT_EQ(gap.earlier, at("2026-03-08T06:30:00Z"));
  EXPECT_EQ(gap.later, at("2026-03-08T07:30:00Z"));
  const auto overlap = *zone.from_local({{2026, 11, 1}, 1, 30});
  EXPECT_EQ(overlap.kind, Resolved::Kind::Overlap);
  EXPECT_EQ(overlap.later - overlap.earlier, hours(1));
  EXPECT_EQ(zone.to_local(overlap.later), zone.to_local(overlap.earlier));
  EXPECT_FALSE(zone.from_local({{2400, 1, 1}}).has_value());
}

#ifndef _WIN32
// Every zone of the system, against the C library.
TEST(Zone, AgreesWithTheCLibrary) {
  os::FileSystem& files = os::real_file_system();
  if (!files.exists(std::string(kZoneFolder) + "/America/Sao_Paulo")) GTEST_SKIP() << "no tzdata";
  for (const char* name : {"America/Sao_Paulo", "America/New_York", "Europe/Lisbon", "Asia/Kolkata",
                           "Australia/Lord_Howe", "Africa/Casablanca", "Europe/Dublin",
                           "Pacific/Apia", "America/Nuuk", "Asia/Tehran", "UTC"}) {
    const auto zone = TimeZone::load(files, name);
    ASSERT_TRUE(zone.has_value()) << name << ": " << zone.error().to_string();
    ::setenv("TZ", name, 1);
    ::tzset();
    for (std::int64_t t = -2'000'000'000; t < 4'500'000'000; t += 86'400 * 5 + 3'601) {
      const time_t when = static_cast<time_t>(t);
      tm fields{};
      ::localtime_r(&when, &fields);
      const ZoneState state = zone->at_seconds(t);
      ASSERT_EQ(state.offset_seconds, fields.tm_gmtoff) << name << " " << t;
      ASSERT_EQ(state.is_dst, fields.tm_isdst > 0) << name << " " << t;
      ASSERT_EQ(state.abbreviation, fields.tm_zone) << name << " " << t;
    }
  }
  ::unsetenv("TZ");
  ::tzset();
}
#endif

TEST(Zone, NamesStayWithinTheFolder) {
  os::FileSystem& files = os::real_file_system();
  for (const char* bad : {"", "/etc/passwd", "../../etc/passwd", "a/../../b", "a//b", "a/", ".x"})
    EXPECT_TRUE(TimeZone::load(files, bad).error().is(Errc::InvalidArgument)) << bad;
  EXPECT_TRUE(TimeZone::load(files, "No/Such").error().is(Errc::NotFound));
}

std::string tzif(const std::string& footer = "\n<-03>3\n") {
  const auto be32 = [](std::uint32_t v) {
    return std::string{static_cast<char>(v >> 24), static_cast<char>(v >> 16),
                       static_cast<char>(v >> 8), static_cast<char>(v)};
  };
  const auto header = [&](std::uint32_t times, std::uint32_t types, std::uint32_t text) {
    return "TZif2" + std::string(15, '\0') + be32(0) + be32(0) + be32(0) + be32(times) +
           be32(types) + be32(text);
  };
  const std::string type = be32(static_cast<std::uint32_t>(-10800)) + std::string(2, '\0');
  const std::string old = header(0, 1, 4) + type + std::string("-03\0", 4);
  return old + header(1, 1, 4) + be32(0) + be32(100) + std::string(1, '\0') + type +
         std::string("-03\0", 4) + footer;
}

TEST(Zone, DamagedFilesAreRefused) {
  const std::string good = tzif();
  ASSERT_TRUE(TimeZone::parse_tzif(as_bytes(good)).has_value());
  for (std::size_t n = 0; n < good.size(); ++n)
    EXPECT_FALSE(TimeZone::parse_tzif(as_bytes(good).first(n)).has_value()) << n;
  EXPECT_FALSE(TimeZone::parse_tzif(as_bytes(tzif("\nnonsense\n"))).has_value());
  EXPECT_TRUE(TimeZone::parse_tzif(as_bytes(tzif("\n\n"))).has_value());
  const std::size_t second = 44 + 6 + 4;  // the second header
  const auto with = [&](std::size_t at, char c) {
    std::string bad = good;
    bad[at] = c;
    return TimeZone::parse_tzif(as_bytes(bad));
  };
  EXPECT_FALSE(with(second + 39, 0).has_value());         // no types
  EXPECT_FALSE(with(second + 23, 2).has_value());         // UT indicators
  EXPECT_FALSE(with(second + 27, 2).has_value());         // standard indicators
  EXPECT_FALSE(with(second + 43, 0).has_value());         // no text
  EXPECT_FALSE(with(second + 44 + 8, 1).has_value());     // a type that is not there
  EXPECT_FALSE(with(second + 44 + 9, 0x7F).has_value());  // the offset
  EXPECT_FALSE(with(second + 44 + 13, 2).has_value());    // is it daylight time?
  EXPECT_FALSE(with(second + 44 + 14, 9).has_value());    // the abbreviation
  EXPECT_FALSE(with(second + 44 + 18, 'x').has_value());  // its end
  EXPECT_TRUE(
      TimeZone::parse_tzif(as_bytes(std::string(2 << 20, 'x'))).error().is(Errc::LimitExceeded));
}

TEST(Pattern, FormatsAsStrftime) {
#ifndef _WIN32
  const char* pattern =
      "%Y %m %d %H %M %S %y %C %e %j %a %A %b %B %h %I %p %s %F %T %D %R %u %w %V %G %U %W %n%t%% "
      "%z";
  for (std::int64_t t = 0; t < 4'000'000'000; t += 86'400 * 3 + 4'567) {
    const time_t when = static_cast<time_t>(t);
    tm fields{};
    ::gmtime_r(&when, &fields);
    char expected[512];
    std::string plain(pattern);
    plain.replace(plain.find("%s"), 2, std::to_string(t));
    ::strftime(expected, sizeof expected, plain.c_str(), &fields);
    ASSERT_EQ(*format_pattern(pattern, {t * 1'000'000'000}), expected);
  }
#endif
  EXPECT_EQ(*format_pattern("%L %N %:z %Z", {1'234'567'890}, posix("<-0330>3:30")),
            "234 234567890 -03:30 -0330");
  EXPECT_FALSE(format_pattern("%Q", {0}).has_value());
  EXPECT_FALSE(format_pattern("%", {0}).has_value());
  EXPECT_EQ(format_pattern("ab%:Y", {0}).error().offset(), 2U);
}

}  // namespace
}  // namespace avila::time
