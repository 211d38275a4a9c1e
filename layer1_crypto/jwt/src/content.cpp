// The encryption of contents: AES-GCM and AES-CBC with HMAC (RFC 7518 section 5).
#include <avila/aead/aes_gcm.hpp>
#include <avila/cipher/cbc.hpp>
#include <avila/jwt/detail/steps.hpp>
#include <avila/mac/hmac.hpp>
#include <avila/primitives/endian.hpp>

namespace avila::jwt::detail {
namespace {

bool is_gcm(ContentEncryption content) { return content <= ContentEncryption::A256Gcm; }

// Section 5.2.2.1: the first half of the MAC over AAD, IV, ciphertext and the AAD's length in bits.
std::vector<std::byte> cbc_tag(ContentEncryption content, ByteSpan mac_key, ByteSpan aad,
                               ByteSpan iv, ByteSpan ciphertext) {
  std::byte bits[8];
  store_be64(bits, std::uint64_t{aad.size()} * 8);
  const auto made = [&]<class Mac>(Mac mac) {
    mac.update(aad);
    mac.update(iv);
    mac.update(ciphertext);
    mac.update(bits);
    const auto tag = mac.finish();
    return std::vector<std::byte>(tag.begin(), tag.begin() + tag.size() / 2);
  };
  if (content == ContentEncryption::A128CbcHs256) return made(mac::HmacSha256(mac_key));
  if (content == ContentEncryption::A192CbcHs384) return made(mac::HmacSha384(mac_key));
  return made(mac::HmacSha512(mac_key));
}

Error invalid() { return Error(Errc::Unauthenticated, "the content does not open"); }

}  // namespace

std::size_t cek_bytes(ContentEncryption content) noexcept {
  constexpr std::size_t kBytes[] = {16, 24, 32, 32, 48, 64};
  return kBytes[static_cast<std::size_t>(content)];
}

std::size_t iv_bytes(ContentEncryption content) noexcept { return is_gcm(content) ? 12 : 16; }

Result<Sealed> seal_content(ContentEncryption content, ByteSpan cek, ByteSpan iv, ByteSpan aad,
                            ByteSpan plaintext) {
  AVILA_ASSERT(cek.size() == cek_bytes(content));
  AVILA_ASSERT(iv.size() == iv_bytes(content));
  Sealed sealed;
  if (is_gcm(content)) {
    AVILA_TRY(const auto key, aead::AesGcm::create(cek));
    aead::Tag tag;
    sealed.ciphertext.resize(plaintext.size());
    AVILA_TRY_VOID(
        key.seal_detached(aead::Nonce<12>(iv.first<12>()), aad, plaintext, sealed.ciphertext, tag));
    sealed.tag.assign(tag.begin(), tag.end());
    return sealed;
  }
  const ByteSpan mac_key = cek.first(cek.size() / 2);
  AVILA_TRY(const auto key, cipher::Aes::create(cek.subspan(mac_key.size())));
  sealed.ciphertext.resize(cipher::cbc_padded_size(plaintext.size()));
  cipher::cbc_encrypt_padded(key, iv.first<16>(), plaintext, sealed.ciphertext);
  sealed.tag = cbc_tag(content, mac_key, aad, iv, sealed.ciphertext);
  return sealed;
}

Result<SecretBytes> open_content(ContentEncryption content, ByteSpan cek, ByteSpan iv, ByteSpan aad,
                                 ByteSpan ciphertext, ByteSpan tag) {
  if (cek.size() != cek_bytes(content) || iv.size() != iv_bytes(content)) return invalid();
  if (is_gcm(content)) {
    if (tag.size() != aead::kTagSize) return invalid();
    aead::Tag whole;
    std::copy(tag.begin(), tag.end(), whole.begin());
    AVILA_TRY(const auto key, aead::AesGcm::create(cek));
    SecretBytes text(ciphertext.size());
    if (!key.open_detached(aead::Nonce<12>(iv.first<12>()), aad, ciphertext, whole, text.span())
             .has_value())
      return invalid();
    return text;
  }
  const ByteSpan mac_key = cek.first(cek.size() / 2);
  // The MAC comes first: padding is looked at only in what its writer made.
  if (!mac::equal_tags(cbc_tag(content, mac_key, aad, iv, ciphertext), tag)) return invalid();
  AVILA_TRY(const auto key, cipher::Aes::create(cek.subspan(mac_key.size())));
  SecretBytes padded(ciphertext.size());
  const auto text = cipher::cbc_decrypt_padded(key, iv.first<16>(), ciphertext, padded.span());
  if (!text.has_value()) return invalid();
  return SecretBytes::copy_of(*text);
}

}  // namespace avila::jwt::detail
