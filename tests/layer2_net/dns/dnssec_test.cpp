// Validation without programs: zones that the tests sign, and the work that hostile ones may cost.
#include <avila/cell/guarded.hpp>
#include <avila/crypto/ed25519.hpp>
#include <avila/random/chacha.hpp>
#include <avila/text/encoding.hpp>

#include "proofs.hpp"
#include "resolver_fixture.hpp"
#include "signer.hpp"

namespace {

using namespace dns_test;
using dns::Record;
using dns::Security;

Name name(const std::string& text) { return Name::parse(text).value(); }
Record record(const std::string& text) { return dns::parse_record(text).value(); }

/// A signature over one set, and keys of the same tag; the right one is at `place`.
struct Collisions {
  Signer signer{name("a.test")};
  std::vector<Record> set{record("www.a.test. 300 A 192.0.2.1")};
  std::vector<Record> signatures{signer.sign(set)};

  std::vector<Record> keys(std::size_t count, std::size_t place) const {
    std::vector<Record> all;
    for (std::size_t i = 0; i < count; ++i) {
      all.push_back(signer.dnskey());
      // Two bytes of the sum are exchanged: the tag stays (RFC 4034 appendix B).
      if (i != place)
        std::swap(all.back().rdata[4 + i % 4], all.back().rdata[8 + i % 4 + i / 4 * 2]);
    }
    return all;
  }
  bool verifies(const std::vector<Record>& keys, dns::DnssecBudget& budget) const {
    return dns::verify_set(set, signatures, name("a.test"), keys, kSignedTime, {}, budget).verified;
  }
};

// CVE-2023-50387 (KeyTrap): keys of one tag times signatures.
TEST(DnsKeyTrap, FourKeysOfATagAreTried) {
  const Collisions trap;
  dns::DnssecBudget budget;
  const auto four = trap.keys(4, 3), five = trap.keys(5, 4);
  for (const Record& key : five)
    ASSERT_EQ(dns::key_tag(key.rdata), dns::key_tag(trap.signer.dnskey().rdata));
  EXPECT_TRUE(trap.verifies(four, budget));
  EXPECT_EQ(budget.signatures, 60);
  EXPECT_FALSE(trap.verifies(five, budget));
  EXPECT_GE(budget.signatures, 56);
}

TEST(DnsKeyTrap, EightSignaturesOfASetAreTried) {
  Collisions trap;
  const Record good = trap.signatures[0];
  Record bad = good;
  bad.rdata.back() = static_cast<char>(bad.rdata.back() ^ 1);
  const auto keys = trap.keys(1, 0);
  dns::DnssecBudget budget;
  trap.signatures.assign(7, bad);
  trap.signatures.push_back(good);
  EXPECT_TRUE(trap.verifies(keys, budget));
  trap.signatures.insert(trap.signatures.begin(), bad);
  EXPECT_FALSE(trap.verifies(keys, budget));
  EXPECT_GE(budget.signatures, 64 - 16);
}

TEST(DnsKeyTrap, TheBudgetOfAQuestionEnds) {
  const Collisions trap;
  const auto keys = trap.keys(4, 3);
  dns::DnssecBudget budget;
  budget.signatures = 3;
  EXPECT_FALSE(trap.verifies(keys, budget));
  budget.signatures = 4;
  EXPECT_TRUE(trap.verifies(keys, budget));
}

/// NSEC3 of "a.test" that covers everything but the apex, which it matches.
std::vector<Record> nsec3(std::uint16_t iterations) {
  const std::string hash = dns::nsec3_hash(name("a.test"), 1, iterations, "").value();
  dns::Nsec3 data;
  data.iterations = iterations;
  data.next_hash = hash;
  data.next_hash.back() = static_cast<char>(data.next_hash.back() + 1);
  data.types = dns::Nsec::decode(record("a. NSEC b. SOA NS").rdata)->types;
  Record match{name("a.test").child(text::base32hex_encode(hash)).value(), Type::NSEC3,
               dns::Class::IN, 60, data.encode()};
  dns::Nsec3 cover = data;
  std::swap(cover.next_hash, data.next_hash);
  cover.next_hash = hash;
  Record covers{name("a.test").child(text::base32hex_encode(data.next_hash)).value(), Type::NSEC3,
                dns::Class::IN, 60, cover.encode()};
  return {match, covers};
}

// CVE-2023-50868: hashes of a name of many labels.
TEST(DnsNsec3, HashesAreCounted) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "x.";
  const auto records = nsec3(50);
  dns::DnssecBudget budget;
  {
    dns::Denial denial(name("a.test"), records, {}, budget);
    EXPECT_EQ(denial.name_error(name("x.a.test")), dns::Proof::Proven);
    EXPECT_GE(budget.nsec3_hashes, 512 - 4);
  }
  budget.nsec3_hashes = 50;
  dns::Denial denial(name("a.test"), records, {}, budget);
  EXPECT_EQ(denial.name_error(name(deep + "a.test")), dns::Proof::None);
  EXPECT_LE(budget.nsec3_hashes, 0);
}

