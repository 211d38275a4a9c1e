// Montgomery multiplication in digits of 52 bits by AVX-512 IFMA, and powers made of it.
#pragma once
#include <avila/simd/target.hpp>

#include "limbs.hpp"

namespace avila::crypto::detail {

inline constexpr unsigned kDigitBits = 52;
inline constexpr std::size_t kPowerWindow = 5;  ///< bits of an exponent taken at a time
inline constexpr std::size_t kPowerEntries = std::size_t{1} << kPowerWindow;

/// The window of an exponent that begins at bit `at`.
inline Limb exponent_window(LimbSpan exponent, std::size_t at) noexcept {
  const std::size_t limb = at / 64, shift = at % 64;
  Limb bits = exponent[limb] >> shift;
  if (shift > 64 - kPowerWindow && limb + 1 < exponent.size())
    bits |= exponent[limb + 1] << (64 - shift);
  return bits & (kPowerEntries - 1);
}

/// A modulus for these kernels. Numbers are `digits` words of 52 bits, below 2 m.
struct IfmaModulus {
  std::size_t digits = 0;  ///< 0: not for this length, or not on this machine
  Limbs m, r2;             ///< r2 = 2^(104 digits) mod m, or that and m
  Limb k0 = 0;             ///< -1 / m mod 2^52
};

/// How many digits the kernels take for so many bits; 0 for none.
std::size_t ifma_digits(std::size_t bits) noexcept;
/// Whether this machine has them, and $AVILA_KERNEL does not say otherwise.
bool use_ifma() noexcept;

struct IfmaTask {
  const IfmaModulus* modulus;
  MutableLimbSpan r;  ///< ordinary limbs; below m or m itself
  LimbSpan base;      ///< below m
  LimbSpan exponent;
};
/// r = base^exponent, of one or of two at a time that have as many digits and exponents as long.
void ifma_pow(std::span<const IfmaTask> tasks);
void ifma_pow_public(const IfmaTask& task, std::uint64_t exponent);
/// Fills r2 from 2^(52 digits) * 2^s mod m, s the odd part of 52 digits.
void ifma_finish(IfmaModulus& modulus, LimbSpan start);
/// The odd part of 52 digits.
std::size_t ifma_doublings(std::size_t digits) noexcept;

void to_digits(MutableLimbSpan digits, LimbSpan limbs) noexcept;
void from_digits(MutableLimbSpan limbs, LimbSpan digits) noexcept;

}  // namespace avila::crypto::detail
