#include <avila/numeric/big_uint.hpp>
#include <avila/primitives/endian.hpp>
#include <bit>
#include <cmath>

#include "limbs.hpp"
#include "memory_guard.hpp"
#include "scratch.hpp"

namespace avila::numeric {

using detail::normalized;

namespace {

Error too_large() {
  return Error(Errc::LimitExceeded, "number of more than kMaxBits bits (2^32)",
               {.hint = "use smaller operands"});
}

}  // namespace

BigUint BigUint::from_limbs(std::span<const Limb> limbs) {
  AVILA_ASSERT(limbs.size() <= kMaxLimbs);
  BigUint r;
  r.limbs_.assign(limbs.data(), normalized(limbs.data(), limbs.size()));
  return r;
}

Result<BigUint> BigUint::from_bytes_le(ByteSpan bytes) {
  while (!bytes.empty() && bytes.back() == std::byte{0}) bytes = bytes.first(bytes.size() - 1);
  if (bytes.size() > kMaxBits / 8) return too_large();
  return detail::catch_bad_alloc([&]() -> Result<BigUint> {
    BigUint r;
    const std::size_t n = (bytes.size() + 7) / 8;
    Limb* const limbs = r.limbs_.overwrite(n);
    for (std::size_t i = 0; i < bytes.size() / 8; ++i) limbs[i] = load_le64(bytes.data() + 8 * i);
    if (bytes.size() % 8 != 0) {
      std::byte last[8] = {};
      std::memcpy(last, bytes.data() + 8 * (n - 1), bytes.size() % 8);
      limbs[n - 1] = load_le64(last);
    }
    return r;
  });
}

Result<BigUint> BigUint::from_bytes_be(ByteSpan bytes) {
  while (!bytes.empty() && bytes.front() == std::byte{0}) bytes = bytes.subspan(1);
  if (bytes.size() > kMaxBits / 8) return too_large();
  return detail::catch_bad_alloc([&]() -> Result<BigUint> {
    BigUint r;
    const std::size_t n = (bytes.size() + 7) / 8;
    Limb* const limbs = r.limbs_.overwrite(n);
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t end = bytes.size() - 8 * i;
      Limb limb = 0;
      for (std::size_t k = end < 8 ? 0 : end - 8; k < end; ++k)
        limb = limb << 8 | static_cast<Limb>(bytes[k]);
      limbs[i] = limb;
    }
    return r;
  });
}

Result<BigUint> BigUint::from_double(double value) {
  if (!(value >= 0) || std::isinf(value))
    return Error(Errc::InvalidArgument, "not a finite number from zero up");
  int exponent;
  const double fraction = std::frexp(value, &exponent);  // [0.5, 1)
  if (exponent <= 0) return BigUint();
  const auto bits = static_cast<std::uint64_t>(std::ldexp(fraction, 53));
  return exponent >= 53 ? BigUint(bits) << static_cast<unsigned>(exponent - 53)
                        : BigUint(bits >> (53 - exponent));
}

Result<BigUint> BigUint::power_of_two(std::uint64_t exponent) {
  return shift_left(BigUint(1), exponent);
}

std::uint64_t BigUint::bit_length() const noexcept {
  const std::size_t n = limbs_.size();
  return n == 0 ? 0 : 64 * (n - 1) + static_cast<unsigned>(std::bit_width(limbs_.data()[n - 1]));
}

bool BigUint::bit(std::uint64_t index) const noexcept {
  return index / 64 < limbs_.size() && (limbs_.data()[index / 64] >> (index % 64) & 1) != 0;
}

std::uint64_t BigUint::trailing_zeros() const noexcept {
  if (is_zero()) return 0;
  std::size_t i = 0;
  while (limbs_.data()[i] == 0) ++i;
  return 64 * i + static_cast<unsigned>(std::countr_zero(limbs_.data()[i]));
}

