#include "connection.hpp"

#include <algorithm>
#include <array>
#include <avila/error/assert.hpp>
#include <avila/tcp/stream.hpp>
#include <cstring>
#include <memory>

namespace avila::http::detail {

namespace {

/// Often enough that the shortest time-out is late by a quarter at most.
Duration tick_for(const ServerOptions& options) noexcept {
  const Duration shortest = std::min(std::min(options.header_timeout, options.idle_timeout),
                                     std::min(options.body_grace, options.write_timeout));
  return std::clamp(shortest / 4, milliseconds(5), seconds(5));
}

}  // namespace

Connection::Connection(Server::State& state, async::Transport& transport, std::string peer,
                       std::string_view scheme)
    : state_(state),
      transport_(transport),
      stream_(dynamic_cast<tcp::Stream*>(&transport)),
      peer_(std::move(peer)),
      watchdog_(state.stop.token(), tick_for(state.options), &transport),
      body_(*this) {
  request_.peer = peer_;
  request_.scheme = scheme;
  request_.cancel = watchdog_.token();
}

Task<void> Connection::run() {
  // A drain closes the connection when it waits between requests; a request that runs is let end.
  const auto on_drain = state_.drain.token().on_cancel([this] {
    if (idle_.load()) watchdog_.cancel();
  });
  watchdog_.start();
  int without_yield = 0;
  while (true) {
    auto found = scanner_.scan(received(), state_.options.limits);
    if (!found.has_value()) {
      refuse(found.error());
      break;
    }
    if (!found->has_value()) {
      const bool more = co_await read_more();
      if (!more) break;
      without_yield = 0;
      continue;
    }
    if (state_.options.http2 != nullptr && served_ == 0 &&
        received().starts_with("PRI * HTTP/2.0\r\n\r\n")) {
      std::string bytes(received());
      co_await state_.options.http2->serve(transport_, std::move(bytes), peer_, state_.handler,
                                           state_.drain.token(), state_.stop.token());
      broken_ = true;  // the connection was the service's
      break;
    }
    const Step step = begin_exchange(**found);
    if (step == Step::End) break;
    if (step == Step::Await) {
      const bool next = co_await finish_exchange();
      if (!next) break;
    }
    if (out_.size() >= state_.options.output_buffer_bytes && !flush_now()) {
      const bool sent = co_await flush();
      if (!sent) break;
    }
    if (++without_yield == kExchangesWithoutYield) {
      without_yield = 0;
      co_await future::yield();
    }
  }
  if (!out_.empty() && !flush_now()) (void)co_await flush();
  if (unread_ && !broken_) co_await linger();
  transport_.close();
}

Task<bool> Connection::read_more() {
  if (!out_.empty() && !flush_now()) {
    const bool sent = co_await flush();
    if (!sent) co_return false;
  }
  make_room();
  const MutableByteSpan space(in_.get() + end_, capacity_ - end_);
  const bool between = begin_ == end_;
  std::optional<Result<std::size_t>> got = transport_.try_read(space);
  if (!got.has_value()) {
    const std::int64_t now = watchdog_.now_ns();
    const ServerOptions& options = state_.options;
    if (between) {
      idle_.store(true);
      if (state_.draining.load()) co_return false;
      watchdog_.set(now + (served_ == 0 ? options.header_timeout : options.idle_timeout).ns);
    } else {
      if (head_began_ns_ == 0) head_began_ns_ = now;
      watchdog_.set(head_began_ns_ + options.header_timeout.ns);
    }
    auto later = co_await transport_.read(space, watchdog_.token());
    idle_.store(false);
    watchdog_.set(Watchdog::kNever);
    got.emplace(std::move(later));
  }
  if (!got->has_value()) {
    if (watchdog_.expired()) {
      state_.timeouts.fetch_add(1, std::memory_order_relaxed);
      // RFC 9110 §15.5.9. Who has sent nothing gets nothing: it may be a connection kept warm.
      if (!between) refuse(408, "the request came too slowly");
    }
    co_return false;
  }
  const std::size_t n = **got;
  if (n == 0) co_return false;  // closed: between requests, or within a head that nobody completes
  if (between) head_began_ns_ = 0;
  end_ += n;
  co_return true;
}

Connection::Step Connection::begin_exchange(std::size_t head_bytes) {
  head_began_ns_ = 0;
  ParseLimits limits = state_.options.limits;
  const std::uint64_t whole_limit = limits.body_bytes;
  limits.body_bytes = kUnlimited;  // the plan decides
  const std::string_view bytes = received();
  state_.requests.fetch_add(1, std::memory_order_relaxed);
  auto parsed = parse_request_head(bytes.substr(0, head_bytes), limits, request_);
  if (!parsed.has_value()) {
    refuse(parsed.error());
    return Step::End;
  }
  request_.split_target();
  const BodyPlan plan = state_.handler.plan_body(request_);
  const Framing framing = request_.facts.framing;
  limits.body_bytes = plan.limit_bytes != BodyPlan::kServerLimit ? plan.limit_bytes
                      : plan.stream ? state_.options.streamed_body_bytes
                                    : whole_limit;
  if (framing.kind == Framing::Kind::Length && framing.length > limits.body_bytes) {
    refuse(413, "the body has " + std::to_string(framing.length) + " bytes; at most " +
                    std::to_string(limits.body_bytes) + " are accepted");
    return Step::End;
  }
  head_bytes_ = head_bytes;
  have_response_ = false;
  body_begun_ = false;
  whole_wanted_ = false;
  std::size_t consumed = head_bytes;
  if (framing.kind != Framing::Kind::None) {
    const std::string_view rest = bytes.substr(head_bytes);
    if (!plan.stream && framing.kind == Framing::Kind::Length && rest.size() >= framing.length) {
      request_.body = rest.substr(0, static_cast<std::size_t>(framing.length));
      consumed += request_.body.size();
    } else {
      body_.begin(framing, limits, as_bytes(rest), request_.facts.expect_continue);
      body_begun_ = true;
      whole_wanted_ = !plan.stream;
      if (plan.stream) {
        request_.stream = &body_;
        body_.allow_interrupt();
      }
      return Step::Await;
    }
  }
  head_bytes_ = consumed;
  if (!state_.handler.handle_now(request_, response_)) return Step::Await;
  if (response_.upgrade != nullptr || !small_body()) {
    have_response_ = true;
    return Step::Await;
  }
  const SendPlan send = plan_response(response_, request_, decide_keep_alive() && !response_.close);
  append_response(send);
  response_ = Response();
  release_request(consumed);
  return send.keep_alive ? Step::Next : Step::End;
}

bool Connection::decide_keep_alive() noexcept {
  ++served_;
  return request_.facts.keep_alive && served_ < state_.options.requests_per_connection &&
         !state_.draining.load(std::memory_order_relaxed);
}

Task<bool> Connection::finish_exchange() {
  // Who reads the body finds nothing left to write.
  if (body_begun_ && !out_.empty() && !flush_now()) {
    const bool flushed = co_await flush();
    if (!flushed) co_return false;
  }
  if (whole_wanted_) {
    auto whole = co_await body_.read_whole(whole_body_);
    if (!whole.has_value()) {
      const Error& error = whole.error();
      if (error.is(Errc::TimedOut)) {
        state_.timeouts.fetch_add(1, std::memory_order_relaxed);
        refuse(408, "the body came too slowly");
      } else if (error.domain() != nullptr) {
        refuse(error);
      } else {
        broken_ = true;  // closed or cancelled: nobody to answer
      }
      co_return false;
    }
    request_.body = whole_body_;
    request_.trailers = &body_.trailers();
  }
  if (!have_response_ && !state_.handler.handle_now(request_, response_)) {
    watchdog_.watch_peer(state_.options.cancel_on_hang_up);
    request_.interim = this;
    response_ = co_await state_.handler.handle(request_);
    request_.interim = nullptr;
    watchdog_.watch_peer(false);
  }
  bool keep = decide_keep_alive() && !response_.close;
  if (response_.duplex && body_begun_ && response_.body.kind() == Body::Kind::Stream) {
    auto begun = co_await begin_duplex();
    if (!begun.has_value()) co_return false;
  }
  const bool unread = !duplex_ && body_begun_ && !body_.done();
  if (unread) {
    // A peer that waits for 100 (Continue) has not sent it, and must not begin now.
    const bool wanted = !body_.withheld() && !body_.interrupted();
    keep = keep && wanted && body_.decoder().remaining().value_or(0) <= kLingerBytes;
    unread_ = !keep;
  }
  const SendPlan plan = plan_response(response_, request_, keep);
  bool ok = true;
  if (small_body()) {
    append_response(plan);
  } else {
    ok = co_await send(plan);
  }
  if (response_.upgrade != nullptr && ok) {
    ok = co_await flush();
    recover_left_over();
    std::string rest(received());
    if (ok) co_await response_.upgrade->run(transport_, std::move(rest), watchdog_.token());
    broken_ = true;  // the connection was the upgrade's
    ok = false;
  }
  response_ = Response();
  if (unread && ok && plan.keep_alive) {
    ok = co_await drop_body();
    unread_ = !ok;
  }
  if (duplex_) {
    duplex_ = false;
    watchdog_.watch_body(true);
    unread_ = body_begun_ && !body_.done();
    ok = ok && !unread_;
  }
  recover_left_over();
  if (whole_body_.capacity() > 64 * 1024) whole_body_ = std::string();
  co_return ok&& plan.keep_alive;
}

/// What the handler did not read: a little is taken off, else the connection ends. The answer is on
/// its way before that: who sends may wait for it.
Task<bool> Connection::drop_body() {
  const bool flushed = co_await flush();
  if (!flushed) co_return false;
  std::size_t left = kLingerBytes;
  while (!body_.done()) {
    auto piece = co_await body_.read();
    if (!piece.has_value() || piece->size() > left) co_return false;
    left -= piece->size();
  }
  co_return true;
}

bool Connection::small_body() const noexcept {
  return response_.body.kind() != Body::Kind::Stream &&
         response_.body.bytes().size() <= kInlineBodyBytes;
}

void Connection::append_response(const SendPlan& plan) {
  append_head(out_, response_, plan, request_, state_.options);
  if (plan.send_body) out_ += response_.body.text();
}

Task<bool> Connection::send(SendPlan plan) {
  if (response_.body.kind() == Body::Kind::Stream) co_return co_await send_stream(plan);
  append_head(out_, response_, plan, request_, state_.options);
  if (!plan.send_body) co_return true;
  const ByteSpan bytes = response_.body.bytes();
  auto written = co_await write_large(bytes);
  co_return written.has_value();
}

Task<bool> Connection::send_stream(SendPlan plan) {
  const std::size_t before = out_.size();
  const bool late_head = response_.late_head && plan.send_body;
  if (!late_head) append_head(out_, response_, plan, request_, state_.options);
  if (!plan.send_body) co_return true;
  const std::size_t with_head = out_.size();
  ResponseWriter writer(*this, plan, late_head);
  auto written = co_await response_.body.source()->write_to(writer);
  if (written.has_value()) written = co_await writer.finish();
  if (written.has_value()) co_return true;
  if (broken_) co_return false;
  if (out_.size() == with_head && !writer.began()) {  // nothing has left yet: say so instead
    out_.resize(before);
    const Response other = response_.body.source()->instead(written.error());
    const SendPlan closing = plan_response(other, request_, false);
    append_head(out_, other, closing, request_, state_.options);
    if (closing.send_body) out_ += other.body.text();
    unread_ = true;
  } else {
    // The head is gone already. Closing without the end of the body tells the peer.
    broken_ = true;
  }
  co_return false;
}

void Connection::refuse(const Error& error) {
  state_.requests_refused.fetch_add(1, std::memory_order_relaxed);
  refuse(status_of(error), error.to_string());
}

void Connection::refuse(int status, std::string_view detail) {
  const Request nothing;
  const Response response = Response::problem(status, detail);
  SendPlan plan = plan_response(response, nothing, false);
  append_head(out_, response, plan, nothing, state_.options);
  out_ += response.body.text();
  unread_ = true;
}

void Connection::release_request(std::size_t consumed) {
  request_.reset();
  begin_ += consumed;
  AVILA_DEBUG_ASSERT(begin_ <= end_);
  if (begin_ == end_) begin_ = end_ = 0;
  scanner_.reset();
}

/// Bytes behind the body, in the input buffer or in the body's own, become the next request's.
void Connection::recover_left_over() {
  if (!body_begun_) {
    release_request(head_bytes_);
    head_bytes_ = 0;
    return;
  }
  body_begun_ = false;
  const ByteSpan rest = body_.left_over();
  const bool inside = rest.data() >= in_.get() && rest.data() <= in_.get() + capacity_;
  if (inside) {
    release_request(end_ - begin_ - rest.size());
  } else {
    request_.reset();
    scanner_.reset();
    begin_ = end_ = 0;
    if (rest.size() > capacity_) grow(rest.size());
    if (!rest.empty()) std::memcpy(in_.get(), rest.data(), rest.size());
    end_ = rest.size();
  }
  head_bytes_ = 0;
}

bool Connection::flush_now() {
  if (broken_) return false;
  const auto wrote = transport_.try_write(as_bytes(out_));
  if (!wrote.has_value()) return false;
  if (!wrote->has_value()) {
    broken_ = true;
    return false;
  }
  if (**wrote < out_.size()) {
    out_.erase(0, **wrote);
    return false;
  }
  out_.clear();
  return true;
}

void Connection::write_deadline() noexcept {
  watchdog_.set(watchdog_.now_ns() + state_.options.write_timeout.ns);
}

Task<bool> Connection::flush() {
  if (broken_) co_return false;
  if (out_.empty()) co_return true;
  write_deadline();
  auto written = co_await transport_.write_all(as_bytes(out_), watchdog_.token());
  watchdog_.set(Watchdog::kNever);
  out_.clear();
  if (written.has_value()) co_return true;
  if (watchdog_.expired()) state_.timeouts.fetch_add(1, std::memory_order_relaxed);
  broken_ = true;
  co_return false;
}

Task<Result<void>> Connection::send_continue(CancelToken cancel) {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  auto locked = co_await handover_.lock(cancel);
  AVILA_CO_TRY(const future::AsyncMutex::Lock lock, std::move(locked));
  if (duplex_) co_return Result<void>();
  if (cancel.cancelled()) co_return future::cancelled_error("read");
  write_deadline();
  auto written = co_await transport_.write_all(as_bytes(kContinue), std::move(cancel));
  watchdog_.set(Watchdog::kNever);
  if (written.has_value()) co_return written;
  broken_ = true;  // a part of it may have gone
  if (!watchdog_.expired()) co_return written;
  state_.timeouts.fetch_add(1, std::memory_order_relaxed);
  co_return Error(Errc::Closed, "the peer took no 100 (Continue)");
}

Task<Result<void>> Connection::send_interim(int status, Headers headers) {
  auto locked = co_await handover_.lock(watchdog_.token());
  AVILA_CO_TRY(const future::AsyncMutex::Lock lock, std::move(locked));
  append_interim(out_, status, headers);
  const bool sent = co_await flush();
  if (!sent) co_return Error(Errc::Closed, "the peer is gone");
  co_return Result<void>();
}

/// Waits for a 100 (Continue) that is being written: as long as that has, no longer.
Task<Result<void>> Connection::begin_duplex() {
  auto locked = co_await handover_.lock();
  AVILA_CO_TRY(const future::AsyncMutex::Lock lock, std::move(locked));
  duplex_ = true;
  watchdog_.watch_body(false);
  co_return Result<void>();
}

Task<Result<void>> Connection::write_large(ByteSpan bytes) {
  if (broken_) co_return Error(Errc::Closed, "the peer is gone");
  std::size_t head_left = out_.size();
  while (head_left + bytes.size() > 0) {
    std::array<ByteSpan, 2> parts{as_bytes(out_).last(head_left), bytes};
    std::optional<Result<std::size_t>> wrote = transport_.try_write_vectored(parts);
    if (!wrote.has_value()) {
      parts[1] = bytes.first(std::min(bytes.size(), kWriteBytes));
      write_deadline();
      auto later = co_await transport_.write_vectored(parts, watchdog_.token());
      watchdog_.set(Watchdog::kNever);
      if (!later.has_value()) {
        if (watchdog_.expired()) state_.timeouts.fetch_add(1, std::memory_order_relaxed);
        broken_ = true;
        co_return std::move(later).error();
      }
      wrote.emplace(head_left + parts[1].size());
    }
    if (!wrote->has_value()) {
      broken_ = true;
      co_return std::move(*wrote).error();
    }
    const std::size_t n = **wrote;
    const std::size_t of_head = std::min(n, head_left);
    head_left -= of_head;
    bytes = bytes.subspan(n - of_head);
  }
  out_.clear();
  co_return Result<void>();
}

/// RFC 9112 §9.6: closing while the peer still sends makes a reset that can overtake our answer.
/// So our side ends first, and what comes is read for a while.
Task<void> Connection::linger() {
  auto ended = co_await transport_.shutdown_write();
  if (!ended.has_value()) co_return;
  std::size_t left = kLingerBytes;
  if (capacity_ == 0) grow(kFirstBufferBytes);
  watchdog_.set(watchdog_.now_ns() + seconds(1).ns);
  while (left > 0) {
    const MutableByteSpan space(in_.get(), std::min(capacity_, left));
    auto got = co_await transport_.read(space, watchdog_.token());
    if (!got.has_value() || *got == 0) break;
    left -= *got;
  }
  watchdog_.set(Watchdog::kNever);
}

void Connection::make_room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ < capacity_) return;
  if (begin_ > 0) {
    std::memmove(in_.get(), in_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    return;
  }
  grow(std::max(kFirstBufferBytes, capacity_ * 2));
}

void Connection::grow(std::size_t bytes) {
  std::unique_ptr<std::byte[]> larger(new std::byte[bytes]);
  if (end_ > begin_) std::memcpy(larger.get(), in_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  in_ = std::move(larger);
  capacity_ = bytes;
}

}  // namespace avila::http::detail
