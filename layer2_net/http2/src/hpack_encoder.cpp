#include <algorithm>
#include <avila/http2/hpack.hpp>

#include "huffman.hpp"
#include "static_table.hpp"

namespace avila::http2 {

namespace {

void put_integer(std::string& out, std::uint8_t first, int prefix_bits, std::uint32_t value) {
  const std::uint32_t full = (1U << prefix_bits) - 1;
  if (value < full) {
    out += static_cast<char>(first | value);
    return;
  }
  out += static_cast<char>(first | full);
  for (value -= full; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void put_text(std::string& out, std::string_view text) {
  const std::size_t coded = detail::huffman_size(text);
  if (coded < text.size()) {
    put_integer(out, 0x80, 7, static_cast<std::uint32_t>(coded));
    detail::huffman_encode(out, text);
  } else {
    put_integer(out, 0, 7, static_cast<std::uint32_t>(text.size()));
    out += text;
  }
}

}  // namespace

Indexing default_indexing(std::string_view name, std::string_view value) noexcept {
  switch (name.size()) {
    case 3:
      if (name == "age") return Indexing::Without;
      break;
    case 4:
      if (name == "etag" || name == "date") return Indexing::Without;
      break;
    case 5:
      if (name == ":path" && value.find('?') != value.npos) return Indexing::Without;
      break;
    case 6:  // a short secret can be guessed by what the table makes of it
      if (name == "cookie" && value.size() < 20) return Indexing::Never;
      break;
    case 8:
      if (name == "location" || name == "if-match") return Indexing::Without;
      break;
    case 10:
      if (name == "set-cookie") return Indexing::Never;
      break;
    case 13:
      if (name == "authorization") return Indexing::Never;
      if (name == "content-range" || name == "if-none-match" || name == "last-modified")
        return Indexing::Without;
      break;
    case 14:
      if (name == "content-length") return Indexing::Without;
      break;
    case 17:
      if (name == "if-modified-since") return Indexing::Without;
      break;
    case 19:
      if (name == "proxy-authorization") return Indexing::Never;
      break;
    default: break;
  }
  return Indexing::Incremental;
}

void HpackEncoder::set_peer_limit(std::uint32_t bytes) noexcept {
  const std::uint32_t limit = std::min(bytes, own_limit_);
  if (limit == table_.limit_bytes()) return;
  table_.set_limit(limit);
  lowest_ = std::min(lowest_, limit);
  pending_ = true;
}

void HpackEncoder::begin_block(std::string& out) {
  if (!pending_) return;
  // RFC 7541 section 4.2: the lowest since the last block too, so that both ends drop the same.
  if (lowest_ < table_.limit_bytes()) put_integer(out, 0x20, 5, lowest_);
  put_integer(out, 0x20, 5, table_.limit_bytes());
  lowest_ = table_.limit_bytes();
  pending_ = false;
}

void HpackEncoder::encode(std::string& out, std::string_view name, std::string_view value,
                          Indexing indexing) {
  const std::uint32_t hash = detail::hash_name(name);
  const std::size_t known = detail::kStaticNames.find(name, hash);
  std::size_t name_index = known;
  if (indexing != Indexing::Never) {
    for (std::size_t i = known; i != 0 && i <= detail::kStaticCount; ++i) {
      if (detail::kStaticTable[i - 1].name != name) break;
      if (detail::kStaticTable[i - 1].value == value)
        return put_integer(out, 0x80, 7, static_cast<std::uint32_t>(i));
    }
  }
  for (std::size_t i = 0; i < table_.size(); ++i) {
    if (table_.hash_at(i) != hash) continue;
    const HeaderField field = table_.at(i);
    if (field.name != name) continue;
    const std::size_t index = detail::kStaticCount + 1 + i;
    if (indexing != Indexing::Never && field.value == value)
      return put_integer(out, 0x80, 7, static_cast<std::uint32_t>(index));
    if (name_index == 0) name_index = index;
  }
  // One that is larger than the table would empty it.
  const std::uint64_t bytes = name.size() + value.size() + HeaderList::kFieldOverheadBytes;
  if (indexing == Indexing::Incremental && bytes > table_.limit_bytes())
    indexing = Indexing::Without;
  const auto index = static_cast<std::uint32_t>(name_index);
  switch (indexing) {
    case Indexing::Incremental: put_integer(out, 0x40, 6, index); break;
    case Indexing::Without: put_integer(out, 0x00, 4, index); break;
    case Indexing::Never: put_integer(out, 0x10, 4, index); break;
  }
  if (name_index == 0) put_text(out, name);
  put_text(out, value);
  if (indexing == Indexing::Incremental) table_.add(name, value, hash);
}

}  // namespace avila::http2
