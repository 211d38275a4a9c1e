#include <gtest/gtest.h>
#include <avila/http/conditional.hpp>
#include <avila/http/cookies.hpp>
#include <avila/http/multipart.hpp>

namespace {

using avila::WallTime;
using namespace avila::http;
using Kind = RangeRequest::Kind;

TEST(Preconditions, FollowTheOrderOfRfc9110) {
  const Validators validators{"\"v2\"", WallTime{784'111'777'000'000'000}};  // 6 Nov 1994 08:49:37
  const auto evaluate = [&](Method method, std::string_view name, std::string_view value) {
    Request request(method, "/");
    request.fields.add(name, value);
    return evaluate_preconditions(request, validators);
  };
  const char* same = "Sun, 06 Nov 1994 08:49:37 GMT";
  const char* earlier = "Sun, 06 Nov 1994 08:49:36 GMT";
  EXPECT_EQ(evaluate(Method::Get, "If-None-Match", "\"v1\", W/\"v2\""), Precondition::NotModified);
  EXPECT_EQ(evaluate(Method::Get, "If-None-Match", "\"v1\""), Precondition::Go);
  EXPECT_EQ(evaluate(Method::Put, "If-None-Match", "*"), Precondition::Failed);
  EXPECT_EQ(evaluate(Method::Put, "If-Match", "\"v2\""), Precondition::Go);
  EXPECT_EQ(evaluate(Method::Put, "If-Match", "W/\"v2\""), Precondition::Failed);
  EXPECT_EQ(evaluate(Method::Put, "If-Match", "\"v1\""), Precondition::Failed);
  EXPECT_EQ(evaluate(Method::Get, "If-Modified-Since", same), Precondition::NotModified);
  EXPECT_EQ(evaluate(Method::Get, "If-Modified-Since", earlier), Precondition::Go);
  EXPECT_EQ(evaluate(Method::Get, "If-Modified-Since", "yesterday"), Precondition::Go);
  EXPECT_EQ(evaluate(Method::Put, "If-Unmodified-Since", earlier), Precondition::Failed);
  EXPECT_EQ(evaluate(Method::Put, "If-Unmodified-Since", same), Precondition::Go);
  Request both(Method::Get, "/");
  both.fields.add("If-None-Match", "\"v1\"");
  both.fields.add("If-Modified-Since", same);
  EXPECT_EQ(evaluate_preconditions(both, validators), Precondition::Go);
  Request absent(Method::Put, "/");
  absent.fields.add("If-Match", "*");
  EXPECT_EQ(evaluate_preconditions(absent, {}, false), Precondition::Failed);
}

std::string show(std::string_view value, std::uint64_t size) {
  const RangeRequest request = parse_range(value, size);
  if (request.kind == Kind::Whole) return "whole";
  if (request.kind == Kind::Unsatisfiable) return "none";
  std::string out;
  for (const ByteRange& range : request.ranges) out += content_range(range, size) + " ";
  return out;
}

TEST(Range, ReadsWhatRfc9110Allows) {
  EXPECT_EQ(show("bytes=0-4", 10), "bytes 0-4/10 ");
  EXPECT_EQ(show("bytes=5-", 10), "bytes 5-9/10 ");
  EXPECT_EQ(show("bytes=-3", 10), "bytes 7-9/10 ");
  EXPECT_EQ(show("bytes=-30", 10), "bytes 0-9/10 ");
  EXPECT_EQ(show("BYTES = 0-0 , 9-99", 10), "bytes 0-0/10 bytes 9-9/10 ");
  EXPECT_EQ(show("bytes=10-", 10), "none");
  EXPECT_EQ(show("bytes=-0", 10), "none");
  EXPECT_EQ(show("bytes=0-", 0), "none");
  for (const char* malformed :
       {"bytes=", "bytes=a-b", "bytes=4-2", "bytes=-", "lines=1-2", "bytes 1-2", "bytes=1",
        "bytes=99999999999999999999-", "bytes=0-9,0-9,0-9"})
    EXPECT_EQ(show(malformed, 10), "whole") << malformed;
  std::string many = "bytes=0-0";
  for (int i = 0; i < 20; ++i) many += ",1-1";
  EXPECT_EQ(show(many, 1000), "whole");
}

TEST(Range, IfRangeWantsAStrongMatch) {
  const auto kind = [](std::string_view condition) {
    Request request(Method::Get, "/");
    request.fields.add("Range", "bytes=0-1");
    request.fields.add("If-Range", condition);
    return select_range(request, {"\"a\"", WallTime{784'111'777'000'000'000}}, 10).kind;
  };
  EXPECT_EQ(kind("\"a\""), Kind::Partial);
  EXPECT_EQ(kind("W/\"a\""), Kind::Whole);
  EXPECT_EQ(kind("\"b\""), Kind::Whole);
  EXPECT_EQ(kind("Sun, 06 Nov 1994 08:49:37 GMT"), Kind::Partial);
  EXPECT_EQ(kind("Sun, 06 Nov 1994 08:49:38 GMT"), Kind::Whole);
}

TEST(Range, TheMultipartFrameKnowsItsLength) {
  const ByteRangesFrame frame("text/plain", 100, "b");
  const std::vector<ByteRange> ranges{{0, 5}, {90, 10}};
  std::string all;
  for (const ByteRange& range : ranges) all += frame.before(range) + std::string(range.length, 'x');
  all += frame.after();
  EXPECT_EQ(all.size(), frame.total(ranges));
  EXPECT_NE(all.find("Content-Range: bytes 90-99/100\r\n\r\nxxxxxxxxxx\r\n--b--\r\n"),
            std::string::npos);
}

TEST(Negotiation, PicksTheHeaviest) {
  EXPECT_EQ(negotiate_coding("gzip, br;q=0.9", {"br", "gzip"}), "gzip");
  EXPECT_EQ(negotiate_coding("br, gzip", {"br", "gzip"}), "br");
  EXPECT_EQ(negotiate_coding("*", {"zstd"}), "zstd");
  EXPECT_EQ(negotiate_coding("gzip;q=0", {"gzip"}), "identity");
  EXPECT_EQ(negotiate_coding("", {"gzip"}), "identity");
  EXPECT_EQ(negotiate_coding("identity;q=0", {"gzip"}), "");
  EXPECT_EQ(negotiate_coding("gzip;q=0.5, identity", {"gzip"}), "identity");
  EXPECT_EQ(
      negotiate_media_type("text/*, application/json;q=0.5", {"application/json", "text/csv"}),
      "text/csv");
  EXPECT_EQ(negotiate_media_type("*/*;q=0.1, text/html;q=0", {"text/html", "text/plain"}),
            "text/plain");
  EXPECT_EQ(negotiate_media_type("image/png", {"text/html"}), "");
}

TEST(Multipart, ReadsWhatTheWriterWrites) {
  MultipartWriter writer;
  writer.field("a \"quoted\" name", "value");
  writer.file("upload", "photo.png", "image/png", std::string("\x89PNG\r\n--not", 11));
  writer.field("empty", "");
  const auto boundary = multipart_boundary(writer.content_type());
  ASSERT_TRUE(boundary.has_value());
  const std::string body = writer.finish();
  const auto parts = parse_multipart(body, *boundary);
  ASSERT_TRUE(parts.has_value()) << parts.error().to_string();
  ASSERT_EQ(parts->size(), 3U);
  EXPECT_EQ((*parts)[0].name, "a \"quoted\" name");
  EXPECT_EQ((*parts)[0].body, "value");
  EXPECT_EQ((*parts)[1].filename, "photo.png");
  EXPECT_EQ((*parts)[1].content_type, "image/png");
  EXPECT_EQ((*parts)[1].body.size(), 11U);
  EXPECT_EQ((*parts)[2].body, "");
  for (std::size_t n = 0; n + 2 < body.size(); ++n)
    EXPECT_FALSE(parse_multipart(std::string_view(body).substr(0, n), *boundary).has_value()) << n;
}

TEST(Multipart, RefusesWhatIsNoForm) {
  const auto parse = [](std::string_view body) { return parse_multipart(body, "b").has_value(); };
  const std::string head = "--b\r\nContent-Disposition: form-data; name=\"x\"";
  EXPECT_TRUE(parse("preamble\r\n" + head + "\r\n\r\ny\r\n--b--\r\n"));
  EXPECT_FALSE(parse(head + "\r\n\r\ny\r\n"));
  EXPECT_FALSE(parse("--b\r\nContent-Type: a\r\n\r\ny\r\n--b--"));
  EXPECT_FALSE(parse("--b\r\nContent-Disposition: form-data\r\n\r\ny\r\n--b--"));
  EXPECT_FALSE(parse("--b\r\nContent-Disposition: attachment; name=x\r\n\r\ny\r\n--b--"));
  EXPECT_FALSE(parse("--b\r\nBad Header: a\r\n\r\ny\r\n--b--"));
  EXPECT_FALSE(parse("--bX\r\n"));
  const auto path = parse_multipart(
      "--b\r\nContent-Disposition: form-data; name=x; "
      "filename=\"../../etc/passwd\"\r\n\r\ny\r\n--b--",
      "b");
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ((*path)[0].filename, "passwd");
  EXPECT_FALSE(multipart_boundary("text/plain; boundary=b").has_value());
  EXPECT_FALSE(multipart_boundary("multipart/form-data").has_value());
  EXPECT_FALSE(parse_multipart("--b\r\nContent-Disposition: form-data; name=x\r\n\r\n\r\n"
                               "--b\r\nContent-Disposition: form-data; name=x\r\n\r\n\r\n--b--",
                               "b", {.parts = 1})
                   .has_value());
}

TEST(Cookies, AreReadAndSet) {
  Request request(Method::Get, "/");
  request.fields.add("Cookie", "a=1; session=\"x=y\"; a=2");
  EXPECT_EQ(cookie(request, "a"), "1");
  EXPECT_EQ(cookie(request, "session"), "x=y");
  EXPECT_FALSE(cookie(request, "sess").has_value());
  SetCookie set;
  set.name = "id";
  set.value = "a b;c";
  set.max_age = avila::seconds(60);
  EXPECT_EQ(format_set_cookie(set),
            "id=a%20b%3Bc; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax");
}

TEST(Cookies, NoPartOfOneBeginsAFieldOrAnAttributeOfItsOwn) {
  SetCookie set{.name = "a=b;c\r\nX: y", .value = "\r\n", .path = "/;Secure\x7f\n"};
  set.secure = set.http_only = false;
  EXPECT_EQ(format_set_cookie(set), "a_b_c__X__y=%0D%0A; Path=/_Secure__; SameSite=Lax");
}

TEST(CookieJar, SendsBackWhatFits) {
  CookieJar jar;
  const WallTime now{1'000'000'000'000'000'000};
  EXPECT_TRUE(jar.store("a=1", "www.example.com", "/x/y", true, now));
  EXPECT_TRUE(jar.store("b=2; Domain=example.com; Path=/", "www.example.com", "/", true, now));
  EXPECT_TRUE(jar.store("s=3; Secure; Path=/x", "www.example.com", "/", true, now));
  EXPECT_FALSE(jar.store("e=4; Domain=other.com", "www.example.com", "/", true, now));
  EXPECT_FALSE(jar.store("e=4; Domain=com", "www.example.com", "/", true, now));
  EXPECT_FALSE(jar.store("t=5; Secure", "www.example.com", "/", false, now));
  EXPECT_EQ(jar.header("www.example.com", "/x/z", true, now), "a=1; s=3; b=2");
  EXPECT_EQ(jar.header("www.example.com", "/xz", false, now), "b=2");
  EXPECT_EQ(jar.header("api.example.com", "/x", true, now), "b=2");
  EXPECT_EQ(jar.header("badexample.com", "/", true, now), "");
  EXPECT_TRUE(jar.store("a=1; Max-Age=0; Path=/x", "www.example.com", "/", true, now));
  EXPECT_EQ(jar.header("www.example.com", "/x/z", false, now), "b=2");
}

TEST(CookieJar, TakesTheDatesThatServersSend) {   // RFC 6265 §5.1.1
  const WallTime now{1'000'000'000'000'000'000};  // 2001-09-09
  const auto lives = [&](const std::string& date) {
    CookieJar jar;
    EXPECT_TRUE(jar.store("a=1; Expires=" + date, "h.example", "/", true, now));
    return jar.size() == 1;
  };
  for (const char* future :
       {"Wed, 21 Oct 2037 07:28:00 GMT", "Wednesday, 21-Oct-37 07:28:00 GMT",
        "Wed, 21-Oct-2037 07:28:00 GMT", "Wed Oct 21 07:28:00 2037", "21 october 2037 7:28:0",
        "07:28:00 2037 Oct 21", "Mon, 01 Jan 9999 00:00:00 GMT",
        // No dates: the attribute is ignored, and the cookie lasts as long as the session.
        "", "tomorrow", "Wed, 31 Feb 1999 07:28:00 GMT", "Wed, 21 Oct 1999 24:00:00 GMT",
        "21 Oct 1600 00:00:00", "21 Oct 1999", "Oct 1999 00:00:00"})
    EXPECT_TRUE(lives(future)) << future;
  for (const char* past : {"Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01-Jan-70 00:00:01 GMT",
                           "09 Sep 2001 01:46:40", "1 Jan 1601 00:00:00"})
    EXPECT_FALSE(lives(past)) << past;
}

TEST(CookieJar, OfEachAttributeTheLastCountsAndOddOnesAreIgnored) {
  const WallTime now{1'000'000'000'000'000'000};
  CookieJar jar;
  EXPECT_TRUE(jar.store("a=1; Path=/x; Path=odd", "h.example", "/dir/file", true, now));
  EXPECT_EQ(jar.header("h.example", "/dir/", true, now), "a=1");
  EXPECT_TRUE(jar.store("b=1; Path=/; Max-Age=soon", "h.example", "/", true, now));
  EXPECT_TRUE(jar.store("c=1; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
                        "h.example", "/", true, now));
  EXPECT_EQ(jar.header("h.example", "/", true, now), "b=1; c=1");
  EXPECT_EQ(jar.header("h.example", "/", true, now + avila::seconds(60)), "b=1");
}

TEST(CookieJar, KeepsThePromisesOfPrefixesAndOfTls) {
  const WallTime now{1'000'000'000'000'000'000};
  CookieJar jar;
  const auto store = [&](const char* text, bool over_tls) {
    return jar.store(text, "www.h.example", "/", over_tls, now);
  };
  EXPECT_FALSE(store("__Secure-a=1", true));
  EXPECT_TRUE(store("__Secure-a=1; Secure", true));
  EXPECT_FALSE(store("__Host-a=1; Secure; Path=/; Domain=h.example", true));
  EXPECT_FALSE(store("__Host-a=1; Secure; Path=/x", true));
  EXPECT_FALSE(store("__Host-a=1; Path=/", true));
  EXPECT_TRUE(store("__host-a=1; Secure; Path=/", true));
  EXPECT_TRUE(store("s=tls; Secure", true));
  EXPECT_FALSE(store("s=plain", false));
  EXPECT_EQ(jar.size(), 3U);
}

}  // namespace
