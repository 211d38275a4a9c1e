// Bits from the low end of each byte on (DEFLATE, Brotli), through a 64-bit buffer.
#pragma once
#include <avila/error/span.hpp>
#include <avila/primitives/endian.hpp>
#include <cstdint>

namespace avila::compress::detail {

/// Bits above `count` in `bits` are either zero or those that follow in the input: reading them
/// again changes nothing.
struct BitReader {
  const std::byte* in;
  const std::byte* end;
  std::uint64_t bits = 0;
  unsigned count = 0;

  /// At least 56 bits. 8 bytes must be readable.
  void refill_fast() noexcept {
    bits |= load_le64(in) << count;
    in += (63 - count) >> 3;
    count |= 56;
  }
  /// As many as there are, up to 56 and more.
  void refill() noexcept {
    if (end - in >= 8) {
      refill_fast();
    } else {
      bits &= count == 0 ? 0 : ~std::uint64_t{0} >> (64 - count);
      for (; count <= 56 && in != end; count += 8)
        bits |= static_cast<std::uint64_t>(*in++) << count;
    }
  }
  std::uint32_t peek(unsigned n) const noexcept {  // n < 32
    return static_cast<std::uint32_t>(bits) & ((1U << n) - 1);
  }
  void skip(unsigned n) noexcept { bits >>= n, count -= n; }
  std::uint32_t take(unsigned n) noexcept {
    const std::uint32_t value = peek(n);
    skip(n);
    return value;
  }
  /// Gives whole bytes back: less than 8 bits stay.
  void unread() noexcept {
    in -= count >> 3;
    count &= 7;
    bits &= (1U << count) - 1;
  }
};

}  // namespace avila::compress::detail
