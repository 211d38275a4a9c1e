// Messages, time-outs, metadata and statuses as they travel.
#include <gtest/gtest.h>

#include <avila/compress/codec.hpp>
#include <avila/grpc/metadata.hpp>
#include <avila/grpc/resolver.hpp>
#include <avila/grpc/status.hpp>
#include <avila/grpc/wire.hpp>

namespace {

using namespace avila;
using namespace avila::grpc;

std::string framed(std::string_view text) {
  std::string out;
  EXPECT_TRUE(append_message(out, as_bytes(text)).has_value());
  return out;
}

TEST(GrpcWire, MessagesComeInPiecesOfAnySize) {
  const std::string stream = framed("one") + framed("") + framed(std::string(70'000, 'x'));
  EXPECT_EQ(stream.substr(0, 8), std::string("\0\0\0\0\3one", 8));
  for (const std::size_t piece :
       {std::size_t{1}, std::size_t{3}, std::size_t{4096}, stream.size()}) {
    MessageReader reader;
    std::vector<std::string> got;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      ByteSpan input = as_bytes(std::string_view(stream).substr(at, piece));
      while (true) {
        auto whole = reader.read(input);
        ASSERT_TRUE(whole.has_value());
        if (!*whole) break;
        got.push_back(reader.take_message().bytes);
      }
      EXPECT_TRUE(input.empty());
    }
    EXPECT_TRUE(reader.end().has_value());
    ASSERT_EQ(got.size(), 3U);
    EXPECT_EQ(got[0], "one");
    EXPECT_EQ(got[1], "");
    EXPECT_EQ(got[2].size(), 70'000U);
  }
}

TEST(GrpcWire, ACutStreamIsNoticedAtEveryByte) {
  const std::string stream = framed("four");
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    MessageReader reader;
    ByteSpan input = as_bytes(std::string_view(stream).substr(0, cut));
    auto whole = reader.read(input);
    ASSERT_TRUE(whole.has_value());
    EXPECT_EQ(*whole, cut == stream.size());
    EXPECT_EQ(*whole || reader.end().has_value(), *whole || cut == 0);
  }
}

TEST(GrpcWire, LengthsAndFlagsAreChecked) {
  MessageReader small(10);
  const std::string large = framed("eleven bytes");
  ByteSpan input = as_bytes(large);
  auto refused = small.read(input);
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().is(Code::ResourceExhausted));
  EXPECT_FALSE(small.read(input).has_value()) << "it stays broken";
  EXPECT_FALSE(small.end().has_value());
  for (int flags = 2; flags < 256; ++flags) {
    std::string bytes(5, '\0');
    bytes[0] = static_cast<char>(flags);
    for (const bool web : {false, true}) {
      MessageReader reader(10, web);
      ByteSpan prefix = as_bytes(bytes);
      EXPECT_EQ(reader.read(prefix).has_value(), web && (flags == 0x80 || flags == 0x81)) << flags;
    }
  }
}

TEST(GrpcWire, CompressionIsUndoneAndBombsAreNot) {
  const std::string text(100'000, 'c');
  for (const Encoding encoding : {Encoding::Gzip, Encoding::Deflate, Encoding::Zstd}) {
    EXPECT_EQ(parse_encoding(to_string(encoding)), encoding);
    std::string out;
    ASSERT_TRUE(append_message(out, as_bytes(text), encoding).has_value());
    EXPECT_LT(out.size(), 1000U);
    MessageReader reader;
    ByteSpan input = as_bytes(out);
    ASSERT_TRUE(reader.read(input).value());
    const Message message = reader.take_message();
    EXPECT_TRUE(message.compressed);
    EXPECT_EQ(decode(message, encoding, 100'000).value(), text);
    EXPECT_TRUE(decode(message, encoding, 99'999).error().is(Code::ResourceExhausted));
    EXPECT_TRUE(decode(message, Encoding::Identity, 100'000).error().is(Code::Internal));
    Message damaged = message;
    damaged.bytes.resize(damaged.bytes.size() / 2);
    EXPECT_TRUE(decode(damaged, encoding, 100'000).error().is(Code::Internal));
    out.clear();
    ASSERT_TRUE(append_message(out, as_bytes(std::string_view("x")), encoding).has_value());
    EXPECT_EQ(out, framed("x")) << "not where it would grow";
  }
  EXPECT_FALSE(parse_encoding("br").has_value());
  EXPECT_TRUE(accepts("gzip, deflate", Encoding::Deflate));
  EXPECT_FALSE(accepts("gzip, deflate", Encoding::Zstd));
  EXPECT_TRUE(accepts("", Encoding::Identity));
}

TEST(GrpcWire, TimeoutsHaveEightDigitsAtMost) {
  EXPECT_EQ(format_timeout(nanoseconds(1)), "1n");
  EXPECT_EQ(format_timeout(nanoseconds(-1)), "0n");
  EXPECT_EQ(format_timeout(nanoseconds(99'999'999)), "99999999n");
  EXPECT_EQ(format_timeout(nanoseconds(100'000'001)), "100001u") << "rounded up";
  EXPECT_EQ(format_timeout(seconds(5)), "5000000u");
  EXPECT_EQ(format_timeout(hours(1)), "3600000m");
  EXPECT_EQ(format_timeout(days(365 * 100)), "52560000M");
  EXPECT_EQ(format_timeout(Duration::max()), "2562048H");
  EXPECT_EQ(parse_timeout("1n").value(), nanoseconds(1));
  EXPECT_EQ(parse_timeout("20u").value(), microseconds(20));
  EXPECT_EQ(parse_timeout("300m").value(), milliseconds(300));
  EXPECT_EQ(parse_timeout("4S").value(), seconds(4));
  EXPECT_EQ(parse_timeout("5M").value(), minutes(5));
  EXPECT_EQ(parse_timeout("6H").value(), hours(6));
  EXPECT_EQ(parse_timeout("99999999H").value(), Duration::max());
  for (const char* wrong : {"", "1", "n", "123456789n", "-1n", "+1n", "1.5S", " 1S", "1s", "1SS"})
    EXPECT_FALSE(parse_timeout(wrong).has_value()) << wrong;
}

TEST(GrpcStatus, MessagesArePercentEncoded) {
  EXPECT_EQ(encode_message("plain text"), "plain text");
  EXPECT_EQ(encode_message("é 100%\n"), "%C3%A9 100%25%0A");
  EXPECT_EQ(encode_message(" edges "), "%20edges%20") << "a field's value has none";
  EXPECT_EQ(decode_message("%c3%A9 100%25"), "é 100%");
  EXPECT_EQ(decode_message("100% %zz %4"), "100% %zz %4") << "what is no code stays";
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(decode_message(encode_message(all)), all);
}

TEST(GrpcStatus, CodesNamesAndErrors) {
  for (int i = 0; i <= 16; ++i) {
    const auto code = static_cast<Code>(i);
    EXPECT_EQ(parse_code(to_string(code)), code);
    EXPECT_EQ(Status::from_error(Error(code, "m")).code, i > 0 ? code : Code::Unknown);
  }
  EXPECT_FALSE(parse_code("NO_SUCH").has_value());
  EXPECT_EQ(Status::from_error(Error(Errc::NotFound, "m")).code, Code::NotFound);
  EXPECT_EQ(Status::from_error(Error(Errc::LimitExceeded, "m")).code, Code::ResourceExhausted);
  EXPECT_EQ(Status::from_error(Error(Errc::Unknown, "m")).code, Code::Unknown);
  EXPECT_TRUE(Error(Code::DeadlineExceeded, "m").is(Errc::TimedOut));
  EXPECT_EQ((Status{Code::NotFound, "gone", {}}).to_string(), "NOT_FOUND: gone");
  EXPECT_EQ(code_of_http_status(400), Code::Internal);
  EXPECT_EQ(code_of_http_status(401), Code::Unauthenticated);
  EXPECT_EQ(code_of_http_status(403), Code::PermissionDenied);
  EXPECT_EQ(code_of_http_status(404), Code::Unimplemented);
  EXPECT_EQ(code_of_http_status(503), Code::Unavailable);
  EXPECT_EQ(code_of_http_status(500), Code::Unknown);
  EXPECT_EQ(code_of_reset(http2::ErrorCode::Cancel), Code::Cancelled);
  EXPECT_EQ(code_of_reset(http2::ErrorCode::RefusedStream), Code::Unavailable);
  EXPECT_EQ(code_of_reset(http2::ErrorCode::NoError), Code::Internal);
}

TEST(GrpcMetadata, KeysValuesAndTheProtocolsOwn) {
  Metadata metadata;
  EXPECT_TRUE(metadata.try_add("X-Name_1.2", "a value").has_value());
  EXPECT_TRUE(metadata.try_add("x-data-bin", std::string("\0\x80", 2)).has_value());
  for (const char* key : {"", "a b", "grpc-status", "te", "content-type", ":path", "é", "a\n"})
    EXPECT_FALSE(metadata.try_add(key, "v").has_value()) << key;
  EXPECT_FALSE(metadata.try_add("x", "line\nbreak").has_value());
  EXPECT_FALSE(metadata.try_add("x", "é").has_value());
  EXPECT_EQ(metadata.size(), 2U);
  metadata.add("x-name_1.2", "two");
  EXPECT_EQ(metadata.all("x-name_1.2"), (std::vector<std::string_view>{"a value", "two"}));
  metadata.set("x-name_1.2", "three");
  EXPECT_EQ(metadata.find("x-name_1.2"), "three");
  EXPECT_EQ(metadata.remove("x-name_1.2"), 1U);
  EXPECT_EQ(metadata.bytes(), 10U + 2 + 32);
}

TEST(GrpcMetadata, BinaryValuesComeWithAndWithoutPadding) {
  Metadata metadata;
  EXPECT_TRUE(metadata.receive("x-bin", "AAE=").has_value());
  EXPECT_TRUE(metadata.receive("x-bin", "AAE").has_value());
  EXPECT_TRUE(metadata.receive("x-bin", "AA, AQ==").has_value());
  EXPECT_TRUE(metadata.receive("x-bin", "").has_value());
  EXPECT_TRUE(metadata.receive("grpc-timeout", "1S").has_value());
  EXPECT_TRUE(metadata.receive("te", "trailers").has_value());
  EXPECT_FALSE(metadata.receive("x-bin", "!").has_value());
  EXPECT_EQ(metadata.all("x-bin"),
            (std::vector<std::string_view>{std::string_view("\0\1", 2), std::string_view("\0\1", 2),
                                           std::string_view("\0", 1), "\1", ""}));
  http::Headers headers;
  metadata.write_to(headers);
  EXPECT_EQ(headers.find("x-bin"), "AAE");
}

TEST(GrpcTarget, NamesAddressesAndSchemes) {
  const Target name = parse_target("dns:///api.example:50051").value();
  EXPECT_EQ(name.host, "api.example");
  EXPECT_EQ(name.port, 50051);
  EXPECT_EQ(name.authority, "api.example:50051");
  EXPECT_EQ(parse_target("api.example").value().port, 443);
  EXPECT_EQ(parse_target("dns://8.8.8.8/api.example").value().host, "api.example");
  EXPECT_EQ(parse_target("127.0.0.1:1").value().addresses.size(), 1U);
  EXPECT_EQ(parse_target("[::1]:1").value().addresses.size(), 1U);
  EXPECT_EQ(parse_target("ipv4:127.0.0.1:1,127.0.0.2:2").value().addresses.size(), 2U);
  EXPECT_EQ(parse_target("ipv6:[::1]:1,[::2]:1").value().addresses.size(), 2U);
  EXPECT_EQ(parse_target("unix:/run/a.sock").value().addresses[0].path(), "/run/a.sock");
  EXPECT_EQ(parse_target("unix:///run/a.sock").value().addresses[0].path(), "/run/a.sock");
  EXPECT_EQ(parse_target("unix-abstract:a").value().addresses[0].path(), "@a");
  EXPECT_EQ(parse_target("unix:a").value().authority, "localhost");
  for (const char* wrong : {"", ":1", "a:b", "a:70000", "a b:1", "ipv4:", "ipv4:x:1", "dns://x"})
    EXPECT_FALSE(parse_target(wrong).has_value()) << wrong;
}

}  // namespace
