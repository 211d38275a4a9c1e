// Natural numbers of any size up to kMaxBits.
//
// Operators have contracts, asserted in every build: no division by zero, no difference below
// zero, no result above kMaxBits. Input from outside goes through the functions that return a
// Result: parse, from_bytes, shift_left, checked_divide, and pow in number_theory.hpp.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/numeric/limb_vector.hpp>
#include <avila/primitives/wide.hpp>
#include <compare>
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace avila::numeric {

/// The largest number: 2^32 bits, 512 MiB, 1.29e9 decimal digits.
constexpr std::uint64_t kMaxBits = std::uint64_t{1} << 32;
constexpr std::size_t kMaxLimbs = kMaxBits / 64;

struct DivisionUint;

class BigUint {
 public:
  BigUint() noexcept = default;
  /// From any integer; a negative one breaks the contract.
  template <std::integral T>
  BigUint(T value) noexcept {
    if constexpr (std::signed_integral<T>) AVILA_ASSERT(value >= 0);
    set(static_cast<std::uint64_t>(value));
  }
  BigUint(u128 value) noexcept {
    limbs_.overwrite(2);  // inline
    limbs_.data()[0] = static_cast<std::uint64_t>(value);
    limbs_.data()[1] = static_cast<std::uint64_t>(value >> 64);
    limbs_.trim();
  }

  /// Digits of a base from 2 to 36, letters of either case; "_" between digits is passed over.
  /// Base 0 reads the prefixes 0x, 0o and 0b, else decimal. Subquadratic.
  /// Errors: Malformed with the offset, InvalidArgument (base), LimitExceeded, OutOfMemory.
  static Result<BigUint> parse(std::string_view text, unsigned base = 10);
  static Result<BigUint> from_bytes_le(ByteSpan bytes);
  static Result<BigUint> from_bytes_be(ByteSpan bytes);
  /// The integral part; InvalidArgument where it is negative, infinite or not a number.
  static Result<BigUint> from_double(double value);
  static Result<BigUint> power_of_two(std::uint64_t exponent);
  /// Least significant first; zeros at the top are dropped.
  static BigUint from_limbs(std::span<const Limb> limbs);

  bool is_zero() const noexcept { return limbs_.size() == 0; }
  bool is_one() const noexcept { return limbs_.size() == 1 && limbs_.data()[0] == 1; }
  bool is_odd() const noexcept { return !is_zero() && (limbs_.data()[0] & 1) != 0; }
  bool is_even() const noexcept { return !is_odd(); }
  /// Bits without leading zeros; 0 for zero.
  std::uint64_t bit_length() const noexcept;
  bool bit(std::uint64_t index) const noexcept;
  std::uint64_t trailing_zeros() const noexcept;  ///< 0 for zero
  std::uint64_t popcount() const noexcept;
  /// Valid until the number changes.
  std::span<const Limb> limbs() const noexcept { return {limbs_.data(), limbs_.size()}; }
  std::uint64_t low64() const noexcept { return is_zero() ? 0 : limbs_.data()[0]; }

  /// Nothing where it does not fit.
  std::optional<std::uint64_t> to_uint64() const noexcept;
  std::optional<u128> to_uint128() const noexcept;
  /// Rounded to nearest, ties to even; infinity beyond the largest double.
  double to_double() const noexcept;
  /// Digits of base 2…36, lower case; subquadratic.
  std::string to_string(unsigned base = 10) const;
  std::size_t byte_length() const noexcept {
    return static_cast<std::size_t>(bit_length() + 7) / 8;
  }
  /// Fills `out`, zeros beyond the number; out.size() >= byte_length().
  void write_bytes_le(MutableByteSpan out) const;
  void write_bytes_be(MutableByteSpan out) const;

  BigUint& operator+=(const BigUint& b) { return assign_sum(*this, b), *this; }
  BigUint& operator-=(const BigUint& b) { return assign_difference(*this, b), *this; }
  BigUint& operator*=(const BigUint& b);
  BigUint& operator/=(const BigUint& b);
  BigUint& operator%=(const BigUint& b);
  BigUint& operator<<=(std::uint64_t count);
  BigUint& operator>>=(std::uint64_t count);
  BigUint& operator&=(const BigUint& b);
  BigUint& operator|=(const BigUint& b);
  BigUint& operator^=(const BigUint& b);

  /// Into this, which keeps its memory and may be an operand: no allocation in a loop.
  void assign_sum(const BigUint& a, const BigUint& b);
  void assign_difference(const BigUint& a, const BigUint& b);  ///< a >= b
  void assign_product(const BigUint& a, const BigUint& b);
  void assign_square(const BigUint& a) { assign_product(a, a); }

  /// a u + b v, and a u - b v where that is not negative; this is neither a nor b.
  void assign_weighted_sum(const BigUint& a, Limb u, const BigUint& b, Limb v);
  void assign_weighted_difference(const BigUint& a, Limb u, const BigUint& b, Limb v);

  friend BigUint operator+(const BigUint& a, const BigUint& b) {
    BigUint r;
    r.assign_sum(a, b);
    return r;
  }
  friend BigUint operator-(const BigUint& a, const BigUint& b) {
    BigUint r;
    r.assign_difference(a, b);
    return r;
  }
  friend BigUint operator*(const BigUint& a, const BigUint& b) {
    BigUint r;
    r.assign_product(a, b);
    return r;
  }
  friend BigUint operator/(const BigUint& a, const BigUint& b);
  friend BigUint operator%(const BigUint& a, const BigUint& b);
  friend BigUint operator<<(BigUint a, std::uint64_t count) { return std::move(a <<= count); }
  friend BigUint operator>>(BigUint a, std::uint64_t count) { return std::move(a >>= count); }
  friend BigUint operator&(BigUint a, const BigUint& b) { return std::move(a &= b); }
  friend BigUint operator|(BigUint a, const BigUint& b) { return std::move(a |= b); }
  friend BigUint operator^(BigUint a, const BigUint& b) { return std::move(a ^= b); }

  friend std::strong_ordering operator<=>(const BigUint& a, const BigUint& b) noexcept;
  friend bool operator==(const BigUint& a, const BigUint& b) noexcept { return (a <=> b) == 0; }

  /// *this = *this * factor + addend; the fast step of parsers.
  void multiply_add(Limb factor, Limb addend);
  /// Divides in place by a limb; the remainder. d != 0.
  Limb divide_by(Limb d);
  Limb modulo(Limb d) const;  ///< d != 0

 private:
  friend void divide(BigUint& quotient, BigUint& remainder, const BigUint& a, const BigUint& b);

  void set(std::uint64_t value) noexcept {
    limbs_.data()[0] = value;
    if (value != 0) limbs_.overwrite(1);
  }
  detail::LimbVector limbs_;
};

/// a = quotient * b + remainder, remainder < b. Errors: InvalidArgument where b is zero.
struct DivisionUint {
  BigUint quotient, remainder;
};
Result<DivisionUint> checked_divide(const BigUint& a, const BigUint& b);
/// The same into numbers that keep their memory; b != 0, and the outputs are two numbers.
void divide(BigUint& quotient, BigUint& remainder, const BigUint& a, const BigUint& b);
/// a * 2^count; LimitExceeded, OutOfMemory.
Result<BigUint> shift_left(const BigUint& a, std::uint64_t count);
/// a * b; LimitExceeded, OutOfMemory.
Result<BigUint> checked_multiply(const BigUint& a, const BigUint& b);

}  // namespace avila::numeric
