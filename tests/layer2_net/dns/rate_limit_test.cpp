// Response rate limiting: accounts with a clock that moves when told, and a server over sockets.
#include <gtest/gtest.h>
#include <avila/async/runtime.hpp>
#include <avila/dns/rate_limit.hpp>
#include <avila/dns/server.hpp>
#include <avila/dns/zone_file.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/tcp/connect.hpp>
#include <avila/udp/socket.hpp>

#include <chrono>
#include <thread>

namespace {

using namespace avila;
using dns::Message;
using dns::Name;
using dns::RateLimitOptions;
using dns::RateVerdict;
using dns::Rcode;
using dns::ResponseKind;
using dns::Type;

Name name(const std::string& text) { return Name::parse(text).value(); }
tcp::IpAddress ip(const std::string& text) { return tcp::IpAddress::parse(text).value(); }

Message answer_with(const std::string& question, Type type, const std::string& answers,
                    const std::string& authorities = "", Rcode rcode = Rcode::NoError) {
  Message message = Message::answer_to(Message::query(name(question), type));
  message.rcode = rcode;
  if (!answers.empty()) message.answers = dns::parse_zone_file(answers).value();
  if (!authorities.empty()) message.authorities = dns::parse_zone_file(authorities).value();
  return message;
}
Message address(const std::string& owner = "www.a.test") {
  return answer_with(owner, Type::A, owner + ". 60 A 192.0.2.1\n");
}
Message nxdomain(const std::string& owner) {
  return answer_with(owner, Type::A, "", "a.test. 60 SOA a. b. 1 1 1 1 1\n", Rcode::NxDomain);
}
Message nodata(const std::string& owner) {
  return answer_with(owner, Type::A, "", "a.test. 60 SOA a. b. 1 1 1 1 1\n");
}
Message referral(const std::string& owner) {
  return answer_with(owner, Type::A, "", "sub.a.test. 60 NS ns.sub.a.test.\n");
}

class DnsRateLimit : public ::testing::Test {
 protected:
  DnsRateLimit() {
    options_.clock = &clock_;
    options_.entropy = &entropy_;
  }
  RateVerdict take(const Message& answer, const std::string& client = "192.0.2.1") {
    if (limit_ == nullptr) limit_ = std::make_unique<dns::ResponseRateLimit>(options_);
    return limit_->take(ip(client), answer, answer.question()->name);
  }
  /// Answers sent of so many.
  int sent(int count, const Message& answer, const std::string& client = "192.0.2.1") {
    int sum = 0;
    for (int i = 0; i < count; ++i) sum += take(answer, client) == RateVerdict::Send ? 1 : 0;
    return sum;
  }
  os::ManualClock clock_;
  os::SeededEntropy entropy_{7};
  RateLimitOptions options_;
  std::unique_ptr<dns::ResponseRateLimit> limit_;
};

TEST_F(DnsRateLimit, KindsAreTold) {
  EXPECT_EQ(kind_of(address()), ResponseKind::Answer);
  EXPECT_EQ(kind_of(nxdomain("x.a.test")), ResponseKind::NxDomain);
  EXPECT_EQ(kind_of(nodata("x.a.test")), ResponseKind::NoData);
  EXPECT_EQ(kind_of(referral("x.sub.a.test")), ResponseKind::Referral);
  for (const Rcode rcode : {Rcode::Refused, Rcode::ServFail, Rcode::FormErr, Rcode::NotImp})
    EXPECT_EQ(kind_of(answer_with("a.test", Type::A, "", "", rcode)), ResponseKind::Error);
  // The rcode is that of the last name of a chain.
  Message alias = address();
  alias.rcode = Rcode::NxDomain;
  EXPECT_EQ(kind_of(alias), ResponseKind::NxDomain);
}

TEST_F(DnsRateLimit, TheRateIsSentAndNoMore) { EXPECT_EQ(sent(100, address()), 5); }

TEST_F(DnsRateLimit, SteadyClientsWithinTheRateAreNeverRefused) {
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(take(address()), RateVerdict::Send) << i;
    clock_.advance(milliseconds(200));
  }
}

