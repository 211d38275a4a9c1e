// The engine of RSA against numeric::BigUint, and its kernels against each other.
#include "ct_montgomery.hpp"

#include <gtest/gtest.h>

#include <avila/numeric/number_theory.hpp>
#include <avila/os/entropy.hpp>
#include <avila/simd/cpu.hpp>

namespace {

using namespace avila;
using namespace avila::crypto::detail;
using numeric::BigUint;

class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : entropy_(seed) {}
  Limbs any(std::size_t size) {
    Limbs made(size);
    EXPECT_TRUE(entropy_.fill(std::as_writable_bytes(MutableLimbSpan(made))).has_value());
    return made;
  }
  /// Odd, of exactly so many bits.
  Limbs modulus(std::size_t bits) {
    const std::size_t size = (bits + 63) / 64;
    Limbs made = any(size);
    made[0] |= 1;
    const std::size_t top = (bits - 1) % 64;
    made[size - 1] &= (Limb{2} << top) - 1;
    made[size - 1] |= Limb{1} << top;
    return made;
  }
  Limbs below(const Modulus& m) {
    const BigUint rest = BigUint::from_limbs(LimbSpan(any(m.size()))) % number(m.value());
    return limbs(rest, m.size());
  }
  static BigUint number(LimbSpan value) { return BigUint::from_limbs(value); }
  static Limbs limbs(const BigUint& value, std::size_t size) {
    Limbs made(size);
    for (std::size_t i = 0; i < value.limbs().size(); ++i) made[i] = value.limbs()[i];
    return made;
  }

 private:
  os::SeededEntropy entropy_;
};

constexpr std::size_t kBits[] = {64,   65,   127,  128,  512,  1000, 1024, 1036, 1038, 1039,
                                 1536, 1662, 1663, 2048, 2078, 2079, 3072, 3327, 4096, 4160};

TEST(CtMontgomery, PowersAreThoseOfNumeric) {
  Numbers numbers(3);
  for (const std::size_t bits : kBits) {
    SCOPED_TRACE(bits);
    const Modulus m(numbers.modulus(bits)), m2(numbers.modulus(bits));
    EXPECT_EQ(m.bits(), bits);
    const Limbs base = numbers.below(m), base2 = numbers.below(m2);
    const Limbs exponent = numbers.any(m.size()), exponent2 = numbers.any(m.size());
    const auto wanted = [&](const Modulus& modulus, const Limbs& b, const Limbs& e) {
      return numeric::mod_pow(Numbers::number(b), Numbers::number(e),
                              Numbers::number(modulus.value()))
          .value();
    };
    Limbs r(m.size()), r2(m.size());
    m.pow(r, base, exponent);
    EXPECT_EQ(Numbers::number(r), wanted(m, base, exponent));
    pow_pair({m, r, base, exponent}, {m2, r2, base2, exponent2});
    EXPECT_EQ(Numbers::number(r), wanted(m, base, exponent));
    EXPECT_EQ(Numbers::number(r2), wanted(m2, base2, exponent2));
    for (const std::uint64_t e : {1, 2, 3, 5, 65536, 65537, 65538}) {
      m.pow_public(r, base, e);
      EXPECT_EQ(
          Numbers::number(r),
          numeric::mod_pow(Numbers::number(base), BigUint(e), Numbers::number(m.value())).value());
    }
  }
}

TEST(CtMontgomery, TakesTheEdgesOfItsRange) {
  Numbers numbers(4);
  for (const std::size_t bits : {1024, 2048}) {
    Limbs full(bits / 64);  // 2^bits - 1
    for (std::size_t i = 0; i < full.size(); ++i) full[i] = ~Limb{0};
    {
      const Limbs& modulus = full;
      const Modulus m(modulus);
      Limbs last = modulus.clone(), zero(m.size()), one(m.size()), r(m.size());
      last[0] &= ~Limb{1};  // -1
      one[0] = 1;
      const Limbs exponent = numbers.any(m.size());
      m.pow(r, zero, exponent);
      EXPECT_EQ(Numbers::number(r), BigUint(0));
      m.pow(r, one, exponent);
      EXPECT_EQ(Numbers::number(r), BigUint(1));
      m.pow(r, last, full);  // an odd power
      EXPECT_EQ(Numbers::number(r), Numbers::number(last));
      m.pow(r, last, zero);
      EXPECT_EQ(Numbers::number(r), BigUint(1));
      m.pow_public(r, last, 2);
      EXPECT_EQ(Numbers::number(r), BigUint(1));
      m.pow_public(r, zero, 65537);
      EXPECT_EQ(Numbers::number(r), BigUint(0));
    }
  }
}

