#include <gtest/gtest.h>
#include <avila/meta/dyn.hpp>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace avila::meta {
namespace {

struct Shape {
  double (*area)(const void* self);
  void (*scale)(void* self, double factor);
  std::string (*name)(const void* self, std::string prefix);
  template <class T>
  static constexpr Shape of() {
    return {.area = thunk<&T::area>,
            .scale = thunk<&T::scale>,
            .name = [](const void* self, std::string prefix) {
              return prefix + static_cast<const T*>(self)->label;
            }};
  }
};

int alive = 0;
struct Circle {
  explicit Circle(double r) : radius(r) { ++alive; }
  Circle(const Circle& other) : radius(other.radius) { ++alive; }
  Circle(Circle&& other) noexcept : radius(other.radius) { ++alive; }
  ~Circle() { --alive; }
  double area() const noexcept { return 3 * radius * radius; }
  void scale(double factor) { radius *= factor; }
  double radius;
  const char* label = "circle";
};
struct Polygon {  // too large to live inside
  double area() const { return sides[0] * sides[1]; }
  void scale(double factor) noexcept { sides[0] *= factor, sides[1] *= factor; }
  std::array<double, 8> sides{2, 3};
  std::string label = "polygon";
};
using AnyShape = Dyn<Shape>;

TEST(Dyn, CallsThroughTheTable) {
  AnyShape shape = Circle(2);
  EXPECT_TRUE(shape.is_inline());
  EXPECT_EQ(shape.call<&Shape::area>(), 12);
  shape.call<&Shape::scale>(2.0);
  const AnyShape& fixed = shape;
  EXPECT_EQ(fixed.call<&Shape::area>(), 48);
  EXPECT_EQ(fixed.call<&Shape::name>("a "), "a circle");
  shape = Polygon{};
  EXPECT_FALSE(shape.is_inline());
  EXPECT_EQ(shape.call<&Shape::area>(), 6);
  EXPECT_EQ(shape.call<&Shape::name>(""), "polygon");
  EXPECT_EQ(alive, 0);
}

TEST(Dyn, CopiesAndMovesValues) {
  {
    AnyShape a = Circle(1);
    AnyShape b = a;
    b.call<&Shape::scale>(2.0);
    EXPECT_EQ(a.call<&Shape::area>(), 3);
    EXPECT_EQ(b.call<&Shape::area>(), 12);
    AnyShape c = std::move(b);
    EXPECT_FALSE(b.has_value());
    EXPECT_EQ(c.call<&Shape::area>(), 12);
    AnyShape d = Polygon{};
    AnyShape e = d;
    e.call<&Shape::scale>(2.0);
    EXPECT_EQ(d.call<&Shape::area>(), 6);
    EXPECT_EQ(e.call<&Shape::area>(), 24);
    c.swap(e);
    EXPECT_EQ(c.call<&Shape::area>(), 24);
    EXPECT_EQ(e.call<&Shape::area>(), 12);
    AnyShape& self = c;
    c = self;
    EXPECT_EQ(c.call<&Shape::area>(), 24);
    c = AnyShape();
    EXPECT_FALSE(c);
    AnyShape empty = c;
    EXPECT_FALSE(empty.has_value());
    EXPECT_EQ(empty.type(), TypeId());
    a.reset();
    std::vector<AnyShape> many(5, e);
    many.insert(many.begin(), d);
    EXPECT_EQ(many[3].call<&Shape::area>(), 12);
  }
  EXPECT_EQ(alive, 0);
}

TEST(Dyn, KnowsItsTypeWithoutRtti) {
  AnyShape shape = Circle(2);
  EXPECT_EQ(shape.type(), TypeId::of<Circle>());
  ASSERT_NE(shape.get_if<Circle>(), nullptr);
  EXPECT_EQ(shape.get_if<Circle>()->radius, 2);
  EXPECT_EQ(shape.get_if<Polygon>(), nullptr);
  shape.emplace<Polygon>().sides[0] = 10;
  const AnyShape& fixed = shape;
  EXPECT_EQ(fixed.get_if<Polygon>()->area(), 30);
}

TEST(Dyn, MoveOnlyValuesAndAny) {
  Dyn<Any, Copies::No> box = std::make_unique<int>(5);
  Dyn<Any, Copies::No> other = std::move(box);
  ASSERT_NE(other.get_if<std::unique_ptr<int>>(), nullptr);
  EXPECT_EQ(**other.get_if<std::unique_ptr<int>>(), 5);
  static_assert(!std::is_copy_constructible_v<decltype(box)>);
  static_assert(std::is_nothrow_move_constructible_v<decltype(box)>);
  static_assert(std::is_copy_constructible_v<Dyn<Any>>);
  static_assert(!std::is_constructible_v<Dyn<Any>, std::unique_ptr<int>>);
  Dyn<Any> any = std::string("text");
  EXPECT_EQ(*any.get_if<std::string>(), "text");
  any = 7;
  EXPECT_EQ(*any.get_if<int>(), 7);
  Dyn<Any, Copies::Yes, 64> roomy = std::string("inside");
  EXPECT_TRUE(roomy.is_inline());
}

struct Throwing {
  Throwing() = default;
  Throwing(const Throwing&) { throw 1; }
  Throwing(Throwing&&) noexcept {}
};
TEST(Dyn, AThrowingCopyChangesNothing) {
  Dyn<Any> source;
  source.emplace<Throwing>();
  Dyn<Any> target = 5;
  EXPECT_THROW(target = source, int);
  EXPECT_EQ(*target.get_if<int>(), 5);
}

TEST(DynRef, RefersToWhatLivesElsewhere) {
  Circle circle(1);
  AnyShape owned = Polygon{};
  const DynRef<Shape> refs[] = {circle, owned};
  for (const DynRef<Shape>& ref : refs) ref.call<&Shape::scale>(2.0);
  EXPECT_EQ(circle.area(), 12);
  EXPECT_EQ(owned.call<&Shape::area>(), 24);
}

TEST(DynDeathTest, CallingNothingIsABug) {
  const AnyShape shape;
  EXPECT_DEATH((void)shape.call<&Shape::area>(), "has_value");
}

}  // namespace
}  // namespace avila::meta
