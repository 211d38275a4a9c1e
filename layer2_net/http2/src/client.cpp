#include <avila/http2/client.hpp>
#include <avila/url/url.hpp>

#include "multiplexer.hpp"
#include "request.hpp"

namespace avila::http2 {
namespace detail {

constexpr int kInterimMax = 100;

class ClientStream final : public StreamIo {
 public:
  ClientStream(std::shared_ptr<ClientMultiplexer> connection, Engine::Stream& of);
  ~ClientStream() override = default;

  const std::shared_ptr<ClientMultiplexer> connection;  // keeps it alive
  int status = 0;
  bool head_request = false;
  bool bad_head = false;
  http::Headers headers;
  std::vector<Interim> interim;  // that nobody has taken
  int interim_count = 0;
  future::Event head;  // one came, or the stream is gone
};

class ClientMultiplexer final : public Multiplexer,
                                public std::enable_shared_from_this<ClientMultiplexer> {
 public:
  ClientMultiplexer(async::Transport& transport, const ClientOptions& options)
      : Multiplexer(
            transport, Engine::Role::Client, options.engine,
            {options.frame_timeout, options.idle_timeout, seconds(3600), options.write_timeout},
            CancelToken()) {}

  future::Signal changed;  // a stream ended, a setting came, or the connection is over
  // Under the mutex.
  bool finished = false;
  std::uint64_t pings_sent = 0, pings_answered = 0;
  std::optional<Goaway> goaway_received;

 private:
  void headers(Engine::Stream& stream, HeaderList& list, bool end_stream) override {
    auto* io = static_cast<ClientStream*>(stream.owner);
    int status = 0;
    bool ok = !list.truncated() && !list.empty() && list[0].name == ":status" &&
              list[0].value.size() == 3;
    if (ok) {
      for (const char c : list[0].value) {
        ok &= c >= '0' && c <= '9';
        status = status * 10 + (c - '0');
      }
    }
    ok &= status >= 100 && status != 101;
    http::Headers fields;
    std::uint64_t length = Engine::kUnknownLength;
    for (std::size_t i = 1; ok && i < list.size(); ++i) {
      const HeaderField field = list[i];
      ok = is_well_formed(field) && !is_connection_field(field.name) &&
           fields.try_add(field.name, field.value);
      if (ok && field.name == "content-length") ok = parse_content_length(field.value, length);
    }
    if (!ok) {
      stream.malformed = true;
      if (io != nullptr) io->bad_head = true;
      return;
    }
    if (status < 200) {  // informational: the response comes later
      if (io == nullptr) return;
      // RFC 9113 section 8.1: it cannot be the end.
      if (end_stream || ++io->interim_count > kInterimMax) stream.malformed = io->bad_head = true;
      io->interim.push_back({status, std::move(fields)});
      io->head.set();
      return;
    }
    stream.head_received = true;
    if (io == nullptr) return;
    const bool bodiless = io->head_request || status == 204 || status == 304;
    if (!bodiless) stream.announced = length;
    io->status = status;
    io->headers = std::move(fields);
    io->head.set();
  }
  StreamIo* io_of(Engine::Stream& stream) noexcept override {
    return static_cast<ClientStream*>(stream.owner);
  }
  void forget(StreamIo& io) override {
    static_cast<ClientStream&>(io).head.set();
    changed.raise();
  }
  void after_receive() override {}
  void settings_changed() override { changed.raise(); }
  void ping_acknowledged(std::uint64_t data) override {
    if (data > pings_answered && data <= pings_sent) pings_answered = data;
    changed.raise();
  }
  void goaway(std::uint32_t, ErrorCode code, std::string_view debug) override {
    goaway_received = {code, std::string(debug.substr(0, Goaway::kDebugBytesMax))};
    changed.raise();
  }
  void over() override {
    const std::lock_guard lock(mutex);
    finished = true;
    changed.raise();
  }
};

ClientStream::ClientStream(std::shared_ptr<ClientMultiplexer> shared, Engine::Stream& of)
    : StreamIo(*shared, of), connection(std::move(shared)) {}

namespace {

/// Owns the transport for as long as the connection runs.
Task<void> run_connection(std::shared_ptr<ClientMultiplexer> connection,
                          std::unique_ptr<async::Transport> transport) {
  co_await connection->run(std::string());
  (void)transport;
}

}  // namespace
}  // namespace detail

Exchange::Exchange(std::shared_ptr<detail::ClientStream> stream) noexcept
    : stream_(std::move(stream)) {}

Exchange::~Exchange() {
  if (stream_ == nullptr) return;
  detail::ClientMultiplexer& connection = *stream_->connection;
  {
    const std::lock_guard lock(connection.mutex);
    stream_->drop_unread();
    if (stream_->stream != nullptr) {
      stream_->stream->pending = {};
      connection.engine.reset(*stream_->stream, ErrorCode::Cancel);
    }
  }
  connection.kick();
}

http::Task<Result<void>> Exchange::write(ByteSpan bytes, http::CancelToken cancel) {
  return stream_->send(bytes, false, std::move(cancel));
}

http::Task<Result<void>> Exchange::write_last(ByteSpan bytes, http::CancelToken cancel) {
  return stream_->send(bytes, true, std::move(cancel));
}

http::Task<Result<void>> Exchange::finish(http::Headers trailers) {
  const std::shared_ptr<detail::ClientStream> stream = stream_;
  detail::ClientMultiplexer& connection = *stream->connection;
  {
    const std::lock_guard lock(connection.mutex);
    if (stream->stream == nullptr) co_return Error(Errc::Closed, "the stream is closed");
    if (trailers.empty()) {
      connection.engine.submit(*stream->stream, {}, true);
    } else {
      connection.engine.begin_block();
      detail::write_fields(connection.engine, trailers, true);
      connection.engine.end_block(*stream->stream, true);
    }
  }
  connection.kick();
  co_return Result<void>();
}

http::Task<Result<std::optional<Interim>>> Exchange::interim(http::CancelToken cancel) {
  const std::shared_ptr<detail::ClientStream> stream = stream_;
  while (true) {
    auto waited = co_await stream->head.wait(cancel);
    if (!waited.has_value()) co_return std::move(waited).error();
    const std::lock_guard lock(stream->connection->mutex);
    if (!stream->interim.empty()) {
      std::optional<Interim> first(std::move(stream->interim.front()));
      stream->interim.erase(stream->interim.begin());
      co_return first;
    }
    if (stream->status != 0 || stream->bad_head || stream->stream == nullptr)
      co_return std::optional<Interim>();
    stream->head.reset();
  }
}

http::Task<Result<void>> Exchange::response(http::CancelToken cancel) {
  const std::shared_ptr<detail::ClientStream> stream = stream_;
  while (true) {
    auto passed = co_await interim(cancel);
    AVILA_CO_TRY(const std::optional<Interim> next, std::move(passed));
    if (!next.has_value()) break;
  }
  const std::lock_guard lock(stream->connection->mutex);
  if (stream->status != 0) co_return Result<void>();
  if (stream->bad_head) co_return Error(Errc::Malformed, "the response's head is malformed");
  co_return stream->closed_error();
}

int Exchange::status() const noexcept { return stream_->status; }
const http::Headers& Exchange::headers() const noexcept { return stream_->headers; }
bool Exchange::ended() const {
  const std::lock_guard lock(stream_->connection->mutex);
  return stream_->ended && stream_->arrived.empty();
}

bool Exchange::waits() const {
  const std::lock_guard lock(stream_->connection->mutex);
  return !stream_->ended && stream_->arrived.empty() && stream_->stream != nullptr;
}

const http::Headers& Exchange::trailers() const noexcept { return stream_->trailers; }

http::Task<Result<ByteSpan>> Exchange::read(http::CancelToken cancel) {
  return stream_->receive(std::move(cancel));
}

void Exchange::stop_writing() { stream_->stop_sending(); }
void Exchange::reset(ErrorCode code) { stream_->reset(code); }

std::optional<ErrorCode> Exchange::reset_by_peer() const noexcept {
  const std::lock_guard lock(stream_->connection->mutex);
  if (stream_->stream != nullptr || !stream_->closed_by_peer) return std::nullopt;
  return stream_->closed_with;
}

http::Task<Result<std::size_t>> ExchangeTransport::read(MutableByteSpan buffer,
                                                        http::CancelToken cancel) {
  if (buffer.empty()) co_return std::size_t{0};
  if (rest_.empty()) {
    auto piece = co_await exchange_.read(std::move(cancel));
    AVILA_CO_TRY(rest_, std::move(piece));
  }
  co_return detail::take_front(rest_, buffer);
}

std::optional<Result<std::size_t>> ExchangeTransport::try_read(MutableByteSpan buffer) {
  if (rest_.empty() || buffer.empty()) return std::nullopt;
  return Result<std::size_t>(detail::take_front(rest_, buffer));
}

http::Task<Result<void>> ExchangeTransport::write_all(ByteSpan bytes, http::CancelToken cancel) {
  return exchange_.write(bytes, std::move(cancel));
}

http::Task<Result<void>> ExchangeTransport::shutdown_write() { return exchange_.finish(); }

ClientConnection::ClientConnection(async::Executor& executor,
                                   std::unique_ptr<async::Transport> transport,
                                   ClientOptions options)
    : shared_(std::make_shared<detail::ClientMultiplexer>(*transport, options)), options_(options) {
  executor.spawn(detail::run_connection(shared_, std::move(transport))).detach();
}

ClientConnection::~ClientConnection() {
  if (shared_ != nullptr) shared_->stop();
}

bool ClientConnection::usable() const noexcept {
  const std::lock_guard lock(shared_->mutex);
  return !shared_->finished && !shared_->engine.exhausted() && !shared_->engine.goaway_sent();
}

namespace {

/// Waits until `done` holds, asked under the mutex whenever something has changed.
template <class Done>
http::Task<Result<void>> wait_until(std::shared_ptr<detail::ClientMultiplexer> connection,
                                    Done done, http::CancelToken cancel) {
  while (true) {
    const std::uint64_t seen = connection->changed.count();
    {
      const std::lock_guard lock(connection->mutex);
      if (done(*connection)) co_return Result<void>();
      if (connection->finished) co_return Error(Errc::Closed, "the connection is closed");
    }
    auto waited = co_await connection->changed.wait_past(seen, cancel);
    if (!waited.has_value()) co_return std::move(waited).error();
  }
}

}  // namespace

http::Task<Result<void>> ClientConnection::ready(http::CancelToken cancel) {
  const auto done = [](detail::ClientMultiplexer& c) {
    return c.engine.preface_done() && !c.finished;
  };
  return wait_until(shared_, done, std::move(cancel));
}

http::Task<Result<void>> ClientConnection::unusable(http::CancelToken cancel) {
  const auto done = [](detail::ClientMultiplexer& c) {
    return c.finished || c.engine.exhausted() || c.engine.goaway_sent();
  };
  return wait_until(shared_, done, std::move(cancel));
}

std::optional<Goaway> ClientConnection::goaway() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->goaway_received;
}

