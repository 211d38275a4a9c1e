// 256 numbers of a few bits each as bytes, lowest bit first: ByteEncode_d of FIPS 203 and
// SimpleBitPack of FIPS 204.
#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::post_quantum::detail {

/// Writes next(0), …, next(255), numbers of `bits` <= 20 bits: 32 bits bytes.
template <class Next>
void pack(unsigned bits, std::byte* out, Next next) noexcept {
  std::uint32_t held = 0;
  unsigned count = 0;
  for (std::size_t i = 0; i < 256; ++i) {
    held |= static_cast<std::uint32_t>(next(i)) << count;
    for (count += bits; count >= 8; count -= 8, held >>= 8) *out++ = static_cast<std::byte>(held);
  }
}

/// Calls take(i, number) for each of the 256.
template <class Take>
void unpack(unsigned bits, const std::byte* in, Take take) noexcept {
  std::uint32_t held = 0;
  unsigned count = 0;
  for (std::size_t i = 0; i < 256; ++i) {
    for (; count < bits; count += 8) held |= static_cast<std::uint32_t>(*in++) << count;
    take(i, held & ((1U << bits) - 1));
    held >>= bits;
    count -= bits;
  }
}

}  // namespace avila::post_quantum::detail