std::uint64_t BigUint::popcount() const noexcept {
  std::uint64_t count = 0;
  for (const Limb limb : limbs()) count += static_cast<unsigned>(std::popcount(limb));
  return count;
}

std::optional<std::uint64_t> BigUint::to_uint64() const noexcept {
  if (limbs_.size() > 1) return std::nullopt;
  return low64();
}

std::optional<u128> BigUint::to_uint128() const noexcept {
  if (limbs_.size() > 2) return std::nullopt;
  return make_u128(limbs_.size() > 1 ? limbs_.data()[1] : 0, low64());
}

double BigUint::to_double() const noexcept {
  const std::uint64_t bits = bit_length();
  if (bits <= 64) return static_cast<double>(low64());
  if (bits > 1024) return HUGE_VAL;
  // The top 64 bits, the lowest of them set if any below is: one rounding, ties to even.
  const std::uint64_t drop = bits - 64;
  const std::size_t skip = static_cast<std::size_t>(drop / 64);
  const auto shift = static_cast<unsigned>(drop % 64);
  const Limb* const a = limbs_.data();
  Limb top = a[skip] >> shift;
  bool sticky = shift != 0 && a[skip] << (64 - shift) != 0;
  if (shift != 0) top |= a[skip + 1] << (64 - shift);
  for (std::size_t i = 0; i < skip && !sticky; ++i) sticky = a[i] != 0;
  return std::ldexp(static_cast<double>(top | (sticky ? 1U : 0U)), static_cast<int>(drop));
}

void BigUint::write_bytes_le(MutableByteSpan out) const {
  AVILA_ASSERT(out.size() >= byte_length());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Limb limb = i / 8 < limbs_.size() ? limbs_.data()[i / 8] : 0;
    out[i] = static_cast<std::byte>(limb >> (i % 8 * 8));
  }
}

void BigUint::write_bytes_be(MutableByteSpan out) const {
  AVILA_ASSERT(out.size() >= byte_length());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Limb limb = i / 8 < limbs_.size() ? limbs_.data()[i / 8] : 0;
    out[out.size() - 1 - i] = static_cast<std::byte>(limb >> (i % 8 * 8));
  }
}

void BigUint::assign_sum(const BigUint& a, const BigUint& b) {
  if (a.limbs_.size() < b.limbs_.size()) return assign_sum(b, a);
  const std::size_t an = a.limbs_.size();
  const std::size_t bn = b.limbs_.size();
  Limb* const r = this == &a || this == &b ? limbs_.resize(an + 1) : limbs_.overwrite(an + 1);
  // resize() may have moved an operand that is this, or changed its size: read data() again.
  const Limb carry = detail::add(r, a.limbs_.data(), an, b.limbs_.data(), bn);
  r[an] = carry;
  limbs_.resize(an + (carry != 0 ? 1 : 0));
  AVILA_ASSERT(limbs_.size() <= kMaxLimbs);
}

void BigUint::assign_difference(const BigUint& a, const BigUint& b) {
  const std::size_t an = a.limbs_.size();
  const std::size_t bn = b.limbs_.size();
  AVILA_ASSERT(an >= bn);
  Limb* const r = this == &a || this == &b ? limbs_.resize(an) : limbs_.overwrite(an);
  const Limb borrow = detail::sub(r, a.limbs_.data(), an, b.limbs_.data(), bn);
  AVILA_ASSERT(borrow == 0);
  limbs_.trim();
}

void BigUint::assign_product(const BigUint& a, const BigUint& b) {
  if (this == &a || this == &b) {
    BigUint r;
    r.assign_product(a, b);
    *this = std::move(r);
    return;
  }
  const std::size_t an = a.limbs_.size();
  const std::size_t bn = b.limbs_.size();
  if (an == 0 || bn == 0) return limbs_.clear();
  AVILA_ASSERT(an + bn <= kMaxLimbs + 1);
  Limb* const r = limbs_.overwrite(an + bn);
  if (&a == &b)
    detail::square(r, a.limbs_.data(), an);
  else if (an >= bn)
    detail::multiply(r, a.limbs_.data(), an, b.limbs_.data(), bn);
  else
    detail::multiply(r, b.limbs_.data(), bn, a.limbs_.data(), an);
  limbs_.trim();
}

