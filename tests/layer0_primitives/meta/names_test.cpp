#include <gtest/gtest.h>
#include <avila/meta/enum.hpp>
#include <avila/meta/enum_flags.hpp>
#include <avila/meta/type_id.hpp>
#include <avila/meta/type_name.hpp>

#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

namespace shop {
enum class Color : int { Red, Green = 2, Blue };
enum Plain { PlainA, PlainB = 3 };
enum Negative { Low = -3, High = 5 };
enum class Small : unsigned char { Zero, Max = 255 };
enum class Huge : std::uint64_t { One = 1, Far = 1000 };
enum class Status { Ok = 200, NotFound = 404 };
enum class Empty {};
enum class Alias { A = 1, First = 1, B = 2 };
enum class Renamed { Yes, No };
enum class Mode : unsigned { None = 0, Read = 1, Write = 2, Top = 1U << 31 };
enum OldMode { OldRead = 1, OldWrite = 4 };
template <class T, int N>
struct Box {
  enum class Kind { Full, Hollow };
};
struct Point {};
}  // namespace shop
namespace {
enum class Hidden { In, Out = 7 };
struct Secret {};
}  // namespace

template <>
struct avila::meta::EnumTraits<shop::Status> {
  static constexpr int min = 100, max = 599;
};
template <>
struct avila::meta::EnumTraits<shop::Mode> {
  static constexpr bool flags = true;
};
template <>
struct avila::meta::EnumTraits<shop::OldMode> {
  static constexpr bool flags = true;
};
template <>
struct avila::meta::EnumTraits<shop::Renamed> {
  static constexpr std::string_view name(shop::Renamed value) {
    return value == shop::Renamed::Yes ? "sim" : "";
  }
};

