// The key schedules of TLS 1.3 (RFC 8446 section 7) and TLS 1.2 (RFC 5246 section 5, RFC 7627), by
// themselves: QUIC uses the first without records.
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/hash/sha512.hpp>
#include <avila/primitives/secret.hpp>
#include <avila/tls/types.hpp>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace avila::tls {

inline constexpr std::size_t kDigestBytesMax = 48;

/// The output of a suite's hash.
struct DigestBytes {
  std::array<std::byte, kDigestBytesMax> bytes{};
  std::size_t size = 0;
  operator ByteSpan() const noexcept { return {bytes.data(), size}; }
};

std::size_t digest_size(HashKind hash) noexcept;
DigestBytes digest(HashKind hash, ByteSpan message) noexcept;
DigestBytes hmac(HashKind hash, ByteSpan key, ByteSpan message) noexcept;

/// HKDF-Expand-Label (RFC 8446 section 7.1). At most 255 bytes of label and context, asserted.
void hkdf_expand_label(HashKind hash, ByteSpan secret, std::string_view label, ByteSpan context,
                       MutableByteSpan out);
SecretBytes hkdf_expand_label(HashKind hash, ByteSpan secret, std::string_view label,
                              ByteSpan context, std::size_t size);

/// The PRF of TLS 1.2 (RFC 5246 section 5). CT but for lengths.
void prf12(HashKind hash, ByteSpan secret, std::string_view label, ByteSpan seed,
           MutableByteSpan out);

/// The secrets of one TLS 1.3 connection. Calls come in the order below. Transcript hashes are over
/// the messages that RFC 8446 section 7.1 names.
class KeySchedule {
 public:
  /// `psk` empty: none. The early secret.
  KeySchedule(HashKind hash, ByteSpan psk);

  enum class PskKind : std::uint8_t { Resumption, External };
  SecretBytes binder_key(PskKind kind) const;
  SecretBytes client_early_traffic(ByteSpan hello_hash) const;
  SecretBytes early_exporter(ByteSpan hello_hash) const;

  /// `shared` of the key exchange; empty for psk_ke. The handshake secret.
  void enter_handshake(ByteSpan shared);
  SecretBytes client_handshake_traffic(ByteSpan transcript) const;
  SecretBytes server_handshake_traffic(ByteSpan transcript) const;

  /// The main secret.
  void enter_application();
  SecretBytes client_application_traffic(ByteSpan transcript) const;
  SecretBytes server_application_traffic(ByteSpan transcript) const;
  SecretBytes exporter(ByteSpan transcript) const;
  SecretBytes resumption(ByteSpan transcript) const;

  HashKind hash() const noexcept { return hash_; }

 private:
  SecretBytes derive(std::string_view label, ByteSpan transcript) const;
  void extract(ByteSpan input);
  HashKind hash_;
  SecretBytes secret_;
};

/// "finished" (RFC 8446 section 4.4.4): also the binder of a PSK.
DigestBytes finished_mac(HashKind hash, ByteSpan base_key, ByteSpan transcript);
/// The next generation of a traffic secret (section 7.2).
SecretBytes next_traffic_secret(HashKind hash, ByteSpan secret);
/// The PSK of a ticket (section 4.6.1).
SecretBytes ticket_psk(HashKind hash, ByteSpan resumption_secret, ByteSpan nonce);
/// Section 7.5, of the exporter secret.
void export_keying_material(HashKind hash, ByteSpan exporter, std::string_view label,
                            ByteSpan context, MutableByteSpan out);

/// The hash of all handshake messages so far. Keeps the messages until it is told the hash.
class Transcript {
 public:
  void add(ByteSpan message);
  /// Fixes the hash. Raw messages are kept on until forget_raw(): signatures of TLS 1.2 are over
  /// them.
  void use(HashKind hash);
  void forget_raw() noexcept;
  ByteSpan raw() const noexcept { return raw_; }
  /// RFC 8446 section 4.4.1: a first ClientHello becomes a message_hash message. Clears raw().
  void replace_by_hash();
  DigestBytes hash() const noexcept;
  /// Of the messages so far and the bytes given, which are not added.
  DigestBytes hash_with(ByteSpan more) const noexcept;

 private:
  std::variant<std::monostate, hash::Sha256, hash::Sha384> state_;
  std::vector<std::byte> raw_;
  bool keep_raw_ = true;
};

}  // namespace avila::tls
