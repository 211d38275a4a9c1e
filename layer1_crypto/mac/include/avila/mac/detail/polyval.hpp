// POLYVAL (RFC 8452 §3), and GHASH (SP 800-38D §6.4) as the same function of reversed blocks
// (RFC 8452 appendix A).
#pragma once
#include <cstddef>
#include <cstdint>

namespace avila::mac::detail {

inline constexpr int kPolyvalPowers = 16;

/// powers[i] is H to the 16 - i, a product being POLYVAL's dot: the last one is H.
struct PolyvalKey {
  alignas(64) std::byte powers[kPolyvalPowers][16];
  bool wide;  ///< all of them are there, not only H
};

struct PolyvalCode {
  /// `wide`: prepare for long messages.
  void (*start)(PolyvalKey& key, const std::byte h[16], bool wide) noexcept;
  /// hash = (…((hash ^ in[0]) . H ^ in[1]) . H …) . H; `reversed`: the bytes of each block, as
  /// GHASH has them. `hash` is always POLYVAL's.
  void (*update)(const PolyvalKey& key, std::byte hash[16], const std::byte* in, std::size_t blocks,
                 bool reversed) noexcept;
};

/// The best code of this machine.
const PolyvalCode& polyval() noexcept;

/// The key of POLYVAL that makes it GHASH under `h`: mulX_POLYVAL(ByteReverse(h)).
void ghash_start(PolyvalKey& key, const std::byte h[16], bool wide) noexcept;
/// Any bytes, padded with zeros to whole blocks.
void ghash_padded(const PolyvalKey& key, std::byte hash[16], const std::byte* in,
                  std::size_t size) noexcept;
/// Both lengths in bits (SP 800-38D §7.1 step 5), then the hash in GHASH's order of bytes.
void ghash_finish(const PolyvalKey& key, std::byte hash[16], std::uint64_t aad_bytes,
                  std::uint64_t text_bytes) noexcept;
/// SP 800-38D §7.1 step 2: the first counter block of a nonce.
void gcm_counter(const PolyvalKey& key, const std::byte* nonce, std::size_t size,
                 std::byte counter[16]) noexcept;

}  // namespace avila::mac::detail
