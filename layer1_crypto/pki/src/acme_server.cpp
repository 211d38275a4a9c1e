// Routes, signatures, accounts.
#include "acme_server.hpp"

#include <avila/text/encoding.hpp>

namespace avila::pki {

using detail::text_member;

namespace acme {

json::Value problem_json(int status, std::string_view type, std::string_view detail) {
  return json::Value::make_object({{"type", "urn:ietf:params:acme:error:" + std::string(type)},
                                   {"detail", detail},
                                   {"status", status}});
}

HttpReply problem(int status, std::string_view type, std::string_view detail) {
  HttpReply reply = reply_json(status, problem_json(status, type, detail));
  reply.headers[0].second = "application/problem+json";
  return reply;
}

HttpReply reply_json(int status, const json::Value& body) {
  HttpReply reply;
  reply.status = status;
  reply.headers = {{"Content-Type", "application/json"}};
  reply.body = json::to_string(body);
  return reply;
}

}  // namespace acme

using acme::problem;
using acme::reply_json;
using acme::Signed;

AcmeServer::AcmeServer(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
AcmeServer::~AcmeServer() = default;

Result<std::unique_ptr<AcmeServer>> AcmeServer::create(const AcmeServerOptions& options) {
  const std::string& base = options.base_url;
  if (!(base.starts_with("https://") || base.starts_with("http://")) || base.ends_with('/'))
    return Error(Errc::InvalidArgument, "a server's address is http(s), without '/' at its end");
  return std::unique_ptr<AcmeServer>(new AcmeServer(std::make_unique<Impl>(options)));
}

std::size_t AcmeServer::account_count() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->accounts.size();
}
std::size_t AcmeServer::order_count() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->orders.size();
}

Result<std::string> AcmeServer::Impl::new_id() {
  std::array<std::byte, 16> random;
  AVILA_TRY_VOID(options.entropy.fill(random));
  return text::base64url_encode(random);
}

Result<std::string> AcmeServer::Impl::new_nonce() {
  AVILA_TRY(std::string nonce, new_id());
  nonces.insert(nonce);
  nonce_order.push_back(nonce);
  while (nonce_order.size() > options.nonces_max) {
    nonces.erase(nonce_order.front());
    nonce_order.pop_front();
  }
  return nonce;
}

HttpReply AcmeServer::answer(const HttpRequest& request) {
  Impl& it = *impl_;
  const std::lock_guard lock(it.mutex);
  std::string_view path = request.url;
  HttpReply reply;
  if (!path.starts_with(it.options.base_url + "/")) {
    reply = problem(404, "malformed", "there is nothing at this address");
  } else {
    path.remove_prefix(it.options.base_url.size());
    reply = it.route(request, path);
  }
  if (request.method == "POST" || path == "/new-nonce") {
    if (auto nonce = it.new_nonce(); nonce.has_value())
      reply.headers.emplace_back("Replay-Nonce", *nonce);
    reply.headers.emplace_back("Cache-Control", "no-store");
  }
  reply.headers.emplace_back("Link", "<" + it.url("/directory") + ">;rel=\"index\"");
  if (request.method == "HEAD") reply.body.clear();
  return reply;
}

HttpReply AcmeServer::Impl::route(const HttpRequest& request, std::string_view path) {
  if (request.method == "POST") return post(request, path);
  if (request.method != "GET" && request.method != "HEAD")
    return problem(405, "malformed", "GET, HEAD and POST are what ACME uses");
  if (path == "/directory") return directory();
  if (path == "/new-nonce") {
    HttpReply reply;
    reply.status = request.method == "HEAD" ? 200 : 204;  // RFC 8555 section 7.2
    return reply;
  }
  if (constexpr std::string_view kInfo = "/renewal-info/"; path.starts_with(kInfo))
    return renewal_info(path.substr(kInfo.size()));
  return problem(405, "malformed", "this is read by POST-as-GET");
}

HttpReply AcmeServer::Impl::directory() const {
  json::Value meta = json::Value::make_object();
  if (!options.terms_of_service.empty()) meta.set("termsOfService", options.terms_of_service);
  meta.set("externalAccountRequired", static_cast<bool>(options.external_mac_key));
  return reply_json(200, json::Value::make_object({{"newNonce", url("/new-nonce")},
                                                   {"newAccount", url("/new-account")},
                                                   {"newOrder", url("/new-order")},
                                                   {"revokeCert", url("/revoke-cert")},
                                                   {"keyChange", url("/key-change")},
                                                   {"renewalInfo", url("/renewal-info")},
                                                   {"meta", std::move(meta)}}));
}

