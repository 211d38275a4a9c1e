#include "block_cache.hpp"

namespace avila::lsm::detail {
namespace {
constexpr std::size_t kNone = ~std::size_t{0};
constexpr std::size_t kOverhead = 64;  // bookkeeping and allocation of one block
}  // namespace

BlockCache::BlockCache(std::size_t capacity_bytes) : shard_capacity_(capacity_bytes / kShards) {}

BlockCache::~BlockCache() {
  for (Shard& shard : shards_)
    for (const Slot& slot : shard.slots) BlockRef(slot.block).reset();
}

std::size_t BlockCache::Shard::locate(std::uint64_t file, std::uint64_t offset,
                                      std::uint64_t hash) const noexcept {
  if (table.empty()) return kNone;
  const std::size_t mask = table.size() - 1;
  for (std::size_t at = hash & mask; table[at] != 0; at = (at + 1) & mask) {
    const Slot& slot = slots[table[at] - 1];
    if (slot.file == file && slot.offset == offset) return at;
  }
  return kNone;
}

void BlockCache::Shard::remove(std::size_t position) noexcept {
  const std::size_t mask = table.size() - 1;
  const std::uint32_t index = table[position] - 1;
  Slot& slot = slots[index];
  bytes -= slot.block->size + kOverhead;
  BlockRef(slot.block).reset();
  slot.block = nullptr;
  free.push_back(index);
  --used;
  std::size_t hole = position;  // linear probing: later entries move up
  for (std::size_t at = (position + 1) & mask; table[at] != 0; at = (at + 1) & mask) {
    const Slot& other = slots[table[at] - 1];
    const std::size_t home = hash_of(other.file, other.offset) & mask;
    if (((at - home) & mask) >= ((at - hole) & mask)) {
      table[hole] = table[at];
      hole = at;
    }
  }
  table[hole] = 0;
}

void BlockCache::Shard::rehash() {
  std::vector<std::uint32_t> larger(table.empty() ? 64 : table.size() * 2);
  const std::size_t mask = larger.size() - 1;
  for (const std::uint32_t entry : table) {
    if (entry == 0) continue;
    std::size_t at = hash_of(slots[entry - 1].file, slots[entry - 1].offset) & mask;
    while (larger[at] != 0) at = (at + 1) & mask;
    larger[at] = entry;
  }
  table = std::move(larger);
}

void BlockCache::Shard::evict(std::size_t capacity) noexcept {
  while (bytes > capacity && used > 0) {
    if (hand >= slots.size()) hand = 0;
    Slot& slot = slots[hand++];
    if (slot.block == nullptr) continue;
    if (slot.visited) {
      slot.visited = false;
      continue;
    }
    remove(locate(slot.file, slot.offset, hash_of(slot.file, slot.offset)));
  }
}

BlockRef BlockCache::find(std::uint64_t file, std::uint64_t offset) {
  const std::uint64_t hash = hash_of(file, offset);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  const std::size_t at = shard.locate(file, offset, hash);
  if (at == kNone) {
    ++shard.misses;
    return {};
  }
  ++shard.hits;
  Slot& slot = shard.slots[shard.table[at] - 1];
  slot.visited = true;
  return BlockRef(BlockRef::share(slot.block));
}

void BlockCache::insert(std::uint64_t file, std::uint64_t offset, Block* block) {
  if (block->size + kOverhead > shard_capacity_) return;
  const std::uint64_t hash = hash_of(file, offset);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  if (shard.locate(file, offset, hash) != kNone) return;  // another reader was first
  shard.evict(shard_capacity_ - block->size - kOverhead);
  if ((shard.used + 1) * 4 > shard.table.size() * 3) shard.rehash();
  std::uint32_t index;
  if (shard.free.empty()) {
    index = static_cast<std::uint32_t>(shard.slots.size());
    shard.slots.push_back({});
  } else {
    index = shard.free.back();
    shard.free.pop_back();
  }
  shard.slots[index] = {file, offset, BlockRef::share(block), false};
  const std::size_t mask = shard.table.size() - 1;
  std::size_t at = hash & mask;
  while (shard.table[at] != 0) at = (at + 1) & mask;
  shard.table[at] = index + 1;
  ++shard.used;
  shard.bytes += block->size + kOverhead;
}

void BlockCache::erase_file(std::uint64_t file) {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (std::size_t i = 0; i < shard.slots.size(); ++i) {
      const Slot& slot = shard.slots[i];
      if (slot.block != nullptr && slot.file == file)
        shard.remove(shard.locate(slot.file, slot.offset, hash_of(slot.file, slot.offset)));
    }
  }
}

namespace {
template <class Shards, class Of>
std::uint64_t sum(const Shards& shards, Of of) noexcept {
  std::uint64_t total = 0;
  for (const auto& shard : shards) {
    const std::lock_guard lock(shard.mutex);
    total += of(shard);
  }
  return total;
}
}  // namespace
std::uint64_t BlockCache::hits() const noexcept {
  return sum(shards_, [](const Shard& s) { return s.hits; });
}
std::uint64_t BlockCache::misses() const noexcept {
  return sum(shards_, [](const Shard& s) { return s.misses; });
}
std::uint64_t BlockCache::bytes() const noexcept {
  return sum(shards_, [](const Shard& s) { return s.bytes; });
}

}  // namespace avila::lsm::detail
