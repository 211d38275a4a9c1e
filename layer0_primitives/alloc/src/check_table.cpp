#include "check_table.hpp"

#include "os_memory.hpp"

namespace avila::alloc::detail {

namespace {
constexpr std::size_t kRecordChunk = 1 << 20;
constexpr std::size_t kFirstBuckets = 1 << 14;
}  // namespace

void* CheckTable::map_region(std::size_t size) noexcept {
  auto* region = static_cast<Region*>(os::map(size));
  if (region == nullptr) return nullptr;
  region->next = regions_;
  region->size = size;
  regions_ = region;
  return region + 1;
}

bool CheckTable::owns(std::uintptr_t address) const noexcept {
  for (const Region* r = regions_; r != nullptr; r = r->next)
    if (address - reinterpret_cast<std::uintptr_t>(r) < r->size) return true;
  return false;
}

Record* CheckTable::make() noexcept {
  if (unused_ == nullptr) {
    auto* at = static_cast<char*>(map_region(kRecordChunk));
    if (at == nullptr) return nullptr;
    for (std::size_t left = kRecordChunk - sizeof(Region); left >= sizeof(Record);
         left -= sizeof(Record), at += sizeof(Record)) {
      auto* record = reinterpret_cast<Record*>(at);
      record->next = unused_;
      unused_ = record;
    }
  }
  Record* record = unused_;
  unused_ = record->next;
  *record = {};
  return record;
}

bool CheckTable::grow() noexcept {
  const std::size_t buckets = buckets_ == 0 ? kFirstBuckets : buckets_ * 2;
  auto** table = static_cast<Record**>(map_region(sizeof(Region) + buckets * sizeof(Record*)));
  if (table == nullptr) return false;
  Record** old = table_;
  const std::size_t old_buckets = buckets_;
  table_ = table;
  buckets_ = buckets;
  shift_ = 64 - static_cast<unsigned>(__builtin_ctzll(buckets));
  for (std::size_t i = 0; i < old_buckets; ++i) {
    for (Record* record = old[i]; record != nullptr;) {
      Record* next = record->next;
      Record*& head = table_[bucket(record->block)];
      record->next = head;
      head = record;
      record = next;
    }
  }
  return true;  // the old table stays mapped: it is half the size of this one
}

void CheckTable::insert(Record* record) noexcept {
  if (count_ >= buckets_ && !grow() && buckets_ == 0) return;
  ++count_;
  Record*& head = table_[bucket(record->block)];
  record->next = head;
  head = record;
}

Record* CheckTable::find(const void* block) noexcept {
  if (buckets_ == 0) return nullptr;
  Record* record = table_[bucket(block)];
  while (record != nullptr && record->block != block) record = record->next;
  return record;
}

void CheckTable::erase(Record* record) noexcept {
  Record** at = &table_[bucket(record->block)];
  while (*at != record) at = &(*at)->next;
  *at = record->next;
  --count_;
  record->next = unused_;
  unused_ = record;
}

}  // namespace avila::alloc::detail
