#include <gtest/gtest.h>
#include <avila/field/edwards25519.hpp>
#include <avila/field/x25519.hpp>
#include <avila/hash/sha512.hpp>

#include "bytes.hpp"
#include "edwards25519_ops.hpp"
#include "textbook.hpp"

namespace {

using namespace avila;
using namespace avila::field;
using field_test::array_from_hex;
using field_test::to_hex;
using textbook::Big;

const Big kOrder = Big::from_limbs(Order25519::kModulus.p);

Scalar25519 scalar_of(const Big& x) { return Scalar25519::from_limbs(x.limbs<4>()); }

// RFC 8032 section 7.1: secret and public keys.
constexpr std::string_view kKeys[][2] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"},
    {"f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5",
     "278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e"}};

TEST(Edwards25519, PublicKeysOfRfc8032) {
  for (const auto& [secret, expected] : kKeys) {
    const auto digest = hash::sha512(array_from_hex<32>(secret));
    const auto scalar = clamp25519(std::span(digest).first<32>());
    EXPECT_EQ(to_hex(EdwardsPoint::mul_base_bytes(scalar).compress()), expected);
    EXPECT_EQ(to_hex(EdwardsPoint::base().mul_bytes(scalar).compress()), expected);
    EXPECT_EQ(to_hex(EdwardsPoint::mul_base(Scalar25519::reduce_le(scalar)).compress()), expected);
    const auto point = EdwardsPoint::decompress(array_from_hex<32>(expected));
    ASSERT_TRUE(point.has_value());
    EXPECT_EQ(to_hex(point->compress()), expected);
    EXPECT_TRUE(point->is_torsion_free_vartime());
  }
}

TEST(Edwards25519, AgreesWithTheTextbook) {
  const textbook::Edwards curve{
      Big::from_hex("7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed"),
      Big::from_hex("52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3")};
  const textbook::Point base{
      Big::from_hex("216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51a"),
      Big::from_hex("6666666666666666666666666666666666666666666666666666666666666658")};
  const auto expect_equal = [](const EdwardsPoint& point, const textbook::Point& expected) {
    EXPECT_EQ(Big::from_hex(expected.x.hex(32)), expected.x);
    auto x = point.x().to_bytes(), y = point.y().to_bytes();
    std::reverse(x.begin(), x.end());
    std::reverse(y.begin(), y.end());
    EXPECT_EQ(to_hex(x), expected.x.hex(32));
    EXPECT_EQ(to_hex(y), expected.y.hex(32));
  };
  textbook::Numbers numbers(1);
  for (int i = 0; i < 4; ++i) {
    const Big a = numbers.below(kOrder), b = numbers.below(kOrder);
    const auto slow = curve.times(a, base);
    const EdwardsPoint fast = EdwardsPoint::mul_base(scalar_of(a));
    expect_equal(fast, slow);
    const auto product = curve.times(b, slow);
    expect_equal(scalar_of(b) * fast, product);
    expect_equal(fast + EdwardsPoint::base(), curve.plus(slow, base));
    expect_equal(fast.twice(), curve.plus(slow, slow));
    expect_equal(EdwardsPoint::double_mul_vartime(scalar_of(b), fast, scalar_of(a)),
                 curve.plus(product, slow));
  }
}