void BigUint::assign_weighted_sum(const BigUint& a, Limb u, const BigUint& b, Limb v) {
  const std::size_t an = a.limbs_.size(), bn = b.limbs_.size();
  if (an < bn) return assign_weighted_sum(b, v, a, u);
  AVILA_DEBUG_ASSERT(this != &a && this != &b);
  Limb* const r = limbs_.overwrite(an + 2);
  r[an] = detail::kernels().mul_1(r, a.limbs_.data(), an, u);
  r[an + 1] = 0;
  const Limb carry = detail::kernels().addmul_1(r, b.limbs_.data(), bn, v);
  detail::add_1(r + bn, r + bn, an + 2 - bn, carry);
  limbs_.trim();
}

void BigUint::assign_weighted_difference(const BigUint& a, Limb u, const BigUint& b, Limb v) {
  AVILA_DEBUG_ASSERT(this != &a && this != &b);
  const std::size_t an = a.limbs_.size(), bn = b.limbs_.size();
  const std::size_t n = (an > bn ? an : bn) + 1;
  Limb* const r = limbs_.overwrite(n);
  r[an] = detail::kernels().mul_1(r, a.limbs_.data(), an, u);
  detail::zero(r + an + 1, n - an - 1);
  const Limb borrow = detail::kernels().submul_1(r, b.limbs_.data(), bn, v);
  const Limb below = detail::sub_1(r + bn, r + bn, n - bn, borrow);
  AVILA_ASSERT(below == 0);
  limbs_.trim();
}

BigUint& BigUint::operator*=(const BigUint& b) {
  if (b.limbs_.size() == 1)
    multiply_add(b.limbs_.data()[0], 0);
  else
    assign_product(*this, b);
  return *this;
}

BigUint operator/(const BigUint& a, const BigUint& b) {
  BigUint q, r;
  divide(q, r, a, b);
  return q;
}
BigUint operator%(const BigUint& a, const BigUint& b) {
  BigUint q, r;
  divide(q, r, a, b);
  return r;
}
BigUint& BigUint::operator/=(const BigUint& b) { return *this = *this / b; }
BigUint& BigUint::operator%=(const BigUint& b) { return *this = *this % b; }

BigUint& BigUint::operator<<=(std::uint64_t count) {
  const std::size_t n = limbs_.size();
  if (n == 0) return *this;
  AVILA_ASSERT(count <= kMaxBits && bit_length() + count <= kMaxBits);
  const auto whole = static_cast<std::size_t>(count / 64);
  const auto part = static_cast<unsigned>(count % 64);
  Limb* const r = limbs_.resize(n + whole + 1);
  if (part != 0) {
    r[n + whole] = detail::shift_left(r + whole, r, n, part);
  } else {
    detail::copy(r + whole, r, n);
    r[n + whole] = 0;
  }
  detail::zero(r, whole);
  limbs_.trim();
  return *this;
}

BigUint& BigUint::operator>>=(std::uint64_t count) {
  const std::size_t n = limbs_.size();
  if (count / 64 >= n) {
    limbs_.clear();
    return *this;
  }
  const auto whole = static_cast<std::size_t>(count / 64);
  const auto part = static_cast<unsigned>(count % 64);
  Limb* const r = limbs_.data();
  if (part != 0)
    detail::shift_right(r, r + whole, n - whole, part);
  else
    detail::copy(r, r + whole, n - whole);
  limbs_.resize(n - whole);
  limbs_.trim();
  return *this;
}

BigUint& BigUint::operator&=(const BigUint& b) {
  const std::size_t n = limbs_.size() < b.limbs_.size() ? limbs_.size() : b.limbs_.size();
  for (std::size_t i = 0; i < n; ++i) limbs_.data()[i] &= b.limbs_.data()[i];
  limbs_.resize(n);
  limbs_.trim();
  return *this;
}

