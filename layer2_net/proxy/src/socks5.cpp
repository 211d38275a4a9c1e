#include <avila/proxy/socks5.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <avila/future/sleep.hpp>
#include <avila/proxy/relay.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/tcp/stream.hpp>

#include "credentials.hpp"

namespace avila::proxy {

namespace {

constexpr std::uint8_t kVersion = 5;
constexpr std::uint8_t kNoMethod = 0xff;
constexpr Duration kHandshakeTime = seconds(10);

std::uint8_t at(ByteSpan bytes, std::size_t index) noexcept {
  return static_cast<std::uint8_t>(bytes[index]);
}

std::string text(ByteSpan bytes, std::size_t from, std::size_t count) {
  return std::string(as_text(bytes.subspan(from, count)));
}

}  // namespace

Result<std::optional<SocksParsed<SocksGreeting>>> parse_socks_greeting(ByteSpan bytes) {
  using Out = std::optional<SocksParsed<SocksGreeting>>;
  if (bytes.empty()) return Out();
  if (at(bytes, 0) != kVersion)
    return Error(Errc::Malformed, "not version 5 of SOCKS", {.offset = 0});
  if (bytes.size() < 2) return Out();
  const std::size_t count = at(bytes, 1);
  if (count == 0) return Error(Errc::Malformed, "no method is offered", {.offset = 1});
  if (bytes.size() < 2 + count) return Out();
  SocksParsed<SocksGreeting> out;
  for (std::size_t i = 0; i < count; ++i) out.message.methods.push_back(at(bytes, 2 + i));
  out.size_bytes = 2 + count;
  return Out(std::move(out));
}

Result<std::optional<SocksParsed<SocksCredentials>>> parse_socks_credentials(ByteSpan bytes) {
  using Out = std::optional<SocksParsed<SocksCredentials>>;
  if (bytes.empty()) return Out();
  if (at(bytes, 0) != 1) return Error(Errc::Malformed, "not version 1 of RFC 1929", {.offset = 0});
  if (bytes.size() < 2) return Out();
  const std::size_t user = at(bytes, 1);
  if (user == 0) return Error(Errc::Malformed, "the user's name is empty", {.offset = 1});
  if (bytes.size() < 3 + user) return Out();
  const std::size_t password = at(bytes, 2 + user);
  if (bytes.size() < 3 + user + password) return Out();
  SocksParsed<SocksCredentials> out;
  out.message.user = text(bytes, 2, user);
  out.message.password = text(bytes, 3 + user, password);
  out.size_bytes = 3 + user + password;
  return Out(std::move(out));
}

Result<std::optional<SocksParsed<SocksRequest>>> parse_socks_request(ByteSpan bytes) {
  using Out = std::optional<SocksParsed<SocksRequest>>;
  if (bytes.empty()) return Out();
  if (at(bytes, 0) != kVersion)
    return Error(Errc::Malformed, "not version 5 of SOCKS", {.offset = 0});
  if (bytes.size() < 5) return Out();
  if (at(bytes, 2) != 0) return Error(Errc::Malformed, "the reserved byte is not 0", {.offset = 2});
  SocksParsed<SocksRequest> out;
  out.message.command = at(bytes, 1);
  std::size_t from = 4, count = 0;
  switch (at(bytes, 3)) {
    case 1: count = 4; break;
    case 3:
      count = at(bytes, 4);
      from = 5;
      if (count == 0) return Error(Errc::Malformed, "the name is empty", {.offset = 4});
      break;
    case 4: count = 16; break;
    default: return Error(Errc::Unsupported, "an address of another kind", {.offset = 3});
  }
  if (bytes.size() < from + count + 2) return Out();
  if (count == 4 && from == 4) {
    out.message.host =
        tcp::IpAddress::v4(at(bytes, 4), at(bytes, 5), at(bytes, 6), at(bytes, 7)).to_string();
  } else if (from == 4) {
    std::array<std::uint8_t, 16> address{};
    for (std::size_t i = 0; i < 16; ++i) address[i] = at(bytes, 4 + i);
    out.message.host = tcp::IpAddress::v6(address).to_string();
  } else {
    out.message.host = text(bytes, from, count);
    for (const char c : out.message.host)
      if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
        return Error(Errc::Malformed, "the name holds a control byte or a space", {.offset = 5});
  }
  const std::size_t port = from + count;
  out.message.port = static_cast<std::uint16_t>(at(bytes, port) << 8 | at(bytes, port + 1));
  out.size_bytes = port + 2;
  return Out(std::move(out));
}

std::string socks_reply(SocksReply reply, const tcp::SocketAddress& bound) {
  std::string out;
  out += static_cast<char>(kVersion);
  out += static_cast<char>(reply);
  out += '\0';
  const tcp::IpAddress ip = bound.is_unix() ? tcp::IpAddress() : bound.ip();
  const std::size_t count = ip.is_v4() ? 4 : 16;
  out += static_cast<char>(ip.is_v4() ? 1 : 4);
  for (std::size_t i = 0; i < count; ++i) out += static_cast<char>(ip.bytes()[i]);
  const std::uint16_t port = bound.port();
  out += static_cast<char>(port >> 8);
  out += static_cast<char>(port & 0xff);
  return out;
}

struct SocksServer::State {
  State(async::Executor& executor_value, ForwardOptions options_value)
      : executor(executor_value), options(std::move(options_value)) {}
  async::Executor& executor;
  const ForwardOptions options;
  future::CancelSource stop;
  std::atomic<std::uint64_t> connections{0}, accepted{0}, refused{0}, failed{0}, tasks{0};
  std::string address;
};

namespace {

using SharedState = std::shared_ptr<SocksServer::State>;

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

SocksReply reply_of(const Error& error) noexcept {
  if (error.is(Errc::PermissionDenied)) return SocksReply::NotAllowed;
  if (error.is(Errc::ConnectionRefused)) return SocksReply::ConnectionRefused;
  if (error.is(Errc::NotFound) || error.is(Errc::TimedOut)) return SocksReply::HostUnreachable;
  return SocksReply::Failure;
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

Task<void> serve_client(SharedState state, async::Transport& transport) {
  std::string received;
  auto deadline = std::make_unique<future::Deadline>(kHandshakeTime, state->stop.token());
  auto asked = co_await negotiate(state, transport, received, deadline->token());
  if (!asked.has_value()) {
    state->refused.fetch_add(1, std::memory_order_relaxed);
    transport.close();
    co_return;
  }
  SocksReply reply = SocksReply::Succeeded;
  std::optional<tcp::Stream> destination;
  if (asked->command != 1) {
    reply = SocksReply::CommandNotSupported;
  } else {
    auto connected = co_await connect_by_policy(state->executor, asked->host, asked->port,
                                                state->options.destinations.ports, state->options,
                                                state->stop.token());
    if (connected.has_value()) {
      destination.emplace(std::move(*connected));
    } else {
      reply = reply_of(connected.error());
      (reply == SocksReply::NotAllowed ? state->refused : state->failed).fetch_add(1);
    }
  }
  tcp::SocketAddress bound;
  if (destination.has_value()) {
    auto local = destination->local_address();
    if (local.has_value()) bound = *local;
  }
  std::string bytes = socks_reply(reply, bound);
  deadline->extend(kHandshakeTime);
  auto said = co_await say(transport, std::move(bytes), deadline->token());
  deadline.reset();
  if (!said.has_value() || !destination.has_value()) {
    auto ended = co_await transport.shutdown_write();
    (void)ended;  // it is told, or it is gone
    transport.close();
    co_return;
  }
  auto moved = co_await relay(transport, std::move(received), *destination, std::string(),
                              state->options.idle, state->stop.token());
  (void)moved;
}

Task<void> serve_accepted(SharedState state, std::unique_ptr<async::Transport> transport) {
  co_await serve_client(state, *transport);
  transport.reset();
  state->connections.fetch_sub(1);
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
    std::unique_ptr<async::Transport> transport(new tcp::Stream(std::move(*accepted)));
    state->executor.spawn(serve_accepted(state, std::move(transport))).detach();
  }
  listener.close();
  state->tasks.fetch_sub(1);
}

}  // namespace

SocksServer::SocksServer(async::Executor& executor, ForwardOptions options)
    : state_(std::make_shared<State>(executor, std::move(options))) {}
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

Task<void> SocksServer::serve(std::unique_ptr<async::Transport> transport) {
  state_->accepted.fetch_add(1, std::memory_order_relaxed);
  state_->connections.fetch_add(1);
  return serve_accepted(state_, std::move(transport));
}

Task<void> SocksServer::shutdown() {
  const SharedState state = state_;
  state->stop.cancel();
  while (state->connections.load() + state->tasks.load() > 0)
    co_await future::sleep(milliseconds(2));
}

SocksMetrics SocksServer::metrics() const noexcept {
  return {state_->connections.load(), state_->accepted.load(), state_->refused.load(),
          state_->failed.load()};
}

}  // namespace avila::proxy
