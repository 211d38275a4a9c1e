#include "destination.hpp"

#include <algorithm>
#include <avila/tcp/connect.hpp>

#include "fields.hpp"

namespace avila::proxy::detail {

namespace {

bool is_listed(const std::vector<std::string>& patterns, std::string_view host) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return host_matches(pattern, host); });
}

bool is_named_allowed(const DestinationPolicy& policy, const std::vector<std::uint16_t>& ports,
                      std::string_view host, std::uint16_t port) {
  if (!ports.empty() && std::find(ports.begin(), ports.end(), port) == ports.end()) return false;
  if (is_listed(policy.denied_hosts, host)) return false;
  return policy.hosts.empty() || is_listed(policy.hosts, host);
}

bool is_permitted(const DestinationPolicy& policy, const tcp::IpAddress& address) {
  if (policy.denied.contains(address)) return false;
  if (policy.allowed.contains(address)) return true;
  return !policy.deny_internal || !is_internal(address);
}

}  // namespace

bool is_address_allowed(const DestinationPolicy& policy, const std::vector<std::uint16_t>& ports,
                        const tcp::IpAddress& address, std::uint16_t port) {
  std::string host;
  if (!policy.hosts.empty() || !policy.denied_hosts.empty()) host = address.unmapped().to_string();
  return is_named_allowed(policy, ports, host, port) && is_permitted(policy, address);
}

Task<Result<std::vector<tcp::SocketAddress>>> resolve_by_policy(
    async::Executor& executor, std::string host, std::uint16_t port,
    const std::vector<std::uint16_t>& ports, const ForwardOptions& options, CancelToken cancel) {
  const DestinationPolicy& policy = options.destinations;
  const auto refuse = [] {
    return Error(Errc::PermissionDenied, "the destination is not allowed");
  };
  // "example.com." is the same host; so is an address in another spelling.
  while (host.ends_with('.')) host.pop_back();
  auto literal = tcp::IpAddress::parse(host);
  if (literal.has_value()) {
    *literal = literal->unmapped();
    host = literal->to_string();
  }
  if (!is_named_allowed(policy, ports, host, port)) co_return refuse();
  std::vector<tcp::SocketAddress> found;
  if (literal.has_value()) {
    found.emplace_back(*literal, port);
  } else {
    Task<Result<std::vector<tcp::SocketAddress>>> looking;
    if (options.resolver != nullptr) {
      looking = options.resolver->resolve(executor, host, port, std::move(cancel));
    } else {
      looking = tcp::resolve(executor, host, port, std::move(cancel));
    }
    auto resolved = co_await looking;
    AVILA_CO_TRY(found, std::move(resolved));
  }
  // The very addresses that were judged are gone to: a name that says something else the second
  // time it is asked gains nothing. Nor does one that the system takes for an address, "127.1".
  std::erase_if(found, [&](const tcp::SocketAddress& address) {
    return address.is_unix() || !is_permitted(policy, address.ip()) ||
           (!policy.denied_hosts.empty() &&
            is_listed(policy.denied_hosts, address.ip().unmapped().to_string()));
  });
  if (found.empty()) co_return refuse();
  co_return found;
}

}  // namespace avila::proxy::detail
