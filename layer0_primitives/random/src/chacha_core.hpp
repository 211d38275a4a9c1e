// Eight ChaCha20 blocks at a time, for the generators.
#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::random::detail {

constexpr std::size_t kChaChaBatch = 512;
/// The key stream of blocks counter … counter + 7 with a 64-bit counter and a zero nonce. CT.
void chacha20_batch(const std::uint32_t (&key)[8], std::uint64_t counter, std::byte* out) noexcept;

}  // namespace avila::random::detail
