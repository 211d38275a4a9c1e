#include <avila/future/sleep.hpp>
#include <avila/http/body_sender.hpp>

namespace avila::http {

BodySender::BodySender(BodyReader& reader, BodySink& sink, Options options,
                       const CancelToken& cancel)
    : reader_(reader), sink_(sink), options_(options), stopping_(cancel), waiting_(cancel) {}

Task<void> BodySender::run() {
  complete_ = co_await send();
  if (failure_) co_return;
  // A server may answer and close without reading it all: its answer counts.
  future::Deadline deadline(options_.step_timeout, stopping_.token());
  auto waited = co_await answered_.wait(deadline.token());
  if (!waited.has_value() && deadline.expired())
    give_up(Error(Errc::TimedOut, "the server did not answer in time"));
}

/// False: not all of it went; failure_ says why where that is ours to say.
Task<bool> BodySender::send() {
  const CancelToken stopped = stopping_.token();
  if (options_.expect_continue > Duration::zero()) {
    // RFC 9110 §10.1.1: one does not wait for ever.
    future::Deadline deadline(options_.expect_continue, stopped);
    auto waited = co_await go_on_.wait(deadline.token());
    (void)waited;
  }
  begun_.store(true);
  std::uint64_t left = options_.length.value_or(~std::uint64_t{0});
  while (true) {
    if (stopped.cancelled()) co_return false;
    auto piece = co_await reader_.read();
    if (stopped.cancelled()) co_return false;
    if (!piece.has_value()) co_return give_up(std::move(piece).error().context("request body"));
    if (piece->empty()) break;
    if (piece->size() > left)
      co_return give_up(Error(Errc::InvalidArgument, "the body is longer than was announced"));
    left -= piece->size();
    future::Deadline deadline(options_.step_timeout, stopped);
    const ByteSpan bytes = *piece;
    auto written = co_await sink_.write(bytes, deadline.token());
    if (deadline.expired() && !written.has_value())
      co_return give_up(Error(Errc::TimedOut, "the server takes no more of the body"));
    if (!written.has_value()) co_return false;
  }
  if (options_.length.has_value() && left > 0)
    co_return give_up(Error(Errc::InvalidArgument, "the body is shorter than was announced"));
  future::Deadline deadline(options_.step_timeout, stopped);
  Headers trailers = reader_.trailers();
  auto finished = co_await sink_.finish(std::move(trailers), deadline.token());
  co_return finished.has_value();
}

bool BodySender::give_up(Error error) {
  failure_.emplace(std::move(error));
  waiting_.cancel();
  return false;
}

void BodySender::stop() noexcept {
  stopping_.cancel();
  reader_.interrupt();
}

Task<Result<void>> BodySender::answered(int status) {
  const bool unwanted = status >= 300 || !begun_.load();
  if (unwanted) stop();
  go_on_.set();
  answered_.set();
  auto joined = co_await group_.join();
  (void)joined;  // what it has to say is failure_
  if (failure_ && !unwanted) co_return std::move(*failure_);
  co_return Result<void>();
}

Task<Error> BodySender::failed(Error error) {
  stop();
  auto joined = co_await group_.join();
  (void)joined;
  if (failure_) co_return std::move(*failure_);
  co_return error;
}

}  // namespace avila::http
