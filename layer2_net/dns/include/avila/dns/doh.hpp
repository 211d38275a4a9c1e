// DNS over HTTPS (RFC 8484).
#pragma once
#include <avila/dns/server.hpp>
#include <avila/http/message.hpp>
#include <string>
#include <utility>

namespace avila::dns {

/// Put behind an http::Server with TLS and HTTP/2: answers GET with ?dns= and POST of
/// application/dns-message. The DNS handler outlives it.
class DohHandler final : public http::Handler {
 public:
  explicit DohHandler(dns::Handler& handler, std::string path = "/dns-query")
      : handler_(handler), path_(std::move(path)) {}
  http::BodyPlan plan_body(http::Request& head) override;
  Task<http::Response> handle(http::Request& request) override;

 private:
  dns::Handler& handler_;
  const std::string path_;
};

struct DohServer {
  SocketAddress address;
  std::string host;  ///< the name that the certificate must have, and the authority
  std::string path = "/dns-query";
};

/// One question over a connection of its own, by HTTP/2 (RFC 8484 section 5.2). Errors: as
/// exchange_tls(), and Malformed (the answer is no application/dns-message).
Task<Result<Message>> exchange_https(async::Executor& executor, Network& network,
                                     async::Security& security, DohServer server, Message query,
                                     ExchangeOptions options = {}, CancelToken cancel = {});

}  // namespace avila::dns
