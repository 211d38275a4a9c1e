#include <avila/text/encoding.hpp>

namespace avila::text {
namespace {

struct Vector {
  const char *plain, *b64, *b32, *b32hex, *b16;
};
// RFC 4648 section 10.
constexpr Vector kVectors[] = {
    {"", "", "", "", ""},
    {"f", "Zg==", "MY======", "CO======", "66"},
    {"fo", "Zm8=", "MZXQ====", "CPNG====", "666F"},
    {"foo", "Zm9v", "MZXW6===", "CPNMU===", "666F6F"},
    {"foob", "Zm9vYg==", "MZXW6YQ=", "CPNMUOG=", "666F6F62"},
    {"fooba", "Zm9vYmE=", "MZXW6YTB", "CPNMUOJ1", "666F6F6261"},
    {"foobar", "Zm9vYmFy", "MZXW6YTBOI======", "CPNMUOJ1E8======", "666F6F626172"},
};

TEST(Encoding, VectorsOfRfc4648) {
  for (const Vector& v : kVectors) {
    SCOPED_TRACE(v.plain);
    EXPECT_EQ(base64_encode(std::string_view(v.plain)), v.b64);
    EXPECT_EQ(base32_encode(std::string_view(v.plain)), v.b32);
    EXPECT_EQ(base32hex_encode(std::string_view(v.plain)), v.b32hex);
    EXPECT_EQ(base16_encode(std::string_view(v.plain)), v.b16);
    EXPECT_EQ(base64_decode(v.b64).value(), v.plain);
    EXPECT_EQ(base32_decode(v.b32).value(), v.plain);
    EXPECT_EQ(base32hex_decode(v.b32hex).value(), v.plain);
    EXPECT_EQ(base16_decode(v.b16).value(), v.plain);
  }
}

TEST(Encoding, RoundTripsEverySize) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)).value(), bytes);
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)).value(), bytes);
    EXPECT_EQ(base64url_decode(base64url_encode(bytes, true), Padding::Required).value(), bytes);
    EXPECT_EQ(base32_decode(base32_encode(bytes)).value(), bytes);
    EXPECT_EQ(base32hex_decode(base32hex_encode(bytes)).value(), bytes);
    EXPECT_EQ(hex_decode(hex_encode(bytes)).value(), bytes);
    EXPECT_EQ(percent_decode(percent_encode(bytes)).value(), bytes);
    EXPECT_EQ(base64_encode(bytes).size(), base64_size(bytes.size()));
    EXPECT_EQ(base32_encode(bytes).size(), base32_size(bytes.size()));
    bytes += static_cast<char>(i * 37 + 200);
  }
}

TEST(Encoding, Base64UrlUsesItsOwnAlphabet) {
  EXPECT_EQ(base64_encode(std::string_view("\xFB\xFF\xFE")), "+//+");
  EXPECT_EQ(base64url_encode(std::string_view("\xFB\xFF\xFE")), "-__-");
  EXPECT_FALSE(base64url_decode("+//+"));
  EXPECT_FALSE(base64_decode("-__-"));
}

void refuses(const Result<std::string>& result, std::uint64_t offset, const char* what) {
  ASSERT_FALSE(result.has_value());
  EXPECT_TRUE(result.error().is(Errc::Malformed));
  EXPECT_EQ(result.error().offset(), offset);
  EXPECT_NE(result.error().message().find(what), std::string_view::npos)
      << result.error().message();
}

TEST(Encoding, DecodersSayWhereAndWhat) {
  refuses(hex_decode("abc"), 3, "odd");
  refuses(hex_decode("0g"), 1, "not a hexadecimal");
  refuses(base64_decode("Zm9v!mFy"), 4, "alphabet");
  refuses(base64_decode("Zm9vY!=="), 5, "alphabet");
  refuses(base64_decode("Zm8"), 3, "padding is missing");
  refuses(base64_decode("Zm8=", Padding::Forbidden), 3, "not wanted");
  refuses(base64_decode("Zg=", Padding::Optional), 3, "multiple");
  refuses(base64_decode("Z===", Padding::Optional), 1, "cut off");
  refuses(base64_decode("Zm9vZ", Padding::Optional), 5, "cut off");
  refuses(base64_decode("====", Padding::Optional), 0, "cut off");
  refuses(base64_decode("Zh=="), 1, "stray bits");
  refuses(base64_decode("Zm 9v", Padding::Optional), 5, "cut off");
  refuses(base32_decode("MZXW6Y=="), 6, "cut off");
  refuses(base32_decode("MZ1W6YTB"), 2, "alphabet");
  refuses(percent_decode("a%4"), 1, "two hexadecimal");
  refuses(percent_decode("%zz"), 0, "two hexadecimal");
  EXPECT_EQ(base64_decode("Zg", Padding::Optional).value(), "f");
  EXPECT_EQ(base32_decode("mzxw6ytb").value(), "fooba");
}

TEST(Encoding, PercentSetsFollowTheirComponent) {
  EXPECT_EQ(percent_encode("a b/c~?*"), "a%20b%2Fc~%3F%2A");
  EXPECT_EQ(percent_encode("a b/c?", PercentSet::Path), "a%20b/c%3F");
  EXPECT_EQ(percent_encode("a b/c?", PercentSet::Query), "a%20b/c?");
  EXPECT_EQ(percent_encode("a b~*", PercentSet::Form), "a+b%7E*");
  EXPECT_EQ(percent_decode("a+b%2B", true).value(), "a b+");
  EXPECT_EQ(percent_decode("a+b%2B").value(), "a+b+");
  EXPECT_EQ(percent_encode(std::string_view("\0\xFF", 2)), "%00%FF");
}

}  // namespace
}  // namespace avila::text
