// HTTP/2 for http::Client: put into http::ClientOptions::http2.
#pragma once
#include <avila/http/client.hpp>
#include <avila/http2/client.hpp>

namespace avila::http2 {

/// Thread-safe; outlives the client.
class ClientProtocol final : public http::Http2Protocol {
 public:
  explicit ClientProtocol(ClientOptions options = {}) : options_(options) {}
  std::shared_ptr<http::SharedConnection> start(
      async::Executor& executor, std::unique_ptr<async::Transport> transport) override;

 private:
  const ClientOptions options_;
};

}  // namespace avila::http2
