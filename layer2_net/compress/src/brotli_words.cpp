#include "brotli_words.hpp"

#include <cstring>

#include "match.hpp"

namespace avila::compress::detail::brotli {

const Words& Words::all() {
  static const Words words;
  return words;
}

Words::Words() {
  words_.push_back({});
  for (unsigned length = kMinWord; length <= kMaxWord; ++length)
    for (unsigned index = 0; kWordBits[length] != 0 && index < 1U << kWordBits[length]; ++index) {
      const std::byte* word = dictionary() + kWordOffset[length] + std::size_t{index} * length;
      std::uint16_t& first = first_[hash32(load_le32(word), kHashLog)];
      words_.push_back(
          {static_cast<std::uint16_t>(index), first, static_cast<std::uint8_t>(length)});
      first = static_cast<std::uint16_t>(words_.size() - 1);
    }
  for (unsigned t = 0; t < kTransforms; ++t) {
    const Transform& how = transforms()[t];
    const bool space = how.prefix == " ";
    if (!space && !how.prefix.empty()) continue;
    if (how.kind == Transform::Keep || how.kind == Transform::UpperFirst)
      whole_[space][how.kind == Transform::UpperFirst].push_back(static_cast<std::uint8_t>(t));
    if (how.kind == Transform::OmitLast && !space && how.suffix.empty())
      omit_last_[how.count] = static_cast<std::uint8_t>(t);
  }
}

void Words::find(const std::byte* at, std::size_t left, std::vector<Match>& matches) const {
  for (const bool space : {false, true}) {
    if (space) {
      if (left == 0 || *at != std::byte{' '}) return;
      ++at, --left;
    }
    if (left < kMinWord) return;
    find_word(at, left, space, false, matches);
    if (*at >= std::byte{'A'} && *at <= std::byte{'Z'}) find_word(at, left, space, true, matches);
  }
}

void Words::find_word(const std::byte* at, std::size_t left, bool space, bool upper,
                      std::vector<Match>& matches) const {
  const std::uint32_t change = upper ? 32 : 0;  // what makes the first letter that of the word
  for (unsigned w = first_[hash32(load_le32(at) ^ change, kHashLog)]; w != 0; w = words_[w].next) {
    const Word& word = words_[w];
    const std::byte* const text =
        dictionary() + kWordOffset[word.length] + std::size_t{word.index} * word.length;
    if ((load_le32(text) ^ load_le32(at)) != change) continue;
    const std::size_t room = std::min<std::size_t>(left, word.length);
    const std::uint32_t same = 4 + common_length(at + 4, text + 4, at + room);
    const auto add = [&](unsigned transform, std::size_t size) {
      matches.push_back({word.length, word.index + (transform << kWordBits[word.length]),
                         static_cast<std::uint32_t>(size + space)});
    };
    if (same < word.length) {
      const unsigned omitted = word.length - same;
      if (!space && !upper && omitted < omit_last_.size()) add(omit_last_[omitted], same);
      continue;
    }
    for (const std::uint8_t transform : whole_[space][upper]) {
      const std::string_view suffix = transforms()[transform].suffix;
      const bool fits = suffix.empty() ||
                        (suffix.size() <= left - same && static_cast<char>(at[same]) == suffix[0] &&
                         std::memcmp(at + same, suffix.data(), suffix.size()) == 0);
      if (fits) add(transform, same + suffix.size());
    }
  }
}

}  // namespace avila::compress::detail::brotli
