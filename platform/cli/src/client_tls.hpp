// TLS as a client of the command line: whom it trusts.
#pragma once
#include <avila/cli/command.hpp>
#include <avila/tls/security.hpp>
#include <memory>
#include <string>
#include <vector>

namespace avila::cli {

struct ClientTls {
  std::string ca_path;    ///< a PEM file; empty: $SSL_CERT_FILE, else the machine's certificates
  bool insecure = false;  ///< trusts anybody
  std::vector<std::string> alpn = {};  ///< offered
};
Result<std::unique_ptr<tls::Security>> client_security(const ClientTls& options);

}  // namespace avila::cli
