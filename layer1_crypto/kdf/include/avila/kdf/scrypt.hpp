// scrypt (RFC 7914).
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::kdf {

/// The defaults are OWASP's recommendation (Password Storage Cheat Sheet, 2023): 128 MiB.
struct ScryptParameters {
  std::uint64_t n = std::uint64_t{1} << 17;  ///< cost: a power of two above 1
  std::uint32_t r = 8;                       ///< block size: 128 r bytes
  std::uint32_t p = 1;                       ///< parallelization: runs one after the other here
  /// Bytes of memory that the call may take; scrypt_memory() tells how many a set needs.
  std::uint64_t memory_max = std::uint64_t{1} << 30;
};

/// The largest r * p (RFC 7914 section 6) and n that are computed.
inline constexpr std::uint64_t kScryptRpMax = (std::uint64_t{1} << 30) - 1;
inline constexpr std::uint64_t kScryptCostMax = std::uint64_t{1} << 31;

/// 128 r (n + p + 1) bytes. For parameters within the limits above.
std::uint64_t scrypt_memory(const ScryptParameters& parameters) noexcept;

/// Fills `out`. Time and memory traffic are proportional to n * r * p. The access pattern depends
/// on the password, as the algorithm is defined: neighbours on the same caches may learn of it.
/// Errors, all before any memory is taken: InvalidArgument (n no power of two above 1, n not below
/// 2^(16 r), r or p of 0, an empty `out`), LimitExceeded (kScryptRpMax, kScryptCostMax, memory_max,
/// `out` above 2^32 - 1 digests). OutOfMemory.
Result<void> scrypt(ByteSpan password, ByteSpan salt, const ScryptParameters& parameters,
                    MutableByteSpan out);

}  // namespace avila::kdf
