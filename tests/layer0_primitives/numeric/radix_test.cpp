#include <algorithm>

#include "support.hpp"

namespace {
using namespace numeric_test;
namespace detail = avila::numeric::detail;

// Digit by digit.
std::string reference_print(BigUint a, unsigned base) {
  std::string text;
  do text += "0123456789abcdefghijklmnopqrstuvwxyz"[a.divide_by(base)];
  while (!a.is_zero());
  std::reverse(text.begin(), text.end());
  return text;
}

void expect_round_trips(std::size_t largest, std::uint64_t seed) {
  Random random{seed};
  for (unsigned base = 2; base <= 36; ++base) {
    for (std::size_t n = 0; n < largest; n += 1 + n / 3) {
      const BigUint power = *pow(BigUint(base), 13 * n);
      for (const BigUint& a : {random.number(n), power, power - 1, power + 1, power * power - power,
                               power * BigUint(base - 1)}) {
        const std::string text = a.to_string(base);
        ASSERT_EQ(text, reference_print(a, base)) << base;
        ASSERT_EQ(BigUint::parse(text, base).value(), a);
      }
    }
  }
}

TEST(Radix, PrintsAsDigitByDigitAndReadsBack) { expect_round_trips(60, 1); }
TEST(Radix, RecursionIsExactWhenForced) {
  detail::Thresholds t;
  t.to_digits = t.from_digits = 2;
  const LowerThresholds lower(t);
  expect_round_trips(40, 2);
}
TEST(Radix, AMillionDigitsBothWays) {
  Random random{3};
  const BigUint a = random.number(51'906);
  const std::string text = a.to_string();
  EXPECT_EQ(BigUint::parse(text).value(), a);
  // The residue modulo 10^18 and modulo 10^18 - 1 (casting out) follow from the digits alone.
  Limb low = 0, sum = 0;
  constexpr Limb kBase = 1'000'000'000'000'000'000;
  for (std::size_t end = text.size(); end != 0;) {
    const std::size_t from = end > 18 ? end - 18 : 0;
    Limb block = 0;
    for (std::size_t i = from; i < end; ++i) block = block * 10 + static_cast<Limb>(text[i] - '0');
    if (end == text.size()) low = block;
    sum = static_cast<Limb>((u128{sum} + block) % (kBase - 1));
    end = from;
  }
  EXPECT_EQ(residue(a, kBase), low);
  EXPECT_EQ(residue(a, kBase - 1), sum);
}
TEST(Radix, NumbersNextToPowersOfTen) {
  for (const std::size_t n : {18, 19, 20, 37, 38, 39, 570, 1140, 5000, 123'456}) {
    const BigUint power = *pow(BigUint(10), n);
    EXPECT_EQ(power.to_string(), "1" + std::string(n, '0'));
    EXPECT_EQ((power - 1).to_string(), std::string(n, '9'));
    EXPECT_EQ((power + 1).to_string(), "1" + std::string(n - 1, '0') + "1");
    EXPECT_EQ(BigUint::parse(std::string(n, '9')).value(), power - 1);
  }
}
TEST(Radix, KnownMersenneNumbers) {
  // 2^127 - 1 (Lucas 1876); 2^1257787 - 1 has 378,632 digits and begins 412245773621428675…
  // (Slowinski and Gage 1996).
  EXPECT_EQ(((BigUint(1) << 127) - 1).to_string(), "170141183460469231731687303715884105727");
  const std::string text = ((BigUint(1) << 1'257'787) - 1).to_string();
  EXPECT_EQ(text.size(), 378'632U);
  EXPECT_EQ(text.substr(0, 15), "412245773621428");
}
TEST(Radix, ReadsPrefixesLettersAndSeparators) {
  EXPECT_EQ(BigUint::parse("0xFFff", 0).value(), BigUint(65535));
  EXPECT_EQ(BigUint::parse("0b1010", 0).value(), BigUint(10));
  EXPECT_EQ(BigUint::parse("0O17", 0).value(), BigUint(15));
  EXPECT_EQ(BigUint::parse("017", 0).value(), BigUint(17));
  EXPECT_EQ(BigUint::parse("Zz", 36).value(), BigUint(35 * 36 + 35));
  EXPECT_EQ(BigUint::parse("1_000_000").value(), BigUint(1'000'000));
  EXPECT_EQ(BigUint::parse("0000000000000000000000000000000000000007").value(), BigUint(7));
  EXPECT_EQ(BigInt::parse("-12").value(), BigInt(-12));
  EXPECT_EQ(BigInt::parse("+12").value(), BigInt(12));
  EXPECT_EQ(BigInt(-255).to_string(16), "-ff");
}
TEST(Radix, RefusesWhatIsNoNumber) {
  const struct {
    const char* text;
    unsigned base;
    std::uint64_t offset;
  } cases[] = {{"", 10, 0},
               {"a", 10, 0},
               {"12x4", 10, 2},
               {"1234567890123456789/0", 10, 19},
               {"12", 2, 1},
               {"_1", 10, 0},
               {"1_", 10, 1},
               {"1__2", 10, 2},
               {"0x", 0, 2},
               {"0xg", 0, 2},
               {" 1", 10, 0},
               {"1 ", 10, 1},
               {"-1", 10, 0},
               {"1_0:", 10, 3},
               {"9\xFF", 10, 1},
               {"00z", 10, 2},
               {"12345678901234567890123456789012345678901234567890!", 10, 50}};
  for (const auto& c : cases) {
    const auto r = BigUint::parse(c.text, c.base);
    ASSERT_FALSE(r.has_value()) << c.text;
    EXPECT_EQ(r.error().code(), Errc::Malformed) << c.text;
    EXPECT_EQ(r.error().offset(), c.offset) << c.text;
  }
  EXPECT_EQ(BigUint::parse("1", 1).error().code(), Errc::InvalidArgument);
  EXPECT_EQ(BigUint::parse("1", 37).error().code(), Errc::InvalidArgument);
  EXPECT_FALSE(BigInt::parse("--1").has_value());
  EXPECT_FALSE(BigInt::parse("-").has_value());
}

// Chudnovsky's series by binary splitting: uses everything at once.
struct Split {
  BigInt p, q, t;
};
Split split(std::int64_t a, std::int64_t b) {
  if (b - a == 1) {
    if (a == 0) return {1, 1, 13591409};
    const BigInt p = BigInt((6 * a - 5) * (2 * a - 1)) * BigInt(6 * a - 1);
    const BigInt q = BigInt(a) * BigInt(a) * BigInt(a) * BigInt(10939058860032000);
    const BigInt t = p * BigInt(13591409 + 545140134 * a);
    return {p, q, a % 2 == 0 ? t : -t};
  }
  const std::int64_t m = (a + b) / 2;
  const Split x = split(a, m), y = split(m, b);
  return {x.p * y.p, x.q * y.q, x.t * y.q + x.p * y.t};
}
TEST(Radix, TheDigitsOfPi) {
  // The last ten of the first 1,000, 10,000 and 100,000 decimals, as published in many places.
  const std::size_t decimals = 100'000, guard = 20;
  const Split s = split(0, static_cast<std::int64_t>(decimals) / 14 + 3);
  const BigUint scale = *pow(BigUint(10), decimals + guard);
  const BigUint root = avila::numeric::sqrt(BigUint(10005) * scale * scale).root;
  const BigInt pi = BigInt(426880) * BigInt(root) * s.q / s.t;
  const std::string text = pi.to_string();
  EXPECT_EQ(text.substr(0, 30), "314159265358979323846264338327");
  EXPECT_EQ(text.substr(1 + 1'000 - 10, 10), "2164201989");
  EXPECT_EQ(text.substr(1 + 10'000 - 10, 10), "5256375678");
  EXPECT_EQ(text.substr(1 + 100'000 - 10, 10), "5493624646");
}

}  // namespace
