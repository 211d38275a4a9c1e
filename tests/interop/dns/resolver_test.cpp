// Our resolver over a private root, a TLD and zones of named and knotd; dig, delv and kdig in front
// of it.
#include <avila/crypto/key.hpp>
#include <avila/dns/doh.hpp>
#include <avila/http/server.hpp>
#include <avila/http2/server.hpp>
#include <avila/os/clock.hpp>
#include <avila/tls/security.hpp>
#include <avila_test/dns_lab.hpp>
#include <avila_test/tls.hpp>

namespace {

using namespace avila;
using avila_test::read_text;
using avila_test::run_command;
using avila_test::write_text;
using avila_test::ZoneSpec;
using dns::Answer;
using dns::Ede;
using dns::Rcode;
using dns::Security;
using dns::Type;

const std::string kRecords =
    "www A 192.0.2.1\nwww AAAA 2001:db8::1\nalias CNAME www\n*.wild A 192.0.2.2\n"
    "far CNAME www.ed.test.\nmail MX 10 www\na.b.c TXT \"deep\"\n";

class DnsResolution : public ::testing::Test {
 public:
  static void SetUpTestSuite() {
    for (const char* program : {"named", "knotd", "keymgr", "dnssec-signzone", "dig"})
      if (!avila_test::have_program(program)) return;
    runtime_ = new async::Runtime({.threads = 2});
    lab_ = new avila_test::DnsLab(*runtime_);
    std::string children;
    const auto add = [&](ZoneSpec spec) {
      spec.extra = kRecords + spec.extra;
      lab_->add(spec);
      children += lab_->delegation(spec.name, spec.server);
    };
    add({.name = "good.test"});
    add({.name = "nsec3.test", .algorithm = "RSASHA256", .sign_options = "-3 abcd -H 5"});
    add({.name = "optout.test",
         .sign_options = "-3 - -H 0 -A",
         .extra = "sub NS ns.sub\nns.sub A 127.0.0.1\n"});
    add({.name = "ed.test", .algorithm = "ED25519"});
    add({.name = "p384.test", .algorithm = "ECDSAP384SHA384"});
    add({.name = "rsa512.test", .algorithm = "RSASHA512"});
    add({.name = "many.test", .sign_options = "-3 - -H 100"});
    add({.name = "insecure.test", .is_signed = false});
    add({.name = "expired.test", .sign_options = "-s 20200101000000 -e 20200201000000"});
    add({.name = "future.test", .sign_options = "-s 20600101000000 -e 20600201000000"});
    add({.name = "wrongkey.test", .other_key_in_parent = true});
    add({.name = "forged.test"});
    lab_->edit("forged.test", "sed 's/192\\.0\\.2\\.1$/192.0.2.66/'");
    for (const char* name : {"nonsec.test", "nonsec3.test", "nosig.test"}) {
      ZoneSpec spec{.name = name, .server = avila_test::DnsLab::kOurs};
      if (spec.name == "nonsec3.test") spec.sign_options = "-3 - -H 0";
      spec.sign_options += " -O full";
      add(spec);
    }
    lab_->edit("nonsec.test", "grep -v 'NSEC[[:space:]]'");
    lab_->edit("nonsec3.test", "grep -v -e 'NSEC3.[0-9]' -e 'RRSIG.NSEC3 '");
    lab_->edit("nosig.test", "grep -v 'RRSIG.A '");
    lab_->start_signing_knot("knot.test", "127.0.0.14", kRecords);
    children += lab_->delegation("knot.test", "127.0.0.14");
    children += "lame NS ns.lame\nns.lame A 127.0.0.12\n";
    lab_->add({.name = "test", .extra = children, .server = "127.0.0.12"});
    lab_->add(
        {.name = ".", .extra = lab_->delegation("test", "127.0.0.12"), .server = "127.0.0.11"});
    lab_->start_named();
    lab_->start_knot("127.0.0.11");
    lab_->start_knot("127.0.0.12");
    lab_->start_ours();
  }
  static void TearDownTestSuite() {
    delete lab_;
    delete runtime_;
    lab_ = nullptr;
    runtime_ = nullptr;
  }

