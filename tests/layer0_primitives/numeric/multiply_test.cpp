#include <thread>

#include "ntt.hpp"
#include "support.hpp"

namespace {
using namespace numeric_test;
using avila::numeric::detail::LimbKernels;
namespace detail = avila::numeric::detail;

std::vector<Limb> reference_product(const std::vector<Limb>& a, const std::vector<Limb>& b) {
  std::vector<Limb> r(a.size() + b.size());
  for (std::size_t j = 0; j < b.size(); ++j) {
    Limb carry = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const u128 t = u128{a[i]} * b[j] + r[i + j] + carry;
      r[i + j] = static_cast<Limb>(t);
      carry = static_cast<Limb>(t >> 64);
    }
    r[a.size() + j] = carry;
  }
  return r;
}

void expect_multiplies(std::size_t largest, std::uint64_t seed) {
  Random random{seed};
  for (std::size_t an = 1; an <= largest; an += 1 + an / 12) {
    for (std::size_t bn = 1; bn <= an; bn += 1 + bn / 6) {
      const auto a = random.limbs(an), b = random.limbs(bn);
      std::vector<Limb> r(an + bn);
      detail::multiply(r.data(), a.data(), an, b.data(), bn);
      ASSERT_EQ(r, reference_product(a, b)) << an << " x " << bn;
    }
    const auto a = random.limbs(an);
    std::vector<Limb> r(2 * an);
    detail::square(r.data(), a.data(), an);
    ASSERT_EQ(r, reference_product(a, a)) << an;
  }
}

constexpr std::size_t kNever = std::size_t{1} << 40;
detail::Thresholds only(std::size_t karatsuba, std::size_t toom3, std::size_t ntt) {
  detail::Thresholds t;
  t.karatsuba = t.karatsuba_square = karatsuba;
  t.toom3 = t.toom3_square = toom3;
  t.ntt = t.ntt_square = ntt;
  return t;
}

TEST(Multiply, SchoolbookAgreesWithTheDefinition) {
  const LowerThresholds lower(only(kNever, kNever, kNever));
  expect_multiplies(90, 1);
}
TEST(Multiply, KaratsubaAgreesWithTheDefinition) {
  const LowerThresholds lower(only(2, kNever, kNever));
  expect_multiplies(150, 2);
}
TEST(Multiply, Toom3AgreesWithTheDefinition) {
  const LowerThresholds lower(only(3, 9, kNever));
  expect_multiplies(200, 3);
}
TEST(Multiply, TransformsAgreeWithTheDefinition) {
  const LowerThresholds lower(only(1, 1, 1));
  expect_multiplies(300, 4);
}
TEST(Multiply, EveryThresholdBoundaryIsExact) {
  const detail::Thresholds& t = detail::thresholds();
  Random random{5};
  for (const std::size_t limit :
       {t.karatsuba, t.toom3, t.ntt, t.karatsuba_square, t.toom3_square, t.ntt_square}) {
    for (std::size_t n = limit - 2; n <= limit + 2; ++n) {
      const auto a = random.limbs(n), b = random.limbs(n);
      std::vector<Limb> r(2 * n);
      detail::multiply(r.data(), a.data(), n, b.data(), n);
      ASSERT_EQ(r, reference_product(a, b)) << n;
      detail::square(r.data(), a.data(), n);
      ASSERT_EQ(r, reference_product(a, a)) << n;
    }
  }
}

TEST(Multiply, EveryTransformKernelGivesTheSameLimbs) {
  Random random{6};
  for (const std::size_t n : {1, 7, 8, 9, 16, 24, 25, 48, 100, 1000, 5000}) {
    const auto a = random.limbs(n), b = random.limbs(n / 2 + 1);
    std::vector<Limb> expected(a.size() + b.size()), r(expected.size());
    detail::kNttPortable.multiply(expected.data(), a.data(), a.size(), b.data(), b.size());
    detail::ntt_kernel().multiply(r.data(), a.data(), a.size(), b.data(), b.size());
    ASSERT_EQ(r, expected) << n;
    if (n <= 1000) {
      ASSERT_EQ(r, reference_product(a, b)) << n;
    }
  }
}

TEST(Multiply, TransformsHoldTheLargestCoefficients) {
  // All ones: every coefficient of the product is as large as it can be.
  for (const std::size_t n : {std::size_t{3000}, std::size_t{1} << 16, std::size_t{3} << 15}) {
    const std::vector<Limb> a(n, ~Limb{0});
    std::vector<Limb> r(2 * n);
    detail::ntt_kernel().multiply(r.data(), a.data(), n, a.data(), n);
    // (B^n - 1)² = B^2n - 2 B^n + 1
    EXPECT_EQ(r[0], 1U);
    for (std::size_t i = 1; i < n; ++i) ASSERT_EQ(r[i], 0U) << i;
    EXPECT_EQ(r[n], ~Limb{0} - 1);
    for (std::size_t i = n + 1; i < 2 * n; ++i) ASSERT_EQ(r[i], ~Limb{0}) << i;
  }
}

