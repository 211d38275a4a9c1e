// The HTTP/2 server (RFC 9113): serves the handlers of avila::http.
#pragma once
#include <avila/http/server.hpp>
#include <avila/http2/engine.hpp>

namespace avila::http2 {

struct ServerOptions {
  EngineOptions engine;
  /// Of bodies that are read whole, and of those that handlers read as a stream; a handler's plan
  /// may say less or more. Past it: 413.
  std::uint64_t body_bytes = 8 * 1024 * 1024;
  std::uint64_t streamed_body_bytes = std::uint64_t{64} << 30;
  /// Of bodies that are read whole, for all streams of a connection together: what has come, until
  /// their handlers have ended, and what may come by the windows that were given. Past it windows
  /// stay shut until there is room again; one body at a time may go beyond it, so that there is an
  /// end to them all. Less than twice concurrent_streams * stream_window_bytes: streams are
  /// refused.
  std::uint64_t connection_body_bytes = 64 * 1024 * 1024;
  Duration frame_timeout =
      seconds(10);  ///< for the preface, and to complete a frame or header block
  Duration idle_timeout = seconds(60);   ///< without a stream
  Duration body_timeout = seconds(10);   ///< without a byte of a body that is read whole
  Duration write_timeout = seconds(30);  ///< without a byte taken, by the connection or by a stream
  std::string server_name;               ///< server field; empty: none is sent
  bool send_date = true;
  os::Clock* clock = nullptr;  ///< of the date field; null: the machine's
};

/// Put into http::ServerOptions::http2, so that one port speaks both: connections that begin with
/// the preface, by prior knowledge or after ALPN chose "h2", are served here. Thread-safe; outlives
/// the server.
class Server final : public http::Http2Service {
 public:
  explicit Server(ServerOptions options = {}) : options_(std::move(options)) {}
  http::Task<void> serve(async::Transport& transport, std::string received, std::string peer,
                         http::Handler& handler, http::CancelToken drain,
                         http::CancelToken stop) override;

 private:
  const ServerOptions options_;
};

}  // namespace avila::http2