http::Task<Result<void>> ClientConnection::ping(http::CancelToken cancel) {
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(shared_->mutex);
    number = ++shared_->pings_sent;
    if (!shared_->finished) shared_->engine.ping(number);
  }
  shared_->kick();
  const auto done = [number](detail::ClientMultiplexer& c) { return c.pings_answered >= number; };
  return wait_until(shared_, done, std::move(cancel));
}

http::Task<Result<Exchange>> ClientConnection::open(RequestStart start, bool end_stream,
                                                    http::CancelToken cancel) {
  const std::shared_ptr<detail::ClientMultiplexer> connection = shared_;
  std::shared_ptr<detail::ClientStream> made;
  while (made == nullptr) {
    const std::uint64_t seen = connection->changed.count();
    {
      const std::lock_guard lock(connection->mutex);
      Engine& engine = connection->engine;
      if (connection->finished) co_return Error(Errc::Closed, "the connection is closed");
      if (engine.exhausted() || engine.goaway_sent())
        co_return Error(Errc::Unavailable, "the connection takes no more requests");
      // The extension is known when the server's SETTINGS are.
      const bool ready = start.protocol.empty() || engine.preface_done();
      if (ready && !start.protocol.empty() && !engine.peer_extended_connect())
        co_return Error(Errc::Unsupported, "the server takes no extended CONNECT");
      Engine::Stream* stream = ready ? engine.open(start.priority) : nullptr;
      if (stream != nullptr) {
        made = std::make_shared<detail::ClientStream>(connection, *stream);
        made->head_request = start.method == "HEAD";
        stream->owner = made.get();
        engine.begin_block();
        engine.field(":method", start.method);
        if (start.method != "CONNECT" || !start.protocol.empty()) {
          engine.field(":scheme", start.scheme);
          engine.field(":path", start.path);
        }
        engine.field(":authority", start.authority);
        if (!start.protocol.empty()) engine.field(":protocol", start.protocol);
        detail::write_fields(engine, start.headers, false);
        engine.end_block(*stream, end_stream);
      }
    }
    if (made != nullptr) break;
    auto waited = co_await connection->changed.wait_past(seen, cancel);
    if (!waited.has_value()) co_return std::move(waited).error();
  }
  if (!start.corked) connection->kick();
  co_return Exchange(std::move(made));
}

