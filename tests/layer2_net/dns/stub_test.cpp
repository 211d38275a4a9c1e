#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/dns/server.hpp>
#include <avila/dns/stub.hpp>

#include "fake_network.hpp"

namespace {

using namespace avila;
using dns::Message;
using dns::Name;
using dns::Type;

TEST(DnsStub, ReadsResolvConf) {
  const auto conf = dns::parse_resolv_conf(
      "# comment\nnameserver 192.0.2.1\nnameserver 2001:db8::1\nnameserver nonsense\n"
      "domain first.example\nsearch a.example b.example ; more\n"
      "options ndots:3 timeout:2 attempts:9 rotate use-vc unknown:1\n");
  ASSERT_EQ(conf.servers.size(), 2U);
  EXPECT_EQ(conf.servers[0].to_string(), "192.0.2.1:53");
  EXPECT_EQ(conf.servers[1].to_string(), "[2001:db8::1]:53");
  ASSERT_EQ(conf.search.size(), 2U);
  EXPECT_EQ(conf.search[1], Name::parse("b.example").value());
  EXPECT_EQ(conf.ndots, 3U);
  EXPECT_EQ(conf.timeout, seconds(2));
  EXPECT_EQ(conf.attempts, 5U);
  EXPECT_TRUE(conf.rotate && conf.use_tcp);
}

TEST(DnsStub, ReadsHosts) {
  const auto hosts = dns::parse_hosts("127.0.0.1 localhost Here # x\n::1 localhost\nbad line\n");
  ASSERT_EQ(hosts.at("localhost").size(), 2U);
  EXPECT_EQ(hosts.at("here").size(), 1U);
  EXPECT_EQ(hosts.size(), 2U);
}

TEST(DnsStub, NamesAddressesInReverse) {
  EXPECT_EQ(dns::reverse_name(tcp::IpAddress::parse("192.0.2.1").value()).to_string(),
            "1.2.0.192.in-addr.arpa.");
  EXPECT_TRUE(dns::reverse_name(tcp::IpAddress::parse("2001:db8::1").value())
                  .to_string()
                  .ends_with("8.b.d.0.1.0.0.2.ip6.arpa."));
}

TEST(DnsStub, AFamilyThatWasNotAnsweredIsNotAbsent) {
  for (const bool silent : {true, false}) {
    async::SimExecutor executor{1};
    dns_test::FakeNetwork network(executor, [silent](const tcp::SocketAddress& server,
                                                     const std::string& bytes, bool) {
      const Message query = Message::decode(as_bytes(bytes)).value();
      if (silent && query.questions[0].type == Type::A) return std::vector<dns_test::Packet>();
      return std::vector<dns_test::Packet>{{server, Message::answer_to(query).encode().value()}};
    });
    dns::StubOptions options;
    options.conf.servers = {tcp::SocketAddress::loopback(53)};
    dns::StubResolver stub(network, options);
    const auto found = executor.block_on(stub.lookup("a.test."));
    ASSERT_FALSE(found.has_value());
    EXPECT_TRUE(found.error().is(silent ? Errc::Unavailable : Errc::NotFound))
        << found.error().to_string();
  }
}

/// A zone on loopback, and a stub that asks it.
class DnsStubServer : public ::testing::Test {
 protected:
  DnsStubServer() {
    std::string zone =
        "$ORIGIN test.\n@ SOA ns root 1 1 1 1 1\n@ NS ns\nns A 192.0.2.1\n"
        "www A 192.0.2.2\nwww AAAA 2001:db8::2\nalias CNAME www\ndeep.sub A 192.0.2.3\n";
    for (int i = 0; i < 200; ++i)
      zone += "big TXT \"" + std::string(50, 'x') + std::to_string(i) + "\"\n";
    handler_.add(dns::Zone::parse(zone).value());
    handler_.add(dns::Zone::parse("$ORIGIN 2.0.192.in-addr.arpa.\n@ SOA ns root 1 1 1 1 1\n"
                                  "2 PTR www.test.\n")
                     .value());
    address_ = server_.listen(tcp::SocketAddress::loopback(0)).value();
    options_.conf.servers = {address_};
    options_.conf.search = {Name::parse("sub.test").value(), Name::parse("test").value()};
    options_.hosts = dns::parse_hosts("192.0.2.77 inhosts");
  }
  ~DnsStubServer() override { runtime_.block_on(server_.shutdown()); }

