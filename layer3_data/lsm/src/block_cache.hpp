// Cache of uncompressed blocks: shards, each with a hash table and a clock hand (Corbató, 1968).
#pragma once
#include <array>
#include <mutex>

#include "block.hpp"

namespace avila::lsm::detail {

class BlockCache {
 public:
  explicit BlockCache(std::size_t capacity_bytes);
  ~BlockCache();
  /// The block, or nothing.
  BlockRef find(std::uint64_t file, std::uint64_t offset);
  /// Keeps a reference of its own; may evict others.
  void insert(std::uint64_t file, std::uint64_t offset, Block* block);
  void erase_file(std::uint64_t file);

  std::uint64_t hits() const noexcept;
  std::uint64_t misses() const noexcept;
  std::uint64_t bytes() const noexcept;

 private:
  static constexpr std::size_t kShards = 16;
  struct Slot {
    std::uint64_t file, offset;
    Block* block;  // null: free
    bool visited;
  };
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::vector<Slot> slots;
    std::vector<std::uint32_t> free;
    std::vector<std::uint32_t> table;  // open addressing: slot + 1, 0 empty
    std::size_t used = 0, bytes = 0, hand = 0;
    std::uint64_t hits = 0, misses = 0;

    std::size_t locate(std::uint64_t file, std::uint64_t offset, std::uint64_t hash) const noexcept;
    void remove(std::size_t position) noexcept;
    void rehash();
    void evict(std::size_t capacity) noexcept;
  };
  static std::uint64_t hash_of(std::uint64_t file, std::uint64_t offset) noexcept {
    std::uint64_t x = file * 0x9E3779B97F4A7C15U ^ offset;
    x ^= x >> 32;
    x *= 0xD6E8FEB86659FD93U;
    return x ^ (x >> 32);
  }
  Shard& shard_of(std::uint64_t hash) noexcept { return shards_[hash >> 60]; }

  std::size_t shard_capacity_;
  std::array<Shard, kShards> shards_;
};

}  // namespace avila::lsm::detail
