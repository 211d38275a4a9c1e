// Arithmetic of reflected 32-bit CRCs over GF(2): bit 31 of a word is the coefficient of x^0.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace avila::hash::detail {

inline constexpr std::uint32_t kCrc32Polynomial = 0xEDB88320U;   // 0x04C11DB7 reflected
inline constexpr std::uint32_t kCrc32cPolynomial = 0x82F63B78U;  // 0x1EDC6F41 reflected

/// a * b mod P.
constexpr std::uint32_t crc_multiply(std::uint32_t a, std::uint32_t b,
                                     std::uint32_t polynomial) noexcept {
  std::uint32_t product = 0;
  for (std::uint32_t bit = 0x80000000U; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b >> 1) ^ ((b & 1) != 0 ? polynomial : 0);
  }
  return product;
}

/// x^n mod P.
constexpr std::uint32_t crc_power(std::uint64_t n, std::uint32_t polynomial) noexcept {
  std::uint32_t result = 0x80000000U;  // x^0
  std::uint32_t square = 0x40000000U;  // x^1
  for (; n != 0; n >>= 1) {
    if ((n & 1) != 0) result = crc_multiply(result, square, polynomial);
    square = crc_multiply(square, square, polynomial);
  }
  return result;
}

/// crc(a ‖ b) from crc(a), crc(b): appending 8 n zero bits multiplies by x^(8n).
constexpr std::uint32_t crc_combine(std::uint32_t a, std::uint32_t b, std::uint64_t size_b,
                                    std::uint32_t polynomial) noexcept {
  // x has order dividing 2^32 - 1, so the exponent may be reduced before it overflows.
  const std::uint64_t bits = (size_b % 0xFFFFFFFFU) * 8;
  return crc_multiply(crc_power(bits, polynomial), a, polynomial) ^ b;
}

/// Slicing-by-8 tables: tables[k][b] is the CRC of byte b followed by k zero bytes.
using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;
constexpr CrcTables make_crc_tables(std::uint32_t polynomial) noexcept {
  CrcTables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  return tables;
}

}  // namespace avila::hash::detail
