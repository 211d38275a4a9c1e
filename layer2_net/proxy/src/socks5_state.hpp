// What the connections of a SOCKS5 server share, and what they do after the request.
#pragma once
#include <atomic>
#include <avila/future/cancel.hpp>
#include <avila/future/sleep.hpp>
#include <avila/proxy/socks5.hpp>
#include <memory>
#include <optional>
#include <string>

namespace avila::proxy {

struct SocksServer::State {
  State(async::Executor& executor_value, ForwardOptions options_value, SocksOptions socks_value)
      : executor(executor_value), options(std::move(options_value)), socks(socks_value) {}
  async::Executor& executor;
  const ForwardOptions options;
  const SocksOptions socks;
  future::CancelSource stop;
  std::atomic<std::uint64_t> connections{0}, accepted{0}, refused{0}, failed{0}, tasks{0};
  std::atomic<std::uint64_t> associations{0}, binds{0}, datagrams{0}, dropped{0};
  std::string address;
};

namespace detail {

using SocksState = std::shared_ptr<SocksServer::State>;

/// Of messages of ours that a client does not read.
inline constexpr Duration kSocksSayTime = seconds(10);

SocksReply socks_reply_of(const Error& error) noexcept;
/// Cancelled with the server, or after kSocksSayTime.
Task<Result<void>> socks_say(SocksState state, async::Transport& transport, std::string text);

/// From the answer to the request until the association, or the inbound connection, has ended; the
/// transport is left to the caller to close. `received`: what came behind the request. The error:
/// what is to be answered, where nothing was.
Task<Result<void>> socks_associate(SocksState state, async::Transport& transport,
                                   std::optional<SocksEnds> ends, SocksRequest request);
Task<Result<void>> socks_bind(SocksState state, async::Transport& transport, SocksRequest request,
                              std::string received);

}  // namespace detail
}  // namespace avila::proxy