TEST(Edwards25519, KernelsAgree) {
  const field::detail::Ops25519* all[3] = {};
  const std::size_t count = field::detail::all_ops25519(all);
  const auto compressed = [](const field::detail::ExtendedPoint& p) {
    return to_hex(EdwardsPoint::from_extended_unchecked(
                      {Fe25519(p.x), Fe25519(p.y), Fe25519(p.z), Fe25519(p.t)})
                      .compress());
  };
  textbook::Numbers numbers(2);
  for (int i = 0; i < 20; ++i) {
    Limbs<4> a, b;
    for (auto& limb : a) limb = i == 0 ? ~std::uint64_t{0} : numbers.next();  // any 256 bits
    for (auto& limb : b) limb = i == 1 ? 0 : numbers.next();
    std::string expected[6];
    for (std::size_t k = count; k-- > 0;) {  // the portable one first
      field::detail::ExtendedPoint base, product, both, sum;
      all[k]->mul_base(base, b);
      all[k]->mul(product, a, base);
      all[k]->double_mul_vartime(both, a, base, b);
      all[k]->add(sum, product, base);
      all[k]->twice(sum, sum);
      Limbs<4> u;
      all[k]->ladder(u, a, b);
      const std::string got[6] = {compressed(base), compressed(product),           compressed(both),
                                  compressed(sum),  to_hex(Fe25519(u).to_bytes()), ""};
      for (std::size_t n = 0; n < 6; ++n) {
        if (k == count - 1) expected[n] = got[n];
        EXPECT_EQ(got[n], expected[n]) << n;
      }
    }
  }
}

// Numbers whose limbs, of 64, 52 and 51 bits, are all zeros or all ones, and those about p.
TEST(Edwards25519, LaddersAgreeOnEdges) {
  const field::detail::Ops25519* all[3] = {};
  const std::size_t count = field::detail::all_ops25519(all);
  constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  const Limbs<4> edges[] = {{0},
                            {1},
                            {9},
                            {kOnes, kOnes, kOnes, kOnes},
                            {kOnes, kOnes, kOnes, kOnes >> 1},
                            {kOnes - 18, kOnes, kOnes, kOnes >> 1},
                            {kOnes - 19, kOnes, kOnes, kOnes >> 1},
                            {kOnes - 17, kOnes, kOnes, kOnes >> 1},
                            {kOnes >> 13, kOnes << 38, kOnes >> 39, kOnes << 12},
                            {kOnes << 51, kOnes >> 26, kOnes << 25, kOnes >> 52},
                            {0, 0, 0, 1ULL << 63}};
  for (const auto& scalar : edges) {
    for (const auto& u : edges) {
      Limbs<4> expected;
      all[count - 1]->ladder(expected, scalar, u);
      for (std::size_t k = 0; k + 1 < count; ++k) {
        Limbs<4> got;
        all[k]->ladder(got, scalar, u);
        EXPECT_EQ(to_hex(Fe25519(got).to_bytes()), to_hex(Fe25519(expected).to_bytes()));
      }
    }
  }
  textbook::Numbers numbers(5);
  for (int i = 0; i < 300; ++i) {
    Limbs<4> a, b, expected, got;
    for (auto& limb : a) limb = numbers.next();
    for (auto& limb : b) limb = numbers.next();
    all[count - 1]->ladder(expected, a, b);
    all[0]->ladder(got, a, b);
    EXPECT_EQ(to_hex(Fe25519(got).to_bytes()), to_hex(Fe25519(expected).to_bytes())) << i;
  }
}

