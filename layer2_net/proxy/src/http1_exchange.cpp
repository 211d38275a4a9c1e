#include "http1_exchange.hpp"

#include <algorithm>
#include <avila/error/assert.hpp>
#include <cstring>

#include "endpoint.hpp"

namespace avila::proxy::detail {

bool is_hop_field(std::string_view name) noexcept {
  const auto is = [&](std::string_view text) { return http::equal_ignoring_case(name, text); };
  switch (name.size()) {
    case 2: return is("te");
    case 7: return is("upgrade");
    case 10: return is("connection") || is("keep-alive");
    case 14: return is("content-length");
    case 16: return is("proxy-connection");
    case 17: return is("transfer-encoding");
    default: return false;
  }
}

void Exchange::finish(std::unique_ptr<Exchange> exchange, bool complete) {
  if (exchange == nullptr) return;
  Exchange& self = *exchange;
  if (complete && self.give_back(exchange)) AVILA_DEBUG_ASSERT(exchange == nullptr);
}

Task<void> pass_interim(const Exchange& exchange, http::Request& request,
                        const std::vector<std::string>& removed) {
  http::Headers headers;
  exchange.copy_headers(headers);
  for (const std::string& name : removed) headers.remove(name);
  auto sent = co_await request.send_interim(exchange.status(), std::move(headers));
  (void)sent;  // who does not take it will not take the final response either
}

Http1Exchange::Http1Exchange(std::unique_ptr<async::Transport> transport,
                             const UpstreamOptions& options, Duration tick)
    : transport_(std::move(transport)), options_(options), alarm_(tick) {}

Http1Exchange::~Http1Exchange() = default;

void Http1Exchange::begin(std::shared_ptr<Endpoint> endpoint, bool reused) {
  endpoint_ = std::move(endpoint);
  reused_ = reused;
  sent_any_ = sent_all_ = have_head_ = expect_continue_ = false;
  filled_ = false;
  interim_count_ = 0;
  writing_.reset();
  decoder_ = http::BodyDecoder();
  scanner_.reset();
}

bool Http1Exchange::alive() {
  if (alarm_.cancelled() || transport_->hung_up()) return false;
  std::byte probe;  // the end of the stream, or bytes nobody asked for
  return !transport_->try_read({&probe, 1}).has_value();
}

Error Http1Exchange::translate(Error error, std::string_view what) const {
  if (!error.is(Errc::Cancelled) || !alarm_.expired()) return error;
  return Error(Errc::TimedOut, std::string(what) + " took too long");
}

/// As much as goes at once; true: that was all.
Result<bool> Http1Exchange::write_now(ByteSpan& bytes) {
  if (bytes.empty()) return true;
  auto now = transport_->try_write(bytes);
  if (!now.has_value()) return false;
  AVILA_TRY(const std::size_t count, std::move(*now));
  sent_any_ = true;
  bytes = bytes.subspan(count);
  return bytes.empty();
}

Task<Result<void>> Http1Exchange::write(ByteSpan bytes) {
  AVILA_CO_TRY(const bool done, write_now(bytes));
  alarm_.put_head_off(options_.timeouts.first_byte);
  if (done) co_return Result<void>();
  sent_any_ = true;
  alarm_.set(Alarm::kWrite, options_.timeouts.idle);
  const CancelToken token = writing_.has_value() ? writing_->token() : alarm_.token();
  auto written = co_await transport_->write_all(bytes, token);
  alarm_.clear(Alarm::kWrite);
  if (!written.has_value()) co_return translate(std::move(written).error(), "sending a request");
  alarm_.put_head_off(options_.timeouts.first_byte);
  co_return Result<void>();
}

Task<Result<void>> Http1Exchange::send_head(const OutgoingHead& head, ByteSpan body) {
  method_ = http::parse_method(head.method);
  sending_ = head.framing;
  expect_continue_ = head.expect_continue;
  out_.clear();
  out_.append(head.method).append(" ").append(head.target).append(" HTTP/1.1\r\nHost: ");
  out_.append(head.authority).append("\r\n").append(head.headers.wire());
  if (!head.upgrade.empty())
    out_.append("Connection: Upgrade\r\nUpgrade: ").append(head.upgrade).append("\r\n");
  if (sending_.kind == http::Framing::Kind::Length) {
    out_.append("Content-Length: ").append(std::to_string(sending_.length)).append("\r\n");
  } else if (sending_.kind == http::Framing::Kind::Chunked) {
    out_ += "Transfer-Encoding: chunked\r\n";
  }
  if (expect_continue_) out_ += "Expect: 100-continue\r\n";
  out_ += "\r\n";
  const bool whole =
      sending_.kind == http::Framing::Kind::None ||
      (sending_.kind == http::Framing::Kind::Length && body.size() == sending_.length);
  if (body.size() <= kFirstBytes) {
    out_.append(as_text(body));
    body = {};
  }
  ByteSpan bytes = as_bytes(out_);
  AVILA_CO_TRY(const bool done, write_now(bytes));
  Result<void> written;
  if (!done) written = co_await write(bytes);
  if (written.has_value() && !body.empty()) written = co_await write(body);
  sent_all_ = written.has_value() && whole;
  if (!whole) writing_.emplace(alarm_.token());
  co_return written;
}

Task<Result<void>> Http1Exchange::send_body(ByteSpan bytes) {
  if (sending_.kind != http::Framing::Kind::Chunked) {
    auto written = co_await write(bytes);
    co_return written;
  }
  char head[18];
  out_.assign(head, http::write_chunk_head(head, bytes.size()));
  if (bytes.size() <= kFirstBytes) {
    out_.append(as_text(bytes)).append("\r\n");
    const ByteSpan all = as_bytes(out_);
    auto written = co_await write(all);
    co_return written;
  }
  const ByteSpan before = as_bytes(out_);
  auto written = co_await write(before);
  if (written.has_value()) written = co_await write(bytes);
  static constexpr std::string_view kEnd = "\r\n";
  const ByteSpan after = as_bytes(kEnd);
  if (written.has_value()) written = co_await write(after);
  co_return written;
}

Task<Result<void>> Http1Exchange::send_end(const http::Headers& trailers) {
  if (sending_.kind == http::Framing::Kind::Chunked) {
    out_ = "0\r\n";
    out_.append(trailers.wire()).append("\r\n");
    const ByteSpan bytes = as_bytes(out_);
    auto written = co_await write(bytes);
    AVILA_CO_TRY_VOID(std::move(written));
  }
  sent_all_ = true;
  co_return Result<void>();
}

/// Space behind what was received; larger, or moved to the front, where it has to be.
MutableByteSpan Http1Exchange::room(std::size_t capacity) {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == capacity_ || capacity > capacity_) {
    const std::size_t wanted = std::max(capacity, end_ - begin_ == capacity_ ? 2 * capacity_ : 0);
    if (wanted > capacity_) {
      std::unique_ptr<std::byte[]> larger(new std::byte[wanted]);
      if (end_ > begin_) std::memcpy(larger.get(), in_.get() + begin_, end_ - begin_);
      in_ = std::move(larger);
      capacity_ = wanted;
    } else if (begin_ > 0) {
      std::memmove(in_.get(), in_.get() + begin_, end_ - begin_);
    }
    end_ -= begin_;
    begin_ = 0;
  }
  return {in_.get() + end_, capacity_ - end_};
}

