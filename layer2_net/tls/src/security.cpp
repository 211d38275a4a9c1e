#include <avila/tls/security.hpp>

namespace avila::tls {

future::Task<Security::Secured> Security::accept(std::unique_ptr<async::Transport> transport,
                                                 future::CancelToken cancel) {
  if (server_ == nullptr) co_return Error(Errc::Unsupported, "TLS has no config for servers here");
  std::shared_ptr<const ServerConfig> config = server_->get();
  auto stream =
      co_await tls::accept(std::move(transport), std::move(config), handshake_, std::move(cancel));
  AVILA_CO_TRY(auto secured, std::move(stream));
  co_return Secured(std::move(secured));
}

future::Task<Security::Secured> Security::connect(std::unique_ptr<async::Transport> transport,
                                                  std::string host, future::CancelToken cancel) {
  if (client_ == nullptr) co_return Error(Errc::Unsupported, "TLS has no config for clients here");
  ClientOptions options;
  options.server_name = std::move(host);
  std::shared_ptr<const ClientConfig> config = client_;
  auto stream = co_await tls::connect(std::move(transport), std::move(config), std::move(options),
                                      handshake_, std::move(cancel));
  AVILA_CO_TRY(auto secured, std::move(stream));
  co_return Secured(std::move(secured));
}

}  // namespace avila::tls
