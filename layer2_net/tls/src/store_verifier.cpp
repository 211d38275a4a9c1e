#include <algorithm>
#include <avila/pki/verify.hpp>
#include <avila/tls/store_verifier.hpp>

namespace avila::tls {

namespace {

constexpr std::uint16_t kStatusRequestFeature = 5;  // "must staple", RFC 7633 section 6

Alert alert_of(const Error& error) noexcept {
  using pki::ChainError;
  if (error.is(ChainError::NoIssuer) || error.is(ChainError::NotTrusted)) return Alert::UnknownCa;
  if (error.is(ChainError::Expired) || error.is(ChainError::NotYetValid))
    return Alert::CertificateExpired;
  if (error.is(ChainError::Revoked)) return Alert::CertificateRevoked;
  if (error.is(ChainError::UnsupportedAlgorithm) || error.is(ChainError::PurposeForbids))
    return Alert::UnsupportedCertificate;
  return Alert::BadCertificate;
}

}  // namespace

Result<void> StoreVerifier::verify(const PeerIdentity& peer) const {
  if (peer.chain.empty()) return Error(Alert::CertificateRequired, "no certificate was sent");
  std::vector<pki::Certificate> certificates;
  for (const std::vector<std::byte>& der : peer.chain) {
    auto parsed = pki::Certificate::parse(der);
    if (!parsed.has_value()) return Error(Alert::BadCertificate, parsed.error().to_string());
    certificates.push_back(std::move(*parsed));
  }
  std::vector<pki::OcspResponse> stapled;
  if (!peer.ocsp_response.empty()) {
    auto parsed = pki::OcspResponse::parse(peer.ocsp_response);
    if (!parsed.has_value())
      return Error(Alert::BadCertificateStatusResponse, parsed.error().to_string());
    stapled.push_back(std::move(*parsed));
  } else if (const auto& features = certificates.front().extensions().tls_features;
             peer.role == Role::Server && features.has_value() &&
             std::ranges::find(*features, kStatusRequestFeature) != features->end()) {
    return Error(Alert::BadCertificateStatusResponse, "the certificate demands a stapled response");
  }
  pki::VerifyOptions options;
  options.time = peer.now;
  options.ocsp = stapled;
  options.revocation = stapled.empty() ? pki::RevocationMode::Off : pki::RevocationMode::Soft;
  if (peer.role == Role::Server) {
    if (options_.check_host) {
      if (peer.server_name.empty())
        return Error(Alert::BadCertificate, "there is no server name to check");
      options.host = peer.server_name;
    }
  } else {
    options.purpose = pki::Purpose::ClientAuth;
  }
  const std::span<const pki::Certificate> all(certificates);
  auto chain = pki::verify_chain(all[0], all.subspan(1), store_, options);
  if (!chain.has_value()) return Error(alert_of(chain.error()), chain.error().to_string());
  return {};
}

}  // namespace avila::tls
