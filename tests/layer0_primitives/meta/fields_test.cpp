#include <gtest/gtest.h>
#include <avila/meta/fields.hpp>
#include <avila/meta/register.hpp>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace shop {

struct Nothing {};
struct One {
  int only = 1;
};
struct Inner {
  int a, b, c;
};
struct Order {
  int id = 0;
  std::string customer;
  double lines[3] = {};
  Inner inner{};
  std::optional<int> discount;
  std::unique_ptr<int> note;
  std::vector<Inner> parts;
  std::array<int, 4> codes{};
  std::variant<int, std::string> payment;
  std::function<void()> notify;
  char code[16] = {};
  bool matrix[2][2] = {};
  const char* last = "end";
};
struct Big {
  int f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20,
      f21, f22, f23, f24, f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39,
      f40, f41, f42, f43, f44, f45, f46, f47, f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58,
      f59, f60, f61, f62, f63;
};
struct Base {
  int hidden = 0;
};
struct Derived : Base {
  int own = 0;
};
template <class T>
struct Pair {
  T first{};
  T second{};
};
struct Buffer {
  char bytes[4096];
  int length;
};

struct User {
  int id = 1;
  std::string login = "ana";
  bool operator==(const User&) const = default;
};
AVILA_META_FIELDS(User, id, (login, "user_name"))

class Account {
 public:
  explicit Account(long cents) : cents_(cents) {}

 private:
  long cents_;
  std::string owner_ = "bia";
  AVILA_META_PRIVATE_FIELDS(Account, (cents_, "cents"), owner_)
};
struct Blank : Base {};
AVILA_META_FIELDS(Blank)
AVILA_META_FIELDS(Derived, hidden, own)

}  // namespace shop
namespace {
struct Local {
  int x = 1;
  std::string y = "two";
};
}  // namespace

namespace avila::meta {
namespace {

using namespace shop;

TEST(Fields, AreCounted) {
  static_assert(field_count<Nothing> == 0);
  static_assert(field_count<One> == 1);
  static_assert(field_count<Inner> == 3);
  static_assert(field_count<Order> == 13);
  static_assert(field_count<Big> == 64);
  static_assert(field_count<Pair<std::string>> == 2);
  static_assert(field_count<Buffer> == 2);
  static_assert(field_count<Local> == 2);
  static_assert(!HasFields<int> && !HasFields<std::string> && !HasFields<std::vector<int>>);
  static_assert(HasFields<Derived>);  // registered; without that, bases exclude a type
  static_assert(!detail::PlainAggregate<Derived>);
}

TEST(Fields, HaveNames) {
  const auto& names = field_names<Order>();
  const std::vector<std::string_view> expected{"id",   "customer", "lines", "inner",   "discount",
                                               "note", "parts",    "codes", "payment", "notify",
                                               "code", "matrix",   "last"};
  EXPECT_EQ(std::vector<std::string_view>(names.begin(), names.end()), expected);
  EXPECT_EQ(field_names<One>()[0], "only");
  for (int i = 0; i < 64; ++i)
    EXPECT_EQ(field_names<Big>()[static_cast<std::size_t>(i)], "f" + std::to_string(i));
  EXPECT_EQ(field_names<Pair<std::string>>()[1], "second");
  EXPECT_EQ(field_names<Local>()[1], "y");
  EXPECT_EQ(field_names<Buffer>()[0], "bytes");
  static_assert(field_names<Inner>()[2] == "c");
}

TEST(Fields, AreVisitedInOrderAndCanBeChanged) {
  Local local;
  std::string log;
  for_each_field(local, [&](std::string_view name, auto& field) {
    log += name;
    if constexpr (std::is_same_v<decltype(field), int&>) {
      field = 7;
    } else {
      field += "!";
    }
  });
  EXPECT_EQ(log, "xy");
  EXPECT_EQ(local.x, 7);
  EXPECT_EQ(local.y, "two!");
  const Local fixed;
  for_each_field(fixed, [](std::string_view, auto& field) {
    static_assert(std::is_const_v<std::remove_reference_t<decltype(field)>>);
  });
  Nothing nothing;
  for_each_field(nothing, [](std::string_view, auto&) { ADD_FAILURE(); });
  Big big{};
  int next = 0;
  for_each_field(big, [&](std::string_view, int& field) { field = next++; });
  EXPECT_EQ(big.f0, 0);
  EXPECT_EQ(big.f63, 63);
  int seen = 0;
  EXPECT_FALSE(all_fields(big, [&](std::string_view, int field) { return ++seen, field < 10; }));
  EXPECT_EQ(seen, 11);
}

TEST(Fields, ByNameByIndexByType) {
  Local local;
  EXPECT_TRUE(visit_field(local, "x", [](auto& field) {
    if constexpr (std::is_same_v<decltype(field), int&>) field = 9;
  }));
  EXPECT_FALSE(visit_field(local, "z", [](auto&) {}));
  EXPECT_EQ(field<0>(local), 9);
  field<1>(local) = "set";
  EXPECT_EQ(local.y, "set");
  const Local& fixed = local;
  EXPECT_EQ(field<1>(fixed), "set");
  static_assert(std::is_same_v<FieldType<Order, 2>, double[3]>);
  static_assert(std::is_same_v<FieldType<Local, 1>, std::string>);
  std::string schema;
  for_each_field_type<Local>([&]<class T>(std::string_view name, std::type_identity<T>) {
    schema += std::string(name) + ":" + std::string(type_name<T>()) + ";";
  });
  EXPECT_EQ(schema, "x:int;y:std::basic_string<char>;");
}

TEST(Fields, CompareMemberwise) {
  EXPECT_TRUE(fields_equal(Local{}, Local{}));
  EXPECT_FALSE(fields_equal(Local{}, Local{1, "x"}));
  EXPECT_TRUE(fields_less(Local{1, "a"}, Local{1, "b"}));
  EXPECT_FALSE(fields_less(Local{2, "a"}, Local{1, "b"}));
  EXPECT_FALSE(fields_less(Local{1, "b"}, Local{1, "b"}));
}

TEST(RegisteredFields, HaveTheNamesGiven) {
  static_assert(field_count<User> == 2);
  EXPECT_EQ(field_names<User>()[0], "id");
  EXPECT_EQ(field_names<User>()[1], "user_name");
  User user;
  EXPECT_TRUE(visit_field(user, "user_name", [](auto& field) {
    if constexpr (std::is_same_v<decltype(field), std::string&>) field = "eva";
  }));
  EXPECT_EQ(user.login, "eva");
  static_assert(std::is_same_v<FieldType<User, 1>, std::string>);
}

TEST(RegisteredFields, MayBePrivateOrOfABase) {
  Account account(250);
  std::string log;
  for_each_field(account, [&](std::string_view name, auto& field) {
    log += std::string(name) + "=";
    if constexpr (std::is_same_v<decltype(field), long&>) {
      log += std::to_string(field) + ",";
    } else {
      log += field;
    }
  });
  EXPECT_EQ(log, "cents=250,owner_=bia");
  Derived derived;
  derived.hidden = 3;
  derived.own = 4;
  EXPECT_EQ(field<0>(derived) + field<1>(derived), 7);
  static_assert(field_count<Blank> == 0);
}

}  // namespace
}  // namespace avila::meta
