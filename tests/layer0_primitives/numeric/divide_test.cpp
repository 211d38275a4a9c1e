#include "support.hpp"

namespace {
using namespace numeric_test;
namespace detail = avila::numeric::detail;

// a = q b + r with r < b settles it; the product is checked by other tests.
void expect_division(const BigUint& a, const BigUint& b) {
  BigUint q, r;
  divide(q, r, a, b);
  ASSERT_LT(r, b);
  ASSERT_EQ(q * b + r, a);
  ASSERT_EQ(a / b, q);
  ASSERT_EQ(a % b, r);
}

void expect_divisions(std::size_t largest, std::uint64_t seed) {
  Random random{seed};
  for (std::size_t an = 1; an <= largest; an += 1 + an / 12) {
    for (std::size_t bn = 1; bn <= an; bn += 1 + bn / 8) {
      const BigUint a = random.number(an), b = random.number(bn);
      expect_division(a, b);
      expect_division(a * b, b);                        // exact
      if (!b.is_one()) expect_division(a * b - 1, b);   // quotient just below
      expect_division((b << (64 * (an - bn))) - 1, b);  // digits of all ones
    }
  }
}

TEST(Divide, SchoolbookQuotientTimesDivisorGivesBack) {
  detail::Thresholds t;
  t.divide_and_conquer = t.newton = std::size_t{1} << 40;
  const LowerThresholds lower(t);
  expect_divisions(60, 1);
}
TEST(Divide, BurnikelZieglerQuotientTimesDivisorGivesBack) {
  detail::Thresholds t;
  t.divide_and_conquer = 4;
  t.newton = std::size_t{1} << 40;
  const LowerThresholds lower(t);
  expect_divisions(150, 2);
}
TEST(Divide, NewtonQuotientTimesDivisorGivesBack) {
  detail::Thresholds t;
  t.divide_and_conquer = 4;
  t.newton = 8;
  const LowerThresholds lower(t);
  expect_divisions(200, 3);
}
TEST(Divide, EveryThresholdBoundaryIsExact) {
  Random random{4};
  const detail::Thresholds& t = detail::thresholds();
  for (const std::size_t limit : {t.divide_and_conquer, t.newton})
    for (std::size_t n = limit - 1; n <= limit + 1; ++n)
      for (const std::size_t extra : {limit / 2, limit, 2 * limit + 3})
        expect_division(random.number(n + extra), random.number(n));
}
TEST(Divide, AMillionDigits) {
  Random random{5};
  expect_division(random.number(103'812), random.number(51'906));
  expect_division(random.number(60'000), random.number(51'906));
}
TEST(Divide, TheRareQuotientDigitThatIsOneTooLarge) {
  // Dividends that begin as the divisor does drive the digit estimate to its limit.
  Random random{6};
  for (int round = 0; round < 2000; ++round) {
    auto b = random.limbs(2 + random.below(5));
    b.back() |= Limb{1} << 63;
    std::vector<Limb> a(random.below(4) + 1, random.next() % 2 == 0 ? 0 : ~Limb{0});
    a.insert(a.end(), b.begin(), b.end());
    a[a.size() - b.size()] -= random.below(3);
    expect_division(BigUint::from_limbs(a), BigUint::from_limbs(b));
  }
}
TEST(Divide, ByALimb) {
  Random random{7};
  for (int round = 0; round < 500; ++round) {
    const BigUint a = random.number(1 + random.below(20));
    const Limb d = random.next() >> random.below(64) | 1;
    BigUint q = a;
    const Limb r = q.divide_by(d);
    ASSERT_LT(r, d);
    ASSERT_EQ(q * BigUint(d) + BigUint(r), a);
    ASSERT_EQ(a.modulo(d), r);
    ASSERT_EQ(residue(a, d), r);
  }
}
TEST(Divide, ByZeroIsAnError) {
  const auto r = checked_divide(BigUint(5), BigUint());
  ASSERT_FALSE(r.has_value());
  EXPECT_EQ(r.error().code(), Errc::InvalidArgument);
  EXPECT_FALSE(divide_floor(BigInt(5), BigInt()).has_value());
}
TEST(Divide, ByZeroWithTheOperatorBreaksTheContract) {
  EXPECT_DEATH((void)(BigUint(5) / BigUint()), "is_zero");
}

}  // namespace
