// What an ACME server sends is read or refused; what a client sends is answered.
#include <avila/crypto/ed25519.hpp>
#include <avila/json/value.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/pki/acme_server.hpp>
#include <cstdlib>

#include "../layer1_crypto/pki/src/acme_client.hpp"
#include "../layer1_crypto/pki/src/acme_jws.hpp"

using namespace avila;
using namespace avila::pki;

namespace {

struct Nobody final : AcmeValidator, AcmeIssuer {
  Result<void> validate(const AcmeIdentifier&, std::string_view, std::string_view,
                        std::string_view) override {
    return {};
  }
  Result<std::vector<Certificate>> issue(const Csr&, const std::vector<AcmeIdentifier>&) override {
    return Error(Errc::Unavailable, "nobody");
  }
  Result<void> revoke(const Certificate&, AcmeRevocationReason) override { return {}; }
};

constexpr const char* kAddresses[] = {"new-account", "new-order", "key-change", "revoke-cert"};

/// The text as a payload, signed well, and as a whole body.
void ask(AcmeServer& server, os::Entropy& entropy, const crypto::PrivateKey& key,
         std::string_view text, std::size_t which) {
  const std::string url = "https://ca/" + std::string(kAddresses[which % 4]);
  HttpRequest hello;
  hello.method = "HEAD";
  hello.url = "https://ca/new-nonce";
  const std::string nonce(server.answer(hello).header("Replay-Nonce"));
  json::Value header = json::Value::make_object({{"nonce", nonce}, {"url", url}});
  header.set("jwk", crypto::to_jwk(key.public_key()));
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {{"Content-Type", "application/jose+json"}};
  for (const bool whole : {false, true}) {
    request.body = whole ? std::string(text)
                         : pki::detail::sign_jws(key, json::Value(header), text, entropy).value();
    const HttpReply reply = server.answer(request);
    if (reply.status < 200 || reply.status > 503) std::abort();
    if (!json::parse(reply.body).has_value() && !reply.body.empty()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto object = pki::detail::parse_object(text); object.has_value()) {
    (void)pki::detail::parse_problem(*object, 400).to_string();
    const auto order = pki::detail::parse_order(*object, "https://ca/order");
    if (order.has_value() && order->finalize.empty()) std::abort();
    const auto authorization = pki::detail::parse_authorization(*object, "https://ca/authz");
    if (authorization.has_value())
      for (const AcmeChallenge& challenge : authorization->challenges)
        if (challenge.token.find('/') != std::string::npos) std::abort();
  }
  HttpReply reply;
  reply.headers = {{"Retry-After", std::string(text)}};
  const auto pause = pki::detail::retry_after(reply, WallTime{1'800'000'000'000'000'000});
  if (pause.has_value() && pause->ns < 0) std::abort();

  static Nobody nobody;
  static os::ManualClock clock;
  static os::SeededEntropy entropy(1);
  static const auto key = crypto::PrivateKey::generate(crypto::KeyType::Ed25519, entropy).value();
  static const auto server = AcmeServer::create({.validator = nobody,
                                                 .issuer = nobody,
                                                 .clock = clock,
                                                 .entropy = entropy,
                                                 .base_url = "https://ca",
                                                 .accounts_max = 10})
                                 .value()
                                 .release();
  ask(*server, entropy, key, text, size);
  while (server->work()) continue;
  return 0;
}
