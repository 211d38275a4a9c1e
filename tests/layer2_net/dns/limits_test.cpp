// What the README calls limits, each with what lies just within and just beyond.
#include <avila/async/runtime.hpp>
#include <avila/cell/guarded.hpp>
#include <avila/dns/zone_file.hpp>
#include <avila/random/chacha.hpp>
#include <avila/udp/socket.hpp>
#include <set>

#include "resolver_fixture.hpp"
#include "resolver_state.hpp"
#include "signer.hpp"

namespace {

using namespace dns_test;
using dns::Record;

Name name(const std::string& text) { return Name::parse(text).value(); }

class DnsLimits : public DnsResolver {
 protected:
  /// 192.0.2.66 refers all questions below evil.test further.
  void refer(const std::function<void(const Message&, Message&)>& fill) {
    lie_ = [fill](const tcp::SocketAddress& server, const Message& query, Message answer, bool) {
      if (!answer.response) return std::vector<Packet>();
      if (server.ip() == at("192.0.2.66").ip()) {
        answer = Message::answer_to(query);
        fill(query, answer);
      }
      return std::vector<Packet>{{server, answer.encode().value()}};
    };
  }
  static Record ns(const Name& owner, const Name& target) {
    return {owner, Type::NS, dns::Class::IN, 300, target.wire()};
  }
};

TEST_F(DnsLimits, ElevenAliasesAreFollowed) {
  std::string zone = "chain.bank.test. SOA a. b. 1 1 1 1 60\na0.chain.bank.test. A 203.0.113.1\n";
  for (int i = 1; i <= 12; ++i)
    zone += "a" + std::to_string(i) + ".chain.bank.test. CNAME a" + std::to_string(i - 1) +
            ".chain.bank.test.\n";
  serve("192.0.2.3", zone);
  const Answer within = ask("a11.chain.bank.test");
  EXPECT_EQ(within.rcode, Rcode::NoError) << within.reason;
  EXPECT_EQ(within.answers.size(), 12U);
  const Answer beyond = ask("a12.chain.bank.test");
  EXPECT_EQ(beyond.rcode, Rcode::ServFail);
  EXPECT_NE(beyond.reason.find("too long"), std::string::npos) << beyond.reason;
  // Nor is it an answer once all of it is in the cache.
  EXPECT_EQ(ask("a11.chain.bank.test").answers.size(), 12U);
  EXPECT_EQ(ask("a12.chain.bank.test").rcode, Rcode::ServFail);
  const Message query = Message::query(name("a12.chain.bank.test"), Type::A, false);
  EXPECT_EQ(executor_.block_on(resolver_->handle(query, {})).rcode, Rcode::ServFail);
}

// Each of a chain of answers has as many proofs as fit into a message: they are compared with each
// other, and handed out.
TEST_F(DnsLimits, ProofsOfAnAnswerAreFew) {
  lie_ = [](const tcp::SocketAddress& server, const Message& query, Message answer, bool stream) {
    if (server.ip() == at("192.0.2.66").ip()) {
      answer = Message::answer_to(query);
      answer.authoritative = true;
      answer.truncated = !stream;
      const Name& asked = query.questions[0].name;
      const int i = std::stoi(asked.to_string().substr(1));
      const std::string next = "a" + std::to_string(i + 1) + ".evil.test";
      answer.answers = {i < 8 ? Record{asked, Type::CNAME, dns::Class::IN, 300, name(next).wire()}
                              : dns::address_record(asked, 300, at("203.0.113.1").ip())};
      for (unsigned j = 0; stream && j < 2000; ++j)
        answer.authorities.push_back({name("evil.test"), Type::NSEC, dns::Class::IN, 300,
                                      std::string(1, '\0') + std::string("\0\2", 2) +
                                          static_cast<char>(j / 255 + 16 * i) +
                                          static_cast<char>(j % 255 + 1)});
    }
    return std::vector<Packet>{{server, answer.encode().value()}};
  };
  options_.minimise = false;
  const Answer answer = ask("a0.evil.test");
  EXPECT_EQ(address(answer), "203.0.113.1") << answer.reason;
  EXPECT_GT(answer.authorities.size(), 0U);
  EXPECT_LE(answer.authorities.size(), 9U * 64);
}

// As KeyTrap, with digests: each DS that fits a key's tag has it hashed.
TEST_F(DnsLimits, DigestsOfKeysAreCounted) {
  const Signer signer(name("bank.test"));
  const auto check = [&](std::size_t bad_keys) {
    dns::Finding finding;
    finding.outcome = dns::Outcome::Records;
    for (std::size_t i = 0; i < bad_keys; ++i) {
      finding.records.push_back(signer.dnskey());
      std::string& key = finding.records.back().rdata;
      std::swap(key[4 + i % 4], key[8 + i % 4 + i / 4 * 2]);  // the tag stays
    }
    finding.records.push_back(signer.dnskey());
    finding.signatures = {signer.sign(finding.records)};
    options_.trust_anchors.clear();
    for (int i = 0; i < 8; ++i) {
      Record ds = signer.ds();
      if (i < 7) ds.rdata.back() = static_cast<char>(ds.rdata.back() ^ (i + 1));
      options_.trust_anchors.push_back(std::move(ds));
    }
    network_ = std::make_unique<dns_test::FakeNetwork>(executor_, respond());
    clock_.set_wall(dns_test::kSignedTime);
    dns::Resolver::State state(*network_, options_);
    dns::Work work;
    executor_.block_on(state.validate_keys(work, name("bank.test"), finding));
    return finding.security;
  };
  EXPECT_EQ(check(0), dns::Security::Secure);
  EXPECT_EQ(check(3), dns::Security::Secure);
  EXPECT_EQ(check(12), dns::Security::Bogus);
}

// A zone may send as many signatures as fit beside each of its NSEC records.
TEST(DnsLimitsOfProofs, TheirBytesAreCounted) {
  dns::Proofs proofs;
  const Signer signer(name("a.test"));
  const Record soa = dns::parse_record("a.test. 60 SOA a. b. 1 1 1 1 60").value();
  const auto keep = [&](int i) {
    const std::string owner = "n" + std::to_string(100'000 + i) + ".a.test.";
    const Record nsec = dns::parse_record(owner + " 60 NSEC " + owner + " A RRSIG NSEC").value();
    dns::Finding finding;
    finding.authorities = {soa, signer.sign({soa}), nsec, signer.sign({nsec})};
    dns::Rrsig junk = dns::Rrsig::decode(finding.authorities.back().rdata).value();
    junk.signature = std::string(60'000, 'x');
    finding.authorities.push_back(finding.authorities.back());
    finding.authorities.back().rdata = junk.encode();
    proofs.keep(name("a.test"), finding, {nsec}, Instant{} + seconds(60));
  };
  for (int i = 0; i < 1000; ++i) keep(i);  // 60 MB
  EXPECT_GT(proofs.size(), 0U);
  EXPECT_LE(proofs.size(), 16U * 1024 * 1024 / 60'000);
}

TEST_F(DnsLimits, CachedLoopsOfAliasesEnd) {
  (void)ask("x.bank.test");
  const Message query = Message::query(name("x.bank.test"), Type::A, false);
  EXPECT_EQ(executor_.block_on(resolver_->handle(query, {})).answers.size(), 2U);
}

TEST_F(DnsLimits, QueriesOfOneQuestionAreCounted) {
  options_.queries_max = 3;
  const Answer answer = ask("deep.a.b.c.bank.test");
  EXPECT_EQ(answer.rcode, Rcode::ServFail);
  EXPECT_EQ(answer.error, Ede::Other);
  EXPECT_EQ(asked_.size(), 3U);
}

// CVE-2020-8616: of the many names that a referral gives, three are looked up.
TEST_F(DnsLimits, ThreeServerNamesOfAZoneAreLookedUp) {
  options_.randomise_case = false;
  refer([](const Message&, Message& answer) {
    for (int i = 0; i < 40; ++i)
      answer.authorities.push_back(
          ns(name("sub.evil.test"), name("n" + std::to_string(i) + ".bank.test")));
  });
  EXPECT_EQ(ask("a.sub.evil.test").rcode, Rcode::ServFail);
  std::set<std::string> looked_up;
  for (const std::string& line : asked_)
    if (const auto start = line.find(" n"); line.find(".bank.test. IN") != line.npos)
      looked_up.insert(line.substr(start, line.find('.', start) - start));
  EXPECT_EQ(looked_up.size(), 3U);
}

// Each zone's server is named in the next zone, without an address.
TEST_F(DnsLimits, TwelveServerNamesOfAQuestionAreLookedUp) {
  options_.randomise_case = false;
  std::string zone = "chain. SOA a. b. 1 1 1 1 60\nchain. NS ns.chain.\nns.chain. A 192.0.2.2\n";
  for (int i = 0; i < 60; ++i)
    zone += "z" + std::to_string(i) + ".chain. NS ns.z" + std::to_string(i + 1) + ".chain.\n";
  serve("192.0.2.2", zone);
  serve("192.0.2.1", "chain. SOA a. b. 1 1 1 1 60\n");
  options_.zones = {{Name(), {at("192.0.2.2", 0)}, false}};
  serve("192.0.2.2", ". SOA a. b. 1 1 1 1 60\nchain. NS ns.chain.\nns.chain. A 192.0.2.2\n");
  EXPECT_EQ(ask("www.z0.chain").rcode, Rcode::ServFail);
  std::set<std::string> zones;
  for (const std::string& line : asked_)
    if (const auto start = line.find(" z"); start != line.npos)
      zones.insert(line.substr(start, line.find(".chain", start) - start));
  EXPECT_EQ(zones.size(), 13U);  // the question's own, and those of twelve names
}

TEST_F(DnsLimits, ReferralsEnd) {
  refer([](const Message& query, Message& answer) {
    static std::size_t depth = 2;
    const Name zone = query.questions[0].name.suffix(++depth);
    const Name server = zone.child("ns").value();
    answer.authorities = {ns(zone, server)};
    answer.additionals = {dns::address_record(server, 300, at("192.0.2.66").ip())};
  });
  std::string deep = "evil.test";
  for (int i = 0; i < 60; ++i) deep = "d." + deep;
  options_.minimise = false;
  const Answer answer = ask(deep);
  EXPECT_EQ(answer.rcode, Rcode::ServFail);
  EXPECT_NE(answer.reason.find("too many referrals"), std::string::npos) << answer.reason;
  EXPECT_LT(asked_.size(), 40U);
}

// Who sends many answers guesses: the question goes over TCP.
TEST_F(DnsLimits, SixteenAnswersThatDoNotFitLeadToTcp) {
  int wrong = 15, streams = 0;
  lie_ = [&](const tcp::SocketAddress& server, const Message&, Message answer, bool stream) {
    std::vector<Packet> packets;
    Message forged = answer;
    for (int i = 0; i < wrong && !stream; ++i) {
      ++forged.id;
      packets.push_back({server, forged.encode().value()});
    }
    streams += stream ? 1 : 0;
    packets.push_back({server, answer.encode().value()});
    return packets;
  };
  EXPECT_EQ(address(ask("www.bank.test")), "203.0.113.1");
  EXPECT_EQ(streams, 0);
  wrong = 16;
  EXPECT_EQ(address(ask("deep.a.b.c.bank.test")), "203.0.113.2");
  EXPECT_GT(streams, 0);
}

TEST_F(DnsLimits, IdsAndLettersAreRandom) {
  std::set<std::uint16_t> ids;
  std::set<std::string> spellings;
  int queries = 0;
  lie_ = [&](const tcp::SocketAddress& server, const Message& query, Message answer, bool) {
    ++queries;
    ids.insert(query.id);
    if (query.questions[0].name == name("www.bank.test"))
      spellings.insert(query.questions[0].name.wire());
    return std::vector<Packet>{{server, answer.encode().value()}};
  };
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(address(ask("www.bank.test")), "203.0.113.1");
    clock_.advance(seconds(301));
  }
  EXPECT_GT(queries, 64);
  EXPECT_GE(static_cast<int>(ids.size()), queries - 3);
  EXPECT_GT(*ids.rbegin() - *ids.begin(), 32768);
  EXPECT_GE(spellings.size(), 55U);  // of 2^11
}

TEST_F(DnsLimits, StopEndsWhatIsUnderWay) {
  lie_ = [](const tcp::SocketAddress&, const Message&, Message, bool) {
    return std::vector<Packet>();
  };
  network_ = std::make_unique<dns_test::FakeNetwork>(executor_, respond());
  dns::Resolver resolver(*network_, options_);
  struct Run {
    static future::Task<Answer> stopped(async::Executor* executor, dns::Resolver* resolver) {
      dns::Question question{name("www.bank.test"), Type::A};
      auto asking = executor->spawn(resolver->resolve(std::move(question)));
      const Duration pause = milliseconds(100);
      co_await future::sleep(pause);
      resolver->stop();
      Answer answer = co_await asking;
      co_return std::move(answer);
    }
  };
  const Instant start = executor_.now();
  EXPECT_EQ(executor_.block_on(Run::stopped(&executor_, &resolver)).rcode, Rcode::ServFail);
  EXPECT_LT((executor_.now() - start).milliseconds(), 200);
}

TEST_F(DnsLimits, ServersOfAReferralAreFew) {
  const dns::Question question{name("a.sub.test"), Type::A};
  Message message = Message::answer_to(Message::query(question.name, question.type));
  for (int i = 0; i < 40; ++i) {
    const Name server = name("n" + std::to_string(i) + ".sub.test");
    message.authorities.push_back(ns(name("sub.test"), server));
    for (std::uint8_t j = 1; j <= 3; ++j)
      message.additionals.push_back(
          dns::address_record(server, 300, tcp::IpAddress::v4(192, 0, 2, j)));
  }
  dns::Delegation from;
  from.zone = name("test");
  const dns::Reply reply = dns::judge(message, question, from, 53);
  ASSERT_EQ(reply.kind, dns::Reply::Kind::Referral);
  EXPECT_EQ(reply.referral.servers.size(), 16U);
  std::size_t addresses = 0;
  for (const auto& server : reply.referral.servers) addresses += server.addresses.size();
  EXPECT_EQ(addresses, 32U);
}

TEST_F(DnsLimits, DelegationsAndMannersAreForgottenInTime) {
  lie_ = [](const tcp::SocketAddress& server, const Message&, Message answer, bool) {
    return std::vector<Packet>{{server, answer.encode().value()}};
  };
  network_ = std::make_unique<dns_test::FakeNetwork>(executor_, respond());
  dns::Resolver::State state(*network_, options_);
  for (int i = 0; i < 65'537; ++i) {
    dns::Delegation one;
    one.zone = name("z" + std::to_string(i) + ".test");
    (void)state.keep(std::move(one));
  }
  EXPECT_LE(state.delegations.lock()->size(), 65'536U);
  EXPECT_NE(state.closest_delegation(name("www.z65536.test"))->zone, Name());
  dns::Work work;
  work.queries = 10'000;
  dns::Delegation root;
  const auto from = std::make_shared<const dns::Delegation>(root);
  for (int i = 0; i < 8'200; ++i) {
    const auto low = static_cast<std::uint8_t>(i), high = static_cast<std::uint8_t>(i >> 8);
    dns::Question question{name("x"), Type::A};
    (void)executor_.block_on(state.ask_server(work, from, std::move(question),
                                              {tcp::IpAddress::v4(10, 0, high, low), 53}));
    ASSERT_LE(state.behaviours.lock()->size(), 8'193U);
  }
}

TEST(DnsLimitsOfTime, CacheEntriesLiveADayAndBogusOnesHalfAMinute) {
  dns::Cache cache;
  const auto keep = [&](dns::Outcome outcome, dns::Security security) {
    dns::Finding finding;
    finding.outcome = outcome;
    finding.security = security;
    finding.ttl = 10'000'000;
    return cache.insert(name("a.test"), Type::A, std::move(finding), Instant{})->ttl;
  };
  EXPECT_EQ(keep(dns::Outcome::Records, dns::Security::Secure), 86'400U);
  EXPECT_EQ(keep(dns::Outcome::NoData, dns::Security::Secure), 10'800U);
  EXPECT_EQ(keep(dns::Outcome::Records, dns::Security::Bogus), 30U);
}

TEST(DnsLimitsOfMessages, NamesFollow64Pointers) {
  for (const int pointers : {64, 65}) {
    std::string bytes(12, '\0');
    bytes += std::string("\1a\0", 3);
    std::size_t at = 12;
    for (int i = 0; i < pointers; ++i) {
      const std::size_t before = at;
      at = bytes.size();
      bytes += "\1a";
      bytes.push_back(static_cast<char>(0xc0 | before >> 8));
      bytes.push_back(static_cast<char>(before));
    }
    EXPECT_EQ(Name::decode(as_bytes(bytes), at).has_value(), pointers == 64);
  }
}

TEST(DnsLimitsOfMessages, AnswersFitTheClient) {
  Message query = Message::query(name("a.test"), Type::TXT);
  Message answer = Message::answer_to(query);
  for (int i = 0; i < 60; ++i)
    answer.answers.push_back({name("a.test"), Type::TXT, dns::Class::IN, 1,
                              '\x20' + std::string(30, 'x') + std::to_string(10 + i)});
  const auto sent = [&](std::size_t most) {
    const std::string bytes = dns::encode_for_udp(answer, query, most);
    EXPECT_TRUE(Message::decode(as_bytes(bytes))->truncated);
    return bytes.size();
  };
  EXPECT_LE(sent(1232), 512U);  // without EDNS
  query.edns.emplace().udp_bytes = 900;
  answer.edns.emplace();
  EXPECT_LE(sent(1232), 900U);
  query.edns->udp_bytes = 65'535;
  EXPECT_LE(sent(1232), 1232U);
  query.edns->udp_bytes = 100;  // RFC 6891 section 6.2.3: no less than 512
  answer.answers.resize(5);
  EXPECT_FALSE(Message::decode(as_bytes(dns::encode_for_udp(answer, query, 1232)))->truncated);
}

TEST(DnsLimitsOfMessages, PaddingFillsBlocks) {
  for (std::size_t label = 1; label < 60; ++label) {
    Message query = Message::query(name(std::string(label, 'x') + ".test"), Type::A);
    dns::pad_to(query, 128);
    dns::pad_to(query, 128);
    EXPECT_EQ(query.encode()->size(), 128U) << label;
    EXPECT_EQ(query.edns->options.size(), 1U);
  }
}

TEST(DnsLimitsOfFiles, AreNamed) {
  const auto refused = [](std::string_view text, const dns::ZoneFileOptions& options) {
    const auto records = dns::parse_zone_file(text, options);
    return !records.has_value() && records.error().is(Errc::LimitExceeded);
  };
  dns::ZoneFileOptions options;
  options.records_max = 2;
  EXPECT_FALSE(refused("a. A 192.0.2.1\nb. A 192.0.2.1\n", options));
  EXPECT_TRUE(refused("a. A 192.0.2.1\nb. A 192.0.2.1\nc. A 192.0.2.1\n", options));
  options.bytes_max = 20;
  EXPECT_TRUE(refused("a. A 192.0.2.1 ; more\n", options));
  EXPECT_TRUE(refused("a. TXT \"" + std::string(300'000, 'x') + "\"\n", {}));
}

// RFC 5452 section 9.2: ports that an attacker must guess, beyond those that the system hands out.
TEST(DnsLimitsOfGuessing, PortsAreRandom) {
  async::Runtime runtime({.threads = 1});
  dns::SystemNetwork network(runtime);
  std::set<std::uint16_t> ports;
  for (int i = 0; i < 200; ++i) {
    const auto socket = network.open_udp(tcp::SocketAddress::loopback(53));
    ASSERT_TRUE(socket.has_value()) << socket.error().to_string();
    ports.insert((*socket)->local_address()->port());
  }
  EXPECT_GT(ports.size(), 150U);
  EXPECT_GE(*ports.begin(), 1024);
  EXPECT_LT(*ports.begin(), 20'000);
  EXPECT_GT(*ports.rbegin(), 45'000);
}

}  // namespace