BigUint& BigUint::operator|=(const BigUint& b) {
  const std::size_t n = limbs_.size(), bn = b.limbs_.size();
  if (bn > n) detail::zero(limbs_.resize(bn) + n, bn - n);
  for (std::size_t i = 0; i < bn; ++i) limbs_.data()[i] |= b.limbs_.data()[i];
  return *this;
}

BigUint& BigUint::operator^=(const BigUint& b) {
  const std::size_t n = limbs_.size(), bn = b.limbs_.size();
  if (bn > n) detail::zero(limbs_.resize(bn) + n, bn - n);
  for (std::size_t i = 0; i < bn; ++i) limbs_.data()[i] ^= b.limbs_.data()[i];
  limbs_.trim();
  return *this;
}

std::strong_ordering operator<=>(const BigUint& a, const BigUint& b) noexcept {
  if (a.limbs_.size() != b.limbs_.size()) return a.limbs_.size() <=> b.limbs_.size();
  return detail::compare(a.limbs_.data(), b.limbs_.data(), a.limbs_.size()) <=> 0;
}

void BigUint::multiply_add(Limb factor, Limb addend) {
  const std::size_t n = limbs_.size();
  Limb* const r = limbs_.resize(n + 1);
  r[n] = detail::kernels().mul_1(r, r, n, factor);
  detail::add_1(r, r, n + 1, addend);
  limbs_.trim();
  AVILA_ASSERT(limbs_.size() <= kMaxLimbs);
}

Limb BigUint::divide_by(Limb d) {
  AVILA_ASSERT(d != 0);
  const Limb r = detail::divide_1(limbs_.data(), limbs_.data(), limbs_.size(), d);
  limbs_.trim();
  return r;
}

Limb BigUint::modulo(Limb d) const {
  AVILA_ASSERT(d != 0);
  return detail::modulo_1(limbs_.data(), limbs_.size(), d);
}

void divide(BigUint& quotient, BigUint& remainder, const BigUint& a, const BigUint& b) {
  AVILA_ASSERT(!b.is_zero());
  AVILA_ASSERT(&quotient != &remainder);
  const std::size_t an = a.limbs_.size();
  const std::size_t bn = b.limbs_.size();
  if (an < bn) {
    remainder = a;
    quotient.limbs_.clear();
    return;
  }
  if (&quotient == &a || &quotient == &b || &remainder == &a || &remainder == &b) {
    BigUint q, r;
    divide(q, r, a, b);
    quotient = std::move(q);
    remainder = std::move(r);
    return;
  }
  detail::divide(quotient.limbs_.overwrite(an - bn + 1), remainder.limbs_.overwrite(bn),
                 a.limbs_.data(), an, b.limbs_.data(), bn);
  quotient.limbs_.trim();
  remainder.limbs_.trim();
}

Result<DivisionUint> checked_divide(const BigUint& a, const BigUint& b) {
  if (b.is_zero()) return Error(Errc::InvalidArgument, "division by zero");
  return detail::catch_bad_alloc([&]() -> Result<DivisionUint> {
    DivisionUint out;
    divide(out.quotient, out.remainder, a, b);
    return out;
  });
}

Result<BigUint> shift_left(const BigUint& a, std::uint64_t count) {
  if (a.is_zero()) return BigUint();
  if (count > kMaxBits || a.bit_length() + count > kMaxBits) return too_large();
  return detail::catch_bad_alloc([&]() -> Result<BigUint> { return a << count; });
}

Result<BigUint> checked_multiply(const BigUint& a, const BigUint& b) {
  if (a.bit_length() + b.bit_length() > kMaxBits) return too_large();
  return detail::catch_bad_alloc([&]() -> Result<BigUint> { return a * b; });
}

}  // namespace avila::numeric
