// The stub resolver: asks the recursive servers of the system (RFC 1034 section 5.3.1).
#pragma once
#include <avila/dns/network.hpp>
#include <avila/dns/rdata.hpp>
#include <avila/tcp/connect.hpp>
#include <map>
#include <optional>

namespace avila::os {
class FileSystem;
}

namespace avila::dns {

/// What resolv.conf(5) says.
struct ResolvConf {
  static constexpr std::size_t kServersMax = 8;
  static constexpr std::size_t kSearchMax = 32;
  std::vector<SocketAddress> servers;
  std::vector<Name> search;
  unsigned ndots = 1;
  Duration timeout = seconds(5);
  unsigned attempts = 2;
  bool rotate = false;
  bool use_tcp = false;
};
/// Lines that are not understood are passed over, as elsewhere.
ResolvConf parse_resolv_conf(std::string_view text);

/// hosts(5): addresses of a name, lower case, in the order of the file.
using Hosts = std::map<std::string, std::vector<tcp::IpAddress>, std::less<>>;
Hosts parse_hosts(std::string_view text);

struct StubOptions {
  ResolvConf conf;
  Hosts hosts;
  /// Of the machine: /etc/resolv.conf and /etc/hosts; 127.0.0.1 where no server is named.
  static StubOptions from_system(os::FileSystem& files);
};

struct LookupResult {
  std::vector<tcp::IpAddress> addresses;  ///< IPv6 and IPv4 in turn, the order of the answers
  Name canonical;                         ///< after CNAMEs
  bool authentic = false;                 ///< the server says that it validated (AD)
};

/// Thread-safe. The network outlives it.
class StubResolver final : public tcp::Resolver {
 public:
  StubResolver(Network& network, StubOptions options)
      : network_(network), options_(std::move(options)) {}

  /// One question, to each server in turn until one answers (NOERROR or NXDOMAIN). Errors:
  /// Unavailable (none did), Cancelled.
  Task<Result<Message>> query(Name name, Type type, CancelToken cancel = {});
  /// Addresses of a host: a literal, the hosts file, localhost (RFC 6761 section 6.3), or A and
  /// AAAA together, with the search list. Errors: NotFound, Unavailable, InvalidArgument.
  Task<Result<LookupResult>> lookup(std::string host, CancelToken cancel = {});
  /// Names of an address (PTR).
  Task<Result<std::vector<Name>>> reverse(tcp::IpAddress address, CancelToken cancel = {});

  Task<Result<std::vector<SocketAddress>>> resolve(async::Executor& executor, std::string host,
                                                   std::uint16_t port, CancelToken cancel) override;

 private:
  Task<Result<LookupResult>> lookup_exact(Name name, CancelToken cancel);

  Network& network_;
  const StubOptions options_;
  std::atomic<unsigned> turn_{0};
};

/// 1.2.0.192.in-addr.arpa, or the nibbles below ip6.arpa (RFC 3596 section 2.5).
Name reverse_name(const tcp::IpAddress& address);

}  // namespace avila::dns
