#include "rsa_padding.hpp"

#include <avila/asn1/writer.hpp>
#include <avila/error/assert.hpp>
#include <avila/field/ct.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/primitives/wipe.hpp>
#include <cstring>

#include "digest_parts.hpp"
#include "oids.hpp"

namespace avila::crypto::detail {

namespace ct = field::ct;

namespace {

constexpr std::byte kPssTrailer{0xBC};

/// RFC 8017 appendix B.2.1, XORed onto `out`.
void mgf1_xor(DigestAlgorithm algorithm, ByteSpan seed, MutableByteSpan out) {
  for (std::uint32_t counter = 0; !out.empty(); ++counter) {
    std::byte number[4];
    store_be32(number, counter);
    DigestValue block = digest_parts(algorithm, {seed, number});
    const std::size_t count = std::min(block.size, out.size());
    for (std::size_t i = 0; i < count; ++i) out[i] ^= block.bytes[i];
    wipe_memory(&block, sizeof block);
    out = out.subspan(count);
  }
}

ct::Mask equal_byte(std::byte a, std::byte b) noexcept {
  return ct::equal(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b));
}

}  // namespace

Result<void> encode_pkcs1(DigestAlgorithm algorithm, ByteSpan digest, MutableByteSpan out) {
  if (digest.size() != digest_size(algorithm))
    return Error(Errc::InvalidArgument, "the digest has not the length of its algorithm");
  asn1::Writer info;
  info.sequence([&](asn1::Writer& w) {
    w.sequence([&](asn1::Writer& w2) { w2.oid(digest_oid(algorithm)).null(); });
    w.octet_string(digest);
  });
  const ByteSpan der = info.bytes();
  if (out.size() < der.size() + 11)
    return Error(Errc::InvalidArgument, "the key is too short for this digest");
  const std::size_t padding = out.size() - der.size() - 3;
  out[0] = std::byte{0};
  out[1] = std::byte{1};
  std::memset(out.data() + 2, 0xFF, padding);
  out[2 + padding] = std::byte{0};
  std::memcpy(out.data() + 3 + padding, der.data(), der.size());
  return {};
}

Result<void> encode_pss(const PssOptions& options, ByteSpan digest, ByteSpan salt, std::size_t bits,
                        MutableByteSpan out) {
  const std::size_t h = digest_size(options.digest);
  if (digest.size() != h)
    return Error(Errc::InvalidArgument, "the digest has not the length of its algorithm");
  if (out.size() < h + salt.size() + 2)
    return Error(Errc::InvalidArgument, "the key is too short for this digest and salt");
  const std::byte zeros[8] = {};
  const DigestValue hashed = digest_parts(options.digest, {zeros, digest, salt});
  const MutableByteSpan db = out.first(out.size() - h - 1);
  std::memset(db.data(), 0, db.size());
  db[db.size() - salt.size() - 1] = std::byte{1};
  if (!salt.empty()) std::memcpy(db.data() + db.size() - salt.size(), salt.data(), salt.size());
  mgf1_xor(options.mgf_digest, hashed, db);
  db[0] &= static_cast<std::byte>(0xFF >> (8 * out.size() - bits));
  std::memcpy(out.data() + db.size(), hashed.bytes.data(), h);
  out.back() = kPssTrailer;
  return {};
}

bool verify_pss(const PssOptions& options, ByteSpan digest, std::size_t bits, ByteSpan encoded) {
  const std::size_t h = digest_size(options.digest);
  if (digest.size() != h || encoded.size() < h + 2 || encoded.back() != kPssTrailer) return false;
  const std::size_t db_size = encoded.size() - h - 1;
  const ByteSpan hashed = encoded.subspan(db_size, h);
  std::vector<std::byte> db(encoded.begin(),
                            encoded.begin() + static_cast<std::ptrdiff_t>(db_size));
  const auto kept = static_cast<std::byte>(0xFF >> (8 * encoded.size() - bits));
  if ((db[0] & ~kept) != std::byte{0}) return false;
  mgf1_xor(options.mgf_digest, hashed, db);
  db[0] &= kept;
  std::size_t one = 0;  // where the 1 before the salt is
  while (one < db_size && db[one] == std::byte{0}) ++one;
  if (one == db_size || db[one] != std::byte{1}) return false;
  const ByteSpan salt = ByteSpan(db).subspan(one + 1);
  if (options.salt_bytes != PssOptions::kAnySalt && salt.size() != options.salt_bytes) return false;
  const std::byte zeros[8] = {};
  const DigestValue again = digest_parts(options.digest, {zeros, digest, salt});
  return ct::equal(again, hashed);
}

void encode_oaep(const OaepOptions& options, ByteSpan message, ByteSpan seed, MutableByteSpan out) {
  const std::size_t h = digest_size(options.digest);
  AVILA_ASSERT(seed.size() == h && out.size() >= message.size() + 2 * h + 2);
  out[0] = std::byte{0};
  const MutableByteSpan masked_seed = out.subspan(1, h), db = out.subspan(1 + h);
  std::memset(db.data(), 0, db.size());
  const DigestValue label = digest(options.digest, options.label);
  std::memcpy(db.data(), label.bytes.data(), h);
  db[db.size() - message.size() - 1] = std::byte{1};
  if (!message.empty())
    std::memcpy(db.data() + db.size() - message.size(), message.data(), message.size());
  std::memcpy(masked_seed.data(), seed.data(), h);
  mgf1_xor(options.mgf_digest, seed, db);
  mgf1_xor(options.mgf_digest, db, masked_seed);
}

Result<SecretBytes> decode_oaep(const OaepOptions& options, MutableByteSpan encoded) {
  const std::size_t h = digest_size(options.digest);
  AVILA_ASSERT(encoded.size() >= 2 * h + 2);
  const MutableByteSpan seed = encoded.subspan(1, h), db = encoded.subspan(1 + h);
  mgf1_xor(options.mgf_digest, db, seed);
  mgf1_xor(options.mgf_digest, seed, db);
  const DigestValue label = digest(options.digest, options.label);

  // Everything is looked at, whatever was wrong before it (Manger, CRYPTO 2001).
  ct::Mask good = equal_byte(encoded[0], std::byte{0});
  for (std::size_t i = 0; i < h; ++i) good &= equal_byte(db[i], label.bytes[i]);
  ct::Mask looking = ~ct::Mask{0};
  std::uint64_t start = 0;  // of the message, in db
  for (std::size_t i = h; i < db.size(); ++i) {
    const ct::Mask one = equal_byte(db[i], std::byte{1}), zero = equal_byte(db[i], std::byte{0});
    start |= looking & one & (i + 1);
    good &= ~looking | one | zero;
    looking &= ~one & zero;
  }
  good &= ~ct::is_zero(start);
  if (!ct::reveal(good)) return Error(Errc::Unauthenticated, "the ciphertext does not decrypt");
  ct::declassify(&start, sizeof start);  // the length of the message is public from here on
  return SecretBytes::copy_of(db.subspan(static_cast<std::size_t>(start)));
}

}  // namespace avila::crypto::detail
