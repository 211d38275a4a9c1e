// One server connection: its streams become requests of the handler.
#pragma once
#include <avila/http2/server.hpp>
#include <optional>

#include "multiplexer.hpp"

namespace avila::http2::detail {

class ServerConnection;

/// One exchange: the request, its body, the response and its body.
class ServerStream final : public StreamIo,
                           public http::BodyReader,
                           public http::BodyWriter,
                           public http::InterimSink,
                           public async::Transport {
 public:
  ServerStream(ServerConnection& connection, Engine::Stream& of, const CancelToken& stop);
  ~ServerStream() override = default;

  // BodyReader
  Task<Result<ByteSpan>> read() override;
  const http::Headers& trailers() const noexcept override { return StreamIo::trailers; }
  void interrupt() noexcept override {
    if (reading.has_value()) reading->cancel();
  }
  // BodyWriter
  Task<Result<void>> write(ByteSpan bytes) override;
  Task<Result<void>> flush() override;
  http::Headers& trailers() noexcept override { return own_trailers_; }
  CancelToken cancel_token() const noexcept override { return cancel_source.token(); }
  void cancel() noexcept override { cancel_source.cancel(); }
  http::Response* late_head() noexcept override { return head_sent ? nullptr : &response; }
  // InterimSink
  Task<Result<void>> send_interim(int status, http::Headers headers) override;
  // Transport: of a tunnel
  Task<Result<std::size_t>> read(MutableByteSpan buffer, CancelToken token) override;
  Task<Result<void>> write_all(ByteSpan bytes, CancelToken token) override;
  Task<Result<void>> shutdown_write() override;
  void close() noexcept override { StreamIo::reset(ErrorCode::Cancel); }
  std::optional<Result<std::size_t>> try_read(MutableByteSpan buffer) override;
  std::optional<Result<std::size_t>> try_write(ByteSpan) override { return std::nullopt; }

  /// What was gathered, the trailers and END_STREAM.
  Task<Result<void>> finish();

  HeaderList list;  // the texts that the request's views point into
  std::string cookie;
  std::string whole_body;
  std::uint64_t body_limit = 0;
  std::uint64_t charged = 0, grown = 0;  // to the connection's budget of whole bodies
  std::size_t withheld = 0;              // of what came, from the stream's window
  bool too_large = false;
  bool expect_continue = false;  // the reader's: 100 (Continue) has not been sent
  bool head_sent = false;
  http::Request request;
  http::Response response;
  CancelSource cancel_source;
  std::optional<CancelSource> reading;  // of a body that the handler reads
  std::shared_ptr<ServerStream> self;   // while the engine knows it

 private:
  static constexpr std::size_t kGatherBytes = 16 * 1024;
  ServerConnection& connection_;
  /// Sends the head, where that is late. Errors: Closed.
  Result<void> begin();
  void end_with_trailers();
  std::string gathered_;
  ByteSpan rest_;  // of a piece, for the transport's read()
  http::Headers own_trailers_;
};

class ServerConnection final : public Multiplexer {
 public:
  ServerConnection(async::Transport& transport, std::string peer, http::Handler& handler,
                   const ServerOptions& options, const CancelToken& stop);

  /// Under the mutex: an informational response.
  void send_interim(Engine::Stream& stream, int status, const http::Headers& headers);
  /// Under the mutex: the response's HEADERS; `more` are fields behind its own.
  void send_head(ServerStream& stream, bool end_stream, const http::Headers* more = nullptr);

 private:
  friend class ServerStream;
  using SharedStream = std::shared_ptr<ServerStream>;

  void headers(Engine::Stream& stream, HeaderList& list, bool end_stream) override;
  void data(Engine::Stream& stream, ByteSpan bytes) override;
  void ended(StreamIo& io) override;
  StreamIo* io_of(Engine::Stream& stream) noexcept override {
    return static_cast<ServerStream*>(stream.owner);
  }
  void forget(StreamIo& io) override;
  void after_receive() override;

  Task<void> handle(SharedStream stream);
  Task<Result<void>> stream_body(ServerStream& stream);
  void give_up(ServerStream& stream, const Error& error);
  void respond(ServerStream& stream);
  void refuse(ServerStream& stream, int status);
  void watch(std::int64_t now_ns) override;

  // Whole bodies (whole_bodies.cpp). Under the mutex.
  bool admit(ServerStream& body);
  void collect(ServerStream& body, ByteSpan bytes);
  void collected(ServerStream& body);
  void let_go(ServerStream& body);
  void let_go_of_memory(ServerStream& body, std::string& memory);
  void grant(ServerStream& body);
  void grant_all();
  void charge(ServerStream& body, std::uint64_t bytes) noexcept;
  std::uint64_t demand_of(const ServerStream& body, std::size_t more) const noexcept;
  std::uint64_t room() const noexcept;

  const std::string peer_;
  http::Handler& handler_;
  const ServerOptions& options_;
  std::vector<SharedStream> ready_;    // whose requests are complete enough; under the mutex
  std::vector<SharedStream> working_;  // the same, being begun; the reader's
  std::size_t running_ = 0;            // handlers; under the mutex
  bool kick_due_ = false;              // a handler that ended will do it; under the mutex
  // Of whole bodies; under the mutex.
  std::vector<ServerStream*> collecting_;  // that have not come to their end, the oldest first
  ServerStream* beyond_ = nullptr;         // the one that the budget does not bind
  // The others, those with handlers too: all; and beyond what their windows began with.
  std::uint64_t charged_ = 0, grown_ = 0;
  std::int64_t stuck_since_ns_ = 0;
};

}  // namespace avila::http2::detail
