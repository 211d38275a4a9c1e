// The HTTP/2 client (RFC 9113): one connection, many exchanges at once.
#pragma once
#include <avila/async/executor.hpp>
#include <avila/async/transport.hpp>
#include <avila/http/client.hpp>
#include <avila/http2/engine.hpp>
#include <optional>

namespace avila::http2 {

namespace detail {
class ClientMultiplexer;
class ClientStream;
}  // namespace detail

struct ClientOptions {
  EngineOptions engine = {.stream_window_bytes = 1024 * 1024,
                          .connection_window_bytes = 8 * 1024 * 1024};
  std::uint64_t body_bytes = 256 * 1024 * 1024;  ///< of responses that are read whole
  Duration frame_timeout = seconds(10);  ///< for the server's SETTINGS, and to complete a frame
  Duration idle_timeout = seconds(300);  ///< without an exchange, then the connection ends
  Duration write_timeout = seconds(30);  ///< without a byte taken, by the connection or by a stream
};

struct RequestStart {
  std::string method = "GET";
  std::string scheme = "http";
  std::string authority;  ///< "example.com:8080"
  std::string path = "/";
  std::string protocol;  ///< of an extended CONNECT (RFC 8441), where the server takes those
  http::Headers headers;
  Priority priority;
  bool corked = false;  ///< the head leaves with what is written first, in one piece
};

/// A 1xx response.
struct Interim {
  int status = 0;
  http::Headers headers;
};

/// One request and its response. Going away before its end resets the stream. One task writes, one
/// reads; they may be two.
class Exchange {
 public:
  explicit Exchange(std::shared_ptr<detail::ClientStream> stream) noexcept;
  ~Exchange();
  Exchange(Exchange&&) noexcept = default;
  Exchange& operator=(Exchange&&) = delete;

  /// A piece of the request's body; waits for the server's window. Errors: Closed, Cancelled.
  http::Task<Result<void>> write(ByteSpan bytes, http::CancelToken cancel = {});
  /// The last piece, with END_STREAM.
  http::Task<Result<void>> write_last(ByteSpan bytes, http::CancelToken cancel = {});
  /// END_STREAM, behind trailers where there are any.
  http::Task<Result<void>> finish(http::Headers trailers = {});
  /// Ends a write() that waits, and those to come, with Cancelled: the response can still be read.
  void stop_writing();
  /// An informational response; nothing: the final one has come, or the stream has ended. Errors:
  /// Cancelled.
  http::Task<Result<std::optional<Interim>>> interim(http::CancelToken cancel = {});
  /// Waits for the response's head. Errors: Closed (the message names the server's code),
  /// Unavailable (the server did not begin: it may be tried again), Malformed, Cancelled.
  http::Task<Result<void>> response(http::CancelToken cancel = {});
  int status() const noexcept;                    ///< after response()
  const http::Headers& headers() const noexcept;  ///< after response()
  /// Whether the response has ended, and all of its body was read: read() would give the end.
  bool ended() const;
  /// Whether read() would have to wait.
  bool waits() const;
  /// The next piece of the response's body, valid until the next call; empty at the end.
  http::Task<Result<ByteSpan>> read(http::CancelToken cancel = {});
  const http::Headers& trailers() const noexcept;  ///< after the end
  void reset(ErrorCode code = ErrorCode::Cancel);
  /// What the server has reset the stream with.
  std::optional<ErrorCode> reset_by_peer() const noexcept;

 private:
  std::shared_ptr<detail::ClientStream> stream_;  // shared with the connection
};

/// An exchange as a byte stream: what an extended CONNECT that was answered with 200 has become.
class ExchangeTransport final : public async::Transport {
 public:
  explicit ExchangeTransport(Exchange exchange) noexcept : exchange_(std::move(exchange)) {}
  http::Task<Result<std::size_t>> read(MutableByteSpan buffer, http::CancelToken cancel) override;
  http::Task<Result<void>> write_all(ByteSpan bytes, http::CancelToken cancel) override;
  http::Task<Result<void>> shutdown_write() override;
  void close() noexcept override { exchange_.reset(); }
  std::optional<Result<std::size_t>> try_read(MutableByteSpan buffer) override;
  /// Never at once.
  std::optional<Result<std::size_t>> try_write(ByteSpan) override { return std::nullopt; }

 private:
  Exchange exchange_;
  ByteSpan rest_;  // of the piece that was read last
};

/// Why a server takes no more streams.
struct Goaway {
  static constexpr std::size_t kDebugBytesMax = 256;
  ErrorCode code = ErrorCode::NoError;
  std::string debug;  ///< "too_many_pings"; what is longer is cut
};

/// Thread-safe. The executor outlives it.
class ClientConnection {
 public:
  /// Over a transport whose peer speaks HTTP/2: by prior knowledge, or as ALPN said.
  ClientConnection(async::Executor& executor, std::unique_ptr<async::Transport> transport,
                   ClientOptions options = {});
  ClientConnection(ClientConnection&&) noexcept = default;
  ClientConnection& operator=(ClientConnection&&) = delete;
  /// Cancels what runs.
  ~ClientConnection();

  /// Begins an exchange; waits while the server's SETTINGS_MAX_CONCURRENT_STREAMS are open.
  /// `end_stream`: no body follows. Errors: Closed, Unavailable (the server takes no more: connect
  /// anew), Unsupported (an extended CONNECT that the server does not take), Cancelled.
  http::Task<Result<Exchange>> open(RequestStart start, bool end_stream,
                                    http::CancelToken cancel = {});
  /// A whole exchange: scheme, authority and path of request.url. No redirects, no retries. Errors:
  /// as open() and Exchange, and http::HttpError::BodyTooLarge.
  http::Task<Result<http::ClientResponse>> send(http::ClientRequest request,
                                                http::CancelToken cancel = {});
  /// Whether open() can still succeed.
  bool usable() const noexcept;
  /// Waits until the server's SETTINGS are there. Errors: Closed, Cancelled.
  http::Task<Result<void>> ready(http::CancelToken cancel = {});
  /// Waits until open() cannot succeed any more. Errors: Cancelled.
  http::Task<Result<void>> unusable(http::CancelToken cancel = {});
  /// The last that the server has sent; after unusable().
  std::optional<Goaway> goaway() const;
  /// PING, and waits for its answer. Errors: Closed, Cancelled.
  http::Task<Result<void>> ping(http::CancelToken cancel = {});
  /// No new exchanges; waits for those that run, at most `drain`, then closes.
  http::Task<void> close(Duration drain = seconds(1));

 private:
  std::shared_ptr<detail::ClientMultiplexer> shared_;  // shared with its task and its exchanges
  ClientOptions options_;
};

}  // namespace avila::http2
