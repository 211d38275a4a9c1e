#include "record_key.hpp"

#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/primitives/secret.hpp>
#include <avila/tls/key_schedule.hpp>
#include <cstring>

namespace avila::tls {

namespace {

constexpr std::size_t kExplicitNonceBytes = 8;

Error bad_mac() { return Error(Alert::BadRecordMac, "a record that was damaged or forged"); }
Error overflow() { return Error(Alert::RecordOverflow, "a record with more than 2^14 bytes"); }

void put_header(std::byte* at, ContentType type, std::size_t length) noexcept {
  at[0] = static_cast<std::byte>(type);
  store_be16(at + 1, 0x0303);
  store_be16(at + 3, static_cast<std::uint16_t>(length));
}

// RFC 5246 section 6.2.3.3: seq_num + type + version + length of the text.
std::array<std::byte, 13> aad12(std::uint64_t sequence, std::byte type,
                                std::size_t length) noexcept {
  std::array<std::byte, 13> aad;
  store_be64(aad.data(), sequence);
  put_header(&aad[8], static_cast<ContentType>(type), length);
  return aad;
}

}  // namespace

RecordKey::Key RecordKey::make_key(const SuiteInfo& suite, ByteSpan key) {
  if (suite.aead == AeadKind::ChaCha20Poly1305)
    return aead::ChaCha20Poly1305(key.first<aead::ChaCha20Poly1305::kKeySize>());
  auto made = aead::AesGcm::create(key);
  return std::move(made).value();  // the length is the suite's
}

RecordKey RecordKey::tls13(const SuiteInfo& suite, ByteSpan secret) {
  SecretArray<32> key;
  const MutableByteSpan used = MutableByteSpan(*key).first(suite.key_bytes());
  hkdf_expand_label(suite.hash, secret, "key", {}, used);
  RecordKey made(ProtocolVersion::Tls13, make_key(suite, used));
  hkdf_expand_label(suite.hash, secret, "iv", {}, made.iv_);
  return made;
}

RecordKey RecordKey::tls12(const SuiteInfo& suite, ByteSpan key, ByteSpan iv) {
  RecordKey made(ProtocolVersion::Tls12, make_key(suite, key));
  AVILA_ASSERT(iv.size() == iv_bytes12(suite));
  std::ranges::copy(iv, made.iv_.begin());
  return made;
}

std::size_t RecordKey::iv_bytes12(const SuiteInfo& suite) noexcept {
  return suite.aead == AeadKind::ChaCha20Poly1305 ? 12 : 4;
}

// The sequence number, padded to the left, XOR the IV. AES-GCM of TLS 1.2 has 8 zeros there, so
// that the explicit part stands by itself.
aead::Nonce<12> RecordKey::nonce(std::uint64_t low) const noexcept {
  std::array<std::byte, 12> bytes = iv_;
  store_be64(&bytes[4], load_be64(&bytes[4]) ^ low);
  return aead::Nonce<12>(bytes);
}

Result<void> RecordKey::seal_in_place(ByteSpan aad, const aead::Nonce<12>& nonce,
                                      MutableByteSpan text, aead::Tag& tag) const {
  if (const auto* const gcm = std::get_if<aead::AesGcm>(&key_))
    return gcm->seal_detached(nonce, aad, text, text, tag);
  return std::get<aead::ChaCha20Poly1305>(key_).seal_detached(nonce, aad, text, text, tag);
}

Result<void> RecordKey::open_in_place(ByteSpan aad, const aead::Nonce<12>& nonce,
                                      MutableByteSpan text, const aead::Tag& tag) const {
  if (const auto* const gcm = std::get_if<aead::AesGcm>(&key_))
    return gcm->open_detached(nonce, aad, text, tag, text);
  return std::get<aead::ChaCha20Poly1305>(key_).open_detached(nonce, aad, text, tag, text);
}

Result<void> RecordKey::seal(ContentType type, ByteSpan content, buffer::BytesMut& out) {
  AVILA_ASSERT(content.size() <= kPlaintextMax);
  // RFC 8446 section 5.3: the sequence number never wraps.
  if (sequence_ == ~std::uint64_t{0}) return Error(Errc::LimitExceeded, "tls: records of one key");
  const bool is13 = version_ == ProtocolVersion::Tls13;
  const std::size_t prefix = explicit_nonce() ? kExplicitNonceBytes : 0;
  const std::size_t text_size = content.size() + (is13 ? 1 : 0);
  const std::size_t whole = kRecordHeaderBytes + prefix + text_size + aead::kTagSize;
  std::byte* const header = out.spare(whole).data();
  std::byte* const text = header + kRecordHeaderBytes + prefix;
  put_header(header, is13 ? ContentType::ApplicationData : type,
             prefix + text_size + aead::kTagSize);
  if (!content.empty()) std::memcpy(text, content.data(), content.size());
  if (is13) text[content.size()] = static_cast<std::byte>(type);
  if (prefix != 0) store_be64(header + kRecordHeaderBytes, sequence_);
  aead::Tag tag;
  const MutableByteSpan both(text, text_size);
  if (is13) {
    AVILA_TRY_VOID(
        seal_in_place(ByteSpan(header, kRecordHeaderBytes), nonce(sequence_), both, tag));
  } else {
    const auto aad = aad12(sequence_, static_cast<std::byte>(type), content.size());
    AVILA_TRY_VOID(seal_in_place(aad, nonce(sequence_), both, tag));
  }
  std::memcpy(text + text_size, tag.data(), tag.size());
  out.commit(whole);
  ++sequence_;
  return {};
}

Result<OpenedRecord> RecordKey::open(MutableByteSpan record) {
  const ByteSpan header = record.first(kRecordHeaderBytes);
  MutableByteSpan text = record.subspan(kRecordHeaderBytes);
  const bool is13 = version_ == ProtocolVersion::Tls13;
  if (text.size() > (is13 ? kCiphertextMax13 : kCiphertextMax12)) return overflow();
  std::uint64_t low = sequence_;
  if (explicit_nonce()) {
    if (text.size() < kExplicitNonceBytes) return bad_mac();
    low = load_be64(text.data());
    text = text.subspan(kExplicitNonceBytes);
  }
  if (text.size() < aead::kTagSize) return bad_mac();
  aead::Tag tag;
  std::memcpy(tag.data(), text.data() + text.size() - tag.size(), tag.size());
  text = text.first(text.size() - tag.size());

  if (sequence_ == ~std::uint64_t{0}) return Error(Errc::LimitExceeded, "tls: records of one key");
  if (is13) {
    if (!open_in_place(header, nonce(low), text, tag).has_value()) return bad_mac();
  } else {
    const auto aad = aad12(sequence_, header[0], text.size());
    if (!open_in_place(aad, nonce(low), text, tag).has_value()) return bad_mac();
  }
  ++sequence_;
  if (!is13) {
    if (text.size() > kPlaintextMax) return overflow();
    return OpenedRecord{static_cast<ContentType>(header[0]), text};
  }
  if (text.size() > kPlaintextMax + 1) return overflow();
  std::size_t size = text.size();  // section 5.4: zeros of padding, then the type
  while (size > 0 && text[size - 1] == std::byte{0}) --size;
  if (size == 0) return Error(Alert::UnexpectedMessage, "a record of padding only");
  return OpenedRecord{static_cast<ContentType>(text[size - 1]), text.first(size - 1)};
}

}  // namespace avila::tls
