// Constants of RFC 8878 that encoder and decoder share.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace avila::compress::detail::zstd {

inline constexpr std::uint32_t kMagic = 0xFD2FB528, kSkippableMagic = 0x184D2A50,
                               kDictionaryMagic = 0xEC30A437;
inline constexpr std::size_t kMaxBlock = 128U << 10;
inline constexpr unsigned kHuffmanLog = 11;  // the longest literal code, 4.2.1
// Beyond the text of the standard, its decoder takes codes of 12 bits, and dictionaries have them.
inline constexpr unsigned kLongHuffmanLog = 12;
inline constexpr unsigned kLitLengthLog = 9, kMatchLengthLog = 9, kOffsetLog = 8;
inline constexpr unsigned kLitLengthCodes = 36, kMatchLengthCodes = 53, kOffsetCodes = 32;
inline constexpr std::uint32_t kMinMatch = 3;

// 3.1.1.3.2.1.1.
inline constexpr std::array<std::uint32_t, kLitLengthCodes> kLitLengthBase = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,   9,   10,  11,   12,   13,   14,   15,    16,    18,
    20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536};
inline constexpr std::array<std::uint8_t, kLitLengthCodes> kLitLengthExtra = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  0,  0,  1,  1,
    1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
inline constexpr std::array<std::uint32_t, kMatchLengthCodes> kMatchLengthBase = {
    3,  4,  5,  6,  7,  8,  9,  10,  11,  12,  13,   14,   15,   16,   17,    18,    19,   20,
    21, 22, 23, 24, 25, 26, 27, 28,  29,  30,  31,   32,   33,   34,   35,    37,    39,   41,
    43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539};
inline constexpr std::array<std::uint8_t, kMatchLengthCodes> kMatchLengthExtra = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0,  0,  0,  0,  0,  0, 0,
    0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

// 3.1.1.3.2.2.
inline constexpr std::array<std::int16_t, 36> kLitLengthDefault = {
    4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1,  1,  2,  2,
    2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1};
inline constexpr std::array<std::int16_t, 53> kMatchLengthDefault = {
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  1,  1,  1,  1,  1,  1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1};
inline constexpr std::array<std::int16_t, 29> kOffsetDefault = {
    1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1};
inline constexpr unsigned kLitLengthDefaultLog = 6, kMatchLengthDefaultLog = 6,
                          kOffsetDefaultLog = 5;

enum class LiteralsType : std::uint8_t { Raw, Rle, Compressed, Treeless };
enum class TableMode : std::uint8_t { Predefined, Rle, Fse, Repeat };

}  // namespace avila::compress::detail::zstd
