// What the resolver remembers (RFC 2181 section 5, RFC 2308), bounded in memory.
#pragma once
#include <avila/dns/dnssec.hpp>
#include <avila/dns/record.hpp>
#include <avila/primitives/duration.hpp>
#include <memory>
#include <optional>

namespace avila::os {
class Entropy;
}

namespace avila::dns {

enum class Outcome : std::uint8_t {
  Records,    ///< the set is there
  Alias,      ///< a CNAME is there, perhaps out of a DNAME
  NoData,     ///< the name is there, the type is not (RFC 2308 section 2.2)
  NameError,  ///< the name is not there, whatever the type (section 2.1)
};

/// What is known of a name and type.
struct Finding {
  Outcome outcome = Outcome::NoData;
  std::vector<Record> records;      ///< the set, or the CNAME
  std::vector<Record> dname;        ///< that the CNAME was made of
  std::vector<Record> signatures;   ///< RRSIG of both
  std::vector<Record> authorities;  ///< SOA, NSEC and NSEC3 with their RRSIG
  Name alias;                       ///< where an Alias leads
  Security security = Security::Unchecked;
  std::optional<Ede> error;
  std::string reason;                ///< more of it, for people
  bool scrubbed = false;             ///< records that their type does not allow were left out
  bool unsigned_delegation = false;  ///< NoData of DS: a delegation is there, and is insecure
  bool needs_proof = false;          ///< negative without a SOA: nothing unless proofs bear it out
  bool proven = false;               ///< they did
  std::uint32_t ttl = 0;             ///< seconds, when it was found
  Instant expires{};

  std::size_t size_bytes() const noexcept;
};
using FindingPtr = std::shared_ptr<const Finding>;  // shared by the cache and those who read it

struct CacheOptions {
  std::size_t bytes_max = std::size_t{64} << 20;
  std::uint32_t ttl_max = 86'400;
  std::uint32_t negative_ttl_max = 10'800;  ///< RFC 2308 section 5
  std::uint32_t bogus_ttl = 30;  ///< what failed validation is asked for again after this long
  Duration stale_max = Duration::zero();  ///< kept this long after it expired (RFC 8767)
};

struct CacheMetrics {
  std::uint64_t hits = 0, misses = 0, evicted = 0;
  std::size_t entries = 0, bytes = 0;
};

/// Least recently used goes first. Thread-safe. Names are looked up by a keyed hash: strangers
/// choose them.
class Cache {
 public:
  explicit Cache(CacheOptions options = {});
  Cache(CacheOptions options, os::Entropy& entropy);
  ~Cache();
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  /// Of this type, or that the whole name is absent. Null: nothing fresh.
  FindingPtr find(const Name& name, Type type, Instant now);
  /// The same, but what has expired will do.
  FindingPtr find_stale(const Name& name, Type type, Instant now);
  /// Limits finding.ttl, sets finding.expires, keeps it where it lives at all. The finding as kept.
  FindingPtr insert(const Name& name, Type type, Finding finding, Instant now);
  void erase(const Name& name, Type type);
  void clear();
  CacheMetrics metrics() const;
  const CacheOptions& options() const noexcept { return options_; }

 private:
  struct State;
  const CacheOptions options_;
  std::unique_ptr<State> state_;
};

}  // namespace avila::dns
