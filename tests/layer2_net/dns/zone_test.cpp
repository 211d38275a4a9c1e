#include <gtest/gtest.h>
#include <avila/dns/server.hpp>
#include <avila/dns/zone.hpp>

namespace {

using namespace avila;
using dns::Message;
using dns::Name;
using dns::Rcode;
using dns::Type;

constexpr std::string_view kZone =
    "$ORIGIN example.com.\n$TTL 300\n"
    "@ SOA ns root 1 3600 600 86400 60\n"
    "@ NS ns\n@ NS ns.elsewhere.\n@ MX 10 mail\n"
    "ns A 192.0.2.1\nmail A 192.0.2.2\n"
    "www CNAME web\nweb A 192.0.2.3\nweb AAAA 2001:db8::3\n"
    "a.b.c A 192.0.2.4\n"
    "*.wild TXT star\n*.wild MX 5 mail\n"
    "sub NS ns.sub\nns.sub A 192.0.2.5\n"
    "old DNAME new\nx.new A 192.0.2.6\n"
    "loop1 CNAME loop2\nloop2 CNAME loop1\nout CNAME www.elsewhere.\n";

Message ask(std::string_view name, Type type) {
  dns::AuthoritativeHandler handler;
  handler.add(dns::Zone::parse(kZone).value());
  return handler.answer(Message::query(Name::parse(name).value(), type, false));
}

TEST(DnsZone, AnswersFromItsData) {
  const Message a = ask("web.example.com", Type::A);
  EXPECT_TRUE(a.authoritative);
  ASSERT_EQ(a.answers.size(), 1U);
  const Message mx = ask("example.com", Type::MX);
  EXPECT_EQ(mx.additionals.size(), 1U);  // the address of mail
  const Message alias = ask("WWW.example.com", Type::AAAA);
  ASSERT_EQ(alias.answers.size(), 2U);
  EXPECT_EQ(alias.answers[0].type, Type::CNAME);
  EXPECT_EQ(alias.answers[1].owner, Name::parse("web.example.com").value());
  EXPECT_EQ(ask("out.example.com", Type::A).answers.size(), 1U);
  EXPECT_EQ(ask("web.example.com", Type::ANY).answers.size(), 1U);
}

TEST(DnsZone, SaysWhatIsAbsent) {
  const Message absent = ask("nope.example.com", Type::A);
  EXPECT_EQ(absent.rcode, Rcode::NxDomain);
  ASSERT_EQ(absent.authorities.size(), 1U);
  EXPECT_EQ(absent.authorities[0].ttl, 60U);  // RFC 2308: the lesser
  const Message no_data = ask("web.example.com", Type::TXT);
  EXPECT_EQ(no_data.rcode, Rcode::NoError);
  EXPECT_TRUE(no_data.answers.empty());
  EXPECT_EQ(ask("b.c.example.com", Type::A).rcode, Rcode::NoError);  // an empty non-terminal
  EXPECT_EQ(ask("x.b.c.example.com", Type::A).rcode, Rcode::NxDomain);
  EXPECT_EQ(ask("elsewhere", Type::A).rcode, Rcode::Refused);
}

TEST(DnsZone, ExpandsWildcards) {
  const Message star = ask("q.r.wild.example.com", Type::TXT);
  ASSERT_EQ(star.answers.size(), 1U);
  EXPECT_EQ(star.answers[0].owner, Name::parse("q.r.wild.example.com").value());
  EXPECT_EQ(ask("q.wild.example.com", Type::A).rcode, Rcode::NoError);
  EXPECT_TRUE(ask("wild.example.com", Type::TXT).answers.empty());
}

TEST(DnsZone, RefersBelowCuts) {
  const Message referral = ask("host.sub.example.com", Type::A);
  EXPECT_FALSE(referral.authoritative);
  EXPECT_TRUE(referral.answers.empty());
  ASSERT_EQ(referral.authorities.size(), 1U);
  ASSERT_EQ(referral.additionals.size(), 1U);
  EXPECT_EQ(ask("sub.example.com", Type::NS).authorities.size(), 1U);
  const Message ds = ask("sub.example.com", Type::DS);
  EXPECT_TRUE(ds.authoritative);
  EXPECT_EQ(ds.authorities.at(0).type, Type::SOA);
}

TEST(DnsZone, RenamesByDname) {
  const Message renamed = ask("x.old.example.com", Type::A);
  ASSERT_EQ(renamed.answers.size(), 3U);
  EXPECT_EQ(renamed.answers[0].type, Type::DNAME);
  EXPECT_EQ(renamed.answers[1].type, Type::CNAME);
  EXPECT_EQ(renamed.answers[2].to_string(), "x.new.example.com.\t300\tIN\tA\t192.0.2.6");
  EXPECT_TRUE(ask("old.example.com", Type::A).answers.empty());
}

TEST(DnsZone, EndsInLoops) { EXPECT_LE(ask("loop1.example.com", Type::A).answers.size(), 3U); }

TEST(DnsZone, RefusesBrokenZones) {
  for (const char* bad : {"a. A 192.0.2.1", "a. SOA b. c. 1 1 1 1 1\nb. A 192.0.2.1",
                          "a. SOA b. c. 1 1 1 1 1\na. SOA b. c. 2 1 1 1 1",
                          "a. SOA b. c. 1 1 1 1 1\nx.a. SOA b. c. 1 1 1 1 1",
                          "a. SOA b. c. 1 1 1 1 1\nx.a. CNAME y.\nx.a. A 192.0.2.1",
                          "a. SOA b. c. 1 1 1 1 1\nx.a. CNAME y.\nx.a. CNAME z."})
    EXPECT_FALSE(dns::Zone::parse(bad).has_value()) << bad;
}

}  // namespace
