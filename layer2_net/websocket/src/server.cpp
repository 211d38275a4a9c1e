#include <algorithm>
#include <avila/text/encoding.hpp>
#include <avila/websocket/server.hpp>

#include "handshake.hpp"

namespace avila::websocket {

namespace {

class WebSocketUpgrade final : public http::Upgrade {
 public:
  WebSocketUpgrade(std::unique_ptr<Session> session, Options options, Deflate deflate)
      : session_(std::move(session)), options_(options), deflate_(deflate) {}

  Task<void> run(async::Transport& transport, std::string received, CancelToken cancel) override {
    Connection connection(transport, std::move(received), Role::Server, options_, deflate_);
    co_await session_->run(connection, cancel);
    const CloseCode code = cancel.cancelled() ? CloseCode::GoingAway : CloseCode::Normal;
    auto closed = co_await connection.close(code);
    if (!closed.has_value()) co_return;
    while (true) {  // the peer's Close, or what it sent before; bounded by close_timeout
      auto rest = co_await connection.receive(cancel);
      if (!rest.has_value() || !rest->has_value()) co_return;
    }
  }

 private:
  std::unique_ptr<Session> session_;
  Options options_;
  Deflate deflate_;
};

http::Response refuse(int status, std::string_view why) {
  return http::Response::text(status, std::string(why) + "\n");
}

bool is_key(std::string_view key) {
  const auto bytes = text::base64_decode(key);
  return bytes.has_value() && bytes->size() == 16;
}

}  // namespace

http::Response accept(http::Request& request, std::unique_ptr<Session> session,
                      AcceptOptions options) {
  const bool over_http2 = request.protocol == "websocket";
  if (!over_http2) {
    // RFC 9110 section 7.8: Upgrade of an HTTP/1.0 request is ignored.
    if (request.method != http::Method::Get || request.facts.minor_version == 0 ||
        !request.facts.connection_upgrade || !request.fields.contains_token("upgrade", "websocket"))
      return refuse(426, "this is a WebSocket: ask with Upgrade: websocket")
          .header("Upgrade", "websocket");
    if (!is_key(request.header("sec-websocket-key").value_or("")))
      return refuse(400, "Sec-WebSocket-Key is not of 16 bytes");
  }
  if (request.header("sec-websocket-version").value_or("") != "13")
    return refuse(426, "only version 13 of the protocol is spoken here")
        .header("Sec-WebSocket-Version", "13");
  if (!options.origins.empty()) {
    const std::string_view origin = request.header("origin").value_or("");
    if (std::find(options.origins.begin(), options.origins.end(), origin) == options.origins.end())
      return refuse(403, "this origin may not connect");
  }
  http::Response response(101);
  if (!over_http2) {
    response.headers.add("Upgrade", "websocket");
    response.headers.add("Connection", "Upgrade");
    response.headers.add("Sec-WebSocket-Accept",
                         detail::accept_value(*request.header("sec-websocket-key")));
  }
  const std::string offered = request.fields.combined("sec-websocket-protocol");
  for (const std::string& name : options.subprotocols) {
    std::string_view rest = offered;
    bool found = false;
    while (const auto element = http::next_list_element(rest)) found |= *element == name;
    if (!found) continue;
    response.headers.add("Sec-WebSocket-Protocol", name);
    break;
  }
  Deflate deflate;
  if (options.deflate) {
    detail::DeflateAnswer answer =
        detail::answer_deflate(request.fields.combined("sec-websocket-extensions"));
    deflate = answer.deflate;
    if (deflate.on) response.headers.add("Sec-WebSocket-Extensions", answer.value);
  }
  response.upgrade =
      std::make_unique<WebSocketUpgrade>(std::move(session), options.connection, deflate);
  return response;
}

std::string_view chosen_subprotocol(const http::Response& response) noexcept {
  return response.headers.find("Sec-WebSocket-Protocol").value_or("");
}

}  // namespace avila::websocket
