// GF(2^8) with the polynomial x^8 + x^4 + x^3 + x + 1 (FIPS 197 section 4.2), without tables and
// without branches.
#pragma once
#include <avila/field/ct.hpp>
#include <cstdint>

namespace avila::keystore::gf256 {

/// CT in both.
inline std::uint8_t multiply(std::uint8_t a, std::uint8_t b) noexcept {
  std::uint32_t sum = 0, shifted = a;
  for (unsigned bit = 0; bit < 8; ++bit) {
    sum ^= shifted & static_cast<std::uint32_t>(field::ct::mask_if((b >> bit) & 1U));
    shifted <<= 1;
    shifted ^= 0x11b & static_cast<std::uint32_t>(field::ct::mask_if((shifted >> 8) & 1U));
  }
  return static_cast<std::uint8_t>(sum);
}

/// a^254, which is 1/a; 0 for 0. CT.
inline std::uint8_t invert(std::uint8_t a) noexcept {
  std::uint8_t power = a, product = 1;
  for (int i = 1; i < 8; ++i) {
    power = multiply(power, power);
    product = multiply(product, power);
  }
  return product;
}

}  // namespace avila::keystore::gf256
