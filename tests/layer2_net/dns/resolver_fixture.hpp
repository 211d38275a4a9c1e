// The resolver over servers that tests make up, honest unless told.
#pragma once
#include <gtest/gtest.h>
#include <avila/dns/resolver.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/random/chacha.hpp>

#include "fake_network.hpp"

namespace dns_test {

using dns::Answer;
using dns::Ede;
using dns::Message;
using dns::Name;
using dns::Rcode;
using dns::Type;

inline tcp::SocketAddress at(const std::string& ip, std::uint16_t port = 53) {
  return {tcp::IpAddress::parse(ip).value(), port};
}

/// Root 192.0.2.1, "test" 192.0.2.2, "bank.test" 192.0.2.3, "evil.test" 192.0.2.66.
class DnsResolver : public ::testing::Test {
 protected:
  DnsResolver() {
    serve("192.0.2.1",
          ". SOA a. b. 1 1 1 1 60\n. NS a.\na. A 192.0.2.1\n"
          "test. NS ns.test.\nns.test. A 192.0.2.2\n");
    serve("192.0.2.2",
          "test. SOA a. b. 1 1 1 1 60\ntest. NS ns.test.\nns.test. A 192.0.2.2\n"
          "bank.test. NS ns.bank.test.\nns.bank.test. A 192.0.2.3\n"
          "evil.test. NS ns.evil.test.\nns.evil.test. A 192.0.2.66\n"
          "glueless.test. NS ns.bank.test.\n");
    serve("192.0.2.3",
          "bank.test. SOA a. b. 1 1 1 1 60\nbank.test. NS ns.bank.test.\n"
          "ns.bank.test. A 192.0.2.3\nwww.bank.test. 300 A 203.0.113.1\n"
          "deep.a.b.c.bank.test. A 203.0.113.2\n"
          "c1.bank.test. CNAME c2.bank.test.\nc2.bank.test. CNAME www.bank.test.\n"
          "x.bank.test. CNAME y.bank.test.\ny.bank.test. CNAME x.bank.test.\n");
    serve("192.0.2.66",
          "evil.test. SOA a. b. 1 1 1 1 60\nevil.test. NS ns.evil.test.\n"
          "ns.evil.test. A 192.0.2.66\nwww.evil.test. A 203.0.113.66\n");
    options_.zones = {{Name(), {at("192.0.2.1", 0)}, false}};
    options_.clock = &clock_;
    options_.random = &random_;
  }
  void serve(const std::string& address, const std::string& zone) {
    servers_[address].add(dns::Zone::parse(zone).value());
  }
  Message honest(const tcp::SocketAddress& server, const Message& query) {
    const auto found = servers_.find(server.ip().to_string());
    return found == servers_.end() ? Message() : found->second.answer(query);
  }
  dns_test::Respond respond() {
    return [this](const tcp::SocketAddress& server, const std::string& bytes, bool stream) {
      const Message query = Message::decode(as_bytes(bytes)).value();
      asked_.push_back(server.ip().to_string() + ' ' + query.questions[0].to_string());
      Message answer = honest(server, query);
      if (lie_) return lie_(server, query, answer, stream);
      if (!answer.response) return std::vector<Packet>();
      return std::vector<Packet>{{server, answer.encode().value()}};
    };
  }
  Answer ask(const std::string& name, Type type = Type::A) {
    if (resolver_ == nullptr) {
      network_ = std::make_unique<dns_test::FakeNetwork>(executor_, respond());
      resolver_ = std::make_unique<dns::Resolver>(*network_, options_);
    }
    const dns::Question question{Name::parse(name).value(), type};
    return executor_.block_on(resolver_->resolve(question));
  }
  static std::string address(const Answer& answer) {
    return answer.answers.empty()
               ? dns::to_string(answer.rcode)
               : dns::rdata_to_text(answer.answers.back().type, answer.answers.back().rdata);
  }

  async::SimExecutor executor_{1};
  os::ManualClock clock_;
  os::SeededEntropy entropy_{3};
  random::SecureRandom random_{entropy_};
  std::map<std::string, dns::AuthoritativeHandler> servers_;
  std::function<std::vector<Packet>(const tcp::SocketAddress&, const Message&, Message, bool)> lie_;
  std::vector<std::string> asked_;
  dns::ResolverOptions options_;
  std::unique_ptr<dns_test::FakeNetwork> network_;
  std::unique_ptr<dns::Resolver> resolver_;
};

}  // namespace dns_test
