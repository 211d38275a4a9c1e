#include "pbes2.hpp"

#include <avila/aead/aes_gcm.hpp>
#include <avila/asn1/reader.hpp>
#include <avila/asn1/writer.hpp>
#include <avila/cipher/cbc.hpp>
#include <avila/kdf/pbkdf2.hpp>
#include <avila/kdf/scrypt.hpp>
#include <avila/os/entropy.hpp>

#include "oids.hpp"

namespace avila::crypto::detail {

namespace {

using Key = SecretArray<32>;
using Pbkdf2 = Result<void> (*)(ByteSpan, ByteSpan, std::uint32_t, MutableByteSpan);

constexpr std::size_t kSaltBytes = 16;

/// What EncryptedPrivateKeyInfo says: how to make the key, how to decrypt, what.
struct Parameters {
  bool scrypt = false;
  ByteSpan salt;
  std::uint64_t iterations = 0;
  Pbkdf2 pbkdf2 = nullptr;
  kdf::ScryptParameters cost;
  std::optional<std::uint64_t> told_key_bytes;

  std::size_t key_bytes = 0;
  bool gcm = false;
  ByteSpan iv;
  ByteSpan sealed;
};

Result<Pbkdf2> read_prf(asn1::Reader& in) {
  if (in.empty()) return Pbkdf2{kdf::pbkdf2<hash::Sha1>};
  AVILA_TRY(asn1::Reader prf, in.sequence());
  AVILA_TRY(const asn1::Oid oid, prf.oid());
  if (!prf.empty()) AVILA_TRY_VOID(prf.null());
  AVILA_TRY_VOID(prf.finish());
  if (oid == oids::kHmacSha1) return Pbkdf2{kdf::pbkdf2<hash::Sha1>};
  if (oid == oids::kHmacSha224) return Pbkdf2{kdf::pbkdf2<hash::Sha224>};
  if (oid == oids::kHmacSha256) return Pbkdf2{kdf::pbkdf2<hash::Sha256>};
  if (oid == oids::kHmacSha384) return Pbkdf2{kdf::pbkdf2<hash::Sha384>};
  if (oid == oids::kHmacSha512) return Pbkdf2{kdf::pbkdf2<hash::Sha512>};
  return Error(Errc::Unsupported, "PBKDF2: unknown function " + oid.to_string());
}

Result<void> read_kdf(asn1::Reader& from, Parameters& out) {
  AVILA_TRY(asn1::Reader algorithm, from.sequence());
  AVILA_TRY(const asn1::Oid oid, algorithm.oid());
  out.scrypt = oid == oids::kScrypt;
  if (!out.scrypt && oid != oids::kPbkdf2)
    return Error(Errc::Unsupported, "PBES2: unknown key derivation " + oid.to_string());
  AVILA_TRY(asn1::Reader in, algorithm.sequence());
  AVILA_TRY_VOID(algorithm.finish());
  AVILA_TRY(out.salt, in.octet_string());
  if (out.scrypt) {
    AVILA_TRY(out.cost.n, in.uint64());
    AVILA_TRY(const std::uint64_t r, in.uint64());
    AVILA_TRY(const std::uint64_t p, in.uint64());
    if (r > kdf::kScryptRpMax || p > kdf::kScryptRpMax || out.cost.n > kdf::kScryptCostMax)
      return Error(Errc::LimitExceeded, "scrypt: the cost is above the limit");
    out.cost.r = static_cast<std::uint32_t>(r);
    out.cost.p = static_cast<std::uint32_t>(p);
  } else {
    AVILA_TRY(out.iterations, in.uint64());
  }
  if (in.at(asn1::tags::kInteger)) {
    AVILA_TRY(out.told_key_bytes, in.uint64());
  }
  if (!out.scrypt) {
    AVILA_TRY(out.pbkdf2, read_prf(in));
  }
  return in.finish();
}

Result<void> read_cipher(asn1::Reader& from, Parameters& out) {
  AVILA_TRY(asn1::Reader in, from.sequence());
  AVILA_TRY(const asn1::Oid oid, in.oid());
  const asn1::Oid cbc[] = {oids::kAes128Cbc, oids::kAes192Cbc, oids::kAes256Cbc};
  const asn1::Oid gcm[] = {oids::kAes128Gcm, oids::kAes192Gcm, oids::kAes256Gcm};
  for (std::size_t i = 0; i < 3; ++i)
    if (oid == cbc[i] || oid == gcm[i]) {
      out.key_bytes = 16 + 8 * i;
      out.gcm = oid == gcm[i];
    }
  if (out.key_bytes == 0)
    return Error(Errc::Unsupported, "PBES2: unknown cipher " + oid.to_string(),
                 {.hint = "convert with: openssl pkcs8 -topk8 -v2 aes-256-cbc"});
  if (out.gcm) {  // RFC 5084 section 3.2
    AVILA_TRY(asn1::Reader parameters, in.sequence());
    AVILA_TRY(out.iv, parameters.octet_string());
    std::uint64_t tag = 12;
    if (!parameters.empty()) {
      AVILA_TRY(tag, parameters.uint64());
    }
    AVILA_TRY_VOID(parameters.finish());
    if (tag != aead::kTagSize)
      return Error(Errc::Unsupported, "PBES2: AES-GCM with a tag that is not of 16 bytes");
    if (out.iv.empty()) return Error(Errc::Malformed, "PBES2: AES-GCM with an empty nonce");
  } else {
    AVILA_TRY(out.iv, in.octet_string());
    if (out.iv.size() != cipher::kAesBlock)
      return Error(Errc::Malformed, "PBES2: an IV that is not of 16 bytes");
  }
  return in.finish();
}

Result<Parameters> read_parameters(ByteSpan der) {
  Parameters out;
  asn1::Reader outer(der);
  AVILA_TRY(asn1::Reader in, outer.sequence());
  AVILA_TRY_VOID(outer.finish());
  AVILA_TRY(asn1::Reader algorithm, in.sequence());
  AVILA_TRY(const asn1::Oid oid, algorithm.oid());
  if (oid != oids::kPbes2)
    return Error(Errc::Unsupported, "unknown encryption of a private key " + oid.to_string(),
                 {.hint = "convert with: openssl pkcs8 -topk8 -v2 aes-256-cbc"});
  AVILA_TRY(asn1::Reader parts, algorithm.sequence());
  AVILA_TRY_VOID(algorithm.finish());
  AVILA_TRY_VOID(read_kdf(parts, out));
  AVILA_TRY_VOID(read_cipher(parts, out));
  AVILA_TRY_VOID(parts.finish());
  AVILA_TRY(out.sealed, in.octet_string());
  AVILA_TRY_VOID(in.finish());
  if (out.told_key_bytes.has_value() && *out.told_key_bytes != out.key_bytes)
    return Error(Errc::Malformed, "PBES2: the length of the key is not that of its cipher");
  return out;
}

Result<void> derive(const Parameters& parameters, ByteSpan password,
                    const PrivateKey::KdfLimits& limits, MutableByteSpan key) {
  if (!parameters.scrypt) {
    if (parameters.iterations > limits.iterations || parameters.iterations > UINT32_MAX)
      return Error(Errc::LimitExceeded, "PBKDF2: more iterations than the limit");
    if (parameters.iterations == 0) return Error(Errc::Malformed, "PBKDF2: no iterations");
    return parameters.pbkdf2(password, parameters.salt,
                             static_cast<std::uint32_t>(parameters.iterations), key);
  }
  kdf::ScryptParameters cost = parameters.cost;
  if (cost.n < 2 || (cost.n & (cost.n - 1)) != 0 || cost.r == 0 || cost.p == 0 ||
      (cost.r < 4 && cost.n >> (16 * cost.r) != 0))
    return Error(Errc::Malformed, "scrypt: costs that it does not have");
  // No overflow: n <= 2^31, and r p <= 2^60 would need r > 2^29.
  const std::uint64_t rp = std::uint64_t{cost.r} * cost.p;
  if (rp > limits.scrypt_work || cost.n > limits.scrypt_work / rp)
    return Error(Errc::LimitExceeded, "scrypt: the cost is above the limit");
  cost.memory_max = limits.memory;
  return kdf::scrypt(password, parameters.salt, cost, key);
}

Error wrong_password() {
  return Error(Errc::Unauthenticated, "the private key does not decrypt: a wrong password?");
}

Result<SecretBytes> decrypt(const Parameters& parameters, ByteSpan key) {
  const ByteSpan sealed = parameters.sealed;
  if (parameters.gcm) {
    if (sealed.size() < aead::kTagSize) return Error(Errc::Malformed, "PBES2: too short for a tag");
    SecretBytes text(sealed.size() - aead::kTagSize);
    aead::Tag tag;
    std::copy(sealed.end() - aead::kTagSize, sealed.end(), tag.begin());
    AVILA_TRY(const aead::AesGcm cipher, aead::AesGcm::create(key));
    if (!cipher.open_with_iv(parameters.iv, {}, sealed.first(text.size()), tag, text.span())
             .has_value())
      return wrong_password();
    return text;
  }
  if (sealed.empty() || sealed.size() % cipher::kAesBlock != 0)
    return Error(Errc::Malformed, "PBES2: not a multiple of 16 bytes");
  AVILA_TRY(const cipher::Aes aes, cipher::Aes::create(key));
  SecretBytes padded(sealed.size());
  const auto text = cipher::cbc_decrypt_padded(
      aes, cipher::AesBlockView(parameters.iv.data(), cipher::kAesBlock), sealed, padded.span());
  if (!text.has_value()) return wrong_password();
  return SecretBytes::copy_of(*text);
}

}  // namespace

Result<SecretBytes> pbes2_open(ByteSpan der, ByteSpan password,
                               const PrivateKey::KdfLimits& limits) {
  AVILA_TRY(const Parameters parameters, read_parameters(der));
  Key key;
  const MutableByteSpan key_bytes = MutableByteSpan(*key).first(parameters.key_bytes);
  AVILA_TRY_VOID(derive(parameters, password, limits, key_bytes));
  AVILA_TRY(SecretBytes text, decrypt(parameters, key_bytes));
  // Padding looks right by chance for one wrong password in 256.
  const auto element = asn1::read_element(text.span());
  if (!element.has_value() || element->encoded.size() != text.size()) return wrong_password();
  return text;
}

Result<std::vector<std::byte>> pbes2_seal(ByteSpan text, ByteSpan password, os::Entropy& entropy,
                                          std::uint32_t iterations) {
  std::array<std::byte, kSaltBytes> salt;
  std::array<std::byte, cipher::kAesBlock> iv;
  AVILA_TRY_VOID(entropy.fill(salt));
  AVILA_TRY_VOID(entropy.fill(iv));
  Key key;
  AVILA_TRY_VOID(kdf::pbkdf2<hash::Sha256>(password, salt, iterations, *key));
  AVILA_TRY(const cipher::Aes aes, cipher::Aes::create(*key));
  std::vector<std::byte> sealed(cipher::cbc_padded_size(text.size()));
  cipher::cbc_encrypt_padded(aes, iv, text, sealed);

  using asn1::Writer;
  Writer out;
  out.sequence([&](Writer& info) {
    info.sequence([&](Writer& algorithm) {
      algorithm.oid(oids::kPbes2);
      algorithm.sequence([&](Writer& parts) {
        parts.sequence([&](Writer& kdf) {
          kdf.oid(oids::kPbkdf2);
          kdf.sequence([&](Writer& w) {
            w.octet_string(salt).int64(iterations);
            w.sequence([](Writer& prf) { prf.oid(oids::kHmacSha256).null(); });
          });
        });
        parts.sequence([&](Writer& w) { w.oid(oids::kAes256Cbc).octet_string(iv); });
      });
    });
    info.octet_string(sealed);
  });
  return out.take();
}

}  // namespace avila::crypto::detail
