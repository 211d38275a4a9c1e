// std::pmr::memory_resource over each allocator of this library.
#pragma once
#include <avila/alloc/arena.hpp>
#include <avila/alloc/bump.hpp>
#include <avila/alloc/heap.hpp>
#include <avila/alloc/slab.hpp>
#include <memory_resource>

namespace avila::alloc {

// As the standard asks, do_allocate throws std::bad_alloc when there is no memory. Each refers to
// its allocator, which outlives it, and is as thread-safe as that one.

/// The heap of the process. Thread-safe.
std::pmr::memory_resource& process_resource() noexcept;

class HeapResource final : public std::pmr::memory_resource {
 public:
  explicit HeapResource(Heap& heap) noexcept : heap_(heap) {}

 private:
  void* do_allocate(std::size_t size, std::size_t align) override;
  void do_deallocate(void* block, std::size_t size, std::size_t align) override;
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
  Heap& heap_;
};

/// Frees nothing until the bump allocator is reset. Takes what does not fit from `upstream`.
class BumpResource final : public std::pmr::memory_resource {
 public:
  explicit BumpResource(
      Bump& bump, std::pmr::memory_resource* upstream = std::pmr::null_memory_resource()) noexcept
      : bump_(bump), upstream_(upstream) {}

 private:
  void* do_allocate(std::size_t size, std::size_t align) override;
  void do_deallocate(void* block, std::size_t size, std::size_t align) override;
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
  Bump& bump_;
  std::pmr::memory_resource* upstream_;
};

class ArenaResource final : public std::pmr::memory_resource {
 public:
  explicit ArenaResource(Arena& arena) noexcept : arena_(arena) {}

 private:
  void* do_allocate(std::size_t size, std::size_t align) override;
  void do_deallocate(void* block, std::size_t size, std::size_t align) override;
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
  Arena& arena_;
};

/// Blocks that fit the slab's objects come from it (the nodes of a list or a map); others from
/// `upstream`. `align` is that of the slab's objects.
class SlabResource final : public std::pmr::memory_resource {
 public:
  SlabResource(Slab& slab, std::size_t align,
               std::pmr::memory_resource* upstream = &process_resource()) noexcept
      : slab_(slab), align_(align), upstream_(upstream) {}

 private:
  bool fits(std::size_t size, std::size_t align) const noexcept {
    return size <= slab_.object_size() && align <= align_;
  }
  void* do_allocate(std::size_t size, std::size_t align) override;
  void do_deallocate(void* block, std::size_t size, std::size_t align) override;
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
  Slab& slab_;
  std::size_t align_;
  std::pmr::memory_resource* upstream_;
};

}  // namespace avila::alloc
