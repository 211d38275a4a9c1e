// One direction's record protection, of TLS 1.3 (RFC 8446 section 5) and of the AEAD suites of
// TLS 1.2 (RFC 5246 section 6.2.3.3, RFC 5288, RFC 7905).
#pragma once
#include <avila/aead/aes_gcm.hpp>
#include <avila/aead/chacha20_poly1305.hpp>
#include <avila/error/result.hpp>
#include <avila/tls/types.hpp>
#include <cstdint>
#include <variant>

#include <avila/buffer/bytes.hpp>

namespace avila::tls {

enum class ContentType : std::uint8_t {
  Invalid = 0,
  ChangeCipherSpec = 20,
  Alert = 21,
  Handshake = 22,
  ApplicationData = 23,
};

inline constexpr std::size_t kRecordHeaderBytes = 5;
inline constexpr std::size_t kPlaintextMax = 1 << 14;
inline constexpr std::size_t kCiphertextMax13 = kPlaintextMax + 256;
inline constexpr std::size_t kCiphertextMax12 = kPlaintextMax + 2048;

struct OpenedRecord {
  ContentType type = ContentType::Invalid;
  MutableByteSpan content;  ///< inside the record that was given
};

class RecordKey {
 public:
  /// Of a traffic secret.
  static RecordKey tls13(const SuiteInfo& suite, ByteSpan secret);
  /// Of a piece of the key block: a key, and an IV of 4 (AES-GCM) or 12 bytes.
  static RecordKey tls12(const SuiteInfo& suite, ByteSpan key, ByteSpan iv);
  /// Bytes of IV that TLS 1.2 takes out of the key block.
  static std::size_t iv_bytes12(const SuiteInfo& suite) noexcept;

  /// Appends a record. `content` has kPlaintextMax bytes at most. Errors: LimitExceeded.
  Result<void> seal(ContentType type, ByteSpan content, buffer::BytesMut& out);
  /// Opens a record, header and all, in place. Errors: Alert::BadRecordMac, RecordOverflow,
  /// UnexpectedMessage.
  Result<OpenedRecord> open(MutableByteSpan record);

  std::uint64_t sequence() const noexcept { return sequence_; }

 private:
  using Key = std::variant<aead::AesGcm, aead::ChaCha20Poly1305>;
  RecordKey(ProtocolVersion version, Key key) noexcept : version_(version), key_(std::move(key)) {}
  static Key make_key(const SuiteInfo& suite, ByteSpan key);
  aead::Nonce<12> nonce(std::uint64_t low) const noexcept;
  Result<void> seal_in_place(ByteSpan aad, const aead::Nonce<12>& nonce, MutableByteSpan text,
                             aead::Tag& tag) const;
  Result<void> open_in_place(ByteSpan aad, const aead::Nonce<12>& nonce, MutableByteSpan text,
                             const aead::Tag& tag) const;
  bool explicit_nonce() const noexcept {
    return version_ == ProtocolVersion::Tls12 && key_.index() == 0;
  }

  ProtocolVersion version_;
  Key key_;
  std::array<std::byte, 12> iv_{};
  std::uint64_t sequence_ = 0;
};

}  // namespace avila::tls
