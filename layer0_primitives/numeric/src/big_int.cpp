#include <avila/numeric/big_int.hpp>

#include "limbs.hpp"

namespace avila::numeric {
namespace {

// The limbs of a number in two's complement, one after the other: ~(magnitude - 1) if negative.
class TwosComplement {
 public:
  explicit TwosComplement(const BigInt& a)
      : limbs_(a.magnitude().limbs()), negative_(a.is_negative()) {}
  Limb next() noexcept {
    const Limb limb = at_ < limbs_.size() ? limbs_[at_] : 0;
    ++at_;
    if (!negative_) return limb;
    const Limb value = limb - borrow_;
    borrow_ = limb < borrow_ ? 1 : 0;
    return ~value;
  }

 private:
  std::span<const Limb> limbs_;
  bool negative_;
  Limb borrow_ = 1;
  std::size_t at_ = 0;
};

// From n limbs of two's complement.
BigInt from_twos_complement(std::span<Limb> limbs) {
  const bool negative = !limbs.empty() && limbs.back() >> 63 != 0;
  if (negative) {
    for (Limb& limb : limbs) limb = ~limb;
    detail::add_1(limbs.data(), limbs.data(), limbs.size(), 1);
  }
  return {BigUint::from_limbs(limbs), negative};
}

template <class Op>
BigInt bitwise(const BigInt& a, const BigInt& b, Op op) {
  const std::size_t an = a.magnitude().limbs().size();
  const std::size_t bn = b.magnitude().limbs().size();
  const std::size_t n = (an > bn ? an : bn) + 1;
  detail::LimbVector out;
  Limb* const r = out.overwrite(n);
  TwosComplement x(a), y(b);
  for (std::size_t i = 0; i < n; ++i) r[i] = op(x.next(), y.next());
  return from_twos_complement({r, n});
}

}  // namespace

Result<BigInt> BigInt::parse(std::string_view text, unsigned base) {
  const bool sign = !text.empty() && (text[0] == '-' || text[0] == '+');
  auto magnitude = BigUint::parse(text.substr(sign ? 1 : 0), base);
  if (!magnitude.has_value()) return std::move(magnitude).error();
  return BigInt(std::move(*magnitude), sign && text[0] == '-');
}

Result<BigInt> BigInt::from_bytes_le(ByteSpan bytes) {
  auto magnitude = BigUint::from_bytes_le(bytes);
  if (!magnitude.has_value()) return std::move(magnitude).error();
  if (bytes.empty() || static_cast<unsigned>(bytes.back()) < 0x80)
    return BigInt(std::move(*magnitude));
  auto modulus = BigUint::power_of_two(8 * std::uint64_t{bytes.size()});
  if (!modulus.has_value()) return std::move(modulus).error();
  return BigInt(*modulus - *magnitude, true);
}

Result<BigInt> BigInt::from_bytes_be(ByteSpan bytes) {
  auto magnitude = BigUint::from_bytes_be(bytes);
  if (!magnitude.has_value()) return std::move(magnitude).error();
  if (bytes.empty() || static_cast<unsigned>(bytes.front()) < 0x80)
    return BigInt(std::move(*magnitude));
  auto modulus = BigUint::power_of_two(8 * std::uint64_t{bytes.size()});
  if (!modulus.has_value()) return std::move(modulus).error();
  return BigInt(*modulus - *magnitude, true);
}

Result<BigInt> BigInt::from_double(double value) {
  auto magnitude = BigUint::from_double(value < 0 ? -value : value);
  if (!magnitude.has_value()) return Error(Errc::InvalidArgument, "not a finite number");
  return BigInt(std::move(*magnitude), value < 0);
}

bool BigInt::bit(std::uint64_t index) const noexcept {
  // In -m = ~(m - 1) the bits up to the lowest one of m are m's, those above it are inverted.
  if (!negative_) return magnitude_.bit(index);
  return magnitude_.bit(index) != (index > magnitude_.trailing_zeros());
}

std::optional<std::int64_t> BigInt::to_int64() const noexcept {
  const auto value = to_int128();
  if (!value || *value < INT64_MIN || *value > INT64_MAX) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

std::optional<std::uint64_t> BigInt::to_uint64() const noexcept {
  return negative_ ? std::nullopt : magnitude_.to_uint64();
}

std::optional<i128> BigInt::to_int128() const noexcept {
  const auto m = magnitude_.to_uint128();
  const u128 most = static_cast<u128>(kI128Max) + (negative_ ? 1 : 0);
  if (!m || *m > most) return std::nullopt;
  return static_cast<i128>(negative_ ? u128{0} - *m : *m);
}

std::string BigInt::to_string(unsigned base) const {
  std::string text = magnitude_.to_string(base);
  if (negative_) text.insert(text.begin(), '-');
  return text;
}

std::size_t BigInt::byte_length() const noexcept {
  std::uint64_t bits = magnitude_.bit_length();
  // A power of two fits one bit less when it is negative: -128 in a byte.
  if (negative_ && magnitude_.trailing_zeros() + 1 == bits) --bits;
  return static_cast<std::size_t>(bits / 8 + 1);
}

void BigInt::write_bytes_le(MutableByteSpan out) const {
  AVILA_ASSERT(out.size() >= byte_length());
  TwosComplement limbs(*this);
  Limb limb = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    limb = i % 8 == 0 ? limbs.next() : limb >> 8;
    out[i] = static_cast<std::byte>(limb);
  }
}

void BigInt::write_bytes_be(MutableByteSpan out) const {
  write_bytes_le(out);
  for (std::size_t i = 0, k = out.size(); i + 1 < k; ++i) std::swap(out[i], out[--k]);
}

BigInt BigInt::operator~() const {
  return negative_ ? BigInt(magnitude_ - BigUint(1)) : BigInt(magnitude_ + BigUint(1), true);
}

void BigInt::assign_sum(const BigInt& b, bool b_negative) {
  if (negative_ == b_negative || b.is_zero()) {
    magnitude_ += b.magnitude_;
  } else if (magnitude_ >= b.magnitude_) {
    magnitude_ -= b.magnitude_;
    negative_ = negative_ && !magnitude_.is_zero();
  } else {
    magnitude_.assign_difference(b.magnitude_, magnitude_);
    negative_ = b_negative;
  }
}

BigInt& BigInt::operator*=(const BigInt& b) {
  const bool negative = negative_ != b.negative_;
  magnitude_ *= b.magnitude_;
  negative_ = negative && !magnitude_.is_zero();
  return *this;
}
BigInt& BigInt::operator/=(const BigInt& b) { return *this = *this / b; }
BigInt& BigInt::operator%=(const BigInt& b) { return *this = *this % b; }

BigInt& BigInt::operator>>=(std::uint64_t count) {
  if (!negative_) {
    magnitude_ >>= count;
    return *this;
  }
  const bool inexact = magnitude_.trailing_zeros() < count;
  magnitude_ >>= count;
  if (inexact) magnitude_ += BigUint(1);
  return *this;
}

BigInt& BigInt::operator&=(const BigInt& b) {
  return *this = bitwise(*this, b, [](Limb x, Limb y) { return x & y; });
}
BigInt& BigInt::operator|=(const BigInt& b) {
  return *this = bitwise(*this, b, [](Limb x, Limb y) { return x | y; });
}
BigInt& BigInt::operator^=(const BigInt& b) {
  return *this = bitwise(*this, b, [](Limb x, Limb y) { return x ^ y; });
}

std::strong_ordering operator<=>(const BigInt& a, const BigInt& b) noexcept {
  if (a.negative_ != b.negative_)
    return a.negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
  return a.negative_ ? b.magnitude_ <=> a.magnitude_ : a.magnitude_ <=> b.magnitude_;
}

namespace {

Result<DivisionInt> divide_and_correct(const BigInt& a, const BigInt& b, bool floor, bool euclid) {
  auto parts = checked_divide(a.magnitude(), b.magnitude());
  if (!parts.has_value()) return std::move(parts).error();
  DivisionInt out{BigInt(std::move(parts->quotient), a.is_negative() != b.is_negative()),
                  BigInt(std::move(parts->remainder), a.is_negative())};
  const int sign = out.remainder.sign();
  if (floor && sign != 0 && sign != b.sign()) {
    out.quotient -= 1;
    out.remainder += b;
  } else if (euclid && sign < 0) {
    out.quotient += b.is_negative() ? 1 : -1;
    out.remainder += BigInt(b.magnitude());
  }
  return out;
}

}  // namespace

Result<DivisionInt> divide_truncated(const BigInt& a, const BigInt& b) {
  return divide_and_correct(a, b, false, false);
}
Result<DivisionInt> divide_floor(const BigInt& a, const BigInt& b) {
  return divide_and_correct(a, b, true, false);
}
Result<DivisionInt> divide_euclid(const BigInt& a, const BigInt& b) {
  return divide_and_correct(a, b, false, true);
}

}  // namespace avila::numeric
