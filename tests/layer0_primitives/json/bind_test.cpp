#include <gtest/gtest.h>
#include <avila/json/bind.hpp>
#include <avila/meta/register.hpp>

namespace bind_test {

enum class Size { Small, Large = 40 };
struct Place {
  std::string city;
  std::optional<std::uint16_t> zip;
};
struct Item {
  std::string name;
  std::int8_t count = 0;
  double weight = 0;
  bool sold = false;
  Size size = Size::Small;
  std::vector<std::vector<int>> rows;
  std::optional<Place> place;
  avila::json::Value more;
};
struct Tree {
  int leaf = 0;
  std::vector<Tree> branches;
};
class Hidden {
 public:
  int zip() const { return zip_; }

 private:
  int zip_ = 0;
  AVILA_META_PRIVATE_FIELDS(Hidden, (zip_, "zip-code"))
};

}  // namespace bind_test

namespace {
using namespace bind_test;
using avila::Errc;
using avila::json::from_value;
using avila::json::Misfits;
using avila::json::parse;

TEST(Bind, FillsStructures) {
  const auto item = from_value<Item>(*parse(
      R"({"name":"a","count":-128,"weight":2,"sold":true,"size":"Large","rows":[[1,2],[]],
          "place":{"city":"Lisboa","zip":65535},"more":{"x":[null]},"unknown":1})"));
  ASSERT_TRUE(item.has_value()) << item.error().to_string();
  EXPECT_EQ(item->name, "a");
  EXPECT_EQ(item->count, -128);
  EXPECT_EQ(item->weight, 2.0);
  EXPECT_TRUE(item->sold);
  EXPECT_EQ(item->size, Size::Large);
  EXPECT_EQ(item->rows, (std::vector<std::vector<int>>{{1, 2}, {}}));
  EXPECT_EQ(item->place->city, "Lisboa");
  EXPECT_EQ(item->place->zip, 65535);
  EXPECT_EQ(to_string(item->more), R"({"x":[null]})");
  EXPECT_EQ(from_value<Hidden>(*parse(R"({"zip-code":7})"))->zip(), 7);
  EXPECT_EQ(*from_value<std::vector<bool>>(*parse("[true,false]")), (std::vector{true, false}));
  const auto tree = from_value<Tree>(
      *parse(R"({"leaf":1,"branches":[{"leaf":2,"branches":[]},{"leaf":3,"branches":[]}]})"));
  EXPECT_EQ(tree->branches[1].leaf, 3);
}

TEST(Bind, TakesNullAndNothingForAnEmptyOptional) {
  const auto place = [](const char* text) { return from_value<Place>(*parse(text)); };
  EXPECT_FALSE(place(R"({"city":"a"})")->zip.has_value());
  EXPECT_FALSE(place(R"({"city":"a","zip":null})")->zip.has_value());
  EXPECT_FALSE(place(R"({"city":null})").has_value());
}

TEST(Bind, NamesEveryPartThatDoesNotFit) {
  const auto item = from_value<Item>(*parse(
      R"({"count":128,"weight":"x","sold":1,"size":"Huge","rows":[[1],[2,"y"],3],
          "place":{"zip":-1}})"));
  ASSERT_FALSE(item.has_value());
  EXPECT_TRUE(item.error().is(Errc::InvalidArgument));
  EXPECT_EQ(item.error().message(),
            "name: is missing; count: must be an integer in range; weight: must be a number; "
            "sold: must be true or false; size: must be one of Small, Large; "
            "rows[1][1]: must be an integer in range; rows[2]: must be an array; "
            "place.city: is missing; place.zip: must be a non-negative integer in range; "
            "more: is missing");
  EXPECT_EQ(from_value<Item>(*parse("[]")).error().message(), "must be an object");
  EXPECT_EQ(from_value<Tree>(*parse(R"({"leaf":1,"branches":[{"leaf":1.5,"branches":[]}]})"))
                .error()
                .message(),
            "branches[0].leaf: must be an integer in range");
}

TEST(Bind, ListsSoManyAndNoMore) {
  avila::json::Value wrong = avila::json::Value::make_array();
  for (int i = 0; i < 1000; ++i) wrong.push_back("x");
  Misfits misfits;
  std::vector<int> out;
  avila::json::bind(&wrong, out, misfits);
  EXPECT_EQ(misfits.size(), Misfits::kMax);
  EXPECT_EQ(misfits[Misfits::kMax - 1].path, "[31]");
}

}  // namespace