TEST(CtMontgomery, ReducesNumbersOfAnyLength) {
  Numbers numbers(5);
  for (const std::size_t bits : {64, 1000, 1024, 2048}) {
    const Modulus m(numbers.modulus(bits));
    Limbs t = m.scratch(), r(m.size());
    for (const std::size_t size : {std::size_t{1}, m.size(), m.size() + 1, 2 * m.size() + 3}) {
      const Limbs value = numbers.any(size);
      const BigUint wanted = Numbers::number(value) % Numbers::number(m.value());
      m.reduce(r, value);
      m.from_montgomery(r, r, t);
      EXPECT_EQ(Numbers::number(r), wanted);
      reduce(r, value, m.value());
      EXPECT_EQ(Numbers::number(r), wanted);
    }
  }
}

TEST(CtMontgomery, EveryKernelMultipliesAsThePortableOne) {
  Numbers numbers(6);
  const auto kernels = montgomery_kernels();
  for (const std::size_t size : {1, 2, 3, 4, 5, 8, 15, 16, 17, 24, 32, 33, 64}) {
    for (int round = 0; round < 20; ++round) {
      const Modulus m(numbers.modulus(64 * size - static_cast<std::size_t>(round) % 3));
      const Limbs a = numbers.any(size), b = numbers.below(m);
      Limb n0 = m.value()[0];  // Newton
      for (int i = 0; i < 6; ++i) n0 *= 2 - m.value()[0] * n0;
      n0 = Limb{0} - n0;
      Limbs t(montgomery_scratch(size)), wanted(size);
      kernels.back().run(wanted.data(), a.data(), b.data(), m.value().data(), n0, size, t.data());
      // a b = wanted R mod m.
      const BigUint modulus = Numbers::number(m.value());
      EXPECT_EQ((Numbers::number(a) * Numbers::number(b)) % modulus,
                (Numbers::number(wanted) << (64 * size)) % modulus);
      for (const auto& kernel : kernels) {
        if (!kernel.supported()) continue;
        Limbs r = a.clone();  // the result may lie over an operand
        kernel.run(r.data(), r.data(), b.data(), m.value().data(), n0, size, t.data());
        EXPECT_EQ(Numbers::number(r), Numbers::number(wanted)) << kernel.name << " " << size;
      }
    }
  }
}

TEST(CtMontgomery, LimbFunctionsAreThoseOfNumeric) {
  Numbers numbers(7);
  for (const std::size_t size : {1, 2, 3, 8, 16}) {
    const Limbs a = numbers.any(size), b = numbers.any(size);
    const BigUint x = Numbers::number(a), y = Numbers::number(b);
    Limbs product(2 * size), quotient(2 * size), even_a(size), even_b(size);
    multiply(product, a, b);
    EXPECT_EQ(Numbers::number(product), x * y);
    divide(quotient, product, b);
    EXPECT_EQ(Numbers::number(quotient), x);
    for (std::size_t i = 0; i < size; ++i) even_a[i] = a[i], even_b[i] = b[i];
    even_a[0] &= ~Limb{15};
    even_b[0] &= ~Limb{7};
    even_b[0] |= 8;
    EXPECT_EQ(Numbers::number(gcd(even_a, even_b)),
              numeric::gcd(Numbers::number(even_a), Numbers::number(even_b)));
    EXPECT_EQ(less(a, b) != 0, x < y);
    EXPECT_TRUE(equal(a, a) != 0 && (equal(a, b) != 0) == (x == y));
    std::vector<std::byte> bytes(8 * size);
    store_bytes(bytes, a);
    Limbs again(size);
    load_bytes(again, bytes);
    EXPECT_EQ(Numbers::number(again), x);
    EXPECT_EQ(bit_length(a), x.bit_length());
  }
}

}  // namespace
