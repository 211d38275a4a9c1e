// The keys of a root change as BIND's tools change them: our resolver follows, over named.
#include <gtest/gtest.h>
#include <avila/os/clock.hpp>
#include <avila/os/file_system.hpp>
#include <avila_test/dns_lab.hpp>

namespace {

using namespace avila;
using avila_test::read_text;
using avila_test::run_command;
using avila_test::write_text;

class DnsAnchors : public ::testing::Test {
 protected:
  void SetUp() override {
    AVILA_REQUIRE_PROGRAM("named");
    AVILA_REQUIRE_PROGRAM("dnssec-keygen");
    AVILA_REQUIRE_PROGRAM("dnssec-signzone");
    AVILA_REQUIRE_PROGRAM("dnssec-revoke");
    AVILA_REQUIRE_PROGRAM("dnssec-dsfromkey");
    clock_.set_wall(os::real_clock().wall());
  }
  void TearDown() override { stop(); }

  std::string shell(const std::string& command) {
    auto done = run_command("cd " + folder_.path() + " && " + command);
    EXPECT_EQ(done.status, 0) << command << done.out;
    while (!done.out.empty() && done.out.back() == '\n') done.out.pop_back();
    return done.out;
  }
  std::string new_key(const std::string& flags) {
    return shell("dnssec-keygen -q -K . -a ECDSAP256SHA256 " + flags + " . 2>/dev/null");
  }
  /// The root with these keys, signed by all of them; good for a year.
  void sign(const std::vector<std::string>& keys) {
    std::string text =
        "$TTL 86400\n$ORIGIN .\n@ SOA ns hostmaster 1 3600 900 86400 60\n@ NS ns\n"
        "ns A 127.0.0.1\nwww A 192.0.2.1\n";
    std::string files;
    for (const std::string& key : keys) {
      text += read_text(folder_ / (key + ".key"));
      files += ' ' + key;
    }
    write_text(folder_ / "root.zone", text);
    (void)shell("dnssec-signzone -q -P -e now+31536000 -o . -f root.signed root.zone" + files +
                " 2>&1");
    stop();
    write_text(folder_ / "named.conf",
               "options { directory \"" + folder_.path() + "\"; pid-file none; listen-on port " +
                   std::to_string(port_) +
                   " { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; "
                   "notify no; session-keyfile none; };\ncontrols {};\n"
                   "zone \".\" { type primary; check-integrity no; file \"" +
                   (folder_ / "root.signed") + "\"; };\n");
    os::SpawnOptions options;
    options.arguments = {"-c", folder_ / "named.conf", "-f", "-n", "1",
                         "-L", folder_ / "named.log"};
    options.error = os::Stream::Null;
    named_ = os::Process::spawn("named", options).value();
    ASSERT_TRUE(avila_test::wait_for_port(runtime_, tcp::SocketAddress::loopback(port_)))
        << read_text(folder_ / "named.log");
  }
  void stop() {
    if (!named_.has_value()) return;
    (void)named_->signal(15);
    (void)named_->wait_for(seconds(60));
    named_.reset();
  }
  void start(const std::string& ds) {
    resolver_ = nullptr;
    anchors_ = dns::ManagedAnchors::open(os::real_file_system(), folder_ / "anchors",
                                         dns::parse_trust_anchors(ds).value())
                   .value();
    dns::ResolverOptions options;
    options.zones = {{dns::Name(), {tcp::SocketAddress::loopback(port_)}, false}};
    options.managed_anchors = anchors_.get();
    options.clock = &clock_;
    resolver_ = std::make_unique<dns::Resolver>(network_, options);
  }
  void refresh() {
    const auto refreshed = runtime_.block_on(resolver_->refresh_anchors());
    EXPECT_TRUE(refreshed.has_value()) << refreshed.error().to_string();
  }
  std::string states() const {
    std::string all;
    const auto points = anchors_->points();
    for (const dns::Anchor& each : points[0].anchors)
      all += (all.empty() ? "" : " ") + std::string(to_string(each.state));
    return all;
  }
  dns::Security asked() {
    resolver_->cache().clear();
    const dns::Question question{dns::Name::parse("www").value(), dns::Type::A};
    return runtime_.block_on(resolver_->resolve(question)).security;
  }
  std::uint16_t free_port() {
    for (int i = 0; i < 50; ++i) {
      auto stream = tcp::Listener::bind(runtime_, tcp::SocketAddress::loopback(0)).value();
      const auto address = stream.local_address();
      if (udp::Socket::bind(runtime_, address).has_value()) return address.port();
    }
    return 0;
  }

  async::Runtime runtime_{{.threads = 1}};
  avila_test::TempDir folder_;
  os::ManualClock clock_;
  std::uint16_t port_ = free_port();
  std::optional<os::Process> named_;
  dns::SystemNetwork network_{runtime_};
  std::unique_ptr<dns::ManagedAnchors> anchors_;
  std::unique_ptr<dns::Resolver> resolver_;
};

TEST_F(DnsAnchors, AreFollowedThroughARolloverOfBind) {
  const std::string first = new_key("-f KSK"), zone_signing = new_key("");
  const std::string ds = shell("dnssec-dsfromkey -2 " + first);
  sign({first, zone_signing});
  start(ds);
  refresh();
  EXPECT_EQ(states(), "valid");
  EXPECT_EQ(asked(), dns::Security::Secure);

  const std::string second = new_key("-f KSK");
  sign({first, second, zone_signing});
  clock_.advance(days(1));
  refresh();
  EXPECT_EQ(states(), "valid addpend");
  clock_.advance(days(30) - hours(2));
  refresh();
  EXPECT_EQ(states(), "valid addpend");
  start(ds);  // again, out of the file
  clock_.advance(days(15));
  refresh();
  EXPECT_EQ(states(), "valid valid");

  const std::string revoked = shell("dnssec-revoke " + first);
  sign({revoked, second, zone_signing});
  clock_.advance(days(1));
  refresh();
  EXPECT_EQ(states(), "revoked valid");
  EXPECT_EQ(asked(), dns::Security::Secure);
  sign({second, zone_signing});
  clock_.advance(days(31));
  refresh();
  EXPECT_EQ(states(), "removed valid");
  EXPECT_EQ(asked(), dns::Security::Secure);
  // Who only knows the first key can follow no longer.
  ASSERT_TRUE(os::real_file_system().remove(folder_ / "anchors").has_value());
  start(ds);
  EXPECT_FALSE(runtime_.block_on(resolver_->refresh_anchors()).has_value());
  EXPECT_EQ(asked(), dns::Security::Bogus);
}

}  // namespace
