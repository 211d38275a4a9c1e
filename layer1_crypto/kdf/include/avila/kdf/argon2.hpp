// Argon2 (RFC 9106): the password hash of choice where no rule asks for another. For stored
// passwords see password.hpp.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::kdf {

/// Values are those of the standard. Id: independent of the password for the first half of the
/// first pass, then dependent on it. I is always independent, D never.
enum class Argon2Type : std::uint8_t { D = 0, I = 1, Id = 2 };
/// V10 (before 2016) is for old hashes only.
enum class Argon2Version : std::uint8_t { V10 = 0x10, V13 = 0x13 };

/// The defaults are the second recommended option of RFC 9106 section 4: 64 MiB, for places where
/// memory counts. The first is memory_kib = 2^21, passes = 1.
struct Argon2Parameters {
  Argon2Type type = Argon2Type::Id;
  Argon2Version version = Argon2Version::V13;
  std::uint32_t memory_kib = 64 * 1024;  ///< at least kArgon2MemoryPerLaneMin for each lane
  std::uint32_t passes = 3;
  std::uint32_t lanes = 4;    ///< "parallelism": part of the result
  std::uint32_t threads = 1;  ///< that compute the lanes: not part of the result
};

inline constexpr std::uint32_t kArgon2MemoryPerLaneMin = 8;         ///< KiB
inline constexpr std::uint32_t kArgon2LanesMax = (1U << 24) - 1;    ///< RFC 9106 section 3.1
inline constexpr std::uint32_t kArgon2ThreadsMax = 256;             ///< more are not started
inline constexpr std::size_t kArgon2SaltMin = 8;                    ///< bytes; 16 are recommended
inline constexpr std::size_t kArgon2TagMin = 4;                     ///< bytes
inline constexpr std::uint64_t kArgon2InputMax = (1ULL << 32) - 1;  ///< bytes of each, tag too

/// What else goes into the hash.
struct Argon2Extra {
  ByteSpan secret = {};           ///< a key kept apart from the hashes ("pepper")
  ByteSpan associated_data = {};  ///< any context
};

/// Fills `out`, the tag. Time is proportional to memory_kib * passes.
/// Errors, all before any memory is taken: InvalidArgument (no passes or lanes, too little memory
/// for the lanes, a salt or a tag that is too short), LimitExceeded (kArgon2LanesMax,
/// kArgon2InputMax). OutOfMemory.
Result<void> argon2(ByteSpan password, ByteSpan salt, const Argon2Parameters& parameters,
                    MutableByteSpan out, const Argon2Extra& extra = {});

}  // namespace avila::kdf
