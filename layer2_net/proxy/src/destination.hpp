// Where forward proxies may take their clients: one judgement for tunnels, plain HTTP and SOCKS5.
#pragma once
#include <avila/proxy/forward.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace avila::proxy::detail {

/// What one sends to or listens for: no multicast group, no address of zeros.
inline bool is_one_host(const tcp::IpAddress& address) noexcept {
  return !address.is_unspecified() && !address.is_multicast();
}

/// By port, by the text of the address, and by the address.
bool is_address_allowed(const DestinationPolicy& policy, const std::vector<std::uint16_t>& ports,
                        const tcp::IpAddress& address, std::uint16_t port);

/// Those of the host's addresses where a client may be taken, in the resolver's order: never none.
/// IPv4 within IPv6 counts as IPv4, in lists of hosts too. Errors: PermissionDenied, and those of
/// the look-up. What is given by reference outlives the task.
Task<Result<std::vector<tcp::SocketAddress>>> resolve_by_policy(
    async::Executor& executor, std::string host, std::uint16_t port,
    const std::vector<std::uint16_t>& ports, const ForwardOptions& options, CancelToken cancel);

}  // namespace avila::proxy::detail
