// The seam between protocols and what secures their connections: TLS.
#pragma once
#include <avila/async/transport.hpp>
#include <string>
#include <vector>

namespace avila::async {

class Security {
 public:
  using Secured = Result<std::unique_ptr<Transport>>;
  virtual ~Security() = default;
  /// As a server, over a connection that was accepted; thread-safe. The transport is closed where
  /// it fails.
  virtual future::Task<Secured> accept(std::unique_ptr<Transport> transport,
                                       future::CancelToken cancel) = 0;
  /// As a client of `host`, a name or an address, that was connected to; thread-safe.
  virtual future::Task<Secured> connect(std::unique_ptr<Transport> transport, std::string host,
                                        future::CancelToken cancel) = 0;
  /// The same, offering `protocols` by ALPN, the best first: the transport tells which it became.
  /// Offers nothing unless it is overridden.
  virtual future::Task<Secured> connect_for(std::vector<std::string> protocols,
                                            std::unique_ptr<Transport> transport, std::string host,
                                            future::CancelToken cancel) {
    (void)protocols;
    return connect(std::move(transport), std::move(host), std::move(cancel));
  }
};

}  // namespace avila::async
