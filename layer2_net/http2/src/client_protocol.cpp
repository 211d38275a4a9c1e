#include <avila/future/sleep.hpp>
#include <avila/http/body_sender.hpp>
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

/// An exchange as what a streamed body goes to: what stops the writing leaves the answer alone.
class ExchangeSink final : public http::BodySink {
 public:
  explicit ExchangeSink(Exchange& exchange) noexcept : exchange_(exchange) {}
  http::Task<Result<void>> write(ByteSpan piece, http::CancelToken cancel) override {
    const auto on_cancel = cancel.on_cancel([this] { exchange_.stop_writing(); });
    auto written = co_await exchange_.write(piece);
    co_return written;
  }
  http::Task<Result<void>> finish(http::Headers trailers, http::CancelToken) override {
    return exchange_.finish(std::move(trailers));
  }

 private:
  Exchange& exchange_;
};

/// Waits for the final response's head; hands the others on.
http::Task<Result<void>> read_answer(Exchange& exchange, const http::ClientRequest& request,
                                     http::BodySender* sender, http::CancelToken cancel) {
  while (true) {
    auto passed = co_await exchange.interim(cancel);
    AVILA_CO_TRY(const std::optional<Interim> interim, std::move(passed));
    if (!interim.has_value()) break;
    if (interim->status == 100 && sender != nullptr) sender->go_on();
    if (request.on_interim != nullptr) request.on_interim(interim->status, interim->headers);
  }
  auto answered = co_await exchange.response(cancel);
  co_return answered;
}

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
    const auto length = request->announced_length();
    if (length.has_value()) start.headers.set("content-length", *length);
    if (request->asks_to_continue()) start.headers.set("expect", "100-continue");
    const bool streamed = request->body_reader != nullptr;
    const bool no_body = !streamed && request->body.empty();
    start.corked = !no_body && !streamed;
    std::optional<future::Deadline> opening;
    if (streamed) opening.emplace(request->timeout, cancel);
    const http::CancelToken until = opening ? opening->token() : cancel;
    auto opened = co_await connection_.open(std::move(start), no_body, until);
    if (!opened.has_value()) {
      if (opened.error().is(Errc::Closed))  // before anything was sent
        co_return Error(Errc::Unavailable, "the connection was closed meanwhile");
      if (opening) co_return opening->translate(std::move(opened).error(), "begin the request");
      co_return std::move(opened).error();
    }
    Exchange exchange = std::move(*opened);
    std::optional<ExchangeSink> sink;
    std::optional<http::BodySender> sender;
    if (streamed) {
      const http::BodySender::Options options{.length = length,
                                              .expect_continue = request->expect_continue,
                                              .step_timeout = request->timeout};
      sink.emplace(exchange);
      sender.emplace(*request->body_reader, *sink, options, cancel);
      sender->start();
    } else if (!no_body) {
      const ByteSpan bytes = as_bytes(request->body);
      auto written = co_await exchange.write_last(bytes, cancel);
      // A server may answer without reading it all: then there is a response to be had.
      if (!written.has_value() && cancel.cancelled()) co_return std::move(written).error();
    }
    const http::CancelToken waiting = sender ? sender->token() : cancel;
    http::BodySender* const beside = sender ? &*sender : nullptr;
    auto answered = co_await read_answer(exchange, *request, beside, waiting);
    if (!answered.has_value()) {
      Error error = std::move(answered).error();
      if (sender) error = co_await sender->failed(std::move(error));
      if (exchange.reset_by_peer() == ErrorCode::Http11Required)
        co_return Error(Errc::Unsupported, "the server wants HTTP/1.1 for this request");
      co_return error;
    }
    if (sender) {
      auto ended = co_await sender->answered(exchange.status());
      AVILA_CO_TRY_VOID(std::move(ended));
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
