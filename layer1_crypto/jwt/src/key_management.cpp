// How the key of the content travels (RFC 7518 section 4).
#include <avila/aead/aes_gcm.hpp>
#include <avila/cipher/key_wrap.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/jwt/detail/steps.hpp>
#include <avila/kdf/pbkdf2.hpp>
#include <avila/os/entropy.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/text/encoding.hpp>

#include "header.hpp"

namespace avila::jwt::detail {
namespace {

using crypto::DigestAlgorithm;

bool is_gcm_wrap(KeyManagement algorithm) {
  return algorithm >= KeyManagement::A128GcmKw && algorithm <= KeyManagement::A256GcmKw;
}

crypto::OaepOptions oaep_options(KeyManagement algorithm) {  // section 4.3
  const auto digest =
      algorithm == KeyManagement::RsaOaep ? DigestAlgorithm::Sha1 : DigestAlgorithm::Sha256;
  return {.digest = digest, .mgf_digest = digest};
}

Error invalid() { return Error(Errc::Unauthenticated, "the key does not open"); }

Result<std::vector<std::byte>> aes_wrap(ByteSpan kek, ByteSpan cek) {
  AVILA_TRY(const auto aes, cipher::Aes::create(kek));
  std::vector<std::byte> wrapped(cek.size() + 8);
  AVILA_TRY_VOID(cipher::key_wrap(aes, cek, wrapped));
  return wrapped;
}

Result<SecretBytes> aes_unwrap(ByteSpan kek, ByteSpan wrapped, std::size_t cek_size) {
  if (wrapped.size() != cek_size + 8) return invalid();
  AVILA_TRY(const auto aes, cipher::Aes::create(kek));
  SecretBytes cek(cek_size);
  if (!cipher::key_unwrap(aes, wrapped, cek.span()).has_value()) return invalid();
  return cek;
}

// Section 4.8.1.1: the salt is the algorithm's name, a zero and "p2s".
Result<SecretBytes> password_kek(KeyManagement algorithm, ByteSpan password, ByteSpan salt_input,
                                 std::uint32_t count) {
  std::string salt(name(algorithm));
  salt.append(1, '\0').append(as_text(salt_input));
  SecretBytes kek(kek_bytes(algorithm));
  if (algorithm == KeyManagement::Pbes2Hs256A128Kw) {
    AVILA_TRY_VOID(kdf::pbkdf2<hash::Sha256>(password, as_bytes(salt), count, kek.span()));
  } else if (algorithm == KeyManagement::Pbes2Hs384A192Kw) {
    AVILA_TRY_VOID(kdf::pbkdf2<hash::Sha384>(password, as_bytes(salt), count, kek.span()));
  } else {
    AVILA_TRY_VOID(kdf::pbkdf2<hash::Sha512>(password, as_bytes(salt), count, kek.span()));
  }
  return kek;
}

Result<std::string> binary_member(const json::Value& header, const char* name) {
  AVILA_TRY(const std::string_view text, string_member(header, name));
  return decode(text, name);
}

Result<crypto::PrivateKey> ephemeral_key(crypto::KeyType type, os::Entropy& entropy) {
  return crypto::PrivateKey::generate(type, entropy);
}

// What ECDH-ES agrees on: the CEK itself, or the key that wraps it.
SecretBytes agreed_key(KeyManagement algorithm, ContentEncryption content, ByteSpan shared,
                       ByteSpan party_u, ByteSpan party_v) {
  if (algorithm == KeyManagement::EcdhEs)
    return concat_kdf(shared, name(content), party_u, party_v, cek_bytes(content));
  return concat_kdf(shared, name(algorithm), party_u, party_v, kek_bytes(algorithm));
}

Result<WrappedKey> wrap_ecdh(const crypto::PublicKey& peer, KeyManagement algorithm,
                             ContentEncryption content, SecretBytes& cek, os::Entropy& entropy,
                             const EncryptOptions& options) {
  WrappedKey wrapped;
  AVILA_TRY(const auto own, ephemeral_key(peer.type(), entropy));
  wrapped.parameters.set("epk", crypto::to_jwk(own.public_key()));
  if (!options.party_u.empty())
    wrapped.parameters.set("apu", text::base64url_encode(options.party_u));
  if (!options.party_v.empty())
    wrapped.parameters.set("apv", text::base64url_encode(options.party_v));
  AVILA_TRY(const SecretBytes shared, agree(own, peer));
  SecretBytes key = agreed_key(algorithm, content, shared.span(), options.party_u, options.party_v);
  if (algorithm == KeyManagement::EcdhEs) {
    cek = std::move(key);
  } else {
    AVILA_TRY(wrapped.encrypted_key, aes_wrap(key.span(), cek.span()));
  }
  return wrapped;
}

Result<SecretBytes> unwrap_ecdh(const crypto::PrivateKey& own, KeyManagement algorithm,
                                ContentEncryption content, const json::Value& header,
                                ByteSpan encrypted_key) {
  const json::Value* epk = header.find("epk");
  if (epk == nullptr) return Error(Errc::Malformed, "header without \"epk\"");
  AVILA_TRY(const auto jwk, crypto::Jwk::parse(*epk).context("epk"));
  const auto* peer = std::get_if<crypto::PublicKey>(&jwk.key);
  if (peer == nullptr) return Error(Errc::Malformed, "\"epk\" is no public key");
  if (peer->type() != own.type()) return Error(Errc::Malformed, "\"epk\" is of another curve");
  AVILA_TRY(const std::string party_u, binary_member(header, "apu"));
  AVILA_TRY(const std::string party_v, binary_member(header, "apv"));
  AVILA_TRY(const SecretBytes shared, agree(own, *peer));
  SecretBytes key =
      agreed_key(algorithm, content, shared.span(), as_bytes(party_u), as_bytes(party_v));
  if (algorithm != KeyManagement::EcdhEs)
    return aes_unwrap(key.span(), encrypted_key, cek_bytes(content));
  if (!encrypted_key.empty()) return invalid();  // RFC 7516 section 5.2 step 10
  return key;
}

Result<WrappedKey> wrap_gcm(ByteSpan kek, ByteSpan cek, os::Entropy& entropy) {  // section 4.7
  WrappedKey wrapped;
  std::array<std::byte, 12> iv;
  AVILA_TRY_VOID(entropy.fill(iv));
  AVILA_TRY(const auto aes, aead::AesGcm::create(kek));
  wrapped.encrypted_key.resize(cek.size());
  aead::Tag tag;
  AVILA_TRY_VOID(aes.seal_detached(aead::Nonce<12>(iv), {}, cek, wrapped.encrypted_key, tag));
  wrapped.parameters.set("tag", text::base64url_encode(tag));
  wrapped.parameters.set("iv", text::base64url_encode(iv));
  return wrapped;
}

Result<SecretBytes> unwrap_gcm(ByteSpan kek, const json::Value& header, ByteSpan encrypted_key,
                               std::size_t cek_size) {
  AVILA_TRY(const std::string iv, binary_member(header, "iv"));
  AVILA_TRY(const std::string tag, binary_member(header, "tag"));
  if (iv.size() != 12 || tag.size() != aead::kTagSize || encrypted_key.size() != cek_size)
    return invalid();
  AVILA_TRY(const auto aes, aead::AesGcm::create(kek));
  aead::Tag whole;
  std::memcpy(whole.data(), tag.data(), tag.size());
  SecretBytes cek(cek_size);
  const aead::Nonce<12> nonce(as_bytes(iv).first<12>());
  if (!aes.open_detached(nonce, {}, encrypted_key, whole, cek.span()).has_value()) return invalid();
  return cek;
}

Result<WrappedKey> wrap_password(KeyManagement algorithm, ByteSpan password, ByteSpan cek,
                                 os::Entropy& entropy, std::uint32_t count) {
  if (count < kPbes2CountMin) return Error(Errc::InvalidArgument, "pbes2_count too small");
  std::array<std::byte, 16> salt;
  AVILA_TRY_VOID(entropy.fill(salt));
  AVILA_TRY(const SecretBytes kek, password_kek(algorithm, password, salt, count));
  WrappedKey wrapped;
  wrapped.parameters.set("p2s", text::base64url_encode(salt));
  wrapped.parameters.set("p2c", count);
  AVILA_TRY(wrapped.encrypted_key, aes_wrap(kek.span(), cek));
  return wrapped;
}

Result<SecretBytes> unwrap_password(KeyManagement algorithm, ByteSpan password,
                                    const json::Value& header, ByteSpan encrypted_key,
                                    std::size_t cek_size, std::uint64_t& pbes2_left) {
  AVILA_TRY(const std::string salt, binary_member(header, "p2s"));
  const json::Value* count_member = header.find("p2c");
  const auto count = count_member != nullptr ? count_member->get_uint64() : std::nullopt;
  if (!count) return Error(Errc::Malformed, "\"p2c\" is no count");
  if (salt.size() < kPbes2SaltMin || *count < kPbes2CountMin)
    return Error(Errc::Malformed, "\"p2s\" or \"p2c\" below RFC 7518 section 4.8.1");
  // The writer says how much work the reader does: before any of it is done.
  if (*count > pbes2_left || *count > UINT32_MAX)
    return Error(Errc::LimitExceeded, "\"p2c\" above pbes2_count_max");
  pbes2_left -= *count;
  AVILA_TRY(const SecretBytes kek,
            password_kek(algorithm, password, as_bytes(salt), static_cast<std::uint32_t>(*count)));
  return aes_unwrap(kek.span(), encrypted_key, cek_size);
}

}  // namespace

std::size_t kek_bytes(KeyManagement algorithm) noexcept {
  constexpr std::uint8_t kBytes[] = {0, 16, 24, 32, 16, 24, 32, 0, 0, 0, 16, 24, 32, 16, 24, 32};
  return kBytes[static_cast<std::size_t>(algorithm)];
}

bool is_ecdh(KeyManagement algorithm) noexcept {
  return algorithm >= KeyManagement::EcdhEs && algorithm <= KeyManagement::EcdhEsA256Kw;
}

SecretBytes concat_kdf(ByteSpan shared, std::string_view algorithm_id, ByteSpan party_u,
                       ByteSpan party_v, std::size_t size) {
  SecretBytes key(size);
  const auto add_number = [](hash::Sha256& hash, std::size_t value) {
    std::byte bytes[4];
    store_be32(bytes, static_cast<std::uint32_t>(value));
    hash.update(bytes);
  };
  std::size_t done = 0;
  for (std::size_t round = 1; done < size; ++round) {
    hash::Sha256 hash;
    add_number(hash, round);
    hash.update(shared);
    for (const ByteSpan part : {as_bytes(algorithm_id), party_u, party_v}) {
      add_number(hash, part.size());
      hash.update(part);
    }
    add_number(hash, size * 8);  // SuppPubInfo: bits
    auto digest = hash.finish();
    const std::size_t part = std::min(size - done, digest.size());
    std::memcpy(key.span().data() + done, digest.data(), part);
    wipe_memory(digest.data(), digest.size());
    done += part;
  }
  return key;
}

Result<SecretBytes> agree(const crypto::PrivateKey& own, const crypto::PublicKey& peer) {
  AVILA_ASSERT(own.type() == peer.type());
  if (const auto* key = own.as<crypto::P256PrivateKey>())
    return SecretBytes::copy_of(*key->agree(*peer.as<crypto::P256PublicKey>()));
  if (const auto* key = own.as<crypto::P384PrivateKey>())
    return SecretBytes::copy_of(*key->agree(*peer.as<crypto::P384PublicKey>()));
  if (const auto* key = own.as<crypto::P521PrivateKey>())
    return SecretBytes::copy_of(*key->agree(*peer.as<crypto::P521PublicKey>()));
  const auto* key = own.as<crypto::X25519PrivateKey>();
  AVILA_ASSERT(key != nullptr);
  AVILA_TRY(const auto shared, key->agree(*peer.as<crypto::X25519PublicKey>()));
  return SecretBytes::copy_of(*shared);
}

Result<WrappedKey> wrap_key(const EncryptionKey& recipient, ContentEncryption content,
                            SecretBytes& cek, os::Entropy& entropy, const EncryptOptions& options) {
  const KeyManagement algorithm = recipient.algorithm();
  if (const auto* peer = std::get_if<crypto::PublicKey>(&recipient.key())) {
    if (is_ecdh(algorithm)) return wrap_ecdh(*peer, algorithm, content, cek, entropy, options);
    AVILA_TRY(auto encrypted, peer->as<crypto::RsaPublicKey>()->encrypt_oaep(
                                  oaep_options(algorithm), cek.span(), entropy));
    return WrappedKey{std::move(encrypted), {}};
  }
  if (const auto* password = std::get_if<Password>(&recipient.key()))
    return wrap_password(algorithm, password->bytes.span(), cek.span(), entropy,
                         options.pbes2_count);
  const ByteSpan key = std::get<SharedKey>(recipient.key()).bytes.span();
  if (algorithm == KeyManagement::Dir) {
    if (key.size() != cek_bytes(content))
      return Error(Errc::InvalidArgument, "the dir key has not the size of the content's");
    cek = SecretBytes::copy_of(key);
    return WrappedKey{};
  }
  if (is_gcm_wrap(algorithm)) return wrap_gcm(key, cek.span(), entropy);
  AVILA_TRY(auto wrapped, aes_wrap(key, cek.span()));
  return WrappedKey{std::move(wrapped), {}};
}

Result<SecretBytes> unwrap_key(KeyManagement algorithm, ContentEncryption content,
                               const DecryptionKey& key, const json::Value& header,
                               ByteSpan encrypted_key, os::Entropy& entropy,
                               std::uint64_t& pbes2_left) {
  AVILA_ASSERT(key.fits(algorithm, content));
  const std::size_t size = cek_bytes(content);
  if (const auto* own = std::get_if<crypto::PrivateKey>(&key.key())) {
    if (is_ecdh(algorithm)) return unwrap_ecdh(*own, algorithm, content, header, encrypted_key);
    return own->as<crypto::RsaPrivateKey>()->decrypt_oaep(oaep_options(algorithm), encrypted_key,
                                                          entropy);
  }
  if (const auto* password = std::get_if<Password>(&key.key()))
    return unwrap_password(algorithm, password->bytes.span(), header, encrypted_key, size,
                           pbes2_left);
  const ByteSpan shared = std::get<SharedKey>(key.key()).bytes.span();
  if (algorithm == KeyManagement::Dir) {
    if (!encrypted_key.empty()) return invalid();  // RFC 7516 section 5.2 step 10
    return SecretBytes::copy_of(shared);
  }
  if (is_gcm_wrap(algorithm)) return unwrap_gcm(shared, header, encrypted_key, size);
  return aes_unwrap(shared, encrypted_key, size);
}

}  // namespace avila::jwt::detail
