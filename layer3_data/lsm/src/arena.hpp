// Memory of one memtable: bump allocation, freed all at once.
#pragma once
#include <atomic>
#include <cstddef>
#include <vector>

namespace avila::lsm::detail {

class Arena {
 public:
  explicit Arena(std::size_t block_bytes) : block_bytes_(block_bytes) {}
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// 8-byte aligned. One thread allocates.
  char* allocate(std::size_t size) {
    size = (size + 7) & ~std::size_t{7};
    if (size > left_) return allocate_slow(size);
    char* at = at_;
    at_ += size;
    left_ -= size;
    used_.store(used_.load(std::memory_order_relaxed) + size, std::memory_order_relaxed);
    return at;
  }
  /// Bytes handed out; any thread may ask.
  std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

 private:
  struct Block {
    char* data;
    std::size_t size;
    bool huge;
  };
  char* allocate_slow(std::size_t size);
  char* new_block(std::size_t size);

  std::size_t block_bytes_;
  char* at_ = nullptr;
  std::size_t left_ = 0;
  std::atomic<std::size_t> used_{0};
  std::vector<Block> blocks_;
};

}  // namespace avila::lsm::detail