std::optional<HttpReply> AcmeServer::Impl::check(const HttpRequest& request, bool key_allowed,
                                                 Signed& out) {
  if (!request.header("Content-Type").starts_with("application/jose+json"))
    return problem(415, "malformed", "a request is of type application/jose+json");
  auto jws = detail::parse_jws(request.body);
  if (!jws.has_value()) return problem(400, "malformed", jws.error().message());
  const json::Value& header = jws->header;
  const std::string algorithm = text_member(header, "alg");
  if (algorithm != "ES256" && algorithm != "ES384" && algorithm != "ES512" &&
      algorithm != "EdDSA" && algorithm != "RS256") {
    HttpReply reply = problem(400, "badSignatureAlgorithm", "ES256, ES384, ES512, EdDSA or RS256");
    json::Value body = acme::problem_json(400, "badSignatureAlgorithm", "see \"algorithms\"");
    body.set("algorithms", json::Value::make_array({"ES256", "ES384", "ES512", "EdDSA", "RS256"}));
    reply.body = json::to_string(body);
    return reply;
  }
  if (text_member(header, "url") != request.url)
    return problem(400, "malformed", "\"url\" is not the address of the request");
  const auto nonce = nonces.find(text_member(header, "nonce"));
  if (nonce == nonces.end()) return problem(400, "badNonce", "the nonce is unknown or used");
  nonces.erase(nonce);

  const json::Value *jwk = header.find("jwk"), *kid = header.find("kid");
  if ((jwk == nullptr) == (kid == nullptr))
    return problem(400, "malformed", "a request has \"jwk\" or \"kid\"");
  std::optional<crypto::PublicKey> key;
  if (jwk != nullptr) {
    if (!key_allowed) return problem(400, "malformed", "this request is signed by an account");
    auto parsed = crypto::Jwk::parse(*jwk);
    const auto* given = parsed.has_value() ? std::get_if<crypto::PublicKey>(&parsed->key) : nullptr;
    if (given == nullptr || detail::jws_algorithm(given->type()).empty())
      return problem(400, "badPublicKey", "a key of P-256, P-384, P-521, Ed25519 or RSA");
    if (const auto* rsa = given->as<crypto::RsaPublicKey>();
        rsa != nullptr && (rsa->bits() < 2048 || rsa->bits() > 4096))
      return problem(400, "badPublicKey", "RSA keys have 2048 to 4096 bits here");
    key = *given;
    out.key = key;
  } else {
    const std::string prefix = url("/account/"), id = text_member(header, "kid");
    const auto found =
        id.starts_with(prefix) ? accounts.find(id.substr(prefix.size())) : accounts.end();
    if (found == accounts.end())
      return problem(400, "accountDoesNotExist", "there is no such account");
    if (found->second.status != AcmeStatus::Valid)
      return problem(401, "unauthorized", "the account is deactivated");
    key = found->second.key;
    out.account = found->first;
  }
  if (!detail::verify_jws(*jws, *key).has_value())
    return problem(403, "unauthorized", "the signature is not of that key");
  if (!jws->payload.empty()) {
    auto payload = detail::parse_object(jws->payload);
    if (!payload.has_value()) return problem(400, "malformed", payload.error().message());
    out.payload = std::move(payload).value();
  }
  out.jws = std::move(jws).value();
  return std::nullopt;
}

