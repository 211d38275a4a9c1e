#include <gtest/gtest.h>
#include <avila/random/fast.hpp>
#include <avila/url/host.hpp>
#include <avila/url/percent.hpp>
#include <avila/url/query.hpp>
#include <avila/url/url.hpp>

namespace {

using avila::url::QueryParams;
using avila::url::Url;

TEST(Url, ReadsItsParts) {
  const auto url = Url::parse("HTTPS://User:p%40ss@EXAMPLE.com:8443/a/../b c?q=1&r#top");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->href(), "https://User:p%40ss@example.com:8443/b%20c?q=1&r#top");
  EXPECT_EQ(url->scheme(), "https");
  EXPECT_EQ(url->host(), "example.com:8443");
  EXPECT_EQ(url->effective_port(), 8443);
  EXPECT_EQ(url->query(), "q=1&r");
  EXPECT_EQ(url->fragment(), "top");
  EXPECT_EQ(url->request_target(), "/b%20c?q=1&r");
  EXPECT_EQ(url->origin(), "https://example.com:8443");
}

TEST(Url, ErrorsSayWhy) {
  EXPECT_EQ(Url::parse("/a").error().message(), "a relative reference without a base");
  EXPECT_EQ(Url::parse("http://a:99999/").error().message(), "a port is at most 65535");
  EXPECT_EQ(Url::parse("http://[::1/").error().message(),
            "an IPv6 address without its closing bracket");
  EXPECT_FALSE(Url::parse("http://a b/").has_value());
  EXPECT_FALSE(Url::parse("http://").has_value());
  EXPECT_TRUE(Url::parse(std::string(2 << 20, 'a')).error().is(avila::Errc::LimitExceeded));
}

