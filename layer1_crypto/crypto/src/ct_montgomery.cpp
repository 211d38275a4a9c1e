#include "ct_montgomery.hpp"

#include <avila/error/assert.hpp>
#include <bit>

namespace avila::crypto::detail {

namespace {

Limb inverse64(Limb m) noexcept {  // Newton: each step doubles the bits that are right
  Limb x = m * 3 ^ 2;
  for (int i = 0; i < 4; ++i) x *= 2 - m * x;
  return x;
}

}  // namespace

Modulus::Modulus(LimbSpan m)
    : m_(m), r2_(m.size()), multiply_(montgomery_multiply()), bits_(bit_length(m)) {
  AVILA_ASSERT(!m.empty() && bits_ > 64 * (m.size() - 1) && ct::reveal(ct::mask_if(m[0] & 1)));
  const std::size_t n = size();
  n0_ = Limb{0} - inverse64(m[0]);
  one_ = power_of_two();
  Limbs t = scratch();
  const MutableLimbSpan low = t.part(0, n);
  for (std::size_t i = bits_; i < 64 * n; ++i) double_mod(one_, 0, m_, low);
  // R 2^n by doubling, then six squarings: (2^n)^64 R = R R.
  for (std::size_t i = 0; i < n; ++i) r2_[i] = one_[i];
  for (std::size_t i = 0; i < n; ++i) double_mod(r2_, 0, m_, low);
  for (int i = 0; i < 6; ++i) multiply(r2_, r2_, r2_, t);
  if (use_ifma()) prepare_ifma(low);
}

// 2^bits() mod m, which is 2^bits() - m.
Limbs Modulus::power_of_two() const {
  Limbs power(size());
  if (bits_ % 64 != 0) power[size() - 1] = Limb{1} << (bits_ % 64);
  (void)detail::subtract(power, power, m_);
  return power;
}

void Modulus::prepare_ifma(MutableLimbSpan low) {
  ifma_.digits = ifma_digits(bits_);
  if (ifma_.digits == 0) return;
  ifma_.m = Limbs(ifma_.digits);
  ifma_.r2 = Limbs(ifma_.digits);
  ifma_.k0 = n0_ & ((Limb{1} << kDigitBits) - 1);
  to_digits(ifma_.m, m_);
  // 2^(52 digits), then as many bits more as ifma_finish() wants.
  Limbs start = power_of_two();
  for (std::size_t i = bits_; i < kDigitBits * ifma_.digits + ifma_doublings(ifma_.digits); ++i)
    double_mod(start, 0, m_, low);
  ifma_finish(ifma_, start);
}

void Modulus::multiply(MutableLimbSpan r, LimbSpan a, LimbSpan b, Limbs& t) const noexcept {
  multiply_(r.data(), a.data(), b.data(), m_.data(), n0_, size(), t.data());
}

void Modulus::add(MutableLimbSpan r, LimbSpan a, LimbSpan b, Limbs& t) const noexcept {
  const std::size_t n = size();
  const Limb carry = detail::add(r, a, b);
  const Limb borrow = detail::subtract(t.part(0, n), r, m_);
  ct::assign_if(ct::mask_if(carry | (borrow ^ 1)), r.data(), t.data(), n);
}

void Modulus::subtract(MutableLimbSpan r, LimbSpan a, LimbSpan b, Limbs& t) const noexcept {
  const std::size_t n = size();
  const Limb borrow = detail::subtract(r, a, b);
  (void)detail::add(t.part(0, n), r, m_);
  ct::assign_if(ct::mask_if(borrow), r.data(), t.data(), n);
}

void Modulus::to_montgomery(MutableLimbSpan r, LimbSpan a, Limbs& t) const noexcept {
  multiply(r, a, r2_, t);
}

void Modulus::from_montgomery(MutableLimbSpan r, LimbSpan a, Limbs& t) const noexcept {
  Limbs one(size());
  one[0] = 1;
  multiply(r, a, one, t);
}

void Modulus::reduce(MutableLimbSpan r, LimbSpan value) const {
  const std::size_t n = size();
  Limbs t = scratch(), chunk(n);
  for (std::size_t i = 0; i < n; ++i) r[i] = 0;
  for (std::size_t at = (value.size() + n - 1) / n * n; at > 0; at -= n) {
    for (std::size_t i = 0; i < n; ++i)
      chunk[i] = at - n + i < value.size() ? value[at - n + i] : 0;
    multiply(chunk, chunk, r2_, t);  // takes any number below R
    multiply(r, r, r2_, t);
    add(r, r, chunk, t);
  }
}

void Modulus::reduce_once(MutableLimbSpan r) const {
  Limbs less(size());
  const Limb borrow = detail::subtract(less, r, m_);
  ct::assign_if(ct::mask_if(borrow ^ 1), r.data(), less.data(), size());
}

void Modulus::pow(MutableLimbSpan r, LimbSpan base, LimbSpan exponent) const {
  if (ifma_.digits != 0) {
    const IfmaTask task{&ifma_, r, base, exponent};
    ifma_pow({&task, 1});
    return reduce_once(r);
  }
  const std::size_t n = size();
  Limbs t = scratch(), table(kPowerEntries * n), power(n);
  for (std::size_t i = 0; i < n; ++i) table[i] = one_[i];
  to_montgomery(table.part(n, n), base, t);
  for (std::size_t e = 2; e < kPowerEntries; ++e)
    multiply(table.part(e * n, n), table.part((e - 1) * n, n), table.part(n, n), t);

  Limbs sum = one_.clone();
  const std::size_t windows = (64 * exponent.size() + kPowerWindow - 1) / kPowerWindow;
  for (std::size_t w = windows; w-- > 0;) {
    if (w + 1 < windows)
      for (std::size_t i = 0; i < kPowerWindow; ++i) multiply(sum, sum, sum, t);
    ct::lookup(power.data(), table.data(), n, kPowerEntries,
               exponent_window(exponent, w * kPowerWindow));
    multiply(sum, sum, power, t);
  }
  from_montgomery(r, sum, t);
}

void Modulus::pow_public(MutableLimbSpan r, LimbSpan base, std::uint64_t exponent) const {
  AVILA_ASSERT(exponent != 0);
  if (ifma_.digits != 0) {
    ifma_pow_public({&ifma_, r, base, {}}, exponent);
    return reduce_once(r);
  }
  const std::size_t n = size();
  Limbs t = scratch(), form(n), sum(n);
  to_montgomery(form, base, t);
  for (std::size_t i = 0; i < n; ++i) sum[i] = form[i];
  const int top = static_cast<int>(std::bit_width(exponent)) - 1;
  for (int i = top - 1; i >= 0; --i) {
    multiply(sum, sum, sum, t);
    if (i == 0 && (exponent & 1) != 0) {
      multiply(r, base, sum, t);  // by the plain base: out of Montgomery form at once
      return;
    }
    if ((exponent >> i & 1) != 0) multiply(sum, sum, form, t);
  }
  from_montgomery(r, sum, t);
}

void pow_pair(const PowTask& a, const PowTask& b) {
  const Modulus &x = a.modulus, &y = b.modulus;
  if (x.ifma_.digits != 0 && x.ifma_.digits == y.ifma_.digits &&
      a.exponent.size() == b.exponent.size()) {
    const IfmaTask tasks[] = {{&x.ifma_, a.r, a.base, a.exponent},
                              {&y.ifma_, b.r, b.base, b.exponent}};
    ifma_pow(tasks);
    x.reduce_once(a.r);
    y.reduce_once(b.r);
    return;
  }
  x.pow(a.r, a.base, a.exponent);
  y.pow(b.r, b.base, b.exponent);
}

}  // namespace avila::crypto::detail