http::Task<Result<http::ClientResponse>> ClientConnection::send(http::ClientRequest request,
                                                                http::CancelToken cancel) {
  if (request.body_reader != nullptr)
    co_return Error(Errc::Unsupported, "a streamed body is sent by open(), or by http::Client");
  auto parsed = url::Url::parse(request.url);
  if (!parsed.has_value()) co_return std::move(parsed).error().context("request");
  RequestStart start;
  start.method = request.method;
  start.scheme = std::string(parsed->scheme());
  start.authority = parsed->host();
  start.path = std::string(parsed->pathname()) + std::string(parsed->search());
  start.headers = std::move(request.headers);
  const std::uint64_t limit = options_.body_bytes;
  if (!request.body.empty()) start.headers.set("content-length", request.body.size());
  const bool no_body = request.body.empty();
  auto opened = co_await open(std::move(start), no_body, cancel);
  AVILA_CO_TRY(Exchange exchange, std::move(opened));
  if (!no_body) {
    const ByteSpan bytes = as_bytes(request.body);
    auto written = co_await exchange.write(bytes, cancel);
    // A server may answer without reading it all: then there is a response to be had.
    if (written.has_value()) {
      http::Headers none;
      written = co_await exchange.finish(std::move(none));
    }
  }
  auto answered = co_await exchange.response(cancel);
  AVILA_CO_TRY_VOID(std::move(answered));
  http::ClientResponse response;
  response.status = exchange.status();
  response.headers = exchange.headers();
  response.url = request.url;
  while (true) {
    auto piece = co_await exchange.read(cancel);
    AVILA_CO_TRY(const ByteSpan bytes, std::move(piece));
    if (bytes.empty()) break;
    if (bytes.size() > limit - response.body.size())
      co_return Error(http::HttpError::BodyTooLarge, "the response is larger than is accepted");
    response.body += as_text(bytes);
  }
  response.trailers = exchange.trailers();
  co_return response;
}

http::Task<void> ClientConnection::close(Duration drain) {
  const std::shared_ptr<detail::ClientMultiplexer> connection = shared_;
  connection->drain();
  const future::Deadline deadline(drain);
  while (true) {
    const std::uint64_t seen = connection->changed.count();
    {
      const std::lock_guard lock(connection->mutex);
      if (connection->finished) co_return;
    }
    auto waited = co_await connection->changed.wait_past(seen, deadline.token());
    if (!waited.has_value()) break;
  }
  connection->stop();
}

}  // namespace avila::http2
