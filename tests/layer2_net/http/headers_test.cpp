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

// The bytes are looked at eight at a time: each place of a word, and what follows it.
TEST(Headers, ControlBytesAreSeenAnywhere) {
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string value(size, static_cast<char>(at % 2 == 0 ? '\x80' : '!'));
        value[at] = static_cast<char>(byte);
        if (at + 1 < size) value[at + 1] = '\t';
        const bool good = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
        ASSERT_EQ(avila::http::is_field_value(value), good) << size << " " << at << " " << byte;
        Headers headers;
        headers.add("a", value);
        if (!good) value[at] = ' ';
        ASSERT_EQ(headers.wire(), "a: " + value + "\r\n");
      }
    }
  }
}

TEST(Headers, FindsNamesOfAnyLength) {
  Headers headers;
  const std::string longest(40, 'n');
  headers.add("Set-Cookie", "1").add(longest, "2");
  EXPECT_FALSE(headers.contains("connection"));
  EXPECT_FALSE(headers.contains(std::string(41, 'n')));
  EXPECT_EQ(headers.find("set-cookie"), "1");
  EXPECT_EQ(headers.find(longest), "2");
  headers.clear();
  EXPECT_FALSE(headers.may_hold(10));
  EXPECT_FALSE(headers.contains(longest));
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
