#include <gtest/gtest.h>
#include <avila/time/format.hpp>

namespace avila::time {
namespace {

// Source: RFC 3339 §5.8.
TEST(Rfc3339, ReadsTheExamplesOfTheRfc) {
  EXPECT_EQ(parse_rfc3339("1985-04-12T23:20:50.52Z")->ns, 482'196'050'520'000'000);
  EXPECT_EQ(parse_rfc3339("1996-12-19T16:39:57-08:00")->ns, 851'042'397'000'000'000);
  EXPECT_EQ(parse_rfc3339("1990-12-31T23:59:60Z")->ns, 662'688'000'000'000'000);
  EXPECT_EQ(parse_rfc3339("1990-12-31T15:59:60-08:00")->ns, 662'688'000'000'000'000);
  EXPECT_EQ(parse_rfc3339("1937-01-01T12:00:27.87+00:20")->ns, -1'041'337'172'130'000'000);
}

TEST(Rfc3339, WritesAndReadsBack) {
  EXPECT_EQ(format_rfc3339({0}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_rfc3339({1'500'000'000}), "1970-01-01T00:00:01.500Z");
  EXPECT_EQ(format_rfc3339({1'000'001'000}), "1970-01-01T00:00:01.000001Z");
  EXPECT_EQ(format_rfc3339({1}), "1970-01-01T00:00:00.000000001Z");
  EXPECT_EQ(format_rfc3339({1'999'999'999}, 0), "1970-01-01T00:00:01Z");
  EXPECT_EQ(format_rfc3339({1'999'999'999}, 2), "1970-01-01T00:00:01.99Z");
  EXPECT_EQ(format_rfc3339({0}, 0, -3 * 3600), "1969-12-31T21:00:00-03:00");
  EXPECT_EQ(format_rfc3339({0}, 0, 5 * 3600 + 1800), "1970-01-01T05:30:00+05:30");
  std::int64_t ns = INT64_MIN;
  for (int i = 0; i < 20'000; ++i, ns += INT64_MAX / 10'007) {
    const auto back = parse_rfc3339(format_rfc3339({ns}));
    ASSERT_TRUE(back.has_value()) << format_rfc3339({ns});
    ASSERT_EQ(back->ns, ns);
    ASSERT_EQ(parse_rfc3339(format_rfc3339({ns}, 9, 19'800))->ns, ns);
    if (ns > INT64_MAX - INT64_MAX / 10'007) break;
  }
}

TEST(Rfc3339, IsLenientWhereTheRfcIs) {
  EXPECT_EQ(parse_rfc3339("1970-01-01t00:00:01z")->ns, 1'000'000'000);
  EXPECT_EQ(parse_rfc3339("1970-01-01 00:00:01Z")->ns, 1'000'000'000);
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00.1234567899999999Z")->ns, 123'456'789);
}

TEST(Rfc3339, SaysWhereItIsWrong) {
  const struct {
    const char* text;
    std::uint64_t offset;
  } cases[] = {
      {"", 0},
      {"19x0-01-01T00:00:00Z", 2},
      {"1970/01-01T00:00:00Z", 4},
      {"1970-13-01T00:00:00Z", 5},
      {"1970-01/01T00:00:00Z", 7},
      {"1970-02-29T00:00:00Z", 8},
      {"1970-01-01X00:00:00Z", 10},
      {"1970-01-01T24:00:00Z", 11},
      {"1970-01-01T00.00:00Z", 13},
      {"1970-01-01T00:60:00Z", 14},
      {"1970-01-01T00:00-00Z", 16},
      {"1970-01-01T00:00:61Z", 17},
      {"1970-01-01T00:00:60Z", 17},
      {"1970-01-01T00:00:00.Z", 20},
      {"1970-01-01T00:00:00", 19},
      {"1970-01-01T00:00:00+24:00", 20},
      {"1970-01-01T00:00:00+0100", 22},
      {"1970-01-01T00:00:00+01:60", 23},
      {"1970-01-01T00:00:00ZZ", 20},
  };
  for (const auto& c : cases) {
    const auto result = parse_rfc3339(c.text);
    ASSERT_FALSE(result.has_value()) << c.text;
    EXPECT_TRUE(result.error().is(Errc::Malformed)) << c.text;
    EXPECT_EQ(result.error().offset(), c.offset) << c.text;
  }
  EXPECT_TRUE(parse_rfc3339("2300-01-01T00:00:00Z").error().is(Errc::OutOfRange));
}

// Source: RFC 9110 §5.6.7.
TEST(HttpDate, ReadsTheThreeForms) {
  constexpr std::int64_t kExample = 784'111'777'000'000'000;
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT")->ns, kExample);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT")->ns, kExample);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994")->ns, kExample);
  EXPECT_EQ(parse_http_date("Wed Nov 16 08:49:37 1994")->ns, kExample + days(10).ns);
  EXPECT_EQ(format_http_date({kExample}), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(*parse_http_date(format_http_date({kExample})), WallTime{kExample});
}

TEST(HttpDate, TwoDigitYearsAreWithinFiftyYears) {
  const WallTime now{1'767'225'600'000'000'000};  // 2026
  EXPECT_EQ(format_http_date(*parse_http_date("Friday, 01-Jan-76 00:00:00 GMT", now)).substr(12, 4),
            "2076");
  EXPECT_EQ(format_http_date(*parse_http_date("Friday, 01-Jan-77 00:00:00 GMT", now)).substr(12, 4),
            "1977");
}

TEST(HttpDate, RefusesTheRest) {
  for (const char* text :
       {"", "Sun", "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sunday 06-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 94", "Sun, 06 Nov 2994 08:49:37 GMT"})
    EXPECT_FALSE(parse_http_date(text).has_value()) << text;
}

}  // namespace
}  // namespace avila::time
