// The client and the server of ACME against each other, and each against a peer that misbehaves.
#include <gtest/gtest.h>

#include <avila/crypto/jwk.hpp>
#include <avila/json/value.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/pki/acme_client.hpp>
#include <avila/pki/acme_server.hpp>
#include <avila/pki/issue.hpp>
#include <avila/text/encoding.hpp>
#include <functional>
#include <map>

#include "acme_jws.hpp"

namespace {

using namespace avila;
using namespace avila::pki;

template <class R>
std::string_view code_of(const R& result) {
  return result.has_value() ? "ok" : to_string(result.error().code());
}
template <class T>
T take(Result<T> result) {
  EXPECT_TRUE(result.has_value()) << (result.has_value() ? "" : result.error().to_string());
  if (!result.has_value()) std::abort();
  return std::move(result).value();
}
#define EXPECT_OK(...) EXPECT_EQ(code_of(__VA_ARGS__), "ok")
#define EXPECT_CODE(kind, ...) EXPECT_EQ(code_of(__VA_ARGS__), to_string(Errc::kind))

constexpr const char* kBase = "https://ca.example/acme";

/// A CA of one root; a validator that looks into a map; the solver that fills it; the network.
struct World final : AcmeValidator, AcmeIssuer, AcmeSolver, HttpTransport {
  os::ManualClock clock{{1'800'000'000'000'000'000}};
  os::SeededEntropy entropy{11};
  crypto::PrivateKey root_key = new_key();
  Certificate root = make_root();
  std::map<std::string, std::string> web;  // "type token name" → key authorization
  std::vector<std::string> revoked;
  std::string preferred = "http-01";
  int issue_failures = 0, cleaned = 0, requests = 0;
  std::function<void(HttpRequest&)> on_request;                  // before the server has it
  std::function<void(const HttpRequest&, HttpReply&)> on_reply;  // before the client has it
  std::unique_ptr<AcmeServer> server;

  World() { restart(server_options()); }
  AcmeServerOptions server_options() {
    return {
        .validator = *this, .issuer = *this, .clock = clock, .entropy = entropy, .base_url = kBase};
  }
  void restart(const AcmeServerOptions& options) { server = take(AcmeServer::create(options)); }

  crypto::PrivateKey new_key(crypto::KeyType type = crypto::KeyType::P256) {
    return take(crypto::PrivateKey::generate(type, entropy));
  }
  Certificate make_root() {
    CertificateBuilder builder;
    builder.serial = take(random_serial(entropy));
    builder.subject = take(Name::common("root"));
    builder.not_before = clock.wall() - days(1);
    builder.not_after = clock.wall() + days(3650);
    builder.basic_constraints = BasicConstraints{.ca = true};
    return take(builder.self_sign(root_key, entropy));
  }

  Result<void> validate(const AcmeIdentifier& identifier, std::string_view type,
                        std::string_view token, std::string_view proof) override {
    const auto found =
        web.find(std::string(type) + " " + std::string(token) + " " + identifier.value);
    if (found == web.end()) return Error(Errc::ConnectionRefused, "nobody there");
    if (found->second != proof) return Error(Errc::Unauthenticated, "another proof");
    return {};
  }
  Result<void> accepts(const AcmeIdentifier& identifier) override {
    if (identifier.value == "bad.example") return Error(Errc::PermissionDenied, "not for you");
    return {};
  }
  Result<std::vector<Certificate>> issue(const Csr& csr,
                                         const std::vector<AcmeIdentifier>&) override {
    if (issue_failures-- > 0) return Error(Errc::Unavailable, "the module is asleep");
    CertificateBuilder builder;
    AVILA_TRY(builder.serial, random_serial(entropy));
    builder.not_before = clock.wall();
    builder.not_after = clock.wall() + days(90);
    builder.subject_alt_names = *csr.extensions().subject_alt_name;
    AVILA_TRY(const auto key, csr.public_key());
    AVILA_TRY(auto made, builder.sign(key, root, root_key, entropy));
    return std::vector<Certificate>{std::move(made), root};
  }
  Result<void> revoke(const Certificate& certificate, AcmeRevocationReason) override {
    revoked.push_back(certificate.serial_hex());
    return {};
  }