Task<Result<void>> Http1Exchange::receive_head() {
  if (have_head_) co_return Result<void>();
  alarm_.begin_head(options_.timeouts.first_byte);
  while (true) {
    AVILA_CO_TRY(const std::optional<std::size_t> found,
                 scanner_.scan(received(), options_.limits));
    if (!found.has_value()) {
      const MutableByteSpan space = room(kFirstBytes);
      auto now = transport_->try_read(space);
      if (!now.has_value()) {
        auto later = co_await transport_->read(space, alarm_.token());
        now.emplace(std::move(later));
      }
      if (!now->has_value()) co_return translate(std::move(*now).error(), "the response");
      if (**now == 0) {
        if (begin_ == end_) co_return Error(Errc::Closed, "the endpoint closed the connection");
        co_return Error(http::HttpError::BadStatusLine, "the endpoint closed within the head");
      }
      end_ += **now;
      continue;
    }
    AVILA_CO_TRY_VOID(
        http::parse_response_head(received().substr(0, *found), options_.limits, method_, head_));
    if (head_.status / 100 == 1 && head_.status != 101) {  // RFC 9110 §15.2: interim
      begin_ += *found;
      scanner_.reset();
      if (++interim_count_ > kInterimMax)
        co_return Error(http::HttpError::BadStatusLine, "too many interim responses");
      if (head_.status == 100 && !std::exchange(expect_continue_, false)) continue;
      alarm_.end_head();
      co_return Result<void>();
    }
    // The views stay where they are until the body's bytes need the room: then they are not wanted
    // any more, for copy_headers() comes before that.
    begin_ += *found;
    have_head_ = true;
    alarm_.end_head();
    decoder_ = http::BodyDecoder(head_.facts.framing, options_.limits);
    co_return Result<void>();
  }
}

void Http1Exchange::copy_headers(http::Headers& to) const {
  to.reserve(512);
  for (const http::Field& field : head_.fields) {
    if (is_hop_field(field.name)) continue;
    if (head_.facts.connection_fields && head_.fields.contains_token("connection", field.name))
      continue;
    to.add(field.name, field.value);
  }
}

