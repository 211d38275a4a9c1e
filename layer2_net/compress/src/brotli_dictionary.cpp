#include "brotli_dictionary.hpp"

#include <avila/error/assert.hpp>
#include <cstring>

#include "inflate.hpp"

namespace avila::compress::detail::brotli {
namespace {

using enum Transform::Kind;
// Appendix B.
constexpr std::array<Transform, kTransforms> kAll = {
    {{"", Keep, 0, ""},           {"", Keep, 0, " "},
     {" ", Keep, 0, " "},         {"", OmitFirst, 1, ""},
     {"", UpperFirst, 0, " "},    {"", Keep, 0, " the "},
     {" ", Keep, 0, ""},          {"s ", Keep, 0, " "},
     {"", Keep, 0, " of "},       {"", UpperFirst, 0, ""},
     {"", Keep, 0, " and "},      {"", OmitFirst, 2, ""},
     {"", OmitLast, 1, ""},       {", ", Keep, 0, " "},
     {"", Keep, 0, ", "},         {" ", UpperFirst, 0, " "},
     {"", Keep, 0, " in "},       {"", Keep, 0, " to "},
     {"e ", Keep, 0, " "},        {"", Keep, 0, "\""},
     {"", Keep, 0, "."},          {"", Keep, 0, "\">"},
     {"", Keep, 0, "\n"},         {"", OmitLast, 3, ""},
     {"", Keep, 0, "]"},          {"", Keep, 0, " for "},
     {"", OmitFirst, 3, ""},      {"", OmitLast, 2, ""},
     {"", Keep, 0, " a "},        {"", Keep, 0, " that "},
     {" ", UpperFirst, 0, ""},    {"", Keep, 0, ". "},
     {".", Keep, 0, ""},          {" ", Keep, 0, ", "},
     {"", OmitFirst, 4, ""},      {"", Keep, 0, " with "},
     {"", Keep, 0, "'"},          {"", Keep, 0, " from "},
     {"", Keep, 0, " by "},       {"", OmitFirst, 5, ""},
     {"", OmitFirst, 6, ""},      {" the ", Keep, 0, ""},
     {"", OmitLast, 4, ""},       {"", Keep, 0, ". The "},
     {"", UpperAll, 0, ""},       {"", Keep, 0, " on "},
     {"", Keep, 0, " as "},       {"", Keep, 0, " is "},
     {"", OmitLast, 7, ""},       {"", OmitLast, 1, "ing "},
     {"", Keep, 0, "\n\t"},       {"", Keep, 0, ":"},
     {" ", Keep, 0, ". "},        {"", Keep, 0, "ed "},
     {"", OmitFirst, 9, ""},      {"", OmitFirst, 7, ""},
     {"", OmitLast, 6, ""},       {"", Keep, 0, "("},
     {"", UpperFirst, 0, ", "},   {"", OmitLast, 8, ""},
     {"", Keep, 0, " at "},       {"", Keep, 0, "ly "},
     {" the ", Keep, 0, " of "},  {"", OmitLast, 5, ""},
     {"", OmitLast, 9, ""},       {" ", UpperFirst, 0, ", "},
     {"", UpperFirst, 0, "\""},   {".", Keep, 0, "("},
     {"", UpperAll, 0, " "},      {"", UpperFirst, 0, "\">"},
     {"", Keep, 0, "=\""},        {" ", Keep, 0, "."},
     {".com/", Keep, 0, ""},      {" the ", Keep, 0, " of the "},
     {"", UpperFirst, 0, "'"},    {"", Keep, 0, ". This "},
     {"", Keep, 0, ","},          {".", Keep, 0, " "},
     {"", UpperFirst, 0, "("},    {"", UpperFirst, 0, "."},
     {"", Keep, 0, " not "},      {" ", Keep, 0, "=\""},
     {"", Keep, 0, "er "},        {" ", UpperAll, 0, " "},
     {"", Keep, 0, "al "},        {" ", UpperAll, 0, ""},
     {"", Keep, 0, "='"},         {"", UpperAll, 0, "\""},
     {"", UpperFirst, 0, ". "},   {" ", Keep, 0, "("},
     {"", Keep, 0, "ful "},       {" ", UpperFirst, 0, ". "},
     {"", Keep, 0, "ive "},       {"", Keep, 0, "less "},
     {"", UpperAll, 0, "'"},      {"", Keep, 0, "est "},
     {" ", UpperFirst, 0, "."},   {"", UpperAll, 0, "\">"},
     {" ", Keep, 0, "='"},        {"", UpperFirst, 0, ","},
     {"", Keep, 0, "ize "},       {"", UpperAll, 0, "."},
     {"\xC2\xA0", Keep, 0, ""},   {" ", Keep, 0, ","},
     {"", UpperFirst, 0, "=\""},  {"", UpperAll, 0, "=\""},
     {"", Keep, 0, "ous "},       {"", UpperAll, 0, ", "},
     {"", UpperFirst, 0, "='"},   {" ", UpperFirst, 0, ","},
     {" ", UpperAll, 0, "=\""},   {" ", UpperAll, 0, ", "},
     {"", UpperAll, 0, ","},      {"", UpperAll, 0, "("},
     {"", UpperAll, 0, ". "},     {" ", UpperAll, 0, "."},
     {"", UpperAll, 0, "='"},     {" ", UpperAll, 0, ". "},
     {" ", UpperFirst, 0, "=\""}, {" ", UpperAll, 0, "='"},
     {" ", UpperFirst, 0, "='"}}};

// Appendix B, "ferment": a rough idea of upper case in UTF-8. The bytes it took.
std::size_t upper(std::byte* at, std::size_t left) {
  const auto first = static_cast<unsigned>(*at);
  if (first < 0xC0) {
    if (first >= 'a' && first <= 'z') *at ^= std::byte{32};
    return 1;
  }
  if (first < 0xE0) {
    if (left > 1) at[1] ^= std::byte{32};
    return 2;
  }
  if (left > 2) at[2] ^= std::byte{5};
  return 3;
}

}  // namespace

const std::array<Transform, kTransforms>& transforms() { return kAll; }

const std::byte* dictionary() {
  static const auto words = [] {
    std::vector<std::byte> packed(kPackedDictionarySize + 8), content(kDictionarySize);
    for (std::size_t i = 0; i < kPackedDictionarySize; i += 8)
      store_le64(packed.data() + i, kPackedDictionary[i / 8]);
    InflateCore core;
    const auto size =
        decode_into(core, ByteSpan(packed).first(kPackedDictionarySize), content, kDictionarySize);
    AVILA_ASSERT(size.has_value() && *size == kDictionarySize);
    return content;
  }();
  return words.data();
}

std::size_t transformed_word(unsigned length, std::size_t index, unsigned transform,
                             std::byte* out) {
  const Transform& how = kAll[transform];
  const std::byte* word = dictionary() + kWordOffset[length] + index * length;
  std::size_t size = length;
  const std::size_t omitted = how.count < size ? how.count : size;
  if (how.kind == OmitFirst) word += omitted;
  if (how.kind == OmitFirst || how.kind == OmitLast) size -= omitted;
  std::byte* at = out;
  std::memcpy(at, how.prefix.data(), how.prefix.size());
  at += how.prefix.size();
  std::memcpy(at, word, size);
  if (how.kind == UpperFirst) (void)upper(at, size);
  if (how.kind == UpperAll)
    for (std::size_t i = 0; i < size;) i += upper(at + i, size - i);
  at += size;
  std::memcpy(at, how.suffix.data(), how.suffix.size());
  return static_cast<std::size_t>(at - out) + how.suffix.size();
}

std::optional<std::size_t> word_at(std::uint32_t length, std::uint64_t beyond, std::byte* out) {
  if (length < kMinWord || length > kMaxWord) return std::nullopt;
  const unsigned bits = kWordBits[length];
  const std::uint64_t transform = beyond >> bits;
  if (transform >= kTransforms) return std::nullopt;
  return transformed_word(length, beyond & ((std::uint64_t{1} << bits) - 1),
                          static_cast<unsigned>(transform), out);
}

}  // namespace avila::compress::detail::brotli
