#include <gtest/gtest.h>
#include <avila/dns/name.hpp>

namespace {

using namespace avila;
using dns::Name;

Name name(std::string_view text) { return Name::parse(text).value(); }
Result<Name> decode(std::string_view bytes, std::size_t at) {
  return Name::decode(as_bytes(bytes), at);
}

TEST(DnsName, ReadsAndWritesText) {
  EXPECT_EQ(name("www.Example.com").to_string(), "www.Example.com.");
  EXPECT_EQ(name("").to_string(), ".");
  EXPECT_EQ(name(".").label_count(), 0U);
  EXPECT_EQ(name("a\\.b.c").first_label(), "a.b");
  EXPECT_EQ(name("a\\.b.c").to_string(), "a\\.b.c.");
  EXPECT_EQ(name("\\000\\255.x").to_string(), "\\000\\255.x.");
  EXPECT_EQ(name("\\(\\;\\@").to_string(), "\\(\\;\\@.");
  EXPECT_EQ(Name::parse("a", name("b.c")).value(), name("a.b.c"));
  EXPECT_EQ(Name::parse("@", name("b.c")).value(), name("b.c"));
  EXPECT_EQ(Name::parse("a.", name("b.c")).value(), name("a"));
}

TEST(DnsName, RefusesBadText) {
  for (const char* bad : {"a..b", ".a", "a\\", "a\\25", "a\\256", ".."})
    EXPECT_FALSE(Name::parse(bad).has_value()) << bad;
  EXPECT_TRUE(Name::parse(std::string(63, 'a')).has_value());
  EXPECT_FALSE(Name::parse(std::string(64, 'a')).has_value());
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "a.";
  EXPECT_EQ(name(longest).wire().size(), 255U);
  EXPECT_FALSE(Name::parse(longest + "a").has_value());
  EXPECT_FALSE(Name::parse("a", name(longest)).has_value());
}

TEST(DnsName, FollowsCompressionBackwardsOnly) {
  using namespace std::string_literals;
  using namespace std::string_view_literals;
  const std::string header(12, '\1');  // could be read as labels
  const std::string bytes = header + std::string("\3com\0\3www\xc0\x0c\xc0\x11"sv);
  EXPECT_EQ(decode(bytes, 17).value(), name("www.com"));
  EXPECT_EQ(decode(bytes, 23).value(), name("www.com"));
  std::size_t at = 17;
  ASSERT_TRUE(Name::decode(as_bytes(bytes), at).has_value());
  EXPECT_EQ(at, 23U);
  EXPECT_FALSE(decode(header + "\xc0\x0c", 12).has_value());            // itself
  EXPECT_FALSE(decode(header + "\xc0\x0e\xc0\x0c", 12).has_value());    // forwards
  EXPECT_FALSE(decode(header + "\1a\xc0\x0c", 12).has_value());         // a loop through a label
  EXPECT_FALSE(decode("\1a\0"s + header + "\xc0\0"s, 15).has_value());  // the header
  EXPECT_FALSE(decode("\x41"
                      "a"sv,
                      0)
                   .has_value());  // an unknown kind of label
  EXPECT_FALSE(decode("\3ab"sv, 0).has_value());
  EXPECT_FALSE(decode("\3abc"sv, 0).has_value());
  EXPECT_FALSE(decode("\xc0"sv, 0).has_value());
}

TEST(DnsName, ComparesWithoutCase) {
  EXPECT_EQ(name("A.b"), name("a.B"));
  EXPECT_EQ(name("A.b").hash(), name("a.B").hash());
  EXPECT_FALSE(name("A.b").same_case(name("a.B")));
  EXPECT_TRUE(name("x.A.b").is_below(name("a.B")));
  EXPECT_TRUE(name("a.b").is_at_or_below(name(".")));
  EXPECT_FALSE(name("xa.b").is_at_or_below(name("a.b")));
  EXPECT_FALSE(name("b").is_at_or_below(name("a.b")));
  EXPECT_EQ(name("x.a.b").common_ancestor(name("y.A.b")), name("a.b"));
}

// The list of RFC 4034 section 6.1.
TEST(DnsName, OrdersAsDnssecDoes) {
  const char* const sorted[] = {"example",         "a.example",      "yljkjljk.a.example",
                                "Z.a.example",     "zABC.a.EXAMPLE", "z.example",
                                "\\001.z.example", "*.z.example",    "\\200.z.example"};
  for (std::size_t i = 0; i + 1 < std::size(sorted); ++i)
    EXPECT_LT(name(sorted[i]), name(sorted[i + 1])) << sorted[i];
}

TEST(DnsName, BuildsNames) {
  EXPECT_EQ(name("a.b.c").parent(), name("b.c"));
  EXPECT_EQ(name(".").parent(), name("."));
  EXPECT_EQ(name("a.b.c").suffix(1), name("c"));
  EXPECT_EQ(name("a.b.c").suffix(9), name("a.b.c"));
  EXPECT_EQ(name("b.c").wildcard().value(), name("*.b.c"));
  EXPECT_TRUE(name("*.c").is_wildcard());
  EXPECT_FALSE(name("\\*a.c").is_wildcard());
  EXPECT_EQ(name("x.y.a").with_suffix(name("a"), name("b.c")).value(), name("x.y.b.c"));
  EXPECT_FALSE(name("a").child("").has_value());
  std::string longest;
  for (int i = 0; i < 126; ++i) longest += "a.";
  EXPECT_FALSE(name("x.y").with_suffix(name("."), name(longest)).has_value());
}

}  // namespace
