#include <avila/text/builder.hpp>
#include <avila/text/grapheme.hpp>
#include <avila/text/normalize.hpp>
#include <avila/text/utf16.hpp>
#include <avila/text/utf8.hpp>

#include <array>

namespace avila::text {
namespace {

TEST(Normalize, ComposesAndDecomposes) {
  EXPECT_EQ(nfc("e\xCC\x81"), "\xC3\xA9");
  EXPECT_EQ(nfd("\xC3\xA9"), "e\xCC\x81");
  EXPECT_EQ(nfc("plain ascii"), "plain ascii");
  EXPECT_EQ(nfd("\xED\x95\x9C"), "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB");  // 한
  EXPECT_EQ(nfc("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB"), "\xED\x95\x9C");
  EXPECT_EQ(normalize("\xEF\xAC\x81", Form::Nfkc), "fi");  // the ligature
  EXPECT_EQ(nfc("\xEF\xAC\x81"), "\xEF\xAC\x81");
  EXPECT_EQ(nfc("a\xFFz"), "a\xEF\xBF\xBDz");
}

TEST(Normalize, QuickCheckAgreesWithTheWholeWay) {
  EXPECT_TRUE(is_normalized("\xC3\xA9tat"));
  EXPECT_FALSE(is_normalized("e\xCC\x81tat"));
  EXPECT_FALSE(is_normalized("\xC3\xA9", Form::Nfd));
  EXPECT_TRUE(is_normalized("q\xCC\x81"));           // maybe, but nothing composes
  EXPECT_FALSE(is_normalized("q\xCC\x81\xCC\xA3"));  // marks out of order
  EXPECT_FALSE(is_normalized("\xFF"));
}

TEST(Normalize, LongRunsOfMarksStayFast) {
  std::string hostile = "a";
  for (int i = 0; i < 100000; ++i) hostile += i % 2 == 0 ? "\xCC\x81" : "\xCC\xA3";
  const std::string decomposed = nfd(hostile);
  EXPECT_EQ(decomposed.size(), hostile.size());
  EXPECT_EQ(decomposed.substr(0, 3), "a\xCC\xA3");
}

TEST(CaseFolding, FullAndSimple) {
  EXPECT_EQ(fold_case("Stra\xC3\x9F"
                      "E"),
            "strasse");
  EXPECT_TRUE(
      equal_ignoring_case("stra\xC3\x9F"
                          "e",
                          "STRASSE"));
  EXPECT_FALSE(equal_ignoring_case("strasse", "STRASS"));
  EXPECT_TRUE(equal_ignoring_case("\xCE\xA3\xCE\x91\xCE\xA3", "\xCF\x83\xCE\xB1\xCF\x82"));
  EXPECT_EQ(simple_fold(U'A'), U'a');
  EXPECT_EQ(simple_fold(0x1E9E), U'\u00DF');
  EXPECT_EQ(simple_fold(0x10FFFF), char32_t{0x10FFFF});
  EXPECT_EQ(caseless_key("\xC3\x89"), caseless_key("e\xCC\x81"));
  EXPECT_EQ(ascii_upper("a\xC3\xA9z"), "A\xC3\xA9Z");
  EXPECT_EQ(ascii_lower("ABC"), "abc");
  EXPECT_TRUE(equal_ignoring_ascii_case("Content-Type", "content-type"));
}

TEST(Graphemes, FamiliesFlagsAndCombiningMarksAreOne) {
  const std::string family =
      "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7";
  const std::string flags = "\xF0\x9F\x87\xA7\xF0\x9F\x87\xB7\xF0\x9F\x87\xB5\xF0\x9F\x87\xB9";
  const std::string text = "e\xCC\x81" + family + flags + "\r\nz";
  std::vector<std::size_t> sizes;
  for (const std::string_view cluster : graphemes(text)) sizes.push_back(cluster.size());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{3, family.size(), 8, 8, 2, 1}));
  EXPECT_EQ(count_graphemes(text), 6U);
  EXPECT_EQ(count_graphemes(""), 0U);
}

TEST(Utf16, EveryScalarValueRoundTrips) {
  std::string all;
  for (char32_t c = 0; c <= kMaxCodePoint; c += c < 0x3000 ? 1 : 97)
    if (is_scalar_value(c)) append_utf8(all, c);
  const std::u16string wide = utf8_to_utf16(all).value();
  EXPECT_TRUE(validate_utf16(wide));
  EXPECT_EQ(wide.size(), utf16_length(all));
  EXPECT_EQ(utf8_length(wide), all.size());
  EXPECT_EQ(utf16_to_utf8(wide).value(), all);
  for (const auto order : {ByteOrder::LittleEndian, ByteOrder::BigEndian}) {
    const std::string bytes = utf8_to_utf16_bytes(all, order).value();
    EXPECT_EQ(utf16_bytes_to_utf8(as_bytes(bytes), order).value(), all);
    // A byte order mark outvotes the argument.
    const std::string marked = utf8_to_utf16_bytes(all, order, true).value();
    EXPECT_EQ(utf16_bytes_to_utf8(as_bytes(marked), ByteOrder::LittleEndian).value(), all);
  }
}

TEST(Utf16, IllFormedTextIsAnErrorOrReplaced) {
  const std::u16string lone = {u'a', char16_t(0xD800), u'b'};
  EXPECT_FALSE(validate_utf16(lone));
  EXPECT_EQ(utf16_to_utf8(lone).error().offset(), 1U);
  EXPECT_EQ(utf16_to_utf8_lossy(lone),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(utf8_to_utf16("ok\xC3").error().offset(), 2U);
  EXPECT_EQ(utf8_to_utf16_lossy("ok\xC3"), u"ok\uFFFD");
  EXPECT_EQ(utf16_bytes_to_utf8(as_bytes("abc")).error().offset(), 3U);
}

TEST(StringBuilder, BuildsTextWithinItsLimit) {
  StringBuilder builder;
  builder.add("n=").add(-42).add(' ').add(true).add(U'\u00E9').hex(255, 4).add(std::uint8_t{7});
  builder.decimal(5, 2).repeat('-', 3);
  EXPECT_EQ(builder.view(),
            "n=-42 true\xC3\xA9"
            "00ff705---");
  builder.clear();
  builder.join(std::vector<int>{1, 2, 3}, ", ");
  EXPECT_EQ(builder.str(), "1, 2, 3");
  builder.clear();
  builder.add(INT64_MIN).add(UINT64_MAX);
  EXPECT_EQ(std::move(builder).str(), "-922337203685477580818446744073709551615");

  StringBuilder small(5);
  small.add("abc\xE6\x97\xA5").add("never");
  EXPECT_EQ(small.view(), "abc");
  EXPECT_TRUE(small.overflowed());
  StringBuilder dashes(4);
  dashes.repeat('-', 9);
  EXPECT_EQ(dashes.size(), 4U);
}

}  // namespace
}  // namespace avila::text