TEST_F(DnsRateLimit, WhoGoesOnIsRefusedUntilItPauses) {
  options_.window = seconds(3);
  options_.slip = 0;
  EXPECT_EQ(sent(5, address()), 5);
  // Twice the rate: after the first second's worth nothing more.
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(take(address()), RateVerdict::Drop) << i;
    clock_.advance(milliseconds(100));
  }
  // 100 ms ago the debt was one of three seconds: one answer of 200 ms fits after 3,200 ms.
  // Who asks 1 ms too early waits for 200 ms more.
  clock_.advance(milliseconds(3099));
  EXPECT_EQ(take(address()), RateVerdict::Drop);
  clock_.advance(milliseconds(201));
  EXPECT_EQ(sent(10, address()), 1);
  clock_.advance(seconds(60));
  EXPECT_EQ(sent(10, address()), 5);
}

TEST_F(DnsRateLimit, WithoutAWindowTheRateGoesOn) {
  options_.window = Duration::zero();
  EXPECT_EQ(sent(100, address()), 5);
  int sum = 0;
  for (int i = 0; i < 100; ++i) {  // ten seconds
    clock_.advance(milliseconds(100));
    sum += sent(1, address());
  }
  EXPECT_EQ(sum, 50);
}

TEST_F(DnsRateLimit, SlipsEverySoManyth) {
  for (const unsigned slip : {0U, 1U, 2U, 3U, 10U}) {
    SCOPED_TRACE(slip);
    options_.slip = slip;
    limit_ = nullptr;
    ASSERT_EQ(sent(5, address()), 5);
    for (unsigned i = 0; i < 30; ++i) {
      const bool slips = slip != 0 && i % slip == 0;
      EXPECT_EQ(take(address()), slips ? RateVerdict::Slip : RateVerdict::Drop) << i;
    }
  }
}

TEST_F(DnsRateLimit, ErrorsAreNeverSlipped) {
  options_.slip = 1;
  const Message refused = answer_with("a.test", Type::A, "", "", Rcode::Refused);
  EXPECT_EQ(sent(5, refused), 5);
  // Whatever the name and the error.
  const Message other = answer_with("b.test", Type::MX, "", "", Rcode::ServFail);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(take(other), RateVerdict::Drop);
}

TEST_F(DnsRateLimit, EveryKindHasItsRate) {
  options_.responses_per_second = 2;
  options_.referrals_per_second = 3;
  options_.nodata_per_second = 4;
  options_.nxdomains_per_second = 6;
  options_.errors_per_second = 7;
  EXPECT_EQ(sent(20, address()), 2);
  EXPECT_EQ(sent(20, referral("x.sub.a.test")), 3);
  EXPECT_EQ(sent(20, nodata("www.a.test")), 4);
  EXPECT_EQ(sent(20, nxdomain("x.a.test")), 6);
  EXPECT_EQ(sent(20, answer_with("a.test", Type::A, "", "", Rcode::Refused)), 7);
}

TEST_F(DnsRateLimit, NothingOfARateOfZeroIsRefused) {
  options_.responses_per_second = 0;
  EXPECT_EQ(sent(1000, address()), 1000);
  EXPECT_EQ(sent(1000, nxdomain("x.a.test")), 5);
}

TEST_F(DnsRateLimit, NamesAndTypesAreCountedApartAndLettersAreNot) {
  EXPECT_EQ(sent(9, address("www.a.test")), 5);
  EXPECT_EQ(sent(9, address("WWW.a.test")), 0);
  EXPECT_EQ(sent(9, address("mail.a.test")), 5);
  EXPECT_EQ(sent(9, answer_with("www.a.test", Type::TXT, "www.a.test. TXT x\n")), 5);
}

