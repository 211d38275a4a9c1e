// A concurrent cache of bounded weight: shards, a choice of policies, expiry, and loading that runs
// once however many threads ask.
#pragma once
#include <avila/cache/policy.hpp>
#include <avila/error/assert.hpp>
#include <avila/error/result.hpp>
#include <avila/os/clock.hpp>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace avila::cache {

struct CacheOptions {
  std::uint64_t capacity = 10'000;  ///< in units of weight; an entry weighs 1 unless told
  Policy policy = Policy::TinyLfu;
  unsigned shards = 16;        ///< a power of two; each holds its share of the capacity
  Duration ttl = {0};          ///< of entries that name none; 0: they do not expire
  os::Clock* clock = nullptr;  ///< null: the machine's. Must outlive the cache
};

struct CacheStats {
  std::uint64_t hits = 0, misses = 0, inserts = 0, evictions = 0, expired = 0;
  std::uint64_t loads = 0, load_failures = 0, entries = 0, weight = 0;
};

/// Thread-safe. Values are handed out as shared pointers: an evicted one lives while it is used.
/// A single entry may weigh at most a shard's share (capacity / shards); heavier ones are not kept.
template <class Key, class Value, class Hash = std::hash<Key>>
class Cache {
 public:
  using Pointer = std::shared_ptr<const Value>;  // shared with the callers

  explicit Cache(CacheOptions options = {})
      : options_(options), clock_(options.clock != nullptr ? *options.clock : os::real_clock()) {
    AVILA_ASSERT(options.shards > 0 && (options.shards & (options.shards - 1)) == 0);
    const std::uint64_t share = std::max<std::uint64_t>(1, options.capacity / options.shards);
    for (unsigned i = 0; i < options.shards; ++i)
      shards_.push_back(std::make_unique<Shard>(options.policy, share));
  }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  /// The value, or null.
  Pointer get(const Key& key) {
    const std::uint64_t hash = hash_of(key);
    Shard& shard = shard_of(hash);
    const std::lock_guard lock(shard.mutex);
    return find(shard, key, hash);
  }

  /// Replaces what the key had. @param ttl  from now; 0: the cache's own.
  void put(const Key& key, Value value, std::uint64_t weight = 1, Duration ttl = {0}) {
    const std::uint64_t hash = hash_of(key);
    Shard& shard = shard_of(hash);
    const std::lock_guard lock(shard.mutex);
    ++shard.writes;
    insert(shard, key, hash, std::make_shared<const Value>(std::move(value)), weight, ttl);
  }

  bool erase(const Key& key) {
    Shard& shard = shard_of(hash_of(key));
    const std::lock_guard lock(shard.mutex);
    ++shard.writes;
    const auto at = shard.index.find(key);
    if (at == shard.index.end()) return false;
    drop(shard, at->second, false);
    return true;
  }

  void clear() {
    for (auto& shard : shards_) {
      const std::lock_guard lock(shard->mutex);
      ++shard->writes;
      while (!shard->index.empty()) drop(*shard, shard->index.begin()->second, false);
    }
  }

  /// The value, loading it with `load()` (a Result<Value>) when it is absent. While one thread
  /// loads, others that want the key wait for its outcome; a failure goes to all of them and is
  /// not kept. `load` must not use the same key of this cache.
  template <class Load>
  Result<Pointer> get_or_load(const Key& key, Load&& load, std::uint64_t weight = 1,
                              Duration ttl = {0}) {
    const std::uint64_t hash = hash_of(key);
    Shard& shard = shard_of(hash);
    std::shared_ptr<Flight> flight;
    std::uint64_t writes = 0;
    {
      std::unique_lock lock(shard.mutex);
      if (Pointer found = find(shard, key, hash)) return found;
      const auto at = shard.flights.find(key);
      if (at != shard.flights.end()) {
        flight = at->second;
        shard.landed.wait(lock, [&flight] { return flight->done; });
        if (flight->value) return flight->value;
        return flight->error->clone();
      }
      flight = std::make_shared<Flight>();
      shard.flights.emplace(key, flight);
      ++shard.stats.loads;
      writes = shard.writes;
    }
    Result<Value> loaded = load();
    const std::lock_guard lock(shard.mutex);
    shard.flights.erase(key);
    flight->done = true;
    shard.landed.notify_all();
    if (!loaded.has_value()) {
      ++shard.stats.load_failures;
      flight->error.emplace(loaded.error().clone());
      return std::move(loaded).error();
    }
    flight->value = std::make_shared<const Value>(std::move(loaded).value());
    // What was put or erased meanwhile is newer than what was loaded: then it is not kept.
    if (shard.writes == writes) insert(shard, key, hash, flight->value, weight, ttl);
    return flight->value;
  }

