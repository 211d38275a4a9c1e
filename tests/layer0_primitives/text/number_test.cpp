#include <gtest/gtest.h>
#include <avila/text/number.hpp>

namespace {
using namespace avila::text;

TEST(Number, PrintsTheShortestTextThatReadsBack) {
  EXPECT_EQ(to_string(1.0), "1.0");
  EXPECT_EQ(to_string(-0.0), "-0.0");
  EXPECT_EQ(to_string(5e-324), "5e-324");
  EXPECT_EQ(to_string(0.1), "0.1");
}

}  // namespace