// Verification's equation on scalars and points of all kinds, each kernel against the group's laws.
TEST(Edwards25519, DoubleProductsAgreeOnEdges) {
  const field::detail::Ops25519* all[3] = {};
  const std::size_t count = field::detail::all_ops25519(all);
  textbook::Numbers numbers(6);
  const EdwardsPoint base = EdwardsPoint::base();
  // Of order 8, so that its multiples have orders 1, 2 and 4.
  const EdwardsPoint torsion =
      EdwardsPoint::decompress(
          array_from_hex<32>("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"))
          .value();
  std::vector<EdwardsPoint> points = {
      EdwardsPoint(),  base,    -base,         torsion.twice().twice(),
      torsion.twice(), torsion, base + torsion};
  std::vector<Scalar25519> scalars = {Scalar25519(), Scalar25519::one(), -Scalar25519::one(),
                                      Scalar25519::from_u64(8), Scalar25519::from_u64(31)};
  for (int i = 0; i < 8; ++i) {
    scalars.push_back(scalar_of(numbers.below(kOrder)));
    points.push_back(EdwardsPoint::mul_base(scalars.back()) +
                     points[static_cast<std::size_t>(i % 7)]);
  }
  for (const EdwardsPoint& point : points) {
    const auto e = point.extended();
    for (const Scalar25519& a : scalars) {
      const EdwardsPoint product = a * point;
      for (const Scalar25519& b : scalars) {
        const EdwardsPoint expected = product + EdwardsPoint::mul_base(b);
        for (std::size_t k = 0; k < count; ++k) {
          field::detail::ExtendedPoint got;
          all[k]->double_mul_vartime(got, a.to_limbs(),
                                     {e.x.limbs(), e.y.limbs(), e.z.limbs(), e.t.limbs()},
                                     b.to_limbs());
          const EdwardsPoint sum = EdwardsPoint::from_extended_unchecked(
              {Fe25519(got.x), Fe25519(got.y), Fe25519(got.z), Fe25519(got.t)});
          ASSERT_EQ(sum, expected);
          ASSERT_EQ(Fe25519(got.x) * Fe25519(got.y), Fe25519(got.z) * Fe25519(got.t));
        }
      }
    }
  }
}

TEST(Edwards25519, GroupLaws) {
  textbook::Numbers numbers(3);
  const EdwardsPoint id, base = EdwardsPoint::base();
  EXPECT_TRUE(id.is_identity());
  EXPECT_EQ(id + id, id);
  EXPECT_EQ(id.twice(), id);
  for (int i = 0; i < 20; ++i) {
    const Scalar25519 a = scalar_of(numbers.below(kOrder)), b = scalar_of(numbers.below(kOrder)),
                      c = scalar_of(numbers.below(kOrder));
    const EdwardsPoint p = EdwardsPoint::mul_base(a), q = EdwardsPoint::mul_base(b),
                       r = EdwardsPoint::mul_base(c);
    EXPECT_EQ(p + q, q + p);
    EXPECT_EQ((p + q) + r, p + (q + r));
    EXPECT_EQ(p + id, p);
    EXPECT_EQ(id + p, p);
    EXPECT_EQ(p + -p, id);
    EXPECT_EQ(p - q + q, p);
    EXPECT_EQ(p + p, p.twice());
    EXPECT_EQ(a * base, p);
    EXPECT_EQ(a * q, b * p);
    EXPECT_EQ(EdwardsPoint::mul_base(a + b), p + q);
    EXPECT_EQ(EdwardsPoint::mul_base(a * b), a * q);
    EXPECT_EQ(EdwardsPoint::double_mul_vartime(a, q, c), a * q + r);
    EXPECT_EQ(a.inverse() * p, a.is_zero() != 0 ? id : base);
    EXPECT_EQ(EdwardsPoint::decompress(p.compress()).value(), p);
  }
}

