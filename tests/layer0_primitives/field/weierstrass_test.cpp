#include <gtest/gtest.h>
#include <avila/field/weierstrass.hpp>

#include "bytes.hpp"
#include "glv.hpp"
#include "textbook.hpp"
#include "weierstrass_ops.hpp"

namespace {

using namespace avila;
using namespace avila::field;
using field_test::from_hex;
using field_test::to_hex;
using textbook::Big;

template <class P>
class Curves : public testing::Test {
 public:
  using F = typename P::Field;
  using Scalar = typename P::Scalar;
  static Big order() { return Big::from_limbs(Scalar::Params::kModulus.p); }
  static Big prime() { return Big::from_limbs(F::Params::kModulus.p); }
  static Scalar scalar(const Big& x) { return Scalar::from_limbs(x.limbs<Scalar::kLimbs>()); }
  static textbook::Weierstrass textbook_curve() {
    const Big p = prime();
    return {p, P::Curve::kA == 0 ? Big() : p - Big(3), Big::from_limbs(P::Curve::kB)};
  }
  static textbook::Point textbook_base() {
    return {Big::from_limbs(P::Curve::kBaseX), Big::from_limbs(P::Curve::kBaseY)};
  }
  static void expect_equal(const P& point, const textbook::Weierstrass::Element& expected) {
    ASSERT_EQ(point.is_identity(), !expected.has_value());
    if (!expected.has_value()) return;
    const auto affine = point.to_affine();
    EXPECT_EQ(Big::from_limbs(affine.x.to_limbs()), expected->x);
    EXPECT_EQ(Big::from_limbs(affine.y.to_limbs()), expected->y);
  }
};
using Points = testing::Types<P256Point, P384Point, P521Point, Secp256k1Point>;
TYPED_TEST_SUITE(Curves, Points);

// x of 1 G … 9 G: NIST, "Mathematical routines for the NIST prime elliptic curves" (P-256, P-384,
// P-521), and the list for secp256k1 that implementations share.
template <class P>
constexpr std::string_view kMultiples[9] = {};
template <>
constexpr std::string_view kMultiples<P256Point>[9] = {
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
    "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978",
    "5ecbe4d1a6330a44c8f7ef951d4bf165e6c6b721efada985fb41661bc6e7fd6c",
    "e2534a3532d08fbba02dde659ee62bd0031fe2db785596ef509302446b030852",
    "51590b7a515140d2d784c85608668fdfef8c82fd1f5be52421554a0dc3d033ed",
    "b01a172a76a4602c92d3242cb897dde3024c740debb215b4c6b0aae93c2291a9",
    "8e533b6fa0bf7b4625bb30667c01fb607ef9f8b8a80fef5b300628703187b2a3",
    "62d9779dbee9b0534042742d3ab54cadc1d238980fce97dbb4dd9dc1db6fb393",
    "ea68d7b6fedf0b71878938d51d71f8729e0acb8c2c6df8b3d79e8a4b90949ee0"};
template <>
constexpr std::string_view kMultiples<P384Point>[9] = {
    "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b98"
    "59f741e082542a385502f25dbf55296c3a545e3872760ab7",
    "08d999057ba3d2d969260045c55b97f089025959a6f434d6"
    "51d207d19fb96e9e4fe0e86ebe0e64f85b96a9c75295df61",
    "077a41d4606ffa1464793c7e5fdc7d98cb9d3910202dcd06"
    "bea4f240d3566da6b408bbae5026580d02d7e5c70500c831",
    "138251cd52ac9298c1c8aad977321deb97e709bd0b4ca0ac"
    "a55dc8ad51dcfc9d1589a1597e3a5120e1efd631c63e1835",
    "11de24a2c251c777573cac5ea025e467f208e51dbff98fc5"
    "4f6661cbe56583b037882f4a1ca297e60abcdbc3836d84bc",
    "627be1acd064d2b2226fe0d26f2d15d3c33ebcbb7f0f5da5"
    "1cbd41f26257383021317d7202ff30e50937f0854e35c5df",
    "283c1d7365ce4788f29f8ebf234edffead6fe997fbea5ffa"
    "2d58cc9dfa7b1c508b05526f55b9ebb2040f05b48fb6d0e1",
    "1692778ea596e0be75114297a6fa383445bf227fbe58190a"
    "900c3c73256f11fb5a3258d6f403d5ece6e9b269d822c87d",
    "8f0a39a4049bcb3ef1bf29b8b025b78f2216f7291e6fd3ba"
    "c6cb1ee285fb6e21c388528bfee2b9535c55e4461079118b"};
template <>
constexpr std::string_view kMultiples<P521Point>[9] = {
    "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3d"
    "baa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
    "00433c219024277e7e682fcb288148c282747403279b1ccc06352c6e5505d769be"
    "97b3b204da6ef55507aa104a3a35c5af41cf2fa364d60fd967f43e3933ba6d783d",
    "01a73d352443de29195dd91d6a64b5959479b52a6e5b123d9ab9e5ad7a112d7a8d"
    "d1ad3f164a3a4832051da6bd16b59fe21baeb490862c32ea05a5919d2ede37ad7d",
    "0035b5df64ae2ac204c354b483487c9070cdc61c891c5ff39afc06c5d55541d3ce"
    "ac8659e24afe3d0750e8b88e9f078af066a1d5025b08e5a5e2fbc87412871902f3",
    "00652bf3c52927a432c73dbc3391c04eb0bf7a596efdb53f0d24cf03dab8f177ac"
    "e4383c0c6d5e3014237112feaf137e79a329d7e1e6d8931738d5ab5096ec8f3078",
    "01ee4569d6cdb59219532eff34f94480d195623d30977fd71cf3981506ade4ab01"
    "525fbcca16153f7394e0727a239531be8c2f66e95657f380ae23731bedf79206b9",
    "0056d5d1d99d5b7f6346eeb65fda0b073a0c5f22e0e8f5483228f018d2c2f7114c"
    "5d8c308d0abfc698d8c9a6df30dce3bbc46f953f50fdc2619a01cead882816ecd4",
    "000822c40fb6301f7262a8348396b010e25bd4e29d8a9b003e0a8b8a3b05f82629"
    "8f5bfea5b8579f49f08b598c1bc8d79e1ab56289b5a6f4040586f9ea54aa78ce68",
    "01585389e359e1e21826a2f5bf157156d488ed34541b988746992c4ab145b8c6b6"
    "657429e1396134da35f3c556df725a318f4f50babd85cd28661f45627967cbe207"};
template <>
constexpr std::string_view kMultiples<Secp256k1Point>[9] = {
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
    "c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5",
    "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9",
    "e493dbf1c10d80f3581e4904930b1404cc6c13900ee0758474fa94abe8c4cd13",
    "2f8bde4d1a07209355b4a7250a5c5128e88b84bddc619ab7cba8d569b240efe4",
    "fff97bd5755eeea420453a14355235d382f6472f8568a18b2f057a1460297556",
    "5cbdf0646e5db4eaa398f365f2ea7a0e3d419b7e0330e39ce92bddedcac4f9bc",
    "2f01e5e15cca351daff3843fb70f3c2f0a1bdd05e5af888a67784ef3e10a2a01",
    "acd484e2f0c7f65309ad178a9f559abde09796974c57e714c35f110dfc27ccbe"};

TYPED_TEST(Curves, MultiplesOfTheBasePoint) {
  using P = TypeParam;
  P sum;
  for (std::uint64_t k = 1; k <= 9; ++k) {
    sum = sum + P::base();
    EXPECT_EQ(to_hex(sum.to_affine().x.to_bytes_be()), kMultiples<P>[k - 1]);
    EXPECT_EQ(P::mul_base(this->scalar(Big(k))), sum) << k;
    EXPECT_EQ(this->scalar(Big(k)) * P::base(), sum) << k;
    EXPECT_EQ(P::double_mul_vartime(this->scalar(Big(k)), P::base(), this->scalar(Big())), sum)
        << k;
    EXPECT_EQ(P::double_mul_vartime(this->scalar(Big()), P::base(), this->scalar(Big(k))), sum)
        << k;
  }
}

TYPED_TEST(Curves, AgreesWithTheTextbook) {
  using P = TypeParam;
  const auto curve = this->textbook_curve();
  const auto base = this->textbook_base();
  textbook::Numbers numbers(1);
  for (int i = 0; i < 3; ++i) {
    const Big a = numbers.below(this->order()), b = numbers.below(this->order());
    const auto slow = curve.times(a, base);
    const P fast = P::mul_base(this->scalar(a));
    this->expect_equal(fast, slow);
    const auto product = curve.times(b, slow);
    this->expect_equal(this->scalar(b) * fast, product);
    this->expect_equal(fast + P::base(), curve.plus(slow, base));
    this->expect_equal(fast.twice(), curve.plus(slow, slow));
    this->expect_equal(P::double_mul_vartime(this->scalar(b), fast, this->scalar(a)),
                       curve.plus(product, slow));
  }
}

TYPED_TEST(Curves, GroupLaws) {
  using P = TypeParam;
  textbook::Numbers numbers(2);
  const P id, base = P::base();
  EXPECT_TRUE(id.is_identity());
  EXPECT_EQ(id + id, id);
  EXPECT_EQ(id.twice(), id);
  EXPECT_EQ(-id, id);
  EXPECT_FALSE(id == base);
  EXPECT_FALSE(base == id);
  for (int i = 0; i < 12; ++i) {
    const auto a = this->scalar(numbers.below(this->order()));
    const auto b = this->scalar(numbers.below(this->order()));
    const P p = P::mul_base(a), q = P::mul_base(b), r = p.twice() + base;
    EXPECT_EQ(p + q, q + p);
    EXPECT_EQ((p + q) + r, p + (q + r));
    EXPECT_EQ(p + id, p);
    EXPECT_EQ(id + p, p);
    EXPECT_EQ(p + -p, id);
    EXPECT_EQ(p - q + q, p);
    EXPECT_EQ(p + p, p.twice());
    EXPECT_EQ(a * base, p);
    EXPECT_EQ(a * q, b * p);
    EXPECT_EQ(P::mul_base(a + b), p + q);
    EXPECT_EQ(P::mul_base(a * b), a * q);
    EXPECT_EQ(P::double_mul_vartime(a, q, b), a * q + q);
    EXPECT_EQ(P::double_mul_vartime(a, -base, a), id);
    EXPECT_EQ(a.inverse() * p, a.is_zero() != 0 ? id : base);
  }
}

// Digits at the edges: each scalar makes some addition of the last steps meet P, -P or nothing.
TYPED_TEST(Curves, ScalarsAtTheEdges) {
  using P = TypeParam;
  const Big n = this->order();
  const P base = P::base(), id, other = base.twice() + base;
  P multiple = id;  // k base
  for (std::uint64_t k = 0; k <= 70; ++k) {
    EXPECT_EQ(P::mul_base(this->scalar(Big(k))), multiple) << k;
    EXPECT_EQ(this->scalar(Big(k)) * base, multiple) << k;
    if (k > 0) {
      EXPECT_EQ(P::mul_base(this->scalar(n - Big(k))), -multiple) << "n - " << k;
      EXPECT_EQ(this->scalar(n - Big(k)) * base, -multiple) << "n - " << k;
    }
    multiple = multiple + base;
  }
  // n is zero and n + 1 is one: from_limbs() reduces.
  EXPECT_EQ(this->scalar(n) * base, id);
  EXPECT_EQ(P::mul_base(this->scalar(n + Big(1))), base);
  EXPECT_EQ(this->scalar(Big(5)) * id, id);
  // k = 2 d 2^w - n at the top digit of the base table, where the sum so far is the addend.
  constexpr std::size_t bits = P::Scalar::kBits;
  for (std::size_t shift = bits - 12; shift < bits; ++shift) {
    Big power(1);
    for (std::size_t i = 0; i < shift; ++i) power = power + power;
    for (const Big& k : {power, power - Big(1), power + Big(1), sub(power + power, n, n)}) {
      const auto s = this->scalar(reduce(k, n));
      const P expected = s * other;
      EXPECT_EQ(P::mul_base(s * this->scalar(Big(3))), expected);
      EXPECT_EQ(P::mul_base(s) + P::mul_base(s).twice(), expected);
    }
  }
  // Every top digit of the base table with k = 2 d 2^s - n, made positive.
  for (const std::size_t step : {std::size_t{252}, std::size_t{380}, std::size_t{520}}) {
    if (step >= bits) continue;
    Big power(1);
    for (std::size_t i = 0; i < step; ++i) power = power + power;
    for (std::uint64_t d = 1; d <= 32; ++d) {
      Big twice;
      for (std::uint64_t i = 0; i < 2 * d; ++i) twice = add(twice, reduce(power, n), n);
      const auto s = this->scalar(twice);
      EXPECT_EQ(P::mul_base(s), s * base) << d;
    }
  }
}

TYPED_TEST(Curves, KernelsAgree) {
  using P = TypeParam;
  using C = typename P::Curve;
  using Element = typename P::Field;
  constexpr std::size_t kN = Element::kLimbs;
  const field::detail::OpsOf<C>* all[2] = {};
  const std::size_t count = field::detail::all_weierstrass_ops<C>(all);
  const auto point_of = [](const field::detail::JacobianPoint<kN>& p) {
    return P::from_jacobian_unchecked({Element::from_montgomery(p.x), Element::from_montgomery(p.y),
                                       Element::from_montgomery(p.z)});
  };
  textbook::Numbers numbers(3);
  for (int i = 0; i < 12; ++i) {
    const auto a = numbers.below(this->order()).template limbs<kN>(),
               b = numbers.below(this->order()).template limbs<kN>();
    std::vector<P> expected;
    for (std::size_t k = count; k-- > 0;) {
      field::detail::JacobianPoint<kN> base, product, both, sum, sum_vartime;
      all[k]->mul_base(base, b);
      all[k]->mul(product, a, base);
      all[k]->double_mul_vartime(both, a, base, b);
      all[k]->add(sum, product, base);
      all[k]->add_vartime(sum_vartime, product, base);
      all[k]->twice(both, both);
      const std::vector<P> got = {point_of(base), point_of(product), point_of(both), point_of(sum),
                                  point_of(sum_vartime)};
      if (k == count - 1) expected = got;
      EXPECT_EQ(got, expected);
    }
  }
}

// The products that split their scalar against those that do not: about multiples of lambda, where
// halves are short, and about the ends of the short vectors, where they are long.
TEST(Secp256k1, SplitScalarsAgreeWithWholeOnes) {
  using Scalar = ScalarSecp256k1;
  using P = Secp256k1Point;
  namespace detail = field::detail;
  const Scalar lambda = Scalar::from_limbs(detail::kGlvLambda);
  EXPECT_EQ(lambda * lambda * lambda, Scalar::one());
  std::vector<Scalar> around = {Scalar(), Scalar::from_limbs({~0ULL, ~0ULL >> 1}),
                                Scalar::from_limbs({0xE86C90E49284EB15, 0x3086D221A7D46BCD}),
                                Scalar::from_limbs({0x6F547FA90ABFE4C3, 0xE4437ED6010E8828}),
                                Scalar::from_limbs({0, 0, 0, 1ULL << 63})};
  std::vector<Scalar> scalars;
  for (const Scalar& a : around) {
    for (const Scalar& b : around) {
      for (std::uint64_t i = 0; i < 20; ++i) {
        const Scalar small = Scalar::from_u64(i);
        scalars.push_back(a + b * lambda + small);
        scalars.push_back(a - b * lambda - small * lambda);
        scalars.push_back(-a * Scalar::from_u64(2).inverse() + b + small * lambda - small);
      }
    }
  }
  textbook::Numbers numbers(9);
  const Big order = Big::from_limbs(OrderSecp256k1::kModulus.p);
  for (int i = 0; i < 100; ++i)
    scalars.push_back(Scalar::from_limbs(numbers.below(order).limbs<4>()));
  const P base = P::base();
  Scalar last;
  for (const Scalar& k : scalars) {
    const auto halves = detail::glv_split(k.to_limbs());
    const auto value = [](const detail::GlvHalf& half) {
      const Scalar magnitude = Scalar::from_limbs({half.magnitude[0], half.magnitude[1]});
      return half.negative != 0 ? -magnitude : magnitude;
    };
    ASSERT_EQ(value(halves.first) + value(halves.second) * lambda, k);
    const P whole = P::mul_base(k);
    ASSERT_EQ(k * base, whole);
    ASSERT_EQ(P::double_mul_vartime(k, base, last), whole + P::mul_base(last));
    last = k;
  }
}

TYPED_TEST(Curves, Sec1RoundTrips) {
  using P = TypeParam;
  textbook::Numbers numbers(4);
  for (int i = 0; i < 10; ++i) {
    const P p = P::mul_base(this->scalar(numbers.below(this->order()) + Big()));
    if (p.is_identity()) continue;
    for (const P& point : {p, -p}) {
      const auto compressed = point.encode(PointForm::Compressed);
      const auto uncompressed = point.encode(PointForm::Uncompressed);
      EXPECT_EQ(compressed.size, 1 + P::kFieldBytes);
      EXPECT_EQ(uncompressed.size, 1 + 2 * P::kFieldBytes);
      EXPECT_EQ(P::decode(compressed).value(), point);
      EXPECT_EQ(P::decode(uncompressed).value(), point);
    }
  }
  const auto identity = P().encode(PointForm::Compressed);
  EXPECT_EQ(identity.size, 1U);
  EXPECT_EQ(identity.bytes[0], std::byte{0});
}

TYPED_TEST(Curves, RefusesWhatIsNoPoint) {
  using P = TypeParam;
  const auto expect_refused = [](ByteSpan bytes) {
    const auto point = P::decode(bytes);
    ASSERT_FALSE(point.has_value()) << to_hex(bytes);
    EXPECT_TRUE(point.error().is(Errc::Malformed));
  };
  const auto good = P::base().encode(PointForm::Uncompressed);
  const auto compressed = P::base().encode(PointForm::Compressed);
  for (std::size_t size = 0; size < good.size; ++size) expect_refused(ByteSpan(good).first(size));
  for (std::size_t size = 0; size < compressed.size; ++size)
    expect_refused(ByteSpan(compressed).first(size));
  std::vector<std::byte> bytes(good.bytes.begin(), good.bytes.end());
  bytes.push_back(std::byte{0});
  expect_refused(bytes);
  bytes.pop_back();
  for (unsigned tag = 0; tag < 256; ++tag) {  // hybrid forms 06 and 07 too
    if (tag == 4) continue;
    bytes[0] = static_cast<std::byte>(tag);
    expect_refused(bytes);
  }
  bytes[0] = std::byte{4};
  for (std::size_t bit = 0; bit < 8 * 2 * P::kFieldBytes; bit += 7) {  // not on the curve
    bytes[1 + bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    expect_refused(bytes);
    bytes[1 + bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
  }
  std::fill(bytes.begin() + 1, bytes.end(), std::byte{0});
  expect_refused(bytes);
  std::fill(bytes.begin() + 1, bytes.end(), std::byte{0xFF});  // above p
  expect_refused(bytes);
  // x + p is x, but is not written so.
  const auto p = P::Field::Params::kModulus.p;
  Big x = Big::from_limbs(p);
  for (std::uint64_t i = 0; i < 20; ++i, x = x + Big(1)) {
    const auto hex = x.hex(P::kFieldBytes);
    expect_refused(from_hex("02" + hex));
    expect_refused(from_hex("03" + hex));
  }
  EXPECT_FALSE(P::from_affine(P::base().to_affine().y, P::base().to_affine().x).has_value());
}

}  // namespace
