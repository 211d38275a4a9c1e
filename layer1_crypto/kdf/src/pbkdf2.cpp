#include <avila/hash/hmac.hpp>
#include <avila/kdf/pbkdf2.hpp>
#include <avila/primitives/endian.hpp>

#include <algorithm>
#include <cstring>

namespace avila::kdf {

template <class Hash>
Result<void> pbkdf2(ByteSpan password, ByteSpan salt, std::uint32_t iterations,
                    MutableByteSpan out) {
  if (iterations == 0) return Error(Errc::InvalidArgument, "PBKDF2: no iterations");
  if (out.empty()) return Error(Errc::InvalidArgument, "PBKDF2: empty output");
  // RFC 8018 §5.2 step 1.
  if ((out.size() - 1) / Hash::kSize >= 0xffffffffU)
    return Error(Errc::LimitExceeded, "PBKDF2: output above 2^32 - 1 digests");
  hash::Hmac<Hash> mac(password);  // hashes both key blocks once for all iterations
  typename Hash::Digest u, sum;
  for (std::uint32_t index = 1; !out.empty(); ++index) {
    std::byte number[4];
    store_be32(number, index);
    mac.update(salt);
    mac.update(number);
    sum = u = mac.finish();
    for (std::uint32_t i = 1; i < iterations; ++i) {
      mac.update(u);
      u = mac.finish();
      for (std::size_t k = 0; k < sum.size(); ++k) sum[k] ^= u[k];
    }
    const std::size_t size = std::min(out.size(), sum.size());
    std::memcpy(out.data(), sum.data(), size);
    out = out.subspan(size);
  }
  hash::wipe(u.data(), u.size());
  hash::wipe(sum.data(), sum.size());
  return {};
}

#define AVILA_PBKDF2_OVER(Hash) \
  template Result<void> pbkdf2<Hash>(ByteSpan, ByteSpan, std::uint32_t, MutableByteSpan)
AVILA_PBKDF2_OVER(hash::Sha1);
AVILA_PBKDF2_OVER(hash::Sha224);
AVILA_PBKDF2_OVER(hash::Sha256);
AVILA_PBKDF2_OVER(hash::Sha384);
AVILA_PBKDF2_OVER(hash::Sha512);
AVILA_PBKDF2_OVER(hash::Sha512_224);
AVILA_PBKDF2_OVER(hash::Sha512_256);
AVILA_PBKDF2_OVER(hash::Sha3_224);
AVILA_PBKDF2_OVER(hash::Sha3_256);
AVILA_PBKDF2_OVER(hash::Sha3_384);
AVILA_PBKDF2_OVER(hash::Sha3_512);

}  // namespace avila::kdf