TEST(DnsNsec3, FiftyIterationsAreTheMost) {
  dns::DnssecBudget budget;
  const auto within = nsec3(50), beyond = nsec3(51);
  EXPECT_FALSE(dns::Denial(name("a.test"), within, {}, budget).too_many_iterations());
  EXPECT_TRUE(dns::Denial(name("a.test"), beyond, {}, budget).too_many_iterations());
}

TEST(DnsRsa, KeysOfOddSizesVerifyNothing) {
  const std::vector<Record> set{record("a.test. 300 A 192.0.2.1")};
  for (const std::size_t bits : {512U, 1016U, 1024U, 4096U, 4104U}) {
    dns::Dnskey key{dns::Dnskey::kZoneKey, 3, 8, std::string("\1\3", 2)};
    key.key += '\x80' + std::string(bits / 8 - 2, '\x11') + '\x01';
    const Record dnskey{name("a.test"), Type::DNSKEY, dns::Class::IN, 300, key.encode()};
    dns::Rrsig signature;
    signature.covered = Type::A;
    signature.algorithm = 8;
    signature.labels = 2;
    signature.inception = kInception;
    signature.expiration = kExpiration;
    signature.key_tag = dns::key_tag(dnskey.rdata);
    signature.signer = name("a.test");
    signature.signature.assign(bits / 8, '\x01');
    const auto verdict = dns::verify(set, signature, dnskey, kSignedTime);
    ASSERT_FALSE(verdict.has_value());
    const bool in_range = bits >= 1024 && bits <= 4096;
    EXPECT_EQ(verdict.error().is(Errc::Unsupported), !in_range)
        << bits << ": " << verdict.error().to_string();
  }
}

