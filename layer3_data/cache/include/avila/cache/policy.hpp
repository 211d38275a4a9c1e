// Which entry leaves a full cache. A policy sees slots (small numbers), never keys or values.
#pragma once
#include <cstdint>
#include <memory>

namespace avila::cache {

enum class Policy : std::uint8_t {
  Lru,      ///< the one not used for longest
  Lfu,      ///< the one used least often; among those the oldest (O(1): Shah, Mitra, Matani 2010)
  Arc,      ///< adapts between recency and frequency (Megiddo and Modha, 2003); resists scans
  TinyLfu,  ///< W-TinyLFU (Einziger, Friedman, Manes 2017): a small window, then entry by frequency
};

namespace detail {

using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = ~Slot{0};

/// One shard's bookkeeping; its owner holds the lock. Weights are what entries count against
/// `capacity`, the sum the owner keeps below it.
class Evictor {
 public:
  virtual ~Evictor() = default;
  /// A new entry lives in `slot`; `hash` is its key's.
  virtual void insert(Slot slot, std::uint64_t hash, std::uint64_t weight) = 0;
  virtual void access(Slot slot) = 0;
  /// A key was looked for and is not there.
  virtual void miss(std::uint64_t hash) { (void)hash; }
  /// The entry left, evicted or erased.
  virtual void remove(Slot slot, bool evicted) = 0;
  /// Who should leave next; kNoSlot when there is nobody.
  virtual Slot victim() = 0;
};
std::unique_ptr<Evictor> make_evictor(Policy policy, std::uint64_t capacity);

}  // namespace detail
}  // namespace avila::cache
