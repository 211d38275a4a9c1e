#include <gtest/gtest.h>
#include <avila/field/fft.hpp>

#include "textbook.hpp"

namespace {

using namespace avila::field;

struct GoldilocksParams {
  static constexpr std::size_t kLimbs = 1;
  static constexpr Modulus<1> kModulus = make_modulus<1>({0xFFFFFFFF00000001});
  static constexpr bool kSecret = false;
  static constexpr std::uint64_t kGenerator = 7;
};
/// The order of BLS12-381's groups.
struct BlsScalarParams {
  static constexpr std::size_t kLimbs = 4;
  static constexpr Modulus<4> kModulus = make_modulus<4>(
      {0xFFFFFFFF00000001, 0x53BDA402FFFE5BFE, 0x3339D80809A1D805, 0x73EDA753299D7D48});
  static constexpr bool kSecret = false;
  static constexpr std::uint64_t kGenerator = 7;
};

template <class F>
class Ffts : public testing::Test {};
using Fields = testing::Types<PrimeField<GoldilocksParams>, PrimeField<BlsScalarParams>>;
TYPED_TEST_SUITE(Ffts, Fields);

template <class F>
std::vector<F> numbers(std::size_t count, std::uint64_t seed) {
  textbook::Numbers source(seed);
  std::vector<F> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(F::from_u64(source.next()) * F::from_u64(source.next()).square());
  return out;
}
template <class F>
F evaluate(const std::vector<F>& polynomial, const F& x) {
  F sum;
  for (std::size_t i = polynomial.size(); i-- > 0;) sum = sum * x + polynomial[i];
  return sum;
}

TYPED_TEST(Ffts, RootsHaveTheirOrder) {
  using F = TypeParam;
  EXPECT_EQ(Fft<F>::two_adicity(), 32U);
  for (const unsigned k : {0U, 1U, 5U, 12U}) {
    F root = Fft<F>::create(k).value().root();
    for (unsigned i = 0; i < k; ++i) {
      EXPECT_FALSE(root == F::one()) << k;
      root = root.square();
    }
    EXPECT_EQ(root, F::one());
  }
  EXPECT_FALSE(Fft<F>::create(33).has_value());
  EXPECT_FALSE(Fft<F>::create(kMaxFftLog2Size + 1).has_value());
}

TYPED_TEST(Ffts, ForwardEvaluates) {
  using F = TypeParam;
  for (unsigned k = 0; k <= 6; ++k) {
    const auto fft = Fft<F>::create(k).value();
    const auto polynomial = numbers<F>(fft.size(), k);
    auto values = polynomial, shifted = polynomial;
    const F shift = F::from_u64(7);
    fft.forward(values);
    fft.forward_coset(shifted, shift);
    F x = F::one();
    for (std::size_t i = 0; i < fft.size(); ++i, x *= fft.root()) {
      EXPECT_EQ(values[i], evaluate(polynomial, x)) << k << ' ' << i;
      EXPECT_EQ(shifted[i], evaluate(polynomial, x * shift)) << k << ' ' << i;
    }
    fft.inverse(values);
    fft.inverse_coset(shifted, shift);
    EXPECT_EQ(values, polynomial);
    EXPECT_EQ(shifted, polynomial);
  }
}

TYPED_TEST(Ffts, MultipliesPolynomials) {
  using F = TypeParam;
  const auto fft = Fft<F>::create(8).value();
  const auto a = numbers<F>(100, 1), b = numbers<F>(120, 2);
  std::vector<F> product(fft.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j) product[i + j] += a[i] * b[j];
  auto fa = a, fb = b;
  fa.resize(fft.size());
  fb.resize(fft.size());
  fft.forward(fa);
  fft.forward(fb);
  for (std::size_t i = 0; i < fft.size(); ++i) fa[i] *= fb[i];
  fft.inverse(fa);
  EXPECT_EQ(fa, product);
}

TYPED_TEST(Ffts, LargeRoundTrip) {
  using F = TypeParam;
  const auto fft = Fft<F>::create(13).value();
  const auto polynomial = numbers<F>(fft.size(), 3);
  auto values = polynomial;
  fft.forward(values);
  EXPECT_EQ(values[5], evaluate(polynomial, fft.root().pow(std::array<std::uint64_t, 1>{5})));
  fft.inverse(values);
  EXPECT_EQ(values, polynomial);
}

}  // namespace