// RFC 3986 §5.4: the reference resolution examples.
TEST(Reference, ResolvesTheExamplesOfRfc3986) {
  const std::pair<const char*, const char*> cases[] = {
      {"g:h", "g:h"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"},
      {"g;x", "http://a/b/c/g;x"},
      {"g;x?y#s", "http://a/b/c/g;x?y#s"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"../../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {".g", "http://a/b/c/.g"},
      {"g..", "http://a/b/c/g.."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"./g/.", "http://a/b/c/g/"},
      {"g/./h", "http://a/b/c/g/h"},
      {"g/../h", "http://a/b/c/h"},
      {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/./x", "http://a/b/c/g?y/./x"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/./x", "http://a/b/c/g#s/./x"},
      {"g#s/../x", "http://a/b/c/g#s/../x"},
      {"http:g", "http:g"},
  };
  for (const auto& [reference, expected] : cases) {
    const auto got = avila::url::resolve_reference("http://a/b/c/d;p?q", reference);
    ASSERT_TRUE(got.has_value());
    EXPECT_EQ(*got, expected) << reference;
  }
  EXPECT_FALSE(avila::url::resolve_reference("a/b", "c").has_value());
}

TEST(Query, DecodesAndEncodes) {
  const QueryParams query = QueryParams::parse("?a=1&b=x+y%20z&a=2&&c&=d&%zz=%E2%82%AC&bad=%ff");
  EXPECT_EQ(query.size(), 7U);
  EXPECT_EQ(query.get("a"), "1");
  EXPECT_EQ(query.get_all("a").size(), 2U);
  EXPECT_EQ(query.get("b"), "x y z");
  EXPECT_EQ(query.get("c"), "");
  EXPECT_EQ(query.get(""), "d");
  EXPECT_EQ(query.get("%zz"), "\u20ac");
  EXPECT_EQ(query.get("bad"), "\ufffd");
  EXPECT_FALSE(query.get("none").has_value());
  EXPECT_EQ(query.to_string(), "a=1&b=x+y+z&a=2&c=&=d&%25zz=%E2%82%AC&bad=%EF%BF%BD");
}

TEST(Query, SetsErasesAndSorts) {
  QueryParams query = QueryParams::parse("z=1&a=2&z=3&\U0001f600=4&\uff00=5");
  query.set("z", "9");
  query.append("b", "&=");
  query.sort();
  EXPECT_EQ(query.to_string(), "a=2&b=%26%3D&z=9&%F0%9F%98%80=4&%EF%BC%80=5");
  query.erase("z");
  EXPECT_FALSE(query.has("z"));
}

TEST(Query, HoldsItsLimits) {
  EXPECT_TRUE(QueryParams::parse_limited("a&b&c", {.bytes = 10, .parameters = 3}).has_value());
  EXPECT_FALSE(QueryParams::parse_limited("a&b&c&d", {.bytes = 10, .parameters = 3}).has_value());
  EXPECT_FALSE(QueryParams::parse_limited("aaaaaaaaaaa", {.bytes = 10}).has_value());
}

// RFC 3492 §7.1.
TEST(Punycode, ConvertsTheSamplesOfRfc3492) {
  const std::pair<std::u32string, const char*> samples[] = {
      {U"\u4ED6\u4EEC\u4E3A\u4EC0\u4E48\u4E0D\u8BF4\u4E2D\u6587", "ihqwcrb4cv8a8dqg056pqjye"},
      {U"3\u5E74B\u7D44\u91D1\u516B\u5148\u751F", "3B-ww4c5e180e575a65lsy2b"},
      {U"Hello-Another-Way-\u305D\u308C\u305E\u308C\u306E\u5834\u6240",
       "Hello-Another-Way--fc4qua05auwb3674vfr0b"},
      {U"-> $1.00 <-", "-> $1.00 <--"},
  };
  for (const auto& [text, ascii] : samples) {
    const auto encoded = avila::url::punycode_encode(text);
    ASSERT_TRUE(encoded.has_value());
    EXPECT_EQ(*encoded, ascii);
    const auto decoded = avila::url::punycode_decode(ascii);
    ASSERT_TRUE(decoded.has_value());
    EXPECT_TRUE(*decoded == text) << ascii;
  }
  for (const char* bad : {"a-!", "99999999", "z", "a-\x80"})
    EXPECT_FALSE(avila::url::punycode_decode(bad).has_value()) << bad;
}

/// RFC 3492 section 6.3 as it stands there, which looks at the whole label for each value.
std::string punycode_of_the_rfc(std::u32string_view label) {
  std::string out;
  for (const char32_t c : label)
    if (c < 0x80) out.push_back(static_cast<char>(c));
  const std::size_t basic = out.size();
  if (basic > 0) out.push_back('-');
  std::uint32_t n = 128, delta = 0, bias = 72;
  std::uint32_t handled = static_cast<std::uint32_t>(basic);
  while (handled < label.size()) {
    std::uint32_t least = 0x110000;
    for (const char32_t c : label)
      if (c >= n) least = std::min<std::uint32_t>(least, c);
    delta += (least - n) * (handled + 1);
    n = least;
    for (const char32_t c : label) {
      if (c < n) ++delta;
      if (c != n) continue;
      std::uint32_t q = delta;
      for (std::uint32_t k = 36;; k += 36) {
        const std::uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
        if (q < t) break;
        out.push_back("abcdefghijklmnopqrstuvwxyz0123456789"[t + (q - t) % (36 - t)]);
        q = (q - t) / (36 - t);
      }
      out.push_back("abcdefghijklmnopqrstuvwxyz0123456789"[q]);
      delta = handled == basic ? delta / 700 : delta / 2;
      delta += delta / (handled + 1);
      std::uint32_t k = 0;
      for (; delta > 455; k += 36) delta /= 35;
      bias = k + 36 * delta / (delta + 38);
      delta = 0;
      ++handled;
    }
    ++delta;
    ++n;
  }
  return out;
}

TEST(Punycode, IsThatOfTheRfcForAnyLabel) {
  avila::random::Xoshiro256pp random(7);
  for (int i = 0; i < 400; ++i) {
    // Few values, which come again, or many.
    const std::uint64_t values = i % 2 == 0 ? 1 + random.below(8) : 20'000;
    std::u32string label;
    for (std::uint64_t size = 1 + random.below(60); size > 0; --size) {
      const bool ascii = random.below(4) == 0;
      label.push_back(
          static_cast<char32_t>(ascii ? 'a' + random.below(26) : 0x4E00 + random.below(values)));
    }
    const auto encoded = avila::url::punycode_encode(label);
    ASSERT_TRUE(encoded.has_value());
    ASSERT_EQ(*encoded, punycode_of_the_rfc(label));
    const auto decoded = avila::url::punycode_decode(*encoded);
    ASSERT_TRUE(decoded.has_value());
    ASSERT_TRUE(*decoded == label);
  }
}

// As much as a Location field may hold: the work must not grow with the square of it.
TEST(Url, AHostOfManyLongLabels) {
  std::string text = "http://";
  for (int i = 0; i < 20'000; ++i) {
    const unsigned c = 0x4E00 + static_cast<unsigned>(i) * 7919 % 20'000;
    text += static_cast<char>(0xE0 | c >> 12);
    text += static_cast<char>(0x80 | (c >> 6 & 63));
    text += static_cast<char>(0x80 | (c & 63));
    if (i % 4000 == 3999) text += '.';
  }
  const auto url = Url::parse(text + "/");
  ASSERT_TRUE(url.has_value());
  EXPECT_TRUE(url->host().starts_with("xn--"));
}

TEST(Domain, StrictModeHoldsTheRulesOfDns) {
  EXPECT_TRUE(avila::url::domain_to_ascii("B\u00fccher.example", true).has_value());
  EXPECT_EQ(*avila::url::domain_to_ascii("B\u00fccher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(avila::url::domain_to_unicode("xn--bcher-kva.example"), "b\u00fccher.example");
  EXPECT_FALSE(avila::url::domain_to_ascii("a_b", true).has_value());
  EXPECT_FALSE(avila::url::domain_to_ascii("-a", true).has_value());
  EXPECT_FALSE(avila::url::domain_to_ascii(std::string(64, 'a'), true).has_value());
  EXPECT_FALSE(avila::url::domain_to_ascii("a..b", true).has_value());
}

TEST(Percent, LeavesBrokenEscapes) {
  EXPECT_EQ(avila::url::percent_decode("%41%4%zz%"), "A%4%zz%");
  EXPECT_EQ(avila::url::percent_encode("a b/\u00e9"), "a%20b%2F%C3%A9");
}

}  // namespace
