// Handshake messages as bytes: reading what a peer sent, strictly. What is read are views into the
// message. Errors are Alerts: DecodeError for what cannot be read, IllegalParameter and so on for
// what can and may not be. Writers are in messages_write.hpp.
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/tls/types.hpp>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace avila::tls {

enum class HandshakeType : std::uint8_t {
  HelloRequest = 0,
  ClientHello = 1,
  ServerHello = 2,
  NewSessionTicket = 4,
  EndOfEarlyData = 5,
  EncryptedExtensions = 8,
  Certificate = 11,
  ServerKeyExchange = 12,
  CertificateRequest = 13,
  ServerHelloDone = 14,
  CertificateVerify = 15,
  ClientKeyExchange = 16,
  Finished = 20,
  CertificateStatus = 22,
  KeyUpdate = 24,
  MessageHash = 254,
};
std::string_view name(HandshakeType type) noexcept;  ///< "ClientHello"

enum class ExtensionType : std::uint16_t {
  ServerName = 0,
  StatusRequest = 5,
  SupportedGroups = 10,
  EcPointFormats = 11,
  SignatureAlgorithms = 13,
  Alpn = 16,
  ExtendedMasterSecret = 23,
  SessionTicket = 35,
  PreSharedKey = 41,
  EarlyData = 42,
  SupportedVersions = 43,
  Cookie = 44,
  PskKeyExchangeModes = 45,
  CertificateAuthorities = 47,
  SignatureAlgorithmsCert = 50,
  KeyShare = 51,
  QuicTransportParameters = 57,
  RenegotiationInfo = 0xff01,
};

struct Extension {
  std::uint16_t type = 0;
  ByteSpan body;
};
/// At most this many extensions in one message.
inline constexpr std::size_t kExtensionsMax = 128;
/// `block` is what stands in the vector of extensions. Twice the same one is IllegalParameter.
Result<std::vector<Extension>> parse_extensions(ByteSpan block);
/// The body of the extension, where it is there.
std::optional<ByteSpan> find(const std::vector<Extension>& extensions, ExtensionType type) noexcept;

struct KeyShareEntry {
  std::uint16_t group = 0;
  ByteSpan key;
};
struct PskIdentity {
  ByteSpan identity;
  std::uint32_t obfuscated_age = 0;
};
struct PskOffer {
  std::vector<PskIdentity> identities;
  std::vector<ByteSpan> binders;
  std::size_t binders_bytes = 0;  ///< at the end of the message, their length in front included
};

// Extension bodies. Errors: Alert::DecodeError.
Result<std::vector<std::uint16_t>> parse_numbers(ByteSpan body, std::string_view what);
Result<std::vector<KeyShareEntry>> parse_client_key_shares(ByteSpan body);
Result<KeyShareEntry> parse_server_key_share(ByteSpan body);
Result<std::uint16_t> parse_retry_key_share(ByteSpan body);
Result<std::vector<std::string_view>> parse_alpn(ByteSpan body);
Result<PskOffer> parse_psk_offer(ByteSpan body);
/// The host_name, empty where there is none. Also refused: names that are no DNS name.
Result<std::string_view> parse_server_name(ByteSpan body);

struct ClientHello {
  std::uint16_t legacy_version = 0;
  ByteSpan random;
  ByteSpan session_id;
  std::vector<std::uint16_t> suites;
  std::vector<Extension> extensions;

  // Of the extensions; empty or absent where the extension is.
  std::optional<std::string_view> server_name;
  std::vector<std::uint16_t> versions;
  std::vector<std::uint16_t> groups;
  std::vector<std::uint16_t> signatures;
  std::optional<std::vector<KeyShareEntry>> key_shares;
  std::vector<std::string_view> alpn;
  std::optional<PskOffer> psk;
  ByteSpan psk_modes;
  std::optional<ByteSpan> session_ticket;
  std::optional<ByteSpan> renegotiation_info;
  std::optional<ByteSpan> cookie;
  std::optional<ByteSpan> quic_parameters;
  bool early_data = false;
  bool extended_master_secret = false;
  bool status_request = false;

  bool offers(std::uint16_t suite) const noexcept;

  /// `body` is the message without its head of 4 bytes.
  static Result<ClientHello> parse(ByteSpan body);
};

struct ServerHello {
  std::uint16_t legacy_version = 0;
  ByteSpan random;
  ByteSpan session_id;
  std::uint16_t suite = 0;
  std::vector<Extension> extensions;

  bool is_retry() const noexcept;
  /// That of supported_versions, or else legacy_version.
  Result<std::uint16_t> version() const;

  static Result<ServerHello> parse(ByteSpan body);
};
/// The random of a ServerHello that is a HelloRetryRequest (RFC 8446 section 4.1.3).
extern const std::array<std::byte, 32> kRetryRandom;
/// The end of the random of a server that could do better (section 4.1.3).
extern const std::array<std::byte, 8> kDowngradeTls12, kDowngradeTls11;

struct CertificateEntry {
  ByteSpan der;
  std::vector<Extension> extensions;
};
struct CertificateMessage {
  ByteSpan context;
  std::vector<CertificateEntry> entries;
  /// Errors also: LimitExceeded beyond `certificates_max`.
  static Result<CertificateMessage> parse13(ByteSpan body, std::size_t certificates_max);
  static Result<CertificateMessage> parse12(ByteSpan body, std::size_t certificates_max);
};

struct CertificateRequest {
  ByteSpan context;
  std::vector<std::uint16_t> signatures;
  static Result<CertificateRequest> parse13(ByteSpan body);
  static Result<CertificateRequest> parse12(ByteSpan body);
};

struct CertificateVerify {
  std::uint16_t scheme = 0;
  ByteSpan signature;
  static Result<CertificateVerify> parse(ByteSpan body);
};

struct NewSessionTicket {
  std::uint32_t lifetime_s = 0;
  std::uint32_t age_add = 0;
  ByteSpan nonce;
  ByteSpan ticket;
  std::uint32_t early_data_bytes = 0;
  static Result<NewSessionTicket> parse13(ByteSpan body);
  static Result<NewSessionTicket> parse12(ByteSpan body);
};

/// ServerKeyExchange of ECDHE (RFC 8422 section 5.4).
struct ServerKeyExchange {
  std::uint16_t group = 0;
  ByteSpan key;
  ByteSpan params;  ///< what is signed beside the randoms
  std::uint16_t scheme = 0;
  ByteSpan signature;
  static Result<ServerKeyExchange> parse(ByteSpan body);
};

/// The OCSP response of a status_request: CertificateStatus, or the extension of an entry.
Result<ByteSpan> parse_certificate_status(ByteSpan body);

struct AlertMessage {
  std::uint8_t level = 0;  ///< 1 warning, 2 fatal
  std::uint8_t description = 0;
  static Result<AlertMessage> parse(ByteSpan body);
};

}  // namespace avila::tls
