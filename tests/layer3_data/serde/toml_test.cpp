#include <gtest/gtest.h>
#include <avila/serde/toml.hpp>
#include <cmath>

namespace avila::serde::toml {
namespace {

Value parsed(std::string_view text) {
  auto value = parse(text);
  EXPECT_TRUE(value.has_value()) << (value.has_value() ? "" : value.error().to_string());
  return value.has_value() ? std::move(*value) : Value::table();
}

std::string problem(std::string_view text) {
  const auto value = parse(text);
  return value.has_value() ? "accepted" : value.error().to_string();
}

TEST(Toml, ReadsAConfiguration) {
  const Value config = parsed(R"(# comment
listen = "127.0.0.1"
ports = [ 7701, 0x1F,
          0b101, ]   # trailing comma
[limits]
body_bytes = 16_000_000
ratio = 6.5e-1
[[user]]
name = 'Ana'
born = 1990-05-27
[[user]]
name = """
Zé \
   Maria"""
)");
  EXPECT_EQ(config.find("listen")->as_text(), "127.0.0.1");
  ASSERT_EQ(config.find("ports")->items().size(), 3U);
  EXPECT_EQ(config.find("ports")->items()[1].as_integer(), 31);
  EXPECT_EQ(config.find_path("limits.body_bytes")->as_integer(), 16'000'000);
  EXPECT_DOUBLE_EQ(config.find_path("limits.ratio")->as_float(), 0.65);
  const auto& users = config.find("user")->items();
  ASSERT_EQ(users.size(), 2U);
  EXPECT_EQ(users[0].find("born")->kind(), Kind::LocalDate);
  EXPECT_EQ(users[0].find("born")->as_text(), "1990-05-27");
  EXPECT_EQ(users[1].find("name")->as_text(), "Zé Maria");
}

TEST(Toml, IntegersHaveSixtyFourBits) {
  const Value value = parsed("a = 9223372036854775807\nb = -9223372036854775808\n");
  EXPECT_EQ(value.find("a")->as_integer(), INT64_MAX);
  EXPECT_EQ(value.find("b")->as_integer(), INT64_MIN);
  EXPECT_NE(problem("a = 9223372036854775808"), "accepted");
  EXPECT_NE(problem("a = -9223372036854775809"), "accepted");
}

TEST(Toml, DatesAreChecked) {
  EXPECT_EQ(parsed("a = 2000-02-29").find("a")->kind(), Kind::LocalDate);
  EXPECT_NE(problem("a = 1900-02-29"), "accepted");
  EXPECT_NE(problem("a = 2001-13-01"), "accepted");
  EXPECT_EQ(parsed("a = 1979-05-27 07:32:00z").find("a")->as_text(), "1979-05-27T07:32:00Z");
  EXPECT_EQ(parsed("a = 07:32:00.5").find("a")->kind(), Kind::LocalTime);
  EXPECT_NE(problem("a = 24:00:00"), "accepted");
}

TEST(Toml, TablesAreDefinedOnce) {
  EXPECT_NE(problem("[a]\n[a]\n"), "accepted");
  EXPECT_NE(problem("a = 1\na = 2\n"), "accepted");
  EXPECT_NE(problem("[a.b.c]\nz=9\n[a]\nb.c.t = 1\n"), "accepted");
  EXPECT_NE(problem("a = {x = 1}\n[a.b]\n"), "accepted");
  EXPECT_NE(problem("a = [1]\n[[a]]\n"), "accepted");
  EXPECT_NE(problem("fruit.apple = 1\n[fruit]\n"), "accepted");
  EXPECT_EQ(parsed("[x.y]\n[x]\nz = 1\n").find_path("x.z")->as_integer(), 1);
  EXPECT_EQ(parsed("[f]\na.c = 1\n[f.a.t]\ns = 2\n").find_path("f.a.t.s")->as_integer(), 2);
}

TEST(Toml, ErrorsSayWhere) {
  EXPECT_EQ(
      problem("a = 1\nbb = nope\n"),
      "line 2, column 6: not a number, date, time or boolean; text needs quotes (at byte 11)");
  EXPECT_NE(problem("a = \"x").find("without its closing"), std::string::npos);
  EXPECT_NE(problem("a = 1 b = 2").find("line 1, column 7: expected the end of the line"),
            std::string::npos);
  EXPECT_NE(problem("a = \"\\q\"").find("unknown escape"), std::string::npos);
  EXPECT_NE(problem(std::string("a = \"\xff\"")).find("not UTF-8"), std::string::npos);
  EXPECT_NE(problem("= 1").find("expected a key"), std::string::npos);
  EXPECT_NE(problem("a 1").find("expected ="), std::string::npos);
  EXPECT_NE(problem("[a").find("expected ]"), std::string::npos);
  EXPECT_NE(problem("a = {b = 1,}").find("no comma before"), std::string::npos);
  EXPECT_NE(problem("a = [1 2]").find("expected , or ]"), std::string::npos);
  EXPECT_NE(problem("a = \"\\uD800\"").find("no Unicode scalar value"), std::string::npos);
}

TEST(Toml, NestingIsBounded) {
  EXPECT_EQ(problem("a = " + std::string(60, '[') + std::string(60, ']')), "accepted");
  EXPECT_NE(problem("a = " + std::string(100'000, '[')).find("nested deeper than 64"),
            std::string::npos);
  std::string key = "a";
  for (int i = 0; i < 100; ++i) key += ".a";
  EXPECT_NE(problem(key + " = 1").find("more than 64 parts"), std::string::npos);
  EXPECT_NE(problem(std::string(kMaxDocumentBytes + 1, ' ')).find("over"), std::string::npos);
}

TEST(Toml, WritesWhatItReads) {
  Value table = Value::table();
  table.set("text", "quote \" backslash \\ tab \t bell \x07 é");
  table.set("odd key", 1);
  table.set("number", 0.1);
  table.set("whole", 3.0);
  table.set("infinite", -INFINITY);
  table.set("when", Value::datetime(Kind::OffsetDatetime, "2024-02-29T12:00:00Z"));
  Value& inner = table.set("inner", Value::table());
  inner.set("yes", true);
  inner.set("list", Value::array()).items().emplace_back("x");
  Value& list = table.set("many", Value::array());
  for (int i = 0; i < 2; ++i) list.items().emplace_back(Value::table()).set("i", i);
  const std::string text = to_toml(table);
  const Value again = parsed(text);
  EXPECT_EQ(to_toml(again), text);
  EXPECT_EQ(again.find("text")->as_text(), table.find("text")->as_text());
  EXPECT_EQ(again.find("whole")->kind(), Kind::Float);
  EXPECT_EQ(again.find("many")->items()[1].find("i")->as_integer(), 1);
}

TEST(Toml, TruncationIsAnErrorOrAShorterDocument) {
  const std::string text = "a = [1, {b = \"c\"}]\n[t]\nd = '''x\ny'''\ne = 1979-05-27T07:32:00Z\n";
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const auto value = parse(std::string_view(text).substr(0, n));
    if (!value.has_value()) {
      EXPECT_TRUE(value.error().is(Errc::Malformed)) << n;
    }
  }
}

}  // namespace
TEST(Toml, ValuesKnowTheirLines) {
  const auto read = toml::parse(
      "a = 1\n# comment\n[t]\nb.c = \"\"\"\nx\n\"\"\"\nd = [\n  1,\n  { e = 2 "
      "},\n]\n[[n]]\n[[n]]\n");
  ASSERT_TRUE(read.has_value());
  const toml::Value& document = *read;
  EXPECT_EQ(document.line(), 1U);
  EXPECT_EQ(document.find("a")->line(), 1U);
  EXPECT_EQ(document.find("t")->line(), 3U);
  EXPECT_EQ(document.find_path("t.b.c")->line(), 4U);
  EXPECT_EQ(document.find_path("t.d")->line(), 7U);
  EXPECT_EQ(document.find_path("t.d")->items()[0].line(), 8U);
  EXPECT_EQ(document.find_path("t.d")->items()[1].find("e")->line(), 9U);
  EXPECT_EQ(document.find("n")->items()[1].line(), 12U);
  EXPECT_EQ(toml::Value(1).line(), 0U);
}

}  // namespace avila::serde::toml
