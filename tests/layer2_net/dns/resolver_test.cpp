// The resolver over networks that lie.
#include <avila/random/chacha.hpp>

#include "resolver_fixture.hpp"

namespace {

using namespace dns_test;

TEST_F(DnsResolver, FollowsDelegationsAndRemembers) {
  EXPECT_EQ(address(ask("www.bank.test")), "203.0.113.1");
  std::size_t first = asked_.size();
  EXPECT_EQ(address(ask("WWW.bank.test")), "203.0.113.1");
  EXPECT_EQ(asked_.size(), first);
  // The letters that were sent at random are not handed on, and not kept.
  EXPECT_EQ(ask("www.bank.test").answers[0].owner.to_string(), "www.bank.test.");
  EXPECT_EQ(ask("bank.test", Type::NS).answers[0].to_string(),
            "bank.test.\t3600\tIN\tNS\tns.bank.test.");
  first = asked_.size();
  clock_.advance(seconds(299));
  EXPECT_EQ(ask("www.bank.test").answers[0].ttl, 1U);
  clock_.advance(seconds(2));
  EXPECT_EQ(ask("www.bank.test").answers[0].ttl, 300U);
  EXPECT_GT(asked_.size(), first);
  EXPECT_EQ(address(ask("c1.bank.test")), "203.0.113.1");
  EXPECT_EQ(ask("nope.bank.test").rcode, Rcode::NxDomain);
  EXPECT_EQ(ask("www.bank.test", Type::TXT).rcode, Rcode::NoError);
  const std::size_t before = asked_.size();
  EXPECT_EQ(ask("nope.bank.test", Type::MX).rcode, Rcode::NxDomain);  // RFC 2308: any type
  EXPECT_EQ(asked_.size(), before);
}

TEST_F(DnsResolver, ShowsServersNoMoreThanTheyNeed) {
  EXPECT_EQ(address(ask("deep.a.b.c.bank.test")), "203.0.113.2");
  for (const std::string& line : asked_) {
    if (line.starts_with("192.0.2.1 ")) {
      EXPECT_EQ(line.find("bank"), std::string::npos) << line;
    }
    if (line.starts_with("192.0.2.2 ")) {
      EXPECT_EQ(line.find("c.bank"), std::string::npos) << line;
    }
  }
}

// What was found out on the way to one name is not asked for again on the way to another.
TEST_F(DnsResolver, RemembersTheSteps) {
  EXPECT_EQ(address(ask("deep.a.b.c.bank.test")), "203.0.113.2");
  const std::size_t first = asked_.size();
  EXPECT_EQ(ask("other.a.b.c.bank.test").rcode, Rcode::NxDomain);
  EXPECT_EQ(asked_.size(), first + 1);
}

TEST_F(DnsResolver, FindsServersWithoutGlue) {
  serve("192.0.2.3", "glueless.test. SOA a. b. 1 1 1 1 60\nwww.glueless.test. A 203.0.113.9\n");
  EXPECT_EQ(address(ask("www.glueless.test")), "203.0.113.9");
}

TEST_F(DnsResolver, EndsInLoopsOfAliases) { EXPECT_EQ(ask("x.bank.test").answers.size(), 2U); }

// RFC 5452: an answer counts with the right id, from the right address and port, to the question.
TEST_F(DnsResolver, IgnoresForgedAnswers) {
  lie_ = [&](const tcp::SocketAddress& server, const Message& query, Message answer, bool) {
    Message forged = answer;
    forged.answers = {
        dns::address_record(query.questions[0].name, 86400, tcp::IpAddress::v4(6, 6, 6, 6))};
    forged.authorities.clear();
    forged.additionals.clear();
    Message wrong_id = forged, wrong_name = forged;
    wrong_id.id = static_cast<std::uint16_t>(query.id + 1);
    wrong_name.questions[0].name = Name::parse("other.test").value();
    Message query_back = forged;
    query_back.response = false;
    return std::vector<Packet>{
        {server, wrong_id.encode().value()},
        {at("192.0.2.99"), forged.encode().value()},
        {server.with_port(5353), forged.encode().value()},
        {server, wrong_name.encode().value()},
        {server, query_back.encode().value()},
        {server, "nonsense"},
        {server, answer.encode().value()},
    };
  };
  EXPECT_EQ(address(ask("www.bank.test")), "203.0.113.1");
}

// 0x20: who guesses the id but not the case is not believed; TCP decides.
TEST_F(DnsResolver, AsksOverTcpWhenTheCaseIsWrong) {
  int streams = 0;
  lie_ = [&](const tcp::SocketAddress& server, const Message& query, Message answer, bool stream) {
    if (stream) {
      ++streams;
      return std::vector<Packet>{{server, answer.encode().value()}};
    }
    Message forged = answer;
    forged.questions[0].name = query.questions[0].name.lower();
    forged.answers = {
        dns::address_record(forged.questions[0].name, 86400, tcp::IpAddress::v4(6, 6, 6, 6))};
    if (forged.questions[0].name.same_case(query.questions[0].name))
      return std::vector<Packet>{{server, answer.encode().value()}};
    return std::vector<Packet>{{server, forged.encode().value()}};
  };
  EXPECT_EQ(address(ask("www.bank.test")), "203.0.113.1");
  EXPECT_GT(streams, 0);
}

// Kaminsky (VU#800113): records that the question did not ask for, and that the server has no say
// in, change nothing.
TEST_F(DnsResolver, BelievesNothingOutOfBailiwick) {
  lie_ = [&](const tcp::SocketAddress& server, const Message& query, Message answer, bool) {
    if (!answer.response) return std::vector<Packet>();
    if (server.ip() == at("192.0.2.66").ip()) {
      const auto bank = [](std::string_view name) {
        return dns::address_record(Name::parse(name).value(), 86400,
                                   tcp::IpAddress::v4(6, 6, 6, 6));
      };
      answer.answers.push_back(bank("www.bank.test"));
      answer.answers.push_back(bank("www2.evil.test"));
      dns::Record ns{Name::parse("bank.test").value(), Type::NS, dns::Class::IN, 86400,
                     Name::parse("ns.evil.test").value().wire()};
      answer.authorities.push_back(ns);
      ns.owner = Name::parse("test").value();
      answer.authorities.push_back(ns);
      answer.additionals.push_back(bank("ns.bank.test"));
      answer.additionals.push_back(bank("www.bank.test"));
    }
    (void)query;
    return std::vector<Packet>{{server, answer.encode().value()}};
  };
  EXPECT_EQ(ask("www.evil.test").answers.size(), 1U);
  EXPECT_EQ(ask("nope.evil.test").rcode, Rcode::NxDomain);
  EXPECT_EQ(address(ask("www.bank.test")), "203.0.113.1");
  EXPECT_EQ(address(ask("ns.bank.test")), "192.0.2.3");
}

TEST_F(DnsResolver, FollowsAliasesOutOfTheZoneByItself) {
  lie_ = [&](const tcp::SocketAddress& server, const Message& query, Message answer, bool) {
    if (!answer.response) return std::vector<Packet>();
    if (server.ip() == at("192.0.2.66").ip() && query.questions[0].name.label_count() == 3) {
      const Name target = Name::parse("www.bank.test").value();
      answer.answers = {{query.questions[0].name, Type::CNAME, dns::Class::IN, 60, target.wire()},
                        dns::address_record(target, 86400, tcp::IpAddress::v4(6, 6, 6, 6))};
      answer.authorities.clear();
    }
    return std::vector<Packet>{{server, answer.encode().value()}};
  };
  EXPECT_EQ(address(ask("trick.evil.test")), "203.0.113.1");
}

TEST_F(DnsResolver, TakesNoReferralUpOrSideways) {
  lie_ = [&](const tcp::SocketAddress& server, const Message& query, Message answer, bool) {
    if (!answer.response) return std::vector<Packet>();
    if (server.ip() == at("192.0.2.66").ip()) {
      answer = Message::answer_to(query);
      dns::Record ns{Name(), Type::NS, dns::Class::IN, 86400,
                     Name::parse("ns.evil.test").value().wire()};
      answer.authorities = {ns};
    }
    return std::vector<Packet>{{server, answer.encode().value()}};
  };
  EXPECT_EQ(ask("www.evil.test").rcode, Rcode::ServFail);
  EXPECT_EQ(address(ask("www.bank.test")), "203.0.113.1");
}

// NXNS (CVE-2020-8616): a referral to many names costs few queries.
TEST_F(DnsResolver, BoundsTheWorkOfAReferral) {
  lie_ = [&](const tcp::SocketAddress& server, const Message& query, Message answer, bool) {
    if (!answer.response) return std::vector<Packet>();
    if (server.ip() == at("192.0.2.66").ip()) {
      answer = Message::answer_to(query);
      for (int i = 0; i < 40; ++i)
        answer.authorities.push_back(
            {Name::parse("sub.evil.test").value(), Type::NS, dns::Class::IN, 300,
             Name::parse("n" + std::to_string(i) + ".bank.test").value().wire()});
    }
    return std::vector<Packet>{{server, answer.encode().value()}};
  };
  EXPECT_EQ(ask("a.sub.evil.test").rcode, Rcode::ServFail);
  EXPECT_LT(asked_.size(), 40U);
}

TEST_F(DnsResolver, GivesUpInTime) {
  lie_ = [](const tcp::SocketAddress&, const Message&, Message, bool) {
    return std::vector<Packet>();
  };
  const Instant start = executor_.now();
  const Answer answer = ask("www.bank.test");
  EXPECT_EQ(answer.rcode, Rcode::ServFail);
  EXPECT_EQ(answer.error, Ede::NoReachableAuthority);
  EXPECT_LE((executor_.now() - start).milliseconds(), options_.timeout.milliseconds() + 1);
}

TEST_F(DnsResolver, ServesStaleAnswersWhereTold) {
  options_.cache.stale_max = hours(1);
  EXPECT_EQ(address(ask("www.bank.test")), "203.0.113.1");
  clock_.advance(seconds(400));
  lie_ = [](const tcp::SocketAddress&, const Message&, Message, bool) {
    return std::vector<Packet>();
  };
  const Answer stale = ask("www.bank.test");
  EXPECT_EQ(address(stale), "203.0.113.1");
  EXPECT_TRUE(stale.stale);
  EXPECT_EQ(stale.error, Ede::StaleAnswer);
  clock_.advance(hours(2));
  EXPECT_EQ(ask("www.bank.test").rcode, Rcode::ServFail);
}

TEST_F(DnsResolver, AsksOldServersWithoutEdns) {
  lie_ = [&](const tcp::SocketAddress& server, const Message& query, Message answer, bool) {
    if (query.edns.has_value()) {
      answer = Message();
      answer.id = query.id;
      answer.response = true;
      answer.rcode = Rcode::FormErr;
    }
    return std::vector<Packet>{{server, answer.encode().value()}};
  };
  EXPECT_EQ(address(ask("www.bank.test")), "203.0.113.1");
}

TEST_F(DnsResolver, KnowsLocalhost) {
  EXPECT_EQ(address(ask("a.localhost")), "127.0.0.1");
  EXPECT_TRUE(asked_.empty());
}

TEST_F(DnsResolver, AnswersLikeAServer) {
  (void)ask("www.bank.test");
  Message query = Message::query(Name::parse("www.bank.test").value(), Type::A, false);
  const Message cached = executor_.block_on(resolver_->handle(query, {}));
  EXPECT_TRUE(cached.recursion_available);
  EXPECT_EQ(cached.answers.size(), 1U);
  query.questions[0].name = Name::parse("c1.bank.test").value();
  EXPECT_EQ(executor_.block_on(resolver_->handle(query, {})).rcode, Rcode::Refused);
}

TEST(DnsCache, IsBoundedAndForgetsTheOldest) {
  dns::CacheOptions options;
  options.bytes_max = 64 * 1024;
  dns::Cache cache(options);
  const Instant now{1'000'000'000};
  const auto name = [](int i) { return Name::parse("n" + std::to_string(i) + ".test").value(); };
  for (int i = 0; i < 1000; ++i) {
    dns::Finding finding;
    finding.outcome = dns::Outcome::Records;
    finding.records = {dns::address_record(name(i), 60, tcp::IpAddress::v4(192, 0, 2, 1))};
    finding.ttl = 60;
    (void)cache.insert(name(i), Type::A, std::move(finding), now);
    (void)cache.find(name(0), Type::A, now);  // in use
  }
  EXPECT_LE(cache.metrics().bytes, options.bytes_max);
  EXPECT_GT(cache.metrics().evicted, 0U);
  EXPECT_NE(cache.find(name(0), Type::A, now), nullptr);
  EXPECT_EQ(cache.find(name(1), Type::A, now), nullptr);
  EXPECT_NE(cache.find(name(999), Type::A, now), nullptr);
  EXPECT_EQ(cache.find(name(999), Type::A, now + seconds(61)), nullptr);
}

TEST(DnsCache, KeepsAnAbsentNameForEveryType) {
  dns::Cache cache;
  dns::Finding finding;
  finding.outcome = dns::Outcome::NameError;
  finding.ttl = 100'000;
  const Name name = Name::parse("a.test").value();
  (void)cache.insert(name, Type::A, std::move(finding), Instant{});
  const auto found = cache.find(name, Type::MX, Instant{});
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->ttl, 10'800U);
  cache.erase(name, Type::A);
  EXPECT_EQ(cache.find(name, Type::MX, Instant{}), nullptr);
}

}  // namespace
