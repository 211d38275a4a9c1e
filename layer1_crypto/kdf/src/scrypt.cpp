#include <avila/kdf/pbkdf2.hpp>
#include <avila/kdf/scrypt.hpp>
#include <avila/primitives/endian.hpp>

#include <bit>

#include "scrypt_kernels.hpp"
#include "secret_memory.hpp"

namespace avila::kdf {
namespace {

Result<void> check(const ScryptParameters& parameters, std::size_t out_size) {
  const auto [n, r, p, memory_max] = parameters;
  if (r == 0 || p == 0) return Error(Errc::InvalidArgument, "scrypt: r and p start at 1");
  if (n < 2 || !std::has_single_bit(n))
    return Error(Errc::InvalidArgument, "scrypt: n is no power of two above 1");
  if (r < 4 && n >> (16 * r) != 0)  // RFC 7914 §2: n < 2^(128 r / 8)
    return Error(Errc::InvalidArgument, "scrypt: n is too large for this r");
  if (n > kScryptCostMax) return Error(Errc::LimitExceeded, "scrypt: n above 2^31");
  if (std::uint64_t{r} * p > kScryptRpMax)
    return Error(Errc::LimitExceeded, "scrypt: r * p above 2^30 - 1");
  // n + p + 1 < 2^32 and 128 r < 2^37, so the product could wrap: divide.
  if (n + p + 1 > memory_max / (std::uint64_t{128} * r))
    return Error(Errc::LimitExceeded, "scrypt: more memory needed than memory_max");
  if (out_size == 0) return Error(Errc::InvalidArgument, "scrypt: empty output");
  if ((out_size - 1) / hash::Sha256::kSize >= 0xffffffffU)
    return Error(Errc::LimitExceeded, "scrypt: output above 2^32 - 1 digests");
  return {};
}

}  // namespace

std::uint64_t scrypt_memory(const ScryptParameters& parameters) noexcept {
  return std::uint64_t{128} * parameters.r * (parameters.n + parameters.p + 1);
}

Result<void> scrypt(ByteSpan password, ByteSpan salt, const ScryptParameters& parameters,
                    MutableByteSpan out) {
  AVILA_TRY_VOID(check(parameters, out.size()));
  const std::size_t r = parameters.r, p = parameters.p, words = 32 * r;
  AVILA_TRY(const auto memory, detail::SecretMemory::map(scrypt_memory(parameters)));
  auto* const v = memory.as<std::uint32_t>();
  auto* const y = v + parameters.n * words;
  auto* const blocks = y + words;
  const MutableByteSpan b(reinterpret_cast<std::byte*>(blocks), p * words * sizeof *blocks);
  AVILA_TRY_VOID(pbkdf2<hash::Sha256>(password, salt, 1, b));
  for (std::uint32_t* x = blocks; x != blocks + p * words; x += words) {
    // y is free until romix: the way from the RFC's order of words to ours and back.
    for (std::size_t i = 0; i < words; ++i)
      y[i] = load_le32(x + i / 16 * 16 + detail::scrypt_diagonal(i % 16));
    std::memcpy(x, y, words * sizeof *x);
    detail::romix(x, y, v, r, parameters.n);
    for (std::size_t i = 0; i < words; ++i)
      store_le32(y + i / 16 * 16 + detail::scrypt_diagonal(i % 16), x[i]);
    std::memcpy(x, y, words * sizeof *x);
  }
  return pbkdf2<hash::Sha256>(password, b, 1, out);
}

}  // namespace avila::kdf
