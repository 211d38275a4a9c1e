#include <avila/numeric/rational.hpp>
#include <bit>
#include <cmath>
#include <limits>

#include "support.hpp"

namespace {
using namespace numeric_test;

Rational fraction(std::int64_t n, std::int64_t d) { return Rational::from(n, d).value(); }
Rational parsed(std::string_view text) { return Rational::parse(text).value(); }

TEST(Rational, IsAlwaysInLowestTerms) {
  EXPECT_EQ(fraction(6, -4).to_string(), "-3/2");
  EXPECT_EQ(fraction(0, -7).to_string(), "0");
  Random random{1};
  for (int round = 0; round < 500; ++round) {
    const Rational a =
        Rational::from(random.integer(random.below(4)), random.integer(1 + random.below(3)))
            .value();
    const Rational b =
        Rational::from(random.integer(random.below(4)), random.integer(1 + random.below(3)))
            .value();
    for (const Rational& x : {a + b, a - b, a * b, b.is_zero() ? a : a / b}) {
      ASSERT_FALSE(x.denominator().is_zero());
      ASSERT_TRUE(gcd(x.numerator().magnitude(), x.denominator()).is_one());
    }
    ASSERT_EQ(a + b - b, a);
    if (!b.is_zero()) {
      ASSERT_EQ(a * b / b, a);
    }
    ASSERT_EQ((a + b) * (a - b), a * a - b * b);
    ASSERT_EQ(a < b, (a - b).sign() < 0);
  }
}
TEST(Rational, ReadsDecimalsAndFractions) {
  EXPECT_EQ(parsed("12.50"), fraction(25, 2));
  EXPECT_EQ(parsed("-0.125"), fraction(-1, 8));
  EXPECT_EQ(parsed("1.25e-3"), fraction(1, 800));
  EXPECT_EQ(parsed("1.5E3"), Rational(1500));
  EXPECT_EQ(parsed("22/7"), fraction(22, 7));
  EXPECT_EQ(parsed(".5"), fraction(1, 2));
  EXPECT_EQ(parsed("5."), Rational(5));
  const struct {
    const char* text;
    std::uint64_t offset;
  } bad[] = {{"", 0},    {".", 1},  {"-", 1},   {"1.2.3", 3}, {"1e", 2},
             {"1e+", 3}, {"1x", 1}, {"1/x", 2}, {"1/", 2},    {"1e5x", 3}};
  for (const auto& c : bad) {
    const auto r = Rational::parse(c.text);
    ASSERT_FALSE(r.has_value()) << c.text;
    EXPECT_EQ(r.error().code(), Errc::Malformed) << c.text;
    EXPECT_EQ(r.error().offset(), c.offset) << c.text;
  }
  EXPECT_EQ(Rational::parse("1/0").error().code(), Errc::InvalidArgument);
  EXPECT_EQ(Rational::parse("1e99999999999999999999").error().code(), Errc::LimitExceeded);
  EXPECT_EQ(Rational::from(1, 0).error().code(), Errc::InvalidArgument);
  EXPECT_EQ(Rational().reciprocal().error().code(), Errc::InvalidArgument);
}
TEST(Rational, RoundsToIntegersAndDecimals) {
  EXPECT_EQ(fraction(-7, 2).floor(), BigInt(-4));
  EXPECT_EQ(fraction(-7, 2).ceil(), BigInt(-3));
  EXPECT_EQ(fraction(-7, 2).truncate(), BigInt(-3));
  EXPECT_EQ(fraction(-7, 2).round(), BigInt(-4));
  EXPECT_EQ(fraction(5, 2).round(), BigInt(2));
  EXPECT_EQ(fraction(22, 7).to_decimal(3), "3.143");
  EXPECT_EQ(fraction(-1, 3).to_decimal(5), "-0.33333");
  EXPECT_EQ(fraction(1, 1000).to_decimal(2), "0.00");
  EXPECT_EQ(Rational(7).to_decimal(0), "7");
  EXPECT_EQ(fraction(1, 8).exact_decimal_places(), 3U);
  EXPECT_EQ(fraction(1, 6250).exact_decimal_places(), 5U);
  EXPECT_FALSE(fraction(1, 3).exact_decimal_places().has_value());
  EXPECT_EQ(Rational(5).exact_decimal_places(), 0U);
}
TEST(Rational, DoublesAreExactBothWays) {
  Random random{2};
  for (int round = 0; round < 3000; ++round) {
    const auto value = std::bit_cast<double>(random.next() >> (round % 3 == 0 ? 12 : 0));
    if (!std::isfinite(value)) continue;
    const Rational x = Rational::from_double(value).value();
    ASSERT_EQ(x.to_double(), value);
    // Just beside it and half way to the next one.
    const double up = std::nextafter(value, HUGE_VAL);
    if (!std::isfinite(up)) continue;
    const Rational y = Rational::from_double(up).value();
    const Rational third = x + (y - x) / Rational(3);
    ASSERT_EQ(third.to_double(), value);
    const double half = (x + (y - x) / Rational(2)).to_double();
    ASSERT_EQ(half, std::bit_cast<std::uint64_t>(value) % 2 == 0 ? value : up);
  }
  EXPECT_EQ(Rational::from_double(0.1)->to_string(), "3602879701896397/36028797018963968");
  EXPECT_FALSE(Rational::from_double(std::nan("")).has_value());
  EXPECT_TRUE(std::isinf(Rational(*pow(BigInt(10), 400)).to_double()));
  EXPECT_EQ((Rational(1) / Rational(*pow(BigInt(10), 400))).to_double(), 0.0);
}
TEST(Rational, ContinuedFractions) {
  // 649/200 = [3; 4, 12, 4]
  const auto terms = fraction(649, 200).continued_fraction();
  EXPECT_EQ(terms, (std::vector<BigInt>{3, 4, 12, 4}));
  EXPECT_EQ(Rational::from_continued_fraction(terms), fraction(649, 200));
  EXPECT_EQ(fraction(-7, 3).continued_fraction(), (std::vector<BigInt>{-3, 1, 2}));
  Random random{3};
  for (int round = 0; round < 100; ++round) {
    const Rational x = Rational::from(random.integer(3), random.integer(2)).value();
    ASSERT_EQ(Rational::from_continued_fraction(x.continued_fraction()), x);
  }
}
TEST(Rational, BestApproximationsAreTheClosest) {
  const Rational pi = parsed("3.14159265358979323846");
  EXPECT_EQ(pi.best_approximation(10), fraction(22, 7));
  EXPECT_EQ(pi.best_approximation(200), fraction(355, 113));
  EXPECT_EQ(pi.best_approximation(1), Rational(3));
  Random random{4};
  for (int round = 0; round < 200; ++round) {
    const auto n = static_cast<std::int64_t>(random.below(4000)) - 2000;
    const Rational x = fraction(n, 1 + static_cast<std::int64_t>(random.below(1000)));
    const std::int64_t most = 1 + static_cast<std::int64_t>(random.below(30));
    const Rational best = x.best_approximation(BigUint(most));
    const auto distance = [&](const Rational& y) { return (x - y).sign() < 0 ? y - x : x - y; };
    ASSERT_LE(best.denominator(), BigUint(most));
    for (std::int64_t d = 1; d <= most; ++d)
      ASSERT_LE(distance(best), distance(Rational::from((x * Rational(d)).round(), d).value()));
  }
}
TEST(Rational, Powers) {
  EXPECT_EQ(pow(fraction(-2, 3), 3)->to_string(), "-8/27");
  EXPECT_EQ(pow(fraction(-2, 3), -3)->to_string(), "-27/8");
  EXPECT_EQ(pow(Rational(), 0).value(), Rational(1));
  EXPECT_EQ(pow(Rational(), -1).error().code(), Errc::InvalidArgument);
  EXPECT_EQ(pow(Rational(2), INT64_MIN).error().code(), Errc::LimitExceeded);
}

}  // namespace
