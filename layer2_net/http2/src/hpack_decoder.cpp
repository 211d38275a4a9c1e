#include <avila/http2/hpack.hpp>

#include "huffman.hpp"
#include "static_table.hpp"

namespace avila::http2 {

namespace {

/// Reads a block from its start; every error tells the offset.
class BlockReader {
 public:
  explicit BlockReader(ByteSpan block) noexcept : block_(block) {}

  bool empty() const noexcept { return at_ == block_.size(); }
  std::uint8_t peek() const noexcept { return static_cast<std::uint8_t>(block_[at_]); }
  Error malformed(std::string_view what) const {
    return Error(Errc::Malformed, std::string(what), {.offset = at_});
  }

  /// RFC 7541 section 5.1. Numbers above 2^32 - 1 are refused: nothing here is that large.
  Result<std::uint32_t> integer(int prefix_bits) {
    if (empty()) return malformed("the header block is cut within a number");
    const std::uint32_t full = (1U << prefix_bits) - 1;
    std::uint64_t value = static_cast<std::uint32_t>(block_[at_++]) & full;
    if (value < full) return static_cast<std::uint32_t>(value);
    for (int shift = 0; shift <= 28; shift += 7) {
      if (empty()) return malformed("the header block is cut within a number");
      const auto byte = static_cast<std::uint32_t>(block_[at_++]);
      value += static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (value > UINT32_MAX) break;
      if ((byte & 0x80) == 0) return static_cast<std::uint32_t>(value);
    }
    return malformed("a number of a header block is too large");
  }

  /// RFC 7541 section 5.2; a view into the block, or into `decoded`.
  Result<std::string_view> text(std::string& decoded) {
    if (empty()) return malformed("the header block is cut within a string");
    const bool huffman = (peek() & 0x80) != 0;
    AVILA_TRY(const std::uint32_t size, integer(7));
    if (size > block_.size() - at_) return malformed("a string is longer than its header block");
    const ByteSpan bytes = block_.subspan(at_, size);
    if (huffman) {
      if (auto done = detail::huffman_decode(bytes, decoded); !done.has_value())
        return malformed(done.error().message());
    }
    at_ += size;
    return huffman ? std::string_view(decoded) : as_text(bytes);
  }

 private:
  ByteSpan block_;
  std::size_t at_ = 0;
};

}  // namespace

void HpackDecoder::set_table_limit(std::uint32_t bytes) noexcept {
  limit_ = bytes;
  if (table_.limit_bytes() > bytes) must_shrink_ = true;
}

Result<void> HpackDecoder::decode(ByteSpan block, std::uint64_t list_bytes_max, HeaderList& list) {
  BlockReader reader(block);
  const auto field_at = [this](std::uint32_t index) -> HeaderField {
    if (index <= detail::kStaticCount) return detail::kStaticTable[index - 1];
    return table_.at(index - detail::kStaticCount - 1);
  };
  const auto exists = [this](std::uint32_t index) {
    return index != 0 && index <= detail::kStaticCount + table_.size();
  };
  const auto emit = [&](std::string_view name, std::string_view value, bool sensitive) {
    const std::uint64_t bytes = name.size() + value.size() + HeaderList::kFieldOverheadBytes;
    if (list.truncated_ || list.list_bytes_ + bytes > list_bytes_max) {
      list.truncated_ = true;
      list.list_bytes_ += bytes;
    } else {
      list.add(name, value, sensitive);
    }
  };
  bool fields_begun = false;
  while (!reader.empty()) {
    const std::uint8_t first = reader.peek();
    if ((first & 0xE0) == 0x20) {  // section 6.3: a new size of the table
      if (fields_begun) return reader.malformed("a table size update behind a field");
      AVILA_TRY(const std::uint32_t bytes, reader.integer(5));
      if (bytes > limit_) return reader.malformed("a table size above the limit");
      table_.set_limit(bytes);
      must_shrink_ = false;
      continue;
    }
    if (must_shrink_) return reader.malformed("the table was not shrunk as it had to be");
    fields_begun = true;
    if ((first & 0x80) != 0) {  // section 6.1: indexed
      AVILA_TRY(const std::uint32_t index, reader.integer(7));
      if (!exists(index)) return reader.malformed("no such index in the header tables");
      const HeaderField field = field_at(index);
      emit(field.name, field.value, false);
      continue;
    }
    // Section 6.2: literals, which go into the table (01), do not (0000) or never (0001).
    const bool incremental = (first & 0x40) != 0;
    const bool never = !incremental && (first & 0x10) != 0;
    AVILA_TRY(const std::uint32_t index, reader.integer(incremental ? 6 : 4));
    std::string_view name;
    if (index == 0) {
      AVILA_TRY(name, reader.text(name_));
    } else {
      if (!exists(index)) return reader.malformed("no such index in the header tables");
      name = field_at(index).name;
    }
    AVILA_TRY(const std::string_view value, reader.text(value_));
    emit(name, value, never);
    if (incremental) table_.add(name, value);
  }
  if (must_shrink_ && !block.empty())
    return reader.malformed("the table was not shrunk as it had to be");
  return {};
}

}  // namespace avila::http2
