#include <avila/grpc/channel.hpp>
#include <avila/grpc/server_call.hpp>

#include "client_call.hpp"

namespace avila::grpc {

std::string_view to_string(Connectivity state) noexcept {
  switch (state) {
    case Connectivity::Idle: return "IDLE";
    case Connectivity::Connecting: return "CONNECTING";
    case Connectivity::Ready: return "READY";
    case Connectivity::TransientFailure: return "TRANSIENT_FAILURE";
    case Connectivity::Shutdown: break;
  }
  return "SHUTDOWN";
}

CallOptions CallOptions::of(const ServerCall& call) {
  CallOptions options;
  options.timeout = call.time_left();
  return options;
}

Task<Result<void>> ClientInterceptor::start(CallStart&, CancelToken) { co_return Result<void>(); }
Result<void> ClientInterceptor::sending(const CallStart&, std::string&) { return {}; }
Result<void> ClientInterceptor::received(const CallStart&, std::string&) { return {}; }
void ClientInterceptor::finished(const CallStart&, const Status&, const Metadata&) {}

Result<std::string> Reply::result() && {
  if (!status.ok()) return status.to_error();
  return std::move(message);
}

Call::Call(std::shared_ptr<detail::ClientCall> call) noexcept : call_(std::move(call)) {}
Call::~Call() {
  if (call_ != nullptr) call_->abandon();
}

Task<Result<void>> Call::write(ByteSpan message) { return call_->write(message, false); }
Task<Result<void>> Call::write_last(ByteSpan message) { return call_->write(message, true); }
Task<Result<void>> Call::writes_done() { return call_->half_close(); }
Task<Result<std::optional<std::string>>> Call::read() { return call_->read(); }
Task<Reply> Call::reply() { return call_->reply(); }
const Status& Call::status() const noexcept { return call_->status(); }
const Metadata& Call::trailing_metadata() const noexcept { return call_->trailing(); }
void Call::cancel() noexcept { call_->cancel(); }

Task<Result<const Metadata*>> Call::initial_metadata() {
  const std::shared_ptr<detail::ClientCall> call = call_;
  auto began = co_await call->head();
  AVILA_CO_TRY_VOID(std::move(began));
  co_return &call->initial();
}

Task<Status> Call::finish() {
  const std::shared_ptr<detail::ClientCall> call = call_;
  while (true) {
    auto message = co_await call->read();
    if (!message.has_value() || !message->has_value()) co_return call->status();
  }
}

Channel::Channel(std::shared_ptr<detail::ChannelState> state) noexcept : state_(std::move(state)) {}

Result<Channel> Channel::make(async::Executor& executor, std::string_view target,
                              ChannelOptions options) {
  AVILA_TRY(Target parsed, parse_target(target));
  return Channel(
      std::make_shared<detail::ChannelState>(executor, std::move(parsed), std::move(options)));
}

Channel::~Channel() {
  if (state_ == nullptr) return;
  {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
  }
  state_->changed.raise();
  state_->stop.cancel();
}

Task<Call> Channel::call(std::string method, CallOptions options, CancelToken cancel) {
  CallStart start{std::move(method), std::move(options)};
  auto made = std::make_shared<detail::ClientCall>(state_, std::move(start), cancel);
  co_await made->begin(false);
  co_return Call(std::move(made));
}

Task<Reply> Channel::unary(std::string method, std::string request, CallOptions options,
                           CancelToken cancel) {
  CallStart start{std::move(method), std::move(options)};
  const auto made = std::make_shared<detail::ClientCall>(state_, std::move(start), cancel);
  co_await made->begin(true);
  auto written = co_await made->write(as_bytes(request), true);
  if (!written.has_value() && !written.error().is(Errc::Closed))
    made->refuse(Status::from_error(written.error()));
  auto reply = co_await made->reply();
  made->abandon();
  co_return reply;
}

Task<Result<void>> Channel::connect(CancelToken cancel) {
  const std::shared_ptr<detail::ChannelState> state = state_;
  auto picked = co_await state->pick(false, cancel);
  if (!picked.has_value()) co_return std::move(picked).error();
  co_return Result<void>();
}

Connectivity Channel::state() const noexcept { return state_->connectivity(); }

Task<void> Channel::close(Duration drain) {
  const std::shared_ptr<detail::ChannelState> state = state_;
  {
    const std::lock_guard lock(state->mutex);
    state->closed = true;
  }
  state->changed.raise();
  const future::Deadline deadline(drain);
  bool waiting = true;
  while (waiting) {
    const std::uint64_t seen = state->changed.count();
    {
      const std::lock_guard lock(state->mutex);
      if (!state->busy()) break;
    }
    auto waited = co_await state->changed.wait_past(seen, deadline.token());
    waiting = waited.has_value();
  }
  state->stop.cancel();
  while (true) {
    const std::uint64_t seen = state->changed.count();
    {
      const std::lock_guard lock(state->mutex);
      if (state->tasks == 0) co_return;
    }
    auto waited = co_await state->changed.wait_past(seen);
    (void)waited;
  }
}

}  // namespace avila::grpc
