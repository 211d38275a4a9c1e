// The kernels of AES, for the dispatcher and for the tests that compare them.
#pragma once
#include <avila/cipher/detail/aes_blocks.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/simd/dispatch.hpp>
#include <bit>
#include <cstring>
#include <span>

namespace avila::cipher::detail {

extern const AesCode kAesPortable;
std::span<const simd::Kernel<const AesCode*>> aes_kernels() noexcept;

/// FIPS 197 §5.2 for a sub_word(word) that applies the S-box to the four bytes of a word; fills
/// schedule.forward and schedule.rounds.
template <class SubWord>
void expand_forward(AesSchedule& schedule, const std::byte* key, std::size_t size,
                    SubWord&& sub_word) noexcept {
  const std::size_t words = size / 4;
  schedule.rounds = static_cast<int>(words) + 6;
  std::byte* const to = schedule.forward[0];
  std::memcpy(to, key, size);
  std::uint32_t round_constant = 1;
  std::uint32_t last = load_le32(to + size - 4);
  for (std::size_t i = words; i < 4 * (words + 7); ++i) {
    if (i % words == 0) {
      last = sub_word(std::rotr(last, 8)) ^ round_constant;
      round_constant = round_constant << 1 ^ (round_constant >> 7) * 0x11b;  // public
    } else if (words == 8 && i % words == 4) {
      last = sub_word(last);
    }
    last ^= load_le32(to + 4 * (i - words));
    store_le32(to + 4 * i, last);
  }
}

}  // namespace avila::cipher::detail
