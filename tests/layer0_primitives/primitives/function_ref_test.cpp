#include <avila/primitives/function_ref.hpp>

#include <memory>

namespace avila {
namespace {

int twice(int x) { return 2 * x; }
int call(FunctionRef<int(int)> f, int x) { return f(x); }

TEST(FunctionRef, CallsFunctionsLambdasAndConstObjects) {
  EXPECT_EQ(call(twice, 4), 8);
  EXPECT_EQ(call(&twice, 4), 8);
  int sum = 0;
  EXPECT_EQ(call([&sum](int x) { return sum += x; }, 5), 5);
  EXPECT_EQ(sum, 5);
  const auto constant = [](int) { return 7; };
  EXPECT_EQ(call(constant, 0), 7);
}

TEST(FunctionRef, EmptyOneIsFalse) {
  FunctionRef<void()> none;
  EXPECT_FALSE(none);
  const auto nothing = [] {};
  none = nothing;
  EXPECT_TRUE(none);
}

TEST(FunctionRef, ForwardsMoveOnlyArgumentsAndDropsResults) {
  auto take = [](std::unique_ptr<int> p) { return *p; };
  FunctionRef<int(std::unique_ptr<int>)> ref = take;
  EXPECT_EQ(ref(std::make_unique<int>(3)), 3);
  FunctionRef<void(std::unique_ptr<int>)> dropping = take;
  dropping(std::make_unique<int>(4));
}

}  // namespace
}  // namespace avila
