// Arena: many small objects that die together. Chunks grow as needed; blocks given back early go to
// pools of fixed sizes and serve the next request of their size.
#pragma once
#include <avila/alloc/bump.hpp>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace avila::alloc {

struct ArenaOptions {
  std::size_t first_chunk = 4096;       ///< bytes; each chunk doubles the last
  std::size_t max_chunk = 1024 * 1024;  ///< larger blocks get a chunk of their own
  std::size_t max_bytes = 0;            ///< of all chunks; 0: no limit
};

/// Used by one thread at a time. Memory comes from the heap of the process.
class Arena {
 public:
  static constexpr std::size_t kPoolStep = 16;  ///< pools are this far apart…
  static constexpr std::size_t kPoolMax = 512;  ///< …up to this block size

  explicit Arena(const ArenaOptions& options = {}) noexcept : options_(options) {}
  ~Arena() { release(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// `align` is a power of two. Null: no memory, or max_bytes reached.
  [[nodiscard]] void* allocate(std::size_t size,
                               std::size_t align = alignof(std::max_align_t)) noexcept;
  /// Hands a block back before its time, with the size it was asked for: blocks up to kPoolMax
  /// bytes are used again, larger ones wait for the end. null is fine.
  void deallocate(void* block, std::size_t size) noexcept;

  /// An object that lives until reset() or release(), which run its destructor, newest first.
  template <class T, class... Args>
  [[nodiscard]] T* create(Args&&... args) {
    if constexpr (std::is_trivially_destructible_v<T>) {
      void* place = allocate(sizeof(T), alignof(T));
      return place == nullptr ? nullptr : ::new (place) T(std::forward<Args>(args)...);
    } else {
      void* place = allocate(sizeof(T), alignof(T));
      auto* cleanup = static_cast<Cleanup*>(allocate(sizeof(Cleanup), alignof(Cleanup)));
      if (place == nullptr || cleanup == nullptr) return nullptr;
      T* object = ::new (place) T(std::forward<Args>(args)...);
      cleanups_ = ::new (cleanup)
          Cleanup{cleanups_, object, [](void* it) noexcept { static_cast<T*>(it)->~T(); }};
      return object;
    }
  }

  /// Destroys everything and keeps the newest, largest chunk for what comes next.
  void reset() noexcept;
  /// Destroys everything and frees all chunks.
  void release() noexcept;

  std::size_t chunk_bytes() const noexcept { return chunk_bytes_; }
  std::size_t chunk_count() const noexcept { return chunk_count_; }

 private:
  struct Chunk {
    Chunk* next;
    std::size_t size;  ///< with this header
  };
  struct Cleanup {
    Cleanup* next;
    void* object;
    void (*destroy)(void*) noexcept;
  };
  struct FreeBlock {
    FreeBlock* next;
  };

  bool add_chunk(std::size_t need) noexcept;
  void destroy_objects() noexcept;
  void free_chunks(Chunk* chunk) noexcept;

  ArenaOptions options_;
  Bump bump_;  ///< over the newest chunk
  Chunk* chunks_ = nullptr;
  Cleanup* cleanups_ = nullptr;
  FreeBlock* pools_[kPoolMax / kPoolStep] = {};
  std::size_t next_chunk_ = 0;
  std::size_t chunk_bytes_ = 0;
  std::size_t chunk_count_ = 0;
};

}  // namespace avila::alloc
