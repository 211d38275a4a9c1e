// NSEC records that validation found good, to answer out of (RFC 8198): a zone's names that are
// asked for at random cost its servers nothing.
#pragma once
#include <avila/cell/guarded.hpp>
#include <avila/dns/cache.hpp>
#include <map>

namespace avila::dns {

/// Bounded: past kMax records, or kBytesMax, all are forgotten, as they can be found out again.
/// Thread-safe.
class Proofs {
 public:
  static constexpr std::size_t kMax = 32'768;
  static constexpr std::size_t kBytesMax = 16 * 1024 * 1024;

  /// `nsec`: verified, of `zone`; their signatures and the SOA are in the finding, which is Secure.
  void keep(const Name& zone, const Finding& finding, const std::vector<Record>& nsec,
            Instant expires);
  /// What zones at or below `anchor` prove of a name and type: that one of them is absent; else
  /// nothing.
  std::optional<Finding> deny(const Name& anchor, const Name& name, Type type, Instant now,
                              const DnssecOptions& options, DnssecBudget& budget);
  std::size_t size() { return table_.lock()->count; }

 private:
  struct Kept {
    std::vector<Record> records;  ///< and their signatures
    Instant expires{};
  };
  struct Zone {
    Kept soa;
    std::map<Name, Kept> nsec;  ///< in the order of the chain
  };
  struct Table {
    std::map<Name, Zone> zones;
    std::size_t count = 0;
    std::size_t bytes = 0;
  };
  cell::Guarded<Table> table_;
};

}  // namespace avila::dns
