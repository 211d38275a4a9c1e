// The numbers of TLS: versions, suites, groups, signature schemes, alerts.
#pragma once
#include <avila/error/error.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace avila::tls {

enum class ProtocolVersion : std::uint16_t { Tls12 = 0x0303, Tls13 = 0x0304 };

enum class CipherSuite : std::uint16_t {
  Aes128GcmSha256 = 0x1301,  // TLS 1.3 (RFC 8446 appendix B.4)
  Aes256GcmSha384 = 0x1302,
  ChaCha20Poly1305Sha256 = 0x1303,
  EcdheEcdsaAes128GcmSha256 = 0xc02b,  // TLS 1.2 (RFC 5289, RFC 7905)
  EcdheEcdsaAes256GcmSha384 = 0xc02c,
  EcdheRsaAes128GcmSha256 = 0xc02f,
  EcdheRsaAes256GcmSha384 = 0xc030,
  EcdheRsaChaCha20Poly1305Sha256 = 0xcca8,
  EcdheEcdsaChaCha20Poly1305Sha256 = 0xcca9,
};

enum class NamedGroup : std::uint16_t {
  P256 = 0x0017,
  P384 = 0x0018,
  P521 = 0x0019,
  X25519 = 0x001d,
  X25519MlKem768 = 0x11ec,  ///< TLS 1.3 only
};

enum class SignatureScheme : std::uint16_t {
  RsaPkcs1Sha256 = 0x0401,  ///< TLS 1.2, and within certificates
  RsaPkcs1Sha384 = 0x0501,
  RsaPkcs1Sha512 = 0x0601,
  EcdsaP256Sha256 = 0x0403,
  EcdsaP384Sha384 = 0x0503,
  EcdsaP521Sha512 = 0x0603,
  RsaPssSha256 = 0x0804,
  RsaPssSha384 = 0x0805,
  RsaPssSha512 = 0x0806,
  Ed25519 = 0x0807,
};

/// The alerts of RFC 8446 section 6. An error of this kind is ours: the alert goes to the peer.
enum class Alert : std::uint8_t {
  CloseNotify = 0,
  UnexpectedMessage = 10,
  BadRecordMac = 20,
  RecordOverflow = 22,
  HandshakeFailure = 40,
  BadCertificate = 42,
  UnsupportedCertificate = 43,
  CertificateRevoked = 44,
  CertificateExpired = 45,
  CertificateUnknown = 46,
  IllegalParameter = 47,
  UnknownCa = 48,
  AccessDenied = 49,
  DecodeError = 50,
  DecryptError = 51,
  ProtocolVersion = 70,
  InsufficientSecurity = 71,
  InternalError = 80,
  InappropriateFallback = 86,
  UserCanceled = 90,
  NoRenegotiation = 100,
  MissingExtension = 109,
  UnsupportedExtension = 110,
  UnrecognizedName = 112,
  BadCertificateStatusResponse = 113,
  UnknownPskIdentity = 115,
  CertificateRequired = 116,
  NoApplicationProtocol = 120,
};
const ErrorDomain& avila_error_domain(Alert alert) noexcept;

/// The same numbers, received: an error of this kind ended the connection from the other side.
enum class PeerAlert : std::uint8_t {};
const ErrorDomain& avila_error_domain(PeerAlert alert) noexcept;

/// What the transport did to us. Truncated: it ended without close_notify, so the data may have
/// been cut by somebody in between; an orderly end reads as 0 bytes instead.
AVILA_ERROR_ENUM(TransportFault, ConnectionReset, Truncated)

/// What kind of failure an alert stands for.
Errc kind_of(Alert alert) noexcept;
/// The alert that tells a peer of this error: its own, where it is an Alert.
Alert alert_for(const Error& error) noexcept;
/// The alert that the peer sent, where that is what the error is about.
std::optional<Alert> alert_from_peer(const Error& error) noexcept;

std::string_view name(ProtocolVersion version) noexcept;  ///< "TLSv1.3"
std::string_view name(CipherSuite suite) noexcept;        ///< the name of IANA
std::string_view name(NamedGroup group) noexcept;         ///< "X25519MLKEM768"
std::string_view name(SignatureScheme scheme) noexcept;   ///< "ecdsa_secp256r1_sha256"
std::string_view name(Alert alert) noexcept;              ///< "bad_record_mac"

enum class Role : std::uint8_t { Client, Server };
enum class Direction : std::uint8_t { Read, Write };

/// Which keys a handshake message goes under; QUIC's packet spaces in the same order.
enum class Level : std::uint8_t { Initial, EarlyData, Handshake, Application };

enum class HashKind : std::uint8_t { Sha256, Sha384 };
enum class AeadKind : std::uint8_t { Aes128Gcm, Aes256Gcm, ChaCha20Poly1305 };

struct SuiteInfo {
  CipherSuite suite;
  ProtocolVersion version;
  AeadKind aead;
  HashKind hash;
  bool rsa;  ///< TLS 1.2: the server's key is RSA; ECDSA or Ed25519 otherwise
  std::size_t key_bytes() const noexcept { return aead == AeadKind::Aes128Gcm ? 16 : 32; }
};
/// Null for a suite that this library does not have.
const SuiteInfo* find_suite(std::uint16_t number) noexcept;
const SuiteInfo& info_of(CipherSuite suite) noexcept;

}  // namespace avila::tls
