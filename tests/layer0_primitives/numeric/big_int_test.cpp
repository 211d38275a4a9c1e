#include <avila/numeric/big_int.hpp>
#include <cmath>
#include <limits>

#include "support.hpp"

namespace {
using namespace numeric_test;

std::vector<std::byte> bytes_of(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}

TEST(BigUint, AddsAndSubtractsAcrossLimbs) {
  Random random{1};
  for (int round = 0; round < 2000; ++round) {
    const BigUint a = random.number(random.below(12)), b = random.number(random.below(12));
    const BigUint sum = a + b;
    ASSERT_EQ(sum - a, b);
    ASSERT_EQ(sum - b, a);
    BigUint c = a;
    c += c;
    ASSERT_EQ(c, a << 1);
    c -= c;
    ASSERT_TRUE(c.is_zero());
    c.assign_sum(a, b);
    c.assign_sum(c, c);
    ASSERT_EQ(c, sum << 1);
    c.assign_product(a, b);
    c.assign_product(c, c);
    ASSERT_EQ(c, a * b * a * b);
  }
}
TEST(BigUint, BelowZeroBreaksTheContract) {
  EXPECT_DEATH((void)(BigUint(3) - BigUint(4)), "borrow");
  EXPECT_DEATH((void)BigUint(-1), "value >= 0");
}
TEST(BigUint, ShiftsAreProductsByPowersOfTwo) {
  Random random{2};
  for (int round = 0; round < 1000; ++round) {
    const BigUint a = random.number(random.below(8));
    const std::uint64_t count = random.below(300);
    const BigUint power = *BigUint::power_of_two(count);
    ASSERT_EQ(a << count, a * power);
    ASSERT_EQ(a >> count, a / power);
    ASSERT_EQ((a << count) >> count, a);
    if (!a.is_zero()) {
      ASSERT_EQ((a << count).trailing_zeros(), a.trailing_zeros() + count);
      ASSERT_EQ((a << count).bit_length(), a.bit_length() + count);
      ASSERT_EQ((a << count).popcount(), a.popcount());
    }
  }
}
TEST(BigUint, LimitsAreErrors) {
  const auto shifted = shift_left(BigUint(1), kMaxBits);
  ASSERT_FALSE(shifted.has_value());
  EXPECT_EQ(shifted.error().code(), Errc::LimitExceeded);
  EXPECT_FALSE(BigUint::power_of_two(~std::uint64_t{0}).has_value());
  EXPECT_FALSE(pow(BigUint(3), kMaxBits).has_value());
  EXPECT_FALSE(pow(BigUint(2), ~std::uint64_t{0}).has_value());
  EXPECT_EQ(pow(BigUint(2), 100, 100).error().code(), Errc::LimitExceeded);
  EXPECT_TRUE(pow(BigUint(2), 99, 100).has_value());
  EXPECT_FALSE(factorial(~std::uint64_t{0}).has_value());
  EXPECT_FALSE(factorial(1000, 1000).has_value());
  EXPECT_FALSE(binomial(1'000'000'000'000, 500'000'000'000).has_value());
  EXPECT_FALSE(fibonacci(~std::uint64_t{0}).has_value());
  EXPECT_TRUE(shift_left(BigUint(), ~std::uint64_t{0}).has_value());
}
TEST(BigUint, ComparesByValue) {
  Random random{3};
  for (int round = 0; round < 1000; ++round) {
    const BigUint a = random.number(random.below(5)), b = random.number(random.below(5));
    ASSERT_EQ(a < b, (BigInt(a) - BigInt(b)).is_negative());
    ASSERT_EQ(a == b, (BigInt(a) - BigInt(b)).is_zero());
  }
  EXPECT_LT(BigInt(-5), BigInt(-4));
  EXPECT_LT(BigInt(-5), BigInt(0));
  EXPECT_LT(BigInt(0), BigInt(1));
}
TEST(BigUint, ConvertsToAndFromBuiltInIntegers) {
  EXPECT_EQ(BigUint(std::numeric_limits<std::uint64_t>::max()).to_uint64(), ~std::uint64_t{0});
  EXPECT_EQ(BigUint(avila::kU128Max).to_uint128(), avila::kU128Max);
  EXPECT_FALSE(BigUint(avila::kU128Max).to_uint64().has_value());
  EXPECT_FALSE((BigUint(avila::kU128Max) + 1).to_uint128().has_value());
  EXPECT_EQ(BigInt(INT64_MIN).to_int64(), INT64_MIN);
  EXPECT_EQ(BigInt(INT64_MAX).to_int64(), INT64_MAX);
  EXPECT_FALSE((BigInt(INT64_MIN) - 1).to_int64().has_value());
  EXPECT_FALSE((BigInt(INT64_MAX) + 1).to_int64().has_value());
  EXPECT_EQ(BigInt(avila::kI128Min).to_int128(), avila::kI128Min);
  EXPECT_EQ(BigInt(avila::kI128Max).to_int128(), avila::kI128Max);
  EXPECT_FALSE((BigInt(avila::kI128Min) - 1).to_int128().has_value());
  EXPECT_FALSE(BigInt(-1).to_uint64().has_value());
}
TEST(BigUint, DoublesRoundToNearestEven) {
  EXPECT_EQ(BigUint((std::uint64_t{1} << 53) + 1).to_double(), 9007199254740992.0);
  EXPECT_EQ(BigUint((std::uint64_t{1} << 53) + 3).to_double(), 9007199254740996.0);
  EXPECT_EQ(((BigUint(1) << 200) + (BigUint(1) << 147)).to_double(), std::ldexp(1, 200));
  EXPECT_EQ(((BigUint(1) << 200) + (BigUint(1) << 147) + 1).to_double(),
            std::ldexp(1, 200) + std::ldexp(1, 148));
  const BigUint largest = (BigUint(1) << 1024) - (BigUint(1) << 971);
  EXPECT_EQ(largest.to_double(), std::numeric_limits<double>::max());
  EXPECT_EQ((largest + (BigUint(1) << 970) - 1).to_double(), std::numeric_limits<double>::max());
  EXPECT_TRUE(std::isinf((largest + (BigUint(1) << 970)).to_double()));
  EXPECT_EQ(*BigUint::from_double(1e300),
            *BigUint::from_double((*BigUint::from_double(1e300)).to_double()));
  EXPECT_EQ(BigUint::from_double(3.99).value(), BigUint(3));
  EXPECT_EQ(BigInt::from_double(-3.99).value(), BigInt(-3));
  EXPECT_FALSE(BigUint::from_double(-1).has_value());
  EXPECT_FALSE(BigUint::from_double(std::nan("")).has_value());
  EXPECT_FALSE(BigInt::from_double(-HUGE_VAL).has_value());
}
TEST(BigUint, BytesInBothOrders) {
  Random random{4};
  for (int round = 0; round < 300; ++round) {
    const BigUint a = random.number(random.below(6)) >> random.below(64);
    std::vector<std::byte> out(a.byte_length() + random.below(3));
    a.write_bytes_le(out);
    ASSERT_EQ(BigUint::from_bytes_le(out).value(), a);
    a.write_bytes_be(out);
    ASSERT_EQ(BigUint::from_bytes_be(out).value(), a);
    const BigInt b = random.integer(random.below(6)) >> random.below(64);
    std::vector<std::byte> wide(b.byte_length() + random.below(3));
    b.write_bytes_le(wide);
    ASSERT_EQ(BigInt::from_bytes_le(wide).value(), b);
    b.write_bytes_be(wide);
    ASSERT_EQ(BigInt::from_bytes_be(wide).value(), b);
  }
  EXPECT_EQ(BigInt(-128).byte_length(), 1U);
  EXPECT_EQ(BigInt(128).byte_length(), 2U);
  EXPECT_EQ(BigInt(-129).byte_length(), 2U);
  EXPECT_EQ(BigInt(0).byte_length(), 1U);
  EXPECT_EQ(BigInt::from_bytes_be(bytes_of({0xFF, 0x7F})).value(), BigInt(-129));
  EXPECT_EQ(BigInt::from_bytes_le(bytes_of({})).value(), BigInt(0));
}
TEST(BigInt, BitOperationsAreTwosComplement) {
  Random random{5};
  // Against 128-bit integers, then by identities on longer numbers.
  for (int round = 0; round < 2000; ++round) {
    const auto x = static_cast<avila::i128>(avila::make_u128(random.next(), random.next())) >>
                   random.below(127);
    const auto y = static_cast<avila::i128>(avila::make_u128(random.next(), random.next())) >>
                   random.below(127);
    const BigInt a(x), b(y);
    ASSERT_EQ(a & b, BigInt(x & y));
    ASSERT_EQ(a | b, BigInt(x | y));
    ASSERT_EQ(a ^ b, BigInt(x ^ y));
    ASSERT_EQ(~a, BigInt(~x));
    const auto count = static_cast<unsigned>(random.below(127));
    ASSERT_EQ(a >> count, BigInt(x >> count));
    ASSERT_EQ(a.bit(count), (x >> count & 1) != 0);
  }
  for (int round = 0; round < 500; ++round) {
    const BigInt a = random.integer(random.below(9)), b = random.integer(random.below(9));
    ASSERT_EQ((a & b) + (a | b), a + b);
    ASSERT_EQ((a ^ b) + ((a & b) << 1), a + b);
    ASSERT_EQ(~(a & b), ~a | ~b);
    ASSERT_EQ(~a, -a - 1);
  }
}
TEST(BigInt, ThreeDivisions) {
  Random random{6};
  for (int round = 0; round < 500; ++round) {
    const BigInt a = random.integer(random.below(7)), b = random.integer(1 + random.below(4));
    const auto t = divide_truncated(a, b), f = divide_floor(a, b), e = divide_euclid(a, b);
    for (const auto* parts : {&t, &f, &e}) {
      ASSERT_EQ((*parts)->quotient * b + (*parts)->remainder, a);
      ASSERT_LT((*parts)->remainder.magnitude(), b.magnitude());
    }
    ASSERT_TRUE(t->remainder.is_zero() || t->remainder.is_negative() == a.is_negative());
    ASSERT_TRUE(f->remainder.is_zero() || f->remainder.is_negative() == b.is_negative());
    ASSERT_FALSE(e->remainder.is_negative());
    ASSERT_EQ(a / b, t->quotient);
    ASSERT_EQ(a % b, t->remainder);
  }
  EXPECT_EQ(BigInt(-7) / BigInt(2), BigInt(-3));
  EXPECT_EQ(BigInt(-7) % BigInt(2), BigInt(-1));
  EXPECT_EQ(divide_floor(BigInt(-7), BigInt(2))->quotient, BigInt(-4));
  EXPECT_EQ(divide_euclid(BigInt(-7), BigInt(-2))->quotient, BigInt(4));
}
TEST(BigInt, ZeroHasOneSign) {
  EXPECT_FALSE(BigInt(BigUint(), true).is_negative());
  EXPECT_FALSE((BigInt(5) - BigInt(5)).is_negative());
  EXPECT_FALSE((BigInt(-5) + BigInt(5)).is_negative());
  EXPECT_FALSE((-BigInt()).is_negative());
  BigInt x(-3);
  x *= 0;
  EXPECT_FALSE(x.is_negative());
  EXPECT_EQ(BigInt::parse("-0").value(), BigInt(0));
  BigInt y(-1);
  y += y;
  y -= y;
  EXPECT_FALSE(y.is_negative());
}
TEST(BigUint, MovedFromIsZeroAndUsable) {
  BigUint a = BigUint(1) << 1000;
  BigUint b = std::move(a);
  a = BigUint(7);
  EXPECT_EQ(a + (b >> 1000), BigUint(8));
  BigUint& same = b;
  b = same;
  EXPECT_EQ(b.bit_length(), 1001U);
}

}  // namespace
