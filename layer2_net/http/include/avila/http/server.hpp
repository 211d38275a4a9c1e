// The HTTP/1.1 server: connections over TCP or any Transport, one Handler for all of them.
#pragma once
#include <avila/async/executor.hpp>
#include <avila/async/security.hpp>
#include <avila/async/transport.hpp>
#include <avila/error/result.hpp>
#include <avila/http/message.hpp>
#include <avila/os/clock.hpp>
#include <avila/primitives/duration.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace avila::http {

/// Takes over connections that begin with the preface of HTTP/2 (RFC 9113 section 3.4):
/// http2::Server.
class Http2Service {
 public:
  virtual ~Http2Service() = default;
  /// Until the connection is over. `received`: what came, the preface's first line at least.
  /// `drain`: finish what runs; `stop`: at once.
  virtual Task<void> serve(async::Transport& transport, std::string received, std::string peer,
                           Handler& handler, CancelToken drain, CancelToken stop) = 0;
};

/// What connections begin with before TLS and HTTP: proxy::ProxyProtocol.
class Preamble {
 public:
  virtual ~Preamble() = default;
  /// Reads it off the transport, and no byte more: what the peer is called from now on. After an
  /// error the connection is closed. `peer` is its address.
  virtual Task<Result<std::string>> read(async::Transport& transport, std::string peer,
                                         CancelToken cancel) = 0;
};

/// Limits and time-outs; every one holds for each connection.
struct ServerOptions {
  /// Of heads and of whole bodies (`limits.body_bytes`).
  ParseLimits limits;
  /// Of bodies that handlers read as a stream.
  std::uint64_t streamed_body_bytes = std::uint64_t{64} << 30;
  std::uint32_t connections = 10'000;  ///< past it: 503 and close
  std::uint32_t requests_per_connection = 1'000'000;
  std::uint32_t output_buffer_bytes = 64 * 1024;  ///< of responses to pipelined requests
  Duration header_timeout = seconds(10);  ///< from the first byte of a request to its head's end
  Duration idle_timeout = seconds(60);    ///< between requests
  Duration body_grace = seconds(10);      ///< a body may take this long,
  std::uint32_t body_bytes_per_second = 1024;  ///< and then must keep up this rate
  Duration write_timeout = seconds(30);        ///< for each 256 KiB of a response
  std::string server_name;                     ///< Server field; empty: none is sent
  bool send_date = true;
  /// Cancels a request that is being handled when its peer closes the connection, or only its own
  /// side of it; noticed within the fourth part of the shortest time-out.
  bool cancel_on_hang_up = false;
  os::Clock* clock = nullptr;           ///< of the Date field; null: the machine's
  async::Security* security = nullptr;  ///< null: without TLS; outlives the server
  Http2Service* http2 = nullptr;        ///< null: HTTP/1.1 only; outlives the server
  Preamble* preamble = nullptr;         ///< of what listen() accepts; outlives the server
};

struct ServerMetrics {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_active = 0;
  std::uint64_t connections_refused = 0;  ///< over the limit
  std::uint64_t requests = 0;
  std::uint64_t requests_refused = 0;  ///< malformed or over a limit
  std::uint64_t timeouts = 0;
  std::uint64_t handshakes_failed = 0;  ///< of TLS and preambles
};

/// Thread-safe. The executor and the handler outlive it.
class Server {
 public:
  Server(async::Executor& executor, Handler& handler, ServerOptions options = {});
  /// What still runs must have ended: call shutdown() first.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens on "127.0.0.1:8080" (port 0: any free one) and serves in tasks of its own. May be
  /// called for several addresses.
  Result<void> listen(std::string_view address);
  /// "127.0.0.1:41234", of the first listen().
  std::string local_address() const;
  std::uint16_t port() const noexcept;

  /// Serves one connection until it ends: TLS, Unix sockets, pipes in tests. `peer` is its text,
  /// `scheme` ("http", "https") what Request::scheme says.
  Task<void> serve(std::unique_ptr<async::Transport> transport, std::string peer,
                   std::string scheme = "http");

  /// Accepts no more, lets running requests end within `drain`, closes idle connections, then
  /// cancels what is left and waits for it.
  Task<void> shutdown(Duration drain = seconds(10));

  ServerMetrics metrics() const noexcept;

  struct State;

 private:
  std::shared_ptr<State> state_;  // shared with the connections
};

}  // namespace avila::http
