// X.509 certificates (RFC 5280 section 4).
#pragma once
#include <array>
#include <avila/pki/algorithm.hpp>
#include <avila/pki/extensions.hpp>
#include <avila/pki/name.hpp>
#include <memory>

namespace avila::pki {

inline constexpr std::size_t kMaxCertificateBytes = 1 << 20;
inline constexpr std::size_t kMaxSerialBytes = 20;  ///< RFC 5280 section 4.1.2.2, for new ones

namespace detail {
struct CertificateBody;
}

/// An immutable certificate with the bytes that it was parsed from. Copies share them, and views
/// that it hands out live as long as any copy. Threads may share it.
class Certificate {
 public:
  /// Strict DER, nothing behind it. Errors: Malformed with the offset, LimitExceeded. What is
  /// merely unwise (a long serial number, a key or signature of unknown kind) parses.
  static Result<Certificate> parse(ByteSpan der);
  /// The first "CERTIFICATE" of a PEM text. Errors: as above, NotFound.
  static Result<Certificate> from_pem(std::string_view pem);
  std::string to_pem() const;

  ByteSpan der() const noexcept;
  int version() const noexcept;  ///< 1, 2 or 3
  /// Two's complement, highest byte first; may be negative or zero in what others made.
  ByteSpan serial() const noexcept;
  std::string serial_hex() const;
  const Name& issuer() const noexcept;
  const Name& subject() const noexcept;
  WallTime not_before() const noexcept;
  WallTime not_after() const noexcept;  ///< the last instant is inside
  const Extensions& extensions() const noexcept;

  /// SubjectPublicKeyInfo.
  ByteSpan spki() const noexcept;
  /// The bits of the key alone, what key identifiers hash.
  ByteSpan key_bits() const noexcept;
  /// Parsed at each call. Errors: Unsupported (an algorithm or curve), Malformed.
  Result<crypto::PublicKey> public_key() const;

  const SignedData& signed_data() const noexcept;
  /// Errors: those of signature_algorithm_of.
  Result<crypto::SignatureAlgorithm> signature_algorithm() const;
  /// Checks the signature with the key of `issuer`, and nothing else. Errors: Unauthenticated,
  /// Unsupported, Malformed.
  Result<void> check_signature(const Certificate& issuer) const;

  /// Subject and issuer are the same name, and not empty.
  bool is_self_issued() const noexcept;
  bool is_ca() const noexcept;  ///< by its basic constraints
  /// SHA-256 of all of it.
  std::array<std::byte, 32> fingerprint() const;

  /// The same bytes.
  friend bool operator==(const Certificate& a, const Certificate& b) noexcept;

 private:
  explicit Certificate(std::shared_ptr<const detail::CertificateBody> body) noexcept
      : body_(std::move(body)) {}
  std::shared_ptr<const detail::CertificateBody> body_;  // shared by copies
};

/// Every "CERTIFICATE" of a PEM text (other blocks are passed over), in order: what a server sends.
/// Errors: those of Certificate::parse; NotFound where there is none.
Result<std::vector<Certificate>> parse_certificates(std::string_view pem);

}  // namespace avila::pki
