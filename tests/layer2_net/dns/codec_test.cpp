#include <gtest/gtest.h>
#include <avila/dns/message.hpp>
#include <avila/dns/zone_file.hpp>
#include <avila/text/encoding.hpp>

namespace {

using namespace avila;
using dns::Message;
using dns::Name;
using dns::Record;
using dns::Type;

Record record(std::string_view text) { return dns::parse_record(text).value(); }

void expect_same_text(std::string_view line) {
  const auto parsed = dns::parse_record(line);
  ASSERT_TRUE(parsed.has_value()) << line << ": " << parsed.error().to_string();
  const auto again = dns::parse_record(parsed->to_string());
  ASSERT_TRUE(again.has_value()) << parsed->to_string() << ": " << again.error().to_string();
  EXPECT_EQ(*parsed, *again) << line;
}

TEST(DnsRecord, KeepsEveryTypeThroughText) {
  for (const char* line : {
           "a. 5 IN A 192.0.2.1",
           "a. 5 IN AAAA 2001:db8::1",
           "a. 5 IN NS ns.b.",
           "a. 5 IN SOA ns.b. root.b. 1 1h 2m 1w1d 60",
           "a. 5 IN MX 10 mail.b.",
           "a. 5 IN TXT \"a b\" c \"\\\"\\\\\\000\"",
           "_x._tcp.a. 5 IN SRV 1 2 443 host.b.",
           "a. 5 IN CAA 0 issue \"ca.example.net; account=1\"",
           "a. 5 IN DS 60485 5 1 ( 2BB183AF5F22588179A53B0A 98631FAD1A292118 )",
           "a. 5 IN DNSKEY 257 3 ECDSAP256SHA256 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edb "
           "krSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==",
           "a. 5 IN RRSIG A 13 1 300 20300101000000 1577836800 1 a. AAAA",
           "a. 5 IN NSEC b.a. A NS TYPE65280 CAA",
           "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. 5 IN NSEC3 1 1 12 aabbccdd "
           "2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY",
           "a. 5 IN NSEC3PARAM 1 0 0 -",
           "a. 5 IN TLSA 3 1 1 00ff",
           "a. 5 IN SSHFP 4 2 00ff",
           "a. 5 IN NAPTR 100 50 \"s\" \"http+I2L\" \"\" _http._tcp.b.",
           "a. 5 IN DNAME b.",
           "a. 5 IN SVCB 1 . alpn=\"h2,h3\" port=8443 ipv4hint=192.0.2.1,192.0.2.2 "
           "ipv6hint=2001:db8::1 mandatory=port,alpn key667=\"hello\\210\"",
           "a. 5 IN HTTPS 0 b.",
           "a. 5 IN SVCB 16 foo.example. alpn=\"f\\\\\\092oo\\\\,bar,h2\"",
           "a. 5 IN LOC 42 21 54.5 S 71 06 18 W -24m 30m",
           "a. 5 IN URI 10 1 \"https://a/\"",
           "a. 5 IN TYPE65280 \\# 3 abcdef",
           "a. 5 CLASS9 TYPE65280 \\# 0",
           "a. 5 IN A \\# 4 c0000201",
       })
    expect_same_text(line);
}

// RFC 9460 appendix D.2, figures 8 and 9: two ways to write the same value.
TEST(DnsRecord, ReadsEscapedListsOfServiceBindings) {
  const Record one = record("a. SVCB 16 foo.example.org. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"");
  const Record two = record("a. SVCB 16 foo.example.org. alpn=f\\\\\\092oo\\092,bar,h2");
  EXPECT_EQ(one.rdata, two.rdata);
  EXPECT_TRUE(
      one.rdata.ends_with(std::string_view("\0\1\0\x0c\x08"
                                           "f\\oo,bar\2h2",
                                           16)));
}

TEST(DnsRecord, RefusesBadText) {
  for (const char* line : {
           "a. A 192.0.2",
           "a. A 192.0.2.1 x",
           "a. A",
           "a. AAAA 192.0.2.1",
           "a. MX 65536 b.",
           "a. TXT",
           "a. TXT \"open",
           "a. DS 1 1 1 xyz",
           "a. NSEC3 1 0 0 zz 00",
           "a. A \\# 3 c00002",
           "a. TYPE999 1.2.3.4",
           "a. SVCB 1 . port=1 port=2",
           "a. SVCB 1 . alpn",
           "a. RRSIG A 8 2 1 20301301000000 1 1 a. AAAA",
           "a. LOC 91 N 0 E 0m",
           "a. SOA a. b. ( 1 2 3 4 5",
           "a. NOTYPE x",
           "$INCLUDE /etc/passwd",
           " A 192.0.2.1",
       })
    EXPECT_FALSE(dns::parse_record(line).has_value()) << line;
}

TEST(DnsZoneFile, UnderstandsDirectivesAndInheritance) {
  const auto records = dns::parse_zone_file(
      "$ORIGIN example.com.\n"
      "$TTL 1h\n"
      "@ IN SOA ns root ( 1 ; serial\n"
      "   2 3 4 5 )\n"
      "  NS ns\n"
      "ns 60 A 192.0.2.1\n"
      "$ORIGIN sub\n"
      "www CNAME ns.example.com.\n"
      "txt IN 7 TXT \"two\n lines\"\n",
      {});
  ASSERT_TRUE(records.has_value()) << records.error().to_string();
  ASSERT_EQ(records->size(), 5U);
  EXPECT_EQ((*records)[0].to_string(),
            "example.com.\t3600\tIN\tSOA\tns.example.com. root.example.com. 1 2 3 4 5");
  EXPECT_EQ((*records)[1].to_string(), "example.com.\t3600\tIN\tNS\tns.example.com.");
  EXPECT_EQ((*records)[2].ttl, 60U);
  EXPECT_EQ((*records)[3].owner, Name::parse("www.sub.example.com").value());
  EXPECT_EQ((*records)[4].to_string(), "txt.sub.example.com.\t7\tIN\tTXT\t\"two\\010 lines\"");
  const auto bad = dns::parse_zone_file("a. A 192.0.2.1\n\nb. A x\n");
  ASSERT_FALSE(bad.has_value());
  EXPECT_NE(bad.error().to_string().find("line 3"), std::string::npos);
}

Message sample() {
  Message message = Message::query(Name::parse("www.example.com").value(), Type::A);
  message.id = 0x1234;
  message.response = message.authoritative = message.recursion_available = true;
  message.answers = {record("www.example.com. 60 IN CNAME a.example.com."),
                     record("a.example.com. 60 IN A 192.0.2.1"),
                     record("a.example.com. 60 IN A 192.0.2.2")};
  message.authorities = {record("example.com. 60 IN NS ns.example.com."),
                         record("example.com. 60 IN MX 5 a.example.com.")};
  message.additionals = {record("ns.example.com. 60 IN AAAA 2001:db8::1")};
  message.edns.emplace();
  message.edns->dnssec_ok = true;
  message.edns->add_extended_error(dns::Ede::DnssecBogus, "why");
  message.rcode = dns::Rcode::BadVers;
  return message;
}

TEST(DnsMessage, ComesBackAsItWas) {
  const Message message = sample();
  const auto bytes = message.encode();
  ASSERT_TRUE(bytes.has_value());
  const auto again = Message::decode(as_bytes(*bytes));
  ASSERT_TRUE(again.has_value()) << again.error().to_string();
  EXPECT_EQ(*again, message);
  EXPECT_EQ(again->edns->extended_error(), dns::Ede::DnssecBogus);
  EXPECT_EQ(bytes->find("example"), bytes->rfind("example"));  // once: compressed
  EXPECT_NE(message.to_string().find("www.example.com.\t60\tIN\tCNAME"), std::string::npos);
}

TEST(DnsMessage, IsRefusedWhenCutAnywhere) {
  const std::string bytes = sample().encode().value();
  const std::size_t before_opt = bytes.size() - 11 - 9;
  for (std::size_t n = 0; n < bytes.size(); ++n)
    EXPECT_EQ(Message::decode(as_bytes(std::string_view(bytes).substr(0, n))).has_value(),
              n == before_opt)
        << n;
}

TEST(DnsMessage, IsTruncatedAtSets) {
  Message message = sample();
  const std::size_t whole = message.encode().value().size();
  for (std::size_t room = 100; room < whole; ++room) {
    const auto bytes = message.encode(room);
    ASSERT_TRUE(bytes.has_value());
    ASSERT_LE(bytes->size(), room);
    const auto got = Message::decode(as_bytes(*bytes)).value();
    ASSERT_TRUE(got.edns.has_value());
    EXPECT_NE(got.answers.size(), 2U);
    EXPECT_EQ(got.truncated, got.authorities.size() < 2 || got.answers.size() < 3);
  }
  EXPECT_FALSE(message.encode(20).has_value());
}

TEST(DnsMessage, KeepsMalformedAddressesForTheReaderToJudge) {
  Message message = Message::query(Name(), Type::A);
  message.answers = {record("a. A 192.0.2.1")};
  message.answers[0].rdata = "abc";
  const auto again = Message::decode(as_bytes(message.encode().value()));
  ASSERT_TRUE(again.has_value());
  EXPECT_FALSE(dns::is_valid_rdata(Type::A, again->answers[0].rdata));
  EXPECT_EQ(dns::rdata_to_text(Type::A, "abc"), "\\# 3 616263");
}

TEST(DnsMessage, RefusesTwoOpts) {
  Message message = Message::query(Name(), Type::A);
  message.edns.emplace();
  std::string bytes = message.encode().value();
  bytes += bytes.substr(bytes.size() - 11);
  bytes[11] = 2;
  EXPECT_FALSE(Message::decode(as_bytes(bytes)).has_value());
}

}  // namespace
