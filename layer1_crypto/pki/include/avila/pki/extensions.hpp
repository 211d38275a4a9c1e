// The extensions of certificates (RFC 5280 section 4.2, RFC 7633), typed.
#pragma once
#include <avila/pki/name.hpp>
#include <optional>

namespace avila::pki {

inline constexpr std::size_t kMaxExtensions = 256;

namespace oids {
inline constexpr asn1::Oid kSubjectKeyIdentifier = "2.5.29.14", kKeyUsage = "2.5.29.15",
                           kSubjectAltName = "2.5.29.17", kIssuerAltName = "2.5.29.18",
                           kBasicConstraints = "2.5.29.19", kCrlNumber = "2.5.29.20",
                           kCrlReason = "2.5.29.21", kInvalidityDate = "2.5.29.24",
                           kDeltaCrlIndicator = "2.5.29.27",
                           kIssuingDistributionPoint = "2.5.29.28",
                           kCertificateIssuer = "2.5.29.29", kNameConstraints = "2.5.29.30",
                           kCrlDistributionPoints = "2.5.29.31", kCertificatePolicies = "2.5.29.32",
                           kPolicyMappings = "2.5.29.33", kAuthorityKeyIdentifier = "2.5.29.35",
                           kPolicyConstraints = "2.5.29.36", kExtendedKeyUsage = "2.5.29.37",
                           kFreshestCrl = "2.5.29.46", kInhibitAnyPolicy = "2.5.29.54",
                           kAuthorityInfoAccess = "1.3.6.1.5.5.7.1.1",
                           kSubjectInfoAccess = "1.3.6.1.5.5.7.1.11",
                           kTlsFeature = "1.3.6.1.5.5.7.1.24", kSctList = "1.3.6.1.4.1.11129.2.4.2",
                           kCtPoison = "1.3.6.1.4.1.11129.2.4.3";
inline constexpr asn1::Oid kAnyPolicy = "2.5.29.32.0", kCpsQualifier = "1.3.6.1.5.5.7.2.1",
                           kUserNoticeQualifier = "1.3.6.1.5.5.7.2.2";
inline constexpr asn1::Oid kAnyExtendedKeyUsage = "2.5.29.37.0", kServerAuth = "1.3.6.1.5.5.7.3.1",
                           kClientAuth = "1.3.6.1.5.5.7.3.2", kCodeSigning = "1.3.6.1.5.5.7.3.3",
                           kEmailProtection = "1.3.6.1.5.5.7.3.4",
                           kTimeStamping = "1.3.6.1.5.5.7.3.8", kOcspSigning = "1.3.6.1.5.5.7.3.9";
inline constexpr asn1::Oid kOcsp = "1.3.6.1.5.5.7.48.1", kCaIssuers = "1.3.6.1.5.5.7.48.2";
}  // namespace oids

/// One extension; `value` is what its OCTET STRING holds, a view into the certificate.
struct Extension {
  asn1::Oid oid;
  bool critical = false;
  ByteSpan value;
};

/// A set of KeyUsage bits: KeyUsage::DigitalSignature | KeyUsage::KeyEncipherment.
enum class KeyUsage : std::uint16_t {
  None = 0,
  DigitalSignature = 1 << 0,
  NonRepudiation = 1 << 1,
  KeyEncipherment = 1 << 2,
  DataEncipherment = 1 << 3,
  KeyAgreement = 1 << 4,
  KeyCertSign = 1 << 5,
  CrlSign = 1 << 6,
  EncipherOnly = 1 << 7,
  DecipherOnly = 1 << 8,
};
constexpr KeyUsage operator|(KeyUsage a, KeyUsage b) noexcept {
  return static_cast<KeyUsage>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool has(KeyUsage set, KeyUsage wanted) noexcept {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(wanted)) ==
         static_cast<unsigned>(wanted);
}

struct BasicConstraints {
  bool ca = false;
  std::optional<std::uint32_t> path_length;  ///< 0…255
};

struct AuthorityKeyIdentifier {
  std::optional<ByteSpan> key_identifier;
  std::vector<GeneralName> issuer;
  std::optional<ByteSpan> serial;  ///< two's complement
};

struct NameConstraints {
  std::vector<GeneralName> permitted, excluded;
};

struct PolicyInformation {
  asn1::Oid policy;
  bool has_unknown_qualifier = false;  ///< one that is neither a CPS pointer nor a user notice
  std::vector<std::string> cps;        ///< addresses of practice statements
};

struct PolicyMapping {
  asn1::Oid issuer_policy, subject_policy;
};

struct PolicyConstraints {
  std::optional<std::uint32_t> require_explicit_policy, inhibit_policy_mapping;
};

/// Reasons for revocation as a set of bits, ReasonFlags of section 4.2.1.13: bit n is CrlReason n.
using ReasonMask = std::uint16_t;
inline constexpr ReasonMask kAllReasons = 0x1FE;  ///< 1 (keyCompromise) to 8 (aACompromise)

struct DistributionPointName {
  std::vector<GeneralName> full_name;
  /// The relative name of nameRelativeToCRLIssuer: the DER of one SET; empty where there is none.
  ByteSpan relative_name;
};

struct DistributionPoint {
  std::optional<DistributionPointName> name;
  std::optional<ReasonMask> reasons;
  std::vector<GeneralName> crl_issuer;
};

struct AccessDescription {
  asn1::Oid method;
  GeneralName location;
};

/// Extensions of a certificate or of a request. Views are into the bytes they were parsed from.
struct Extensions {
  std::vector<Extension> all;  ///< in their order
  std::optional<BasicConstraints> basic_constraints;
  std::optional<KeyUsage> key_usage;
  std::optional<std::vector<asn1::Oid>> extended_key_usage;
  std::optional<std::vector<GeneralName>> subject_alt_name;
  std::optional<std::vector<GeneralName>> issuer_alt_name;
  std::optional<ByteSpan> subject_key_identifier;
  std::optional<AuthorityKeyIdentifier> authority_key_identifier;
  std::optional<NameConstraints> name_constraints;
  std::optional<std::vector<PolicyInformation>> policies;
  std::optional<std::vector<PolicyMapping>> policy_mappings;
  std::optional<PolicyConstraints> policy_constraints;
  std::optional<std::uint32_t> inhibit_any_policy;
  std::optional<std::vector<DistributionPoint>> crl_distribution_points, freshest_crl;
  std::optional<std::vector<AccessDescription>> authority_info_access;
  std::optional<std::vector<std::uint16_t>> tls_features;  ///< RFC 7633; 5 is "must staple"

  const Extension* find(const asn1::Oid& oid) const noexcept;
};

/// Extensions ::= SEQUENCE OF Extension, the SEQUENCE given. Errors: Malformed (also a repeated one
/// and an empty list), LimitExceeded. Unknown ones are kept in `all`.
Result<Extensions> parse_extensions(asn1::Reader sequence);
/// Whether parse_extensions knows what it means (verify_chain then obeys it).
bool is_known_extension(const asn1::Oid& oid) noexcept;

/// The value of one extension: CertificatePolicies.
Result<std::vector<PolicyInformation>> parse_certificate_policies(ByteSpan value);
/// Values shared with CRLs.
Result<AuthorityKeyIdentifier> parse_authority_key_identifier(ByteSpan value);
Result<std::vector<DistributionPoint>> parse_distribution_points(ByteSpan value);
Result<DistributionPointName> parse_distribution_point_name(asn1::Reader inside);
Result<ReasonMask> parse_reasons(asn1::Reader& reader, asn1::Tag tag);
/// The list itself, strict about repetition; nothing is interpreted.
Result<std::vector<Extension>> parse_extension_list(asn1::Reader sequence);

}  // namespace avila::pki