TEST(LimbKernels, EveryKernelAgreesWithPortable) {
  const LimbKernels& fast = detail::kernels();
  const LimbKernels& portable = detail::kPortableKernels;
  Random random{7};
  for (std::size_t n = 1; n < 70; ++n) {
    for (int round = 0; round < 4; ++round) {
      const auto a = random.limbs(n), b = random.limbs(1 + n / 2);
      const Limb factor = round == 0 ? ~Limb{0} : random.next();
      auto x = random.limbs(n), y = x;
      ASSERT_EQ(fast.mul_1(x.data(), a.data(), n, factor),
                portable.mul_1(y.data(), a.data(), n, factor));
      ASSERT_EQ(x, y);
      ASSERT_EQ(fast.addmul_1(x.data(), a.data(), n, factor),
                portable.addmul_1(y.data(), a.data(), n, factor));
      ASSERT_EQ(x, y);
      ASSERT_EQ(fast.submul_1(x.data(), a.data(), n, ~factor),
                portable.submul_1(y.data(), a.data(), n, ~factor));
      ASSERT_EQ(x, y);
      std::vector<Limb> p(n + b.size()), q(p.size()), s(2 * n), t(2 * n);
      fast.mul_basecase(p.data(), a.data(), n, b.data(), b.size());
      portable.mul_basecase(q.data(), a.data(), n, b.data(), b.size());
      ASSERT_EQ(p, q);
      ASSERT_EQ(p, reference_product(a, b));
      fast.sqr_basecase(s.data(), a.data(), n);
      portable.sqr_basecase(t.data(), a.data(), n);
      ASSERT_EQ(s, t);
      ASSERT_EQ(s, reference_product(a, a));
      // Montgomery: t / 2^(64 n) mod m, t < m 2^(64 n); checked by multiplying back.
      auto m = random.limbs(n);
      m[0] |= 1;
      Limb inverse = 1;
      for (int i = 0; i < 6; ++i) inverse *= 2 - m[0] * inverse;
      const BigUint modulus = BigUint::from_limbs(m);
      auto wide = reference_product(m, a);
      if (wide[0] != 0) --wide[0];
      const BigUint before = BigUint::from_limbs(wide);
      auto other = wide;
      fast.montgomery_reduce(wide.data(), m.data(), n, Limb{0} - inverse);
      portable.montgomery_reduce(other.data(), m.data(), n, Limb{0} - inverse);
      const BigUint reduced = BigUint::from_limbs({wide.data() + n, n});
      ASSERT_EQ(reduced, BigUint::from_limbs({other.data() + n, n}));
      ASSERT_LT(reduced, modulus);
      ASSERT_EQ((reduced << (64 * n)) % modulus, before % modulus);
    }
  }
}

TEST(Multiply, AMillionDigitsAgreeWithResiduesModuloPrimes) {
  Random random{8};
  for (const auto& [an, bn] : {std::pair<std::size_t, std::size_t>{51'906, 51'906},
                               {51'906, 40'001},
                               {60'000, 500},
                               {52'000, 17}}) {
    const BigUint a = random.number(an), b = random.number(bn);
    expect_product(a * b, a, b);
  }
  const BigUint a = random.number(51'906), b = random.number(51'000);
  expect_product(a * a, a, a);
  // (a + b)² = a² + 2 a b + b²
  const BigUint sum = a + b;
  EXPECT_EQ(sum * sum, a * a + ((a * b) << 1) + b * b);
  // (a + b)(a - b) = a² - b²
  EXPECT_EQ(sum * (a - b), a * a - b * b);
}

TEST(Multiply, ThreadsMayShareTheFirstUseOfALength) {
  Random random{10};
  const auto a = random.limbs(777), b = random.limbs(760);
  const std::vector<Limb> expected = reference_product(a, b);
  std::vector<std::vector<Limb>> results(4, std::vector<Limb>(a.size() + b.size()));
  std::vector<std::thread> threads;
  for (std::vector<Limb>& r : results)
    threads.emplace_back(
        [&] { detail::ntt_kernel().multiply(r.data(), a.data(), a.size(), b.data(), b.size()); });
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<Limb>& r : results) EXPECT_EQ(r, expected);
}

TEST(Multiply, PastTheLargestTransform) {
  Random random{9};
  const BigUint a = random.number((std::size_t{1} << 20) + 5);
  const BigUint b = random.number((std::size_t{1} << 20) + 3);
  expect_product(a * b, a, b);
}

}  // namespace
