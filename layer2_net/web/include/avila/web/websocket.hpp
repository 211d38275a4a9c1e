// WebSockets as routes: `router.websocket("/chat", session)`, over HTTP/1.1 and over the extended
// CONNECT of HTTP/2.
#pragma once
#include <avila/web/router.hpp>
#include <avila/websocket/server.hpp>
#include <utility>

namespace avila::web {

namespace detail {
template <class F>
class WebSocketEndpoint final : public Endpoint {
 public:
  WebSocketEndpoint(F session, websocket::AcceptOptions options)
      : session_(std::move(session)), options_(std::move(options)) {}
  Task<Response> call(Request& request) override { return ready(accept(request)); }
  bool call_now(Request& request, Response& response) override {
    response = accept(request);
    return true;
  }

 private:
  Response accept(Request& request) { return websocket::accept(request, F(session_), options_); }
  const F session_;
  const websocket::AcceptOptions options_;
};
}  // namespace detail

template <class F>
Route& Router::websocket(std::string_view pattern, F session) {
  return websocket(pattern, std::move(session), websocket::AcceptOptions());
}

template <class F, class Options>
Route& Router::websocket(std::string_view pattern, F session, Options options) {
  std::unique_ptr<Endpoint> endpoint(
      new detail::WebSocketEndpoint<F>(std::move(session), std::move(options)));
  // OpenAPI has no word for what follows the handshake.
  return add("GET", pattern, std::move(endpoint)).hidden();
}

}  // namespace avila::web
