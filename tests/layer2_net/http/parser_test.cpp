#include <gtest/gtest.h>
#include <avila/http/parser.hpp>

namespace {

using avila::as_bytes;
using avila::as_text;
using namespace avila::http;

const ParseLimits kLimits;

RequestHead parse_ok(std::string_view text) {
  RequestHead head;
  const auto length = parse_request(text, kLimits, head);
  EXPECT_TRUE(length.has_value()) << (length ? "" : length.error().to_string());
  if (length) {
    EXPECT_TRUE(length->has_value());
  }
  return head;
}

TEST(RequestParser, ReadsARequest) {
  const std::string text =
      "\r\nPOST /a?b=c HTTP/1.1\r\nHost: x:80\r\nContent-Length:  12 \r\nA:\r\nConnection: "
      "close\r\n\r\nrest";
  RequestHead head;
  const auto length = parse_request(text, kLimits, head);
  ASSERT_TRUE(length.has_value());
  ASSERT_EQ(*length, text.size() - 4);
  EXPECT_EQ(head.method, Method::Post);
  EXPECT_EQ(head.target, "/a?b=c");
  EXPECT_EQ(head.host, "x:80");
  EXPECT_EQ(head.fields.size(), 4U);
  EXPECT_EQ(head.fields.find("a"), "");
  EXPECT_EQ(head.facts.framing.kind, Framing::Kind::Length);
  EXPECT_EQ(head.facts.framing.length, 12U);
  EXPECT_FALSE(head.facts.keep_alive);
}

TEST(RequestParser, NeedsTheWholeHeadAtEveryTruncation) {
  const std::string text = "GET / HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n";
  HeadScanner scanner;
  for (std::size_t n = 0; n < text.size(); ++n) {
    const auto found = scanner.scan(std::string_view(text).substr(0, n), kLimits);
    ASSERT_TRUE(found.has_value()) << n;
    EXPECT_FALSE(found->has_value()) << n;
  }
  const auto found = scanner.scan(text, kLimits);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(*found, text.size());
}

struct Refusal {
  const char* text;
  HttpError error;
  int status;
};

TEST(RequestParser, RefusesWhatCouldBeReadTwoWays) {
  const Refusal refusals[] = {
      {"GET / HTTP/1.1\nHost: x\n\n", HttpError::BadLineEnding, 400},
      {"GET / HTTP/1.1\r\nHost: x\n\r\n", HttpError::BadLineEnding, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n", HttpError::BadFieldValue, 400},
      {"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadRequestLine, 400},
      {"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadRequestLine, 400},
      {"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", HttpError::BadRequestLine, 400},
      {" GET / HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadRequestLine, 400},
      {"G(T / HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadRequestLine, 400},
      {"GET a HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadRequestLine, 400},
      {"GET * HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadRequestLine, 400},
      {"CONNECT x HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadRequestLine, 400},
      {"CONNECT x:a HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadRequestLine, 400},
      {"CONNECT u@x:80 HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadHost, 400},
      {"CONNECT x/y:80 HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadHost, 400},
      {"GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadHost, 400},
      {"GET http://?a HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadHost, 400},
      {"GET http://u@x/ HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadHost, 400},
      {"GET http://x\\y/ HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadHost, 400},
      {"GET http://x,y HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadHost, 400},
      {"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadRequestLine, 400},
      {"GET /\x7f HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadRequestLine, 400},
      {"GET / HTTQ/1.1\r\nHost: x\r\n\r\n", HttpError::BadRequestLine, 400},
      {"GET /\r\n\r\n", HttpError::BadRequestLine, 400},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", HttpError::BadVersion, 505},
      {"GET / HTTP/1.2\r\nHost: x\r\n\r\n", HttpError::BadVersion, 505},
      {"GET / HTTP/1.1\r\n\r\n", HttpError::BadHost, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", HttpError::BadHost, 400},
      {"GET / HTTP/1.1\r\nHost: x, y\r\n\r\n", HttpError::BadHost, 400},
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", HttpError::BadHost, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", HttpError::BadFieldName, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nA\r\n\r\n", HttpError::BadFieldName, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n", HttpError::BadFieldName, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\n A: b\r\n\r\n", HttpError::ObsoleteFold, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\n\r\n", HttpError::ObsoleteFold, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n", HttpError::BadFieldValue, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
       HttpError::BadContentLength, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\n", HttpError::BadContentLength,
       400},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n", HttpError::BadContentLength, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\n", HttpError::BadContentLength,
       400},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", HttpError::BadContentLength, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
       HttpError::BadContentLength, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", HttpError::BodyTooLarge,
       413},
      {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
       HttpError::LengthWithTransferEncoding, 400},
      {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", HttpError::BadTransferEncoding, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
       HttpError::BadTransferEncoding, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
       "chunked\r\n\r\n",
       HttpError::BadTransferEncoding, 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n\r\n", HttpError::BadTransferEncoding,
       400},
      {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
       HttpError::UnknownTransferEncoding, 501},
      {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
       HttpError::UnknownTransferEncoding, 501},
      {"\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", HttpError::BadRequestLine, 400},
  };
  for (const Refusal& refusal : refusals) {
    SCOPED_TRACE(refusal.text);
    RequestHead head;
    const auto result = parse_request(refusal.text, kLimits, head);
    ASSERT_FALSE(result.has_value());
    EXPECT_TRUE(result.error().is(refusal.error)) << result.error().to_string_verbose();
    EXPECT_EQ(status_of(result.error()), refusal.status);
  }
  const std::string nul("GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", 36);
  RequestHead head;
  EXPECT_FALSE(parse_request(nul, kLimits, head).has_value());
}

TEST(RequestParser, HoldsItsLimitsBeforeTheHeadHasEnded) {
  RequestHead head;
  const auto long_line = parse_request("GET /" + std::string(9000, 'a'), kLimits, head);
  ASSERT_FALSE(long_line.has_value());
  EXPECT_EQ(status_of(long_line.error()), 414);
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 102; ++i) many += "A: b\r\n";
  const auto too_many = parse_request(many, kLimits, head);
  ASSERT_FALSE(too_many.has_value());
  EXPECT_EQ(status_of(too_many.error()), 431);
  const auto large =
      parse_request("GET / HTTP/1.1\r\nA: " + std::string(50'000, 'b'), kLimits, head);
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(status_of(large.error()), 431);
}

TEST(RequestParser, KeepAliveFollowsVersionAndConnection) {
  EXPECT_TRUE(parse_ok("GET / HTTP/1.1\r\nHost: x\r\n\r\n").facts.keep_alive);
  EXPECT_FALSE(parse_ok("GET / HTTP/1.0\r\n\r\n").facts.keep_alive);
  EXPECT_TRUE(parse_ok("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").facts.keep_alive);
  EXPECT_FALSE(
      parse_ok("GET / HTTP/1.1\r\nHost: x\r\nConnection: a, CLOSE\r\n\r\n").facts.keep_alive);
}

ResponseHead parse_response(std::string_view text, Method method = Method::Get) {
  ResponseHead head;
  const auto result = parse_response_head(text, kLimits, method, head);
  EXPECT_TRUE(result.has_value()) << (result.has_value() ? "" : result.error().to_string());
  return head;
}

TEST(ResponseParser, DecidesHowTheBodyEnds) {
  using Kind = Framing::Kind;
  const std::string length = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  EXPECT_EQ(parse_response(length).facts.framing.kind, Kind::Length);
  EXPECT_EQ(parse_response(length, Method::Head).facts.framing.kind, Kind::None);
  EXPECT_EQ(parse_response("HTTP/1.1 200\r\n\r\n").facts.framing.kind, Kind::UntilClose);
  EXPECT_EQ(parse_response("HTTP/1.1 204 No Content\r\n\r\n").facts.framing.kind, Kind::None);
  EXPECT_EQ(parse_response("HTTP/1.1 304 \r\nContent-Length: 7\r\n\r\n").facts.framing.kind,
            Kind::None);
  EXPECT_EQ(
      parse_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").facts.framing.kind,
      Kind::Chunked);
  ResponseHead head;
  for (const char* bad :
       {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.12 200 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 O\x01K\r\n\r\n",
        "HTTP/1.1\r\n\r\n"}) {
    EXPECT_FALSE(parse_response_head(bad, kLimits, Method::Get, head).has_value()) << bad;
  }
}

/// Decodes `wire` given in pieces of `step` bytes: the body, or the error's name.
std::string decode(std::string_view wire, std::size_t step, Headers* trailers = nullptr,
                   ParseLimits limits = {}) {
  BodyDecoder decoder({Framing::Kind::Chunked, 0}, limits);
  std::string body;
  std::size_t at = 0;
  while (!decoder.done() && at < wire.size()) {
    std::string_view piece = wire.substr(at, step);
    while (!piece.empty() && !decoder.done()) {
      const auto took = decoder.next(as_bytes(piece));
      if (!took.has_value())
        return std::string("error ") +
               std::string(
                   avila_error_domain(HttpError::BadHost).code_name(took.error().domain_value()));
      body += as_text(took->data);
      at += took->consumed;
      piece.remove_prefix(took->consumed);
      if (took->consumed == 0) return "stuck";
    }
  }
  if (!decoder.done()) return "incomplete";
  if (trailers != nullptr) *trailers = decoder.trailers();
  return body + "@" + std::to_string(at);
}

TEST(ChunkedDecoder, GivesTheSameInEveryStepSize) {
  const std::string wire =
      "4\r\nWiki\r\n005;a=b;c=\"x \\\" y\";d\r\npedia\r\n0\r\nX-T: 1\r\nContent-Length: "
      "9\r\n\r\nNEXT";
  for (std::size_t step = 1; step <= wire.size(); ++step) {
    Headers trailers;
    EXPECT_EQ(decode(wire, step, &trailers), "Wikipedia@" + std::to_string(wire.size() - 4))
        << step;
    EXPECT_EQ(trailers.wire(), "X-T: 1\r\n");
  }
}

TEST(ChunkedDecoder, RefusesMalformedChunks) {
  const std::pair<std::string, const char*> cases[] = {
      {"4 \r\nWiki\r\n0\r\n\r\n", "error BadChunkSize"},
      {"\r\n", "error BadChunkSize"},
      {"g\r\n", "error BadChunkSize"},
      {"0x4\r\n", "error BadChunkSize"},
      {"-1\r\n", "error BadChunkSize"},
      {"4\nWiki\r\n", "error BadChunkSize"},
      {"4\rWiki\r\n", "error BadChunkSize"},
      {"11111111111111111\r\n", "error BadChunkSize"},
      {"ffffffffffffffff\r\n", "error BodyTooLarge"},
      {"4;\r\n", "error BadChunkExtension"},
      {"4;a=\r\n", "error BadChunkExtension"},
      {"4;a=\"b\r\n", "error BadChunkExtension"},
      {"4;a b\r\n", "error BadChunkExtension"},
      {"4;" + std::string(300, 'a') + "\r\n", "error BadChunkExtension"},
      {"4\r\nWikiX\r\n", "error MissingChunkEnd"},
      {"4\r\nWiki\n0\r\n", "error MissingChunkEnd"},
      {"0\r\nbad\r\n\r\n", "error BadTrailer"},
      {"0\r\n folded: x\r\n\r\n", "error BadTrailer"},
      {"0\r\nA: b\n\r\n", "error BadTrailer"},
      {"0\r\nA: " + std::string(9000, 'x') + "\r\n\r\n", "error HeadersTooLarge"},
      {"4\r\nWi", "incomplete"},
  };
  for (const auto& [wire, expected] : cases) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{3}, wire.size()})
      EXPECT_EQ(decode(wire, step), expected) << wire.substr(0, 40) << " step " << step;
  }
}

TEST(ChunkedDecoder, HoldsTheBodyLimitOverAllChunks) {
  ParseLimits limits;
  limits.body_bytes = 8;
  EXPECT_EQ(decode("4\r\nWiki\r\n4\r\nWiki\r\n0\r\n\r\n", 64, nullptr, limits), "WikiWiki@23");
  EXPECT_EQ(decode("4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n", 64, nullptr, limits),
            "error BodyTooLarge");
}

TEST(BodyDecoder, AClosedConnectionCutsALengthButEndsUntilClose) {
  BodyDecoder length({Framing::Kind::Length, 5}, kLimits);
  const auto step = length.next(as_bytes("abc"));
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(as_text(step->data), "abc");
  EXPECT_EQ(length.remaining(), 2U);
  EXPECT_FALSE(length.end_of_input().has_value());
  BodyDecoder open({Framing::Kind::UntilClose, 0}, kLimits);
  EXPECT_FALSE(open.done());
  EXPECT_TRUE(open.end_of_input().has_value());
  EXPECT_TRUE(open.done());
}

TEST(ChunkHead, IsHexadecimal) {
  char text[18];
  EXPECT_EQ(std::string_view(text, write_chunk_head(text, 0)), "0\r\n");
  EXPECT_EQ(std::string_view(text, write_chunk_head(text, 0x1f0)), "1f0\r\n");
  EXPECT_EQ(std::string_view(text, write_chunk_head(text, ~std::uint64_t{0})),
            "ffffffffffffffff\r\n");
}

}  // namespace
