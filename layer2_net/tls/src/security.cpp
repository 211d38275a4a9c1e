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

namespace {

future::Task<Security::Secured> connect_by(std::shared_ptr<const ClientConfig> config,
                                           std::unique_ptr<async::Transport> transport,
                                           std::string host, HandshakeOptions handshake,
                                           future::CancelToken cancel) {
  if (config == nullptr) co_return Error(Errc::Unsupported, "TLS has no config for clients here");
  ClientOptions options;
  options.server_name = std::move(host);
  auto stream = co_await tls::connect(std::move(transport), std::move(config), std::move(options),
                                      handshake, std::move(cancel));
  AVILA_CO_TRY(auto secured, std::move(stream));
  co_return Security::Secured(std::move(secured));
}

}  // namespace

future::Task<Security::Secured> Security::connect(std::unique_ptr<async::Transport> transport,
                                                  std::string host, future::CancelToken cancel) {
  return connect_by(client_, std::move(transport), std::move(host), handshake_, std::move(cancel));
}

future::Task<Security::Secured> Security::connect_for(std::vector<std::string> protocols,
                                                      std::unique_ptr<async::Transport> transport,
                                                      std::string host,
                                                      future::CancelToken cancel) {
  std::shared_ptr<const ClientConfig> config = client_;
  if (config != nullptr && config->alpn != protocols) {
    auto own = std::make_shared<ClientConfig>(*config);
    own->alpn = std::move(protocols);
    config = std::move(own);
  }
  return connect_by(std::move(config), std::move(transport), std::move(host), handshake_,
                    std::move(cancel));
}

}  // namespace avila::tls
