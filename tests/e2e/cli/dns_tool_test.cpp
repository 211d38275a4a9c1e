// `avl tool dns` and `avl tool resolver` over a private root, a TLD and zones of named and knotd;
// dig and kdig beside them.
#include <gtest/gtest.h>

#include <avila/asn1/pem.hpp>
#include <avila/async/runtime.hpp>
#include <avila/crypto/key.hpp>
#include <avila/dns/resolver.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/process.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/tls/engine.hpp>
#include <avila/udp/socket.hpp>
#include <csignal>
#include <set>

#include "avila_test/dns_lab.hpp"
#include "avila_test/tls.hpp"
#include "child.hpp"

namespace {

using namespace avila;
using avila_test::CommandResult;
using avila_test::run_command;

const std::string kAvl = std::string(AVILA_BIN_DIR) + "/avl";

CommandResult tool(const std::string& words) {
  return run_command("timeout 60 " + kAvl + " tool " + words + " 2>&1");
}
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// What dig and we print of one answer: status, flags and counts, EDNS, the records of each section
/// in any order and without white space.
std::multiset<std::string> essence(const std::string& text) {
  std::multiset<std::string> lines;
  std::istringstream in(text);
  std::string section;
  for (std::string line; std::getline(in, line);) {
    if (const auto at = line.find(", id: "); at != line.npos) line.resize(at);
    if (line.empty()) section.clear();
    if (line.ends_with(" SECTION:") || line.ends_with("PSEUDOSECTION:")) section = line;
    const bool head = has(line, "->>HEADER<<-") || line.starts_with(";; flags:");
    if (!head && section.empty()) continue;
    std::erase_if(line, [](char c) { return c == ' ' || c == '\t'; });
    lines.insert(section + line);
  }
  return lines;
}

class DnsTool : public ::testing::Test {
 public:
  static void SetUpTestSuite() {
    for (const char* program : {"named", "knotd", "dnssec-signzone", "dig"})
      if (!avila_test::have_program(program)) return;
    runtime_ = new async::Runtime({.threads = 1});
    lab_ = new avila_test::DnsLab(*runtime_);
    const std::string records =
        "www A 192.0.2.1\nwww AAAA 2001:db8::1\nalias CNAME www\n*.wild A 192.0.2.2\n"
        "mail MX 10 www\ntext TXT \"a \\\"quoted\\\" text\" \"and another\"\n"
        "srv SRV 1 2 853 www\ncaa CAA 0 issue \"ca.test\"\nsvc HTTPS 1 . alpn=h2,h3 port=8443\n"
        "tlsa TLSA 3 1 1 00ff10\nssh SSHFP 4 1 00112233445566778899aabbccddeeff00112233\nnaptr "
        "NAPTR 1 2 \"s\" \"http+I2L\" \"\" www\n"
        "uri URI 10 1 \"https://a/\"\n"
        "info HINFO \"a cpu\" os\nraw TYPE65280 \\# 3 abcdef\nother DNAME www\n";
    std::string children;
    for (const avila_test::ZoneSpec& spec :
         {avila_test::ZoneSpec{.name = "good.test", .extra = records},
          avila_test::ZoneSpec{.name = "expired.test",
                               .sign_options = "-s 20200101000000 -e 20200201000000",
                               .extra = records},
          avila_test::ZoneSpec{.name = "2.0.192.in-addr.arpa", .extra = "1 PTR www.good.test.\n"}})
      lab_->add(spec);
    for (const char* name : {"good.test", "expired.test"})
      children += lab_->delegation(name, avila_test::DnsLab::kNamed);
    lab_->add({.name = "test", .extra = children, .server = "127.0.0.12"});
    lab_->add({.name = ".",
               .extra = lab_->delegation("test", "127.0.0.12") +
                        lab_->delegation("2.0.192.in-addr.arpa", avila_test::DnsLab::kNamed),
               .server = "127.0.0.11"});
    lab_->start_named();
    lab_->start_knot("127.0.0.11");
    lab_->start_knot("127.0.0.12");
    hints_ = lab_->folder() / "hints";
    avila_test::write_text(hints_, ". NS a.root.\na.root. A 127.0.0.11\n");
    anchor_ = lab_->folder() / "anchor";
    avila_test::write_text(anchor_, lab_->anchor());
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
    AVILA_REQUIRE_PROGRAM("dnssec-signzone");
    AVILA_REQUIRE_PROGRAM("dig");
  }
  static std::string named() {
    return std::string("@") + avila_test::DnsLab::kNamed + ":" + std::to_string(lab_->port());
  }
  static inline async::Runtime* runtime_ = nullptr;
  static inline avila_test::DnsLab* lab_ = nullptr;
  static inline std::string hints_, anchor_;
};

TEST_F(DnsTool, SaysWhatDigSays) {
  const std::string dig = "dig +nocookie @" + std::string(avila_test::DnsLab::kNamed) + " -p " +
                          std::to_string(lab_->port()) + " ";
  struct Case {
    std::string words, dig_too, ours_too;
  };
  const Case cases[] = {{"www.good.test", "", ""},
                        {"www.good.test AAAA", "", ""},
                        {"alias.good.test A", "+dnssec", "--dnssec"},
                        {"x.wild.good.test A", "+dnssec", "--dnssec"},
                        {"mail.good.test MX", "", ""},
                        {"text.good.test TXT", "", ""},
                        {"srv.good.test SRV", "", ""},
                        {"caa.good.test CAA", "", ""},
                        {"svc.good.test HTTPS", "", ""},
                        {"tlsa.good.test TLSA", "", ""},
                        {"ssh.good.test SSHFP", "", ""},
                        {"naptr.good.test NAPTR", "", ""},
                        {"uri.good.test URI", "", ""},
                        {"info.good.test HINFO", "", ""},
                        {"raw.good.test TYPE65280", "", ""},
                        {"x.other.good.test A", "+dnssec", "--dnssec"},
                        {"good.test SOA", "+dnssec", "--dnssec"},
                        {"good.test NS", "", ""},
                        {"good.test DNSKEY", "+dnssec", "--dnssec"},
                        {"good.test ANY", "+tcp", "--tcp"},
                        {"nope.good.test A", "+dnssec", "--dnssec"},
                        {"www.good.test TYPE65280", "+dnssec", "--dnssec"},
                        {"www.good.test A", "+norecurse +cd", "--no-recurse --cd"},
                        {"elsewhere.example A", "", ""}};
  for (const Case& each : cases) {
    SCOPED_TRACE(each.words);
    const CommandResult theirs = run_command(dig + each.words + " " + each.dig_too);
    const CommandResult ours = tool("dns " + each.words + " " + named() + " " + each.ours_too);
    EXPECT_EQ(ours.status, 0) << ours.out;
    EXPECT_EQ(essence(ours.out), essence(theirs.out)) << ours.out << theirs.out;
    EXPECT_TRUE(has(ours.out, ";; SERVER: " + named().substr(1) + "\n")) << ours.out;
  }
  EXPECT_EQ(tool("dns -x 192.0.2.1 --short " + named()).out, "www.good.test.\n");
  EXPECT_EQ(tool("dns alias.good.test --short " + named()).out,
            run_command(dig + "alias.good.test +short").out);
}

TEST_F(DnsTool, TellsAnswersFromFailuresAndWrongWords) {
  // As with dig: an answer is an answer.
  EXPECT_EQ(tool("dns nope.good.test " + named()).status, 0);
  EXPECT_EQ(tool("dns elsewhere.example " + named()).status, 0);  // REFUSED
  const CommandResult away = tool("dns www.good.test @127.0.0.1:1 --timeout 1");
  EXPECT_EQ(away.status, 1);
  EXPECT_TRUE(has(away.out, "127.0.0.1:1")) << away.out;
  EXPECT_EQ(tool("dns www.good.test @127.0.0.1:1 --tcp --timeout 1").status, 1);
  for (const std::string words :
       {"", "a..b", "x NOTYPE", "x A @", "x A @h:0", "x A @h:99999", "x A @[::1", "x A MX",
        "x --output xml", "x --nope", "x --timeout long", "x --timeout 0", "-x nonsense", "x AXFR",
        "x --tls --https"}) {
    const CommandResult wrong = tool("dns " + words);
    EXPECT_EQ(wrong.status, 2) << words << ": " << wrong.out;
    EXPECT_TRUE(wrong.out.starts_with("avl: error: ")) << wrong.out;
  }
  for (const std::string words :
       {"", "stray", "--root-hints F --port 99999", "--root-hints F --listen nowhere",
        "--root-hints F --upstream-port 0", "--root-hints F --serve-stale x",
        "--root-hints F --rate-limit 0", "--root-hints F --anchor-state F",
        "--root-hints F --tls-port 0", "--root-hints F --https-port 0 --cert F"}) {
    const CommandResult wrong = tool("resolver " + words);
    EXPECT_EQ(wrong.status, 2) << words << ": " << wrong.out;
  }
  EXPECT_TRUE(has(tool("dns").out, "usage: avl tool dns NAME [TYPE]"));
  for (const std::string file : {"/nowhere", "/etc/hosts", "/dev/null"}) {
    EXPECT_EQ(tool("resolver --root-hints " + file).status, 1);
    const CommandResult bad = tool("resolver --root-hints " + hints_ + " --trust-anchor " + file);
    EXPECT_EQ(bad.status, 1);
    EXPECT_TRUE(has(bad.out, file)) << bad.out;
  }
  const CommandResult damaged = tool("resolver --root-hints " + hints_ + " --trust-anchor " +
                                     anchor_ + " --anchor-state /etc/hosts");
  EXPECT_EQ(damaged.status, 1);
  EXPECT_TRUE(has(damaged.out, "/etc/hosts")) << damaged.out;
}

/// The resolver with every channel.
class ResolverTool : public DnsTool {
 protected:
  void SetUp() override {
    DnsTool::SetUp();
    if (IsSkipped()) return;
    const auto credential = avila_test::make_credential(crypto::KeyType::P256, "resolver.test");
    cert_ = lab_->folder() / "cert.pem";
    avila_test::write_text(cert_, asn1::to_pem("CERTIFICATE", credential->chain.front()));
    const std::string key = lab_->folder() / "key.pem";
    avila_test::write_text(key, std::string(as_text(credential->key.to_pem().span())));
    start({"--trust-anchor", anchor_, "--tls-port", "0", "--https-port", "0", "--cert", cert_,
           "--key", key});
  }
  void start(const std::vector<std::string>& more) {
    std::vector<std::string> words = {kAvl,
                                      "tool",
                                      "resolver",
                                      "--port",
                                      "0",
                                      "--root-hints",
                                      hints_,
                                      "--upstream-port",
                                      std::to_string(lab_->port())};
    words.insert(words.end(), more.begin(), more.end());
    ASSERT_TRUE(resolver_.start(words)) << resolver_.output();
    // ready 127.0.0.1:53 tls 127.0.0.1:853 https 127.0.0.1:443
    std::istringstream line(resolver_.ready_line());
    for (std::string name, address; line >> name >> address;)
      ports_[name] = address.substr(address.rfind(':') + 1);
  }
  std::string ask(const std::string& words, const std::string& host = "127.0.0.1") {
    return tool("dns @" + host + ":" + ports_["ready"] + " " + words).out;
  }
  std::string dig(const std::string& words, const std::string& channel = "ready") {
    return run_command("dig @127.0.0.1 -p " + ports_[channel] + " " + words).out;
  }