HttpReply AcmeServer::Impl::post(const HttpRequest& request, std::string_view path) {
  Signed given;
  const bool key_allowed = path == "/new-account" || path == "/revoke-cert";
  if (auto refused = check(request, key_allowed, given)) return std::move(*refused);
  const auto below = [&](std::string_view prefix) -> std::optional<std::string_view> {
    if (!path.starts_with(prefix)) return std::nullopt;
    return path.substr(prefix.size());
  };
  if (path == "/new-account") return new_account(given);
  if (path == "/revoke-cert") return revoke(given);
  if (path == "/key-change") return key_change(given);
  if (path == "/new-order") return new_order(given);
  if (const auto id = below("/account/")) {
    if (id->ends_with("/orders")) return account_orders(given, id->substr(0, id->size() - 7));
    return account(given, *id);
  }
  if (const auto id = below("/order/")) {
    if (id->ends_with("/finalize")) return finalize(given, id->substr(0, id->size() - 9));
    return order(given, *id);
  }
  if (const auto id = below("/authz/")) return authorization(given, *id);
  if (const auto id = below("/challenge/")) {
    const std::size_t slash = std::min(id->find('/'), id->size());
    return challenge(given, id->substr(0, slash), id->substr(std::min(slash + 1, id->size())));
  }
  if (const auto id = below("/cert/")) return certificate(given, *id);
  return problem(404, "malformed", "there is nothing at this address");
}

json::Value AcmeServer::Impl::account_json(const acme::Account& account) const {
  json::Value contacts = json::Value::make_array();
  for (const std::string& contact : account.contacts) contacts.push_back(contact);
  return json::Value::make_object({{"status", name(account.status)},
                                   {"contact", std::move(contacts)},
                                   {"orders", url("/account/" + account.id + "/orders")}});
}

namespace {

/// "contact" of a payload, or why it is wrong.
std::optional<HttpReply> read_contacts(const json::Value& payload,
                                       std::vector<std::string>& contacts) {
  constexpr std::size_t kMaxContacts = 16, kMaxContact = 320;
  const json::Value* given = payload.find("contact");
  if (given == nullptr) return std::nullopt;
  if (!given->is_array() || given->size() > kMaxContacts)
    return problem(400, "invalidContact", "\"contact\" is a list of up to 16");
  std::vector<std::string> list;
  for (const json::Value& contact : given->array()) {
    if (!contact.is_string() || contact.as_string().size() > kMaxContact)
      return problem(400, "invalidContact", "a contact is a short text");
    const std::string_view text = contact.as_string();
    if (!text.starts_with("mailto:"))
      return problem(400, "unsupportedContact", "a contact is a mailto: address");
    // Section 7.3: one address, without header fields.
    if (text.find('?') != std::string_view::npos || text.find(',') != std::string_view::npos ||
        text.find('@') == std::string_view::npos)
      return problem(400, "invalidContact", "a contact is one address");
    list.emplace_back(text);
  }
  contacts = std::move(list);
  return std::nullopt;
}

}  // namespace

std::optional<HttpReply> AcmeServer::Impl::check_external(const Signed& request) {
  if (!options.external_mac_key) return std::nullopt;
  const json::Value* binding = request.payload.find("externalAccountBinding");
  if (binding == nullptr)
    return problem(403, "externalAccountRequired", "an account here is bound to an external one");
  const auto jws = detail::parse_jws(json::to_string(*binding));
  if (!jws.has_value()) return problem(400, "malformed", jws.error().message());
  const auto key = options.external_mac_key(text_member(jws->header, "kid"));
  if (key.empty() || text_member(jws->header, "url") != text_member(request.jws.header, "url") ||
      jws->header.find("nonce") != nullptr || !detail::verify_mac_jws(*jws, key).has_value())
    return problem(403, "unauthorized", "the external account's binding is not right");
  auto bound = crypto::Jwk::parse(jws->payload);
  const auto* bound_key = bound.has_value() ? std::get_if<crypto::PublicKey>(&bound->key) : nullptr;
  if (bound_key == nullptr || !(*bound_key == *request.key))
    return problem(400, "malformed", "the external account is bound to another key");
  return std::nullopt;
}

