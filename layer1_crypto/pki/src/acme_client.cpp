// Requests, accounts.
#include "acme_client.hpp"

#include <avila/text/encoding.hpp>
#include <avila/time/format.hpp>
#include <chrono>
#include <thread>

namespace avila::pki {
namespace {

using detail::text_member;

constexpr int kNonceTries = 10;  // a server may throw nonces away at any time
constexpr std::size_t kMaxNonces = 16;

Errc kind_of(const AcmeProblem& problem) {
  const auto is = [&](std::string_view type) { return problem.type == type; };
  if (is("unauthorized") || is("badSignatureAlgorithm") || is("badPublicKey"))
    return Errc::Unauthenticated;
  if (is("userActionRequired") || is("rejectedIdentifier") || is("caa") ||
      is("externalAccountRequired"))
    return Errc::PermissionDenied;
  if (is("rateLimited")) return Errc::Busy;
  if (is("accountDoesNotExist")) return Errc::NotFound;
  if (is("alreadyRevoked") || is("alreadyReplaced")) return Errc::Conflict;
  if (is("orderNotReady")) return Errc::PreconditionFailed;
  if (is("connection") || is("dns") || is("tls") || is("incorrectResponse"))
    return Errc::Unauthenticated;
  if (problem.status >= 400 && problem.status < 500) return Errc::InvalidArgument;
  return Errc::Unavailable;
}

/// Members of a text kind; what is absent stays empty.
AcmeDirectory directory_of(const json::Value& object) {
  AcmeDirectory out;
  out.new_nonce = text_member(object, "newNonce");
  out.new_account = text_member(object, "newAccount");
  out.new_order = text_member(object, "newOrder");
  out.revoke_certificate = text_member(object, "revokeCert");
  out.key_change = text_member(object, "keyChange");
  out.renewal_info = text_member(object, "renewalInfo");
  if (const json::Value* meta = object.find("meta")) {
    out.terms_of_service = text_member(*meta, "termsOfService");
    const json::Value* external = meta->find("externalAccountRequired");
    out.external_account_required = external != nullptr && external->get_bool().value_or(false);
  }
  return out;
}

Result<AcmeAccount> account_of(const json::Value& object, std::string url) {
  AcmeAccount account;
  account.url = std::move(url);
  const auto status = acme_status_of(text_member(object, "status"));
  if (!status.has_value()) return Error(Errc::Malformed, "an account without its status");
  account.status = *status;
  if (const json::Value* contacts = object.find("contact"))
    if (const json::Array* list = contacts->get_array())
      for (const json::Value& contact : *list)
        if (contact.is_string()) account.contacts.emplace_back(contact.as_string());
  return account;
}

}  // namespace

namespace detail {

std::optional<Duration> retry_after(const HttpReply& reply, WallTime now) {
  const std::string_view value = reply.header("Retry-After");
  if (value.empty()) return std::nullopt;
  std::int64_t number = 0;
  bool digits = value.size() <= 9;
  for (const char c : value) {
    digits = digits && c >= '0' && c <= '9';
    if (digits) number = number * 10 + (c - '0');
  }
  if (digits) return seconds(number);
  const auto date = time::parse_http_date(value, now);
  if (!date.has_value()) return std::nullopt;
  return std::max(*date - now, Duration::zero());
}

AcmeProblem parse_problem(const json::Value& object, int status) {
  constexpr std::string_view kPrefix = "urn:ietf:params:acme:error:";
  const auto type_of = [&](const json::Value& from) {
    std::string type = text_member(from, "type");
    if (type.starts_with(kPrefix)) type.erase(0, kPrefix.size());
    return type;
  };
  AcmeProblem problem{type_of(object), text_member(object, "detail"), status, {}};
  if (problem.detail.size() > 1024) problem.detail.resize(1024);
  const json::Value* parts = object.find("subproblems");
  if (parts == nullptr || !parts->is_array()) return problem;
  for (const json::Value& part : parts->array()) {
    if (problem.parts.size() == 16) break;
    const json::Value* identifier = part.find("identifier");
    std::string text;
    if (identifier != nullptr)
      text = text_member(*identifier, "type") + ":" + text_member(*identifier, "value") + ": ";
    problem.parts.push_back(text + type_of(part) + ": " + text_member(part, "detail"));
  }
  return problem;
}

json::Value contacts_json(const std::vector<std::string>& contacts) {
  json::Value list = json::Value::make_array();
  for (const std::string& contact : contacts) list.push_back(contact);
  return list;
}

}  // namespace detail

AcmeClient::AcmeClient(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
AcmeClient::AcmeClient(AcmeClient&&) noexcept = default;
AcmeClient& AcmeClient::operator=(AcmeClient&&) noexcept = default;
AcmeClient::~AcmeClient() = default;
const AcmeDirectory& AcmeClient::directory() const noexcept { return impl_->directory; }
const crypto::PrivateKey& AcmeClient::account_key() const noexcept { return impl_->key; }
const std::optional<AcmeProblem>& AcmeClient::last_problem() const noexcept {
  return impl_->problem;
}

Result<void> AcmeClient::Impl::check_url(std::string_view url) const {
  if (url.starts_with("https://") || (options.allow_http && url.starts_with("http://"))) return {};
  return Error(Errc::InvalidArgument,
               "an address of ACME begins with https://, not " + std::string(url.substr(0, 100)));
}

Result<HttpReply> AcmeClient::Impl::send(HttpRequest request) {
  AVILA_TRY_VOID(check_url(request.url));
  request.headers.emplace_back("User-Agent", options.user_agent);
  request.reply_bytes_max = kMaxAcmeBody;
  AVILA_TRY(HttpReply reply, options.transport.send(request));
  if (reply.body.size() > kMaxAcmeBody)
    return Error(Errc::LimitExceeded, "a reply of over 256 KiB");
  if (const auto fresh = reply.header("Replay-Nonce"); !fresh.empty() && nonces.size() < kMaxNonces)
    nonces.emplace_back(fresh);
  return reply;
}

Result<HttpReply> AcmeClient::Impl::get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  AVILA_TRY(HttpReply reply, send(std::move(request)));
  if (reply.status != 200)
    return Error(Errc::Unavailable, "GET " + url + ": status " + std::to_string(reply.status));
  return reply;
}

Result<std::string> AcmeClient::Impl::nonce() {
  if (nonces.empty()) {
    HttpRequest request;
    request.method = "HEAD";
    request.url = directory.new_nonce;
    AVILA_TRY_VOID(send(std::move(request)));
    if (nonces.empty()) return Error(Errc::Malformed, "the server gave no nonce");
  }
  std::string newest = std::move(nonces.back());
  nonces.pop_back();
  return newest;
}

Result<HttpReply> AcmeClient::Impl::post(const std::string& url, std::string_view payload, By by,
                                         std::string_view accept,
                                         const crypto::PrivateKey* other_key) {
  const crypto::PrivateKey& signer = other_key != nullptr ? *other_key : key;
  for (int attempt = 1;; ++attempt) {
    AVILA_TRY(std::string fresh, nonce());
    json::Value header = json::Value::make_object({{"nonce", fresh}, {"url", url}});
    if (by == By::Jwk)
      header.set("jwk", crypto::to_jwk(signer.public_key()));
    else
      header.set("kid", account_url);
    HttpRequest request;
    request.method = "POST";
    request.url = url;
    request.headers = {{"Content-Type", "application/jose+json"}, {"Accept", std::string(accept)}};
    AVILA_TRY(request.body, detail::sign_jws(signer, std::move(header), payload, options.entropy));
    AVILA_TRY(HttpReply reply, send(std::move(request)));
    if (reply.status >= 200 && reply.status < 300) return reply;
    const auto object = detail::parse_object(reply.body);
    problem = object.has_value()
                  ? detail::parse_problem(*object, reply.status)
                  : AcmeProblem{"", "status " + std::to_string(reply.status), reply.status, {}};
    if (problem->type == "badNonce" && attempt < kNonceTries) {
      if (nonces.size() > 1) nonces.erase(nonces.begin(), nonces.end() - 1);  // older ones are too
      continue;
    }
    std::string message = problem->to_string();
    if (const auto later = detail::retry_after(reply, options.clock.wall()))
      message += "; retry after " + std::to_string(later->ns / 1'000'000'000) + " s";
    return Error(kind_of(*problem), message);
  }
}

Result<json::Value> AcmeClient::Impl::post_json(const std::string& url, std::string_view payload) {
  AVILA_TRY(const HttpReply reply, post(url, payload));
  return detail::parse_object(reply.body);
}

Result<void> AcmeClient::Impl::need_account() const {
  if (account_url.empty())
    return Error(Errc::PreconditionFailed, "the account is not registered yet",
                 {.hint = "call register_account() first"});
  return {};
}

Result<void> AcmeClient::Impl::wait(Duration time) const {
  if (options.wait) return options.wait(time);
  std::this_thread::sleep_for(std::chrono::nanoseconds(time.ns));
  return {};
}

Duration AcmeClient::Impl::pause_of(const HttpReply& reply) const {
  const auto asked = detail::retry_after(reply, options.clock.wall());
  return std::clamp(asked.value_or(options.poll_every), milliseconds(10), hours(1));
}

Result<AcmeClient> AcmeClient::connect(const AcmeClientOptions& options, crypto::PrivateKey key) {
  if (detail::jws_algorithm(key.type()).empty())
    return Error(Errc::InvalidArgument, "an account's key is P-256, P-384, P-521, Ed25519 or RSA");
  auto impl = std::make_unique<Impl>(options, std::move(key));
  AVILA_TRY(const HttpReply reply, impl->get(options.directory_url));
  auto object = detail::parse_object(reply.body);
  if (!object.has_value()) return std::move(object.error().context("the directory"));
  impl->directory = directory_of(*object);
  const AcmeDirectory& d = impl->directory;
  for (const std::string* url :
       {&d.new_nonce, &d.new_account, &d.new_order, &d.revoke_certificate, &d.key_change}) {
    if (url->empty()) return Error(Errc::Malformed, "the directory has not all that RFC 8555 asks");
    AVILA_TRY_VOID(impl->check_url(*url));
  }
  return AcmeClient(std::move(impl));
}

Result<AcmeAccount> AcmeClient::register_account(const AcmeAccountOptions& options) {
  Impl& it = *impl_;
  if (it.directory.external_account_required && options.external_key_id.empty() &&
      !options.only_existing)
    return Error(Errc::PermissionDenied, "the server wants an external account",
                 {.hint = "give the key id and MAC key that the CA gave you"});
  json::Value payload = json::Value::make_object();
  if (!options.contacts.empty()) payload.set("contact", detail::contacts_json(options.contacts));
  if (options.terms_agreed) payload.set("termsOfServiceAgreed", true);
  if (options.only_existing) payload.set("onlyReturnExisting", true);
  if (!options.external_key_id.empty()) {
    json::Value header = json::Value::make_object(
        {{"kid", options.external_key_id}, {"url", it.directory.new_account}});
    const std::string jwk = json::to_string(crypto::to_jwk(it.key.public_key()));
    AVILA_TRY(auto binding, detail::parse_object(
                                detail::mac_jws(options.external_mac_key, std::move(header), jwk)));
    payload.set("externalAccountBinding", std::move(binding));
  }
  AVILA_TRY(const HttpReply reply,
            it.post(it.directory.new_account, json::to_string(payload), Impl::By::Jwk));
  const std::string url(reply.header("Location"));
  if (url.empty()) return Error(Errc::Malformed, "an account without its address");
  AVILA_TRY_VOID(it.check_url(url));
  AVILA_TRY(const json::Value object, detail::parse_object(reply.body));
  it.account_url = url;
  return account_of(object, url);
}

Result<AcmeAccount> AcmeClient::update_contacts(const std::vector<std::string>& contacts) {
  AVILA_TRY_VOID(impl_->need_account());
  const json::Value payload =
      json::Value::make_object({{"contact", detail::contacts_json(contacts)}});
  AVILA_TRY(const json::Value object,
            impl_->post_json(impl_->account_url, json::to_string(payload)));
  return account_of(object, impl_->account_url);
}

Result<void> AcmeClient::deactivate_account() {
  AVILA_TRY_VOID(impl_->need_account());
  AVILA_TRY_VOID(impl_->post(impl_->account_url, "{\"status\":\"deactivated\"}"));
  return {};
}

Result<void> AcmeClient::change_key(crypto::PrivateKey new_key) {
  Impl& it = *impl_;
  AVILA_TRY_VOID(it.need_account());
  const json::Value payload = json::Value::make_object(
      {{"account", it.account_url}, {"oldKey", crypto::to_jwk(it.key.public_key())}});
  json::Value header = json::Value::make_object(
      {{"url", it.directory.key_change}, {"jwk", crypto::to_jwk(new_key.public_key())}});
  AVILA_TRY(
      const std::string inner,
      detail::sign_jws(new_key, std::move(header), json::to_string(payload), it.options.entropy));
  AVILA_TRY_VOID(it.post(it.directory.key_change, inner));
  it.key = std::move(new_key);
  return {};
}

}  // namespace avila::pki
