#include "arena.hpp"

#include <new>
#ifdef __linux__
#include <sys/mman.h>
#endif

namespace avila::lsm::detail {
namespace {
constexpr std::size_t kHugePage = 2U << 20;
}

Arena::~Arena() {
  for (const Block& block : blocks_) {
    if (block.huge)
      ::operator delete(block.data, std::align_val_t{kHugePage});
    else
      ::operator delete(block.data);
  }
}

char* Arena::new_block(std::size_t size) {
  const bool huge = size % kHugePage == 0;
  char* data = nullptr;
  if (huge) {
    // A skip list jumps all over its memory: with small pages most steps miss the TLB as well.
    data = static_cast<char*>(::operator new(size, std::align_val_t{kHugePage}));
#ifdef __linux__
    (void)::madvise(data, size, MADV_HUGEPAGE);  // a hint: small pages work too
#endif
  } else {
    data = static_cast<char*>(::operator new(size));
  }
  blocks_.push_back({data, size, huge});
  return data;
}

char* Arena::allocate_slow(std::size_t size) {
  used_.store(used_.load(std::memory_order_relaxed) + size, std::memory_order_relaxed);
  if (size > block_bytes_ / 4) return new_block(size);
  at_ = new_block(block_bytes_);
  left_ = block_bytes_;
  char* at = at_;
  at_ += size;
  left_ -= size;
  return at;
}

}  // namespace avila::lsm::detail
