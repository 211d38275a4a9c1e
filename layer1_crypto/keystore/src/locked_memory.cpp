#include <avila/keystore/locked_memory.hpp>
#include <avila/os/memory.hpp>
#include <avila/os/process.hpp>
#include <avila/primitives/wipe.hpp>
#include <cstring>
#include <map>
#include <mutex>
#include <vector>
#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

namespace avila::keystore {
namespace {

constexpr std::size_t round_up(std::size_t size, std::size_t to) {
  return (size + to - 1) / to * to;
}

/// Pages between two guard pages, and what of them is free: offset → bytes, neighbours merged.
struct Chunk {
  os::AnonymousMemory memory;
  MutableByteSpan inside;
  std::map<std::size_t, std::size_t> free;

  std::byte* take(std::size_t size) {
    for (auto it = free.begin(); it != free.end(); ++it) {
      if (it->second < size) continue;
      const auto [at, room] = *it;
      free.erase(it);
      if (room > size) free.emplace(at + size, room - size);
      return inside.data() + at;
    }
    return nullptr;
  }

  void give_back(std::size_t at, std::size_t size) {
    auto next = free.lower_bound(at);
    if (next != free.end() && at + size == next->first) {
      size += next->second;
      next = free.erase(next);
    }
    if (next != free.begin()) {
      const auto before = std::prev(next);
      if (before->first + before->second == at) {
        before->second += size;
        return;
      }
    }
    free.emplace(at, size);
  }

  bool holds(const std::byte* p) const {
    return p >= inside.data() && p < inside.data() + inside.size();
  }
};

}  // namespace

struct LockedArena::State {
  LockPolicy policy;
  std::size_t limit;
  mutable std::mutex mutex;
  std::vector<Chunk> chunks;
  bool locked = true;
  std::size_t in_use = 0, mapped = 0;

  Result<void> grow(std::size_t size) {
    const std::size_t page = os::page_size();
    const std::size_t inside = round_up(std::max(size, kChunkBytes), page);
    if (inside > limit - mapped)
      return Error(Errc::LimitExceeded,
                   "the memory for keys is limited to " + std::to_string(limit) + " bytes");
    Chunk chunk;
    AVILA_TRY(chunk.memory, os::AnonymousMemory::map(inside + 2 * page));
    const MutableByteSpan all = chunk.memory.span();
    chunk.inside = all.subspan(page, inside);
    AVILA_TRY_VOID(chunk.memory.protect(0, page, os::Protection::None));
    AVILA_TRY_VOID(chunk.memory.protect(page + inside, page, os::Protection::None));
#if __has_include(<sys/mman.h>)
    if (::mlock(chunk.inside.data(), inside) != 0) {
      if (policy == LockPolicy::Required)
        return Error::from_errno(errno, "lock the memory for keys")
            .with_hint("raise the limit of locked memory (ulimit -l), or choose BestEffort");
      locked = false;
    }
    // Beyond what mlock gives, and independent of it.
#ifdef MADV_DONTDUMP
    (void)::madvise(chunk.inside.data(), inside, MADV_DONTDUMP);
#endif
#ifdef MADV_WIPEONFORK
    (void)::madvise(chunk.inside.data(), inside, MADV_WIPEONFORK);
#endif
#else
    if (auto done = chunk.memory.lock(); !done.has_value()) {
      if (policy == LockPolicy::Required) return std::move(done).error();
      locked = false;
    }
#endif
    chunk.free.emplace(0, inside);
    mapped += inside;
    chunks.push_back(std::move(chunk));
    return {};
  }
};

LockedArena::LockedArena(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
LockedArena::~LockedArena() = default;

Result<std::shared_ptr<LockedArena>> LockedArena::create(LockPolicy policy,
                                                         std::size_t limit_bytes) {
  auto state = std::make_unique<State>();
  state->policy = policy;
  state->limit = limit_bytes;
  AVILA_TRY_VOID(state->grow(1));
  return std::shared_ptr<LockedArena>(new LockedArena(std::move(state)));
}

Result<LockedBytes> LockedArena::allocate(std::size_t size) {
  if (size == 0) return LockedBytes();
  const std::lock_guard lock(state_->mutex);
  if (size > state_->limit)
    return Error(Errc::LimitExceeded, "more than the whole memory for keys was asked for");
  const std::size_t room = round_up(size, kGranule);
  std::byte* at = nullptr;
  for (Chunk& chunk : state_->chunks)
    if ((at = chunk.take(room)) != nullptr) break;
  if (at == nullptr) {
    AVILA_TRY_VOID(state_->grow(room));
    at = state_->chunks.back().take(room);
  }
  state_->in_use += room;
  return LockedBytes(shared_from_this(), MutableByteSpan(at, size));
}

Result<LockedBytes> LockedArena::copy_of(ByteSpan bytes) {
  AVILA_TRY(LockedBytes made, allocate(bytes.size()));
  if (!bytes.empty()) std::memcpy(made.span().data(), bytes.data(), bytes.size());
  return made;
}

void LockedArena::give_back(MutableByteSpan bytes) noexcept {
  wipe_memory(bytes.data(), bytes.size());
  const std::lock_guard lock(state_->mutex);
  const std::size_t room = round_up(bytes.size(), kGranule);
  for (Chunk& chunk : state_->chunks)
    if (chunk.holds(bytes.data())) {
      chunk.give_back(static_cast<std::size_t>(bytes.data() - chunk.inside.data()), room);
      state_->in_use -= room;
      return;
    }
  AVILA_ASSERT(false);  // memory of another arena
}

bool LockedArena::locked() const {
  const std::lock_guard lock(state_->mutex);
  return state_->locked;
}
std::size_t LockedArena::bytes_in_use() const {
  const std::lock_guard lock(state_->mutex);
  return state_->in_use;
}
std::size_t LockedArena::bytes_mapped() const {
  const std::lock_guard lock(state_->mutex);
  return state_->mapped;
}

LockedBytes::~LockedBytes() {
  if (arena_ != nullptr) arena_->give_back(bytes_);
}

}  // namespace avila::keystore
