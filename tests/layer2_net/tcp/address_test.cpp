#include <gtest/gtest.h>

#include <avila/tcp/address.hpp>
#include <avila/tcp/proxy_protocol.hpp>
#include <string>

namespace avila::tcp {
namespace {

TEST(IpAddress, FormatsAsRfc5952Recommends) {
  const char* const cases[][2] = {
      {"2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"},  // §4.2.3
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},                  // §4.2.2
      {"2001:DB8::0:1", "2001:db8::1"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"0:0:1::", "0:0:1::"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"192.0.2.255", "192.0.2.255"},
  };
  for (const auto& [text, expected] : cases) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(address->to_string(), expected) << text;
    EXPECT_EQ(*IpAddress::parse(address->to_string()), *address);
  }
}

TEST(IpAddress, RefusesWhatIsNotOne) {
  for (const char* text : {"",
                           "1.2.3",
                           "1.2.3.4.5",
                           "256.1.1.1",
                           "01.2.3.4",
                           "1.2.3.4 ",
                           "1..2.3",
                           "a.b.c.d",
                           ":",
                           ":::",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1::2::3",
                           "12345::",
                           "::1:",
                           "1:2:3:4:5:6:7::8",
                           "::1.2.3",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "::g",
                           "1.2.3.4::",
                           "fe80::1%1"})
    EXPECT_FALSE(IpAddress::parse(text).has_value()) << text;
}

TEST(IpAddress, KnowsItsKind) {
  EXPECT_TRUE(IpAddress::parse("127.9.9.9")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("::ffff:127.0.0.1")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("::2")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("172.31.0.1")->is_private());
  EXPECT_FALSE(IpAddress::parse("172.32.0.1")->is_private());
  EXPECT_TRUE(IpAddress::parse("fd00::1")->is_private());
  EXPECT_TRUE(IpAddress::parse("224.0.0.1")->is_multicast());
  EXPECT_TRUE(IpAddress::parse("0.0.0.0")->is_unspecified());
  EXPECT_EQ(IpAddress::parse("::ffff:1.2.3.4")->unmapped(), IpAddress::v4(1, 2, 3, 4));
}

TEST(SocketAddress, ParsesAndFormats) {
  for (const char* text : {"127.0.0.1:0", "1.2.3.4:65535", "[::1]:80", "[fe80::1%3]:443",
                           "unix:/run/a.sock", "unix:@abstract"}) {
    const auto address = SocketAddress::parse(text);
    ASSERT_TRUE(address.has_value()) << address.error().to_string();
    EXPECT_EQ(address->to_string(), text);
  }
#if defined(__linux__)
  EXPECT_EQ(SocketAddress::parse("[fe80::1%lo]:1")->scope_id(), 1U);
#endif
}

TEST(SocketAddress, RefusesWhatIsNotOne) {
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:08",
                           "127.0.0.1:-1", "::1:80", "[::1]", "[::1]80", "[::1", "[1.2.3.4]:80",
                           "localhost:80", "[fe80::1%nosuchif]:80", "unix:"})
    EXPECT_FALSE(SocketAddress::parse(text).has_value()) << text;
  EXPECT_FALSE(SocketAddress::parse("unix:" + std::string(108, 'x')).has_value());
}

std::optional<ParsedProxyHeader> parse(std::string_view text) {
  auto result = parse_proxy_header(as_bytes(text));
  EXPECT_TRUE(result.has_value()) << result.error().to_string();
  return result.has_value() ? std::move(*result) : std::nullopt;
}

TEST(ProxyProtocol, ReadsVersion1) {
  const std::string line = "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n";
  const auto parsed = parse(line + "GET / HTTP/1.1\r\n");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->size_bytes, line.size());
  EXPECT_EQ(parsed->header.source.to_string(), "192.168.0.1:56324");
  EXPECT_EQ(parsed->header.destination.to_string(), "192.168.0.11:443");
  for (std::size_t n = 0; n < line.size(); ++n) EXPECT_FALSE(parse(line.substr(0, n)).has_value());
  EXPECT_FALSE(parse("PROXY UNKNOWN ffff::1 whatever\r\n")->header.has_addresses);
}