std::optional<std::uint64_t> Http1Exchange::length() const noexcept {
  using Kind = http::Framing::Kind;
  const Kind kind = head_.facts.framing.kind;
  if (kind == Kind::Length) return head_.facts.framing.length;
  if (kind != Kind::None) return std::nullopt;
  // No body follows, but a response to HEAD says how long it would be.
  const auto announced = head_.fields.find("content-length");
  if (!announced.has_value() || announced->size() > 18) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : *announced) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::optional<std::string> Http1Exchange::whole_body(std::size_t limit) {
  if (decoder_.done()) return std::string();
  const auto left = decoder_.remaining();
  if (!left.has_value() || *left > limit || received().size() < *left) return std::nullopt;
  const auto count = static_cast<std::size_t>(*left);
  std::string body(received().substr(0, count));
  auto step = decoder_.next(as_bytes(received()));
  if (!step.has_value()) return std::nullopt;
  begin_ += step->consumed;
  return body;
}

/// A piece of what was received; nothing where more bytes are needed.
std::optional<Result<ByteSpan>> Http1Exchange::decode() {
  while (!decoder_.done()) {
    if (begin_ == end_) return std::nullopt;
    auto step = decoder_.next(as_bytes(received()));
    if (!step.has_value()) return Result<ByteSpan>(std::move(step).error());
    begin_ += step->consumed;
    if (!step->data.empty()) return Result<ByteSpan>(step->data);
    if (step->consumed == 0) return std::nullopt;
  }
  return Result<ByteSpan>(ByteSpan());
}

Result<void> Http1Exchange::took(std::size_t count) {
  end_ += count;
  if (count > 0) return {};
  head_.facts.keep_alive = false;
  return decoder_.end_of_input();
}

std::optional<Result<ByteSpan>> Http1Exchange::receive_now() {
  while (true) {
    if (auto piece = decode(); piece.has_value()) return piece;
    const bool large = filled_ || decoder_.remaining().value_or(0) > kFirstBytes;
    const MutableByteSpan space = room(large ? kStreamBytes : kFirstBytes);
    auto got = transport_->try_read(space);
    if (!got.has_value()) return std::nullopt;
    if (!got->has_value()) return Result<ByteSpan>(std::move(*got).error());
    filled_ = **got == space.size();
    if (auto taken = took(**got); !taken.has_value())
      return Result<ByteSpan>(std::move(taken).error());
  }
}

Task<Result<ByteSpan>> Http1Exchange::receive() {
  while (true) {
    if (auto piece = receive_now(); piece.has_value()) co_return std::move(*piece);
    alarm_.set(Alarm::kRead, options_.timeouts.idle);
    const MutableByteSpan space = room(kFirstBytes);
    auto got = co_await transport_->read(space, alarm_.token());
    alarm_.clear(Alarm::kRead);
    if (!got.has_value()) co_return translate(std::move(got).error(), "the response's body");
    AVILA_CO_TRY_VOID(took(*got));
  }
}

std::unique_ptr<async::Transport> Http1Exchange::take_transport(std::string& received_bytes) {
  received_bytes = std::string(received());
  begin_ = end_ = 0;
  return std::move(transport_);
}

bool Http1Exchange::give_back(std::unique_ptr<Exchange>& self) {
  const bool clean = sent_all_ && have_head_ && decoder_.done() && begin_ == end_ &&
                     head_.facts.keep_alive && head_.status != 101 && transport_ != nullptr &&
                     !alarm_.cancelled() && options_.send_proxy_header == SendProxyHeader::None;
  if (!clean) return false;
  alarm_.clear(Alarm::kTotal);
  follow_.reset();
  if (alarm_.cancelled()) return false;
  if (capacity_ > kKeptBytes) {
    in_.reset();
    capacity_ = begin_ = end_ = 0;
  }
  if (out_.capacity() > 2 * kKeptBytes) out_ = std::string();
  idle_since = future::Scheduler::require().coarse_now();
  const std::shared_ptr<Endpoint> endpoint = std::move(endpoint_);
  endpoint_ = nullptr;
  std::unique_ptr<Http1Exchange> oldest;  // goes after the lock
  const std::lock_guard lock(endpoint->mutex);
  auto& idle = endpoint->idle;
  if (options_.pool_per_endpoint == 0) return false;
  const bool old = !idle.empty() && idle_since - idle.front()->idle_since > options_.pool_idle;
  if (old || idle.size() >= options_.pool_per_endpoint) {
    oldest = std::move(idle.front());
    idle.erase(idle.begin());
  }
  (void)self.release();
  idle.emplace_back(this);
  return true;
}

}  // namespace avila::proxy::detail
