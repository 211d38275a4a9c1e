// Numbers of the LZ4 frame format.
#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::compress::lz4::detail {

inline constexpr std::uint32_t kFrameMagic = 0x184D2204;
inline constexpr std::uint32_t kSkippableMagic = 0x184D2A50;  // to …5F
inline constexpr std::uint32_t kLegacyMagic = 0x184C2102;
inline constexpr std::uint32_t kUncompressed = 0x80000000U;  // flag in a block's size

// The FLG byte.
inline constexpr unsigned kVersionMask = 0xC0, kVersion = 0x40;
inline constexpr unsigned kIndependent = 0x20;
inline constexpr unsigned kBlockChecksum = 0x10;
inline constexpr unsigned kContentSize = 0x08;
inline constexpr unsigned kContentChecksum = 0x04;
inline constexpr unsigned kReservedFlag = 0x02;
inline constexpr unsigned kDictionaryId = 0x01;

inline constexpr std::size_t kHistory = 65536;
inline constexpr std::size_t kHeaderMax = 19;  // magic 4, FLG, BD, size 8, dictionary 4, checksum

}  // namespace avila::compress::lz4::detail
