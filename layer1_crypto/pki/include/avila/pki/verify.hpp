// Building a path from a certificate to a trust anchor, and validating it (RFC 5280 section 6).
#pragma once
#include <avila/pki/crl.hpp>
#include <avila/pki/ocsp.hpp>
#include <avila/pki/trust_store.hpp>

namespace avila::pki {

/// What was wrong; all of them are Errc::Unauthenticated.
AVILA_ERROR_ENUM(ChainError, Unauthenticated, NoIssuer, NotTrusted, BadSignature, WeakSignature,
                 WeakKey, UnsupportedAlgorithm, NotYetValid, Expired, NotACa, PathTooLong,
                 KeyUsageForbids, PurposeForbids, UnknownCriticalExtension, NameNotPermitted,
                 PolicyNotAccepted, ProfileViolated, HostNameMismatch, Revoked, RevocationUnknown,
                 TooMuchWork)

/// What the certificate is to be used for: its extended key usage, and those of the CAs above it
/// that have one, must allow it.
enum class Purpose : std::uint8_t {
  Any,
  ServerAuth,
  ClientAuth,
  CodeSigning,
  EmailProtection,
  TimeStamping,
  OcspSigning,
};

/// How much beyond path validation is asked of the certificates themselves.
enum class Profile : std::uint8_t {
  /// RFC 5280 section 6, and no more: what exists validates.
  Path,
  /// What section 4 asks of those who issue: key identifiers, criticality, positive serial numbers
  /// of 20 bytes at most, subjects that are not empty…
  Rfc5280,
  /// Rfc5280, and what browsers ask of public servers (CA/Browser Forum): an extended key usage in
  /// the leaf, a subject alternative name, keys and signatures of their list.
  WebPki,
};

enum class RevocationMode : std::uint8_t {
  Off,
  Soft,  ///< revoked fails; unknown passes
  Hard,  ///< every certificate below the anchor must be known to be good
};

struct VerifyOptions {
  WallTime time;  ///< "now"; there is no default
  Purpose purpose = Purpose::ServerAuth;
  /// Asked for instead of `purpose` where it is not empty.
  asn1::Oid extended_key_usage;
  /// The purpose must be named: an absent extended key usage, in the leaf, and anyExtendedKeyUsage
  /// are not enough, and a leaf may be for nothing of another trade (signing code, time stamps,
  /// OCSP) nor of a CA.
  bool strict_purpose = false;
  /// CAs below the anchor must name the purpose as well.
  bool strict_issuers = false;
  /// The leaf must allow one of these, where it has a key usage at all.
  KeyUsage key_usage = KeyUsage::None;
  /// One of these, where not empty, must be of the leaf. `host`: a DNS name or an address.
  std::string_view host, email;
  Profile profile = Profile::Path;

  // RFC 5280 section 6.1.1 (c), (e), (f), (g).
  std::vector<asn1::Oid> policies;  ///< empty: any policy
  bool require_explicit_policy = false;
  bool inhibit_policy_mapping = false;
  bool inhibit_any_policy = false;

  bool allow_sha1 = false;
  std::size_t rsa_bits_min = 2048;
  /// Certificates between leaf and anchor, at most.
  std::size_t max_depth = 16;
  /// Signatures that are verified in all, whatever is offered.
  std::size_t max_signature_checks = 128;
  /// Whether a leaf that is itself in the store needs no issuer; and only where it signed itself.
  bool accept_trusted_leaf = true;
  bool trusted_leaf_is_self_signed = false;

  RevocationMode revocation = RevocationMode::Off;
  std::span<const Crl> crls = {};            ///< of any issuer, deltas too
  std::span<const OcspResponse> ocsp = {};   ///< stapled, or fetched before
  std::optional<Duration> crl_age_max = {};  ///< of those without nextUpdate too
};

struct VerifiedChain {
  std::vector<Certificate> certificates;  ///< leaf first, anchor last
  /// The user-constrained-policy-set (section 6.1.6); {anyPolicy} where any is fine.
  std::vector<asn1::Oid> policies;
};

/// Tries paths from `leaf` over `intermediates` (any order, loops, strangers and cross-signs among
/// them) to the store, the most promising first, and validates each. Errors: ChainError; the
/// message names the certificate of the path (0 is the leaf) and the rule. Where no path is good,
/// the error is that of the one that came furthest.
Result<VerifiedChain> verify_chain(const Certificate& leaf,
                                   std::span<const Certificate> intermediates,
                                   const TrustStore& store, const VerifyOptions& options);

}  // namespace avila::pki