TEST(Edwards25519, ScalarsAtTheEdges) {
  const EdwardsPoint id, base = EdwardsPoint::base();
  const auto one = Scalar25519::one();
  for (const EdwardsPoint& p : {base, base.twice(), id}) {
    EXPECT_EQ(Scalar25519() * p, id);
    EXPECT_EQ(one * p, p);
    EXPECT_EQ((one + one) * p, p.twice());
    EXPECT_EQ(-one * p, -p);
    EXPECT_EQ(EdwardsPoint::double_mul_vartime(Scalar25519(), p, Scalar25519()), id);
    EXPECT_EQ(EdwardsPoint::double_mul_vartime(one, p, -one), p - base);
  }
  EXPECT_EQ(EdwardsPoint::mul_base(Scalar25519()), id);
  EXPECT_EQ(EdwardsPoint::mul_base(-one), -base);
  // Bytes are not reduced: L, L + 1, 2^256 - 1.
  const auto bytes_of = [](const Big& x) {
    std::array<std::byte, 32> bytes;
    for (std::size_t i = 0; i < 32; ++i)
      bytes[i] = static_cast<std::byte>(x.words[i / 4] >> (8 * (i % 4)));
    return bytes;
  };
  EXPECT_EQ(EdwardsPoint::mul_base_bytes(bytes_of(kOrder)), id);
  EXPECT_EQ(base.mul_bytes(bytes_of(kOrder)), id);
  EXPECT_EQ(base.mul_bytes(bytes_of(kOrder + Big(1))), base);
  EXPECT_EQ(base.mul_bytes(bytes_of(kOrder - Big(1))), -base);
  const Big top = Big::from_hex("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
  EXPECT_EQ(EdwardsPoint::mul_base_bytes(bytes_of(top)),
            EdwardsPoint::mul_base(scalar_of(reduce(top, kOrder))));
}

/// The points of order 1, 2, 4 and 8: y and whether x is odd, found by solving 8 P = 0.
constexpr std::string_view kSmallOrder[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"};

TEST(Edwards25519, PointsOfSmallOrder) {
  std::vector<EdwardsPoint> points;
  for (const std::string_view hex : kSmallOrder) {
    const auto point = EdwardsPoint::decompress(array_from_hex<32>(hex));
    ASSERT_TRUE(point.has_value()) << hex;
    EXPECT_TRUE(point->is_small_order());
    EXPECT_EQ(to_hex(point->compress()), hex);
    EXPECT_EQ(point->is_torsion_free_vartime(), point->is_identity());
    EXPECT_TRUE(point->times_cofactor().is_identity());
    points.push_back(*point);
  }
  for (const EdwardsPoint& a : points) {
    for (const EdwardsPoint& b : points) {  // closed, and complete for every pair
      const EdwardsPoint sum = a + b;
      EXPECT_TRUE(std::find(points.begin(), points.end(), sum) != points.end());
      EXPECT_EQ(sum - b, a);
    }
    const EdwardsPoint shifted = a + EdwardsPoint::base();
    EXPECT_EQ(shifted.is_torsion_free_vartime(), a.is_identity());
    EXPECT_FALSE(shifted.is_small_order());
    EXPECT_EQ(Scalar25519::from_u64(8) * shifted, Scalar25519::from_u64(8) * EdwardsPoint::base());
  }
}

TEST(Edwards25519, DecompressionIsStrictUnlessAskedOtherwise) {
  const auto strict = [](std::string_view hex) {
    return EdwardsPoint::decompress(array_from_hex<32>(hex));
  };
  const auto zip215 = [](std::string_view hex) {
    return EdwardsPoint::decompress(array_from_hex<32>(hex), PointEncoding::Zip215);
  };
  // y not below p (p, p + 1 and so on), and the sign on x = 0: one may take them, the other not.
  for (const std::string_view hex :
       {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}) {
    const auto refused = strict(hex);
    ASSERT_FALSE(refused.has_value()) << hex;
    EXPECT_TRUE(refused.error().is(Errc::Malformed));
    const auto taken = zip215(hex);
    ASSERT_TRUE(taken.has_value()) << hex;
    EXPECT_TRUE(taken->is_small_order());
  }
  // No point has y = 2.
  const std::string_view none = "0200000000000000000000000000000000000000000000000000000000000000";
  EXPECT_FALSE(strict(none).has_value());
  EXPECT_FALSE(zip215(none).has_value());
}

TEST(Edwards25519, MontgomeryAgreesWithTheLadder) {
  textbook::Numbers numbers(5);
  for (int i = 0; i < 10; ++i) {
    std::array<std::byte, 32> key;
    for (auto& b : key) b = static_cast<std::byte>(numbers.next());
    std::array<std::byte, 32> nine{std::byte{9}}, by_ladder;
    ASSERT_TRUE(x25519(by_ladder, key, nine));
    EXPECT_EQ(by_ladder, x25519_base(key));
  }
  EXPECT_EQ(EdwardsPoint::identity().montgomery_u(), Fe25519());
}

}  // namespace
