#include <avila/alloc/resource.hpp>

#include <new>

namespace avila::alloc {

namespace {

void* or_throw(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

class ProcessResource final : public std::pmr::memory_resource {
  void* do_allocate(std::size_t size, std::size_t align) override {
    return or_throw(align <= kMinAlignment ? alloc::allocate(size)
                                           : alloc::allocate_aligned(size, align));
  }
  void do_deallocate(void* block, std::size_t, std::size_t) override { alloc::deallocate(block); }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace

std::pmr::memory_resource& process_resource() noexcept {
  // Never destroyed: containers of static storage may outlive every order of destruction.
  alignas(ProcessResource) static unsigned char place[sizeof(ProcessResource)];
  static auto* const resource = ::new (place) ProcessResource;
  return *resource;
}

void* HeapResource::do_allocate(std::size_t size, std::size_t align) {
  return or_throw(heap_.allocate(size, align));
}
void HeapResource::do_deallocate(void* block, std::size_t, std::size_t) { heap_.deallocate(block); }

void* BumpResource::do_allocate(std::size_t size, std::size_t align) {
  void* block = bump_.allocate(size, align);
  return block != nullptr ? block : upstream_->allocate(size, align);
}
void BumpResource::do_deallocate(void* block, std::size_t size, std::size_t align) {
  if (!bump_.contains(block)) upstream_->deallocate(block, size, align);
}

void* ArenaResource::do_allocate(std::size_t size, std::size_t align) {
  return or_throw(arena_.allocate(size, align));
}
void ArenaResource::do_deallocate(void* block, std::size_t size, std::size_t) {
  arena_.deallocate(block, size);
}

void* SlabResource::do_allocate(std::size_t size, std::size_t align) {
  return fits(size, align) ? or_throw(slab_.allocate()) : upstream_->allocate(size, align);
}
void SlabResource::do_deallocate(void* block, std::size_t size, std::size_t align) {
  if (fits(size, align)) {
    slab_.deallocate(block);
  } else {
    upstream_->deallocate(block, size, align);
  }
}

}  // namespace avila::alloc
