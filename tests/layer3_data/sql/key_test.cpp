// The key encoding orders as compare() does, and comes back.
#include <gtest/gtest.h>
#include <avila/json/value.hpp>
#include <avila/sql/key.hpp>

#include <algorithm>

namespace {
using namespace avila;
using sql::Datum;

int sign(int x) { return x < 0 ? -1 : x > 0 ? 1 : 0; }

TEST(Key, OrdersAsCompareDoesInBothDirections) {
  const char* texts[] = {"null",
                         "false",
                         "true",
                         "-1e308",
                         "-9223372036854775808",
                         "-9223372036854775807.0",
                         "-9007199254740993",
                         "-9007199254740992",
                         "-1.5",
                         "-1",
                         "-5e-324",
                         "0",
                         "-0.0",
                         "5e-324",
                         "0.5",
                         "1",
                         "1.0",
                         "2",
                         "9007199254740992",
                         "9007199254740993",
                         "9007199254740994.0",
                         "9223372036854775806",
                         "9223372036854775807",
                         "9223372036854775808",
                         "9223372036854775808.0",
                         "18446744073709551615",
                         "18446744073709551616.0",
                         "1e308",
                         "\"\"",
                         "\"a\"",
                         "\"a\\u0000\"",
                         "\"a\\u0000b\"",
                         "\"a\\u0001\"",
                         "\"ab\"",
                         "\"b\"",
                         "\"\xC3\xA9\"",
                         "[]",
                         "[null]",
                         "[1]",
                         "[1,2]",
                         "[1,[2]]",
                         "[2]",
                         "{}",
                         "{\"a\":1}",
                         "{\"a\":1,\"b\":2}",
                         "{\"b\":2,\"a\":1}",
                         "{\"a\":2}",
                         "{\"b\":0}"};
  sql::Arena arena;
  std::vector<Datum> values = {Datum()};
  for (const char* text : texts) values.push_back(Datum::of(*json::parse(text), arena));
  for (const Datum& a : values) {
    std::string key_a, down_a;
    sql::append_key(key_a, a);
    sql::append_key(down_a, a, true);
    EXPECT_EQ(*sql::key_length(key_a + "tail"), key_a.size());
    EXPECT_EQ(*sql::key_length(down_a + "tail", true), down_a.size());
    std::string_view rest = key_a;
    const auto back = sql::take_key(rest, arena);
    ASSERT_TRUE(back.has_value());
    EXPECT_TRUE(rest.empty());
    EXPECT_EQ(sql::compare(*back, a), 0) << sql::to_json(a);
    for (const Datum& b : values) {
      std::string key_b, down_b;
      sql::append_key(key_b, b);
      sql::append_key(down_b, b, true);
      EXPECT_EQ(sign(key_a.compare(key_b)), sql::compare(a, b))
          << sql::to_json(a) << " " << sql::to_json(b);
      EXPECT_EQ(sign(down_a.compare(down_b)), -sql::compare(a, b))
          << sql::to_json(a) << " " << sql::to_json(b);
    }
    for (std::size_t cut = 0; cut < key_a.size(); ++cut)
      EXPECT_FALSE(sql::key_length(std::string_view(key_a).substr(0, cut)).has_value());
  }
}

}  // namespace
