#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/tls/types.hpp>

namespace avila::tls {

namespace {

constexpr auto k12 = ProtocolVersion::Tls12, k13 = ProtocolVersion::Tls13;
constexpr SuiteInfo kSuites[] = {
    {CipherSuite::Aes128GcmSha256, k13, AeadKind::Aes128Gcm, HashKind::Sha256, false},
    {CipherSuite::Aes256GcmSha384, k13, AeadKind::Aes256Gcm, HashKind::Sha384, false},
    {CipherSuite::ChaCha20Poly1305Sha256, k13, AeadKind::ChaCha20Poly1305, HashKind::Sha256, false},
    {CipherSuite::EcdheEcdsaAes128GcmSha256, k12, AeadKind::Aes128Gcm, HashKind::Sha256, false},
    {CipherSuite::EcdheEcdsaAes256GcmSha384, k12, AeadKind::Aes256Gcm, HashKind::Sha384, false},
    {CipherSuite::EcdheRsaAes128GcmSha256, k12, AeadKind::Aes128Gcm, HashKind::Sha256, true},
    {CipherSuite::EcdheRsaAes256GcmSha384, k12, AeadKind::Aes256Gcm, HashKind::Sha384, true},
    {CipherSuite::EcdheRsaChaCha20Poly1305Sha256, k12, AeadKind::ChaCha20Poly1305, HashKind::Sha256,
     true},
    {CipherSuite::EcdheEcdsaChaCha20Poly1305Sha256, k12, AeadKind::ChaCha20Poly1305,
     HashKind::Sha256, false},
};

std::string_view alert_name(int value) noexcept { return name(static_cast<Alert>(value)); }
Errc alert_kind(int value) noexcept { return kind_of(static_cast<Alert>(value)); }

}  // namespace

const ErrorDomain& avila_error_domain(Alert) noexcept {
  static constexpr ErrorDomain domain{"tls::Alert", alert_name, alert_kind};
  return domain;
}

const ErrorDomain& avila_error_domain(PeerAlert) noexcept {
  static constexpr ErrorDomain domain{"tls::PeerAlert", alert_name, alert_kind};
  return domain;
}

Errc kind_of(Alert alert) noexcept {
  switch (alert) {
    case Alert::CloseNotify:
    case Alert::UserCanceled: return Errc::Closed;
    case Alert::BadRecordMac:
    case Alert::DecryptError:
    case Alert::BadCertificate:
    case Alert::CertificateRevoked:
    case Alert::CertificateExpired:
    case Alert::CertificateUnknown:
    case Alert::UnknownCa:
    case Alert::UnknownPskIdentity:
    case Alert::BadCertificateStatusResponse:
    case Alert::CertificateRequired: return Errc::Unauthenticated;
    case Alert::AccessDenied: return Errc::PermissionDenied;
    case Alert::RecordOverflow: return Errc::LimitExceeded;
    case Alert::InternalError: return Errc::Unknown;
    case Alert::HandshakeFailure:
    case Alert::ProtocolVersion:
    case Alert::InsufficientSecurity:
    case Alert::UnsupportedCertificate:
    case Alert::NoApplicationProtocol:
    case Alert::NoRenegotiation:
    case Alert::UnrecognizedName:
    case Alert::InappropriateFallback: return Errc::Unsupported;
    default: return Errc::Malformed;
  }
}

Alert alert_for(const Error& error) noexcept {
  if (error.domain() == &avila_error_domain(Alert{}))
    return static_cast<Alert>(error.domain_value());
  switch (error.code()) {
    case Errc::Malformed: return Alert::DecodeError;
    case Errc::LimitExceeded: return Alert::HandshakeFailure;
    default: return Alert::InternalError;
  }
}

std::optional<Alert> alert_from_peer(const Error& error) noexcept {
  if (error.domain() != &avila_error_domain(PeerAlert{})) return std::nullopt;
  return static_cast<Alert>(error.domain_value());
}

std::string_view name(ProtocolVersion version) noexcept {
  return version == k13 ? "TLSv1.3" : version == k12 ? "TLSv1.2" : "unknown";
}

std::string_view name(CipherSuite suite) noexcept {
  switch (suite) {
    case CipherSuite::Aes128GcmSha256: return "TLS_AES_128_GCM_SHA256";
    case CipherSuite::Aes256GcmSha384: return "TLS_AES_256_GCM_SHA384";
    case CipherSuite::ChaCha20Poly1305Sha256: return "TLS_CHACHA20_POLY1305_SHA256";
    case CipherSuite::EcdheEcdsaAes128GcmSha256: return "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
    case CipherSuite::EcdheEcdsaAes256GcmSha384: return "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384";
    case CipherSuite::EcdheRsaAes128GcmSha256: return "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";
    case CipherSuite::EcdheRsaAes256GcmSha384: return "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384";
    case CipherSuite::EcdheRsaChaCha20Poly1305Sha256:
      return "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256";
    case CipherSuite::EcdheEcdsaChaCha20Poly1305Sha256:
      return "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256";
  }
  return "unknown";
}

std::string_view name(NamedGroup group) noexcept {
  switch (group) {
    case NamedGroup::P256: return "secp256r1";
    case NamedGroup::P384: return "secp384r1";
    case NamedGroup::P521: return "secp521r1";
    case NamedGroup::X25519: return "x25519";
    case NamedGroup::X25519MlKem768: return "X25519MLKEM768";
  }
  return "unknown";
}

std::string_view name(SignatureScheme scheme) noexcept {
  switch (scheme) {
    case SignatureScheme::RsaPkcs1Sha256: return "rsa_pkcs1_sha256";
    case SignatureScheme::RsaPkcs1Sha384: return "rsa_pkcs1_sha384";
    case SignatureScheme::RsaPkcs1Sha512: return "rsa_pkcs1_sha512";
    case SignatureScheme::EcdsaP256Sha256: return "ecdsa_secp256r1_sha256";
    case SignatureScheme::EcdsaP384Sha384: return "ecdsa_secp384r1_sha384";
    case SignatureScheme::EcdsaP521Sha512: return "ecdsa_secp521r1_sha512";
    case SignatureScheme::RsaPssSha256: return "rsa_pss_rsae_sha256";
    case SignatureScheme::RsaPssSha384: return "rsa_pss_rsae_sha384";
    case SignatureScheme::RsaPssSha512: return "rsa_pss_rsae_sha512";
    case SignatureScheme::Ed25519: return "ed25519";
  }
  return "unknown";
}

std::string_view name(Alert alert) noexcept {
  switch (alert) {
    case Alert::CloseNotify: return "close_notify";
    case Alert::UnexpectedMessage: return "unexpected_message";
    case Alert::BadRecordMac: return "bad_record_mac";
    case Alert::RecordOverflow: return "record_overflow";
    case Alert::HandshakeFailure: return "handshake_failure";
    case Alert::BadCertificate: return "bad_certificate";
    case Alert::UnsupportedCertificate: return "unsupported_certificate";
    case Alert::CertificateRevoked: return "certificate_revoked";
    case Alert::CertificateExpired: return "certificate_expired";
    case Alert::CertificateUnknown: return "certificate_unknown";
    case Alert::IllegalParameter: return "illegal_parameter";
    case Alert::UnknownCa: return "unknown_ca";
    case Alert::AccessDenied: return "access_denied";
    case Alert::DecodeError: return "decode_error";
    case Alert::DecryptError: return "decrypt_error";
    case Alert::ProtocolVersion: return "protocol_version";
    case Alert::InsufficientSecurity: return "insufficient_security";
    case Alert::InternalError: return "internal_error";
    case Alert::InappropriateFallback: return "inappropriate_fallback";
    case Alert::UserCanceled: return "user_canceled";
    case Alert::NoRenegotiation: return "no_renegotiation";
    case Alert::MissingExtension: return "missing_extension";
    case Alert::UnsupportedExtension: return "unsupported_extension";
    case Alert::UnrecognizedName: return "unrecognized_name";
    case Alert::BadCertificateStatusResponse: return "bad_certificate_status_response";
    case Alert::UnknownPskIdentity: return "unknown_psk_identity";
    case Alert::CertificateRequired: return "certificate_required";
    case Alert::NoApplicationProtocol: return "no_application_protocol";
  }
  return "unknown";
}

const SuiteInfo* find_suite(std::uint16_t number) noexcept {
  const auto found =
      std::ranges::find(kSuites, static_cast<CipherSuite>(number), &SuiteInfo::suite);
  return found == std::end(kSuites) ? nullptr : found;
}

const SuiteInfo& info_of(CipherSuite suite) noexcept {
  const SuiteInfo* const info = find_suite(static_cast<std::uint16_t>(suite));
  AVILA_ASSERT(info != nullptr);
  return *info;
}

}  // namespace avila::tls
