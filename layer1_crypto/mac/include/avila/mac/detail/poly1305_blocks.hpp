#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::mac::detail {

/// r and the accumulator in limbs of 44, 44 and 42 bits; the second half of the key.
struct Poly1305State {
  std::uint64_t r[3], h[3], pad[2];
};
void poly1305_start(Poly1305State& state, const std::byte key[32]) noexcept;
/// `high` is bit 128 of each block: 1 but for a last block that was padded by hand.
void poly1305_blocks(Poly1305State& state, const std::byte* in, std::size_t blocks,
                     std::uint64_t high) noexcept;
void poly1305_finish(Poly1305State& state, std::byte tag[16]) noexcept;

}  // namespace avila::mac::detail