// Who asks for random names, or for all types of an alias, gets no more.
TEST_F(DnsRateLimit, WhatStrangersChooseIsNotCountedApart) {
  int names = 0, cuts = 0, types = 0;
  for (int i = 0; i < 50; ++i) {
    const std::string label = "r" + std::to_string(i);
    names += sent(1, nxdomain(label + ".a.test"));
    cuts += sent(1, referral(label + ".sub.a.test"));
    types += sent(1, answer_with("alias.a.test", static_cast<Type>(i + 1),
                                 "alias.a.test. CNAME www.a.test.\n"));
  }
  EXPECT_EQ(names, 5);
  EXPECT_EQ(cuts, 5);
  EXPECT_EQ(types, 5);
}

TEST_F(DnsRateLimit, NetworksAreCountedApart) {
  EXPECT_EQ(sent(9, address(), "192.0.2.1"), 5);
  EXPECT_EQ(sent(9, address(), "192.0.2.255"), 0);
  EXPECT_EQ(sent(9, address(), "::ffff:192.0.2.9"), 0);
  EXPECT_EQ(sent(9, address(), "192.0.3.1"), 5);
  EXPECT_EQ(sent(9, address(), "2001:db8:0:ff::1"), 5);
  EXPECT_EQ(sent(9, address(), "2001:db8:0:12::1"), 0);
  EXPECT_EQ(sent(9, address(), "2001:db8:0:100::1"), 5);
}

TEST_F(DnsRateLimit, PrefixLengthsAreKept) {
  options_.ipv4_prefix_length = 31;
  options_.ipv6_prefix_length = 128;
  EXPECT_EQ(sent(9, address(), "192.0.2.2"), 5);
  EXPECT_EQ(sent(9, address(), "192.0.2.3"), 0);
  EXPECT_EQ(sent(9, address(), "192.0.2.4"), 5);
  EXPECT_EQ(sent(9, address(), "2001:db8::1"), 5);
  EXPECT_EQ(sent(9, address(), "2001:db8::2"), 5);
}

TEST_F(DnsRateLimit, ExemptClientsAreNotCounted) {
  options_.exempt_clients = {{ip("192.0.2.128"), 25}, {ip("2001:db8::"), 32}};
  options_.all_per_second = 1;
  EXPECT_EQ(sent(100, address(), "192.0.2.200"), 100);
  EXPECT_EQ(sent(100, address(), "2001:db8:1::1"), 100);
  EXPECT_EQ(sent(100, address(), "192.0.2.127"), 1);
  EXPECT_EQ(sent(100, address(), "2001:db9::"), 1);
}

TEST_F(DnsRateLimit, AllKindsTogetherAreLimitedWithoutSlipping) {
  options_.all_per_second = 12;
  options_.slip = 1;
  int sum = 0;
  for (int i = 0; i < 50; ++i) sum += sent(1, address("n" + std::to_string(i) + ".a.test"));
  EXPECT_EQ(sum, 12);
  EXPECT_EQ(take(address("other.a.test")), RateVerdict::Drop);
  EXPECT_EQ(take(nxdomain("x.a.test")), RateVerdict::Drop);
  EXPECT_EQ(take(address("other.a.test"), "198.51.100.1"), RateVerdict::Send);
}

// Random sources do not wash a flooded account away: those with their full rate go first.
TEST_F(DnsRateLimit, MemoryIsBoundedAndAccountsInDebtStay) {
  options_.max_table_size = 513;
  options_.slip = 0;
  EXPECT_EQ(sent(100, address(), "203.0.113.1"), 5);
  EXPECT_EQ(limit_->capacity(), 520U);
  for (unsigned i = 0; i < 100'000; ++i) {
    const auto client =
        tcp::IpAddress::v4(10, static_cast<std::uint8_t>(i >> 16),
                           static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i));
    (void)limit_->take(client, address(), name("www.a.test"));
  }
  EXPECT_EQ(limit_->capacity(), 520U);
  EXPECT_EQ(sent(10, address(), "203.0.113.1"), 0);
}

