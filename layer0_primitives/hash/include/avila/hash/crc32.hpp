// CRC-32 of ISO 3309 / IEEE 802.3 / zlib / gzip / PNG: polynomial 0x04C11DB7, reflected.
#pragma once
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::hash {

/// The CRC-32 of `bytes`; `crc` is the value of what came before (0 at the start), so that
/// crc32(b, crc32(a)) == crc32(a ‖ b). For accidents, not for adversaries.
std::uint32_t crc32(ByteSpan bytes, std::uint32_t crc = 0) noexcept;

/// The CRC of a ‖ b from those of a and b; O(log size_b).
std::uint32_t crc32_combine(std::uint32_t crc_a, std::uint32_t crc_b,
                            std::uint64_t size_b) noexcept;

}  // namespace avila::hash
