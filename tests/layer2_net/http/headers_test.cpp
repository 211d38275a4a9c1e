#include <gtest/gtest.h>
#include <avila/http/headers.hpp>

namespace {

using avila::http::Headers;

TEST(Headers, KeepsTheWireForm) {
  Headers headers;
  headers.add("Content-Type", "text/plain").add("X-N", std::uint64_t{18446744073709551615U});
  EXPECT_EQ(headers.wire(), "Content-Type: text/plain\r\nX-N: 18446744073709551615\r\n");
  EXPECT_EQ(headers.find("content-TYPE"), "text/plain");
  EXPECT_EQ(headers.size(), 2U);
  headers.set("x-n", std::uint64_t{7});
  EXPECT_EQ(headers.find("X-N"), "7");
  EXPECT_EQ(headers.remove("Content-Type"), 1U);
  EXPECT_EQ(headers.wire(), "x-n: 7\r\n");
}

TEST(Headers, AValueCannotBeginAFieldOfItsOwn) {
  Headers headers;
  headers.add("Location", "/x\r\nSet-Cookie: a=b");
  EXPECT_EQ(headers.size(), 1U);
  EXPECT_EQ(headers.wire(), "Location: /x  Set-Cookie: a=b\r\n");
  EXPECT_FALSE(headers.try_add("Bad Name", "x"));
  EXPECT_FALSE(headers.try_add("Name", "a\nb"));
  EXPECT_TRUE(headers.try_add("Name", "a\tb"));
}

TEST(Headers, CombinesAndLists) {
  Headers headers;
  headers.add("Via", "1.1 a").add("via", "1.1 b").add("Connection", "Keep-Alive, \"x,close\"");
  EXPECT_EQ(headers.combined("VIA"), "1.1 a, 1.1 b");
  EXPECT_TRUE(headers.contains_token("connection", "keep-alive"));
  EXPECT_FALSE(headers.contains_token("connection", "close"));
}

TEST(Headers, ParametersAreUnquoted) {
  EXPECT_EQ(avila::http::parameter("multipart/form-data; boundary=\"a\\\"b;c\"; x=y", "boundary"),
            "a\"b;c");
  EXPECT_EQ(avila::http::parameter("text/html;charset=utf-8", "charset"), "utf-8");
  EXPECT_EQ(avila::http::parameter("a; q=\"x;y=z\"; Y=1", "y"), "1");
  EXPECT_FALSE(avila::http::parameter("text/html", "charset").has_value());
}

}  // namespace
