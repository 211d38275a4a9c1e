// The recursive resolver: follows delegations from the root (RFC 1034 section 5.3.3), validates
// (RFC 4035 section 4), remembers.
#pragma once
#include <avila/dns/anchors.hpp>
#include <avila/dns/cache.hpp>
#include <avila/dns/server.hpp>

namespace avila::os {
class Clock;
}
namespace avila::random {
class SecureRandom;
}

namespace avila::dns {

/// Servers of a zone that are known beforehand.
struct ZoneServers {
  Name zone;
  std::vector<SocketAddress> servers;  ///< port 0: ResolverOptions::port
  /// They are resolvers themselves: asked with RD, believed for all names below the zone.
  bool forward = false;
};

struct ResolverOptions {
  std::vector<ZoneServers> zones;     ///< the root's among them, by root_hints() or as it is known
  std::vector<Record> trust_anchors;  ///< DS or DNSKEY records; none: nothing is validated
  /// Of other zones than those, by RFC 5011; outlives the resolver. See follow_anchors().
  ManagedAnchors* managed_anchors = nullptr;
  std::vector<Name> insecure;  ///< not validated at and below (negative anchors, RFC 7646)
  std::uint16_t port = 53;     ///< of servers whose addresses come out of the DNS
  bool use_v4 = true;
  bool use_v6 = true;
  bool minimise = true;         ///< RFC 9156
  bool randomise_case = true;   ///< 0x20
  bool aggressive_nsec = true;  ///< answers out of cached proofs (RFC 8198), of NSEC
  DnssecOptions dnssec;
  DnssecBudget dnssec_budget;  ///< of one question of a client
  int queries_max = 100;       ///< to servers, for one question of a client
  int fetches_max = 12;        ///< addresses of servers looked up for it (NXNS)
  int chain_max = 11;          ///< CNAMEs and DNAMEs
  Duration attempt_timeout = milliseconds(1200);
  Duration timeout = seconds(10);  ///< of one question
  CacheOptions cache;
  os::Clock* clock = nullptr;              ///< null: the machine's
  random::SecureRandom* random = nullptr;  ///< null: the process's
};

/// Zone "." out of a hints file (named.root): NS records of the root and their addresses. Errors:
/// Malformed, NotFound (no address).
Result<ZoneServers> parse_root_hints(std::string_view text);
/// DS and DNSKEY records of a zone file. Errors: Malformed, NotFound.
Result<std::vector<Record>> parse_trust_anchors(std::string_view text);
/// The key-signing keys of the root, by IANA (root-anchors.xml): 20326 and 38696.
std::vector<Record> iana_trust_anchors();

struct Answer {
  Rcode rcode = Rcode::ServFail;
  std::vector<Record> answers;      ///< with their RRSIG
  std::vector<Record> authorities;  ///< SOA and proofs
  Security security = Security::Indeterminate;
  std::optional<Ede> error;
  std::string reason;
  bool stale = false;
};

struct ResolverMetrics {
  std::uint64_t questions = 0;
  std::uint64_t queries = 0;  ///< to servers
  std::uint64_t failures = 0;
  std::uint64_t bogus = 0;
  std::uint64_t denied = 0;  ///< look-ups that cached proofs answered
  std::uint64_t anchor_refreshes = 0;
  std::uint64_t anchor_failures = 0;  ///< no set that an anchor signs, or the file was not written
  CacheMetrics cache;
};

/// Thread-safe. Network, clock and random source outlive it.
class Resolver final : public Handler {
 public:
  Resolver(Network& network, ResolverOptions options);
  ~Resolver() override;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Always an answer; failures are ServFail. `checking_disabled`: bogus data is handed out too.
  Task<Answer> resolve(Question question, bool checking_disabled = false, CancelToken cancel = {});
  /// As a server answers: RA, AD, records of DNSSEC for those who ask, extended errors. Without RD:
  /// what is in the cache.
  Task<Message> handle(Message query, Client client) override;

  /// Asks the managed trust points that are due for their keys, once. Revocations and new anchors
  /// hold from here on, and are written to the file. Errors: Unavailable (a trust point has no set
  /// that an anchor signs: it is asked again later), those of the file.
  Task<Result<void>> refresh_anchors(CancelToken cancel = {});
  /// The same, whenever it is due, until it is cancelled.
  Task<void> follow_anchors(CancelToken cancel);

  /// What is under way ends soon, and so does what is asked from now on: ServFail. For a shutdown.
  void stop();

  Cache& cache() noexcept;
  ResolverMetrics metrics() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace avila::dns
