// Scalars as digits.
#pragma once
#include <avila/field/ct.hpp>
#include <avila/field/modulus.hpp>

namespace avila::field::detail {

/// One digit of Booth's recoding: -2^(W-1) … 2^(W-1).
struct SignedDigit {
  ct::Mask negative;
  std::uint64_t magnitude;
};

/// Digits of W bits that make so many bits and a sign.
template <std::size_t kBits, unsigned W>
constexpr std::size_t kBoothDigits = (kBits + W) / W;

/// CT: the i-th digit; sum of digit_i 2^(W i) = the scalar, whatever its bits.
template <unsigned W, std::size_t N>
SignedDigit booth_digit(const Limbs<N>& scalar, std::size_t i) noexcept {
  std::uint64_t window;  // W bits and the one below them
  if (i == 0) {
    window = scalar[0] << 1;
  } else {
    const std::size_t bit = W * i - 1, limb = bit / 64, shift = bit % 64;
    window = limb < N ? scalar[limb] >> shift : 0;
    if (shift != 0 && limb + 1 < N) window |= scalar[limb + 1] << (64 - shift);
  }
  window &= (std::uint64_t{2} << W) - 1;
  const ct::Mask negative = ct::mask_if(window >> W);
  const std::uint64_t half = (window + 1) >> 1;
  return {negative, ct::select(negative, (std::uint64_t{1} << W) - half, half)};
}

/// Variable time: the non-adjacent form of width W, digits odd or zero and below 2^(W-1) in
/// absolute value; returns how many digits there are. `out` holds 64 N + 1.
template <unsigned W, std::size_t N>
std::size_t wnaf_vartime(signed char* out, const Limbs<N>& scalar) noexcept {
  static_assert(W <= 8);
  std::size_t used = 0;
  std::uint64_t carry = 0;
  for (std::size_t bit = 0; bit <= 64 * N;) {
    const std::size_t limb = bit / 64, shift = bit % 64;
    std::uint64_t window = limb < N ? scalar[limb] >> shift : 0;
    if (shift > 64 - W && limb + 1 < N) window |= scalar[limb + 1] << (64 - shift);
    window = (window & ((1U << W) - 1)) + carry;
    if (window % 2 == 0) {
      out[bit++] = 0;
      continue;
    }
    const bool negative = window >= 1U << (W - 1);
    const int digit = static_cast<int>(window) - (negative ? 1 << W : 0);
    carry = negative ? 1 : 0;
    out[bit] = static_cast<signed char>(digit);
    used = bit + 1;
    for (std::size_t end = bit + W; ++bit < end && bit <= 64 * N;) out[bit] = 0;
  }
  return used;
}

}  // namespace avila::field::detail
