// What all parts share: sequence numbers, entry kinds, internal order.
//
// Every change has a sequence number. An entry is (user key, tag, value), tag = sequence << 8 |
// kind; entries are ordered by user key, then by descending tag, so that the newest comes first.
#pragma once
#include <avila/primitives/endian.hpp>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace avila::lsm::detail {

using Sequence = std::uint64_t;
using Tag = std::uint64_t;

enum class Kind : std::uint8_t {
  Erase = 0,
  Put = 1,
  Merge = 2,
  PutUntil = 3,    ///< the value begins with 8 bytes: expiry, nanoseconds since 1970
  EraseRange = 4,  ///< key: begin, value: end; kept apart from the others
};
inline constexpr Sequence kMaxSequence = (std::uint64_t{1} << 56) - 1;

constexpr Tag make_tag(Sequence sequence, Kind kind) noexcept {
  return sequence << 8 | static_cast<std::uint8_t>(kind);
}
/// Sorts before every entry of the key that a reader at `sequence` may see.
constexpr Tag seek_tag(Sequence sequence) noexcept { return sequence << 8 | 0xFF; }
inline constexpr Tag kNewestTag = ~Tag{0};
constexpr Sequence sequence_of(Tag tag) noexcept { return tag >> 8; }
constexpr Kind kind_of(Tag tag) noexcept { return static_cast<Kind>(tag & 0xFF); }

/// memcmp order; eight bytes at a time since keys are short.
inline int compare_keys(std::string_view a, std::string_view b) noexcept {
  const char* x = a.data();
  const char* y = b.data();
  std::size_t n = a.size() < b.size() ? a.size() : b.size();
  for (; n >= 8; n -= 8, x += 8, y += 8) {
    const std::uint64_t p = load_be64(x), q = load_be64(y);
    if (p != q) return p < q ? -1 : 1;
  }
  for (; n > 0; --n, ++x, ++y)
    if (*x != *y) return static_cast<unsigned char>(*x) < static_cast<unsigned char>(*y) ? -1 : 1;
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}
inline bool keys_equal(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && compare_keys(a, b) == 0;
}
/// Internal order.
inline int compare_entries(std::string_view a, Tag s, std::string_view b, Tag t) noexcept {
  if (const int order = compare_keys(a, b); order != 0) return order;
  return s > t ? -1 : s < t ? 1 : 0;
}

/// The first key behind every key that begins with `prefix`; empty: there is none.
inline std::string prefix_end(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xFF) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

// Names in the folder.
std::string table_name(const std::string& folder, std::uint64_t number);
std::string log_name(const std::string& folder, std::uint64_t number);
std::string manifest_name(const std::string& folder, std::uint64_t number);
std::string current_name(const std::string& folder);
enum class FileType { Table, Log, Manifest, Current, Lock, Temporary, Other };
/// What a name in the folder is, and its number.
FileType classify(std::string_view name, std::uint64_t& number);

}  // namespace avila::lsm::detail
