// CRC-64/NVME (NVM Express Command Set Specification, §5.2.1.3.4; the checksum of S3 objects):
// polynomial 0xAD93D23594C93659, reflected.
#pragma once
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::hash {

/// The CRC-64/NVME of `bytes`; `crc` is the value of what came before (0 at the start), so that
/// crc64nvme(b, crc64nvme(a)) == crc64nvme(a ‖ b). For accidents, not for adversaries.
std::uint64_t crc64nvme(ByteSpan bytes, std::uint64_t crc = 0) noexcept;

/// The CRC of a ‖ b from those of a and b; O(log size_b).
std::uint64_t crc64nvme_combine(std::uint64_t crc_a, std::uint64_t crc_b,
                                std::uint64_t size_b) noexcept;

}  // namespace avila::hash
