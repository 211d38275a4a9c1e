#include "client_tls.hpp"

#include <avila/os/file_system.hpp>
#include <avila/os/process.hpp>
#include <avila/tls/store_verifier.hpp>

namespace avila::cli {
namespace {

class TrustAnybody final : public tls::CertificateVerifier {
 public:
  Result<void> verify(const tls::PeerIdentity&) const override { return {}; }
};

Result<pki::TrustStore> load_store(const std::string& path) {
  if (!path.empty()) return pki::TrustStore::load(os::real_file_system(), path).context(path);
  const std::string named = os::environment("SSL_CERT_FILE").value_or("");
  if (!named.empty()) return pki::TrustStore::load(os::real_file_system(), named).context(named);
  return pki::TrustStore::system(os::real_file_system());
}

}  // namespace

Result<std::unique_ptr<tls::Security>> client_security(const ClientTls& options) {
  tls::ClientConfig config;
  config.alpn = options.alpn;
  if (options.insecure) {
    config.verifier = std::make_shared<const TrustAnybody>();
  } else {
    AVILA_TRY(pki::TrustStore store, load_store(options.ca_path));
    config.verifier = std::make_shared<const tls::StoreVerifier>(std::move(store));
  }
  return std::make_unique<tls::Security>(
      nullptr, std::make_shared<const tls::ClientConfig>(std::move(config)));
}

}  // namespace avila::cli
