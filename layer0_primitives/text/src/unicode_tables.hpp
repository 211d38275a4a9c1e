// Tables of unicode_tables.cpp and how to read them.
#pragma once
#include <cstdint>
#include <span>

namespace avila::text::detail {

/// Grapheme_Cluster_Break of UAX #29, with Extended_Pictographic as a value of its own.
enum class Gcb : std::uint8_t {
  Other,
  Cr,
  Lf,
  Control,
  Extend,
  Zwj,
  RegionalIndicator,
  Prepend,
  SpacingMark,
  L,
  V,
  T,
  Lv,
  Lvt,
  ExtendedPictographic,
};

/// Canonical combining class, and what quick checks may assume (the generator's flags).
struct NormalKind {
  std::uint8_t ccc, flags;
};
struct Pair {
  char32_t first, second, composite;
};

// clang-format off
extern const unsigned kGraphemeBlocks, kNormalBlocks, kCanonicalBlocks, kCompatibleBlocks,
    kFoldBlocks, kSimpleFoldBlocks, kPairCount;
extern const std::uint8_t kGrapheme1[], kNormal1[], kCanonical1[], kCompatible1[], kFold1[],
    kSimpleFold1[];
extern const std::uint8_t kGrapheme2[], kNormal2[];
extern const std::uint32_t kCanonical2[], kCompatible2[], kFold2[];
extern const std::int32_t kSimpleFold2[];
extern const NormalKind kNormalKinds[];
extern const char32_t kSequences[];
extern const Pair kPairs[];
// clang-format on

template <unsigned kShift, class Value>
Value trie_at(const std::uint8_t* stage1, unsigned blocks, const Value* stage2, char32_t c,
              Value beyond) noexcept {
  const std::uint32_t block = static_cast<std::uint32_t>(c) >> kShift;
  if (block >= blocks) return beyond;
  return stage2[static_cast<unsigned>(stage1[block]) << kShift | (c & ((1U << kShift) - 1))];
}

inline Gcb grapheme_break_of(char32_t c) noexcept {
  return static_cast<Gcb>(trie_at<7, std::uint8_t>(kGrapheme1, kGraphemeBlocks, kGrapheme2, c, 0));
}
inline NormalKind normal_kind_of(char32_t c) noexcept {
  const std::uint8_t last = kNormal2[0];  // U+0000 is as ordinary as what lies beyond the table
  return kNormalKinds[trie_at<7, std::uint8_t>(kNormal1, kNormalBlocks, kNormal2, c, last)];
}
inline std::span<const char32_t> sequence(std::uint32_t reference) noexcept {
  return {kSequences + reference / 32, reference % 32};
}
/// Empty where there is no mapping.
inline std::span<const char32_t> canonical_of(char32_t c) noexcept {
  return sequence(trie_at<5, std::uint32_t>(kCanonical1, kCanonicalBlocks, kCanonical2, c, 0));
}
inline std::span<const char32_t> compatible_of(char32_t c) noexcept {
  return sequence(trie_at<5, std::uint32_t>(kCompatible1, kCompatibleBlocks, kCompatible2, c, 0));
}
inline std::span<const char32_t> fold_of(char32_t c) noexcept {
  return sequence(trie_at<5, std::uint32_t>(kFold1, kFoldBlocks, kFold2, c, 0));
}

}  // namespace avila::text::detail
