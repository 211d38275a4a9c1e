// The inside of the resolver: looking up one name, in three files by concept.
#pragma once
#include <avila/cell/guarded.hpp>
#include <avila/dns/resolver.hpp>
#include <avila/future/sync.hpp>
#include <avila/os/clock.hpp>
#include <avila/random/chacha.hpp>
#include <map>
#include <unordered_map>

#include "proofs.hpp"

namespace avila::dns {

/// A zone and where to ask for it. From referrals: never part of an answer.
struct Delegation {
  static constexpr std::size_t kServersMax = 16;
  static constexpr std::size_t kAddressesMax = 32;
  struct Server {
    Name name;
    std::vector<SocketAddress> addresses;
  };
  Name zone;
  std::vector<Server> servers;
  bool forward = false;
  bool fixed = false;     ///< configured
  std::uint32_t ttl = 0;  ///< seconds, as the referral said
  Instant expires = Instant::max();
};
using DelegationPtr = std::shared_ptr<const Delegation>;  // shared by the table and its readers

/// What one question of a client may still cost, and what it is about to find out.
struct Work {
  int queries = 0;
  int fetches = 0;
  DnssecBudget dnssec;
  CancelToken cancel;
  bool checking_disabled = false;
  std::vector<std::pair<Name, Type>> under_way;  ///< to see loops
};

/// One server's answer, judged.
struct Reply {
  enum class Kind : std::uint8_t { Found, Referral, Lame };
  Kind kind = Kind::Lame;
  Finding finding;
  /// What else the message tells in its zone: further names of a chain, DS of a referral.
  std::vector<std::tuple<Name, Type, Finding>> extras;
  Delegation referral;
  SocketAddress server;
  std::string why;  ///< Lame
};

using FoundResult = Result<FindingPtr>;

struct Resolver::State {
  State(Network& net, ResolverOptions chosen);

  Network& network;
  const ResolverOptions options;
  os::Clock& clock;
  random::SecureRandom& random;
  Cache cache;
  Proofs proofs;

  // --- find.cpp: one name and type, by the cache or the network, validated.
  Task<FoundResult> find(Work& work, Name name, Type type);
  Task<FoundResult> find_anew(Work& work, Name name, Type type);

  // --- iterate.cpp: from delegation to delegation.
  Task<Result<Reply>> iterate(Work& work, Name name, Type type, std::vector<SocketAddress> avoid);
  Task<Result<Reply>> ask_zone(Work& work, DelegationPtr at, Question question,
                               std::vector<SocketAddress> avoid);
  Task<Result<Reply>> ask_server(Work& work, DelegationPtr at, Question question,
                                 SocketAddress server);
  Task<std::vector<SocketAddress>> addresses_of(Work& work, Name server);
  DelegationPtr closest_delegation(const Name& name);
  DelegationPtr keep(Delegation delegation);
  void forget(const Name& zone);

  // --- refresh.cpp: anchors, those that keep themselves up to date among them.
  using Anchors = std::shared_ptr<const std::vector<Record>>;  // shared by those who validate
  Anchors anchors() const { return *anchor_set.lock(); }
  void take_anchors();
  Task<Result<void>> refresh(Name zone);
  mutable cell::Guarded<Anchors> anchor_set;

  // --- validate.cpp
  struct SetCheck {
    Security security = Security::Bogus;
    Ede error = Ede::DnssecBogus;
    std::uint8_t labels = 0;
    std::uint32_t ttl_max = ~std::uint32_t{0};
    Name zone;
    std::vector<Record> keys;
    std::string reason;
  };
  Task<void> validate(Work& work, const Name& name, Type type, Finding& finding);
  Task<void> validate_negative(Work& work, const Name& name, Type type, Finding& finding);
  Task<void> validate_keys(Work& work, const Name& zone, Finding& finding);
  Task<SetCheck> check_set(Work& work, const std::vector<Record>& set,
                           const std::vector<Record>& signatures);
  Task<SetCheck> keys_of(Work& work, Name zone);
  Task<SetCheck> status_of(Work& work, Name name, Type type);
  std::vector<Record> verified_proofs(Work& work, Finding& finding, const SetCheck& keys);
  /// The closest anchor for data at a name; nothing: not to be validated.
  std::optional<Name> anchor_for(const Name& name, Type type) const;
  bool any_supported(const std::vector<Record>& ds) const;

  // --- Questions that are under way already: asked once.
  struct Flight {
    future::Event done;
    std::optional<Answer> answer;
  };
  struct FlightKey {
    Name name;
    Type type;
    bool checking_disabled;
    friend auto operator<=>(const FlightKey&, const FlightKey&) = default;
  };
  cell::Guarded<std::map<FlightKey, std::shared_ptr<Flight>>> flights;
  Task<Answer> resolve_chain(Work& work, Question question);
  Answer from_cache(const Question& question, bool stale);

  /// How servers behaved.
  struct Behaviour {
    std::int64_t rtt_ms = 0;  ///< smoothed
    int failures = 0;
    bool no_edns = false;
  };
  static constexpr std::size_t kBehavioursMax = 8192;
  static constexpr std::size_t kDelegationsMax = 65536;
  cell::Guarded<std::map<std::string, Behaviour>> behaviours;
  cell::Guarded<std::unordered_map<Name, DelegationPtr, NameHash>> delegations;
  std::vector<DelegationPtr> fixed;
  future::CancelSource stop;
  std::atomic<std::uint64_t> questions{0}, queries{0}, failures{0}, bogus{0}, denied{0};
  std::atomic<std::uint64_t> anchor_refreshes{0}, anchor_failures{0};
};

/// judge.cpp: what a message from a server of `zone` says of a question. Believes nothing that the
/// server has no say in.
Reply judge(const Message& message, const Question& question, const Delegation& at,
            std::uint16_t port);

}  // namespace avila::dns
