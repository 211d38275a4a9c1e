#include <avila/future/sleep.hpp>
#include <avila/http2/client_protocol.hpp>
#include <avila/url/url.hpp>
#include <memory>

namespace avila::http2 {

namespace {

class Shared;

class ExchangeBody final : public http::BodyReader {
 public:
  ExchangeBody(std::shared_ptr<Shared> connection, Exchange exchange, Duration timeout,
               http::CancelToken cancel)
      : connection_(std::move(connection)),
        exchange_(std::move(exchange)),
        timeout_(timeout),
        cancel_(std::move(cancel)) {}

  http::Task<Result<ByteSpan>> read() override {
    future::Deadline deadline(timeout_, cancel_);
    auto piece = co_await exchange_.read(deadline.token());
    if (!piece.has_value())
      co_return deadline.translate(std::move(piece).error(), "read the body of a response");
    co_return piece;
  }
  const http::Headers& trailers() const noexcept override { return exchange_.trailers(); }

 private:
  std::shared_ptr<Shared> connection_;  // shared with the pool: it ends when nobody has it
  Exchange exchange_;
  Duration timeout_;
  http::CancelToken cancel_;
};

class Shared final : public http::SharedConnection, public std::enable_shared_from_this<Shared> {
 public:
  Shared(async::Executor& executor, std::unique_ptr<async::Transport> transport,
         const ClientOptions& options)
      : connection_(executor, std::move(transport), options) {}

  bool usable() const noexcept override { return connection_.usable(); }

  http::Task<Result<http::StreamedResponse>> open(
      std::shared_ptr<const http::ClientRequest> request, Duration read_timeout,
      http::CancelToken cancel, http::CancelToken body_cancel) override {
    const std::shared_ptr<Shared> self = shared_from_this();
    AVILA_CO_TRY(const url::Url target, url::Url::parse(request->url));
    RequestStart start;
    start.method = request->method;
    start.scheme = std::string(target.scheme());
    start.authority = target.host();
    start.path = target.request_target();
    start.headers = request->headers;
    const http::Method method = http::parse_method(request->method);
    const bool no_body = request->body.empty();
    if (!no_body || method == http::Method::Post || method == http::Method::Put ||
        method == http::Method::Patch)
      start.headers.set("content-length", std::uint64_t{request->body.size()});
    start.corked = !no_body;
    auto opened = co_await connection_.open(std::move(start), no_body, cancel);
    if (!opened.has_value()) {
      if (opened.error().is(Errc::Closed))  // before anything was sent
        co_return Error(Errc::Unavailable, "the connection was closed meanwhile");
      co_return std::move(opened).error();
    }
    Exchange exchange = std::move(*opened);
    if (!no_body) {
      const ByteSpan bytes = as_bytes(request->body);
      auto written = co_await exchange.write_last(bytes, cancel);
      // A server may answer without reading it all: then there is a response to be had.
      if (!written.has_value() && cancel.cancelled()) co_return std::move(written).error();
    }
    auto answered = co_await exchange.response(cancel);
    if (!answered.has_value()) {
      if (exchange.reset_by_peer() == ErrorCode::Http11Required)
        co_return Error(Errc::Unsupported, "the server wants HTTP/1.1 for this request");
      co_return std::move(answered).error();
    }
    http::StreamedResponse response;
    response.status = exchange.status();
    response.major_version = 2;
    response.headers = exchange.headers();
    response.body = std::make_unique<ExchangeBody>(self, std::move(exchange), read_timeout,
                                                   std::move(body_cancel));
    co_return Result<http::StreamedResponse>(std::move(response));
  }

 private:
  ClientConnection connection_;
};

}  // namespace

std::shared_ptr<http::SharedConnection> ClientProtocol::start(
    async::Executor& executor, std::unique_ptr<async::Transport> transport) {
  return std::make_shared<Shared>(executor, std::move(transport), options_);
}

}  // namespace avila::http2
