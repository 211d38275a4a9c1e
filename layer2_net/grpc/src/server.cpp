#include <avila/grpc/server.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/server.hpp>

namespace avila::grpc {

namespace {

http2::ServerOptions http2_options(const ServerOptions& options) {
  http2::ServerOptions made;
  made.engine.concurrent_streams = options.concurrent_streams;
  made.engine.stream_window_bytes = options.stream_window_bytes;
  made.engine.connection_window_bytes = options.connection_window_bytes;
  made.idle_timeout = options.idle_timeout;
  made.write_timeout = options.write_timeout;
  made.send_date = false;  // it would be metadata
  return made;
}

http::ServerOptions http_options(const ServerOptions& options, http::Http2Service& http2) {
  http::ServerOptions made;
  made.connections = options.connections;
  made.security = options.security;
  made.http2 = &http2;
  return made;
}

}  // namespace

struct Server::Impl {
  Impl(async::Executor& executor, Dispatcher& dispatcher, const ServerOptions& options)
      : http2(http2_options(options)), http(executor, dispatcher, http_options(options, http2)) {}
  http2::Server http2;
  http::Server http;
};

Server::Server(async::Executor& executor, Dispatcher& dispatcher, ServerOptions options)
    : impl_(std::make_unique<Impl>(executor, dispatcher, options)) {}
Server::~Server() = default;

Result<void> Server::listen(std::string_view address) { return impl_->http.listen(address); }
std::string Server::local_address() const { return impl_->http.local_address(); }
std::uint16_t Server::port() const noexcept { return impl_->http.port(); }
Task<void> Server::serve(std::unique_ptr<async::Transport> transport, std::string peer) {
  return impl_->http.serve(std::move(transport), std::move(peer));
}
Task<void> Server::shutdown(Duration drain) { return impl_->http.shutdown(drain); }

}  // namespace avila::grpc
