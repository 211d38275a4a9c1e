#include "client_call.hpp"

#include <avila/grpc/web.hpp>
#include <avila/text/encoding.hpp>
#include <charconv>

namespace avila::grpc::detail {

namespace {

/// The fields of metadata, and how many bytes they have on the wire. Errors: Malformed,
/// LimitExceeded.
Result<std::size_t> receive_all(const http::Headers& fields, Metadata& into, std::size_t limit) {
  std::size_t bytes = 0;
  for (const http::Field& field : fields) {
    bytes += field.name.size() + field.value.size() + 32;
    AVILA_TRY_VOID(into.receive(field.name, field.value, limit));
  }
  return bytes;
}

Status unreadable(const Error& error) {
  const bool long_one = error.is(Errc::LimitExceeded);
  return {long_one ? Code::ResourceExhausted : Code::Internal, error.to_string(), {}};
}

/// grpc-status and its kin; nothing where there is none.
std::optional<Status> parse_status(const http::Headers& fields) {
  const auto text = fields.find("grpc-status");
  if (!text.has_value()) return std::nullopt;
  Status status;
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  const bool good = error == std::errc() && end == text->data() + text->size() && number <= 16;
  status.code = good ? static_cast<Code>(number) : Code::Unknown;
  status.message = decode_message(fields.find("grpc-message").value_or(""));
  if (!good && status.message.empty()) status.message = "grpc-status: " + std::string(*text);
  if (const auto details = fields.find("grpc-status-details-bin")) {
    auto bytes = text::base64_decode(*details, text::Padding::Optional);
    if (bytes.has_value()) status.details = std::move(*bytes);
  }
  return status;
}

}  // namespace

ClientCall::ClientCall(std::shared_ptr<ChannelState> channel, CallStart start,
                       const CancelToken& cancel)
    : channel_(std::move(channel)),
      start_(std::move(start)),
      encoding_(Encoding::Identity),
      receive_bytes_(0),
      stop_(cancel) {}

ClientCall::~ClientCall() {
  on_cancel_.reset();  // before what it uses
  deadline_.reset();
}

std::shared_ptr<ClientCall::Attempt> ClientCall::attempt() {
  const std::lock_guard lock(mutex_);
  return attempt_;
}

CancelToken ClientCall::token() const noexcept {
  return deadline_.has_value() ? deadline_->token() : stop_.token();
}

void ClientCall::reset_stream() noexcept {
  if (const auto current = attempt(); current != nullptr) current->exchange.reset();
}

Status ClientCall::cancelled_status() const {
  if (deadline_.has_value() && deadline_->expired())
    return {Code::DeadlineExceeded, "the deadline has passed", {}};
  return {Code::Cancelled, "the call was cancelled", {}};
}

Error ClientCall::ended_error() const {
  return status_.ok() ? Error(Errc::Closed, "the call has ended") : status_.to_error();
}

/// The first end counts.
void ClientCall::end(Status status) {
  std::shared_ptr<Attempt> last;
  {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    status_ = std::move(status);
    last = attempt_;
    over_ = true;
  }
  rest_ = {};
  if (last != nullptr) last->exchange.reset();  // where it has not ended by itself
  const auto& interceptors = channel_->options.interceptors;
  for (auto each = interceptors.rbegin(); each != interceptors.rend(); ++each)
    (*each)->finished(start_, status_, trailing_);
}

Error ClientCall::fail(Status status) {
  end(std::move(status));
  return ended_error();
}

void ClientCall::abandon() {
  if (!over_) end({Code::Cancelled, "nobody waits for the call any more", {}});
  stop_.cancel();
}

Task<void> ClientCall::begin(bool corked) {
  for (const auto& interceptor : channel_->options.interceptors) {
    auto allowed = co_await interceptor->start(start_, stop_.token());
    if (!allowed.has_value()) {
      end(Status::from_error(allowed.error()));
      co_return;
    }
  }
  encoding_ = start_.options.encoding.value_or(channel_->options.encoding);
  receive_bytes_ = start_.options.receive_bytes.value_or(channel_->options.receive_bytes);
  messages_ = MessageReader(receive_bytes_);
  if (!start_.options.timeout.has_value()) start_.options.timeout = channel_->options.timeout;
  if (start_.options.timeout.has_value()) {
    if (*start_.options.timeout <= Duration::zero()) {
      end({Code::DeadlineExceeded, "the deadline has passed", {}});
      co_return;
    }
    deadline_.emplace(*start_.options.timeout, stop_.token());
    deadline_at_ = future::Scheduler::require().now() + *start_.options.timeout;
  }
  on_cancel_.emplace(token(), ResetStream{this});
  auto opened = co_await open(corked);
  if (!opened.has_value()) end(Status::from_error(opened.error()));
}

http2::RequestStart ClientCall::request_start() const {
  http2::RequestStart start;
  start.method = "POST";
  start.scheme = channel_->options.security != nullptr ? "https" : "http";
  start.authority = channel_->authority;
  start.path = start_.method;
  http::Headers& headers = start.headers;
  headers.add("te", "trailers").add("content-type", "application/grpc");
  if (!start_.options.metadata.find("user-agent").has_value())
    headers.add("user-agent", channel_->options.user_agent);
  if (deadline_at_ < Instant::max())
    headers.add("grpc-timeout", format_timeout(deadline_at_ - future::Scheduler::require().now()));
  if (encoding_ != Encoding::Identity) headers.add("grpc-encoding", to_string(encoding_));
  headers.add("grpc-accept-encoding", kAcceptEncoding);
  start_.options.metadata.write_to(headers);
  return start;
}

/// A stream on a connection. Errors: of a Code.
Task<Result<void>> ClientCall::open(bool corked) {
  while (true) {
    ++attempts_;
    auto picked = co_await channel_->pick(start_.options.wait_for_ready, token());
    if (!picked.has_value()) {
      if (token().cancelled()) co_return cancelled_status().to_error();
      co_return std::move(picked).error();
    }
    http2::RequestStart start = request_start();
    start.corked = corked;
    auto opened = co_await picked->connection().open(std::move(start), false, token());
    if (opened.has_value()) {
      auto made = std::make_shared<Attempt>(Attempt{std::move(*picked), std::move(*opened)});
      const std::lock_guard lock(mutex_);
      attempt_ = std::move(made);
      break;
    }
    if (token().cancelled()) co_return cancelled_status().to_error();
    if (attempts_ >= channel_->options.attempts_max)
      co_return Error(Code::Unavailable, opened.error().to_string());
  }
  if (token().cancelled()) reset_stream();  // when on_cancel_ looked, there was none yet
  co_return Result<void>();
}

/// Begins anew where no server has begun, and sends again what was sent. Within writing_.
Task<bool> ClientCall::retry(std::shared_ptr<Attempt> failed) {
  while (true) {
    const bool refused = failed->exchange.reset_by_peer() == http2::ErrorCode::RefusedStream;
    if (!refused || !replayable_ || committed_ || over_ ||
        attempts_ >= channel_->options.attempts_max)
      co_return false;
    auto opened = co_await open(false);
    if (!opened.has_value()) co_return false;
    failed = attempt();
    Result<void> written;
    if (half_closed_) {
      written = co_await failed->exchange.write_last(as_bytes(replay_), token());
    } else if (!replay_.empty()) {
      written = co_await failed->exchange.write(as_bytes(replay_), token());
    }
    if (written.has_value()) co_return true;
  }
}

Task<Result<void>> ClientCall::write(ByteSpan message, bool last) {
  if (over_) co_return Error(Errc::Closed, "the call has ended");
  std::string changed;
  if (!channel_->options.interceptors.empty()) {
    changed = as_text(message);
    for (const auto& interceptor : channel_->options.interceptors)
      AVILA_CO_TRY_VOID(interceptor->sending(start_, changed));
    message = as_bytes(changed);
  }
  std::string frame;
  AVILA_CO_TRY_VOID(append_message(frame, message, encoding_));
  auto locked = co_await writing_.lock(token());
  if (!locked.has_value()) co_return cancelled_status().to_error();
  if (half_closed_) co_return Error(Errc::Closed, "the last message was sent already");
  half_closed_ = last;
  replayable_ =
      replayable_ && !committed_ && replay_.size() + frame.size() <= channel_->options.retry_bytes;
  if (replayable_) {
    replay_ += frame;
  } else {
    replay_ = std::string();
  }
  const std::shared_ptr<Attempt> current = attempt();
  if (current == nullptr) co_return Error(Errc::Closed, "the call has ended");
  Result<void> written;
  if (last) {
    written = co_await current->exchange.write_last(as_bytes(frame), token());
  } else {
    written = co_await current->exchange.write(as_bytes(frame), token());
  }
  if (written.has_value()) co_return Result<void>();
  if (token().cancelled()) co_return cancelled_status().to_error();
  const bool again = co_await retry(current);
  if (again) co_return Result<void>();
  co_return Error(Errc::Closed, "the call has ended; reading tells how");
}

Task<Result<void>> ClientCall::half_close() {
  if (over_) co_return Error(Errc::Closed, "the call has ended");
  auto locked = co_await writing_.lock(token());
  if (!locked.has_value()) co_return cancelled_status().to_error();
  if (half_closed_) co_return Result<void>();
  half_closed_ = true;
  const std::shared_ptr<Attempt> current = attempt();
  if (current == nullptr) co_return Error(Errc::Closed, "the call has ended");
  http::Headers none;
  auto finished = co_await current->exchange.finish(std::move(none));
  if (finished.has_value()) co_return Result<void>();
  const bool again = co_await retry(current);
  if (again) co_return Result<void>();
  co_return Error(Errc::Closed, "the call has ended; reading tells how");
}

Status ClientCall::status_of(Attempt& of, const Error& error) const {
  if (token().cancelled()) return cancelled_status();
  if (error.is(Errc::Malformed)) return {Code::Internal, error.to_string(), {}};
  if (const auto code = of.exchange.reset_by_peer()) {
    return {code_of_reset(*code),
            "the server reset the stream: " + std::string(http2::to_string(*code)),
            {}};
  }
  return {Code::Unavailable, "the connection was lost", {}};
}

Task<Result<void>> ClientCall::head() {
  while (!head_taken_) {
    if (over_) co_return ended_error();
    const std::shared_ptr<Attempt> current = attempt();
    auto answered = co_await current->exchange.response(token());
    if (answered.has_value()) {
      committed_ = true;
      head_taken_ = true;
      reading_ = current;
      auto taken = take_head(current->exchange);
      co_return std::move(taken);
    }
    if (answered.error().is(Errc::Unavailable) && !token().cancelled()) {
      auto locked = co_await writing_.lock(token());
      bool again = false;
      if (locked.has_value()) again = attempt() != current;
      if (locked.has_value() && !again) again = co_await retry(current);
      if (again) continue;
    }
    const std::shared_ptr<Attempt> last = attempt();
    co_return fail(status_of(*last, answered.error()));
  }
  co_return Result<void>();
}

Result<void> ClientCall::take_head(const http2::Exchange& exchange) {
  const http::Headers& headers = exchange.headers();
  const auto type = parse_content_type(headers.find("content-type").value_or(""));
  const bool spoken = type.has_value() && type->web == WebKind::None;
  if (exchange.status() != 200 || !spoken) {
    auto status = spoken ? parse_status(headers) : std::nullopt;
    if (!status.has_value()) {
      const std::string number = std::to_string(exchange.status());
      status = Status{code_of_http_status(exchange.status()),
                      "the answer is not gRPC: HTTP status " + number,
                      {}};
    }
    return fail(std::move(*status));
  }
  if (headers.contains("grpc-status")) {  // Trailers-Only
    take_trailers(headers);
    if (!status_.ok()) return ended_error();
    return {};
  }
  auto bytes = receive_all(headers, initial_, channel_->options.metadata_bytes);
  if (!bytes.has_value()) return fail(unreadable(bytes.error()));
  if (*bytes > channel_->options.metadata_bytes)
    return fail({Code::ResourceExhausted, "the server's metadata is larger than is accepted", {}});
  if (const auto name = headers.find("grpc-encoding")) {
    const auto encoding = parse_encoding(*name);
    if (!encoding.has_value())
      return fail({Code::Internal, "messages in " + std::string(*name) + " are not decoded", {}});
    response_encoding_ = *encoding;
  }
  return {};
}

void ClientCall::take_trailers(const http::Headers& trailers) {
  std::optional<Status> status = parse_status(trailers);
  auto bytes = receive_all(trailers, trailing_, channel_->options.metadata_bytes);
  if (!status.has_value()) {
    status = Status{Code::Unknown, "the server ended the call without a status", {}};
  } else if (!bytes.has_value()) {
    status = unreadable(bytes.error());
  } else if (*bytes > channel_->options.metadata_bytes) {
    status =
        Status{Code::ResourceExhausted, "the server's trailers are larger than is accepted", {}};
  }
  end(std::move(*status));
}

Task<Result<std::optional<std::string>>> ClientCall::read() {
  auto began = co_await head();
  if (!began.has_value() && !over_) co_return std::move(began).error();
  while (true) {
    if (over_) {
      if (!status_.ok()) co_return status_.to_error();
      co_return std::optional<std::string>();
    }
    auto whole = messages_.read(rest_);
    if (!whole.has_value()) co_return fail(Status::from_error(whole.error()));
    if (*whole) {
      auto bytes = decode(messages_.take_message(), response_encoding_, receive_bytes_);
      if (!bytes.has_value()) co_return fail(Status::from_error(bytes.error()));
      for (const auto& interceptor : channel_->options.interceptors) {
        auto allowed = interceptor->received(start_, *bytes);
        if (!allowed.has_value()) co_return fail(Status::from_error(allowed.error()));
      }
      co_return std::optional<std::string>(std::move(*bytes));
    }
    auto piece = co_await reading_->exchange.read(token());
    if (over_) continue;
    if (!piece.has_value()) co_return fail(status_of(*reading_, piece.error()));
    rest_ = *piece;
    if (!piece->empty()) continue;
    if (auto ended = messages_.end(); !ended.has_value())
      co_return fail(Status::from_error(ended.error()));
    take_trailers(reading_->exchange.trailers());
  }
}

Task<Reply> ClientCall::reply() {
  Reply reply;
  std::optional<std::string> only;
  while (true) {
    auto message = co_await read();
    if (!message.has_value() || !message->has_value()) break;
    if (only.has_value()) {
      end({Code::Unimplemented, "the method gives one message, and more came", {}});
      break;
    }
    only = std::move(**message);
  }
  reply.status = status_;
  if (reply.status.ok() && !only.has_value())
    reply.status = {Code::Unimplemented, "the method gives one message, and none came", {}};
  if (reply.status.ok()) reply.message = std::move(*only);
  reply.initial_metadata = initial_;
  reply.trailing_metadata = trailing_;
  co_return reply;
}

}  // namespace avila::grpc::detail
