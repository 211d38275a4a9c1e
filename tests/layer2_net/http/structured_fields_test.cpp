#include <avila/http/structured_fields.hpp>

#include <gtest/gtest.h>

namespace avila::http::structured {
namespace {

TEST(StructuredFields, ReadsAndWritesAPriority) {  // RFC 9218 §4
  const auto priority = parse_dictionary("u=2,   i");
  ASSERT_TRUE(priority.has_value());
  const Member* const urgency = priority->find("u");
  ASSERT_NE(urgency, nullptr);
  EXPECT_EQ(std::get<Item>(*urgency).value, BareItem(std::int64_t{2}));
  EXPECT_EQ(std::get<Item>(*priority->find("i")).value, BareItem(true));
  EXPECT_EQ(serialize(*priority).value(), "u=2, i");
}

TEST(StructuredFields, EveryTypeSurvivesTheWay) {
  Item item;
  item.value = DisplayString{"50 % für \"dich\""};
  item.parameters.set("int", std::int64_t{-999'999'999'999'999});
  item.parameters.set("dec", Decimal{-1});
  item.parameters.set("str", std::string("a\\\"b"));
  item.parameters.set("tok", Token{"*a/b:c"});
  item.parameters.set("bin", Binary{std::string("\0\xff\x10", 3)});
  item.parameters.set("no", false);
  item.parameters.set("yes", true);
  item.parameters.set("day", Date{-1});
  const auto text = serialize(item);
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(*text,
            "%\"50 %25 f%c3%bcr %22dich%22\";int=-999999999999999;dec=-0.001;str=\"a\\\\\\\"b\""
            ";tok=*a/b:c;bin=:AP8Q:;no=?0;yes;day=@-1");
  EXPECT_EQ(parse_item(*text).value(), item);
}

TEST(StructuredFields, ALaterKeyReplacesWhereTheFirstStood) {
  EXPECT_EQ(serialize(parse_dictionary("a=1, b=2, a=(3 4);x").value()).value(), "a=(3 4);x, b=2");
  EXPECT_EQ(serialize(parse_item("1;a=1;b;a=2").value()).value(), "1;a=2;b");
}

TEST(StructuredFields, TheStrictnessSaysWhere) {
  const auto offset = [](const auto& parsed) {
    EXPECT_FALSE(parsed.has_value());
    return parsed.has_value() ? std::uint64_t{999} : parsed.error().offset();
  };
  EXPECT_EQ(offset(parse_list("a, b,")), 5U);
  EXPECT_EQ(offset(parse_list("a, (b c")), 7U);
  EXPECT_EQ(offset(parse_dictionary("a=1 b=2")), 4U);
  EXPECT_EQ(offset(parse_item("1;A")), 2U);
  EXPECT_EQ(offset(parse_item("")), 0U);
}

TEST(StructuredFields, TruncatedTextNeverReadsBeyondItsEnd) {
  const std::string text = "a=(\"x\" :YQ==: %\"%c3%bc\");q=-1.5;r, b=@17;d=?1, c;e=*t";
  ASSERT_TRUE(parse_dictionary(text).has_value());
  for (std::size_t n = 0; n < text.size(); ++n) {
    const std::string part = text.substr(0, n);  // its own memory: ASan watches its end
    const auto parsed = parse_dictionary(part);
    if (parsed.has_value()) {
      EXPECT_TRUE(serialize(*parsed).has_value()) << part;
    }
  }
}

TEST(StructuredFields, LimitsAreKept) {
  const auto repeat = [](const std::string& first, const std::string& more, std::size_t count) {
    std::string out = first;
    for (std::size_t i = 1; i < count; ++i) out += more;
    return out;
  };
  EXPECT_EQ(parse_list(repeat("1", ",1", kMaxMembers)).value().size(), kMaxMembers);
  EXPECT_TRUE(parse_list(repeat("1", ",1", kMaxMembers + 1)).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(parse_list("(" + repeat("1", " 1", kMaxInnerItems) + ")").has_value());
  EXPECT_TRUE(parse_list("(" + repeat("1", " 1", kMaxInnerItems + 1) + ")")
                  .error()
                  .is(Errc::LimitExceeded));
  std::string many = "1", members;
  for (std::size_t i = 0; i <= kMaxMembers; ++i) {
    if (i <= kMaxParameters) many += ";k" + std::to_string(i);
    members += (i == 0 ? "k" : ",k") + std::to_string(i);
  }
  EXPECT_TRUE(parse_item(many).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(parse_item(many.substr(0, many.rfind(';'))).has_value());
  EXPECT_TRUE(parse_dictionary(members).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(parse_item(std::string(kMaxFieldBytes + 1, ' ')).error().is(Errc::LimitExceeded));
}

TEST(StructuredFields, WhatCannotBeWrittenIsRefused) {
  const auto refused = [](BareItem value) {
    return !serialize(Item{.value = std::move(value)}).has_value();
  };
  EXPECT_TRUE(refused(std::int64_t{1'000'000'000'000'000}));
  EXPECT_TRUE(refused(Decimal{1'000'000'000'000'000}));
  EXPECT_TRUE(refused(std::string("\xc3\xbc")));
  EXPECT_TRUE(refused(Token{"1a"}));
  EXPECT_TRUE(refused(Token{"a b"}));
  EXPECT_TRUE(refused(DisplayString{"\xff"}));
  EXPECT_TRUE(refused(Date{INT64_MIN}));
  EXPECT_FALSE(Decimal::from_double(1e13).has_value());
  EXPECT_FALSE(Decimal::from_double(0.0 / 0.0).has_value());
  Item bad_key{.value = true};
  bad_key.parameters.set("A", true);
  EXPECT_FALSE(serialize(bad_key).has_value());
  bad_key.parameters = {};
  bad_key.parameters.set("", true);
  EXPECT_FALSE(serialize(List{bad_key}).has_value());
}

}  // namespace
}  // namespace avila::http::structured
