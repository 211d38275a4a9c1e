// Slab: objects of one size, packed in aligned runs whose head a pointer finds by masking
// (Bonwick, "The Slab Allocator", USENIX 1994). Free runs go back, so memory follows use.
#pragma once
#include <cstddef>
#include <new>
#include <utility>

namespace avila::alloc {

/// Objects of one size, for one thread at a time.
class Slab {
 public:
  static constexpr std::size_t kRunBytes = 64 * 1024;   ///< of the heap for one run
  static constexpr std::size_t kMaxObject = 16 * 1024;  ///< larger ones belong on a heap

  /// Objects of `size` bytes (1…kMaxObject) at multiples of `align` (a power of two <= 4096). At
  /// most `max_objects` at a time; 0: no limit.
  Slab(std::size_t size, std::size_t align, std::size_t max_objects = 0) noexcept;
  ~Slab();
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

  /// Null: no memory, max_objects reached, or a size or alignment beyond the limits.
  [[nodiscard]] void* allocate() noexcept;
  void deallocate(void* object) noexcept;  ///< null is fine
  /// Frees all runs, whatever is still in them.
  void release() noexcept;

  std::size_t object_size() const noexcept { return stride_; }
  std::size_t live() const noexcept { return live_; }
  std::size_t runs() const noexcept { return runs_; }

 private:
  struct Run;
  struct FreeObject {
    FreeObject* next;
  };
  Run* add_run() noexcept;
  static Run* run_of(void* object) noexcept;
  static void link(Run*& list, Run* run) noexcept;
  static void unlink(Run*& list, Run* run) noexcept;

  std::size_t stride_;  ///< 0: asked for more than the limits allow
  std::size_t first_;   ///< offset of the first object in a run
  std::size_t per_run_;
  std::size_t max_objects_;
  std::size_t live_ = 0;
  std::size_t runs_ = 0;
  Run* partial_ = nullptr;  ///< runs with free objects
  Run* full_ = nullptr;
};

/// The same with a type: create and destroy.
template <class T>
class ObjectSlab {
 public:
  explicit ObjectSlab(std::size_t max_objects = 0) noexcept
      : slab_(sizeof(T), alignof(T), max_objects) {
    static_assert(sizeof(T) <= Slab::kMaxObject && alignof(T) <= 4096);
  }

  /// Null: no memory, or max_objects reached. What T's constructor throws goes through.
  template <class... Args>
  [[nodiscard]] T* create(Args&&... args) {
    void* place = slab_.allocate();
    if (place == nullptr) return nullptr;
    Guard guard{slab_, place};
    T* object = ::new (place) T(std::forward<Args>(args)...);
    guard.place = nullptr;
    return object;
  }
  void destroy(T* object) noexcept {
    if (object == nullptr) return;
    object->~T();
    slab_.deallocate(object);
  }
  std::size_t live() const noexcept { return slab_.live(); }
  std::size_t runs() const noexcept { return slab_.runs(); }

 private:
  struct Guard {
    Slab& slab;
    void* place;
    ~Guard() { slab.deallocate(place); }
  };
  Slab slab_;
};

}  // namespace avila::alloc
