#include <gtest/gtest.h>
#include <avila/validate/message.hpp>
#include <avila/validate/rules.hpp>

#include <limits>

namespace avila::validate {
namespace {

struct Item {
  std::string name;
  double price = 1;
};
struct Order {
  std::string id = "a-1";
  std::optional<std::string> coupon = {};
  int quantity = 1;
  unsigned stock = 5;
  std::vector<Item> items = {{"pen", 2}};
  std::vector<std::string> tags = {};
  std::string from = "2024-01-01", to = "2024-02-01";
  bool gift = false;
  int total() const { return quantity * 2; }
};
struct Tree {
  int value = 1;
  std::vector<Tree> children;
};

std::string codes(const Report& report) {
  std::string out;
  for (const Violation& v : report.violations()) out += v.path + " " + v.code + ";";
  return out;
}

TEST(Rules, FieldsOptionalsAndRanges) {
  const auto rules = Rules<Order>{}
                         .field("id", &Order::id, required(), length(3, 5))
                         .field("coupon", &Order::coupon, min_length(4))
                         .field("quantity", &Order::quantity, range(1U, 10U))
                         .field("stock", &Order::stock, at_least(-1), at_most(7))
                         .field("total", &Order::total, at_most(10));
  Order order;
  EXPECT_TRUE(rules.validate(order).ok());
  order = {.id = "", .coupon = "x", .quantity = -1, .stock = 8};
  EXPECT_EQ(codes(rules.validate(order)),
            "/id required;/coupon length.min;/quantity range.min;/stock range.max;");
  order = {.id = "ééééé", .quantity = 10};
  EXPECT_EQ(codes(rules.validate(order)), "/total range.max;");
  const auto needed = Rules<Order>{}.field("coupon", &Order::coupon, required());
  EXPECT_EQ(codes(needed.validate(order)), "/coupon required;");
  order.coupon = "";
  EXPECT_EQ(codes(needed.validate(order)), "/coupon required;");
}

TEST(Rules, NestedStructsListsAndEscapedPaths) {
  const auto item = Rules<Item>{}
                        .field("name", &Item::name, required())
                        .field("a/b~c", &Item::price, range(0.5, 10.0));
  const auto rules =
      Rules<Order>{}
          .field("items", &Order::items, items(1, 2), each(nested(item)))
          .field("tags", &Order::tags, unique_items(), each(required(), one_of({"x", "y"})));
  Order order;
  EXPECT_TRUE(rules.validate(order).ok());
  order.items = {{"", 1}, {"b", 0.1}, {"c", std::numeric_limits<double>::quiet_NaN()}};
  order.tags = {"x", "z", "", "x"};
  EXPECT_EQ(codes(rules.validate(order)),
            "/items items.max;/items/0/name required;/items/1/a~1b~0c range.min;"
            "/items/2/a~1b~0c range.min;/items/2/a~1b~0c range.max;"
            "/tags items.unique;/tags/1 one_of;/tags/2 required;");
  order.items.clear();
  order.tags.clear();
  EXPECT_EQ(codes(rules.validate(order)), "/items items.min;");
}

TEST(Rules, AcrossFieldsConditionsAndOwnChecks) {
  const auto even = custom("even", [](int n) { return n % 2 == 0; }, {{"hint", "two"}});
  const auto rules = Rules<Order>{}
                         .check("to", "after_from", [](const Order& o) { return o.from < o.to; })
                         .check("", "not_both", [](const Order& o) { return !o.gift || !o.coupon; })
                         .when([](const Order& o) { return o.gift; },
                               Rules<Order>{}.field("quantity", &Order::quantity, even))
                         .field("from", &Order::from, as("starts", date()));
  Order order;
  EXPECT_TRUE(rules.validate(order).ok());
  order = {.coupon = "c", .quantity = 3, .from = "2024-03-32", .gift = true};
  const Report report = rules.validate(order);
  EXPECT_EQ(codes(report), "/to after_from; not_both;/quantity even;/from starts;");
  EXPECT_EQ(report.at("/quantity")->params[0].value, "two");
  EXPECT_EQ(report.at("/nope"), nullptr);
}

TEST(Rules, PatternsOfTheWholeText) {
  const auto slug = pattern("a|ab|[a-z]+(-[a-z]+)*");
  ASSERT_TRUE(slug.has_value());
  const auto rules = Rules<Order>{}.field("id", &Order::id, *slug);
  for (const char* good : {"a", "ab", "abc-d", ""})
    EXPECT_TRUE(rules.validate({.id = good}).ok()) << good;
  for (const char* bad : {"-", "a-", "ab1", " ab", "ab\n"})
    EXPECT_EQ(codes(rules.validate({.id = bad})), "/id pattern;") << bad;
  EXPECT_FALSE(pattern("(").has_value());
}

TEST(Rules, TreesEndAtTheGreatestDepth) {
  Rules<Tree> rules;
  rules.field("value", &Tree::value, at_most(1))
      .field("children", &Tree::children, each(nested_ref(rules)));
  Tree tree;
  Tree* leaf = &tree;
  for (int i = 0; i < 100; ++i) leaf = &leaf->children.emplace_back();
  const Report report = rules.validate(tree);
  ASSERT_EQ(report.count(), 2U);  // the deepest value, and the list beside it
  EXPECT_EQ(report.violations()[0].code, "too_deep");
  EXPECT_EQ(report.violations()[1].code, "too_deep");
}

TEST(Rules, KeepsAThousandViolations) {
  const auto rules = Rules<Order>{}.field("tags", &Order::tags, each(required()));
  Order order;
  order.tags.resize(5'000);
  const Report report = rules.validate(order);
  EXPECT_EQ(report.count(), 5'000U);
  EXPECT_EQ(report.violations().size(), Report::kMaxViolations);
}

TEST(Catalogue, WordsInBothLanguages) {
  const Violation one{"/name", "length.min", {{"min", "1"}}};
  const Violation two{"/name", "length.min", {{"min", "2"}}};
  EXPECT_EQ(Catalogue::english().message(one), "must have at least 1 character");
  EXPECT_EQ(Catalogue::english().message(two), "must have at least 2 characters");
  EXPECT_EQ(Catalogue::portuguese().message(one), "deve ter pelo menos 1 caractere");
  EXPECT_EQ(Catalogue::portuguese().message(two), "deve ter pelo menos 2 caracteres");
  const Violation none{"/list", "items.max", {{"max", "0"}}};
  EXPECT_EQ(Catalogue::english().message(none), "must have at most 0 items");
  EXPECT_EQ(Catalogue::portuguese().message(none), "deve ter no máximo 0 item");
  EXPECT_EQ(Catalogue::of("pt-BR").message({"", "cpf", {}}), "não é um CPF válido");
  EXPECT_EQ(Catalogue::of("de").message({"", "cpf", {}}), "is not a valid CPF");
  EXPECT_EQ(&Catalogue::of("pta"), &Catalogue::english());
  Catalogue own = Catalogue::of("PT_br");
  own.set("cpf", "CPF?").set("mine", "{a}{b:um|muitos}{c} {").set("zz", "z");
  EXPECT_EQ(own.message({"", "cpf", {}}), "CPF?");
  EXPECT_EQ(own.message({"", "mine", {{"a", "1"}, {"b", "5"}}}), "1muitos {");
  EXPECT_EQ(own.message({"", "unknown", {}}), "unknown");
  // Every code of the checks has words in both.
  for (const char* code :
       {"required",  "length.min",   "length.max", "range.min", "range.max", "items.min",
        "items.max", "items.unique", "one_of",     "pattern",   "email",     "url",
        "hostname",  "ipv4",         "ipv6",       "ip",        "cidr",      "uuid",
        "phone",     "phone_br",     "cpf",        "cnpj",      "cep",       "card",
        "iban",      "date",         "datetime",   "semver",    "too_deep"})
    for (const Catalogue* words : {&Catalogue::english(), &Catalogue::portuguese()})
      EXPECT_NE(words->message({"", code, {}}), code);
}

TEST(Catalogue, DescribesAReport) {
  const auto rules = Rules<Order>{}
                         .field("quantity", &Order::quantity, at_least(5))
                         .field("id", &Order::id, cpf());
  EXPECT_EQ(Catalogue::english().describe(rules.validate({})),
            "/quantity: must be at least 5\n/id: is not a valid CPF\n");
}

}  // namespace
}  // namespace avila::validate
