#include <gtest/gtest.h>
#include <avila/field/msm.hpp>

#include "textbook.hpp"

namespace {

using namespace avila::field;
using textbook::Big;

template <class P>
struct ScalarOf {
  using type = typename P::Scalar;
};
template <>
struct ScalarOf<EdwardsPoint> {
  using type = Scalar25519;
};
template <>
struct ScalarOf<RistrettoPoint> {
  using type = Scalar25519;
};

template <class P>
class MultiScalar : public testing::Test {};
using Points =
    testing::Types<EdwardsPoint, RistrettoPoint, P256Point, P384Point, P521Point, Secp256k1Point>;
TYPED_TEST_SUITE(MultiScalar, Points);

template <class P>
void expect_sum(std::size_t count, std::uint64_t seed) {
  using Scalar = typename ScalarOf<P>::type;
  const Big n = Big::from_limbs(Scalar::Params::kModulus.p);
  textbook::Numbers numbers(seed);
  std::vector<Scalar> scalars;
  std::vector<P> points;
  Scalar total;  // every point is a known multiple of the base: the sum is one, too
  P point = P::mul_base(Scalar::from_u64(3));
  Scalar multiple = Scalar::from_u64(3);
  for (std::size_t i = 0; i < count; ++i) {
    const Big s = numbers.below(n);
    scalars.push_back(Scalar::from_limbs(s.limbs<Scalar::kLimbs>()));
    points.push_back(point);
    total += scalars.back() * multiple;
    if (i % 5 == 3) continue;  // the same point again: buckets meet P + P
    if (i % 7 == 5) {
      point = -point, multiple = -multiple;  // and P - P
    } else if (i % 31 == 30) {
      point = P(), multiple = Scalar();  // and the identity
    } else {
      point = point + P::base(), multiple += Scalar::one();
    }
  }
  EXPECT_EQ(multi_scalar_mul_vartime(std::span<const Scalar>(scalars), std::span<const P>(points)),
            P::mul_base(total))
      << count;
}

TYPED_TEST(MultiScalar, IsTheSumOfTheProducts) {
  for (const std::size_t count : {0U, 1U, 2U, 3U, 17U, 60U}) expect_sum<TypeParam>(count, count);
}

TYPED_TEST(MultiScalar, BothMethodsAtTheirThreshold) {
  expect_sum<TypeParam>(kStrausMaxTerms, 1);
  expect_sum<TypeParam>(kStrausMaxTerms + 1, 2);
}

}  // namespace
