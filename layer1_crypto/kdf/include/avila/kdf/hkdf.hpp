// HKDF (RFC 5869) over any hash that Hmac takes: keys from a secret that is already strong, such as
// the result of a key exchange. For passwords see password.hpp.
#pragma once
#include <algorithm>
#include <avila/error/result.hpp>
#include <avila/hash/hmac.hpp>
#include <cstring>

namespace avila::kdf {

/// RFC 5869 section 2.2: a pseudorandom key of Hash::kSize bytes out of the secret `ikm`. An empty
/// salt stands for Hash::kSize zeros; a random one need not be secret.
template <class Hash>
typename Hash::Digest hkdf_extract(ByteSpan salt, ByteSpan ikm) noexcept {
  return hash::hmac<Hash>(salt, ikm);
}

/// The most bytes that one key gives: 255 blocks (section 2.3).
template <class Hash>
inline constexpr std::size_t kHkdfSizeMax = 255 * Hash::kSize;

/// RFC 5869 section 2.3: fills `out` from a pseudorandom key of at least Hash::kSize bytes. `info`
/// names the use: different names give independent keys.
/// Errors: LimitExceeded where `out` is larger than kHkdfSizeMax<Hash>.
template <class Hash>
Result<void> hkdf_expand(ByteSpan prk, ByteSpan info, MutableByteSpan out) {
  if (out.size() > kHkdfSizeMax<Hash>)
    return Error(Errc::LimitExceeded, "HKDF: output above 255 digests");
  hash::Hmac<Hash> mac(prk);
  typename Hash::Digest block{};
  for (std::uint8_t counter = 1; !out.empty(); ++counter) {
    if (counter > 1) mac.update(block);
    mac.update(info);
    mac.update(std::as_bytes(std::span(&counter, 1)));
    block = mac.finish();
    const std::size_t size = std::min(out.size(), block.size());
    std::memcpy(out.data(), block.data(), size);
    out = out.subspan(size);
  }
  hash::wipe(block.data(), block.size());
  return {};
}

/// Extract, then expand. Errors: those of hkdf_expand().
template <class Hash>
Result<void> hkdf(ByteSpan ikm, ByteSpan salt, ByteSpan info, MutableByteSpan out) {
  auto prk = hkdf_extract<Hash>(salt, ikm);
  auto done = hkdf_expand<Hash>(prk, info, out);
  hash::wipe(prk.data(), prk.size());
  return done;
}

}  // namespace avila::kdf