  avila_test::Child resolver_;
  std::map<std::string, std::string> ports_;
  std::string cert_;
};

TEST_F(ResolverTool, ResolvesAndValidates) {
  const std::string good = ask("www.good.test A --dnssec");
  EXPECT_TRUE(has(good, "status: NOERROR") && has(good, " ad;") && has(good, "192.0.2.1")) << good;
  EXPECT_TRUE(has(good, "RRSIG\tA 13 3 300 ")) << good;
  const std::string theirs = dig("+dnssec www.good.test A");
  EXPECT_TRUE(has(theirs, "status: NOERROR") && has(theirs, " ad;")) << theirs;
  EXPECT_EQ(dig("+short alias.good.test"), "www.good.test.\n192.0.2.1\n");
  EXPECT_EQ(dig("+short +tcp -x 192.0.2.1"), "www.good.test.\n");

  const std::string nope = ask("nope.good.test");
  EXPECT_TRUE(has(nope, "status: NXDOMAIN") && has(nope, " ad;")) << nope;
  const std::string bogus = ask("www.expired.test");
  EXPECT_TRUE(has(bogus, "status: SERVFAIL") && has(bogus, "EDE: 7 (")) << bogus;
  EXPECT_TRUE(has(dig("www.expired.test"), "EDE: 7 ("));
  EXPECT_TRUE(has(ask("www.expired.test --cd"), "192.0.2.1"));
  const std::string json = ask("www.expired.test --output json");
  EXPECT_TRUE(has(json, "\"status\": \"SERVFAIL\"") && has(json, "\"code\": 7")) << json;
  EXPECT_EQ(resolver_.end(SIGTERM), 0);
}

TEST_F(ResolverTool, SpeaksTlsAndHttps) {
  for (const std::string channel : {"tls", "https"}) {
    SCOPED_TRACE(channel);
    const std::string words =
        "www.good.test --short --" + channel + " @localhost:" + ports_[channel];
    EXPECT_EQ(tool("dns " + words + " --cacert " + cert_).out, "192.0.2.1\n");
    EXPECT_EQ(tool("dns " + words + " -k").out, "192.0.2.1\n");
    const CommandResult stranger = tool("dns " + words);
    EXPECT_EQ(stranger.status, 1) << stranger.out;
    EXPECT_FALSE(has(stranger.out, "192.0.2.1"));
    // A certificate for another name.
    EXPECT_EQ(tool("dns www.good.test --" + channel + " @127.0.0.1:" + ports_[channel] +
                   " --cacert " + cert_)
                  .status,
              1);
    EXPECT_EQ(dig("+short +" + channel + " www.good.test", channel), "192.0.2.1\n");
  }
  EXPECT_EQ(tool("dns x --https --path /elsewhere -k @127.0.0.1:" + ports_["https"]).status, 1);
  if (!avila_test::have_program("kdig")) return;
  const std::string strict = "+tls-ca=" + cert_ + " +tls-hostname=resolver.test +short ";
  EXPECT_EQ(
      run_command("kdig @127.0.0.1 -p " + ports_["tls"] + " +tls " + strict + "www.good.test 2>&1")
          .out,
      "192.0.2.1\n");
  for (const std::string get : {"", "+https-get "})
    EXPECT_EQ(run_command("kdig @127.0.0.1 -p " + ports_["https"] + " +https=/dns-query " + get +
                          strict + "www.good.test 2>&1")
                  .out,
              "192.0.2.1\n");
}

TEST_F(ResolverTool, FollowsItsAnchors) {
  const std::string kept = lab_->folder() / "anchor-state";
  for (int start_again = 0; start_again < 2; ++start_again) {
    start({"--trust-anchor", anchor_, "--anchor-state", kept});
    const std::string good = ask("www.good.test A");
    EXPECT_TRUE(has(good, "status: NOERROR") && has(good, " ad;")) << good;
    EXPECT_TRUE(has(ask("www.expired.test"), "status: SERVFAIL"));
    EXPECT_EQ(resolver_.end(SIGTERM), 0);
    EXPECT_TRUE(has(run_command("cat " + kept).out, "DNSKEY"));
  }
}

TEST_F(ResolverTool, LimitsTheRateOfAnswers) {
  start({"--rate-limit", "1"});
  // Beyond the rate every other answer is empty and truncated, and the rest are not sent.
  const std::string one = " www.good.test A";
  const std::string answers = dig("+ignore +tries=1 +timeout=1" + one + one + one + one);
  EXPECT_TRUE(has(answers, "192.0.2.1")) << answers;
  EXPECT_TRUE(has(answers, " tc ") && has(answers, "timed out")) << answers;
  EXPECT_EQ(resolver_.end(SIGTERM), 0);
}

TEST_F(ResolverTool, ValidatesNothingWithoutAnAnchor) {
  start({});
  const std::string expired = ask("www.expired.test --dnssec");
  EXPECT_TRUE(has(expired, "status: NOERROR") && !has(expired, " ad;")) << expired;
  EXPECT_EQ(resolver_.end(SIGINT), 0);
}

}  // namespace
