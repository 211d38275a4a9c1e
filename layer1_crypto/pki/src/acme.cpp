// Names, challenges, identifiers of ACME.
#include <avila/crypto/jwk.hpp>
#include <avila/field/ct.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/pki/acme.hpp>
#include <avila/pki/issue.hpp>
#include <avila/text/encoding.hpp>

namespace avila::pki {
namespace {

constexpr std::string_view kStatuses[] = {"pending", "ready",       "processing", "valid",
                                          "invalid", "deactivated", "expired",    "revoked"};
constexpr asn1::Oid kAcmeIdentifier = "1.3.6.1.5.5.7.1.31";  // RFC 8737 section 3

Result<GeneralName> general_name(const AcmeIdentifier& identifier) {
  if (identifier.type == "ip") return GeneralName::ip(identifier.value);
  if (identifier.type != "dns")
    return Error(Errc::InvalidArgument, "an identifier is of type dns or ip");
  return GeneralName::dns(identifier.value);
}

std::vector<std::byte> acme_identifier_value(std::string_view key_authorization) {
  asn1::Writer writer;
  writer.octet_string(hash::sha256(as_bytes(key_authorization)));
  return writer.take();
}

}  // namespace

std::string_view name(AcmeStatus status) noexcept {
  return kStatuses[static_cast<std::size_t>(status)];
}

std::optional<AcmeStatus> acme_status_of(std::string_view name) noexcept {
  for (std::size_t i = 0; i < std::size(kStatuses); ++i)
    if (kStatuses[i] == name) return static_cast<AcmeStatus>(i);
  return std::nullopt;
}

std::string AcmeProblem::to_string() const {
  std::string out = type + ": " + detail;
  for (const std::string& part : parts) out += "; " + part;
  return out;
}

const AcmeChallenge* AcmeAuthorization::find(std::string_view type) const noexcept {
  for (const AcmeChallenge& challenge : challenges)
    if (challenge.type == type) return &challenge;
  return nullptr;
}

std::string acme_key_authorization(std::string_view token, const crypto::PublicKey& account_key) {
  return std::string(token) + "." + crypto::thumbprint(account_key);
}

std::string acme_http_path(std::string_view token) {
  return "/.well-known/acme-challenge/" + std::string(token);
}

std::string acme_dns_value(std::string_view key_authorization) {
  return text::base64url_encode(hash::sha256(as_bytes(key_authorization)));
}

std::string acme_dns_name(std::string_view domain) {
  if (domain.starts_with("*.")) domain.remove_prefix(2);
  return "_acme-challenge." + std::string(domain);
}

Result<Certificate> acme_tls_alpn_certificate(const AcmeIdentifier& identifier,
                                              std::string_view key_authorization,
                                              const crypto::PrivateKey& key, WallTime now,
                                              os::Entropy& entropy) {
  CertificateBuilder builder;
  AVILA_TRY(builder.serial, random_serial(entropy));
  AVILA_TRY(builder.subject, Name::common("ACME challenge"));
  builder.not_before = now - hours(1);
  builder.not_after = now + days(7);
  AVILA_TRY(auto subject, general_name(identifier));
  builder.subject_alt_names = {std::move(subject)};
  builder.more = {{kAcmeIdentifier, true, acme_identifier_value(key_authorization)}};
  return builder.self_sign(key, entropy);
}

Result<void> check_acme_tls_alpn_certificate(const Certificate& certificate,
                                             const AcmeIdentifier& identifier,
                                             std::string_view key_authorization) {
  const auto refused = [](std::string_view why) { return Error(Errc::Unauthenticated, why); };
  AVILA_TRY(const GeneralName wanted, general_name(identifier));
  const auto& names = certificate.extensions().subject_alt_name;
  if (!names.has_value() || names->size() != 1 || names->front() != wanted)
    return refused("the certificate is not for that one name");
  const Extension* extension = certificate.extensions().find(kAcmeIdentifier);
  if (extension == nullptr || !extension->critical)
    return refused("the certificate has no critical acmeIdentifier");
  if (!field::ct::equal(extension->value, acme_identifier_value(key_authorization)))
    return refused("the certificate is of another key authorization");
  return {};
}

Result<std::string> acme_certificate_id(const Certificate& certificate) {
  const auto& issuer = certificate.extensions().authority_key_identifier;
  if (!issuer.has_value() || !issuer->key_identifier.has_value())
    return Error(Errc::NotFound, "the certificate has no authority key identifier");
  return text::base64url_encode(*issuer->key_identifier) + "." +
         text::base64url_encode(certificate.serial());
}

}  // namespace avila::pki
