// The newest entries, in memory: a skip list (Pugh, 1990) with one writer and any number of
// readers that take no lock.
#pragma once
#include <avila/os/clock.hpp>

#include <atomic>
#include <memory>
#include <mutex>

#include "arena.hpp"
#include "internal_iterator.hpp"
#include "range_tombstones.hpp"

namespace avila::lsm::detail {

/// What a point read has gathered on its way from the newest source to the oldest.
struct Lookup {
  std::string_view key;
  Sequence visible = kMaxSequence;
  std::int64_t now_ns = 0;  ///< wall clock, for expiry; read when first needed
  std::string* value = nullptr;
  Sequence covered = 0;               ///< newest range tombstone that covers the key
  std::vector<std::string> operands;  ///< of merges, newest first
  enum class State : std::uint8_t { Searching, Found, Absent } state = State::Searching;
  os::Clock* clock = nullptr;

  /// Takes the next older entry of the key; true when the search is over.
  bool take(Tag tag, std::string_view bytes);
};

class Memtable {
 public:
  Memtable(std::size_t capacity_bytes, std::uint64_t log_number);

  /// One writer at a time; entries of a key come with rising sequence numbers.
  void add(Tag tag, std::string_view key, std::string_view value);
  void add_range_tombstone(Sequence sequence, std::string_view begin, std::string_view end);

  /// True when the search is over.
  bool get(Lookup& lookup) const;
  std::unique_ptr<InternalIterator> iterate() const;
  std::shared_ptr<const RangeTombstones> tombstones() const;
  std::vector<RangeTombstone> raw_tombstones() const;

  std::size_t bytes() const noexcept {
    return arena_.used() + tombstone_bytes_.load(std::memory_order_relaxed);
  }
  bool full() const noexcept { return bytes() >= capacity_bytes_; }
  std::uint64_t entries() const noexcept { return entries_.load(std::memory_order_relaxed); }
  bool has_tombstones() const noexcept {
    return tombstone_bytes_.load(std::memory_order_acquire) != 0;
  }
  bool empty() const noexcept { return entries() == 0 && !has_tombstones(); }
  /// The oldest log that may hold its entries.
  std::uint64_t log_number() const noexcept { return log_number_; }
  void set_log_number(std::uint64_t number) noexcept { log_number_ = number; }

 private:
  friend class MemtableIterator;
  static constexpr int kMaxHeight = 12;
  struct Node {
    Tag tag;
    std::uint32_t value_size;
    std::uint16_t key_size;
    // The key, then the value, follow; the links lie before the node, level 0 nearest, so that
    // the links of the low levels and the key share a cache line.
    std::string_view key() const noexcept {
      return {reinterpret_cast<const char*>(this) + kHeader, key_size};
    }
    std::string_view value() const noexcept {
      return {reinterpret_cast<const char*>(this) + kHeader + key_size, value_size};
    }
    std::atomic<Node*>& link(int level) noexcept {
      return reinterpret_cast<std::atomic<Node*>*>(this)[-1 - level];
    }
    Node* next(int level) const noexcept {
      return const_cast<Node*>(this)->link(level).load(std::memory_order_acquire);
    }
  };
  static constexpr std::size_t kHeader = 14;

  Node* new_node(int height, std::size_t key_size, std::size_t value_size);
  int random_height() noexcept;
  Node* find_not_before(std::string_view key, Tag tag) const noexcept;
  Node* find_before(std::string_view key, Tag tag) const noexcept;
  Node* find_last() const noexcept;
  static bool before(const Node* node, std::string_view key, Tag tag) noexcept {
    return compare_entries(node->key(), node->tag, key, tag) < 0;
  }

  Arena arena_;
  std::size_t capacity_bytes_;
  std::uint64_t log_number_;
  Node* head_;
  std::atomic<int> height_{1};
  Node* splice_[kMaxHeight];  // writer only: the predecessors of the newest entry
  std::uint64_t random_ = 0x9E3779B97F4A7C15U;
  std::atomic<std::uint64_t> entries_{0};
  std::atomic<std::size_t> tombstone_bytes_{0};
  mutable std::mutex tombstone_mutex_;
  std::vector<RangeTombstone> tombstones_;
  mutable std::shared_ptr<const RangeTombstones> fragmented_;
};

}  // namespace avila::lsm::detail
