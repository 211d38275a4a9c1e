// The part of XXH3 that runs over 64-byte stripes, for inputs above 240 bytes.
#pragma once
#include <avila/simd/dispatch.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace avila::hash::detail {

inline constexpr std::uint64_t kPrime32_1 = 0x9E3779B1U;
inline constexpr std::uint64_t kPrime32_2 = 0x85EBCA77U;
inline constexpr std::uint64_t kPrime32_3 = 0xC2B2AE3DU;
inline constexpr std::uint64_t kPrime32_4 = 0x27D4EB2FU;
inline constexpr std::uint64_t kPrime32_5 = 0x165667B1U;
inline constexpr std::uint64_t kPrime64_1 = 0x9E3779B185EBCA87U;
inline constexpr std::uint64_t kPrime64_2 = 0xC2B2AE3D27D4EB4FU;
inline constexpr std::uint64_t kPrime64_3 = 0x165667B19E3779F9U;
inline constexpr std::uint64_t kPrime64_4 = 0x85EBCA77C2B2AE63U;
inline constexpr std::uint64_t kPrime64_5 = 0x27D4EB2F165667C5U;

inline constexpr std::size_t kStripe = 64;
inline constexpr std::size_t kSecretStep = 8;  // the secret moves on by this much a stripe

/// One run over an input: `blocks` whole walks of the secret, each ended by a scramble, then
/// `tail_stripes` stripes, then the stripe at `last` (null: there are more bytes to come).
struct Xxh3Run {
  const std::byte* input;
  std::size_t blocks;
  std::size_t tail_stripes;
  const std::byte* last;
  const std::byte* secret;
  std::size_t secret_size;

  std::size_t stripes_per_block() const { return (secret_size - kStripe) / kSecretStep; }
  const std::byte* scramble_secret() const { return secret + secret_size - kStripe; }
  const std::byte* last_secret() const { return secret + secret_size - kStripe - 7; }
};

using Xxh3LongFn = void (*)(std::uint64_t accumulators[8], const Xxh3Run& run) noexcept;

std::span<const simd::Kernel<Xxh3LongFn>> xxh3_long_kernels() noexcept;
void xxh3_long(std::uint64_t accumulators[8], const Xxh3Run& run) noexcept;

}  // namespace avila::hash::detail
