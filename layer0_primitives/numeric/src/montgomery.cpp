#include "montgomery.hpp"

#include <avila/numeric/number_theory.hpp>

#include "memory_guard.hpp"

namespace avila::numeric {
namespace detail {
namespace {

// -1 / m mod 2^64, m odd: Newton's iteration doubles the right bits, from five.
Limb negative_inverse(Limb m) noexcept {
  Limb x = 3 * m ^ 2;
  for (int i = 0; i < 4; ++i) x *= 2 - m * x;
  return Limb{0} - x;
}

}  // namespace

Montgomery::Montgomery(const BigUint& m)
    : n_(m.limbs().size()), modulus_(m), inverse_(negative_inverse(m.low64())), product_(2 * n_) {
  one_ = padded((BigUint(1) << (64 * n_)) % m);
}

Montgomery::Padded Montgomery::padded(const BigUint& a) const {
  Padded out;
  const std::size_t size = a.limbs().size();
  copy(out.limbs.overwrite(n_), a.limbs().data(), size);
  zero(out.limbs.data() + size, n_ - size);
  return out;
}

void Montgomery::multiply(Limb* r, const Limb* a, const Limb* b) const {
  if (a == b)
    square(product_, a, n_);
  else
    detail::multiply(product_, a, n_, b, n_);
  kernels().montgomery_reduce(product_, modulus_.limbs().data(), n_, inverse_);
  copy(r, product_ + n_, n_);
}

void Montgomery::add(Limb* r, const Limb* a, const Limb* b) const noexcept {
  const Limb* const m = modulus_.limbs().data();
  const Limb carry = add_n(r, a, b, n_);
  if (carry != 0 || compare(r, m, n_) >= 0) sub_n(r, r, m, n_);
}

void Montgomery::subtract(Limb* r, const Limb* a, const Limb* b) const noexcept {
  if (sub_n(r, a, b, n_) != 0) add_n(r, r, modulus_.limbs().data(), n_);
}

void Montgomery::halve(Limb* r, const Limb* a) const noexcept {
  Limb carry = 0;
  if ((a[0] & 1) != 0)
    carry = add_n(r, a, modulus_.limbs().data(), n_);
  else
    copy(r, a, n_);
  shift_right(r, r, n_, 1);
  r[n_ - 1] |= carry << 63;
}

void Montgomery::enter(Limb* r, const BigUint& a) const {
  const BigUint value = ((a < modulus_ ? a : a % modulus_) << (64 * n_)) % modulus_;
  copy(r, padded(value).limbs.data(), n_);
}

BigUint Montgomery::leave(const Limb* a) const {
  copy(product_, a, n_);
  zero(product_ + n_, n_);
  kernels().montgomery_reduce(product_, modulus_.limbs().data(), n_, inverse_);
  return BigUint::from_limbs({product_ + n_, n_});
}

void Montgomery::power(Limb* r, const Limb* base, const BigUint& exponent) const {
  const std::uint64_t bits = exponent.bit_length();
  if (bits == 0) return copy(r, one(), n_);
  // Sliding windows: odd powers only. 2^(w-1) multiplications make them, bits / (w + 1) use them.
  const unsigned width = bits < 24 ? 2 : bits < 80 ? 3 : bits < 240 ? 4 : bits < 672 ? 5 : 6;
  const std::size_t count = std::size_t{1} << (width - 1);
  Scratch<Limb> memory((count + 2) * n_);
  Limb* const powers = memory;
  Limb* const squared = memory + count * n_;
  Limb* const x = squared + n_;
  copy(powers, base, n_);
  multiply(squared, base, base);
  for (std::size_t i = 1; i < count; ++i) multiply(powers + i * n_, powers + (i - 1) * n_, squared);
  bool started = false;
  for (std::uint64_t at = bits; at != 0;) {
    if (!exponent.bit(at - 1)) {
      multiply(x, x, x);
      --at;
      continue;
    }
    std::uint64_t low = at > width ? at - width : 0;
    while (!exponent.bit(low)) ++low;
    std::size_t window = 0;
    for (std::uint64_t i = at; i != low; --i) {
      window = window << 1 | (exponent.bit(i - 1) ? 1 : 0);
      if (started) multiply(x, x, x);
    }
    const Limb* const factor = powers + (window >> 1) * n_;
    if (started)
      multiply(x, x, factor);
    else
      copy(x, factor, n_);
    started = true;
    at = low;
  }
  copy(r, x, n_);
}

}  // namespace detail

namespace {

BigUint low_bits(BigUint a, std::uint64_t count) {
  if (a.bit_length() <= count) return a;
  const BigUint high = a >> count;
  return a - (high << count);
}

// base^exponent mod 2^k.
BigUint pow_mod_power_of_two(const BigUint& base, const BigUint& exponent, std::uint64_t k) {
  BigUint r = low_bits(1, k);
  const BigUint b = low_bits(base, k);
  for (std::uint64_t i = exponent.bit_length(); i-- != 0;) {
    r = low_bits(r * r, k);
    if (exponent.bit(i)) r = low_bits(r * b, k);
  }
  return r;
}

// 1 / a mod 2^k, a odd: Newton's iteration.
BigUint inverse_mod_power_of_two(const BigUint& a, std::uint64_t k) {
  BigUint x = 1;
  for (std::uint64_t bits = 1; bits < k;) {
    bits = 2 * bits < k ? 2 * bits : k;
    const BigUint ax = low_bits(low_bits(a, bits) * x, bits);
    const BigUint two = (BigUint(1) << bits) + BigUint(2);
    x = low_bits(x * (two - ax), bits);
  }
  return x;
}

}  // namespace

Result<BigUint> mod_pow(const BigUint& base, const BigUint& exponent, const BigUint& m) {
  if (m.is_zero()) return Error(Errc::InvalidArgument, "power modulo zero");
  if (m.is_one()) return BigUint();
  return detail::catch_bad_alloc([&]() -> Result<BigUint> {
    const std::uint64_t twos = m.trailing_zeros();
    const BigUint odd = m >> twos;
    BigUint by_odd;
    if (!odd.is_one()) {
      const detail::Montgomery field(odd);
      detail::Scratch<Limb> x(field.size());
      field.enter(x, base);
      field.power(x, x, exponent);
      by_odd = field.leave(x);
    }
    if (twos == 0) return by_odd;
    const BigUint by_two = pow_mod_power_of_two(base, exponent, twos);
    if (odd.is_one()) return by_two;
    // by_odd + odd * t = by_two mod 2^twos
    const BigUint modulus = BigUint(1) << twos;
    const BigUint difference = by_two + modulus - low_bits(by_odd, twos);
    const BigUint t = low_bits(difference * inverse_mod_power_of_two(odd, twos), twos);
    return by_odd + odd * t;
  });
}

}  // namespace avila::numeric
