// Memory for keys: locked into RAM, out of core dumps and of forked children, between guard pages,
// wiped when it is given back.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <memory>
#include <utility>

namespace avila::keystore {

/// What happens where the system does not lock memory (RLIMIT_MEMLOCK).
enum class LockPolicy : std::uint8_t {
  Required,    ///< allocation fails
  BestEffort,  ///< it goes on unlocked; LockedArena::locked() tells
};

class LockedArena;

/// Secret bytes in an arena, all zero at first. Move-only, wiped and given back by its destructor;
/// neither == nor << exist. Keeps its arena alive.
class LockedBytes {
 public:
  LockedBytes() noexcept = default;
  LockedBytes(LockedBytes&& other) noexcept
      : arena_(std::move(other.arena_)), bytes_(std::exchange(other.bytes_, MutableByteSpan{})) {}
  LockedBytes& operator=(LockedBytes&& other) noexcept {
    std::swap(arena_, other.arena_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~LockedBytes();

  std::size_t size() const noexcept { return bytes_.size(); }
  bool empty() const noexcept { return bytes_.empty(); }
  ByteSpan span() const noexcept { return bytes_; }
  MutableByteSpan span() noexcept { return bytes_; }

  template <class Stream>
  friend Stream& operator<<(Stream&, const LockedBytes&) = delete;
  friend bool operator==(const LockedBytes&, const LockedBytes&) = delete;

 private:
  friend class LockedArena;
  LockedBytes(std::shared_ptr<LockedArena> arena, MutableByteSpan bytes) noexcept
      : arena_(std::move(arena)), bytes_(bytes) {}
  std::shared_ptr<LockedArena> arena_;  // shared by all that is allocated in it
  MutableByteSpan bytes_;
};

/// Threads may share one.
class LockedArena : public std::enable_shared_from_this<LockedArena> {
 public:
  static constexpr std::size_t kChunkBytes = 64 * 1024;  ///< taken from the system at a time
  static constexpr std::size_t kGranule = 64;            ///< sizes are rounded up to this
  static constexpr std::size_t kDefaultLimit = std::size_t{64} << 20;

  /// Takes the first chunk. Errors: where the policy is Required, what mlock(2) said.
  static Result<std::shared_ptr<LockedArena>> create(LockPolicy policy = LockPolicy::Required,
                                                     std::size_t limit_bytes = kDefaultLimit);
  ~LockedArena();
  LockedArena(const LockedArena&) = delete;
  LockedArena& operator=(const LockedArena&) = delete;

  /// Errors: LimitExceeded (the arena's limit), OutOfMemory, and as create().
  Result<LockedBytes> allocate(std::size_t size);
  Result<LockedBytes> copy_of(ByteSpan bytes);

  bool locked() const;               ///< whether every page taken so far is locked
  std::size_t bytes_in_use() const;  ///< rounded up to granules
  std::size_t bytes_mapped() const;  ///< without guard pages

 private:
  friend class LockedBytes;
  struct State;
  explicit LockedArena(std::unique_ptr<State> state) noexcept;
  void give_back(MutableByteSpan bytes) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace avila::keystore
