// One request over one HTTP/1.1 connection.
#include <array>
#include <avila/future/sleep.hpp>
#include <avila/http/body_sender.hpp>
#include <avila/url/url.hpp>
#include <memory>

#include "client_connection.hpp"

namespace avila::http::detail {

namespace {

constexpr std::size_t kOneWriteBytes = 64 * 1024;  // of a head and its body

/// A body that is there as a whole, in pieces: so that an answer can end its sending.
class TextReader final : public BodyReader {
 public:
  explicit TextReader(std::string_view text) noexcept : rest_(text) {}
  Task<Result<ByteSpan>> read() override {
    const std::string_view piece = rest_.substr(0, 4 * kOneWriteBytes);
    rest_.remove_prefix(piece.size());
    co_return as_bytes(piece);
  }
  const Headers& trailers() const noexcept override { return none_; }

 private:
  std::string_view rest_;
  const Headers none_;
};

class Http1Sink final : public BodySink {
 public:
  Http1Sink(async::Transport& transport, bool chunked) noexcept
      : transport_(transport), chunked_(chunked) {}
  Task<Result<void>> write(ByteSpan piece, CancelToken cancel) override {
    if (!chunked_) return transport_.write_all(piece, std::move(cancel));
    const std::size_t size = write_chunk_head(size_, piece.size());
    parts_ = {as_bytes(std::string_view(size_, size)), piece, as_bytes(std::string_view("\r\n"))};
    return transport_.write_vectored(parts_, std::move(cancel));
  }
  Task<Result<void>> finish(Headers trailers, CancelToken cancel) override {
    if (!chunked_) co_return Result<void>();
    std::string end = "0\r\n";
    end += trailers.wire();
    end += "\r\n";
    auto written = co_await transport_.write_all(as_bytes(end), std::move(cancel));
    co_return written;
  }

 private:
  async::Transport& transport_;
  const bool chunked_;
  char size_[18];
  std::array<ByteSpan, 3> parts_;
};

/// Head of the request as it goes on the wire, with the framing of its body.
std::string serialize(const ClientRequest& request, const url::Url& target, bool absolute) {
  std::string out = request.method + " ";
  if (absolute) {
    out += target.scheme();  // RFC 9112 §3.2.2: a proxy wants the absolute form
    out.append("://").append(target.host());
  }
  out += target.request_target();
  out += " HTTP/1.1\r\nHost: ";
  out += target.host();
  out += "\r\n";
  out += request.headers.wire();
  const auto length = request.announced_length();
  if (length.has_value()) {
    out += "Content-Length: " + std::to_string(*length) + "\r\n";
  } else if (request.body_reader != nullptr) {
    out += "Transfer-Encoding: chunked\r\n";
  }
  if (request.asks_to_continue()) out += "Expect: 100-continue\r\n";
  return out + "\r\n";
}

/// Reads up to the final answer: the text of its head stays in `received`, `length` bytes of it.
Task<Result<std::size_t>> read_answer(ClientConnection& connection, const ClientRequest& request,
                                      BodySender* sender, ParseLimits limits, ResponseHead& head,
                                      CancelToken cancel) {
  const Method method = parse_method(request.method);
  for (int interim = 0; interim <= kInterimMax; ++interim) {
    auto read = co_await read_head(connection, limits, cancel);
    AVILA_CO_TRY(const std::size_t length, std::move(read));
    const std::string_view text = std::string_view(connection.received).substr(0, length);
    AVILA_CO_TRY_VOID(parse_response_head(text, limits, method, head));
    if (head.status / 100 != 1 || head.status == 101) co_return length;
    if (head.status == 100 && sender != nullptr) sender->go_on();
    if (request.on_interim != nullptr) {
      Headers fields;
      for (const Field& field : head.fields) fields.add(field.name, field.value);
      request.on_interim(head.status, fields);
    }
    connection.received.erase(0, length);
  }
  co_return Error(Errc::LimitExceeded, "too many interim responses");
}

}  // namespace

Task<Result<StreamedResponse>> exchange(std::shared_ptr<Client::State> state,
                                        std::unique_ptr<ClientConnection> connection,
                                        std::shared_ptr<const ClientRequest> request,
                                        url::Url target, bool absolute, CancelToken cancel,
                                        CancelToken body_cancel) {
  ParseLimits limits = state->options.limits;
  limits.body_bytes = kUnlimited;  // send() has its own limit, streams have none
  std::string wire = serialize(*request, target, absolute);
  TextReader text(request->body);
  BodyReader* reader = request->body_reader.get();
  if (reader == nullptr && request->body.size() > kOneWriteBytes) reader = &text;
  if (reader == nullptr) wire += request->body;
  const auto length = request->announced_length();
  Http1Sink sink(*connection->transport, !length.has_value());
  const BodySender::Options options{
      .length = length,
      .expect_continue = request->asks_to_continue() ? request->expect_continue : Duration::zero(),
      .step_timeout = request->timeout};
  std::optional<BodySender> sender;
  if (reader != nullptr) sender.emplace(*reader, sink, options, cancel);

  std::optional<future::Deadline> first;
  if (sender) first.emplace(request->timeout, cancel);
  const CancelToken writing = first ? first->token() : cancel;
  auto written = co_await connection->transport->write_all(as_bytes(wire), writing);
  // A server may answer and close before it has read everything: its answer counts.
  if (!written.has_value() && writing.cancelled()) {
    if (first) co_return first->translate(std::move(written).error(), "the request");
    co_return std::move(written).error();
  }
  first.reset();
  if (sender) sender->start();
  const CancelToken waiting = sender ? sender->token() : cancel;
  ResponseHead head;
  BodySender* const beside = sender ? &*sender : nullptr;
  auto read = co_await read_answer(*connection, *request, beside, limits, head, waiting);
  if (!read.has_value()) {
    if (!sender) co_return std::move(read).error();
    auto failed = co_await sender->failed(std::move(read).error());
    co_return failed;
  }
  // What follows a 101, or a 2xx to CONNECT, is no HTTP any more.
  const bool switched = head.status == 101 || (parse_method(request->method) == Method::Connect &&
                                               head.status / 100 == 2);
  bool keep = head.facts.keep_alive && written.has_value() && !switched;
  if (sender) {
    auto ended = co_await sender->answered(head.status);
    AVILA_CO_TRY_VOID(std::move(ended));
    keep = keep && sender->complete();
  }
  StreamedResponse response;
  response.status = head.status;
  for (const Field& field : head.fields) response.headers.add(field.name, field.value);
  const Framing framing = head.facts.framing;
  connection->received.erase(0, *read);
  response.body = std::make_unique<ClientBody>(std::move(state), std::move(connection), framing,
                                               limits, keep, std::move(body_cancel));
  co_return Result<StreamedResponse>(std::move(response));
}

}  // namespace avila::http::detail
