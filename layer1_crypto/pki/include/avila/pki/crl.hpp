// Certificate revocation lists (RFC 5280 section 5).
#pragma once
#include <avila/pki/certificate.hpp>

namespace avila::pki {

inline constexpr std::size_t kMaxCrlBytes = std::size_t{1} << 28;

/// RFC 5280 section 5.3.1.
enum class CrlReason : std::uint8_t {
  Unspecified = 0,
  KeyCompromise = 1,
  CaCompromise = 2,
  AffiliationChanged = 3,
  Superseded = 4,
  CessationOfOperation = 5,
  CertificateHold = 6,
  RemoveFromCrl = 8,
  PrivilegeWithdrawn = 9,
  AaCompromise = 10,
};
std::string_view name(CrlReason reason) noexcept;  ///< "keyCompromise", …

struct RevokedCertificate {
  ByteSpan serial;  ///< two's complement
  WallTime date;
  CrlReason reason = CrlReason::Unspecified;
  std::optional<WallTime> invalidity_date;
  /// Of an indirect CRL: whose certificate; null is the CRL's issuer.
  const Name* issuer = nullptr;
};

struct IssuingDistributionPoint {
  std::optional<DistributionPointName> name;
  bool only_user_certificates = false, only_ca_certificates = false;
  bool only_attribute_certificates = false, indirect = false;
  std::optional<ReasonMask> only_some_reasons;
};

namespace detail {
struct CrlBody;
}

/// Immutable; copies share it. Threads may share it.
class Crl {
 public:
  /// Errors: Malformed with the offset, LimitExceeded.
  static Result<Crl> parse(ByteSpan der);
  /// "X509 CRL". Errors: as above, NotFound.
  static Result<Crl> from_pem(std::string_view pem);
  std::string to_pem() const;

  ByteSpan der() const noexcept;
  int version() const noexcept;  ///< 1 or 2
  const Name& issuer() const noexcept;
  WallTime this_update() const noexcept;
  std::optional<WallTime> next_update() const noexcept;
  const std::vector<Extension>& extensions() const noexcept;
  std::optional<ByteSpan> number() const noexcept;      ///< cRLNumber, its magnitude
  std::optional<ByteSpan> delta_base() const noexcept;  ///< of a delta CRL, its base's number
  const std::optional<AuthorityKeyIdentifier>& authority_key_identifier() const noexcept;
  const std::optional<IssuingDistributionPoint>& issuing_distribution_point() const noexcept;
  /// A critical extension of the list or of an entry is not one that this library obeys.
  bool has_unknown_critical() const noexcept;

  std::size_t size() const noexcept;
  /// All entries, by serial number.
  std::span<const RevokedCertificate> entries() const noexcept;
  /// The entry of a certificate of `issuer`.
  const RevokedCertificate* find(const Name& issuer, ByteSpan serial) const noexcept;

  const SignedData& signed_data() const noexcept;
  /// The signature only. Errors: as Certificate::check_signature.
  Result<void> check_signature(const crypto::PublicKey& key) const;

 private:
  explicit Crl(std::shared_ptr<const detail::CrlBody> body) noexcept : body_(std::move(body)) {}
  std::shared_ptr<const detail::CrlBody> body_;  // shared by copies
};

/// What revocation data say of a certificate.
enum class CertificateStatus : std::uint8_t { Good, Revoked, Unknown };

struct RevocationStatus {
  CertificateStatus status = CertificateStatus::Unknown;
  CrlReason reason = CrlReason::Unspecified;  ///< of what is revoked
  WallTime revoked_at;
  std::string why;  ///< of what is unknown: the last thing that stood in the way
};

struct CrlCheck {
  WallTime time;
  std::optional<Duration> age_max = {};  ///< since thisUpdate; of lists without nextUpdate too
  bool allow_sha1 = false;
  std::size_t rsa_bits_min = 2048;
};

/// What lists say of `chain[index]`, by RFC 5280 section 6.3.3: distribution points, partitions by
/// kind and by reason, indirect lists and deltas. The chain was validated before; the certificates
/// above `index` in it may sign lists, nobody else.
RevocationStatus crl_status(std::span<const Certificate> chain, std::size_t index,
                            std::span<const Crl> crls, const CrlCheck& check);

}  // namespace avila::pki
