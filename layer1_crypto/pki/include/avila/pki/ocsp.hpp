// The Online Certificate Status Protocol (RFC 6960, RFC 8954): requests, answers, and a responder.
#pragma once
#include <avila/pki/crl.hpp>
#include <avila/primitives/function_ref.hpp>

namespace avila::pki {

inline constexpr std::size_t kMaxOcspBytes = 1 << 20;
inline constexpr std::size_t kMaxOcspEntries = 1'000;
inline constexpr std::size_t kMaxNonceBytes = 128;  ///< RFC 9654 section 2.1

/// Which certificate is meant. Owns its bytes.
struct OcspCertId {
  crypto::DigestAlgorithm hash = crypto::DigestAlgorithm::Sha1;
  std::string issuer_name_hash, issuer_key_hash, serial;

  /// SHA-1 by default: responders know no other, and nothing rests on it (RFC 5019).
  static OcspCertId of(const Certificate& certificate, const Certificate& issuer,
                       crypto::DigestAlgorithm hash = crypto::DigestAlgorithm::Sha1);
  /// Of a serial number (two's complement) of that issuer.
  static OcspCertId of_issuer(const Certificate& issuer, std::string_view serial,
                              crypto::DigestAlgorithm hash);
  bool matches(const Certificate& certificate, const Certificate& issuer) const;
  friend bool operator==(const OcspCertId&, const OcspCertId&) noexcept = default;
};

struct OcspRequest {
  std::vector<OcspCertId> certificates;
  std::string nonce;  ///< empty: none

  /// Errors: Malformed, LimitExceeded, Unsupported (a hash, a critical extension). Signatures of
  /// requesters are not looked at.
  static Result<OcspRequest> parse(ByteSpan der);
  std::vector<std::byte> to_der() const;
  /// 32 random bytes. Errors: those of the entropy.
  Result<void> make_nonce(os::Entropy& entropy);
};

enum class OcspResponseStatus : std::uint8_t {
  Successful = 0,
  MalformedRequest = 1,
  InternalError = 2,
  TryLater = 3,
  SignatureRequired = 5,
  Unauthorized = 6,
};

struct OcspEntry {
  OcspCertId id;
  CertificateStatus status = CertificateStatus::Unknown;
  CrlReason reason = CrlReason::Unspecified;
  WallTime revoked_at;
  WallTime this_update;
  std::optional<WallTime> next_update;
  bool has_unknown_critical = false;
};

struct OcspCheck {
  WallTime time;
  std::string_view nonce = {};  ///< where not empty, the answer must hold it
  /// Answers from further in the future, or beyond nextUpdate by more, are not taken.
  Duration clock_skew = minutes(5);
  Duration age_max = days(8);  ///< of answers without nextUpdate
  bool allow_sha1 = false;
  std::size_t rsa_bits_min = 2048;
};

namespace detail {
struct OcspResponseBody;
}

/// Immutable; copies share it.
class OcspResponse {
 public:
  /// Errors: Malformed, LimitExceeded, Unsupported (not a basic response).
  static Result<OcspResponse> parse(ByteSpan der);

  ByteSpan der() const noexcept;
  OcspResponseStatus status() const noexcept;
  // Of successful ones only; else empty.
  std::span<const OcspEntry> entries() const noexcept;
  WallTime produced_at() const noexcept;
  std::string_view nonce() const noexcept;
  std::span<const Certificate> certificates() const noexcept;  ///< that it carries
  const Name* responder_name() const noexcept;                 ///< null where it is by key
  ByteSpan responder_key_hash() const noexcept;

  /// Errors: Unauthenticated (neither `issuer` nor somebody to whom it delegated signed it, or not
  /// with a signature that is taken), Unsupported.
  Result<void> check_signature(const Certificate& issuer, const OcspCheck& check) const;
  /// What it says of a certificate: check_signature, nonce and dates included. Errors: as above,
  /// Unavailable (the responder had no answer), NotFound (no entry), TimedOut (stale or not yet
  /// valid).
  Result<RevocationStatus> status_of(const Certificate& certificate, const Certificate& issuer,
                                     const OcspCheck& check) const;

 private:
  explicit OcspResponse(std::shared_ptr<const detail::OcspResponseBody> body) noexcept
      : body_(std::move(body)) {}
  std::shared_ptr<const detail::OcspResponseBody> body_;  // shared by copies
};

/// Answers requests for the certificates of one CA.
class OcspResponder {
 public:
  /// `signer` is the CA itself, or a certificate that it issued with the extended key usage
  /// OCSPSigning; `key` is its key, which outlives the responder.
  OcspResponder(Certificate issuer, Certificate signer, const crypto::PrivateKey& key)
      : issuer_(std::move(issuer)), signer_(std::move(signer)), key_(key) {}

  /// Answers are good for this long.
  Duration validity = days(1);

  /// `look_up` tells the status of a serial number (two's complement); certificates of others are
  /// unknown. The request may be any bytes: what is malformed gets its answer too. Errors: those
  /// of signing.
  using LookUp = FunctionRef<RevocationStatus(ByteSpan serial)>;
  Result<std::vector<std::byte>> respond(ByteSpan request, WallTime now, LookUp look_up,
                                         os::Entropy& entropy) const;

 private:
  Certificate issuer_, signer_;
  const crypto::PrivateKey& key_;
};

/// An answer without content.
std::vector<std::byte> ocsp_error(OcspResponseStatus status);

}  // namespace avila::pki
