#include <gtest/gtest.h>
#include <avila/text/decimal.hpp>
#include <avila/text/number.hpp>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "number_exact.hpp"

namespace {
using namespace avila::text;
using avila::Errc;

struct SplitMix64 {
  std::uint64_t state;
  std::uint64_t next() {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
};

std::uint64_t bits_of(std::string_view text) {
  const auto value = parse_double(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value.has_value() ? std::bit_cast<std::uint64_t>(*value) : 0;
}

TEST(FormatDouble, PrintsTheShortestTextThatReadsBack) {
  const std::pair<double, const char*> cases[] = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1.0, "1.0"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {100.0, "100.0"},
      {123456.789, "123456.789"},
      {0.000001, "0.000001"},
      {0.0000001, "1e-7"},
      {1.25e-7, "1.25e-7"},
      {1e20, "100000000000000000000.0"},
      {1e21, "1e21"},
      {1e23, "1e23"},
      {9007199254740993.0, "9007199254740992.0"},
      {5e-324, "5e-324"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
      {2.225073858507201e-308, "2.225073858507201e-308"},
      {1.7976931348623157e308, "1.7976931348623157e308"},
      {std::numeric_limits<double>::infinity(), "inf"},
      {-std::numeric_limits<double>::infinity(), "-inf"},
      {std::numeric_limits<double>::quiet_NaN(), "nan"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(to_string(value), text);
  EXPECT_EQ(to_string(0.1F), "0.1");
  EXPECT_EQ(to_string(16777216.0F), "16777216.0");
  EXPECT_EQ(to_string(1e-45F), "1e-45");
  EXPECT_EQ(to_string(3.4028235e38F), "3.4028235e38");
}

// std::to_chars gives the shortest text too, so digits and round trip must agree with it.
TEST(FormatDouble, AgreesWithTheStandardLibraryOnRandomBits) {
  SplitMix64 random{1};
  for (int i = 0; i < 100'000; ++i) {
    std::uint64_t bits = random.next();
    if (i % 4 == 1) bits &= 0xFFF0'0000'0000'0000U;  // powers of two
    if (i % 4 == 2) bits &= 0x800F'FFFF'FFFF'FFFFU;  // subnormals
    if (i % 4 == 3) bits = std::bit_cast<std::uint64_t>(static_cast<double>(bits >> 11) * 0.125);
    const auto value = std::bit_cast<double>(bits);
    if (!std::isfinite(value)) continue;
    const std::string ours = to_string(value);
    ASSERT_EQ(bits_of(ours), bits) << ours;
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + 64, value, std::chars_format::scientific).ptr;
    const double again = std::strtod(ours.c_str(), nullptr);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(again), bits) << ours;
    const auto digits = [](std::string_view text) {
      std::string kept;
      for (const char c : text.substr(0, text.find('e')))
        if (c >= '0' && c <= '9') kept += c;
      while (kept.size() > 1 && kept.back() == '0') kept.pop_back();
      return kept.substr(std::min(kept.find_first_not_of('0'), kept.size() - 1));
    };
    ASSERT_EQ(digits(ours), digits({buffer, static_cast<std::size_t>(end - buffer)})) << ours;
  }
}

TEST(FormatFloat, ReadsBackAndIsShortest) {
  SplitMix64 random{2};
  for (int i = 0; i < 100'000; ++i) {
    auto bits = static_cast<std::uint32_t>(random.next());
    if (i % 4 == 1) bits &= 0xFF80'0000U;
    if (i % 4 == 2) bits &= 0x807F'FFFFU;
    const auto value = std::bit_cast<float>(bits);
    if (!std::isfinite(value)) continue;
    const std::string ours = to_string(value);
    const auto back = parse_float(ours);
    ASSERT_TRUE(back.has_value());
    ASSERT_EQ(std::bit_cast<std::uint32_t>(*back), bits) << ours;
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + 64, value, std::chars_format::scientific).ptr;
    std::size_t theirs = 0, mine = 0;
    for (const char* p = buffer; p != end && *p != 'e'; ++p) theirs += *p >= '0' && *p <= '9';
    const std::string head = ours.substr(0, ours.find('e'));
    std::string kept;
    for (const char c : head)
      if (c >= '0' && c <= '9') kept += c;
    kept.erase(0, std::min(kept.find_first_not_of('0'), kept.size() - 1));
    while (kept.size() > 1 && kept.back() == '0') kept.pop_back();
    mine = kept.size();
    ASSERT_EQ(mine, theirs) << ours;
  }
}

TEST(ParseDouble, RoundsHalfWayCasesToEven) {
  EXPECT_EQ(bits_of("9007199254740993"), 0x4340'0000'0000'0000U);
  EXPECT_EQ(bits_of("9007199254740993.0000000000000000000000000000000000000001"),
            0x4340'0000'0000'0001U);
  EXPECT_EQ(bits_of("9007199254740995"), 0x4340'0000'0000'0002U);
  // Half of the smallest subnormal, and one bit above it.
  EXPECT_EQ(bits_of("2.4703282292062327208299439643411068618252990130716238221279284125033775363510"
                    "43759326499181808179961898982823477228588654633283551779698981993873980053909"
                    "39063158795155609442165825353640170990153553806218152139580136120000e-324"),
            0U);
  EXPECT_EQ(bits_of("2.4703282292062328e-324"), 1U);
  EXPECT_EQ(bits_of("4.9406564584124654e-324"), 1U);
  EXPECT_EQ(bits_of("2.2250738585072011e-308"), 0x000F'FFFF'FFFF'FFFFU);
  EXPECT_EQ(bits_of("2.2250738585072012e-308"), 0x0010'0000'0000'0000U);
  EXPECT_EQ(bits_of("1.7976931348623158e308"), 0x7FEF'FFFF'FFFF'FFFFU);
  EXPECT_EQ(bits_of("1.7976931348623159e308"), 0x7FF0'0000'0000'0000U);
}

TEST(ParseDouble, TakesAnyLength) {
  const std::string zeros(5000, '0');
  EXPECT_EQ(*parse_double("1" + zeros + "e-5000"), 1.0);
  EXPECT_EQ(*parse_double("0." + zeros + "1e5001"), 1.0);
  EXPECT_EQ(*parse_double("1." + zeros + "1"), 1.0);
  EXPECT_EQ(*parse_double("1" + std::string(400, '9')), std::numeric_limits<double>::infinity());
  EXPECT_EQ(*parse_double("1e99999999999999999999999999"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(*parse_double("-1e-99999999999999999999999999"), 0.0);
  EXPECT_EQ(*parse_double("0e99999999999999999999999999"), 0.0);
}

TEST(ParseDouble, AcceptsSignsPointsAndNames) {
  EXPECT_EQ(*parse_double("+1"), 1.0);
  EXPECT_EQ(*parse_double(".5"), 0.5);
  EXPECT_EQ(*parse_double("5."), 5.0);
  EXPECT_TRUE(std::signbit(*parse_double("-0")));
  EXPECT_EQ(*parse_double("-Infinity"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(*parse_double("NaN")));
}

TEST(ParseDouble, SaysWhereItIsMalformed) {
  const std::pair<const char*, std::uint64_t> cases[] = {
      {"", 0},     {"-", 1},  {".", 0},    {"e5", 0},    {"1e", 2},     {"1e+", 3},
      {"1.5x", 3}, {"1 ", 1}, {"0x10", 1}, {"1.2.3", 3}, {"infinit", 0}};
  for (const auto& [text, offset] : cases) {
    const auto result = parse_double(text);
    ASSERT_FALSE(result.has_value()) << text;
    EXPECT_TRUE(result.error().is(Errc::Malformed));
    EXPECT_EQ(result.error().offset(), offset) << text;
  }
}

// The fast way against the definition, where it is hardest: decimals close to half-way points.
TEST(ParseDouble, AgreesWithExactArithmetic) {
  SplitMix64 random{3};
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t w = random.next() >> (random.next() % 64);
    const auto q = static_cast<int>(random.next() % 700) - 360;
    const std::string digits = std::to_string(w);
    const auto point = static_cast<std::int64_t>(digits.size()) + q;
    ASSERT_EQ(detail::nearest_bits<double>(w, q), detail::exact_bits<double>(digits, point))
        << digits << "e" << q;
    ASSERT_EQ(detail::nearest_bits<float>(w, q % 60),
              detail::exact_bits<float>(digits, static_cast<std::int64_t>(digits.size()) + q % 60))
        << digits << "e" << q % 60;
  }
  for (int i = 0; i < 3'000; ++i) {  // exact half-way decimals of up to 770 digits, and beside them
    const std::uint64_t bits = random.next() & 0x7FFF'FFFF'FFFF'FFFFU;
    const auto value = std::bit_cast<double>(i % 3 == 0 ? bits >> 12 : bits);
    const double next = std::nextafter(value, std::numeric_limits<double>::infinity());
    if (!std::isfinite(next)) continue;
    char text[1200];
    // long double holds the middle exactly (64-bit mantissa, wider exponent).
    const long double middle =
        (static_cast<long double>(value) + static_cast<long double>(next)) / 2;
    std::snprintf(text, sizeof text, "%.800Le", middle);
    const bool even = (std::bit_cast<std::uint64_t>(value) & 1) == 0;
    ASSERT_EQ(*parse_double(text), even ? value : next) << text;
    std::string above(text);
    above.insert(above.find('e'), "1");
    ASSERT_EQ(*parse_double(above), next) << above;
  }
}

TEST(ParseWhole, KnowsTheLimits) {
  EXPECT_EQ(*parse_int("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(*parse_int("+9223372036854775807"), INT64_MAX);
  EXPECT_EQ(*parse_uint("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(*parse_uint("00000000000000000000000000000000012"), 12U);
  EXPECT_TRUE(parse_int("9223372036854775808").error().is(Errc::OutOfRange));
  EXPECT_TRUE(parse_int("-9223372036854775809").error().is(Errc::OutOfRange));
  EXPECT_TRUE(parse_uint("18446744073709551616").error().is(Errc::OutOfRange));
  EXPECT_TRUE(parse_uint("99999999999999999999999").error().is(Errc::OutOfRange));
  for (const char* bad : {"", "-", "+", "1a", " 1", "1.0", "--1"})
    EXPECT_TRUE(parse_int(bad).error().is(Errc::Malformed)) << bad;
  EXPECT_TRUE(parse_uint("-1").error().is(Errc::Malformed));
}

TEST(FormatWhole, AgreesWithTheStandardLibrary) {
  SplitMix64 random{4};
  char buffer[kMaxNumberChars];
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t value = random.next() >> (i % 64);
    EXPECT_EQ(std::string(buffer, format_uint(buffer, value)), std::to_string(value));
    const auto negative = static_cast<std::int64_t>(0 - value);
    EXPECT_EQ(std::string(buffer, format_int(buffer, negative)), std::to_string(negative));
  }
  EXPECT_EQ(std::string(buffer, format_int(buffer, INT64_MIN)), "-9223372036854775808");
}

}  // namespace
