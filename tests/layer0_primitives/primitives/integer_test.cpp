#include <avila/primitives/bits.hpp>
#include <avila/primitives/box.hpp>
#include <avila/primitives/duration.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/primitives/fixed.hpp>
#include <avila/primitives/integer.hpp>
#include <avila/primitives/varint.hpp>
#include <avila/primitives/wide.hpp>

#include <array>

namespace avila {
namespace {

TEST(Checked, LosesItsValueAtTheLimitsAndKeepsItLost) {
  using C = Checked<std::int8_t>;
  EXPECT_EQ(*(C(100) + C(27)), 127);
  EXPECT_FALSE((C(100) + C(28)).has_value());
  EXPECT_FALSE((C(-128) - C(1)).has_value());
  EXPECT_FALSE((C(16) * C(8)).has_value());
  EXPECT_FALSE((C(1) / C(0)).has_value());
  EXPECT_FALSE((C(-128) / C(-1)).has_value());
  EXPECT_FALSE((C(-128) % C(-1)).has_value());
  EXPECT_FALSE(((C(100) + C(100)) - C(100)).has_value());
  EXPECT_EQ((C(100) + C(100)).value_or(-1), -1);
  EXPECT_FALSE(C(300).has_value());
  EXPECT_FALSE(Checked<std::uint64_t>(-1).has_value());
  EXPECT_EQ(*(Checked<std::uint32_t>(1) << 31), 0x80000000U);
  EXPECT_FALSE((Checked<std::uint32_t>(2) << 31).has_value());
  EXPECT_FALSE((C(64) << 1).has_value());
  EXPECT_FALSE((Checked<u128>(kU128Max) + Checked<u128>(1)).has_value());
}

TEST(Checked, ExhaustiveAgainstWiderArithmetic) {
  for (int a = -128; a < 128; ++a)
    for (int b = -128; b < 128; ++b) {
      const Checked<std::int8_t> x(a), y(b);
      const auto fits = [](int v) { return v >= -128 && v <= 127; };
      ASSERT_EQ((x + y).has_value(), fits(a + b));
      ASSERT_EQ((x - y).has_value(), fits(a - b));
      ASSERT_EQ((x * y).has_value(), fits(a * b));
      using S = Saturating<std::int8_t>;
      const auto clamp = [](int v) { return v < -128 ? -128 : v > 127 ? 127 : v; };
      const S s(static_cast<std::int8_t>(a)), t(static_cast<std::int8_t>(b));
      ASSERT_EQ((s + t).value, clamp(a + b));
      ASSERT_EQ((s - t).value, clamp(a - b));
      ASSERT_EQ((s * t).value, clamp(a * b));
      using W = Wrapping<std::int8_t>;
      const W v(static_cast<std::int8_t>(a)), w(static_cast<std::int8_t>(b));
      ASSERT_EQ((v + w).value, static_cast<std::int8_t>(a + b));
      ASSERT_EQ((v * w).value, static_cast<std::int8_t>(a * b));
    }
}

TEST(Wrapping, GoesRoundAndOrdersSerialNumbers) {
  EXPECT_EQ((Wrapping<std::uint8_t>(250) + Wrapping<std::uint8_t>(10)).value, 4);
  EXPECT_EQ((-Wrapping<std::int32_t>(INT32_MIN)).value, INT32_MIN);
  EXPECT_EQ((Wrapping<std::uint16_t>(65535) * Wrapping<std::uint16_t>(65535)).value, 1);
  using Serial = Wrapping<std::uint8_t>;
  EXPECT_TRUE(Serial(250).before(Serial(3)));
  EXPECT_FALSE(Serial(3).before(Serial(250)));
  EXPECT_FALSE(Serial(3).before(Serial(3)));
}

TEST(Saturating, UnsignedStaysAtZero) {
  using S = Saturating<std::uint32_t>;
  EXPECT_EQ((S(3) - S(5)).value, 0U);
  EXPECT_EQ((S(UINT32_MAX) + S(1)).value, UINT32_MAX);
  EXPECT_EQ((S(UINT32_MAX) * S(2)).value, UINT32_MAX);
}

TEST(NonZero, RefusesZero) {
  EXPECT_FALSE(NonZero<int>::create(0).has_value());
  EXPECT_EQ(NonZero<int>::create(-3)->get(), -3);
  constexpr auto ten = NonZero<unsigned>::of<10>();
  EXPECT_EQ(100U / ten, 10U);
}

TEST(Wide, FormatsAndParsesItsLimits) {
  EXPECT_EQ(to_string(kU128Max), "340282366920938463463374607431768211455");
  EXPECT_EQ(to_string(kI128Min), "-170141183460469231731687303715884105728");
  EXPECT_EQ(to_string(u128{0}), "0");
  EXPECT_EQ(parse_u128("340282366920938463463374607431768211455"), kU128Max);
  EXPECT_FALSE(parse_u128("340282366920938463463374607431768211456").has_value());
  EXPECT_EQ(parse_i128("-170141183460469231731687303715884105728"), kI128Min);
  EXPECT_FALSE(parse_i128("170141183460469231731687303715884105728").has_value());
  EXPECT_FALSE(parse_u128("").has_value());
  EXPECT_FALSE(parse_u128("1x").has_value());
  EXPECT_FALSE(parse_i128("-").has_value());
  EXPECT_EQ(multiply_wide(~0ULL, ~0ULL), make_u128(~0ULL - 1, 1));
  EXPECT_EQ(countl_zero(u128{1}), 127);
  EXPECT_EQ(countr_zero(make_u128(1, 0)), 64);
  EXPECT_EQ(popcount(kU128Max), 128);
  EXPECT_EQ(bit_width(make_u128(1, 0)), 65);
}

TEST(Fixed, ArithmeticRoundsAndSaturates) {
  const auto q = [](double v) { return Q16_16::from_double(v); };
  EXPECT_EQ((q(1.5) * q(-2.25)).to_double(), -3.375);
  EXPECT_EQ((q(1) / q(3)).raw(), 21845);
  EXPECT_EQ((q(-1) / q(3)).raw(), -21845);
  EXPECT_EQ((q(2) / q(3)).raw(), 43691);
  EXPECT_EQ(q(30000) + q(30000), Q16_16::max());
  EXPECT_EQ(q(-30000) - q(30000), Q16_16::min());
  EXPECT_EQ(q(300) * q(-300), Q16_16::min());
  EXPECT_EQ(q(1) / q(0), Q16_16::max());
  EXPECT_EQ(-Q16_16::min(), Q16_16::max());
  EXPECT_EQ(Q16_16::from_int(40000), Q16_16::max());
  EXPECT_EQ(q(-1.25).floor(), -2);
  EXPECT_EQ(q(-1.25).ceil(), -1);
  EXPECT_EQ(q(2.5).round(), 3);
  EXPECT_EQ(q(-1.25).to_string(), "-1.25");
  EXPECT_EQ(Q16_16::from_raw(1).to_string(), "0.0000152587890625");
  EXPECT_EQ(Q16_16::min().to_string(), "-32768");
  EXPECT_LT(q(-1), q(0.5));
  EXPECT_EQ(q(std::numeric_limits<double>::quiet_NaN()).raw(), 0);
}

TEST(Fixed, WideFormKeepsItsPrecision) {
  const auto third = Q32_32::from_int(1) / Q32_32::from_int(3);
  EXPECT_EQ(third.raw(), 1431655765);
  EXPECT_EQ((Q32_32::from_int(2000000000) / Q32_32::from_int(1000000000)).round(), 2);
  EXPECT_EQ(Q32_32::max() + Q32_32::from_raw(1), Q32_32::max());
  EXPECT_EQ(Q32_32::max() / Q32_32::from_raw(1), Q32_32::max());
  EXPECT_EQ(Q32_32::min() / Q32_32::from_int(-1), Q32_32::max());
  EXPECT_EQ(Q32_32::from_double(-2.5).to_string(), "-2.5");
}

TEST(Bits, Tricks) {
  EXPECT_EQ(align_up(13U, 8U), 16U);
  EXPECT_EQ(align_down(13U, 8U), 8U);
  EXPECT_TRUE(is_aligned(16U, 8U));
  EXPECT_EQ(divide_ceil(UINT32_MAX, 2U), 0x80000000U);
  EXPECT_EQ(low_mask(64), ~0ULL);
  EXPECT_EQ(low_mask<std::uint8_t>(3), 7);
  EXPECT_EQ(extract_bits(0xABCDU, 4, 8), 0xBCU);
  EXPECT_EQ(clear_lowest_bit(12U), 8U);
  EXPECT_EQ(isolate_lowest_bit(12U), 4U);
  EXPECT_EQ(log2_floor(9U), 3U);
  EXPECT_EQ(log2_ceil(9U), 4U);
  EXPECT_EQ(log2_ceil(8U), 3U);
  EXPECT_EQ(reverse_bits(std::uint8_t{0b00010110}), 0b01101000);
  EXPECT_EQ(interleave_bits(0b11, 0b01), 0b0111U);
  EXPECT_EQ(gather_bits(interleave_bits(0xDEADBEEF, 0x12345678) >> 1), 0x12345678U);
}

TEST(Box, OwnsConvertsAndReleases) {
  struct Base {
    explicit Base(int& n) : deaths(n) {}
    virtual ~Base() { ++deaths; }
    int& deaths;
  };
  struct Derived : Base {
    using Base::Base;
  };
  int deaths = 0;
  {
    Box<Base> base = Box<Derived>::make(deaths);
    Box<Base> other = std::move(base);
    EXPECT_TRUE(base == nullptr);
    EXPECT_TRUE(other);
    other = Box<Derived>::make(deaths);
    EXPECT_EQ(deaths, 1);
    auto again = Box<Base>::adopt(other.release());
  }
  EXPECT_EQ(deaths, 2);
}

TEST(Endian, LoadsAndStoresBothWays) {
  const unsigned char bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(load_le16(bytes), 0x0201);
  EXPECT_EQ(load_be32(bytes), 0x01020304U);
  EXPECT_EQ(load_le64(bytes), 0x0807060504030201U);
  unsigned char out[8];
  store_be64(out, 0x0102030405060708U);
  EXPECT_EQ(std::memcmp(out, bytes, 8), 0);
  store_le32(out, 0x04030201U);
  EXPECT_EQ(std::memcmp(out, bytes, 4), 0);
}

TEST(Varint, RoundTripsAndRefusesCutOrTooLongOnes) {
  for (unsigned shift = 0; shift < 64; ++shift) {
    const std::uint64_t value = (1ULL << shift) + shift;
    std::string text;
    append_varint(text, value);
    EXPECT_EQ(text.size(), varint_size(value));
    std::uint64_t back = 0;
    EXPECT_EQ(decode_varint(text.data(), text.data() + text.size(), back),
              text.data() + text.size());
    EXPECT_EQ(back, value);
    for (std::size_t cut = 0; cut < text.size(); ++cut)
      EXPECT_EQ(decode_varint(text.data(), text.data() + cut, back), nullptr);
    const auto negative = -static_cast<std::int64_t>(value);
    EXPECT_EQ(zigzag_decode(zigzag_encode(negative)), negative);
  }
  const std::string long_one(10, '\x80');
  std::uint64_t value = 0;
  EXPECT_EQ(decode_varint(long_one.data(), long_one.data() + 10, value), nullptr);
  const std::string above = std::string(9, '\xFF') + '\x02';
  EXPECT_EQ(decode_varint(above.data(), above.data() + 10, value), nullptr);
  EXPECT_EQ(zigzag_encode(-1), 1U);
}

TEST(Duration, SaturatesDeadlines) {
  EXPECT_EQ(seconds(2) + milliseconds(500), milliseconds(2500));
  EXPECT_EQ(Instant{5} + Duration::max(), Instant::max());
  EXPECT_EQ((Instant{10} - Instant{4}).ns, 6);
  EXPECT_EQ(days(1) / 24, hours(1));
  EXPECT_DOUBLE_EQ(milliseconds(1500).seconds(), 1.5);
}

}  // namespace
}  // namespace avila
