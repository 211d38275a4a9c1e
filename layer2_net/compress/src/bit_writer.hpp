// Bits from the low end of each byte on, into memory that was reserved before.
#pragma once
#include <avila/primitives/endian.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace avila::compress::detail {

class BitWriter {
 public:
  std::byte* at = nullptr;  // up to 8 bytes from here may be overwritten
  std::uint64_t bits = 0;
  unsigned count = 0;

  /// `value` has no bits from `n` on. At most 56 bits between two calls of spill().
  void put(std::uint64_t value, unsigned n) noexcept {
    bits |= value << count;
    count += n;
  }
  void spill() noexcept {
    store_le64(at, bits);
    at += count >> 3;
    bits >>= count & ~7U;
    count &= 7;
  }
  /// put() and spill(); n <= 56.
  void write(std::uint64_t value, unsigned n) noexcept { put(value, n), spill(); }
  void align() noexcept {
    count = (count + 7) & ~7U;
    spill();
  }

  /// Goes on at the end of `out`, with room for `bytes`, the bits of an unfinished byte included.
  void open(std::vector<std::byte>& out, std::size_t bytes) {
    const std::size_t size = out.size();
    if (out.capacity() < size + bytes + 16) out.reserve(size + bytes + 16 + out.capacity() / 2);
    out.resize(size + bytes + 16);
    at = out.data() + size;
  }
  /// Whole bytes only are left in `out`; the rest stays here.
  void close(std::vector<std::byte>& out) {
    spill();
    out.resize(static_cast<std::size_t>(at - out.data()));
    at = nullptr;
  }
};

}  // namespace avila::compress::detail
