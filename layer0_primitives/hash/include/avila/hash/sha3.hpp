// SHA-3 and SHAKE of FIPS 202, cSHAKE of NIST SP 800-185: sponges over Keccak-f[1600].
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::hash {

namespace detail {
/// The sponge: bytes go in, then bytes come out.
class Keccak {
 public:
  /// `rate` bytes a permutation; `suffix` holds the bits after the message and the first 1 of the
  /// padding.
  constexpr Keccak(std::size_t rate, std::uint8_t suffix) noexcept
      : rate_(static_cast<std::uint8_t>(rate)), suffix_(suffix) {}
  void absorb(ByteSpan bytes) noexcept;
  /// Pads at the first call. Calls go on where the last one stopped.
  void squeeze(MutableByteSpan out) noexcept;
  /// Zeros up to the next multiple of the rate (SP 800-185 §2.3.3, the end of bytepad).
  void fill_block() noexcept;
  std::size_t rate() const noexcept { return rate_; }

 private:
  void permute() noexcept;
  std::array<std::uint64_t, 25> lanes_{};
  std::uint8_t rate_;
  std::uint8_t suffix_;
  std::uint8_t at_ = 0;  // bytes of the block that are taken in, or given out
  bool squeezing_ = false;
};
}  // namespace detail

/// Incremental SHA3-(8 Size). After finish() the object is as new. Size in bytes: 28, 32, 48, 64.
template <std::size_t Size>
class BasicSha3 {
 public:
  static constexpr std::size_t kSize = Size;
  static constexpr std::size_t kBlockSize = 200 - 2 * Size;
  using Digest = std::array<std::byte, kSize>;
  void reset() noexcept { *this = BasicSha3(); }
  void update(ByteSpan bytes) noexcept { sponge_.absorb(bytes); }
  Digest finish() noexcept {
    Digest digest;
    sponge_.squeeze(digest);
    reset();
    return digest;
  }

 private:
  detail::Keccak sponge_{kBlockSize, 0x06};
};
using Sha3_224 = BasicSha3<28>;
using Sha3_256 = BasicSha3<32>;
using Sha3_384 = BasicSha3<48>;
using Sha3_512 = BasicSha3<64>;

/// SHAKE and cSHAKE with Bits of strength, 128 or 256: output of any length. All update() come
/// before the first squeeze() (asserted).
template <std::size_t Bits>
class BasicShake {
 public:
  static constexpr std::size_t kBlockSize = 200 - Bits / 4;
  BasicShake() noexcept : sponge_(kBlockSize, 0x1F) {}
  /// cSHAKE. `function` is for names that NIST gives, `customization` for the caller's; with both
  /// empty it is SHAKE.
  BasicShake(std::string_view function, std::string_view customization) noexcept;
  void update(ByteSpan bytes) noexcept { sponge_.absorb(bytes); }
  /// The next out.size() bytes of the endless output.
  void squeeze(MutableByteSpan out) noexcept { sponge_.squeeze(out); }

 private:
  detail::Keccak sponge_;
};
extern template class BasicShake<128>;
extern template class BasicShake<256>;
using Shake128 = BasicShake<128>;
using Shake256 = BasicShake<256>;

Sha3_256::Digest sha3_256(ByteSpan bytes) noexcept;
Sha3_512::Digest sha3_512(ByteSpan bytes) noexcept;
void shake128(ByteSpan bytes, MutableByteSpan out) noexcept;
void shake256(ByteSpan bytes, MutableByteSpan out) noexcept;

}  // namespace avila::hash