HttpReply AcmeServer::Impl::new_account(const Signed& request) {
  if (!request.key.has_value()) return problem(400, "malformed", "a new account has a \"jwk\"");
  if (!request.payload.is_object()) return problem(400, "malformed", "an account has a payload");
  const std::string print = crypto::thumbprint(*request.key);
  if (const auto known = account_of_key.find(print); known != account_of_key.end()) {
    const acme::Account& there = accounts.find(known->second)->second;
    if (there.status != AcmeStatus::Valid)
      return problem(403, "unauthorized", "the account is deactivated");
    HttpReply reply = reply_json(200, account_json(there));
    reply.headers.emplace_back("Location", url("/account/" + there.id));
    return reply;
  }
  const auto flag = [&](std::string_view member) {
    const json::Value* value = request.payload.find(member);
    return value != nullptr && value->get_bool().value_or(false);
  };
  if (flag("onlyReturnExisting"))
    return problem(400, "accountDoesNotExist", "no account has this key");
  if (!options.terms_of_service.empty() && !flag("termsOfServiceAgreed"))
    return problem(403, "userActionRequired", "the terms of service must be agreed to");
  if (auto refused = check_external(request)) return std::move(*refused);
  if (accounts.size() >= options.accounts_max)
    return problem(503, "serverInternal", "no further accounts are taken");
  auto id = new_id();
  if (!id.has_value()) return problem(500, "serverInternal", "no entropy");
  acme::Account made{*id, *request.key, AcmeStatus::Valid, {}, {}};
  if (auto refused = read_contacts(request.payload, made.contacts)) return std::move(*refused);
  HttpReply reply = reply_json(201, account_json(made));
  reply.headers.emplace_back("Location", url("/account/" + *id));
  account_of_key.emplace(print, *id);
  accounts.emplace(*id, std::move(made));
  return reply;
}

HttpReply AcmeServer::Impl::account(const Signed& request, std::string_view id) {
  if (request.account != id) return problem(403, "unauthorized", "another account");
  acme::Account& there = accounts.find(id)->second;
  if (request.payload.is_object()) {
    if (auto refused = read_contacts(request.payload, there.contacts)) return std::move(*refused);
    const std::string status = text_member(request.payload, "status");
    if (!status.empty() && status != "deactivated")
      return problem(400, "malformed", "a client can deactivate its account");
    if (!status.empty()) there.status = AcmeStatus::Deactivated;
  }
  return reply_json(200, account_json(there));
}

HttpReply AcmeServer::Impl::account_orders(const Signed& request, std::string_view id) {
  if (request.account != id) return problem(403, "unauthorized", "another account");
  json::Value list = json::Value::make_array();
  for (const std::string& order : accounts.find(id)->second.orders)
    if (orders.contains(order)) list.push_back(url("/order/" + order));
  return reply_json(200, json::Value::make_object({{"orders", std::move(list)}}));
}

HttpReply AcmeServer::Impl::key_change(const Signed& request) {
  // Section 7.3.5: the payload is a JWS of the new key; its own rules, without a nonce.
  const auto inner = detail::parse_jws(json::to_string(request.payload));
  if (!inner.has_value()) return problem(400, "malformed", inner.error().message());
  const json::Value* jwk = inner->header.find("jwk");
  if (jwk == nullptr || inner->header.find("nonce") != nullptr ||
      text_member(inner->header, "url") != text_member(request.jws.header, "url"))
    return problem(400, "malformed", "the inner JWS has \"jwk\", the same \"url\" and no nonce");
  auto parsed = crypto::Jwk::parse(*jwk);
  const auto* key = parsed.has_value() ? std::get_if<crypto::PublicKey>(&parsed->key) : nullptr;
  if (key == nullptr || !detail::verify_jws(*inner, *key).has_value())
    return problem(400, "badPublicKey", "the new key did not sign the change");
  auto payload = detail::parse_object(inner->payload);
  if (!payload.has_value()) return problem(400, "malformed", payload.error().message());
  acme::Account& there = accounts.find(request.account)->second;
  const json::Value* old = payload->find("oldKey");
  auto old_parsed =
      old == nullptr ? Result<crypto::Jwk>(Error(Errc::NotFound, "")) : crypto::Jwk::parse(*old);
  const auto* old_key =
      old_parsed.has_value() ? std::get_if<crypto::PublicKey>(&old_parsed->key) : nullptr;
  if (text_member(*payload, "account") != url("/account/" + there.id) || old_key == nullptr ||
      !(*old_key == there.key))
    return problem(400, "malformed", "the change is of another account or key");
  const std::string print = crypto::thumbprint(*key);
  if (const auto taken = account_of_key.find(print); taken != account_of_key.end()) {
    HttpReply reply = problem(409, "malformed", "another account has the new key");
    reply.headers.emplace_back("Location", url("/account/" + taken->second));
    return reply;
  }
  account_of_key.erase(crypto::thumbprint(there.key));
  account_of_key.emplace(print, there.id);
  there.key = *key;
  return reply_json(200, account_json(there));
}

}  // namespace avila::pki
