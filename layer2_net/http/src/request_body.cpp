#include <algorithm>

#include "connection.hpp"

namespace avila::http::detail {

void RequestBody::begin(Framing framing, const ParseLimits& limits, ByteSpan received,
                        bool expect_continue) {
  decoder_ = BodyDecoder(framing, limits);
  pending_ = received;
  // RFC 9110 §10.1.1: no 100 (Continue) when the body has begun to come anyway.
  expect_continue_ = expect_continue && received.empty() && !decoder_.done();
  waited_ns_ = 0;
  reading_.reset();
}

void RequestBody::allow_interrupt() { reading_.emplace(connection_.watchdog_.token()); }

CancelToken RequestBody::token() const {
  return reading_.has_value() ? reading_->token() : connection_.watchdog_.token();
}

Task<Result<ByteSpan>> RequestBody::read() {
  while (!decoder_.done()) {
    if (pending_.empty()) {
      auto filled = co_await fill();
      AVILA_CO_TRY_VOID(std::move(filled));
      continue;
    }
    AVILA_CO_TRY(const BodyDecoder::Step step, decoder_.next(pending_));
    pending_ = pending_.subspan(step.consumed);
    if (!step.data.empty()) co_return step.data;
  }
  co_return ByteSpan();
}

/// How much longer the peer may take: a grace, and time for what it has sent at the least rate.
std::int64_t RequestBody::allowance_ns() const noexcept {
  const ServerOptions& options = connection_.state_.options;
  const double rate = std::max<std::uint32_t>(1, options.body_bytes_per_second);
  const double earned = static_cast<double>(decoder_.decoded_bytes()) / rate * 1e9;
  const auto earned_ns = static_cast<std::int64_t>(std::min(earned, 1e18));
  return options.body_grace.ns + earned_ns - waited_ns_;
}

Task<Result<void>> RequestBody::fill() {
  if (expect_continue_) {
    auto told = co_await connection_.send_continue(token());
    AVILA_CO_TRY_VOID(std::move(told));
    expect_continue_ = false;
  }
  if (scratch_ == nullptr) scratch_.reset(new std::byte[kScratchBytes]);
  const MutableByteSpan space(scratch_.get(), kScratchBytes);
  std::optional<Result<std::size_t>> now = connection_.transport_.try_read(space);
  if (!now.has_value()) {
    Watchdog& watchdog = connection_.watchdog_;
    const std::int64_t began = watchdog.now_ns();
    watchdog.set_body(began + std::max<std::int64_t>(0, allowance_ns()));
    auto later = co_await connection_.transport_.read(space, token());
    watchdog.set_body(Watchdog::kNever);
    waited_ns_ += watchdog.now_ns() - began;
    if (!later.has_value() && watchdog.expired())
      co_return Error(Errc::TimedOut, "the body came too slowly");
    now.emplace(std::move(later));
  }
  AVILA_CO_TRY(const std::size_t n, std::move(*now));
  if (n == 0) {
    AVILA_CO_TRY_VOID(decoder_.end_of_input());
    co_return Result<void>();
  }
  pending_ = ByteSpan(scratch_.get(), n);
  co_return Result<void>();
}

Task<Result<void>> RequestBody::read_whole(std::string& to) {
  to.clear();
  // Room for what is announced, but no more than twice what came: a liar gets no memory.
  while (true) {
    auto piece = co_await read();
    AVILA_CO_TRY(const ByteSpan bytes, std::move(piece));
    if (bytes.empty()) co_return Result<void>();
    if (to.size() + bytes.size() > to.capacity()) {
      const std::uint64_t rest = decoder_.remaining().value_or(0);
      const std::uint64_t wanted = to.size() + bytes.size() + rest;
      to.reserve(static_cast<std::size_t>(
          std::min<std::uint64_t>(wanted, 2 * (to.size() + bytes.size()) + 64 * 1024)));
    }
    to.append(as_text(bytes));
  }
}

}  // namespace avila::http::detail
