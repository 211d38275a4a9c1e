// HPACK, the header compression of HTTP/2 (RFC 7541).
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/http2/header_list.hpp>
#include <string>
#include <vector>

namespace avila::http2 {

namespace detail {

/// RFC 7541 section 2.3.2 and 4: the newest entry has index 0. Entries lie one behind the other in
/// one buffer that slides.
class DynamicTable {
 public:
  explicit DynamicTable(std::uint32_t limit_bytes) noexcept : limit_(limit_bytes) {}

  std::size_t size() const noexcept { return entries_.size() - first_; }
  std::uint32_t used_bytes() const noexcept { return used_; }
  std::uint32_t limit_bytes() const noexcept { return limit_; }
  HeaderField at(std::size_t index) const noexcept;
  std::uint32_t hash_at(std::size_t index) const noexcept;
  /// Drops the oldest until the new one fits; one larger than the table empties it. The texts may
  /// lie in the table.
  void add(std::string_view name, std::string_view value, std::uint32_t name_hash = 0);
  void set_limit(std::uint32_t limit_bytes) noexcept;

 private:
  struct Entry {
    std::uint32_t offset, name_bytes, value_bytes, name_hash;
  };
  const Entry& entry(std::size_t index) const noexcept {
    return entries_[entries_.size() - 1 - index];
  }
  void evict_until(std::uint32_t limit) noexcept;
  void compact();

  std::string text_;
  std::vector<Entry> entries_;  // oldest first, from first_ on
  std::size_t first_ = 0;
  std::uint32_t used_ = 0;
  std::uint32_t limit_;
};

}  // namespace detail

inline constexpr std::uint32_t kDefaultTableBytes = 4096;

/// One direction of one connection; its table lives on from block to block.
class HpackDecoder {
 public:
  /// `table_limit_bytes`: the SETTINGS_HEADER_TABLE_SIZE that the peer was told.
  explicit HpackDecoder(std::uint32_t table_limit_bytes = kDefaultTableBytes) noexcept
      : table_(table_limit_bytes), limit_(table_limit_bytes) {}

  /// Appends the fields of a whole block to `list`. Past `list_bytes_max` of list.list_bytes()
  /// fields are decoded, so that the table stays right, but not kept: list.truncated(). Errors:
  /// Malformed with the offset; the connection must end then (COMPRESSION_ERROR).
  Result<void> decode(ByteSpan block, std::uint64_t list_bytes_max, HeaderList& list);

  /// A new SETTINGS_HEADER_TABLE_SIZE, once the peer has acknowledged it. Where the table was
  /// larger, the next block must begin by shrinking it (RFC 7541 section 4.2).
  void set_table_limit(std::uint32_t bytes) noexcept;
  std::uint32_t table_bytes() const noexcept { return table_.used_bytes(); }

 private:
  detail::DynamicTable table_;
  std::uint32_t limit_;
  bool must_shrink_ = false;
  std::string name_, value_;  // of literals, decoded
};

enum class Indexing : std::uint8_t {
  Incremental,  ///< into the table
  Without,      ///< values that seldom come again
  Never,        ///< secrets, which compression could be made to tell (RFC 7541 section 7.1)
};
/// What suits a field: secrets never, lengths, dates and paths not, the rest into the table.
Indexing default_indexing(std::string_view name, std::string_view value) noexcept;

class HpackEncoder {
 public:
  /// `table_limit_bytes`: as much as we would use; the peer's setting bounds it further.
  explicit HpackEncoder(std::uint32_t table_limit_bytes = kDefaultTableBytes) noexcept
      : table_(table_limit_bytes < kDefaultTableBytes ? table_limit_bytes : kDefaultTableBytes),
        own_limit_(table_limit_bytes),
        lowest_(table_.limit_bytes()),
        pending_(table_limit_bytes < kDefaultTableBytes) {}

  /// The peer's SETTINGS_HEADER_TABLE_SIZE.
  void set_peer_limit(std::uint32_t bytes) noexcept;
  /// To be called before the fields of each block: table size updates.
  void begin_block(std::string& out);
  /// The name is in lower case.
  void encode(std::string& out, std::string_view name, std::string_view value, Indexing indexing);
  void encode(std::string& out, std::string_view name, std::string_view value) {
    encode(out, name, value, default_indexing(name, value));
  }
  std::uint32_t table_bytes() const noexcept { return table_.used_bytes(); }

 private:
  detail::DynamicTable table_;
  std::uint32_t own_limit_;
  std::uint32_t lowest_;  // of the limits since the last block
  bool pending_;
};

}  // namespace avila::http2
