#include <gtest/gtest.h>
#include <avila/text/grapheme.hpp>
#include <avila/text/property.hpp>
#include <avila/text/utf8.hpp>

namespace avila::text {
namespace {

std::vector<CodePointRange> ranges_of(std::string_view name, std::string_view value = {}) {
  auto ranges = property_ranges(name, value);
  if (!ranges.has_value()) ADD_FAILURE() << "no property " << name << "=" << value;
  return ranges.has_value() ? std::move(*ranges) : std::vector<CodePointRange>();
}

bool inside(std::string_view name, char32_t c, std::string_view value = {}) {
  for (const CodePointRange& range : ranges_of(name, value))
    if (range.first <= c && c <= range.last) return true;
  return false;
}

std::size_t size_of(std::string_view name, std::string_view value = {}) {
  std::size_t out = 0;
  for (const CodePointRange& range : ranges_of(name, value)) out += range.last - range.first + 1;
  return out;
}

TEST(Property, NamesMatchLoosely) {
  const auto wanted = property_ranges("Lu");
  ASSERT_TRUE(wanted.has_value());
  for (const char* name :
       {"lu", "Uppercase_Letter", "UPPERCASE letter", "is-Lu", "uppercaseletter"})
    EXPECT_EQ(property_ranges(name), wanted) << name;
  EXPECT_EQ(property_ranges("General_Category", "lu"), wanted);
  EXPECT_FALSE(property_ranges("nope").has_value());
  EXPECT_FALSE(property_ranges("gc", "nope").has_value());
  EXPECT_FALSE(property_ranges("nope", "lu").has_value());
}

TEST(Property, SaysWhatTheDatabaseSays) {
  EXPECT_TRUE(inside("Greek", U'α'));
  EXPECT_FALSE(inside("Greek", U'a'));
  EXPECT_TRUE(inside("scx", 0x964, "Deva"));  // DEVANAGARI DANDA: Common, shared by many scripts
  EXPECT_FALSE(inside("sc", 0x964, "Deva"));
  EXPECT_TRUE(inside("gc", 0xE000, "Co"));
  EXPECT_TRUE(inside("Cn", 0xFFFF));
  EXPECT_TRUE(inside("Emoji", 0x1F600));
  EXPECT_TRUE(inside("age", 0x20AC, "2.1"));
  EXPECT_FALSE(inside("age", 0x20AC, "2.0"));
  EXPECT_TRUE(inside("gcb", 0xAC00, "LV"));
  EXPECT_TRUE(inside("wb", 0x5D0, "Hebrew_Letter"));
  EXPECT_TRUE(inside("White_Space", 0x2003));
  // Of the 1,114,112 code points, as DerivedAge and the Standard's table count them for 15.0.
  EXPECT_EQ(size_of("any"), 0x110000U);
  EXPECT_EQ(size_of("gc", "Cs"), 2'048U);
  EXPECT_EQ(size_of("gc", "Co"), 137'468U);
  EXPECT_EQ(size_of("gc", "Nd"), 680U);
  EXPECT_EQ(size_of("assigned") + size_of("Cn"), 0x110000U);
}

TEST(Property, EveryCodePointHasOneCategory) {
  std::vector<int> seen(0x110000);
  for (const char* category :
       {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn"})
    for (const CodePointRange& range : ranges_of("gc", category))
      for (char32_t c = range.first; c <= range.last; ++c) ++seen[c];
  for (std::size_t c = 0; c < seen.size(); ++c) ASSERT_EQ(seen[c], 1) << c;
}

TEST(Property, WordIsTheWordProperty) {
  std::size_t count = 0;
  for (char32_t c = 0; c <= kMaxCodePoint; ++c) count += is_word(c);
  EXPECT_EQ(count, size_of("word"));
  EXPECT_TRUE(is_word(U'é') && is_word(U'_') && is_word(U'7') && is_word(0x200D));
  EXPECT_FALSE(is_word(U'-') || is_word(U'☃'));
}

}  // namespace
}  // namespace avila::text
