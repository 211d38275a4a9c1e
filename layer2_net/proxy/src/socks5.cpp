#include <avila/proxy/socks5.hpp>

#include <algorithm>
#include <avila/future/sleep.hpp>
#include <avila/proxy/relay.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/tcp/stream.hpp>

#include "credentials.hpp"
#include "socks5_state.hpp"

namespace avila::proxy {

namespace {

constexpr std::uint8_t kVersion = 5;
constexpr std::uint8_t kNoMethod = 0xff;
constexpr Duration kHandshakeTime = seconds(10);

using SharedState = detail::SocksState;

/// Reads until `parse` has its message.
template <class T>
Task<Result<T>> receive(async::Transport& transport, std::string& received,
                        Result<std::optional<SocksParsed<T>>> (*parse)(ByteSpan),
                        CancelToken cancel) {
  while (true) {
    AVILA_CO_TRY(auto found, parse(as_bytes(received)));
    if (found.has_value()) {
      received.erase(0, found->size_bytes);
      co_return std::move(found->message);
    }
    if (received.size() >= kSocksMessageBytesMax)
      co_return Error(Errc::LimitExceeded, "the message is too long");
    std::byte buffer[512];
    const MutableByteSpan space(buffer);
    auto got = co_await transport.read(space, cancel);
    AVILA_CO_TRY(const std::size_t count, std::move(got));
    if (count == 0) co_return Error(Errc::Closed, "the client has gone");
    received.append(as_text(space.first(count)));
  }
}

Task<Result<void>> say(async::Transport& transport, std::string text, CancelToken cancel) {
  const ByteSpan bytes = as_bytes(text);
  auto written = co_await transport.write_all(bytes, std::move(cancel));
  co_return written;
}

/// The handshake; what the client wants to be connected with.
Task<Result<SocksRequest>> negotiate(SharedState state, async::Transport& transport,
                                     std::string& received, CancelToken cancel) {
  auto greeted = co_await receive<SocksGreeting>(transport, received, parse_socks_greeting, cancel);
  AVILA_CO_TRY(const SocksGreeting greeting, std::move(greeted));
  const bool needs_password = !state->options.users.empty();
  const std::uint8_t method = needs_password ? 2 : 0;
  const auto& offered = greeting.methods;
  const bool offers = std::find(offered.begin(), offered.end(), method) != offered.end();
  std::string choice{static_cast<char>(kVersion), static_cast<char>(offers ? method : kNoMethod)};
  auto said = co_await say(transport, std::move(choice), cancel);
  AVILA_CO_TRY_VOID(std::move(said));
  if (!offers) co_return Error(Errc::Unauthenticated, "no method in common");
  if (needs_password) {
    auto shown =
        co_await receive<SocksCredentials>(transport, received, parse_socks_credentials, cancel);
    AVILA_CO_TRY(const SocksCredentials credentials, std::move(shown));
    const bool known =
        detail::is_user(state->options.users, credentials.user, credentials.password);
    std::string verdict{'\x01', static_cast<char>(known ? 0 : 1)};
    auto told = co_await say(transport, std::move(verdict), cancel);
    AVILA_CO_TRY_VOID(std::move(told));
    if (!known) co_return Error(Errc::Unauthenticated, "wrong user or password");
  }
  auto asked = co_await receive<SocksRequest>(transport, received, parse_socks_request, cancel);
  if (!asked.has_value() && asked.error().is(Errc::Unsupported)) {
    std::string reply = socks_reply(SocksReply::AddressTypeNotSupported);
    auto told = co_await say(transport, std::move(reply), cancel);
    (void)told;  // it is told, or it is gone
  }
  co_return asked;
}

Task<Result<SocksRequest>> negotiate_in_time(SharedState state, async::Transport& transport,
                                             std::string& received) {
  const future::Deadline deadline(kHandshakeTime, state->stop.token());
  auto asked = co_await negotiate(state, transport, received, deadline.token());
  co_return asked;
}

Task<Result<void>> connect(SharedState state, async::Transport& transport, SocksRequest request,
                           std::string received) {
  const ForwardOptions& options = state->options;
  auto connected =
      co_await connect_by_policy(state->executor, std::move(request.host), request.port,
                                 options.destinations.ports, options, state->stop.token());
  AVILA_CO_TRY(tcp::Stream destination, std::move(connected));
  tcp::SocketAddress bound;
  if (auto local = destination.local_address(); local.has_value()) bound = *local;
  std::string reply = socks_reply(SocksReply::Succeeded, bound);
  auto said = co_await detail::socks_say(state, transport, std::move(reply));
  if (!said.has_value()) co_return Result<void>();
  auto moved = co_await relay(transport, std::move(received), destination, std::string(),
                              options.idle, state->stop.token());
  (void)moved;
  co_return Result<void>();
}

Task<Result<void>> serve_request(SharedState state, async::Transport& transport,
                                 std::optional<SocksEnds> ends, SocksRequest request,
                                 std::string received) {
  Task<Result<void>> serving;
  switch (static_cast<SocksCommand>(request.command)) {
    case SocksCommand::Connect:
      serving = connect(state, transport, std::move(request), std::move(received));
      break;
    case SocksCommand::Bind:
      serving = detail::socks_bind(state, transport, std::move(request), std::move(received));
      break;
    case SocksCommand::UdpAssociate:
      serving = detail::socks_associate(state, transport, std::move(ends), std::move(request));
      break;
    default: co_return Error(Errc::Unsupported, "there is no such command");
  }
  auto served = co_await serving;
  co_return served;
}

Task<void> serve_client(SharedState state, async::Transport& transport,
                        std::optional<SocksEnds> ends) {
  std::string received;
  auto asked = co_await negotiate_in_time(state, transport, received);
  if (!asked.has_value()) {
    state->refused.fetch_add(1, std::memory_order_relaxed);
    transport.close();
    co_return;
  }
  auto served = co_await serve_request(state, transport, std::move(ends), std::move(*asked),
                                       std::move(received));
  if (!served.has_value()) {
    const SocksReply reply = detail::socks_reply_of(served.error());
    if (reply == SocksReply::NotAllowed) {
      state->refused.fetch_add(1, std::memory_order_relaxed);
    } else if (reply != SocksReply::CommandNotSupported) {
      state->failed.fetch_add(1, std::memory_order_relaxed);
    }
    std::string text = socks_reply(reply);
    auto told = co_await detail::socks_say(state, transport, std::move(text));
    (void)told;
    auto ended = co_await transport.shutdown_write();
    (void)ended;  // it is told, or it is gone
  }
  transport.close();
}

Task<void> serve_accepted(SharedState state, std::unique_ptr<async::Transport> transport,
                          std::optional<SocksEnds> ends) {
  co_await serve_client(state, *transport, std::move(ends));
  transport.reset();
  state->connections.fetch_sub(1);
}

std::optional<SocksEnds> ends_of(const tcp::Stream& stream) {
  auto client = stream.peer_address();
  auto local = stream.local_address();
  if (!client.has_value() || !local.has_value()) return std::nullopt;
  return SocksEnds{std::move(*client), std::move(*local)};
}

Task<void> accept_loop(SharedState state, tcp::Listener listener) {
  while (true) {
    auto accepted = co_await listener.accept(state->stop.token());
    if (!accepted.has_value()) break;
    if (state->connections.load() >= state->options.tunnels) {
      state->refused.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    state->accepted.fetch_add(1, std::memory_order_relaxed);
    state->connections.fetch_add(1);
    std::optional<SocksEnds> ends = ends_of(*accepted);
    std::unique_ptr<async::Transport> transport(new tcp::Stream(std::move(*accepted)));
    state->executor.spawn(serve_accepted(state, std::move(transport), std::move(ends))).detach();
  }
  listener.close();
  state->tasks.fetch_sub(1);
}

}  // namespace

namespace detail {

SocksReply socks_reply_of(const Error& error) noexcept {
  if (error.is(Errc::PermissionDenied)) return SocksReply::NotAllowed;
  if (error.is(Errc::Unsupported)) return SocksReply::CommandNotSupported;
  if (error.is(Errc::ConnectionRefused)) return SocksReply::ConnectionRefused;
  if (error.is(Errc::NotFound) || error.is(Errc::TimedOut)) return SocksReply::HostUnreachable;
  return SocksReply::Failure;
}

Task<Result<void>> socks_say(SocksState state, async::Transport& transport, std::string text) {
  const future::Deadline deadline(kSocksSayTime, state->stop.token());
  auto said = co_await say(transport, std::move(text), deadline.token());
  co_return said;
}

}  // namespace detail

SocksServer::SocksServer(async::Executor& executor, ForwardOptions options, SocksOptions socks)
    : state_(std::make_shared<State>(executor, std::move(options), socks)) {}
SocksServer::~SocksServer() { state_->stop.cancel(); }

Result<void> SocksServer::listen(std::string_view address) {
  AVILA_TRY(const tcp::SocketAddress where, tcp::SocketAddress::parse(address));
  AVILA_TRY(tcp::Listener listener, tcp::Listener::bind(state_->executor, where));
  state_->address = listener.local_address().to_string();
  state_->tasks.fetch_add(1);
  state_->executor.spawn(accept_loop(state_, std::move(listener))).detach();
  return {};
}

std::string SocksServer::local_address() const { return state_->address; }

Task<void> SocksServer::serve(std::unique_ptr<async::Transport> transport,
                              std::optional<SocksEnds> ends) {
  state_->accepted.fetch_add(1, std::memory_order_relaxed);
  state_->connections.fetch_add(1);
  return serve_accepted(state_, std::move(transport), std::move(ends));
}

Task<void> SocksServer::shutdown() {
  const SharedState state = state_;
  state->stop.cancel();
  while (state->connections.load() + state->tasks.load() > 0)
    co_await future::sleep(milliseconds(2));
}

SocksMetrics SocksServer::metrics() const noexcept {
  return {state_->connections.load(), state_->accepted.load(),     state_->refused.load(),
          state_->failed.load(),      state_->associations.load(), state_->binds.load(),
          state_->datagrams.load(),   state_->dropped.load()};
}

}  // namespace avila::proxy
