#include <avila/grpc/server_call.hpp>
#include <avila/text/encoding.hpp>

#include "call_source.hpp"

namespace avila::grpc {

namespace {

/// From here on a message is sent from where it lies.
constexpr std::size_t kCopyBytesMax = 16 * 1024;

Result<std::size_t> metadata_bytes(const http::FieldViews& fields, Metadata& into,
                                   std::size_t limit) {
  std::size_t bytes = 0;
  for (const http::Field& field : fields) {
    bytes += field.name.size() + field.value.size() + 32;
    AVILA_TRY_VOID(into.receive(field.name, field.value, limit));
  }
  return bytes;
}

}  // namespace

Task<Status> Next::operator()(ServerCall& call) const {
  if (index_ == interceptors_->size()) return (*method_)(call);
  return (*interceptors_)[index_]->intercept(call, Next(*interceptors_, index_ + 1, *method_));
}

ServerCall::ServerCall(http::Request& request, WebKind web, Limits limits)
    : request_(request),
      body_(request.stream),
      web_(web),
      limits_(limits),
      messages_(limits.receive_bytes, web != WebKind::None) {}

std::optional<Duration> ServerCall::time_left() const noexcept {
  if (deadline_ == Instant::max()) return std::nullopt;
  const Duration left = deadline_ - future::Scheduler::require().now();
  return left.ns > 0 ? left : Duration::zero();
}

bool ServerCall::set_encoding(Encoding encoding) noexcept {
  if (!accepts(accept_encoding_, encoding) || head_filled_) return false;
  response_encoding_ = encoding;
  return true;
}

Error ServerCall::broken(const Error& error) const {
  if (cancel_.cancelled() && time_left() == Duration::zero())
    return Error(Code::DeadlineExceeded, "the deadline has passed");
  if (error.is(Errc::Cancelled) || error.is(Errc::Closed))
    return Error(Code::Cancelled, "the client has gone");
  return error.clone();
}

Task<Result<std::optional<std::string>>> ServerCall::read() {
  while (true) {
    AVILA_CO_TRY(const bool whole, messages_.read(rest_));
    if (whole) {
      Message message = messages_.take_message();
      if (message.trailers) co_return Error(Code::Internal, "a client sends no trailers");
      AVILA_CO_TRY(std::string bytes,
                   decode(std::move(message), request_encoding_, limits_.receive_bytes));
      for (const auto& interceptor : *interceptors_)
        if (interceptor->sees_messages()) AVILA_CO_TRY_VOID(interceptor->received(*this, bytes));
      co_return std::optional<std::string>(std::move(bytes));
    }
    if (body_ == nullptr || body_ended_) {
      AVILA_CO_TRY_VOID(web_text_.end());
      AVILA_CO_TRY_VOID(messages_.end());
      co_return std::optional<std::string>();
    }
    auto piece = co_await body_->read();
    if (!piece.has_value()) co_return broken(piece.error());
    body_ended_ = piece->empty();
    rest_ = *piece;
    if (web_ != WebKind::Text) continue;
    decoded_.clear();
    AVILA_CO_TRY_VOID(web_text_.decode(*piece, decoded_));
    rest_ = as_bytes(decoded_);
  }
}

Task<Result<std::string>> ServerCall::read_only() {
  auto first = co_await read();
  AVILA_CO_TRY(std::optional<std::string> message, std::move(first));
  if (!message.has_value())
    co_return Error(Code::Unimplemented, "the method takes one message, and none came");
  auto second = co_await read();
  AVILA_CO_TRY(const std::optional<std::string> more, std::move(second));
  if (more.has_value())
    co_return Error(Code::Unimplemented, "the method takes one message, and more came");
  co_return std::move(*message);
}

void ServerCall::fill_head() {
  http::Response* const response = head_filled_ ? nullptr : writer_->late_head();
  head_filled_ = true;
  if (response == nullptr) return;
  initial_.write_to(response->headers);
  if (response_encoding_ != Encoding::Identity)
    response->headers.add("grpc-encoding", to_string(response_encoding_));
}

Task<Result<void>> ServerCall::put(ByteSpan message) {
  fill_head();
  if (message.size() > limits_.send_bytes)
    co_return Error(Code::ResourceExhausted, "a message of " + std::to_string(message.size()) +
                                                 " bytes; at most " +
                                                 std::to_string(limits_.send_bytes) + " are sent");
  std::string changed;
  bool copied = false;
  for (const auto& interceptor : *interceptors_) {
    if (!interceptor->sees_messages()) continue;
    if (!copied) changed = as_text(message);
    copied = true;
    AVILA_CO_TRY_VOID(interceptor->sending(*this, changed));
  }
  if (copied) message = as_bytes(changed);
  out_.clear();
  const bool lies = message.size() >= kCopyBytesMax && web_ != WebKind::Text &&
                    response_encoding_ == Encoding::Identity;
  if (lies) {
    append_prefix(out_, message.size());
  } else {
    AVILA_CO_TRY_VOID(append_message(out_, message, response_encoding_));
    if (web_ == WebKind::Text) out_ = text::base64_encode(out_);
  }
  auto written = co_await writer_->write(as_bytes(out_));
  if (!written.has_value()) co_return broken(written.error());
  if (lies) {
    auto rest = co_await writer_->write(message);
    if (!rest.has_value()) co_return broken(rest.error());
  }
  co_return Result<void>();
}

Task<Result<void>> ServerCall::write_last(ByteSpan message) { return put(message); }

Task<Result<void>> ServerCall::write(ByteSpan message) {
  auto done = co_await put(message);
  AVILA_CO_TRY_VOID(std::move(done));
  auto flushed = co_await writer_->flush();
  if (!flushed.has_value()) co_return broken(flushed.error());
  co_return Result<void>();
}

Task<Result<void>> ServerCall::send_initial_metadata() {
  fill_head();
  auto flushed = co_await writer_->flush();
  if (!flushed.has_value()) co_return broken(flushed.error());
  co_return Result<void>();
}

namespace detail {

Result<void> CallSource::prepare() {
  http::Request& request = call_.request_;
  AVILA_TRY(const std::size_t bytes,
            metadata_bytes(request.fields, call_.metadata_, options_.metadata_bytes));
  if (bytes > options_.metadata_bytes)
    return Error(Code::ResourceExhausted,
                 "metadata of " + std::to_string(bytes) + " bytes; at most " +
                     std::to_string(options_.metadata_bytes) + " are accepted");
  if (const auto timeout = request.header("grpc-timeout")) {
    auto parsed = parse_timeout(*timeout);
    if (!parsed.has_value()) return Error(Code::Internal, parsed.error().message());
    timeout_ = *parsed;
  }
  call_.accept_encoding_ = request.header("grpc-accept-encoding").value_or("");
  if (accepts(call_.accept_encoding_, options_.encoding))
    call_.response_encoding_ = options_.encoding;
  if (const auto name = request.header("grpc-encoding")) {
    const auto encoding = parse_encoding(*name);
    if (!encoding.has_value())
      return Error(Code::Unimplemented, "messages in " + std::string(*name) + " are not decoded");
    call_.request_encoding_ = *encoding;
  }
  return {};
}

Task<Status> CallSource::run() {
  if (refusal_.has_value()) co_return std::move(*refusal_);
  const Next next(interceptors_, 0, *method_);
  co_return co_await next(call_);
}

Task<Result<void>> CallSource::write_to(http::BodyWriter& writer) {
  call_.writer_ = &writer;
  call_.cancel_ = writer.cancel_token();
  std::optional<future::Deadline> deadline;
  if (timeout_.has_value()) {
    call_.deadline_ = future::Scheduler::require().now() + *timeout_;
    deadline.emplace(*timeout_, call_.cancel_);
    call_.cancel_ = deadline->token();
  }
  std::optional<future::Deadline> stall;
  if (call_.request_.major_version < 2 && call_.body_ != nullptr)
    stall.emplace(options_.web.body_timeout);
  Status status;
  {
    const CancelToken stalled = stall.has_value() ? stall->token() : CancelToken();
    const auto on_stall = stalled.on_cancel([body = call_.body_] { body->interrupt(); });
    const auto on_deadline = call_.cancel_.on_cancel([&deadline, &writer, body = call_.body_] {
      if (!deadline.has_value() || !deadline->expired()) return;
      if (body != nullptr) body->interrupt();
      writer.cancel();
    });
    status = co_await run();
  }
  if (!status.ok() && deadline.has_value() && deadline->expired())
    status = {Code::DeadlineExceeded, "the deadline has passed", {}};
  auto finished = co_await finish(std::move(status));
  co_return std::move(finished);
}

Task<Result<void>> CallSource::finish(Status status) {
  http::Headers in_body;
  const bool web = call_.web_ != WebKind::None;
  http::Headers& trailers = web ? in_body : call_.writer_->trailers();
  trailers.add("grpc-status", static_cast<std::uint64_t>(status.code));
  if (!status.message.empty()) trailers.add("grpc-message", encode_message(status.message));
  if (status.details.empty()) status.details = std::move(call_.details_);
  if (!status.ok() && !status.details.empty()) {
    std::string text = text::base64_encode(status.details);
    while (text.ends_with('=')) text.pop_back();
    trailers.add("grpc-status-details-bin", text);
  }
  call_.trailing_.write_to(trailers);
  call_.fill_head();
  if (!web) co_return Result<void>();
  std::string block = web_trailers(trailers);
  if (call_.web_ == WebKind::Text) block = text::base64_encode(block);
  auto written = co_await call_.writer_->write(as_bytes(block));
  co_return std::move(written);
}

}  // namespace detail
}  // namespace avila::grpc
