// Constants of RFC 1951 that encoder and decoder share.
#pragma once
#include <array>
#include <cstdint>

namespace avila::compress::detail {

inline constexpr unsigned kLitlenSymbols = 288;  // 286 and 287 occur in the fixed code only
inline constexpr unsigned kDistanceSymbols = 32;
inline constexpr unsigned kPrecodeSymbols = 19;
inline constexpr unsigned kEndOfBlock = 256;
inline constexpr unsigned kDeflateMinMatch = 3, kDeflateMaxMatch = 258;
inline constexpr std::uint32_t kDeflateWindow = 32768;
inline constexpr unsigned kMaxCodeLength = 15, kMaxPrecodeLength = 7;

// RFC 1951, 3.2.5.
inline constexpr std::array<std::uint16_t, 29> kLengthBase = {
    3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
inline constexpr std::array<std::uint8_t, 29> kLengthExtra = {
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
inline constexpr std::array<std::uint16_t, 30> kDistanceBase = {
    1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
    193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
inline constexpr std::array<std::uint8_t, 30> kDistanceExtra = {
    0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
    6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};
// RFC 1951, 3.2.7.
inline constexpr std::array<std::uint8_t, kPrecodeSymbols> kPrecodeOrder = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

/// The lengths of the fixed codes (RFC 1951, 3.2.6).
constexpr std::array<std::uint8_t, kLitlenSymbols> fixed_litlen_lengths() {
  std::array<std::uint8_t, kLitlenSymbols> lengths{};
  for (unsigned i = 0; i < kLitlenSymbols; ++i)
    lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
  return lengths;
}

}  // namespace avila::compress::detail