  bool takes(std::string_view type) const override { return type != "none"; }
  bool takes(const AcmeAuthorization& authorization, std::string_view type) const override {
    return type == (authorization.wildcard ? "dns-01" : preferred);
  }
  Result<void> present(const AcmeAuthorization& authorization, const AcmeChallenge& challenge,
                       std::string_view proof) override {
    web[challenge.type + " " + challenge.token + " " + authorization.identifier.value] = proof;
    return {};
  }
  void clean_up(const AcmeAuthorization&, const AcmeChallenge&) override { ++cleaned; }

  Result<HttpReply> send(const HttpRequest& given) override {
    ++requests;
    HttpRequest request = given;
    if (on_request) on_request(request);
    HttpReply reply = server->answer(request);
    if (on_reply) on_reply(request, reply);
    return reply;
  }

  AcmeClientOptions options() {
    return {.transport = *this,
            .clock = clock,
            .entropy = entropy,
            .directory_url = std::string(kBase) + "/directory",
            .wait = [this](Duration time) -> Result<void> {
              clock.advance(time);
              server->work();
              return {};
            }};
  }
  AcmeClient connect(crypto::KeyType type = crypto::KeyType::P256) {
    return take(AcmeClient::connect(options(), new_key(type)));
  }
  AcmeClient client(crypto::KeyType type = crypto::KeyType::P256) {
    AcmeClient made = connect(type);
    EXPECT_OK(made.register_account({.contacts = {"mailto:a@b.example"}, .terms_agreed = true}));
    return made;
  }
  Csr csr_for(const std::vector<GeneralName>& names, const crypto::PrivateKey& key) {
    CsrBuilder builder;
    builder.subject_alt_names = names;
    return take(builder.sign(key, entropy));
  }
};

TEST(Acme, GivesCertificatesToEveryKindOfAccountKey) {
  using enum crypto::KeyType;
  World world;
  for (const auto type : {P256, P384, P521, Ed25519, Rsa}) {
    SCOPED_TRACE(std::string(crypto::name(type)));
    AcmeClient acme = world.client(type);
    const auto key = world.new_key();
    const Csr csr = world.csr_for({GeneralName::dns("www.example"), GeneralName::dns("*.w.example"),
                                   take(GeneralName::ip("192.0.2.7"))},
                                  key);
    const auto chain =
        take(acme.obtain({AcmeIdentifier::dns("www.example"), AcmeIdentifier::dns("*.w.example"),
                          AcmeIdentifier::ip("192.0.2.7")},
                         csr, world));
    ASSERT_EQ(chain.size(), 2U);
    EXPECT_OK(chain[0].check_signature(world.root));
    EXPECT_EQ(chain[0].extensions().subject_alt_name->size(), 3U);
  }
  EXPECT_EQ(world.cleaned, 15);
  EXPECT_EQ(world.server->account_count(), 5U);
  EXPECT_CODE(InvalidArgument, AcmeClient::connect(world.options(), world.new_key(X25519)));
}

TEST(Acme, ChallengeMaterialIsThatOfTheRfcs) {
  World world;
  const auto key = world.new_key();
  const std::string proof = acme_key_authorization("tok-en", key.public_key());
  EXPECT_TRUE(proof.starts_with("tok-en."));
  EXPECT_EQ(proof.size(), 7U + 43U);
  EXPECT_EQ(acme_http_path("tok-en"), "/.well-known/acme-challenge/tok-en");
  EXPECT_EQ(acme_dns_name("*.example.com"), "_acme-challenge.example.com");
  // SHA-256 of nothing, in base64url.
  EXPECT_EQ(acme_dns_value(""), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
  for (const auto& identifier : {AcmeIdentifier::dns("a.example"), AcmeIdentifier::ip("::1")}) {
    const auto shown =
        take(acme_tls_alpn_certificate(identifier, proof, key, world.clock.wall(), world.entropy));
    EXPECT_OK(check_acme_tls_alpn_certificate(shown, identifier, proof));
    EXPECT_CODE(Unauthenticated, check_acme_tls_alpn_certificate(shown, identifier, proof + "x"));
    EXPECT_CODE(Unauthenticated,
                check_acme_tls_alpn_certificate(shown, AcmeIdentifier::dns("b.example"), proof));
    EXPECT_CODE(Unauthenticated, check_acme_tls_alpn_certificate(world.root, identifier, proof));
  }
}

TEST(Acme, RenewalIsToldAndChained) {
  World world;
  AcmeClient acme = world.client();
  const auto key = world.new_key();
  const std::vector<AcmeIdentifier> names{AcmeIdentifier::dns("r.example")};
  const Csr csr = world.csr_for({GeneralName::dns("r.example")}, key);
  const auto chain = take(acme.obtain(names, csr, world));
  const std::string id = take(acme_certificate_id(chain[0]));
  EXPECT_EQ(id.substr(id.find('.') + 1), text::base64url_encode(chain[0].serial()));
  const auto info = take(acme.renewal_info(chain[0]));
  EXPECT_EQ(info.start, chain[0].not_before() + days(60));
  EXPECT_EQ(info.end, chain[0].not_before() + days(75));
  EXPECT_EQ(info.ask_again_after, hours(6));
  EXPECT_OK(acme.obtain(names, csr, world, id));
  EXPECT_CODE(Conflict, acme.new_order(names, id));
  EXPECT_CODE(InvalidArgument, acme.new_order(names, "no.such"));
  AcmeClient other = world.client();
  EXPECT_CODE(InvalidArgument, other.new_order(names, id));
  EXPECT_OK(acme.revoke(chain[0], AcmeRevocationReason::KeyCompromise));
  EXPECT_LE(take(acme.renewal_info(chain[0])).end, world.clock.wall());
}

TEST(Acme, AFailedChallengeSaysWhy) {
  World world;
  AcmeClient acme = world.client();
  const auto key = world.new_key();
  const Csr csr = world.csr_for({GeneralName::dns("f.example")}, key);
  const auto order = take(acme.new_order({AcmeIdentifier::dns("f.example")}));
  const auto authorization = take(acme.authorization(order.authorizations[0]));
  EXPECT_EQ(authorization.challenges.size(), 3U);
  EXPECT_CODE(PreconditionFailed, acme.finalize(order, csr));
  EXPECT_OK(acme.respond(*authorization.find("http-01")));  // nothing was put up
  const auto failed = acme.wait_for_authorization(authorization.url);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().message(), "f.example is invalid: connection: nobody there");
  EXPECT_CODE(Unauthenticated, acme.wait_for_order(order.url));
  world.preferred = "no-such";
  EXPECT_CODE(Unsupported, acme.obtain({AcmeIdentifier::dns("g.example")}, csr, world));
}

TEST(Acme, AnIssuerThatFailsMakesTheOrderInvalid) {
  World world;
  AcmeClient acme = world.client();
  const auto key = world.new_key();
  const Csr csr = world.csr_for({GeneralName::dns("i.example")}, key);
  world.issue_failures = 1;
  EXPECT_CODE(Unauthenticated, acme.obtain({AcmeIdentifier::dns("i.example")}, csr, world));
  EXPECT_OK(acme.obtain({AcmeIdentifier::dns("i.example")}, csr, world));
}

TEST(Acme, RefusesNamesAndRequestsThatDoNotFit) {
  World world;
  AcmeClient acme = world.client();
  for (const std::string_view name :
       {"", "a", "A.example", "a..example", "-a.example", "a-.example", "*.*.example", "192.0.2.1",
        "a b.example", "bad.example", "a.example.", "*"})
    EXPECT_CODE(PermissionDenied, acme.new_order({AcmeIdentifier::dns(name)})) << name;
  EXPECT_CODE(PermissionDenied, acme.new_order({AcmeIdentifier::ip("1.2.3")}));
  EXPECT_CODE(InvalidArgument, acme.new_order({AcmeIdentifier{"email", "a@b"}}));
  EXPECT_CODE(InvalidArgument, acme.new_order({}));
  EXPECT_CODE(InvalidArgument, acme.new_order(std::vector<AcmeIdentifier>(101)));

  const auto key = world.new_key();
  const auto attempt = [&](const Csr& csr) {
    return code_of(acme.obtain({AcmeIdentifier::dns("c.example")}, csr, world));
  };
  const auto c = GeneralName::dns("c.example"), d = GeneralName::dns("d.example");
  const std::string_view refused = to_string(Errc::InvalidArgument);
  EXPECT_EQ(attempt(world.csr_for({d}, key)), refused);
  EXPECT_EQ(attempt(world.csr_for({c, d}, key)), refused);
  EXPECT_EQ(attempt(world.csr_for({c, GeneralName::email("a@c.example")}, key)), refused);
  EXPECT_EQ(attempt(world.csr_for({}, key)), refused);
  EXPECT_EQ(attempt(world.csr_for({c}, acme.account_key())), refused);
  CsrBuilder named;
  named.subject = take(Name::common("other.example"));
  named.subject_alt_names = {c};
  EXPECT_EQ(attempt(take(named.sign(key, world.entropy))), refused);
  named.subject = take(Name::common("c.example"));
  EXPECT_EQ(attempt(take(named.sign(key, world.entropy))), "ok");
}

TEST(Acme, AccountsAreTheirKeys) {
  World world;
  auto options = world.server_options();
  options.terms_of_service = "https://ca.example/terms";
  world.restart(options);
  AcmeClient acme = world.connect();
  EXPECT_EQ(acme.directory().terms_of_service, "https://ca.example/terms");
  EXPECT_CODE(PreconditionFailed, acme.new_order({AcmeIdentifier::dns("a.example")}));
  EXPECT_CODE(NotFound, acme.register_account({.only_existing = true}));
  EXPECT_CODE(PermissionDenied, acme.register_account({}));
  EXPECT_CODE(InvalidArgument,
              acme.register_account({.contacts = {"tel:123"}, .terms_agreed = true}));
  EXPECT_CODE(InvalidArgument,
              acme.register_account({.contacts = {"mailto:a@b,c@d"}, .terms_agreed = true}));
  const auto made =
      take(acme.register_account({.contacts = {"mailto:a@b.example"}, .terms_agreed = true}));
  EXPECT_EQ(take(acme.register_account({})).url, made.url);
  EXPECT_EQ(take(acme.update_contacts({})).contacts.size(), 0U);

  AcmeClient other = world.client();
  const auto order = take(acme.new_order({AcmeIdentifier::dns("a.example")}));
  EXPECT_FALSE(other.order(order.url).has_value());
  EXPECT_FALSE(other.authorization(order.authorizations[0]).has_value());
  EXPECT_OK(acme.deactivate_authorization(order.authorizations[0]));
  EXPECT_EQ(take(acme.order(order.url)).status, AcmeStatus::Invalid);

  const SecretBytes other_der = other.account_key().to_pkcs8();
  EXPECT_FALSE(acme.change_key(take(crypto::PrivateKey::from_pkcs8(other_der.span()))).has_value());
  EXPECT_OK(acme.change_key(world.new_key(crypto::KeyType::Ed25519)));
  EXPECT_EQ(take(acme.register_account({.only_existing = true})).url, made.url);
  EXPECT_OK(acme.deactivate_account());
  EXPECT_CODE(Unauthenticated, acme.new_order({AcmeIdentifier::dns("a.example")}));
  EXPECT_CODE(Unauthenticated, acme.register_account({}));
}

TEST(Acme, ExternalAccountsAreBound) {
  World world;
  auto options = world.server_options();
  options.external_mac_key = [](std::string_view id) {
    const ByteSpan key = as_bytes(id == "kid-1" ? "a shared key" : "");
    return std::vector<std::byte>(key.begin(), key.end());
  };
  world.restart(options);
  AcmeClient acme = world.connect();
  EXPECT_CODE(PermissionDenied, acme.register_account({}));
  AcmeAccountOptions account;
  account.external_key_id = "kid-2";
  account.external_mac_key = as_bytes("a shared key");
  EXPECT_CODE(Unauthenticated, acme.register_account(account));
  account.external_key_id = "kid-1";
  account.external_mac_key = as_bytes("another");
  EXPECT_CODE(Unauthenticated, acme.register_account(account));
  account.external_mac_key = as_bytes("a shared key");
  EXPECT_OK(acme.register_account(account));
}

TEST(Acme, RevocationNeedsTheAccountOrTheKey) {
  World world;
  AcmeClient acme = world.client(), other = world.client();
  const auto key = world.new_key(), foreign = world.new_key();
  const Csr csr = world.csr_for({GeneralName::dns("v.example")}, key);
  const auto chain = take(acme.obtain({AcmeIdentifier::dns("v.example")}, csr, world));
  const auto reason = AcmeRevocationReason::Superseded;
  EXPECT_CODE(Unauthenticated, other.revoke(chain[0], reason));
  EXPECT_CODE(Unauthenticated, other.revoke(chain[0], reason, &foreign));
  EXPECT_FALSE(other.revoke(chain[0], static_cast<AcmeRevocationReason>(2), &key).has_value());
  EXPECT_FALSE(acme.revoke(world.root, reason).has_value());
  EXPECT_TRUE(world.revoked.empty());
  EXPECT_OK(other.revoke(chain[0], reason, &key));
  EXPECT_CODE(Conflict, acme.revoke(chain[0], reason));
  EXPECT_EQ(world.revoked.size(), 1U);
}

TEST(Acme, OldNoncesAreRefusedAndTheClientTriesAgain) {
  World world;
  auto options = world.server_options();
  options.nonces_max = 1;  // each forgets the other client's
  world.restart(options);
  AcmeClient one = world.client(), two = world.client();
  for (int i = 0; i < 5; ++i) {
    EXPECT_OK(one.update_contacts({}));
    EXPECT_OK(two.update_contacts({}));
  }
  world.on_request = [&](HttpRequest& request) {  // every nonce, and the account
    if (request.method == "POST") world.restart(options);
  };
  const int before = world.requests;
  EXPECT_FALSE(one.update_contacts({}).has_value());
  EXPECT_LE(world.requests - before, 10);  // and not for ever
}

/// What a signed request must have (section 6), each thing wrong by itself.
class AcmeSignedRequest : public ::testing::Test {
 protected:
  std::string nonce() {
    HttpRequest request;
    request.method = "HEAD";
    request.url = std::string(kBase) + "/new-nonce";
    return std::string(world_.server->answer(request).header("replay-nonce"));
  }
  json::Value header() {
    return json::Value::make_object(
        {{"nonce", nonce()}, {"url", url_}, {"jwk", crypto::to_jwk(key_.public_key())}});
  }
  HttpRequest request(json::Value header, std::string_view payload, const crypto::PrivateKey& by) {
    HttpRequest made;
    made.method = "POST";
    made.url = url_;
    made.headers = {{"content-type", "application/jose+json"}};
    made.body = take(pki::detail::sign_jws(by, std::move(header), payload, world_.entropy));
    return made;
  }
  std::string answer(const HttpRequest& request) {
    const HttpReply reply = world_.server->answer(request);
    if (reply.status < 300) return "ok";
    EXPECT_FALSE(reply.header("Replay-Nonce").empty());
    const std::string type = pki::detail::text_member(take(json::parse(reply.body)), "type");
    return type.substr(type.rfind(':') + 1);
  }
  World world_;
  crypto::PrivateKey key_ = world_.new_key(), other_ = world_.new_key();
  const std::string url_ = std::string(kBase) + "/new-account";
};

TEST_F(AcmeSignedRequest, NeedsItsSignatureNonceAndAddress) {
  EXPECT_EQ(answer(request(header(), "{}", other_)), "unauthorized");
  EXPECT_EQ(answer(request(header(), "not json", key_)), "malformed");
  EXPECT_EQ(answer(request(header(), "", key_)), "malformed");
  auto changed = header();
  changed.set("nonce", "made-up");
  EXPECT_EQ(answer(request(changed, "{}", key_)), "badNonce");
  changed = header();
  changed.set("url", url_ + "/");
  EXPECT_EQ(answer(request(changed, "{}", key_)), "malformed");
  changed = header();
  changed.set("kid", std::string(kBase) + "/account/x");
  EXPECT_EQ(answer(request(changed, "{}", key_)), "malformed");
  changed = header();
  changed.erase("jwk");
  EXPECT_EQ(answer(request(changed, "{}", key_)), "malformed");
  changed = header();
  changed.erase("jwk");
  changed.set("kid", std::string(kBase) + "/account/x");
  EXPECT_EQ(answer(request(changed, "{}", key_)), "accountDoesNotExist");
  changed = header();
  changed.set("jwk", "no key");
  EXPECT_EQ(answer(request(changed, "{}", key_)), "badPublicKey");

  const auto once = header();
  EXPECT_EQ(answer(request(once, "{}", key_)), "ok");
  EXPECT_EQ(answer(request(once, "{}", key_)), "badNonce");
}

TEST_F(AcmeSignedRequest, NeedsItsForm) {
  auto made = request(header(), "{}", key_);
  made.headers[0].second = "application/json";
  EXPECT_EQ(answer(made), "malformed");
  made = request(header(), "{}", key_);
  made.body = "[]";
  EXPECT_EQ(answer(made), "malformed");
  made = request(header(), "{}", key_);
  made.body.insert(1, "\"header\":{},");
  EXPECT_EQ(answer(made), "malformed");
  made = request(header(), "{}", key_);
  auto jws = take(json::parse(made.body));
  jws.set("protected", text::base64url_encode(std::string_view("{\"alg\":\"none\"}")));
  made.body = json::to_string(jws);
  EXPECT_EQ(answer(made), "badSignatureAlgorithm");
  made = request(header(), "{}", key_);
  made.url = std::string(kBase) + "/new-order";  // signed for another address
  EXPECT_EQ(answer(made), "malformed");
}

TEST(Acme, AddressesHaveTheirMethods) {
  World world;
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    HttpRequest request;
    request.method = method;
    request.url = std::string(kBase) + "/new-account";
    EXPECT_EQ(world.server->answer(request).status, 405);
  }
  HttpRequest elsewhere;
  elsewhere.url = "https://ca.example/other";
  EXPECT_EQ(world.server->answer(elsewhere).status, 404);
  elsewhere.url = std::string(kBase) + "/renewal-info/x.y";
  EXPECT_EQ(world.server->answer(elsewhere).status, 404);
  auto options = world.server_options();
  options.base_url = "ca.example";
  EXPECT_CODE(InvalidArgument, AcmeServer::create(options));
}