TEST_F(DnsRateLimit, OptionsOutOfRangeAreTold) {
  const auto refused = [](auto change) {
    RateLimitOptions options;
    change(options);
    const auto checked = options.check();
    return checked.has_value() ? std::string() : checked.error().to_string();
  };
  using O = RateLimitOptions;
  EXPECT_EQ(refused([](O&) {}), "");
  constexpr std::uint32_t O::* kRates[] = {&O::responses_per_second, &O::referrals_per_second,
                                           &O::nodata_per_second,    &O::nxdomains_per_second,
                                           &O::errors_per_second,    &O::all_per_second};
  for (const auto rate : kRates) {
    EXPECT_EQ(refused([&](O& o) { o.*rate = 1'000'000; }), "");
    EXPECT_NE(refused([&](O& o) { o.*rate = 1'000'001; }).find("per_second"), std::string::npos);
  }
  const auto names = [&](const char* option, auto within, auto beyond) {
    EXPECT_EQ(refused(within), "") << option;
    EXPECT_NE(refused(beyond).find(option), std::string::npos) << option;
  };
  names("window", [](O& o) { o.window = hours(1); }, [](O& o) { o.window = seconds(3601); });
  names("window", [](O& o) { o.window = {}; }, [](O& o) { o.window = seconds(-1); });
  names("slip", [](O& o) { o.slip = 10; }, [](O& o) { o.slip = 11; });
  names(
      "ipv4_prefix_length", [](O& o) { o.ipv4_prefix_length = 32; },
      [](O& o) { o.ipv4_prefix_length = 33; });
  names(
      "ipv4_prefix_length", [](O& o) { o.ipv4_prefix_length = 1; },
      [](O& o) { o.ipv4_prefix_length = 0; });
  names(
      "ipv6_prefix_length", [](O& o) { o.ipv6_prefix_length = 128; },
      [](O& o) { o.ipv6_prefix_length = 129; });
  names(
      "ipv6_prefix_length", [](O& o) { o.ipv6_prefix_length = 1; },
      [](O& o) { o.ipv6_prefix_length = 0; });
  names(
      "max_table_size", [](O& o) { o.max_table_size = 512; }, [](O& o) { o.max_table_size = 511; });
  names(
      "max_table_size", [](O& o) { o.max_table_size = std::size_t{1} << 24; },
      [](O& o) { o.max_table_size = (std::size_t{1} << 24) + 1; });
  names(
      "exempt_clients", [](O& o) { o.exempt_clients = {{ip("192.0.2.0"), 32}}; },
      [](O& o) { o.exempt_clients = {{ip("192.0.2.0"), 33}}; });
  names(
      "exempt_clients", [](O& o) { o.exempt_clients.resize(1024); },
      [](O& o) { o.exempt_clients.resize(1025); });
}

TEST(DnsRateLimitNames, WildcardsAndAliasesOfTreesCountAsOneName) {
  dns::AuthoritativeHandler handler;
  handler.add(dns::Zone::parse("a.test. SOA a. b. 1 1 1 1 60\n*.wild.a.test. A 192.0.2.1\n"
                               "www.a.test. A 192.0.2.1\nb.c.a.test. A 192.0.2.1\n"
                               "tree.a.test. DNAME b.test.\n")
                  .value());
  const auto counted = [&](const std::string& question) {
    return handler.counted_as({name(question), Type::A}).to_string();
  };
  EXPECT_EQ(counted("www.a.test"), "www.a.test.");
  EXPECT_EQ(counted("c.a.test"), "c.a.test.");  // an empty non-terminal
  EXPECT_EQ(counted("x.y.wild.a.test"), "wild.a.test.");
  EXPECT_EQ(counted("x.tree.a.test"), "tree.a.test.");
  EXPECT_EQ(counted("x.y.a.test"), "a.test.");
  EXPECT_EQ(counted("elsewhere.test"), "elsewhere.test.");
}

