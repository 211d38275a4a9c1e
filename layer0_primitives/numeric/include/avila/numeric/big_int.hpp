// Integers of any size: a sign and a BigUint. Bit operations and shifts behave as on two's
// complement of infinite width. The contracts of operators are those of big_uint.hpp.
#pragma once
#include <avila/numeric/big_uint.hpp>

namespace avila::numeric {

class BigInt {
 public:
  BigInt() noexcept = default;
  template <std::integral T>
  BigInt(T value) noexcept : magnitude_(absolute(value)), negative_(value < 0) {}
  BigInt(i128 value) noexcept
      : magnitude_(value < 0 ? u128{0} - static_cast<u128>(value) : static_cast<u128>(value)),
        negative_(value < 0) {}
  BigInt(BigUint magnitude, bool negative = false) noexcept
      : magnitude_(std::move(magnitude)), negative_(negative && !magnitude_.is_zero()) {}

  /// As BigUint::parse, after an optional sign.
  static Result<BigInt> parse(std::string_view text, unsigned base = 10);
  /// Two's complement, any length; empty is zero.
  static Result<BigInt> from_bytes_le(ByteSpan bytes);
  static Result<BigInt> from_bytes_be(ByteSpan bytes);
  /// Towards zero; InvalidArgument where it is infinite or not a number.
  static Result<BigInt> from_double(double value);

  const BigUint& magnitude() const noexcept { return magnitude_; }
  bool is_negative() const noexcept { return negative_; }
  bool is_zero() const noexcept { return magnitude_.is_zero(); }
  bool is_odd() const noexcept { return magnitude_.is_odd(); }
  int sign() const noexcept { return negative_ ? -1 : (is_zero() ? 0 : 1); }
  /// Bits of the magnitude.
  std::uint64_t bit_length() const noexcept { return magnitude_.bit_length(); }
  /// Of the two's complement.
  bool bit(std::uint64_t index) const noexcept;

  std::optional<std::int64_t> to_int64() const noexcept;
  std::optional<std::uint64_t> to_uint64() const noexcept;
  std::optional<i128> to_int128() const noexcept;
  double to_double() const noexcept {
    return negative_ ? -magnitude_.to_double() : magnitude_.to_double();
  }
  std::string to_string(unsigned base = 10) const;
  /// The shortest two's complement; at least one byte.
  std::size_t byte_length() const noexcept;
  /// Sign-extended; out.size() >= byte_length().
  void write_bytes_le(MutableByteSpan out) const;
  void write_bytes_be(MutableByteSpan out) const;

  BigInt operator-() const& { return {magnitude_, !negative_}; }
  BigInt operator-() && { return {std::move(magnitude_), !negative_}; }
  /// -x - 1.
  BigInt operator~() const;
  BigInt& operator+=(const BigInt& b) { return assign_sum(b, b.negative_), *this; }
  BigInt& operator-=(const BigInt& b) { return assign_sum(b, !b.negative_), *this; }
  BigInt& operator*=(const BigInt& b);
  /// Towards zero, as C++ does; the remainder has the sign of the dividend.
  BigInt& operator/=(const BigInt& b);
  BigInt& operator%=(const BigInt& b);
  BigInt& operator<<=(std::uint64_t count) { return magnitude_ <<= count, *this; }
  /// Towards minus infinity.
  BigInt& operator>>=(std::uint64_t count);
  BigInt& operator&=(const BigInt& b);
  BigInt& operator|=(const BigInt& b);
  BigInt& operator^=(const BigInt& b);

  friend BigInt operator+(BigInt a, const BigInt& b) { return std::move(a += b); }
  friend BigInt operator-(BigInt a, const BigInt& b) { return std::move(a -= b); }
  friend BigInt operator*(const BigInt& a, const BigInt& b) {
    return {a.magnitude_ * b.magnitude_, a.negative_ != b.negative_};
  }
  friend BigInt operator/(const BigInt& a, const BigInt& b) {
    return {a.magnitude_ / b.magnitude_, a.negative_ != b.negative_};
  }
  friend BigInt operator%(const BigInt& a, const BigInt& b) {
    return {a.magnitude_ % b.magnitude_, a.negative_};
  }
  friend BigInt operator<<(BigInt a, std::uint64_t count) { return std::move(a <<= count); }
  friend BigInt operator>>(BigInt a, std::uint64_t count) { return std::move(a >>= count); }
  friend BigInt operator&(BigInt a, const BigInt& b) { return std::move(a &= b); }
  friend BigInt operator|(BigInt a, const BigInt& b) { return std::move(a |= b); }
  friend BigInt operator^(BigInt a, const BigInt& b) { return std::move(a ^= b); }

  friend std::strong_ordering operator<=>(const BigInt& a, const BigInt& b) noexcept;
  friend bool operator==(const BigInt& a, const BigInt& b) noexcept { return (a <=> b) == 0; }

 private:
  template <std::integral T>
  static BigUint absolute(T value) noexcept {
    const auto bits = static_cast<std::uint64_t>(value);
    return BigUint(value < 0 ? std::uint64_t{0} - bits : bits);
  }
  void assign_sum(const BigInt& b, bool b_negative);

  BigUint magnitude_;
  bool negative_ = false;
};

struct DivisionInt {
  BigInt quotient, remainder;
};
/// Quotient towards zero, minus infinity, or such that 0 <= remainder < |b|. InvalidArgument where
/// b is zero.
Result<DivisionInt> divide_truncated(const BigInt& a, const BigInt& b);
Result<DivisionInt> divide_floor(const BigInt& a, const BigInt& b);
Result<DivisionInt> divide_euclid(const BigInt& a, const BigInt& b);

}  // namespace avila::numeric
