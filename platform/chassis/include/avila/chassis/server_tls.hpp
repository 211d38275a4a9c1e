// TLS of a server: a certificate from our own authority, or from files, and newer ones taken up
// while it serves.
#pragma once
#include <avila/error/result.hpp>
#include <avila/primitives/duration.hpp>
#include <avila/tls/security.hpp>
#include <memory>
#include <string>
#include <vector>

namespace avila::os {
class Clock;
class Entropy;
class FileSystem;
}  // namespace avila::os
namespace avila::pki {
class Certificate;
}

namespace avila::chassis {

/// Makes DIR/ca (as `avl ca init` does) where there is none; DIR/ca/ca.crt is what clients trust.
constexpr const char* kAuthorityFolder = "ca";

struct ServerTlsOptions {
  /// Where the authority (DIR/ca) and what it issued (DIR/tls/server.crt, server.key) are kept.
  /// Empty: certificates that nobody vouches for, in memory only.
  std::string data_folder;
  std::vector<std::string> hosts;  ///< names and addresses that the certificate is for
  Duration validity = days(90);    ///< of one; renewed when a third of it is left
  /// Of PEM files, both or none: these instead, read again when they change.
  std::string certificate_path, key_path;
  std::vector<std::string> alpn = {"h2", "http/1.1"};
};

/// What it reaches the world through; they outlive it.
struct ServerTlsWorld {
  os::FileSystem& files;
  os::Clock& clock;
  os::Entropy& entropy;
};

class ServerTls {
 public:
  /// Blocks. Errors: those of the authority and the files; InvalidArgument (certificate and key do
  /// not fit each other).
  static Result<std::unique_ptr<ServerTls>> open(ServerTlsWorld world, ServerTlsOptions options);
  ~ServerTls();

  /// For http::ServerOptions.
  tls::Security& security() noexcept { return security_; }
  /// Renews a certificate that is due, reads files that have changed: true when connections get
  /// another one from now on. Blocks; one caller at a time. After an error the old one stays.
  Result<bool> refresh();
  /// The one that is served.
  const pki::Certificate& certificate() const noexcept { return *certificate_; }

 private:
  ServerTls(ServerTlsWorld world, ServerTlsOptions options,
            std::shared_ptr<tls::TicketKeys> tickets);
  Result<void> load_files();
  Result<void> load_issued();
  Result<void> issue();
  Result<void> self_sign();
  Result<void> take(const std::string& chain, const std::string& key);
  bool is_due() const;

  ServerTlsWorld world_;
  ServerTlsOptions options_;
  std::shared_ptr<tls::TicketKeys> tickets_;  // shared with the configs
  std::unique_ptr<pki::Certificate> certificate_;
  std::int64_t modified_ns_ = 0;
  std::unique_ptr<tls::ServerConfigSlot> slot_;
  tls::Security security_;
};

}  // namespace avila::chassis