TEST(DnsRateLimitServer, SlipsOverUdpAndAnswersOverTcp) {
  os::ManualClock clock;  // stands still
  os::SeededEntropy entropy(1);
  async::Runtime runtime({.threads = 2});
  dns::AuthoritativeHandler handler;
  std::string zone = "a.test. SOA a. b. 1 1 1 1 60\n";
  for (int i = 10; i < 40; ++i) zone += "*.a.test. TXT \"long answer " + std::to_string(i) + "\"\n";
  handler.add(dns::Zone::parse(zone).value());
  dns::ServerOptions options;
  options.rate_limit.emplace();
  options.rate_limit->responses_per_second = 3;
  options.rate_limit->errors_per_second = 1;
  options.rate_limit->slip = 2;
  options.rate_limit->clock = &clock;
  options.rate_limit->entropy = &entropy;
  dns::Server server(runtime, handler, options);
  const auto at = server.listen(tcp::SocketAddress::loopback(0)).value();
  auto socket = udp::Socket::bind(runtime, tcp::SocketAddress::loopback(0)).value();
  std::uint16_t id = 0;
  const auto send = [&](const std::string& question, dns::Opcode opcode = dns::Opcode::Query) {
    Message query = Message::query(name(question), Type::TXT);
    query.id = ++id;
    query.opcode = opcode;
    query.edns.emplace();
    const std::string bytes = query.encode().value();
    EXPECT_TRUE(runtime.block_on(socket.send_to(as_bytes(bytes), at)).has_value());
    return bytes.size();
  };
  const auto receive = [&](std::size_t* size = nullptr) {
    std::byte buffer[1500];
    const auto got = runtime.block_on(socket.receive(buffer));
    EXPECT_TRUE(got.has_value());
    if (size != nullptr) *size = got->size_bytes;
    return Message::decode(ByteSpan(buffer).first(got->size_bytes)).value();
  };
  // Queries that come together are answered in any order: each waits for the one before.
  const auto dropped = [&](std::uint64_t count) {
    for (int i = 0; i < 6000 && server.metrics().rate_dropped != count; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return server.metrics().rate_dropped == count;
  };
  // Names of a wildcard are one: three answers, then each second comes truncated and no longer than
  // its question.
  for (int i = 0; i < 3; ++i) {
    (void)send("r" + std::to_string(i) + ".a.test");
    EXPECT_EQ(receive().answers.size(), 30U);
  }
  for (int i = 0; i < 3; ++i) {
    const std::size_t asked = send("s" + std::to_string(i) + ".a.test");
    std::size_t size = 0;
    const Message slipped = receive(&size);
    EXPECT_EQ(slipped.id, id);
    EXPECT_TRUE(slipped.truncated);
    EXPECT_TRUE(slipped.answers.empty());
    EXPECT_LE(size, asked);
    (void)send("d" + std::to_string(i) + ".a.test");
    ASSERT_TRUE(dropped(static_cast<std::uint64_t>(i) + 1));
  }
  // Errors: one, and never one that is truncated. What comes next tells that none came.
  (void)send("b.test");
  EXPECT_EQ(receive().rcode, Rcode::Refused);
  (void)send("b.test");
  ASSERT_TRUE(dropped(4));
  (void)send("a.test", dns::Opcode::Update);
  ASSERT_TRUE(dropped(5));
  (void)send("a.test");
  const Message next = receive();
  EXPECT_EQ(next.id, id);
  EXPECT_EQ(next.rcode, Rcode::NoError);
  const dns::ServerMetrics metrics = server.metrics();
  EXPECT_EQ(metrics.rate_slipped, 3U);
  EXPECT_EQ(metrics.rate_dropped, 5U);
  EXPECT_EQ(metrics.dropped, 0U);
  // Over TCP there is no limit.
  auto stream = runtime.block_on(tcp::connect(runtime, at)).value();
  for (int i = 0; i < 20; ++i) {
    Message query = Message::query(name("t.a.test"), Type::TXT);
    const auto answer = runtime.block_on(dns::exchange_stream(stream, query));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->answers.size(), 30U);
  }
  stream.close();
  runtime.block_on(server.shutdown());
}

}  // namespace