TEST(Acme, OrdersExpireAndAreLimited) {
  World world;
  auto options = world.server_options();
  options.open_orders_max = 3;
  world.restart(options);
  AcmeClient acme = world.client();
  const auto first = take(acme.new_order({AcmeIdentifier::dns("a.example")}));
  for (int i = 0; i < 2; ++i) EXPECT_OK(acme.new_order({AcmeIdentifier::dns("a.example")}));
  EXPECT_CODE(Busy, acme.new_order({AcmeIdentifier::dns("a.example")}));
  world.clock.advance(days(8));
  EXPECT_EQ(take(acme.authorization(first.authorizations[0])).status, AcmeStatus::Expired);
  EXPECT_EQ(take(acme.order(first.url)).status, AcmeStatus::Invalid);
  EXPECT_OK(acme.new_order({AcmeIdentifier::dns("a.example")}));
  EXPECT_EQ(world.server->order_count(), 1U);
}

TEST(Acme, TheClientRefusesAServerThatMakesNoSense) {
  World world;
  AcmeClient acme = world.client();
  const auto with_body = [&](const std::string& body) {
    world.on_reply = [body](const HttpRequest& request, HttpReply& reply) {
      if (request.method == "POST") reply.body = body;
    };
  };
  const auto order = take(acme.new_order({AcmeIdentifier::dns("a.example")}));
  for (const char* body :
       {"", "[]", R"({"status":"pending"})",
        R"({"status":"new","finalize":"https://x","identifiers":[],"authorizations":[]})",
        R"({"status":"pending","finalize":"https://x","identifiers":[],"authorizations":[1]})"}) {
    with_body(body);
    EXPECT_CODE(Malformed, acme.order(order.url)) << body;
    EXPECT_CODE(Malformed, acme.authorization(order.authorizations[0])) << body;
  }
  with_body(R"({"status":"pending","identifier":{},"challenges":[{"type":"http-01",)"
            R"("status":"pending","url":"https://x","token":"../../etc/passwd"}]})");
  EXPECT_CODE(Malformed, acme.authorization(order.authorizations[0]));
  with_body(std::string(300 << 10, ' '));
  EXPECT_CODE(LimitExceeded, acme.order(order.url));
  world.on_reply = [](const HttpRequest&, HttpReply& reply) { reply.headers.clear(); };
  for (int i = 0; i < 20; ++i) (void)acme.order(order.url);
  EXPECT_CODE(Malformed, acme.order(order.url));  // no nonce any more
  world.on_reply = {};
  EXPECT_CODE(InvalidArgument, acme.order("http://ca.example/acme/order/x"));  // not https
}

TEST(Acme, TheClientRefusesADirectoryThatIsNone) {
  World world;
  auto options = world.options();
  options.directory_url = "http://ca.example/acme/directory";
  EXPECT_CODE(InvalidArgument, AcmeClient::connect(options, world.new_key()));
  options.directory_url = std::string(kBase) + "/nothing";
  EXPECT_CODE(Unavailable, AcmeClient::connect(options, world.new_key()));
  for (const char* body : {"{}", "", R"({"newNonce":"https://x"})"}) {
    world.on_reply = [body](const HttpRequest&, HttpReply& reply) { reply.body = body; };
    EXPECT_CODE(Malformed, AcmeClient::connect(world.options(), world.new_key())) << body;
  }
}

TEST(Acme, ACertificateOfAnotherKeyIsNotTaken) {
  World world;
  AcmeClient acme = world.client();
  const auto key = world.new_key();
  const Csr csr = world.csr_for({GeneralName::dns("k.example")}, key);
  world.on_reply = [&](const HttpRequest& request, HttpReply& reply) {
    if (request.url.find("/cert/") != std::string::npos) reply.body = world.root.to_pem();
  };
  EXPECT_CODE(Malformed, acme.obtain({AcmeIdentifier::dns("k.example")}, csr, world));
}

TEST(Acme, WaitsEndByTheirLimit) {
  World world;
  auto options = world.options();
  Duration waited{};
  options.wait = [&](Duration time) -> Result<void> {  // and nobody works
    waited = waited + time;
    return {};
  };
  AcmeClient slow = take(AcmeClient::connect(options, world.new_key()));
  EXPECT_OK(slow.register_account({}));
  const auto order = take(slow.new_order({AcmeIdentifier::dns("w.example")}));
  EXPECT_CODE(TimedOut, slow.wait_for_authorization(order.authorizations[0]));
  EXPECT_EQ(waited, minutes(2));  // by Retry-After: 40 times 3 seconds
  EXPECT_CODE(TimedOut, slow.wait_for_order(order.url));
}

}  // namespace
