// CRC-32C (Castagnoli; iSCSI of RFC 3720, ext4, LSM blocks): polynomial 0x1EDC6F41, reflected.
#pragma once
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::hash {

/// The CRC-32C of `bytes`; `crc` is the value of what came before (0 at the start), so that
/// crc32c(b, crc32c(a)) == crc32c(a ‖ b). For accidents, not for adversaries.
std::uint32_t crc32c(ByteSpan bytes, std::uint32_t crc = 0) noexcept;

/// The CRC of a ‖ b from those of a and b; O(log size_b).
std::uint32_t crc32c_combine(std::uint32_t crc_a, std::uint32_t crc_b,
                             std::uint64_t size_b) noexcept;

}  // namespace avila::hash
