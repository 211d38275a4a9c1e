#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::mac::detail {

/// r, the accumulator (below 5 times 2^128) and the second half of the key, in words of 64 bits.
struct Poly1305State {
  std::uint64_t r[2], h[3], pad[2];
};
void poly1305_start(Poly1305State& state, const std::byte key[32]) noexcept;
/// `high` is bit 128 of each block: 1 but for a last block that was padded by hand.
void poly1305_blocks(Poly1305State& state, const std::byte* in, std::size_t blocks,
                     std::uint64_t high) noexcept;
void poly1305_finish(Poly1305State& state, std::byte tag[16]) noexcept;

}  // namespace avila::mac::detail
