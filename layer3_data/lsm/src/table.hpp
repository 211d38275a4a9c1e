// Sorted tables: immutable files of entries.
//
// Data blocks, filter block, tombstone block, properties block, index block, footer. A block on
// disk is its bytes (LZ4 when that pays: varint raw size, then the packed bytes), one byte of
// compression, and the CRC-32C of all that. The footer (80 bytes): offset and size of index,
// filter, tombstones and properties, version, CRC-32C of what precedes, magic.
#pragma once
#include <avila/lsm/options.hpp>
#include <avila/os/file_system.hpp>

#include <memory>

#include "block_cache.hpp"
#include "internal_iterator.hpp"
#include "memtable.hpp"
#include "rate_limiter.hpp"

namespace avila::lsm::detail {

inline constexpr std::uint64_t kTableMagic = 0x31424C544D534C41U;  // "ALSMTLB1"
inline constexpr std::uint32_t kTableVersion = 1;
inline constexpr std::size_t kFooterBytes = 80;
inline constexpr std::size_t kTrailerBytes = 5;
inline constexpr std::size_t kMaxBlockBytes = kMaxValueBytes + kMaxKeyBytes + (1U << 20);

struct BlockHandle {
  std::uint64_t offset = 0, size = 0;  // size without the trailer
};

/// What a table says of itself.
struct TableProperties {
  std::uint32_t family = 0;
  std::string family_name;
  std::string smallest, largest;  // user keys; `largest` may be the end of a range tombstone
  Sequence smallest_sequence = kMaxSequence, largest_sequence = 0;
  std::uint64_t entries = 0, erasures = 0, range_tombstones = 0;
  std::uint64_t raw_bytes = 0;

  std::string encode() const;
  static Result<TableProperties> decode(std::string_view bytes);
};

class TableBuilder {
 public:
  static Result<std::unique_ptr<TableBuilder>> create(os::FileSystem& fs, std::string path,
                                                      const CfOptions& options,
                                                      RateLimiter* limiter);
  /// In internal order.
  Result<void> add(std::string_view key, Tag tag, std::string_view value);
  void add_tombstones(std::vector<RangeTombstone> tombstones);
  /// Bytes so far, about what the file will hold.
  std::uint64_t size() const noexcept { return offset_ + pending_.size() + block_.size(); }
  bool empty() const noexcept { return properties.entries == 0 && tombstones_.empty(); }
  /// Writes the rest and makes the file durable (its name is not yet).
  Result<std::uint64_t> finish();

  TableProperties properties;

 private:
  TableBuilder(const CfOptions& options) : options_(options), block_(options.restart_interval) {}
  Result<void> end_block();
  Result<BlockHandle> write_block(std::string_view raw, bool compress);
  Result<void> write_out();
  void index_entry(std::string_view separator);

  CfOptions options_;
  std::unique_ptr<os::File> file_;
  std::string path_, pending_, index_, last_key_;
  RateLimiter* limiter_ = nullptr;
  BlockBuilder block_;
  BlockHandle ended_;  // the block that still needs its index entry
  bool index_due_ = false;
  std::uint64_t offset_ = 0;
  std::uint64_t blocks_ = 0;
  std::vector<std::uint64_t> hashes_;
  std::vector<RangeTombstone> tombstones_;
};

class TableReader {
 public:
  /// `cache` may be null; it is keyed by `number`.
  static Result<std::unique_ptr<TableReader>> open(os::FileSystem& fs, std::string path,
                                                   std::uint64_t number, BlockCache* cache);

  /// True when the search is over. `hash` is the key's bloom_hash.
  Result<bool> get(Lookup& lookup, std::uint64_t hash, bool fill_cache) const;
  bool may_hold(std::uint64_t hash) const noexcept { return bloom(hash); }
  const TableProperties& properties() const noexcept { return properties_; }
  const RangeTombstones& tombstones() const noexcept { return tombstones_; }
  const std::vector<RangeTombstone>& raw_tombstones() const noexcept { return raw_tombstones_; }
  /// Reads and checks every block.
  Result<void> verify() const;
  /// Bytes of the file before the key.
  std::uint64_t offset_of(std::string_view key) const noexcept;
  const std::string& path() const noexcept { return path_; }

 private:
  friend class TableIterator;
  TableReader() = default;
  Result<void> load();
  Result<void> load_index(std::string_view bytes);
  bool bloom(std::uint64_t hash) const noexcept;
  std::size_t blocks() const noexcept { return handles_.size(); }
  std::string_view separator(std::size_t i) const noexcept {
    return std::string_view(keys_).substr(key_ends_[i], key_ends_[i + 1] - key_ends_[i]);
  }
  /// The first block whose last key is not before `key`; blocks() when there is none.
  std::size_t find_block(std::string_view key) const noexcept;
  Result<BlockRef> read_block(const BlockHandle& handle, bool fill_cache) const;
  /// Checks and unpacks the bytes of a block with its trailer.
  Result<BlockRef> unpack(std::string_view bytes, const BlockHandle& handle) const;

  std::string path_;
  std::unique_ptr<os::File> file_;
  std::uint64_t number_ = 0, size_ = 0;
  BlockCache* cache_ = nullptr;
  TableProperties properties_;
  std::string filter_;
  RangeTombstones tombstones_;
  std::vector<RangeTombstone> raw_tombstones_;
  // The index: separators end to end, the first 8 bytes of each behind the prefix they share.
  std::string keys_, common_;
  std::vector<std::uint32_t> key_ends_;
  std::vector<std::uint64_t> heads_;
  std::vector<BlockHandle> handles_;
};

/// Walks one table; reset() moves it to another without new memory.
class TableIterator final : public InternalIterator {
 public:
  enum class Mode : std::uint8_t {
    Cached,      ///< look in the cache and fill it; read ahead once the walk is long
    Uncached,    ///< look in the cache, leave it as it is
    Sequential,  ///< read ahead from the start, by-pass the cache (compactions)
  };
  TableIterator() = default;
  TableIterator(const TableReader* table, Mode mode) : table_(table), mode_(mode) {}
  void reset(const TableReader* table, Mode mode);

  bool valid() const noexcept override { return cursor_.valid(); }
  void seek(std::string_view key, Tag tag) override;
  void seek_to_first() override;
  void seek_to_last() override;
  void next() override {
    cursor_.next();
    if (!cursor_.valid()) next_block();
  }
  void prev() override;
  std::string_view key() const noexcept override { return cursor_.key(); }
  Tag tag() const noexcept override { return cursor_.tag(); }
  std::string_view value() const noexcept override { return cursor_.value(); }
  Result<void> status() const override;

 private:
  bool load(std::size_t index);
  void next_block();
  Result<BlockRef> read_ahead(const BlockHandle& handle);

  const TableReader* table_ = nullptr;
  Mode mode_ = Mode::Cached;
  BlockCursor cursor_;
  BlockRef block_;
  std::size_t index_ = 0, loaded_ = ~std::size_t{0};
  int consecutive_ = 0;
  std::unique_ptr<char[]> window_;  // bytes of the file from window_start_
  std::size_t window_capacity_ = 0, window_size_ = 0;
  std::uint64_t window_start_ = 0;
  std::size_t read_size_ = 0;
  std::unique_ptr<Error> error_;
};

}  // namespace avila::lsm::detail
