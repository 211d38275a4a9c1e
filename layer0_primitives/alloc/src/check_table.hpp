// What the checking mode knows of every block, kept apart from the blocks, where no overflow
// reaches.
#pragma once
#include <cstddef>
#include <cstdint>

#include "process.hpp"
#include "stack.hpp"

namespace avila::alloc::detail {

struct Record {
  Record* next;        ///< in its bucket, or in the list of unused records
  Record* queue_next;  ///< in quarantine, towards the newer
  char* block;         ///< what the program has
  char* base;          ///< what the heap gave
  std::size_t size;    ///< what the program asked for
  std::size_t total;   ///< with red zones
  std::uint64_t number;
  Face face;
  bool freed;    ///< in quarantine
  bool damaged;  ///< reported already
  bool reached;  ///< by the leak search
  bool told;     ///< in the leak report
  Stack allocated;
  Stack released;
};

/// A hash table by address; memory straight from the system. Locked by its user.
class CheckTable {
 public:
  /// A record to fill in and insert(); null: no memory.
  Record* make() noexcept;
  void insert(Record* record) noexcept;
  Record* find(const void* block) noexcept;
  void erase(Record* record) noexcept;  ///< and makes it unused
  std::size_t size() const noexcept { return count_; }

  template <class F>
  void for_each(F&& f) {
    for (std::size_t i = 0; i < buckets_; ++i)
      for (Record* record = table_[i]; record != nullptr; record = record->next) f(*record);
  }
  /// Whether the address lies in the table's own memory (which names every block).
  bool owns(std::uintptr_t address) const noexcept;

 private:
  struct Region {
    Region* next;
    std::size_t size;
  };
  void* map_region(std::size_t size) noexcept;
  bool grow() noexcept;
  std::size_t bucket(const void* block) const noexcept {
    return (reinterpret_cast<std::uintptr_t>(block) >> 4) * 0x9E3779B97F4A7C15U >> shift_;
  }

  Record** table_ = nullptr;
  std::size_t buckets_ = 0;
  unsigned shift_ = 63;
  std::size_t count_ = 0;
  Record* unused_ = nullptr;
  Region* regions_ = nullptr;
};

}  // namespace avila::alloc::detail
