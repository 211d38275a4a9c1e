#include <gtest/gtest.h>
#include <avila/json/value.hpp>
#include <avila/json/writer.hpp>

#include <cmath>
#include <limits>

namespace {
using namespace avila::json;

TEST(Value, HoldsEveryKind) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_TRUE(Value(true).as_bool());
  EXPECT_EQ(Value(-5).as_int64(), -5);
  EXPECT_EQ(Value(UINT64_MAX).as_uint64(), UINT64_MAX);
  EXPECT_FALSE(Value(UINT64_MAX).get_int64().has_value());
  EXPECT_EQ(Value(2.0).as_int64(), 2);
  EXPECT_FALSE(Value(2.5).get_int64().has_value());
  EXPECT_EQ(Value(7).as_double(), 7.0);
  for (const std::size_t n : {0, 1, 13, 14, 15, 16, 1000}) {
    const std::string text(n, 'x');
    Value value(text);
    EXPECT_EQ(value.as_string(), text);
    Value copy = value;
    Value moved = std::move(value);
    EXPECT_EQ(copy.as_string(), text);
    EXPECT_EQ(moved, copy);
  }
  const Value big = Value::make_number("123456789012345678901234567890").value();
  EXPECT_EQ(big.kind(), Kind::BigNumber);
  EXPECT_EQ(to_string(big), "123456789012345678901234567890");
  EXPECT_EQ(big.as_double(), 123456789012345678901234567890.0);
  EXPECT_FALSE(Value::make_number("12x").has_value());
  EXPECT_FALSE(Value::make_number("").has_value());
}

TEST(Value, ComparesNumbersByValueAndObjectsWithoutOrder) {
  EXPECT_EQ(Value(1), Value(1.0));
  EXPECT_FALSE(Value(1) == Value("1"));
  EXPECT_FALSE(Value(INT64_MAX) == Value(9223372036854775808.0));
  EXPECT_EQ(Value(UINT64_MAX), Value(UINT64_MAX));
  EXPECT_FALSE(Value(-1) == Value(UINT64_MAX));
  EXPECT_EQ(Value::make_object({{"a", 1}, {"b", 2}}), Value::make_object({{"b", 2}, {"a", 1}}));
  EXPECT_FALSE(Value::make_array({1, 2}) == Value::make_array({2, 1}));
}

TEST(Value, ChangesInPlace) {
  Value root;
  root.set("a", 1).operator=(2);
  root.set("list", Value::make_array()).push_back("x");
  EXPECT_EQ(to_string(root), R"({"a":2,"list":["x"]})");
  root = Value(*root.find("list"));  // a part of itself, copied
  EXPECT_EQ(to_string(root), R"(["x"])");
  Value nested = Value::make_array({Value::make_array({1})});
  nested = std::move(nested[0]);  // a part of itself, moved
  EXPECT_EQ(to_string(nested), "[1]");
}

TEST(Object, FindsWithAndWithoutIndex) {
  Object object;
  for (int i = 0; i < 500; ++i) object.set("key" + std::to_string(i), i);
  for (int i = 0; i < 500; i += 2) EXPECT_TRUE(object.erase("key" + std::to_string(i)));
  EXPECT_FALSE(object.erase("key0"));
  EXPECT_EQ(object.size(), 250U);
  const Object copy = object;
  for (int i = 0; i < 500; ++i) {
    const Value* found = copy.find("key" + std::to_string(i));
    EXPECT_EQ(found != nullptr, i % 2 == 1);
    if (found != nullptr) {
      EXPECT_EQ(found->as_int64(), i);
    }
  }
  EXPECT_EQ(object.begin()->key, "key1") << "insertion order stays";
  object.set("key1", "new");
  EXPECT_EQ(object.size(), 250U);
  EXPECT_EQ(object.begin()->value.as_string(), "new");
}

TEST(Writer, PutsCommasColonsAndIndentation) {
  std::string compact, pretty;
  for (auto [out, indent] : {std::pair{&compact, 0}, {&pretty, 2}}) {
    Writer writer(*out, {.indent = indent});
    writer.begin_object().key("a").begin_array().int64(-1).uint64(2).double_(0.5).end_array();
    writer.key("b").begin_object().end_object().key("c").begin_array().end_array();
    writer.key("d").string("x\"\\\n\x01é").key("e").boolean(true).key("f").null();
    writer.key("g").raw("[1, 2]").end_object();
    EXPECT_TRUE(writer.complete());
  }
  EXPECT_EQ(compact,
            R"({"a":[-1,2,0.5],"b":{},"c":[],"d":"x\"\\\n\u0001é","e":true,"f":null,"g":[1, 2]})");
  EXPECT_EQ(
      pretty,
      "{\n  \"a\": [\n    -1,\n    2,\n    0.5\n  ],\n  \"b\": {},\n  \"c\": [],\n"
      "  \"d\": \"x\\\"\\\\\\n\\u0001é\",\n  \"e\": true,\n  \"f\": null,\n  \"g\": [1, 2]\n}");
}

TEST(Writer, WritesOnlyWhatJsonHas) {
  std::string out;
  Writer writer(out);
  writer.begin_array();
  writer.double_(std::numeric_limits<double>::infinity());
  writer.double_(std::numeric_limits<double>::quiet_NaN());
  writer.string("bad \xFF\xC3 end").string("ok \xC3\xA9").end_array();
  EXPECT_EQ(out, "[null,null,\"bad \xEF\xBF\xBD\xEF\xBF\xBD end\",\"ok é\"]");
  std::string ascii;
  Writer(ascii, {.ascii_only = true}).string("é日😀\xFF\n");
  EXPECT_EQ(ascii, R"("\u00e9\u65e5\ud83d\ude00\ufffd\n")");
}

TEST(Writer, EscapesAtEveryPlaceOfAVector) {
  for (std::size_t at = 0; at < 70; ++at) {
    std::string text(70, 'a'), expected = "\"";
    text[at] = '"';
    for (const char c : text) expected += c == '"' ? "\\\"" : std::string(1, c);
    EXPECT_EQ(to_string(Value(text)), expected + "\"");
  }
  const std::string control(5000, '\x02');
  const auto back = parse(to_string(Value(control)));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->as_string(), control);
}

TEST(WriterDeathTest, RefusesWhatTheGrammarRefuses) {
  std::string out;
  EXPECT_DEATH(Writer(out).begin_object().int64(1), "");
  EXPECT_DEATH(Writer(out).key("a"), "");
  EXPECT_DEATH(Writer(out).begin_array().end_object(), "");
  EXPECT_DEATH(Writer(out).null().null(), "");
}

}  // namespace