namespace avila::meta {
namespace {

using namespace shop;

TEST(TypeName, IsTheSameFromEveryCompiler) {
  EXPECT_EQ(type_name<double>(), "double");
  EXPECT_EQ(type_name<unsigned long>(), "unsigned long");
  EXPECT_EQ(type_name<long long>(), "long long");
  EXPECT_EQ(type_name<unsigned long long>(), "unsigned long long");
  EXPECT_EQ(type_name<short>(), "short");
  EXPECT_EQ(type_name<unsigned short>(), "unsigned short");
  EXPECT_EQ(type_name<unsigned>(), "unsigned int");
  EXPECT_EQ(type_name<signed char>(), "signed char");
  EXPECT_EQ(type_name<unsigned char>(), "unsigned char");
  EXPECT_EQ(type_name<long double>(), "long double");
  EXPECT_EQ(type_name<std::string>(), "std::basic_string<char>");
  EXPECT_EQ((type_name<std::map<std::string, std::vector<long long>>>()),
            "std::map<std::basic_string<char>, std::vector<long long>>");
  EXPECT_EQ(type_name<const char* const*>(), "const char* const*");
  EXPECT_EQ(type_name<const int&>(), "const int&");
  EXPECT_EQ(type_name<int&&>(), "int&&");
  EXPECT_EQ((type_name<int (*)(const int&, char)>()), "int(*)(const int&, char)");
  EXPECT_EQ(type_name<void(int) const>(), "void(int) const");
  EXPECT_EQ(type_name<char[3]>(), "char[3]");
  EXPECT_EQ(type_name<int Point::*>(), "int shop::Point::*");
  EXPECT_EQ(type_name<Point>(), "shop::Point");
  EXPECT_EQ((type_name<Box<Point, 3>>()), "shop::Box<shop::Point, 3>");
  EXPECT_EQ((type_name<Box<unsigned long, -1>::Kind>()), "shop::Box<unsigned long, -1>::Kind");
  EXPECT_EQ(type_name<Secret>(), "(anonymous)::Secret");
  EXPECT_EQ(type_name<std::unique_ptr<Secret>>(), "std::unique_ptr<(anonymous)::Secret>");
  static_assert(type_name<int>() == "int");
}

TEST(TypeName, ShortFormHasNoNamespaces) {
  EXPECT_EQ(short_type_name<Point>(), "Point");
  EXPECT_EQ(short_type_name<int>(), "int");
  EXPECT_EQ((short_type_name<Box<Point, 3>>()), "Box<shop::Point, 3>");
  EXPECT_EQ(short_type_name<Secret>(), "Secret");
}

TEST(TypeId, TellsTypesApartAndHashesByName) {
  EXPECT_EQ(TypeId::of<int>(), TypeId::of<int>());
  EXPECT_NE(TypeId::of<int>(), TypeId::of<const int>());
  EXPECT_NE(TypeId::of<int>(), TypeId());
  EXPECT_EQ(TypeId(), TypeId());
  EXPECT_FALSE(TypeId());
  EXPECT_TRUE(TypeId::of<int>());
  EXPECT_EQ(TypeId::of<Point>().name(), "shop::Point");
  // FNV-1a's published test vectors, and the id of a type, which must never change.
  static_assert(name_hash("") == 0xcbf29ce484222325);
  static_assert(name_hash("a") == 0xaf63dc4c8601ec8c);
  static_assert(name_hash("foobar") == 0x85944171f73967e8);
  static_assert(TypeId::of<Point>().hash() == name_hash("shop::Point"));
  const std::unordered_set<TypeId> set{TypeId::of<int>(), TypeId::of<long>(), TypeId::of<int>()};
  EXPECT_EQ(set.size(), 2U);
  EXPECT_TRUE((TypeId::of<int>() < TypeId::of<long>()) != (TypeId::of<long>() < TypeId::of<int>()));
}

TEST(Enum, NamesAndValues) {
  static_assert(enum_count<Color> == 3);
  static_assert(enum_name(Color::Green) == "Green");
  static_assert(enum_from_string<Color>("Blue") == Color::Blue);
  EXPECT_EQ(enum_name(static_cast<Color>(1)), "");
  EXPECT_EQ(enum_names<Color>()[1], "Green");
  EXPECT_EQ(enum_values<Color>()[2], Color::Blue);
  EXPECT_EQ(enum_index(Color::Blue), 2U);
  EXPECT_FALSE(enum_contains(static_cast<Color>(77)));
  EXPECT_EQ(enum_from_string<Color>("blue"), std::nullopt);
  EXPECT_EQ(enum_from_string<Color>(""), std::nullopt);
  EXPECT_EQ(enum_from_string_ignoring_case<Color>("bLUE"), Color::Blue);
  EXPECT_EQ(enum_from_string_ignoring_case<Color>("blues"), std::nullopt);
}

TEST(Enum, OfEveryKind) {
  EXPECT_EQ(enum_name(PlainB), "PlainB");
  EXPECT_EQ(enum_count<Plain>, 2U);
  EXPECT_EQ(enum_name(Low), "Low");
  EXPECT_EQ(enum_name(High), "High");
  EXPECT_EQ(enum_count<Negative>, 2U);
  EXPECT_EQ(enum_name(Small::Max), "Max");
  EXPECT_EQ(enum_name(Huge::One), "One");
  EXPECT_EQ(enum_name(Huge::Far), "");  // outside of the range
  EXPECT_EQ(enum_count<Empty>, 0U);
  EXPECT_EQ(enum_name(Empty{}), "");
  EXPECT_EQ(enum_count<Alias>, 2U);
  EXPECT_EQ((enum_name(Box<Point, 3>::Kind::Hollow)), "Hollow");
  EXPECT_EQ(enum_name(Hidden::Out), "Out");
  EXPECT_EQ(enum_count<Hidden>, 2U);
  enum class Local { Here, There };
  EXPECT_EQ(enum_name(Local::There), "There");
}

TEST(Enum, TraitsChangeTheRangeAndTheNames) {
  EXPECT_EQ(enum_name(Status::NotFound), "NotFound");
  EXPECT_EQ(enum_count<Status>, 2U);
  EXPECT_EQ(enum_name(Renamed::Yes), "sim");
  EXPECT_EQ(enum_name(Renamed::No), "No");
  EXPECT_EQ(enum_from_string<Renamed>("sim"), Renamed::Yes);
  EXPECT_EQ(enum_from_string<Renamed>("Yes"), std::nullopt);
}

TEST(Enum, ForEachGivesConstants) {
  std::string out;
  enum_for_each<Color>([&](auto constant) {
    static_assert(enum_contains(decltype(constant)::value));
    out += enum_name(constant());
  });
  EXPECT_EQ(out, "RedGreenBlue");
}

TEST(EnumFlags, ToTextAndBack) {
  using namespace flag_operators;
  EXPECT_EQ(enum_count<Mode>, 4U);
  EXPECT_EQ(enum_values<Mode>().back(), Mode::Top);
  EXPECT_EQ(flags_to_string(Mode::Read | Mode::Top), "Read|Top");
  EXPECT_EQ(flags_to_string(Mode::None), "None");
  EXPECT_EQ(flags_to_string(static_cast<Mode>(0x42)), "Write|0x40");
  EXPECT_EQ(flags_to_string(static_cast<OldMode>(0)), "0");
  EXPECT_EQ(flags_from_string<Mode>("Read | Write"), Mode::Read | Mode::Write);
  EXPECT_EQ(flags_from_string<Mode>("None"), Mode::None);
  EXPECT_EQ(flags_from_string<Mode>("0"), Mode::None);
  for (const char* bad : {"", "read", "Read||Write", "Read|", "0x", "0xg", "0x1ffffffff"})
    EXPECT_EQ(flags_from_string<Mode>(bad), std::nullopt) << bad;
  for (unsigned bits : {0U, 1U, 3U, 0x80000003U, 0xdeadbeefU})
    EXPECT_EQ(flags_from_string<Mode>(flags_to_string(static_cast<Mode>(bits))),
              static_cast<Mode>(bits));
  EXPECT_EQ(flags_to_string(static_cast<OldMode>(5)), "OldRead|OldWrite");
  Mode mode = Mode::Read;
  mode |= Mode::Write;
  EXPECT_TRUE(has(mode, Mode::Write));
  mode &= ~Mode::Write;
  EXPECT_EQ(mode ^ Mode::Read, Mode::None);
}

}  // namespace
}  // namespace avila::meta
