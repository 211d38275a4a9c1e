#include <gtest/gtest.h>
#include <avila/field/fe25519.hpp>

#include "bytes.hpp"
#include "textbook.hpp"

namespace {

using namespace avila;
using namespace avila::field;
using textbook::Big;

const Big kPrime =
    Big::from_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");

Big value_of(const Fe25519& x) {
  const auto bytes = x.to_bytes();
  Big r;
  for (std::size_t i = 0; i < 32; ++i)
    r.words[i / 4] |= static_cast<std::uint32_t>(bytes[i]) << (8 * (i % 4));
  return r;
}
Fe25519::Bytes bytes_of(const Big& x) {
  Fe25519::Bytes bytes;
  for (std::size_t i = 0; i < 32; ++i)
    bytes[i] = static_cast<std::byte>(x.words[i / 4] >> (8 * (i % 4)));
  return bytes;
}

/// Any 256 bits, often at the edges of 0, p, 2 p and 2^256.
Limbs<4> loose(textbook::Numbers& numbers) {
  const Big small(numbers.next() % 40);
  Big x = numbers.below(kPrime);
  switch (numbers.next() % 6) {
    case 0: x = small; break;
    case 1: x = kPrime + small; break;
    case 2: x = kPrime + kPrime + small; break;
    case 3: x = kPrime + kPrime + Big(37) - small + Big(); break;
    case 4: x = x + kPrime; break;
    default: break;
  }
  return x.limbs<4>();
}

TEST(Fe25519, AgreesWithTheTextbook) {
  textbook::Numbers numbers(1);
  for (int i = 0; i < 400; ++i) {
    SCOPED_TRACE(i);
    const Limbs<4> a_limbs = loose(numbers), b_limbs = loose(numbers);
    const Fe25519 x(a_limbs), y(b_limbs);
    const Big a = reduce(Big::from_limbs(a_limbs), kPrime);
    const Big b = reduce(Big::from_limbs(b_limbs), kPrime);
    EXPECT_EQ(value_of(x), a);
    EXPECT_EQ(value_of(x + y), add(a, b, kPrime));
    EXPECT_EQ(value_of(x - y), sub(a, b, kPrime));
    EXPECT_EQ(value_of(-x), sub(Big(), a, kPrime));
    EXPECT_EQ(value_of(x * y), mul(a, b, kPrime));
    EXPECT_EQ(value_of(x.square()), mul(a, a, kPrime));
    EXPECT_EQ(value_of(x.inverse()), inverse(a, kPrime));
    EXPECT_EQ(x.is_zero() != 0, a.zero());
    EXPECT_EQ(x.is_negative() != 0, a.odd());
    EXPECT_EQ(x == y, a == b);
    EXPECT_EQ(value_of(x.absolute()), a.odd() ? kPrime - a : a);
    EXPECT_EQ(Fe25519::select(~ct::Mask{0}, x, y), x);
    EXPECT_EQ(Fe25519::select(0, x, y), y);
  }
}

TEST(Fe25519, EncodingsAtTheEdges) {
  for (const Big& good : {Big(), Big(1), kPrime - Big(1)}) {
    EXPECT_EQ(Fe25519::from_canonical_bytes(bytes_of(good)).value().to_bytes(), bytes_of(good));
    EXPECT_EQ(value_of(Fe25519::from_bytes(bytes_of(good))), good);
  }
  const Big top = Big::from_hex("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
  for (const Big& bad : {kPrime, kPrime + Big(1), kPrime + Big(18), kPrime + Big(19), top}) {
    const auto x = Fe25519::from_canonical_bytes(bytes_of(bad));
    ASSERT_FALSE(x.has_value());
    EXPECT_TRUE(x.error().is(Errc::Malformed));
  }
  EXPECT_EQ(value_of(Fe25519::from_bytes(bytes_of(kPrime))), Big());
  EXPECT_EQ(value_of(Fe25519::from_bytes(bytes_of(kPrime + Big(18)))), Big(18));
  EXPECT_EQ(value_of(Fe25519::from_bytes(bytes_of(top))), Big(18)) << "bit 255 is ignored";
}

TEST(Fe25519, ReducesBigEndianNumbers) {
  textbook::Numbers numbers(2);
  for (std::size_t size = 0; size <= 64; ++size) {
    std::vector<std::byte> bytes(size);
    for (auto& b : bytes)
      b = size % 3 == 0 ? std::byte{0xFF} : static_cast<std::byte>(numbers.next());
    Big expected;
    for (const std::byte b : bytes)
      expected = add(mul(Big(256), expected, kPrime), Big(static_cast<std::uint64_t>(b)), kPrime);
    EXPECT_EQ(value_of(Fe25519::reduce_be(bytes)), expected) << size;
  }
}

TEST(Fe25519, RootsOfRatios) {
  textbook::Numbers numbers(3);
  const Big sqrt_m1 = power(Big(2), (kPrime - Big(1)).half().half(), kPrime);
  int squares = 0;
  for (int i = 0; i < 60; ++i) {
    const Big a = numbers.below(kPrime), b = numbers.below(kPrime);
    const auto root = sqrt_ratio(Fe25519(a.limbs<4>()), Fe25519(b.limbs<4>()));
    if (a.zero() || b.zero()) continue;
    const Big ratio = mul(a, inverse(b, kPrime), kPrime);
    const Big r = value_of(root.root);
    EXPECT_FALSE(r.odd());
    const bool square = power(ratio, (kPrime - Big(1)).half(), kPrime) == Big(1);
    squares += square ? 1 : 0;
    EXPECT_EQ(root.was_square != 0, square);
    EXPECT_EQ(mul(r, r, kPrime), square ? ratio : mul(sqrt_m1, ratio, kPrime));
  }
  EXPECT_GT(squares, 10);
  EXPECT_LT(squares, 50);
}

}  // namespace