TEST(ProxyProtocol, WritesWhatItReads) {
  ProxyHeader header;
  header.has_addresses = true;
  header.tlvs = {{0x01, "h2"}, {0x02, ""}};
  const char* const pairs[][2] = {{"1.2.3.4:5", "6.7.8.9:10"},
                                  {"[2001:db8::1]:80", "[::ffff:1.2.3.4]:443"},
                                  {"unix:/a", "unix:@b"}};
  for (const auto& [source, destination] : pairs) {
    header.source = *SocketAddress::parse(source);
    header.destination = *SocketAddress::parse(destination);
    std::string v2;
    ASSERT_TRUE(append_proxy_v2(v2, header).has_value());
    const auto parsed = parse(v2 + "rest");
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->header, header);
    EXPECT_EQ(parsed->size_bytes, v2.size());
    for (std::size_t n = 0; n < v2.size(); ++n) EXPECT_FALSE(parse(v2.substr(0, n)).has_value());
    std::string v1;
    append_proxy_v1(v1, header);
    EXPECT_EQ(parse(v1)->header.has_addresses, !header.source.is_unix());
  }
}

TEST(ProxyProtocol, RefusesForgeriesAndDamage) {
  const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);
  const auto v2 = [&](std::string_view rest) { return signature + std::string(rest); };
  using namespace std::string_literals;
  for (const std::string& text : {
           "GET / HTTP/1.1\r\n"s,
           "PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n"s,
           "PROXY TCP4 ::1 ::1 1 1\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n"s,
           "PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n"s,
           "PROXY " + std::string(101, 'x'),
           v2("\x11\x11\0\x0c"s),
           v2("\x22\x11\0\x0c"s),
           v2("\x21\x41\0\x0c"s),
           v2("\x21\x11\xff\xff"s),
           v2("\x21\x11\0\x04"s + "abcd"),
           v2("\x21\x11\0\x0d"s + std::string(13, 'a')),
           v2("\x21\x11\0\x0f"s + std::string(12, 'a') + "\x01\0\x05"s),
       })
    EXPECT_FALSE(parse_proxy_header(as_bytes(text)).has_value()) << text;
}

TEST(ProxyProtocol, LocalIsAcceptedWhateverItsFamilySays) {  // §2.2: "… which is ignored"
  using namespace std::string_literals;
  const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);
  for (const std::string& rest : {"\x20\x00\0\0"s, "\x20\x11\0\x03"s + "abc", "\x20\xff\0\0"s}) {
    const auto parsed = parse(signature + rest);
    ASSERT_TRUE(parsed.has_value());
    EXPECT_FALSE(parsed->header.has_addresses);
    EXPECT_EQ(parsed->size_bytes, signature.size() + rest.size());
  }
}

TEST(ProxyProtocol, SaysWhereALineEndsTooSoon) {
  for (const std::string text :
       {"PROXY TCP4\r\n", "PROXY TCP6 ::1\r\n", "PROXY TCP4 1.2.3.4 \r\n"}) {
    const auto parsed = parse_proxy_header(as_bytes(text));
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().offset(), text.size() - 2) << text;
  }
}

TEST(ProxyProtocol, ChecksItsChecksum) {
  ProxyHeader header;
  header.has_addresses = true;
  header.source = *SocketAddress::parse("192.0.2.1:1234");
  header.destination = *SocketAddress::parse("198.51.100.2:443");
  header.tlvs = {{0x02, "example.org"}, {ProxyHeader::kTlvCrc32c, ""}, {0x04, "pad"}};
  std::string text = "before";
  ASSERT_TRUE(append_proxy_v2(text, header).has_value());
  text.erase(0, 6);
  const auto parsed = parse(text);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->header.source, header.source);
  ASSERT_EQ(parsed->header.tlvs.size(), 3U);
  EXPECT_EQ(parsed->header.tlvs[1].value.size(), 4U);
  // No bit of it can be turned: what follows the fixed part is covered by the checksum.
  for (std::size_t bit = 16 * 8; bit < text.size() * 8; ++bit) {
    std::string damaged = text;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    const bool lost_its_type = bit / 8 == 16 + 12 + 14;  // then it is a vector like any other
    EXPECT_EQ(parse_proxy_header(as_bytes(damaged)).has_value(), lost_its_type) << bit;
  }
  header.tlvs.push_back({ProxyHeader::kTlvCrc32c, ""});
  EXPECT_TRUE(append_proxy_v2(text, header).error().is(Errc::InvalidArgument));
}

}  // namespace
}  // namespace avila::tcp
