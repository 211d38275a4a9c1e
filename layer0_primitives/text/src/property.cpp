#include <avila/text/property.hpp>

#include <algorithm>
#include <string>
#include "property_tables.hpp"

namespace avila::text {
namespace {

using detail::PropertyEntry;

// UAX #44 section 5.9.3: case, spaces, hyphens, underscores and a leading "is" do not count.
std::string loose(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == ' ' || c == '-' || c == '_') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (out.size() > 2 && out.starts_with("is")) out.erase(0, 2);
  return out;
}

std::optional<std::vector<CodePointRange>> read(const std::string& key) {
  const PropertyEntry* end = detail::kProperties + detail::kPropertyCount;
  const PropertyEntry* entry =
      std::lower_bound(detail::kProperties, end, key,
                       [](const PropertyEntry& e, const std::string& k) { return e.name < k; });
  if (entry == end || key != entry->name) return std::nullopt;
  std::vector<CodePointRange> ranges;
  ranges.reserve(entry->count);
  const std::uint8_t* from = detail::kPropertyRanges + entry->offset;
  const auto number = [&from] {
    std::uint32_t out = 0;
    for (unsigned shift = 0;; shift += 7) {
      out |= static_cast<std::uint32_t>(*from & 127U) << shift;
      if ((*from++ & 128U) == 0) return out;
    }
  };
  std::uint32_t at = 0;
  for (std::uint32_t i = 0; i < entry->count; ++i) {
    const std::uint32_t first = at + number();
    at = first + number() + 1;
    ranges.push_back({first, at - 1});
  }
  return ranges;
}

}  // namespace

std::optional<std::vector<CodePointRange>> property_ranges(std::string_view name,
                                                           std::string_view value) {
  const std::string key = loose(name);
  if (value.empty()) {
    if (auto binary = read(key)) return binary;
    if (auto category = read("gc=" + key)) return category;
    return read("sc=" + key);
  }
  constexpr const char* kPrefixes[][2] = {{"generalcategory", "gc="},
                                          {"gc", "gc="},
                                          {"script", "sc="},
                                          {"sc", "sc="},
                                          {"scriptextensions", "scx="},
                                          {"scx", "scx="},
                                          {"age", "age="},
                                          {"wordbreak", "wb="},
                                          {"graphemeclusterbreak", "gcb="},
                                          {"gcb", "gcb="},
                                          {"sentencebreak", "sb="},
                                          {"sb", "sb="},
                                          {"wb", "wb="}};
  for (const auto& [long_name, prefix] : kPrefixes)
    if (key == long_name) return read(prefix + loose(value));
  return std::nullopt;
}

bool is_word(char32_t c) noexcept {
  if (c < 128)
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  static const std::vector<CodePointRange> words = *property_ranges("word");
  const auto above = std::upper_bound(
      words.begin(), words.end(), c,
      [](char32_t code, const CodePointRange& range) { return code < range.first; });
  return above != words.begin() && c <= (above - 1)->last;
}

}  // namespace avila::text
