// The server's side of the opening handshake: from HTTP/1.1 (RFC 6455 section 4.2) and from the
// extended CONNECT of HTTP/2 (RFC 8441).
#pragma once
#include <avila/http/message.hpp>
#include <avila/websocket/connection.hpp>
#include <vector>

namespace avila::websocket {

/// What runs over an accepted connection; ends with it.
class Session {
 public:
  virtual ~Session() = default;
  /// `cancel`: the server stops. When it returns, the connection is closed: normally, unless it was
  /// closed before.
  virtual Task<void> run(Connection& connection, CancelToken cancel) = 0;
};

struct AcceptOptions {
  Options connection;
  /// In order of preference; the first that the client offers too is chosen.
  std::vector<std::string> subprotocols;
  /// Values of Origin that may connect; empty: all. Browsers send cookies along whatever page asks,
  /// so a server that trusts cookies names its own.
  std::vector<std::string> origins;
  bool deflate = true;  ///< permessage-deflate, where the client offers it
};

/// The response that upgrades, or the one that says why not: 400, 403 (origin), 426 (version).
http::Response accept(http::Request& request, std::unique_ptr<Session> session,
                      AcceptOptions options = {});

namespace detail {
template <class F>
class CallableSession final : public Session {
 public:
  explicit CallableSession(F function) : function_(std::move(function)) {}
  Task<void> run(Connection& connection, CancelToken cancel) override {
    return function_(connection, std::move(cancel));
  }

 private:
  F function_;
};
}  // namespace detail

/// `session` is `Task<void>(Connection&, CancelToken)`: a function, or a lambda that calls one.
template <class F>
http::Response accept(http::Request& request, F session, AcceptOptions options = {}) {
  return accept(request,
                std::unique_ptr<Session>(new detail::CallableSession<F>(std::move(session))),
                std::move(options));
}

/// The subprotocol that accept() chose for this response; empty where there is none.
std::string_view chosen_subprotocol(const http::Response& response) noexcept;

}  // namespace avila::websocket
