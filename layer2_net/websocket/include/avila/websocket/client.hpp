// The client's side of the opening handshake (RFC 6455 section 4.1).
#pragma once
#include <avila/async/executor.hpp>
#include <avila/http/client.hpp>
#include <avila/websocket/connection.hpp>
#include <vector>

namespace avila::os {
class Entropy;
}

namespace avila::websocket {

struct ConnectOptions {
  Options connection;
  http::Headers headers;  ///< Origin, Authorization, Cookie, …
  std::vector<std::string> subprotocols;
  bool deflate = true;                   ///< offer permessage-deflate
  Duration timeout = seconds(30);        ///< of connecting and the handshake
  http::Connector* connector = nullptr;  ///< null: TCP
  async::Security* security = nullptr;   ///< of that TCP, for wss
  os::Entropy* entropy = nullptr;        ///< of the handshake's key; null: the system's
};

/// A connection and the transport it owns.
class Client {
 public:
  Client(std::unique_ptr<async::Transport> transport, std::string received, Options options,
         Deflate deflate, std::string subprotocol);
  Connection& connection() noexcept { return connection_; }
  /// That the server chose; empty where there is none.
  const std::string& subprotocol() const noexcept { return subprotocol_; }

 private:
  std::unique_ptr<async::Transport> transport_;
  Connection connection_;
  std::string subprotocol_;
};

/// "ws://host:port/path?query", "wss://…" (where the connector has TLS). Errors: those of
/// connecting, WebSocketError::Handshake (the message tells the status or what was wrong),
/// TimedOut, Cancelled.
Task<Result<std::unique_ptr<Client>>> connect(async::Executor& executor, std::string url,
                                              ConnectOptions options, CancelToken cancel = {});
/// With the usual options.
Task<Result<std::unique_ptr<Client>>> connect(async::Executor& executor, std::string url);

}  // namespace avila::websocket