  Result<dns::LookupResult> lookup(std::string host) {
    dns::StubResolver stub(network_, options_);
    return runtime_.block_on(stub.lookup(std::move(host)));
  }

  async::Runtime runtime_{{.threads = 2}};
  dns::AuthoritativeHandler handler_;
  dns::Server server_{runtime_, handler_};
  dns::SystemNetwork network_{runtime_};
  dns::StubOptions options_;
  tcp::SocketAddress address_;
};

TEST_F(DnsStubServer, FindsBothFamilies) {
  const auto found = lookup("www.test");
  ASSERT_TRUE(found.has_value()) << found.error().to_string();
  ASSERT_EQ(found->addresses.size(), 2U);
  EXPECT_TRUE(found->addresses[0].is_v6());
}

TEST_F(DnsStubServer, FollowsAliasesAndTheSearchList) {
  EXPECT_EQ(lookup("alias").value().canonical, Name::parse("www.test").value());
  EXPECT_EQ(lookup("deep").value().addresses.size(), 1U);
  EXPECT_EQ(lookup("deep.sub").value().addresses.size(), 1U);  // as it is fails, then the list
  const auto absent = lookup("nope");
  ASSERT_FALSE(absent.has_value());
}

TEST_F(DnsStubServer, KnowsWhatNeedsNoServer) {
  EXPECT_EQ(lookup("192.0.2.9").value().addresses[0].to_string(), "192.0.2.9");
  EXPECT_EQ(lookup("INHOSTS").value().addresses[0].to_string(), "192.0.2.77");
  EXPECT_EQ(lookup("x.localhost").value().addresses.size(), 2U);
  EXPECT_FALSE(lookup("a..b").has_value());
}

TEST_F(DnsStubServer, AsksOverTcpWhatIsTooLong) {
  dns::StubResolver stub(network_, options_);
  const auto answer = runtime_.block_on(stub.query(Name::parse("big.test").value(), Type::TXT));
  ASSERT_TRUE(answer.has_value()) << answer.error().to_string();
  EXPECT_EQ(answer->answers.size(), 200U);
}

TEST_F(DnsStubServer, ResolvesForConnect) {
  dns::StubResolver stub(network_, options_);
  tcp::Resolver& resolver = stub;
  const auto found = runtime_.block_on(resolver.resolve(runtime_, "alias", 8080, {}));
  ASSERT_TRUE(found.has_value()) << found.error().to_string();
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ(found->at(0).to_string(), "[2001:db8::2]:8080");
  EXPECT_EQ(found->at(1).to_string(), "192.0.2.2:8080");
}

TEST_F(DnsStubServer, GoesToTheNextServer) {
  options_.conf.servers.insert(options_.conf.servers.begin(), tcp::SocketAddress::loopback(1));
  options_.conf.timeout = milliseconds(200);
  EXPECT_TRUE(lookup("www.test").has_value());
  options_.conf.servers = {tcp::SocketAddress::loopback(1)};
  const auto failed = lookup("www.test");
  ASSERT_FALSE(failed.has_value());
  EXPECT_TRUE(failed.error().is(Errc::Unavailable));
}

TEST_F(DnsStubServer, FindsNamesOfAddresses) {
  dns::StubResolver stub(network_, options_);
  const auto names = runtime_.block_on(stub.reverse(tcp::IpAddress::v4(192, 0, 2, 2)));
  ASSERT_TRUE(names.has_value()) << names.error().to_string();
  EXPECT_EQ(names->at(0), Name::parse("www.test").value());
}

TEST_F(DnsStubServer, RefusesWhatIsNoQuery) {
  const auto exchange = [&](Message query) {
    return runtime_.block_on(dns::exchange(network_, address_, std::move(query)));
  };
  Message update = Message::query(Name::parse("test").value(), Type::SOA);
  update.opcode = dns::Opcode::Update;
  EXPECT_EQ(exchange(update).value().rcode, dns::Rcode::NotImp);
  Message version = Message::query(Name::parse("test").value(), Type::SOA);
  version.edns.emplace().version = 1;
  EXPECT_EQ(exchange(version).value().rcode, dns::Rcode::BadVers);
  EXPECT_EQ(exchange(Message::query(Name::parse("other").value(), Type::A)).value().rcode,
            dns::Rcode::Refused);
}

}  // namespace
