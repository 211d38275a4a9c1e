// The static dictionary of RFC 7932, section 8 and appendices A and B.
#pragma once
#include <array>
#include <avila/error/span.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace avila::compress::detail::brotli {

extern const std::uint64_t kPackedDictionary[];
extern const std::size_t kPackedDictionarySize;
inline constexpr std::size_t kDictionarySize = 122784;
inline constexpr unsigned kMinWord = 4, kMaxWord = 24;
inline constexpr unsigned kTransforms = 121;
/// The longest word after a transform: 24 bytes, and affixes of 5 and 8.
inline constexpr std::size_t kMaxTransformed = 40;

/// log2 of the number of words of each length.
inline constexpr std::array<std::uint8_t, kMaxWord + 1> kWordBits = {
    0, 0, 0, 0, 10, 10, 11, 11, 10, 10, 10, 10, 10, 9, 9, 8, 7, 7, 8, 7, 7, 6, 6, 5, 5};
/// Where the words of each length begin.
inline constexpr auto kWordOffset = [] {
  std::array<std::uint32_t, kMaxWord + 2> offsets{};
  for (std::size_t n = 0; n <= kMaxWord; ++n)
    offsets[n + 1] = offsets[n] + static_cast<std::uint32_t>(n < kMinWord ? 0 : n << kWordBits[n]);
  return offsets;
}();
static_assert(kWordOffset[kMaxWord + 1] == kDictionarySize);

/// What may be made of a word: prefix, the word less `count` bytes or in upper case, suffix.
struct Transform {
  enum Kind : std::uint8_t { Keep, OmitFirst, OmitLast, UpperFirst, UpperAll };
  std::string_view prefix;
  Kind kind;
  std::uint8_t count;
  std::string_view suffix;
};
const std::array<Transform, kTransforms>& transforms();

/// All words; unpacked at the first call.
const std::byte* dictionary();
/// Word `index` of `length` after a transform, into `out` (kMaxTransformed bytes); its size.
std::size_t transformed_word(unsigned length, std::size_t index, unsigned transform,
                             std::byte* out);
/// Section 8: what a copy of `length` from `beyond` before all content stands for, in the same way
/// (it may be empty), if anything.
std::optional<std::size_t> word_at(std::uint32_t length, std::uint64_t beyond, std::byte* out);

}  // namespace avila::compress::detail::brotli
