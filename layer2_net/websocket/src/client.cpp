#include <algorithm>
#include <avila/future/sleep.hpp>
#include <avila/os/entropy.hpp>
#include <avila/text/encoding.hpp>
#include <avila/url/url.hpp>
#include <avila/websocket/client.hpp>

#include "handshake.hpp"

namespace avila::websocket {

namespace {

using Connected = Result<std::unique_ptr<async::Transport>>;

struct Opening {
  std::string wire, key;
};

Result<Opening> make_opening(const url::Url& target, const ConnectOptions& options) {
  std::byte nonce[16];
  AVILA_TRY_VOID(
      (options.entropy != nullptr ? *options.entropy : os::system_entropy()).fill(nonce));
  Opening opening;
  opening.key = text::base64_encode(nonce);
  http::Headers headers = options.headers;
  headers.set("Host", target.host());
  headers.set("Upgrade", "websocket");
  headers.set("Connection", "Upgrade");
  headers.set("Sec-WebSocket-Key", opening.key);
  headers.set("Sec-WebSocket-Version", "13");
  std::string names;
  for (const std::string& name : options.subprotocols)
    names.append(names.empty() ? "" : ", ").append(name);
  if (!names.empty()) headers.set("Sec-WebSocket-Protocol", names);
  if (options.deflate) headers.set("Sec-WebSocket-Extensions", "permessage-deflate");
  opening.wire = "GET " + target.pathname() + std::string(target.search()) + " HTTP/1.1\r\n";
  opening.wire += headers.wire();
  opening.wire += "\r\n";
  return opening;
}

Error refused(std::string_view what) { return Error(WebSocketError::Handshake, what); }

struct Agreed {
  Deflate deflate;
  std::string subprotocol;
};

/// RFC 6455 section 4.1, the six checks of the server's answer.
Result<Agreed> check_answer(const http::ResponseHead& head, const Opening& opening,
                            const ConnectOptions& options) {
  if (head.status != 101) return refused("the server answered with " + std::to_string(head.status));
  if (!head.fields.contains_token("upgrade", "websocket") ||
      !head.fields.contains_token("connection", "upgrade"))
    return refused("the server did not upgrade to websocket");
  if (head.fields.find("sec-websocket-accept").value_or("") != detail::accept_value(opening.key))
    return refused("Sec-WebSocket-Accept does not answer our key");
  Agreed agreed;
  AVILA_TRY(agreed.deflate, detail::read_deflate(head.fields.combined("sec-websocket-extensions"),
                                                 options.deflate));
  if (const auto chosen = head.fields.find("sec-websocket-protocol")) {
    if (std::find(options.subprotocols.begin(), options.subprotocols.end(), *chosen) ==
        options.subprotocols.end())
      return refused("the server chose a subprotocol that was not offered");
    agreed.subprotocol = *chosen;
  }
  return agreed;
}

/// Through the connector, secured for wss.
Task<Connected> connect_transport(http::Connector& connector, std::string host, std::uint16_t port,
                                  bool secure, CancelToken cancel) {
  auto connected = co_await connector.connect(host, port, cancel);
  if (!secure || !connected.has_value()) co_return std::move(connected);
  auto secured = co_await connector.secure(std::move(*connected), std::move(host), cancel);
  co_return std::move(secured);
}

}  // namespace

Client::Client(std::unique_ptr<async::Transport> transport, std::string received, Options options,
               Deflate deflate, std::string subprotocol)
    : transport_(std::move(transport)),
      connection_(*transport_, std::move(received), Role::Client, options, deflate),
      subprotocol_(std::move(subprotocol)) {}

Task<Result<std::unique_ptr<Client>>> connect(async::Executor& executor, std::string url,
                                              ConnectOptions options, CancelToken cancel) {
  using Outcome = Result<std::unique_ptr<Client>>;
  auto parsed = url::Url::parse(url);
  AVILA_CO_TRY(const url::Url target, std::move(parsed));
  const bool secure = target.scheme() == "wss";
  if (!secure && target.scheme() != "ws")
    co_return Error(Errc::InvalidArgument, "the URL's scheme is neither ws nor wss");
  AVILA_CO_TRY(const Opening opening, make_opening(target, options));
  const future::Deadline deadline(options.timeout, cancel);
  const CancelToken token = deadline.token();
  const std::unique_ptr<http::Connector> own = http::make_connector(executor, options.security);
  http::Connector& connector = options.connector != nullptr ? *options.connector : *own;
  auto connected = co_await connect_transport(connector, std::string(target.peer_host()),
                                              target.effective_port(), secure, token);
  if (!connected.has_value())
    co_return deadline.translate(std::move(connected).error(), "connect a WebSocket");
  std::unique_ptr<async::Transport> transport = std::move(*connected);
  auto written = co_await transport->write_all(as_bytes(opening.wire), token);
  if (!written.has_value())
    co_return deadline.translate(std::move(written).error(), "WebSocket handshake");
  std::string received;
  std::size_t head_bytes = 0;
  http::HeadScanner scanner;
  const http::ParseLimits limits;
  while (head_bytes == 0) {
    constexpr std::size_t kReadBytes = 4096;
    const std::size_t before = received.size();
    received.resize(before + kReadBytes);
    const MutableByteSpan space(reinterpret_cast<std::byte*>(received.data()) + before, kReadBytes);
    auto got = co_await transport->read(space, token);
    if (!got.has_value())
      co_return deadline.translate(std::move(got).error(), "WebSocket handshake");
    if (*got == 0) co_return refused("the server ended the connection");
    received.resize(before + *got);
    AVILA_CO_TRY(const auto found, scanner.scan(received, limits));
    head_bytes = found.value_or(0);
  }
  http::ResponseHead head;
  AVILA_CO_TRY_VOID(http::parse_response_head(std::string_view(received).substr(0, head_bytes),
                                              limits, http::Method::Get, head));
  AVILA_CO_TRY(Agreed agreed, check_answer(head, opening, options));
  received.erase(0, head_bytes);
  co_return Outcome(std::make_unique<Client>(std::move(transport), std::move(received),
                                             options.connection, agreed.deflate,
                                             std::move(agreed.subprotocol)));
}

Task<Result<std::unique_ptr<Client>>> connect(async::Executor& executor, std::string url) {
  return connect(executor, std::move(url), ConnectOptions());
}

}  // namespace avila::websocket
