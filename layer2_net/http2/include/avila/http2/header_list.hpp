// The fields of one header block, decoded.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace avila::http2 {

/// A field as HPACK carries it: names are lower case, pseudo-header fields begin with ':'.
struct HeaderField {
  std::string_view name;
  std::string_view value;
  bool sensitive = false;  ///< never indexed (RFC 7541 section 7.1.3): an intermediary keeps it so
};

/// Fields in order, their texts in one piece of memory. clear() keeps the memory. Views die with
/// the next change.
class HeaderList {
 public:
  /// What RFC 9113 section 6.5.2 counts beside the name and the value.
  static constexpr std::size_t kFieldOverheadBytes = 32;

  void add(std::string_view name, std::string_view value, bool sensitive = false);
  void clear() noexcept;

  std::size_t size() const noexcept { return fields_.size(); }
  bool empty() const noexcept { return fields_.empty(); }
  HeaderField operator[](std::size_t index) const noexcept;
  /// As SETTINGS_MAX_HEADER_LIST_SIZE counts, with the fields that were left out.
  std::uint64_t list_bytes() const noexcept { return list_bytes_; }
  /// Fields were left out because list_bytes() passed the decoder's limit.
  bool truncated() const noexcept { return truncated_; }

 private:
  friend class HpackDecoder;
  struct Entry {
    std::uint32_t offset, name_bytes, value_bytes;
    bool sensitive;
  };
  std::string text_;
  std::vector<Entry> fields_;
  std::uint64_t list_bytes_ = 0;
  bool truncated_ = false;
};

}  // namespace avila::http2