 protected:
  void SetUp() override {
    AVILA_REQUIRE_PROGRAM("named");
    AVILA_REQUIRE_PROGRAM("knotd");
    AVILA_REQUIRE_PROGRAM("keymgr");
    AVILA_REQUIRE_PROGRAM("dnssec-signzone");
    AVILA_REQUIRE_PROGRAM("dig");
    network_ = std::make_unique<dns::SystemNetwork>(*runtime_);
    resolver_ = std::make_unique<dns::Resolver>(*network_, lab_->resolver_options());
  }
  Answer ask(const std::string& name, Type type = Type::A, bool cd = false) {
    const dns::Question question{dns::Name::parse(name).value(), type};
    return runtime_->block_on(resolver_->resolve(question, cd));
  }
  void expect_secure(const std::string& name, Type type, Rcode rcode) {
    const Answer answer = ask(name, type);
    EXPECT_EQ(answer.rcode, rcode) << name << ": " << answer.reason;
    EXPECT_EQ(answer.security, Security::Secure) << name << ": " << answer.reason;
  }
  void expect_refused(const std::string& name, Type type, Ede error) {
    const Answer answer = ask(name, type);
    EXPECT_EQ(answer.rcode, Rcode::ServFail) << name;
    EXPECT_EQ(answer.security, Security::Bogus) << name;
    EXPECT_TRUE(answer.answers.empty());
    ASSERT_TRUE(answer.error.has_value()) << name;
    EXPECT_EQ(*answer.error, error)
        << name << ": " << dns::to_string(*answer.error) << ": " << answer.reason;
  }
  static inline async::Runtime* runtime_ = nullptr;
  static inline avila_test::DnsLab* lab_ = nullptr;
  std::unique_ptr<dns::SystemNetwork> network_;
  std::unique_ptr<dns::Resolver> resolver_;
};

TEST_F(DnsResolution, ResolvesAndValidatesEveryAlgorithm) {
  for (const std::string zone :
       {"good.test", "nsec3.test", "ed.test", "p384.test", "rsa512.test"}) {
    expect_secure("www." + zone, Type::A, Rcode::NoError);
    expect_secure("www." + zone, Type::AAAA, Rcode::NoError);
    expect_secure("alias." + zone, Type::A, Rcode::NoError);
    expect_secure("x.y.wild." + zone, Type::A, Rcode::NoError);
    expect_secure("nope." + zone, Type::A, Rcode::NxDomain);
    expect_secure("www." + zone, Type::TXT, Rcode::NoError);
    expect_secure("x.wild." + zone, Type::TXT, Rcode::NoError);
    expect_secure("b.c." + zone, Type::A, Rcode::NoError);  // an empty non-terminal
    expect_secure(zone, Type::DNSKEY, Rcode::NoError);
    expect_secure(zone, Type::DS, Rcode::NoError);
  }
  const Answer far = ask("far.good.test");
  EXPECT_EQ(far.security, Security::Secure) << far.reason;
  EXPECT_EQ(far.answers.size(), 4U);  // a CNAME, an address, and a signature of each
  expect_secure("nope", Type::A, Rcode::NxDomain);
  EXPECT_LT(resolver_->metrics().queries, 120U);
}

TEST_F(DnsResolution, ResolvesWhatKnotSigns) {
  expect_secure("www.knot.test", Type::A, Rcode::NoError);
  expect_secure("x.wild.knot.test", Type::A, Rcode::NoError);
  expect_secure("nope.knot.test", Type::A, Rcode::NxDomain);
  expect_secure("www.knot.test", Type::TXT, Rcode::NoError);
}

TEST_F(DnsResolution, KnowsWhatIsNotSigned) {
  for (const std::string name : {"www.insecure.test", "x.wild.insecure.test"}) {
    const Answer answer = ask(name);
    EXPECT_EQ(answer.rcode, Rcode::NoError) << name << answer.reason;
    EXPECT_EQ(answer.security, Security::Insecure) << name << answer.reason;
  }
  EXPECT_EQ(ask("nope.insecure.test").rcode, Rcode::NxDomain);
  // Opt-out: absence is not proven, presence is.
  EXPECT_EQ(ask("www.optout.test").security, Security::Secure);
  EXPECT_EQ(ask("nope.optout.test").security, Security::Insecure);
  // RFC 9276: proofs with 100 iterations are worth nothing, data is.
  EXPECT_EQ(ask("www.many.test").security, Security::Secure);
  const Answer many = ask("nope.many.test");
  EXPECT_EQ(many.rcode, Rcode::NxDomain);
  EXPECT_EQ(many.security, Security::Insecure);
  EXPECT_EQ(many.error, Ede::UnsupportedNsec3Iterations);
}

TEST_F(DnsResolution, RefusesBrokenSignatures) {
  expect_refused("www.expired.test", Type::A, Ede::SignatureExpired);
  expect_refused("www.future.test", Type::A, Ede::SignatureNotYetValid);
  expect_refused("www.wrongkey.test", Type::A, Ede::DnskeyMissing);
  expect_refused("www.forged.test", Type::A, Ede::DnssecBogus);
  expect_refused("www.nosig.test", Type::A, Ede::RrsigsMissing);
  const Answer anyway = ask("www.forged.test", Type::A, true);
  EXPECT_EQ(anyway.rcode, Rcode::NoError);
  EXPECT_FALSE(anyway.answers.empty());
}

TEST_F(DnsResolution, RefusesMissingProofs) {
  for (const std::string zone : {"nonsec.test", "nonsec3.test"}) {
    expect_secure("www." + zone, Type::A, Rcode::NoError);
    expect_refused("nope." + zone, Type::A, Ede::NsecMissing);
    expect_refused("www." + zone, Type::TXT, Ede::NsecMissing);
    expect_refused("x.wild." + zone, Type::A, Ede::NsecMissing);
  }
}

TEST_F(DnsResolution, GivesUpOnLameServers) {
  const Answer answer = ask("www.lame.test");
  EXPECT_EQ(answer.rcode, Rcode::ServFail);
  EXPECT_EQ(answer.error, Ede::NoReachableAuthority);
}

TEST_F(DnsResolution, ServesDigAndKdigOverEveryChannel) {
  os::SeededEntropy entropy(5);
  auto key = crypto::PrivateKey::generate(crypto::KeyType::P256, entropy).value();
  auto credential = std::make_shared<tls::Credential>(tls::Credential{
      .chain = {avila_test::self_signed(key, "resolver.test", entropy)}, .key = std::move(key)});
  const auto slot_for = [&](std::vector<std::string> alpn) {
    auto config = std::make_shared<tls::ServerConfig>();
    config->credentials = {credential};
    config->alpn = std::move(alpn);
    return tls::ServerConfigSlot(std::move(config));
  };
  const tls::ServerConfigSlot dot_slot = slot_for({"dot"}), doh_slot = slot_for({"h2", "http/1.1"});
  tls::Security dot(&dot_slot), doh(&doh_slot);
  dns::Server server(*runtime_, *resolver_);
  const auto address = server.listen(tcp::SocketAddress::loopback(0)).value();
  const auto tls_address = server.listen_tls(tcp::SocketAddress::loopback(0), dot).value();
  dns::DohHandler doh_handler(*resolver_);
  http2::Server http2;
  http::ServerOptions http_options;
  http_options.security = &doh;
  http_options.http2 = &http2;
  http::Server https(*runtime_, doh_handler, http_options);
  ASSERT_TRUE(https.listen("127.0.0.1:0").has_value());

  const std::string at = " @127.0.0.1 -p " + std::to_string(address.port()) + " ";
  const auto dig = run_command("dig" + at + "+dnssec www.good.test A");
  EXPECT_NE(dig.out.find("status: NOERROR"), std::string::npos) << dig.out;
  EXPECT_NE(dig.out.find(" ad;"), std::string::npos) << dig.out;
  EXPECT_NE(dig.out.find("RRSIG"), std::string::npos) << dig.out;
  const auto bogus = run_command("dig" + at + "www.expired.test A");
  EXPECT_NE(bogus.out.find("status: SERVFAIL"), std::string::npos) << bogus.out;
  EXPECT_NE(bogus.out.find("EDE: 7"), std::string::npos) << bogus.out;
  EXPECT_EQ(run_command("dig" + at + "+tcp +short x.wild.nsec3.test A").out, "192.0.2.2\n");
  // delv validates by itself, over what our resolver hands on.
  if (avila_test::have_program("delv")) {
    std::istringstream anchor(lab_->anchor());
    std::string owner, in, ds, tag, algorithm, kind, digest, more;
    anchor >> owner >> in >> ds >> tag >> algorithm >> kind;
    while (anchor >> more) digest += more;
    write_text(lab_->folder() / "delv.keys", "trust-anchors { \".\" static-ds " + tag + " " +
                                                 algorithm + " " + kind + " \"" + digest +
                                                 "\"; };\n");
    const std::string keys = " -a " + (lab_->folder() / "delv.keys") + " +root=. ";
    for (const std::string name : {"www.good.test", "x.wild.nsec3.test"}) {
      const auto delv = run_command("delv" + at + keys + name + " A 2>&1");
      EXPECT_NE(delv.out.find("fully validated"), std::string::npos) << delv.out;
    }
    const auto delv = run_command("delv" + at + keys + "nope.good.test A 2>&1");
    EXPECT_NE(delv.out.find("negative response, fully validated"), std::string::npos) << delv.out;
  }
  if (avila_test::have_program("kdig")) {
    const auto over_tls = run_command("kdig @127.0.0.1 -p " + std::to_string(tls_address.port()) +
                                      " +tls +dnssec www.ed.test A 2>&1");
    EXPECT_NE(over_tls.out.find("192.0.2.1"), std::string::npos) << over_tls.out;
    EXPECT_NE(over_tls.out.find("TLS"), std::string::npos) << over_tls.out;
    for (const std::string how : {"+https=/dns-query", "+https=/dns-query +https-get"}) {
      const auto over_https = run_command("kdig @127.0.0.1 -p " + std::to_string(https.port()) +
                                          " " + how + " www.ed.test A 2>&1");
      EXPECT_NE(over_https.out.find("192.0.2.1"), std::string::npos) << over_https.out;
    }
  }
  // Our own clients of both.
  auto verifier = std::make_shared<tls::PinnedVerifier>();
  verifier->add(credential->chain.front());
  auto client = std::make_shared<tls::ClientConfig>();
  client->verifier = verifier;
  tls::Security plain(nullptr, client);
  const dns::Message query =
      dns::Message::query(dns::Name::parse("www.p384.test").value(), Type::A);
  const auto tls_answer =
      runtime_->block_on(dns::exchange_tls(*network_, plain, tls_address, "resolver.test", query));
  ASSERT_TRUE(tls_answer.has_value()) << tls_answer.error().to_string();
  EXPECT_EQ(tls_answer->answers.size(), 1U);
  dns::DohServer doh_server{tcp::SocketAddress::loopback(https.port()), "resolver.test"};
  const auto https_answer =
      runtime_->block_on(dns::exchange_https(*runtime_, *network_, plain, doh_server, query));
  ASSERT_TRUE(https_answer.has_value()) << https_answer.error().to_string();
  EXPECT_EQ(https_answer->answers.size(), 1U);
  runtime_->block_on(https.shutdown(milliseconds(200)));
  runtime_->block_on(server.shutdown());
}

// dig goes over to TCP where it is told that an answer is truncated.
TEST_F(DnsResolution, AuthorityLimitsRatesAndDigStillGetsAnswers) {
  os::ManualClock clock;  // stands still
  dns::AuthoritativeHandler handler;
  handler.add(dns::Zone::parse(read_text(lab_->zone_path("good.test"))).value());
  dns::ServerOptions options;
  options.rate_limit.emplace();
  options.rate_limit->clock = &clock;
  options.rate_limit->slip = 2;
  dns::Server server(*runtime_, handler, options);
  const auto address = server.listen(tcp::SocketAddress::loopback(0)).value();
  const std::string dig =
      "dig @127.0.0.1 +norecurse +tries=1 +timeout=60 -p " + std::to_string(address.port()) + " ";
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  for (int i = 0; i < 5; ++i) {  // names of a wildcard are one
    const auto answer = run_command(dig + "+ignore n" + std::to_string(i) + ".wild.good.test A");
    EXPECT_TRUE(has(answer.out, "192.0.2.2")) << answer.out;
  }
  const auto slipped = run_command(dig + "+ignore x.wild.good.test A");
  EXPECT_TRUE(has(slipped.out, "flags: qr aa tc;")) << slipped.out;
  EXPECT_TRUE(has(slipped.out, "ANSWER: 0")) << slipped.out;
  const auto dropped = run_command(dig + "+ignore +timeout=1 x.wild.good.test A");
  EXPECT_TRUE(has(dropped.out, "no servers could be reached") || has(dropped.out, "timed out"))
      << dropped.out;
  const auto over_tcp = run_command(dig + "x.wild.good.test A");
  EXPECT_TRUE(has(over_tcp.out, "192.0.2.2")) << over_tcp.out;
  EXPECT_TRUE(has(over_tcp.out, "(TCP)")) << over_tcp.out;
  // Another name, and what is no answer, have rates of their own.
  EXPECT_TRUE(has(run_command(dig + "+ignore www.good.test A").out, "192.0.2.1"));
  for (int i = 0; i < 5; ++i) {
    const auto absent = run_command(dig + "+ignore no" + std::to_string(i) + ".good.test A");
    EXPECT_TRUE(has(absent.out, "AUTHORITY: 1")) << absent.out;
  }
  const auto absent = run_command(dig + "+ignore nomore.good.test A");
  EXPECT_TRUE(has(absent.out, "flags: qr aa tc;")) << absent.out;
  EXPECT_TRUE(has(absent.out, "AUTHORITY: 0")) << absent.out;
  EXPECT_EQ(server.metrics().rate_slipped, 3U);
  EXPECT_EQ(server.metrics().rate_dropped, 1U);
  runtime_->block_on(server.shutdown());
}

TEST_F(DnsResolution, AuthorityServesDigAndValidators) {
  dns::AuthoritativeHandler handler({.allow_transfer = true});
  for (const char* name : {"good.test", "nsec3.test", "test"})
    handler.add(dns::Zone::parse(read_text(lab_->zone_path(name))).value());
  handler.add(dns::Zone::parse(read_text(lab_->zone_path("root"))).value());
  dns::Server server(*runtime_, handler);
  const auto address = server.listen(tcp::SocketAddress::loopback(0)).value();
  const std::string at = " @127.0.0.1 -p " + std::to_string(address.port()) + " ";
  const auto delegation = run_command("dig" + at + "+norecurse +dnssec www.ed.test A");
  EXPECT_NE(delegation.out.find("DS\t"), std::string::npos) << delegation.out;
  const auto transfer = run_command("dig" + at + "good.test AXFR");
  EXPECT_NE(transfer.out.find("XFR size:"), std::string::npos) << transfer.out;
  // Another validating resolver over us: its answers must be the same as over named.
  dns::ResolverOptions options = lab_->resolver_options();
  options.zones = {{dns::Name(), {address}, false}};
  dns::Resolver resolver(*network_, options);
  for (const std::string name :
       {"www.good.test", "x.y.wild.good.test", "nope.good.test", "www.nsec3.test",
        "x.wild.nsec3.test", "nope.nsec3.test", "b.c.nsec3.test", "far.good.test"})
    for (const Type type : {Type::A, Type::TXT}) {
      if (name.starts_with("far")) continue;
      const dns::Question question{dns::Name::parse(name).value(), type};
      const Answer mine = runtime_->block_on(resolver.resolve(question));
      const Answer theirs = runtime_->block_on(resolver_->resolve(question));
      EXPECT_EQ(mine.rcode, theirs.rcode) << name << mine.reason;
      EXPECT_EQ(mine.security, theirs.security) << name << mine.reason;
      EXPECT_EQ(mine.answers.size(), theirs.answers.size()) << name;
    }
  runtime_->block_on(server.shutdown());
}

}  // namespace
