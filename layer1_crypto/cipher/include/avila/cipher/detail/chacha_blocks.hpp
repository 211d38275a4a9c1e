// The ChaCha20 block function over many blocks at once.
#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::cipher::detail {

/// out = in ^ key stream of `blocks` blocks of 64 bytes. state[12] is the counter of the first one
/// and is moved on. `out` is `in` or apart from it.
using ChaChaFn = void (*)(std::uint32_t state[16], const std::byte* in, std::byte* out,
                          std::size_t blocks) noexcept;
ChaChaFn chacha_blocks() noexcept;

/// The stream of one block to `first`, and then as chacha_blocks(): a MAC's key and a text, which
/// cost least together where the text has 16 blocks or more.
void chacha_keyed(std::uint32_t state[16], std::byte first[64], const std::byte* in, std::byte* out,
                  std::size_t blocks) noexcept;

/// RFC 8439 §2.3: constants, key, counter and nonce.
void chacha_state(std::uint32_t state[16], const std::uint32_t key[8], std::uint32_t counter,
                  const std::byte nonce[12]) noexcept;

}  // namespace avila::cipher::detail
