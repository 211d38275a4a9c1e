// Arithmetic of reflected CRCs over GF(2): the highest bit of a word is the coefficient of x^0.
// Word is uint32_t or uint64_t. A CRC of 32 bits is at the same time one of 64 modulo P x^32: its
// registers and polynomial are the same numbers, widened. The folding kernels use that.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace avila::hash::detail {

inline constexpr std::uint32_t kCrc32Polynomial = 0xEDB88320U;   // 0x04C11DB7 reflected
inline constexpr std::uint32_t kCrc32cPolynomial = 0x82F63B78U;  // 0x1EDC6F41 reflected
inline constexpr std::uint64_t kCrc64NvmePolynomial = 0x9A6C9329AC4BC9B5U;

/// a x mod P.
template <class Word>
constexpr Word crc_times_x(Word a, Word polynomial) noexcept {
  return static_cast<Word>((a >> 1) ^ ((a & 1) != 0 ? polynomial : 0));
}

/// a b mod P.
template <class Word>
constexpr Word crc_multiply(Word a, Word b, Word polynomial) noexcept {
  Word product = 0;
  for (Word bit = Word{1} << (8 * sizeof(Word) - 1); bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = crc_times_x(b, polynomial);
  }
  return product;
}

/// x^n mod P.
template <class Word>
constexpr Word crc_power(std::uint64_t n, Word polynomial) noexcept {
  Word result = Word{1} << (8 * sizeof(Word) - 1);  // x^0
  Word square = result >> 1;                        // x^1
  for (; n != 0; n >>= 1) {
    if ((n & 1) != 0) result = crc_multiply(result, square, polynomial);
    square = crc_multiply(square, square, polynomial);
  }
  return result;
}

/// crc(a ‖ b) from crc(a), crc(b): appending n bytes multiplies by (x^8)^n.
template <class Word>
constexpr Word crc_combine(Word a, Word b, std::uint64_t size_b, Word polynomial) noexcept {
  Word factor = a;
  Word power = crc_power(std::uint64_t{8}, polynomial);
  for (; size_b != 0; size_b >>= 1) {
    if ((size_b & 1) != 0) factor = crc_multiply(factor, power, polynomial);
    power = crc_multiply(power, power, polynomial);
  }
  return factor ^ b;
}

/// Slicing-by-8 tables: tables[k][b] is the CRC of byte b followed by k zero bytes.
template <class Word>
using CrcTables = std::array<std::array<Word, 256>, 8>;
template <class Word>
constexpr CrcTables<Word> make_crc_tables(Word polynomial) noexcept {
  CrcTables<Word> tables{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    Word crc = static_cast<Word>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc_times_x(crc, polynomial);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const Word before = tables[k - 1][byte];
      tables[k][byte] = static_cast<Word>((before >> 8) ^ tables[0][before & 0xFF]);
    }
  return tables;
}

}  // namespace avila::hash::detail
