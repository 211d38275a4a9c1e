#include <gtest/gtest.h>
#include <avila/field/prime_field.hpp>
#include <avila/field/scalar.hpp>
#include <avila/field/weierstrass.hpp>
#include <avila/primitives/wide.hpp>
#include <avila/simd/dispatch.hpp>

#include <algorithm>

#include "kernel.hpp"
#include "textbook.hpp"

namespace {

using namespace avila;
using namespace avila::field;
using textbook::Big;

struct Goldilocks {
  static constexpr std::size_t kLimbs = 1;
  static constexpr Modulus<1> kModulus = make_modulus<1>({0xFFFFFFFF00000001});
  static constexpr bool kSecret = false;
};
struct TwoLimbs {  // 2^127 - 1
  static constexpr std::size_t kLimbs = 2;
  static constexpr Modulus<2> kModulus =
      make_modulus<2>({~std::uint64_t{0}, ~std::uint64_t{0} >> 1});
  static constexpr bool kSecret = false;
};
struct FiveLimbs {  // 2^320 - 197
  static constexpr std::size_t kLimbs = 5;
  static constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  static constexpr Modulus<5> kModulus = make_modulus<5>({kOnes - 196, kOnes, kOnes, kOnes, kOnes});
  static constexpr bool kSecret = false;
};

template <class F>
class PrimeFields : public testing::Test {};
using Fields = testing::Types<FeP256, FeP384, FeP521, FeSecp256k1, Scalar25519, ScalarP256,
                              ScalarP384, ScalarP521, ScalarSecp256k1, PrimeField<Goldilocks>,
                              PrimeField<TwoLimbs>, PrimeField<FiveLimbs>>;
TYPED_TEST_SUITE(PrimeFields, Fields);

template <class F>
Big modulus_of() {
  return Big::from_limbs(F::Params::kModulus.p);
}
template <class F>
Big value_of(const F& x) {
  return Big::from_limbs(x.to_limbs());
}
template <class F>
F element_of(const Big& x) {
  return F::from_limbs(x.limbs<F::kLimbs>());
}

template <std::size_t N>
void expect_powers_of_two(textbook::Numbers& numbers) {
  Limbs<N> p;
  for (std::uint64_t& limb : p) limb = numbers.next();
  p[N - 1] |= std::uint64_t{1} << 63;
  for (std::size_t shift = 0; shift + 2 < 64 * N; ++shift) {  // each length, down to 2 bits
    p[0] |= 1;
    SCOPED_TRACE(testing::Message() << N << " limbs, shifted by " << shift);
    const Modulus<N> modulus = make_modulus<N>(p);
    Limbs<N> power{1};
    for (std::size_t i = 0; i < 64 * N; ++i) power = field::detail::double_mod(power, p);
    EXPECT_EQ(modulus.one, power);
    for (std::size_t i = 0; i < 64 * N; ++i) power = field::detail::double_mod(power, p);
    EXPECT_EQ(modulus.r2, power);
    EXPECT_EQ(modulus.n0 * p[0], ~std::uint64_t{0});
    p = field::detail::shifted(p, 0, 1);
  }
}

TEST(Moduli, HoldPowersOfTwoForEachLength) {
  textbook::Numbers numbers(4);
  expect_powers_of_two<1>(numbers);
  expect_powers_of_two<2>(numbers);
  expect_powers_of_two<6>(numbers);
  expect_powers_of_two<9>(numbers);
}

TYPED_TEST(PrimeFields, AgreesWithTheTextbook) {
  using F = TypeParam;
  const Big p = modulus_of<F>();
  textbook::Numbers numbers(1);
  for (int i = 0; i < 150; ++i) {
    SCOPED_TRACE(i);
    const Big a = numbers.below(p), b = numbers.below(p);
    const F x = element_of<F>(a), y = element_of<F>(b);
    EXPECT_EQ(value_of(x), a);
    EXPECT_EQ(value_of(x + y), add(a, b, p));
    EXPECT_EQ(value_of(x - y), sub(a, b, p));
    EXPECT_EQ(value_of(-x), sub(Big(), a, p));
    EXPECT_EQ(value_of(x * y), mul(a, b, p));
    EXPECT_EQ(value_of(x.square()), mul(a, a, p));
    EXPECT_EQ(value_of(x.inverse()), inverse(a, p));
    EXPECT_EQ(x == y, a == b);
    EXPECT_EQ(x.is_zero() != 0, a.zero());
    EXPECT_EQ(x.is_odd() != 0, a.odd());
    EXPECT_EQ(F::select(~ct::Mask{0}, x, y), x);
    EXPECT_EQ(F::select(0, x, y), y);
  }
}

TYPED_TEST(PrimeFields, ReducesNumbersOfAnySize) {
  using F = TypeParam;
  const Big p = modulus_of<F>();
  textbook::Numbers numbers(2);
  for (std::size_t size = 0; size <= 2 * F::kBytes; ++size) {
    std::vector<std::byte> bytes(size);
    for (auto& b : bytes)
      b = size % 3 == 0 ? std::byte{0xFF} : static_cast<std::byte>(numbers.next());
    Big expected;
    for (const std::byte b : bytes)
      expected = add(mul(Big(256), expected, p), reduce(Big(static_cast<std::uint64_t>(b)), p), p);
    EXPECT_EQ(value_of(F::reduce_be(bytes)), expected) << size;
    std::reverse(bytes.begin(), bytes.end());
    EXPECT_EQ(value_of(F::reduce_le(bytes)), expected) << size;
  }
}

TYPED_TEST(PrimeFields, TakesOnlyNumbersBelowTheModulus) {
  using F = TypeParam;
  const Big p = modulus_of<F>();
  const auto bytes_of = [](const Big& x) {
    typename F::Bytes bytes;
    for (std::size_t i = 0; i < F::kBytes; ++i)
      bytes[i] = static_cast<std::byte>(x.words[i / 4] >> (8 * (i % 4)));
    return bytes;
  };
  Big top;
  for (std::size_t i = 0; i < 8 * F::kBytes; ++i) top.words[i / 32] |= std::uint32_t{1} << i % 32;
  for (const Big& good : {Big(), Big(1), p - Big(2), p - Big(1)}) {
    auto bytes = bytes_of(good);
    const auto x = F::from_bytes_le(bytes);
    ASSERT_TRUE(x.has_value());
    EXPECT_EQ(value_of(*x), good);
    EXPECT_EQ(x->to_bytes_le(), bytes);
    std::reverse(bytes.begin(), bytes.end());
    EXPECT_EQ(F::from_bytes_be(bytes).value(), *x);
    EXPECT_EQ(x->to_bytes_be(), bytes);
  }
  for (const Big& bad : {p, p + Big(1), top}) {
    if (top < bad) continue;
    const auto bytes = bytes_of(bad);
    const auto x = F::from_bytes_le(bytes);
    ASSERT_FALSE(x.has_value());
    EXPECT_TRUE(x.error().is(Errc::Malformed));
  }
  EXPECT_FALSE(F::from_bytes_be({}).has_value());
  EXPECT_FALSE(F::from_bytes_be(std::vector<std::byte>(F::kBytes + 1)).has_value());
  EXPECT_FALSE(F::from_bytes_be(std::vector<std::byte>(F::kBytes - 1)).has_value());
}

TYPED_TEST(PrimeFields, PowersFollowTheirLaws) {
  using F = TypeParam;
  textbook::Numbers numbers(3);
  const F x = element_of<F>(numbers.below(modulus_of<F>()) + Big());
  F product = F::one();
  for (std::uint64_t e = 0; e < 40; ++e) {
    EXPECT_EQ(x.pow(std::array{e}), product) << e;
    product *= x;
  }
  const std::array<std::uint64_t, 2> e = {0x123456789ABCDEF0, 0xFEDCBA9876543210};
  EXPECT_EQ(x.pow(e), x.pow(std::array{e[0]}) *
                          x.pow(std::array{e[1]}).pow(std::array<std::uint64_t, 2>{0, 1}));
  EXPECT_EQ(F().inverse(), F());
  if constexpr (F::Params::kModulus.p[0] % 4 == 3) {
    const F square = x.square(), root = square.sqrt_candidate();
    EXPECT_TRUE(root == x || root == -x);
  }
}

// Runs of zeros and ones take divsteps the longest ways: powers of two, and what is one beside
// them, as numbers and in Montgomery's form, with both signs.
TYPED_TEST(PrimeFields, InversesOfPowersOfTwo) {
  using F = TypeParam;
  F power = F::one();
  for (std::size_t i = 0; i < 64 * F::kLimbs; ++i) {
    for (const F& x : {power, power + F::one(), power - F::one()}) {
      const F montgomery = x * F::from_montgomery({1});
      for (const F& y : {x, -x, montgomery, -montgomery}) {
        if (y.is_zero() == 0) {
          ASSERT_EQ(y * y.inverse(), F::one()) << i;
        }
      }
    }
    power = power + power;
  }
}

// Every kernel that runs here against the portable one, on limbs of all kinds.
template <std::size_t N>
Limbs<N> any_limbs(textbook::Numbers& numbers) {
  Limbs<N> limbs;
  const std::uint64_t kind = numbers.next() % 5;
  for (auto& limb : limbs) {
    const std::uint64_t word = numbers.next();
    limb = kind == 0 ? ~std::uint64_t{0} : kind == 1 ? 0 : kind == 2 ? 0 - (word & 1) : word;
  }
  if (kind == 0) limbs[0] -= numbers.next() % 80;
  if (kind == 1) limbs[0] = numbers.next() % 80;
  return limbs;
}

#if AVILA_FIELD_ADX
template <std::size_t N>
void expect_kernels_agree(const Modulus<N>& m) {
  using field::detail::AdxKernel;
  using field::detail::PortableKernel;
  const Big p = Big::from_limbs(m.p);
  textbook::Numbers numbers(4);
  for (int i = 0; i < 3000; ++i) {
    const Limbs<N> any = any_limbs<N>(numbers);
    const Limbs<N> a = numbers.below(p).limbs<N>(), b = numbers.below(p).limbs<N>();
    Limbs<N> slow, fast;
    PortableKernel::mont_mul(slow, any, b, m);
    AdxKernel::mont_mul(fast, any, b, m);
    ASSERT_EQ(slow, fast);
    ASSERT_TRUE(Big::from_limbs(slow) < p);
    fast = any;
    AdxKernel::mont_mul(fast, fast, b, m);  // in place
    ASSERT_EQ(slow, fast);
    PortableKernel::add_mod(slow, a, b, m);
    AdxKernel::add_mod(fast, a, b, m);
    ASSERT_EQ(slow, fast);
    PortableKernel::sub_mod(slow, a, b, m);
    AdxKernel::sub_mod(fast, a, b, m);
    ASSERT_EQ(slow, fast);
    if constexpr (N == 4) {
      PortableKernel::half_mod(slow, a, m);
      AdxKernel::half_mod(fast, a, m);
      ASSERT_EQ(slow, fast);
      if (&m == &FieldSecp256k1::kModulus) {
        PortableKernel::mont_mul(slow, any, b, m);
        AdxKernel::k256_mul(fast, any, b, m);
        ASSERT_EQ(slow, fast);
        PortableKernel::mont_mul(slow, b, b, m);
        AdxKernel::k256_sqr(fast, b, m);
        ASSERT_EQ(slow, fast);
      }
      if (&m != &FieldP256::kModulus) continue;
      PortableKernel::mont_mul(slow, a, b, m);
      AdxKernel::p256_mul(fast, a, b, m);
      ASSERT_EQ(slow, fast);
      PortableKernel::mont_mul(slow, a, a, m);
      AdxKernel::p256_sqr(fast, a, m);
      ASSERT_EQ(slow, fast);
    }
  }
}

TEST(FieldKernels, AgreeModuloTheMersennePrime) {
  using field::detail::PortableKernel;
  const Big p = modulus_of<FeP521>();
  const auto& m = FieldP521::kModulus;
  textbook::Numbers numbers(7);
  const auto expect_all = [&](const Limbs<9>& a, const Limbs<9>& b) {
    Limbs<9> sum, difference, product, half, r;
    PortableKernel::add_mod(sum, a, b, m);
    PortableKernel::sub_mod(difference, a, b, m);
    PortableKernel::mont_mul(product, a, b, m);
    PortableKernel::half_mod(half, a, m);
    field::detail::p521_half(r, a);
    ASSERT_EQ(r, half);
    const auto expect = [&](auto kernel) {
      kernel.p521_add(r, a, b);
      ASSERT_EQ(r, sum);
      kernel.p521_sub(r, a, b);
      ASSERT_EQ(r, difference);
      kernel.p521_mul(r, a, b);
      ASSERT_EQ(r, product);
      r = a;
      kernel.p521_mul(r, r, b);  // in place
      ASSERT_EQ(r, product);
    };
    expect(PortableKernel());
#if AVILA_FIELD_ADX
    if (field::detail::has_adx_avx2()) expect(field::detail::AdxKernel());
#endif
  };
  std::vector<Big> edges = {Big(), Big(1), Big(2), p - Big(1), p - Big(2), p.half()};
  for (const Big& a : edges)
    for (const Big& b : edges) expect_all(a.limbs<9>(), b.limbs<9>());
  for (int i = 0; i < 3000; ++i) {
    const Big a = numbers.below(p);
    expect_all(a.limbs<9>(), numbers.below(p).limbs<9>());
    expect_all(a.limbs<9>(), (p - a).limbs<9>());  // the sum is p
  }
}

TEST(FieldKernels, HalvesAreHalves) {
  textbook::Numbers numbers(6);
  for (int i = 0; i < 200; ++i) {
    const FeP384 x = element_of<FeP384>(numbers.below(modulus_of<FeP384>()));
    Limbs<6> half;
    field::detail::PortableKernel::half_mod(half, x.montgomery(), FieldP384::kModulus);
    const FeP384 y = FeP384::from_montgomery(half);
    ASSERT_EQ(y + y, x);
  }
}

TEST(FieldKernels, AgreeModuloPrimes) {
  if (!field::detail::has_adx_avx2()) GTEST_SKIP() << "no ADX here";
  expect_kernels_agree(FieldP256::kModulus);
  expect_kernels_agree(FieldSecp256k1::kModulus);
  expect_kernels_agree(FieldP384::kModulus);
  expect_kernels_agree(Order25519::kModulus);
  expect_kernels_agree(OrderP256::kModulus);
  expect_kernels_agree(OrderP384::kModulus);
}

TEST(FieldKernels, AgreeOnLooseElements) {
  if (!field::detail::has_adx_avx2()) GTEST_SKIP() << "no ADX here";
  using field::detail::AdxKernel;
  using field::detail::PortableKernel;
  textbook::Numbers numbers(5);
  for (int i = 0; i < 20000; ++i) {
    const Limbs<4> a = any_limbs<4>(numbers), b = any_limbs<4>(numbers);
    Limbs<4> slow, fast;
    PortableKernel::fe_add(slow, a, b);
    AdxKernel::fe_add(fast, a, b);
    ASSERT_EQ(slow, fast);
    PortableKernel::fe_sub(slow, a, b);
    AdxKernel::fe_sub(fast, a, b);
    ASSERT_EQ(slow, fast);
    PortableKernel::fe_mul(slow, a, b);
    AdxKernel::fe_mul(fast, a, b);
    ASSERT_EQ(slow, fast);
    PortableKernel::fe_sqr(slow, a);
    AdxKernel::fe_sqr(fast, a);
    ASSERT_EQ(slow, fast);
    PortableKernel::fe_mul_small(slow, a, 121665);
    AdxKernel::fe_mul_small(fast, a, 121665);
    ASSERT_EQ(slow, fast);
  }
}

TEST(FieldKernels, AgreeOnLookUps) {
  if (!field::detail::has_adx_avx2()) GTEST_SKIP() << "no ADX here";
  std::vector<std::uint64_t> table(18 * 32);
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = i * 0x9E3779B97F4A7C15;
  for (std::uint64_t index = 0; index < 34; ++index) {
    std::array<std::uint64_t, 18> slow, fast;
    field::detail::PortableKernel::lookup<18>(slow.data(), table.data(), 32, index);
    field::detail::AdxKernel::lookup<18>(fast.data(), table.data(), 32, index);
    EXPECT_EQ(slow, fast);
    for (std::size_t w = 0; w < 18; ++w) EXPECT_EQ(slow[w], index < 32 ? table[18 * index + w] : 0);
  }
}
#endif

}  // namespace