  CacheStats stats() const {
    CacheStats sum;
    for (const auto& shard : shards_) {
      const std::lock_guard lock(shard->mutex);
      const CacheStats& s = shard->stats;
      sum.hits += s.hits, sum.misses += s.misses, sum.inserts += s.inserts;
      sum.evictions += s.evictions, sum.expired += s.expired, sum.loads += s.loads;
      sum.load_failures += s.load_failures;
      sum.entries += shard->index.size();
      sum.weight += shard->weight;
    }
    return sum;
  }

 private:
  using Slot = detail::Slot;
  struct Entry {
    Key key;
    Pointer value;
    std::uint64_t weight = 0;
    Instant expires = Instant::max();
  };
  struct Flight {
    bool done = false;
    Pointer value;
    std::optional<Error> error;
  };
  struct Shard {
    Shard(Policy policy, std::uint64_t share)
        : capacity(share), evictor(detail::make_evictor(policy, share)) {}
    mutable std::mutex mutex;
    std::condition_variable landed;
    std::uint64_t capacity, weight = 0, writes = 0;
    std::unordered_map<Key, Slot, Hash> index;
    std::vector<std::optional<Entry>> entries;
    std::vector<Slot> free;
    std::unique_ptr<detail::Evictor> evictor;
    std::unordered_map<Key, std::shared_ptr<Flight>, Hash> flights;
    CacheStats stats;
  };

  static std::uint64_t hash_of(const Key& key) {
    std::uint64_t x = static_cast<std::uint64_t>(Hash{}(key));  // std::hash may be the identity
    x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93U;
    x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93U;
    return x ^ (x >> 32);
  }
  Shard& shard_of(std::uint64_t hash) { return *shards_[hash & (shards_.size() - 1)]; }

  Pointer find(Shard& shard, const Key& key, std::uint64_t hash) {
    const auto at = shard.index.find(key);
    if (at != shard.index.end()) {
      Entry& entry = *shard.entries[at->second];
      if (entry.expires == Instant::max() || clock_.now() < entry.expires) {
        ++shard.stats.hits;
        shard.evictor->access(at->second);
        return entry.value;
      }
      ++shard.stats.expired;
      drop(shard, at->second, false);
    }
    ++shard.stats.misses;
    shard.evictor->miss(hash);
    return nullptr;
  }

  void insert(Shard& shard, const Key& key, std::uint64_t hash, Pointer value, std::uint64_t weight,
              Duration ttl) {
    if (const auto at = shard.index.find(key); at != shard.index.end())
      drop(shard, at->second, false);
    if (weight > shard.capacity) return;
    Slot slot;
    if (shard.free.empty()) {
      slot = static_cast<Slot>(shard.entries.size());
      shard.entries.emplace_back();
    } else {
      slot = shard.free.back();
      shard.free.pop_back();
    }
    const Duration life = ttl.ns > 0 ? ttl : options_.ttl;
    shard.entries[slot].emplace(
        Entry{key, std::move(value), weight, life.ns > 0 ? clock_.now() + life : Instant::max()});
    shard.index.emplace(key, slot);
    shard.weight += weight;
    ++shard.stats.inserts;
    shard.evictor->insert(slot, hash, weight);
    while (shard.weight > shard.capacity) {
      const Slot victim = shard.evictor->victim();
      AVILA_ASSERT(victim != detail::kNoSlot);
      ++shard.stats.evictions;
      drop(shard, victim, true);
    }
  }

  void drop(Shard& shard, Slot slot, bool evicted) {
    shard.evictor->remove(slot, evicted);
    Entry& entry = *shard.entries[slot];
    shard.weight -= entry.weight;
    shard.index.erase(shard.index.find(entry.key));
    shard.entries[slot].reset();
    shard.free.push_back(slot);
  }

  CacheOptions options_;
  os::Clock& clock_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace avila::cache
