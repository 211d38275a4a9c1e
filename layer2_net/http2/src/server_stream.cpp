#include <algorithm>
#include <utility>

#include "request.hpp"
#include "server_connection.hpp"

namespace avila::http2::detail {

ServerStream::ServerStream(ServerConnection& connection, Engine::Stream& of,
                           const CancelToken& stop)
    : StreamIo(connection, of), cancel_source(stop), connection_(connection) {}

Task<Result<ByteSpan>> ServerStream::read() {
  if (std::exchange(expect_continue, false)) {
    {
      const std::lock_guard lock(connection_.mutex);
      const bool wanted = !head_sent && stream != nullptr && !ended && arrived.empty();
      if (wanted) connection_.send_interim(*stream, 100, {});
    }
    connection_.kick();
  }
  const CancelToken token = reading.has_value() ? reading->token() : cancel_source.token();
  auto piece = co_await StreamIo::receive(token);
  if (!piece.has_value() && too_large)
    co_return Error(http::HttpError::BodyTooLarge, "the body is larger than is accepted");
  co_return std::move(piece);
}

Task<Result<void>> ServerStream::write(ByteSpan bytes) {
  if (gathered_.size() + bytes.size() < kGatherBytes) {
    gathered_ += as_text(bytes);
    co_return Result<void>();
  }
  auto flushed = co_await flush();
  if (!flushed.has_value()) co_return std::move(flushed).error();
  if (bytes.size() < kGatherBytes) {
    gathered_ += as_text(bytes);
    co_return Result<void>();
  }
  const CancelToken token = cancel_source.token();
  AVILA_CO_TRY_VOID(begin());
  auto sent = co_await StreamIo::send(bytes, false, token);
  co_return std::move(sent);
}

Result<void> ServerStream::begin() {
  if (head_sent) return {};
  const std::lock_guard lock(connection_.mutex);
  if (stream == nullptr) return Error(Errc::Closed, "the peer is gone");
  connection_.send_head(*this, false);
  return {};
}

Task<Result<void>> ServerStream::flush() {
  const bool late = !head_sent;
  AVILA_CO_TRY_VOID(begin());
  if (gathered_.empty()) {
    if (late) connection_.kick();
    co_return Result<void>();
  }
  const CancelToken token = cancel_source.token();
  const ByteSpan bytes = as_bytes(gathered_);
  auto sent = co_await StreamIo::send(bytes, false, token);
  gathered_.clear();
  co_return std::move(sent);
}

Task<Result<void>> ServerStream::finish() {
  const CancelToken token = cancel_source.token();
  const ByteSpan bytes = as_bytes(gathered_);
  if (own_trailers_.empty()) {
    AVILA_CO_TRY_VOID(begin());
    auto sent = co_await StreamIo::send(bytes, true, token);
    gathered_.clear();
    co_return std::move(sent);
  }
  bool whole = false;
  {  // what the windows take leaves as one: head, body and trailers
    const std::lock_guard lock(connection_.mutex);
    if (stream == nullptr) co_return Error(Errc::Closed, "the peer is gone");
    if (!head_sent && bytes.empty()) {
      connection_.send_head(*this, true, &own_trailers_);
      whole = true;
    } else {
      if (!head_sent) connection_.send_head(*this, false);
      whole = connection_.engine.submit_whole(*stream, bytes);
      if (whole) end_with_trailers();
    }
  }
  if (!whole) {
    auto sent = co_await StreamIo::send(bytes, false, token);
    if (!sent.has_value()) co_return std::move(sent).error();
    const std::lock_guard lock(connection_.mutex);
    if (stream == nullptr) co_return Error(Errc::Closed, "the peer is gone");
    end_with_trailers();
  }
  gathered_.clear();
  connection_.kick();
  co_return Result<void>();
}

/// Under the mutex.
void ServerStream::end_with_trailers() {
  connection_.engine.begin_block();
  write_fields(connection_.engine, own_trailers_, true);
  connection_.engine.end_block(*stream, true);
}

Task<Result<void>> ServerStream::send_interim(int status, http::Headers headers) {
  {
    const std::lock_guard lock(connection_.mutex);
    if (stream == nullptr) co_return Error(Errc::Closed, "the peer is gone");
    if (head_sent) co_return Error(Errc::InvalidArgument, "the final response has begun");
    connection_.send_interim(*stream, status, headers);
  }
  connection_.kick();
  co_return Result<void>();
}

Task<Result<std::size_t>> ServerStream::read(MutableByteSpan buffer, CancelToken token) {
  if (buffer.empty()) co_return std::size_t{0};
  if (rest_.empty()) {
    auto piece = co_await StreamIo::receive(token);
    if (!piece.has_value()) co_return std::move(piece).error();
    rest_ = *piece;
  }
  co_return take_front(rest_, buffer);
}

std::optional<Result<std::size_t>> ServerStream::try_read(MutableByteSpan buffer) {
  if (rest_.empty() || buffer.empty()) return std::nullopt;
  return Result<std::size_t>(take_front(rest_, buffer));
}

Task<Result<void>> ServerStream::write_all(ByteSpan bytes, CancelToken token) {
  if (bytes.empty()) co_return Result<void>();
  auto sent = co_await StreamIo::send(bytes, false, token);
  co_return std::move(sent);
}

Task<Result<void>> ServerStream::shutdown_write() {
  {
    const std::lock_guard lock(connection_.mutex);
    if (stream == nullptr || stream->local_done) co_return Result<void>();
    connection_.engine.submit(*stream, {}, true);
  }
  connection_.kick();
  co_return Result<void>();
}

}  // namespace avila::http2::detail
