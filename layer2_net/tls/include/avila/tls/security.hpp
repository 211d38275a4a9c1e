// TLS behind the seam of avila::async: what http and others are given.
#pragma once
#include <avila/async/security.hpp>
#include <avila/tls/config.hpp>
#include <avila/tls/stream.hpp>

namespace avila::tls {

/// Accepts by one config, connects by the other; either may be missing, and then that side fails
/// with Errc::Unsupported. Thread-safe.
class Security final : public async::Security {
 public:
  /// `server` outlives it; what is put into the slot later counts from the next connection on.
  explicit Security(const ServerConfigSlot* server,
                    std::shared_ptr<const ClientConfig> client = nullptr,
                    HandshakeOptions handshake = {})
      : server_(server), client_(std::move(client)), handshake_(handshake) {}

  future::Task<Secured> accept(std::unique_ptr<async::Transport> transport,
                               future::CancelToken cancel) override;
  future::Task<Secured> connect(std::unique_ptr<async::Transport> transport, std::string host,
                                future::CancelToken cancel) override;
  future::Task<Secured> connect_for(std::vector<std::string> protocols,
                                    std::unique_ptr<async::Transport> transport, std::string host,
                                    future::CancelToken cancel) override;

 private:
  const ServerConfigSlot* server_;
  std::shared_ptr<const ClientConfig> client_;  // shared with connections
  HandshakeOptions handshake_;
};

}  // namespace avila::tls
