// ACME (RFC 8555): what client and server share. Challenges: http-01, dns-01 (section 8),
// tls-alpn-01 (RFC 8737).
#pragma once
#include <avila/pki/certificate.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::os {
class Entropy;
}

namespace avila::pki {

inline constexpr std::size_t kMaxAcmeIdentifiers = 100;  ///< of an order
inline constexpr std::size_t kMaxAcmeBody = 256 << 10;   ///< bytes of a request or a reply
inline constexpr std::size_t kMaxAcmeChain = 10;         ///< certificates
inline constexpr std::size_t kMaxAcmeChallenges = 16;    ///< of an authorization

/// Of accounts, orders, authorizations and challenges; not every one is of each (section 7.1.6).
enum class AcmeStatus : std::uint8_t {
  Pending,
  Ready,
  Processing,
  Valid,
  Invalid,
  Deactivated,
  Expired,
  Revoked,
};
std::string_view name(AcmeStatus status) noexcept;  ///< "pending", …
std::optional<AcmeStatus> acme_status_of(std::string_view name) noexcept;

/// What a certificate is asked for.
struct AcmeIdentifier {
  std::string type = "dns";  ///< or "ip" (RFC 8738)
  std::string value;         ///< "example.com", "*.example.com", "192.0.2.1"

  static AcmeIdentifier dns(std::string_view name) { return {"dns", std::string(name)}; }
  static AcmeIdentifier ip(std::string_view address) { return {"ip", std::string(address)}; }
  friend auto operator<=>(const AcmeIdentifier&, const AcmeIdentifier&) = default;
};

/// A problem document (RFC 7807) of a server.
struct AcmeProblem {
  std::string type;  ///< "badCSR": without urn:ietf:params:acme:error:
  std::string detail;
  int status = 0;
  std::vector<std::string> parts;  ///< its subproblems: "dns:example.com: dns: NXDOMAIN"

  std::string to_string() const;
};

struct AcmeChallenge {
  std::string type;  ///< "http-01"
  std::string url, token;
  AcmeStatus status = AcmeStatus::Pending;
  std::optional<AcmeProblem> error;
};

struct AcmeAuthorization {
  std::string url;
  AcmeIdentifier identifier;  ///< without "*."
  bool wildcard = false;
  AcmeStatus status = AcmeStatus::Pending;
  std::vector<AcmeChallenge> challenges;

  const AcmeChallenge* find(std::string_view type) const noexcept;
};

struct AcmeOrder {
  std::string url;
  AcmeStatus status = AcmeStatus::Pending;
  std::vector<AcmeIdentifier> identifiers;
  std::vector<std::string> authorizations;  ///< their addresses
  std::string finalize, certificate;        ///< addresses
  std::optional<AcmeProblem> error;
};

/// "token.thumbprint" (section 8.1). http-01 serves it at /.well-known/acme-challenge/<token>.
std::string acme_key_authorization(std::string_view token, const crypto::PublicKey& account_key);
/// The path that http-01 asks for.
std::string acme_http_path(std::string_view token);
/// The TXT record of dns-01 (section 8.4), at acme_dns_name().
std::string acme_dns_value(std::string_view key_authorization);
std::string acme_dns_name(std::string_view domain);  ///< "_acme-challenge.example.com"

/// What tls-alpn-01 (RFC 8737 section 3) shows on port 443 for the protocol "acme-tls/1": a
/// certificate of its own for the one name, with the digest of the key authorization in it.
/// Errors: InvalidArgument, those of signing.
Result<Certificate> acme_tls_alpn_certificate(const AcmeIdentifier& identifier,
                                              std::string_view key_authorization,
                                              const crypto::PrivateKey& key, WallTime now,
                                              os::Entropy& entropy);
/// Whether that certificate is such a one. Errors: Unauthenticated.
Result<void> check_acme_tls_alpn_certificate(const Certificate& certificate,
                                             const AcmeIdentifier& identifier,
                                             std::string_view key_authorization);

/// The name of a certificate for renewal information (RFC 9773 section 4.1). Errors: NotFound (no
/// authority key identifier).
Result<std::string> acme_certificate_id(const Certificate& certificate);

}  // namespace avila::pki
