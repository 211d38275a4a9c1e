#include "http2_exchange.hpp"

#include <avila/text/number.hpp>

namespace avila::proxy::detail {

namespace {

/// The stream as a transport that keeps its connection in use.
class StreamTransport final : public async::Transport {
 public:
  StreamTransport(http2::Exchange exchange, std::shared_ptr<Http2Connection> connection)
      : connection_(std::move(connection)), stream_(std::move(exchange)) {
    connection_->in_flight.fetch_add(1);
  }
  ~StreamTransport() override { connection_->in_flight.fetch_sub(1); }
  Task<Result<std::size_t>> read(MutableByteSpan buffer, CancelToken cancel) override {
    return stream_.read(buffer, std::move(cancel));
  }
  Task<Result<void>> write_all(ByteSpan bytes, CancelToken cancel) override {
    return stream_.write_all(bytes, std::move(cancel));
  }
  Task<Result<void>> shutdown_write() override { return stream_.shutdown_write(); }
  void close() noexcept override { stream_.close(); }
  std::optional<Result<std::size_t>> try_read(MutableByteSpan buffer) override {
    return stream_.try_read(buffer);
  }
  std::optional<Result<std::size_t>> try_write(ByteSpan bytes) override {
    return stream_.try_write(bytes);
  }

 private:
  std::shared_ptr<Http2Connection> connection_;  // shared with the pool
  http2::ExchangeTransport stream_;
};

}  // namespace

Http2Exchange::Http2Exchange(EndpointPointer endpoint, std::shared_ptr<Http2Connection> connection,
                             bool reused, const UpstreamOptions& options, Duration tick)
    : endpoint_(std::move(endpoint)),
      connection_(std::move(connection)),
      options_(options),
      alarm_(tick),
      reused_(reused) {
  connection_->in_flight.fetch_add(1);
}

Http2Exchange::~Http2Exchange() {
  follow_.reset();
  exchange_.reset();
  connection_->in_flight.fetch_sub(1);
}

Error Http2Exchange::translate(Error error, std::string_view what) {
  if (error.is(Errc::Unavailable)) sent_any_ = false;  // refused: the endpoint did not begin
  if (!error.is(Errc::Cancelled) || !alarm_.expired()) return error;
  return Error(Errc::TimedOut, std::string(what) + " took too long");
}

Task<Result<void>> Http2Exchange::send_head(const OutgoingHead& head, ByteSpan body) {
  http2::RequestStart start;
  start.method = head.method;
  start.scheme = head.scheme;
  start.authority = head.authority;
  start.path = head.target;
  start.headers = head.headers;
  if (!head.upgrade.empty()) {
    start.method = "CONNECT";
    start.protocol = head.upgrade;
  }
  const bool no_body = head.framing.kind == http::Framing::Kind::None && head.upgrade.empty();
  if (head.framing.kind == http::Framing::Kind::Length)
    start.headers.add("content-length", head.framing.length);
  const bool whole = head.framing.kind == http::Framing::Kind::Length &&
                     body.size() == head.framing.length && !body.empty();
  start.corked = whole;
  const bool end_stream =
      no_body || (head.framing.kind == http::Framing::Kind::Length && head.framing.length == 0);
  alarm_.set(Alarm::kWrite, options_.timeouts.connect);
  auto opened = co_await connection_->connection.open(std::move(start), end_stream, alarm_.token());
  alarm_.clear(Alarm::kWrite);
  if (!opened.has_value()) {
    Error error = std::move(opened).error();
    // A connection that ended before the request was begun: another may take it.
    if (error.is(Errc::Closed)) co_return Error(Errc::Unavailable, "the connection is closed");
    co_return translate(std::move(error), "opening a stream");
  }
  exchange_.emplace(std::move(*opened));
  sent_any_ = true;
  if (!whole) co_return Result<void>();
  alarm_.set(Alarm::kWrite, options_.timeouts.idle);
  auto written = co_await exchange_->write_last(body, alarm_.token());
  alarm_.clear(Alarm::kWrite);
  // Who answers without reading it all has answered: receive_head() tells.
  if (!written.has_value() && alarm_.cancelled())
    co_return translate(std::move(written).error(), "sending a request");
  co_return Result<void>();
}

Task<Result<void>> Http2Exchange::send_body(ByteSpan bytes) {
  alarm_.set(Alarm::kWrite, options_.timeouts.idle);
  auto written = co_await exchange_->write(bytes, alarm_.token());
  alarm_.clear(Alarm::kWrite);
  if (!written.has_value()) co_return translate(std::move(written).error(), "sending a request");
  alarm_.put_head_off(options_.timeouts.first_byte);
  co_return Result<void>();
}

Task<Result<void>> Http2Exchange::send_end(const http::Headers& trailers) {
  http::Headers copy = trailers;
  auto finished = co_await exchange_->finish(std::move(copy));
  alarm_.put_head_off(options_.timeouts.first_byte);
  co_return finished;
}

Task<Result<void>> Http2Exchange::receive_head() {
  alarm_.begin_head(options_.timeouts.first_byte);
  auto before = co_await exchange_->interim(alarm_.token());
  interim_.reset();
  if (before.has_value()) interim_ = std::move(*before);
  if (interim_.has_value()) {
    alarm_.end_head();
    co_return Result<void>();
  }
  auto answered = co_await exchange_->response(alarm_.token());
  alarm_.end_head();
  if (!answered.has_value()) co_return translate(std::move(answered).error(), "the response");
  co_return Result<void>();
}

void Http2Exchange::copy_headers(http::Headers& to) const {
  for (const http::Field& field : interim_.has_value() ? interim_->headers : exchange_->headers())
    if (!is_hop_field(field.name)) to.add(field.name, field.value);
}

std::optional<std::uint64_t> Http2Exchange::length() const noexcept {
  const auto announced = exchange_->headers().find("content-length");
  if (!announced.has_value()) return std::nullopt;
  const auto value = text::parse_uint(*announced);
  if (!value.has_value()) return std::nullopt;
  return *value;
}

std::optional<std::string> Http2Exchange::whole_body(std::size_t limit) {
  (void)limit;
  if (exchange_->ended() && exchange_->trailers().empty()) return std::string();
  return std::nullopt;
}

std::optional<Result<ByteSpan>> Http2Exchange::receive_now() {
  return std::nullopt;  // receive() does not wait where there is something
}

Task<Result<ByteSpan>> Http2Exchange::receive() {
  alarm_.set(Alarm::kRead, options_.timeouts.idle);
  auto piece = co_await exchange_->read(alarm_.token());
  alarm_.clear(Alarm::kRead);
  if (!piece.has_value()) co_return translate(std::move(piece).error(), "the response's body");
  co_return piece;
}

std::unique_ptr<async::Transport> Http2Exchange::take_transport(std::string& received) {
  received.clear();
  follow_.reset();
  auto transport = std::make_unique<StreamTransport>(std::move(*exchange_), connection_);
  exchange_.reset();
  return transport;
}

}  // namespace avila::proxy::detail
