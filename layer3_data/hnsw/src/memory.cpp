#include "memory.hpp"

#include <cstring>
#include <new>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace avila::hnsw::detail {
namespace {
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::align_val_t kSmallAlign{64};
constexpr std::align_val_t kHugeAlign{kHugePage};

void release(std::byte* data, std::size_t capacity) noexcept {
  ::operator delete(data, capacity < kHugePage ? kSmallAlign : kHugeAlign);
}
}  // namespace

Memory::~Memory() {
  if (data_ != nullptr) release(data_, capacity_);
}

bool Memory::grow(std::size_t size, std::size_t used) noexcept {
  if (size <= capacity_) return true;
  std::size_t wanted = capacity_ + capacity_ / 2;
  if (wanted < size) wanted = size;
  if (wanted >= kHugePage) wanted = (wanted + kHugePage - 1) / kHugePage * kHugePage;
  auto* fresh = static_cast<std::byte*>(
      ::operator new(wanted, wanted < kHugePage ? kSmallAlign : kHugeAlign, std::nothrow));
  if (fresh == nullptr) return false;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (wanted >= kHugePage) (void)::madvise(fresh, wanted, MADV_HUGEPAGE);  // advice only
#endif
  if (used != 0) std::memcpy(fresh, data_, used);
  std::memset(fresh + used, 0, wanted - used);
  if (data_ != nullptr) release(data_, capacity_);
  data_ = fresh;
  capacity_ = wanted;
  return true;
}

}  // namespace avila::hnsw::detail
