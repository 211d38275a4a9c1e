// The hash functions that signatures name.
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <cstdint>
#include <string_view>

namespace avila::crypto {

/// Sha1 is for verifying what is old; nothing signs with it. The Sha3 ones are for OAEP, PSS and
/// ECDSA where a protocol asks for them.
enum class DigestAlgorithm : std::uint8_t {
  Sha1,
  Sha224,
  Sha256,
  Sha384,
  Sha512,
  Sha512_224,
  Sha512_256,
  Sha3_256,
  Sha3_384,
  Sha3_512,
};

inline constexpr std::size_t kDigestBytesMax = 64;

/// A digest and its length.
struct DigestValue {
  std::array<std::byte, kDigestBytesMax> bytes{};
  std::size_t size = 0;
  operator ByteSpan() const noexcept { return {bytes.data(), size}; }
};

std::size_t digest_size(DigestAlgorithm algorithm) noexcept;  ///< bytes
std::string_view name(DigestAlgorithm algorithm) noexcept;    ///< "sha256", as avila::hash has it
DigestValue digest(DigestAlgorithm algorithm, ByteSpan message);

}  // namespace avila::crypto
