#include <avila/alloc/heap.hpp>
#include <avila/alloc/slab.hpp>
#include <avila/error/assert.hpp>

#include <algorithm>
#include <cstdint>

namespace avila::alloc {

struct Slab::Run {
  Run* next;
  Run* prev;
  FreeObject* free;
  std::size_t used;
  std::size_t carved;  ///< objects that were ever handed out; the rest is untouched memory
};

Slab::Slab(std::size_t size, std::size_t align, std::size_t max_objects) noexcept
    : stride_(0), first_(0), per_run_(0), max_objects_(max_objects) {
  if (size == 0 || size > kMaxObject || align == 0 || (align & (align - 1)) != 0 || align > 4096)
    return;
  align = std::max(align, alignof(FreeObject));
  stride_ = (std::max(size, sizeof(FreeObject)) + align - 1) & ~(align - 1);
  first_ = (sizeof(Run) + align - 1) & ~(align - 1);
  per_run_ = (kRunBytes - first_) / stride_;
}

Slab::~Slab() { release(); }

Slab::Run* Slab::run_of(void* object) noexcept {
  return reinterpret_cast<Run*>(reinterpret_cast<std::uintptr_t>(object) & ~(kRunBytes - 1));
}

void Slab::link(Run*& list, Run* run) noexcept {
  run->prev = nullptr;
  run->next = list;
  if (list != nullptr) list->prev = run;
  list = run;
}

void Slab::unlink(Run*& list, Run* run) noexcept {
  (run->prev != nullptr ? run->prev->next : list) = run->next;
  if (run->next != nullptr) run->next->prev = run->prev;
}

Slab::Run* Slab::add_run() noexcept {
  void* memory = alloc::allocate_aligned(kRunBytes, kRunBytes);
  if (memory == nullptr) return nullptr;
  Run* run = ::new (memory) Run{};
  link(partial_, run);
  ++runs_;
  return run;
}

void* Slab::allocate() noexcept {
  if (stride_ == 0 || (max_objects_ != 0 && live_ >= max_objects_)) return nullptr;
  Run* run = partial_ != nullptr ? partial_ : add_run();
  if (run == nullptr) return nullptr;
  void* object = run->free;
  if (object != nullptr) {
    run->free = run->free->next;
  } else {
    object = reinterpret_cast<char*>(run) + first_ + run->carved++ * stride_;
  }
  ++live_;
  if (++run->used == per_run_) {
    unlink(partial_, run);
    link(full_, run);
  }
  return object;
}

void Slab::deallocate(void* object) noexcept {
  if (object == nullptr) return;
  Run* run = run_of(object);
  AVILA_ASSERT(run->used > 0);
  AVILA_DEBUG_ASSERT(
      (static_cast<char*>(object) - reinterpret_cast<char*>(run) - first_) % stride_ == 0);
  if (run->used == per_run_) {
    unlink(full_, run);
    link(partial_, run);
  }
  run->free = ::new (object) FreeObject{run->free};
  --live_;
  if (--run->used > 0) return;
  if (partial_ == run && run->next == nullptr) return;  // the last one stays
  unlink(partial_, run);
  --runs_;
  alloc::deallocate(run);
}

void Slab::release() noexcept {
  for (Run** list : {&partial_, &full_}) {
    while (*list != nullptr) {
      Run* run = *list;
      *list = run->next;
      alloc::deallocate(run);
    }
  }
  live_ = runs_ = 0;
}

}  // namespace avila::alloc