TEST(DnsProofs, AreForgottenBeyondTheLimit) {
  dns::Proofs proofs;
  const Signer signer(name("a.test"));
  const std::vector<Record> soa{record("a.test. 60 SOA a. b. 1 1 1 1 60")};
  std::size_t most = 0;
  for (int i = 0; i < 340; ++i) {
    dns::Finding finding;
    finding.authorities = {soa[0], signer.sign(soa)};
    std::vector<Record> nsec;
    for (int j = 0; j < 100; ++j) {
      const std::string owner = "n" + std::to_string(100 * i + j);
      nsec.push_back(record(owner + ".a.test. 60 NSEC " + owner + "x.a.test. A RRSIG NSEC"));
    }
    finding.authorities.insert(finding.authorities.end(), nsec.begin(), nsec.end());
    proofs.keep(name("a.test"), finding, nsec, Instant{1'000});
    most = std::max(most, proofs.size());
    ASSERT_GE(proofs.size(), 100U);
  }
  EXPECT_EQ(most, dns::Proofs::kMax / 100 * 100);
  EXPECT_LT(proofs.size(), most);
}

/// A signed root, TLD and zone; "bank.test" has another server beside, that the tests change.
class DnsValidation : public DnsResolver {
 protected:
  DnsValidation() {
    servers_.clear();
    servers_["192.0.2.1"].add(
        root_.sign_zone(". SOA a. b. 1 1 1 1 60\n. NS a.\na. A 192.0.2.1\n"
                        "test. NS ns.test.\nns.test. A 192.0.2.2\n" +
                        tld_.ds().to_string() + '\n'));
    servers_["192.0.2.2"].add(
        tld_.sign_zone("test. SOA a. b. 1 1 1 1 60\ntest. NS ns.test.\nns.test. A 192.0.2.2\n"
                       "bank.test. NS ns.bank.test.\nns.bank.test. A 192.0.2.3\n"
                       "plain.test. NS ns.plain.test.\nns.plain.test. A 192.0.2.4\n" +
                       zone_.ds().to_string() + '\n'));
    servers_["192.0.2.3"].add(
        zone_.sign_zone("bank.test. SOA a. b. 1 1 1 1 60\nbank.test. NS ns.bank.test.\n"
                        "ns.bank.test. A 192.0.2.3\nwww.bank.test. 300 A 203.0.113.1\n"
                        "*.wild.bank.test. 300 A 203.0.113.2\na.x.bank.test. A 203.0.113.3\n"
                        "m.bank.test. TXT here\nsub.bank.test. NS ns.plain.test.\n"));
    serve("192.0.2.4",
          "plain.test. SOA a. b. 1 1 1 1 60\nplain.test. NS ns.plain.test.\n"
          "ns.plain.test. A 192.0.2.4\nwww.plain.test. A 203.0.113.4\n");
    serve("192.0.2.4", "sub.bank.test. SOA a. b. 1 1 1 1 60\nx.sub.bank.test. A 203.0.113.5\n");
    options_.trust_anchors = {root_.ds()};
    clock_.set_wall(kSignedTime);
  }
  void expect(const std::string& asked, Type type, Rcode rcode, Security security) {
    const Answer answer = ask(asked, type);
    EXPECT_EQ(answer.rcode, rcode) << asked << ": " << answer.reason;
    EXPECT_EQ(answer.security, security) << asked << ": " << answer.reason;
  }

  const Signer root_{Name(), 1}, tld_{name("test"), 2}, zone_{name("bank.test"), 3};
};

TEST_F(DnsValidation, TellsSecureFromInsecure) {
  expect("www.bank.test", Type::A, Rcode::NoError, Security::Secure);
  expect("q.wild.bank.test", Type::A, Rcode::NoError, Security::Secure);
  expect("nope.bank.test", Type::A, Rcode::NxDomain, Security::Secure);
  expect("x.bank.test", Type::A, Rcode::NoError, Security::Secure);
  expect("www.bank.test", Type::TXT, Rcode::NoError, Security::Secure);
  expect("www.plain.test", Type::A, Rcode::NoError, Security::Insecure);
  expect("x.sub.bank.test", Type::A, Rcode::NoError, Security::Insecure);
}

TEST_F(DnsValidation, RefusesWhatIsForgedOrStripped) {
  lie_ = [](const tcp::SocketAddress& server, const Message& query, Message answer, bool) {
    if (server.ip() == at("192.0.2.3").ip()) {
      if (query.questions[0].type == Type::A && !answer.answers.empty())
        answer.answers[0].rdata.back() = '\x42';
      else if (query.questions[0].type == Type::TXT)
        std::erase_if(answer.authorities,
                      [](const Record& each) { return each.type != Type::SOA; });
    }
    return std::vector<Packet>{{server, answer.encode().value()}};
  };
  expect("www.bank.test", Type::A, Rcode::ServFail, Security::Bogus);
  expect("www.bank.test", Type::TXT, Rcode::ServFail, Security::Bogus);
}

TEST_F(DnsValidation, TakesSignaturesInTheirTimeOnly) {
  clock_.set_wall({std::int64_t{kExpiration + 1} * 1'000'000'000});
  const Answer late = ask("www.bank.test");
  EXPECT_EQ(late.error, Ede::SignatureExpired) << late.reason;
  resolver_.reset();
  clock_.set_wall({std::int64_t{kInception - 1} * 1'000'000'000});
  const Answer early = ask("www.bank.test");
  EXPECT_EQ(early.error, Ede::SignatureNotYetValid) << early.reason;
}

TEST_F(DnsValidation, TheBudgetOfAQuestionEnds) {
  options_.dnssec_budget.signatures = 5;  // keys of three zones, two DS: nothing for the data
  expect("www.bank.test", Type::A, Rcode::ServFail, Security::Bogus);
  resolver_.reset();
  options_.dnssec_budget.signatures = 6;
  expect("www.bank.test", Type::A, Rcode::NoError, Security::Secure);
}

// RFC 8198: absent names and types of a zone whose proofs are known cost no query.
TEST_F(DnsValidation, DeniesOutOfCachedProofs) {
  expect("nope.bank.test", Type::A, Rcode::NxDomain, Security::Secure);
  expect("www.bank.test", Type::TXT, Rcode::NoError, Security::Secure);
  const std::size_t before = asked_.size();
  expect("nope2.bank.test", Type::A, Rcode::NxDomain, Security::Secure);
  expect("deep.below.nopf.bank.test", Type::MX, Rcode::NxDomain, Security::Secure);
  expect("www.bank.test", Type::MX, Rcode::NoError, Security::Secure);
  EXPECT_EQ(asked_.size(), before);
  EXPECT_EQ(resolver_->metrics().denied, 3U);
  const Answer made = ask("nope3.bank.test");
  const auto count = [&](Type type) {
    return std::count_if(made.authorities.begin(), made.authorities.end(),
                         [&](const Record& each) { return each.type == type; });
  };
  EXPECT_EQ(count(Type::SOA), 1);
  EXPECT_EQ(count(Type::NSEC), 2);  // the name's gap, and the wildcard's
  EXPECT_EQ(count(Type::RRSIG), 3);
  EXPECT_LE(made.authorities[0].ttl, 60U);
  // What is there is found, whatever is proven beside it.
  expect("www.bank.test", Type::A, Rcode::NoError, Security::Secure);
  expect("any.wild.bank.test", Type::A, Rcode::NoError, Security::Secure);
  expect("a.x.bank.test", Type::A, Rcode::NoError, Security::Secure);
  expect("x.bank.test", Type::A, Rcode::NoError, Security::Secure);
  expect("x.sub.bank.test", Type::A, Rcode::NoError, Security::Insecure);
  EXPECT_FALSE(ask("www.bank.test", Type::ANY).answers.empty());
  clock_.advance(seconds(61));
  const std::size_t later = asked_.size();
  expect("nope4.bank.test", Type::A, Rcode::NxDomain, Security::Secure);
  EXPECT_GT(asked_.size(), later);
}

TEST_F(DnsValidation, DeniesNothingWhereItIsToldNotTo) {
  options_.insecure = {name("nope2.bank.test")};
  expect("nope.bank.test", Type::A, Rcode::NxDomain, Security::Secure);
  std::size_t before = asked_.size();
  expect("nope2.bank.test", Type::A, Rcode::NxDomain, Security::Indeterminate);
  EXPECT_GT(asked_.size(), before);
  resolver_.reset();
  options_.aggressive_nsec = false;
  expect("nope.bank.test", Type::A, Rcode::NxDomain, Security::Secure);
  before = asked_.size();
  expect("nope3.bank.test", Type::A, Rcode::NxDomain, Security::Secure);
  EXPECT_GT(asked_.size(), before);
}

// Every name of a small alphabet, by a resolver that denies and by one that asks: the same.
TEST_F(DnsValidation, ProofsNeverDenyWhatIsThere) {
  std::vector<std::string> names;
  for (const char* label : {"a", "m", "nope", "sub", "wild", "www", "x", "zz", "*"})
    for (const char* below : {"", "a.", "x.", "*.", "q.r."})
      names.push_back(std::string(below) + label + ".bank.test");
  dns_test::FakeNetwork network(executor_, respond());
  dns::Resolver eager(network, options_);
  options_.aggressive_nsec = false;
  for (int round = 0; round < 2; ++round)
    for (const std::string& asked : names)
      for (const Type type : {Type::A, Type::TXT, Type::DS, Type::NS, Type::NSEC}) {
        const dns::Question question{name(asked), type};
        const Answer made = executor_.block_on(eager.resolve(question)), plain = ask(asked, type);
        EXPECT_EQ(made.rcode, plain.rcode) << question.to_string();
        EXPECT_EQ(made.security, plain.security) << question.to_string();
        EXPECT_EQ(made.answers.size(), plain.answers.size()) << question.to_string();
      }
  EXPECT_GT(eager.metrics().denied, 100U);
}

}  // namespace
