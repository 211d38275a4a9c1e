// Blocks of sorted entries with shared prefixes.
//
// Entry: varint shared key bytes, varint further key bytes, varint value size, key bytes, varint
// tag, value. Every `interval` entries shared is 0: a restart point. At the end: u32 offset of
// each restart point, u32 their number.
#pragma once
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "format.hpp"

namespace avila::lsm::detail {

/// Uncompressed bytes of a block, counted references (readers, the cache).
struct Block {
  std::atomic<std::uint32_t> references{1};
  std::uint32_t size = 0;
  char data[1];

  static Block* make(std::size_t size);
  std::string_view view() const noexcept { return {data, size}; }
};

class BlockRef {
 public:
  BlockRef() = default;
  /// Takes over one reference.
  explicit BlockRef(Block* block) noexcept : block_(block) {}
  BlockRef(BlockRef&& other) noexcept : block_(other.block_) { other.block_ = nullptr; }
  BlockRef& operator=(BlockRef&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~BlockRef() { reset(); }
  void reset() noexcept;
  static Block* share(Block* block) noexcept {
    block->references.fetch_add(1, std::memory_order_relaxed);
    return block;
  }
  Block* get() const noexcept { return block_; }
  std::string_view view() const noexcept { return block_->view(); }
  explicit operator bool() const noexcept { return block_ != nullptr; }

 private:
  Block* block_ = nullptr;
};

class BlockBuilder {
 public:
  explicit BlockBuilder(int interval) : interval_(interval < 1 ? 1 : interval) {}
  void add(std::string_view key, Tag tag, std::string_view value);
  /// The block; valid until reset().
  std::string_view finish();
  void reset() noexcept;
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_ + restarts_.size() * 4 + 4; }
  std::string_view last_key() const noexcept { return last_key_; }

 private:
  void grow(std::size_t room);
  std::unique_ptr<char[]> buffer_;
  std::size_t size_ = 0, capacity_ = 0;
  std::string last_key_;
  std::vector<std::uint32_t> restarts_;
  int interval_, since_restart_ = 0;
};

/// Walks one block. The block's bytes outlive the cursor's use of them; malformed bytes end the
/// walk with damaged().
class BlockCursor {
 public:
  void open(std::string_view block) noexcept;
  void close() noexcept { valid_ = damaged_ = false, restarts_ = limit_ = 0; }
  bool valid() const noexcept { return valid_; }
  bool damaged() const noexcept { return damaged_; }
  void seek(std::string_view key, Tag tag);
  void seek_to_first();
  void seek_to_last();
  void next() { parse(); }
  void prev();
  std::string_view key() const noexcept { return {key_.get(), key_size_}; }
  Tag tag() const noexcept { return tag_; }
  std::string_view value() const noexcept { return {value_, value_size_}; }

 private:
  bool parse();
  bool fail() noexcept {
    damaged_ = true;
    return valid_ = false;
  }
  void go_to_restart(std::uint32_t index) noexcept;
  std::uint32_t restart(std::uint32_t index) const noexcept {
    return load_le32(data_ + limit_ + index * 4U);
  }
  bool restart_key(std::uint32_t index, std::string_view& key, Tag& tag) const noexcept;

  const char* data_ = nullptr;
  std::uint32_t limit_ = 0;  // entries end here, restart points begin
  std::uint32_t restarts_ = 0;
  std::uint32_t at_ = 0, next_ = 0;  // offsets of this entry and the next
  const char* value_ = nullptr;
  std::size_t value_size_ = 0, key_size_ = 0, key_capacity_ = 0;
  Tag tag_ = 0;
  std::unique_ptr<char[]> key_;
  bool valid_ = false, damaged_ = false;
};

}  // namespace avila::lsm::detail
