// BIND (RFC 1928 §4): a connection the other way, from the one peer that was named.
#include <algorithm>
#include <avila/future/task_group.hpp>
#include <avila/proxy/relay.hpp>
#include <avila/tcp/listener.hpp>
#include <avila/udp/socket.hpp>

#include "counted.hpp"
#include "destination.hpp"
#include "socks5_state.hpp"

namespace avila::proxy::detail {

namespace {

using tcp::SocketAddress;

constexpr std::size_t kEarlyBytesMax = 4096;  // of what a client says before it is told of its peer

/// Our address as the peer sees it: the one that a datagram to it would leave from. None is sent.
Result<SocketAddress> address_towards(async::Executor& executor, const SocketAddress& peer) {
  const tcp::IpAddress any = peer.ip().is_v6() ? tcp::IpAddress::v6({}) : tcp::IpAddress();
  AVILA_TRY(udp::Socket probe, udp::Socket::bind(executor, SocketAddress(any, 0)));
  AVILA_TRY_VOID(probe.connect(peer.with_port(9)));  // discard (RFC 863)
  AVILA_TRY(const SocketAddress local, probe.local_address());
  return local.with_port(0);
}

/// The wait for the peer, and for the client's end meanwhile.
struct Wait {
  explicit Wait(Duration limit, const CancelToken& parent) : deadline(limit, parent) {}
  future::Deadline deadline;
  bool client_gone = false;
  std::optional<tcp::Stream> peer;
};

Task<void> watch(async::Transport& transport, std::string& received, Wait& wait) {
  while (received.size() < kEarlyBytesMax) {
    std::byte buffer[512];
    const MutableByteSpan space(buffer);
    auto got = co_await transport.read(space, wait.deadline.token());
    if (!got.has_value() && got.error().is(Errc::Cancelled)) co_return;
    wait.client_gone = !got.has_value() || *got == 0;
    if (wait.client_gone) break;
    received.append(as_text(space.first(*got)));
  }
  if (wait.client_gone) wait.deadline.cancel();
}

Task<Result<void>> accept_peer(tcp::Listener& listener, const std::vector<SocketAddress>& allowed,
                               Wait& wait) {
  while (true) {
    auto accepted = co_await listener.accept(wait.deadline.token());
    AVILA_CO_TRY(tcp::Stream stream, std::move(accepted));
    auto peer = stream.peer_address();
    if (!peer.has_value()) continue;
    const tcp::IpAddress from = peer->ip().unmapped();
    const bool named = std::any_of(allowed.begin(), allowed.end(), [&](const SocketAddress& each) {
      return each.ip().unmapped() == from;
    });
    if (!named) continue;  // somebody else: closed, and the wait goes on
    wait.peer.emplace(std::move(stream));
    wait.deadline.cancel();
    co_return Result<void>();
  }
}

/// Who came; Closed: the client went first. Errors: TimedOut, Cancelled, those of the listener.
Task<Result<tcp::Stream>> wait_for_peer(SocksState state, async::Transport& transport,
                                        std::string& received, tcp::Listener& listener,
                                        const std::vector<SocketAddress>& allowed) {
  Wait wait(state->socks.bind_wait, state->stop.token());
  future::TaskGroup group;
  group.spawn(watch(transport, received, wait));
  auto accepted = co_await accept_peer(listener, allowed, wait);
  wait.deadline.cancel();
  auto joined = co_await group.join();
  (void)joined;
  listener.close();
  if (wait.client_gone) co_return Error(Errc::Closed, "the client has gone");
  if (!accepted.has_value())
    co_return wait.deadline.translate(std::move(accepted).error(), "the wait for a connection");
  co_return std::move(*wait.peer);
}

}  // namespace

Task<Result<void>> socks_bind(SocksState state, async::Transport& transport, SocksRequest request,
                              std::string received) {
  if (state->socks.binds == 0) co_return Error(Errc::Unsupported, "BIND is not offered here");
  std::optional<Counted> place(std::in_place, state->binds);
  if (place->before() >= state->socks.binds)
    co_return Error(Errc::LimitExceeded, "too many wait for connections");
  const ForwardOptions& options = state->options;
  const future::Deadline deadline(options.connect, state->stop.token());
  auto found = co_await resolve_by_policy(state->executor, request.host, request.port,
                                          options.destinations.ports, options, deadline.token());
  if (!found.has_value()) co_return deadline.translate(std::move(found).error(), "the look-up");
  std::vector<SocketAddress> allowed = std::move(*found);
  std::erase_if(allowed, [](const SocketAddress& each) { return !is_one_host(each.ip()); });
  if (allowed.empty()) co_return Error(Errc::PermissionDenied, "no peer is named");
  AVILA_CO_TRY(const SocketAddress local, address_towards(state->executor, allowed.front()));
  tcp::ListenOptions listening;
  listening.backlog = 16;
  AVILA_CO_TRY(tcp::Listener listener, tcp::Listener::bind(state->executor, local, listening));
  std::string first = socks_reply(SocksReply::Succeeded, listener.local_address());
  auto told = co_await socks_say(state, transport, std::move(first));
  if (!told.has_value()) co_return Result<void>();
  auto came = co_await wait_for_peer(state, transport, received, listener, allowed);
  place.reset();
  if (!came.has_value()) co_return std::move(came).error();
  SocketAddress peer;
  if (auto address = came->peer_address(); address.has_value()) peer = *address;
  std::string second = socks_reply(SocksReply::Succeeded, peer);
  auto said = co_await socks_say(state, transport, std::move(second));
  if (!said.has_value()) co_return Result<void>();
  auto moved = co_await relay(transport, std::move(received), *came, std::string(), options.idle,
                              state->stop.token());
  (void)moved;
  co_return Result<void>();
}

}  // namespace avila::proxy::detail
