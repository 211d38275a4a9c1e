#include <gtest/gtest.h>
#include <avila/json/document.hpp>
#include <avila/json/value.hpp>
#include <avila/json/writer.hpp>

namespace {
using namespace avila::json;

TEST(Value, ParsesAndPrintsBack) {
  const std::string text =
      R"({"a":[1,-2.5,18446744073709551615,true,null],"long":"abcdefghijklmnopqrstuvwxyz\né","e":{},"f":[]})";
  auto value = parse(text);
  ASSERT_TRUE(value.has_value()) << value.error().to_string();
  EXPECT_EQ(to_string(*value), text);
  EXPECT_EQ(value->find("a")->size(), 5U);
  EXPECT_TRUE((*value->find("a"))[2].is_uint());
  const Value copy = *value;
  EXPECT_EQ(copy, *value);
  Parser parser;
  auto element = parser.parse(text);
  ASSERT_TRUE(element.has_value());
  EXPECT_EQ(to_string(*element), text);
  EXPECT_EQ(element->find("a")->at(1)->get_double(), -2.5);
}

}  // namespace
