// Certificates judged by paths to a trust store (avila::pki).
#pragma once
#include <avila/pki/trust_store.hpp>
#include <avila/tls/certificate.hpp>

namespace avila::tls {

struct StoreVerifierOptions {
  bool check_host = true;  ///< of servers; off only where the name is known by other means
};

/// RFC 5280 paths for the purpose (server or client authentication), the host name of servers, a
/// stapled OCSP response where there is one, or where the certificate demands it (RFC 7633). Errors
/// are the alerts that fit.
class StoreVerifier final : public CertificateVerifier {
 public:
  explicit StoreVerifier(pki::TrustStore store, StoreVerifierOptions options = {})
      : store_(std::move(store)), options_(options) {}
  Result<void> verify(const PeerIdentity& peer) const override;

 private:
  pki::TrustStore store_;
  StoreVerifierOptions options_;
};

}  // namespace avila::tls
