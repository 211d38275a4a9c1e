// Orders, authorizations, certificates.
#include <avila/text/encoding.hpp>
#include <avila/time/format.hpp>

#include "acme_client.hpp"

namespace avila::pki {
namespace {

using detail::text_member;

Error malformed(std::string_view what) { return Error(Errc::Malformed, what); }

Result<AcmeStatus> status_of(const json::Value& object) {
  const auto status = acme_status_of(text_member(object, "status"));
  if (!status.has_value()) return malformed("an object without a status that is known");
  return *status;
}

std::optional<AcmeProblem> problem_of(const json::Value& object) {
  const json::Value* error = object.find("error");
  if (error == nullptr || !error->is_object()) return std::nullopt;
  const json::Value* status = error->find("status");
  return detail::parse_problem(
      *error, status == nullptr ? 0 : static_cast<int>(status->get_int64().value_or(0)));
}

AcmeIdentifier identifier_of(const json::Value& object) {
  return {text_member(object, "type"), text_member(object, "value")};
}

/// The n-th target of Link headers with rel="alternate" (RFC 8288 in the form that ACME uses).
std::string alternate_link(const HttpReply& reply, std::size_t wanted) {
  for (const auto& [header, value] : reply.headers) {
    HttpMessage one;
    one.headers = {{header, value}};
    if (one.header("Link").empty()) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const std::size_t open = rest.find('<'), close = rest.find('>', open);
      if (open == std::string_view::npos || close == std::string_view::npos) break;
      const std::size_t next = std::min(rest.find('<', close), rest.size());
      const std::string_view parameters = rest.substr(close + 1, next - close - 1);
      const bool alternate = parameters.find("rel=\"alternate\"") != std::string_view::npos ||
                             parameters.find("rel=alternate") != std::string_view::npos;
      if (alternate && --wanted == 0) return std::string(rest.substr(open + 1, close - open - 1));
      rest.remove_prefix(next);
    }
  }
  return {};
}

Error invalid(std::string_view what, const std::optional<AcmeProblem>& problem) {
  std::string message(what);
  if (problem.has_value()) message += ": " + problem->to_string();
  return Error(Errc::Unauthenticated, message);
}

}  // namespace

namespace detail {

json::Value identifier_json(const AcmeIdentifier& identifier) {
  return json::Value::make_object({{"type", identifier.type}, {"value", identifier.value}});
}

Result<AcmeOrder> parse_order(const json::Value& object, std::string url) {
  AcmeOrder order;
  order.url = std::move(url);
  AVILA_TRY(order.status, status_of(object));
  order.finalize = text_member(object, "finalize");
  order.certificate = text_member(object, "certificate");
  order.error = problem_of(object);
  const json::Value* identifiers = object.find("identifiers");
  const json::Value* authorizations = object.find("authorizations");
  if (order.finalize.empty() || identifiers == nullptr || !identifiers->is_array() ||
      authorizations == nullptr || !authorizations->is_array())
    return malformed("an order has \"finalize\", \"identifiers\" and \"authorizations\"");
  if (identifiers->size() > kMaxAcmeIdentifiers || authorizations->size() > kMaxAcmeIdentifiers)
    return Error(Errc::LimitExceeded, "an order of over 100 identifiers");
  for (const json::Value& identifier : identifiers->array())
    order.identifiers.push_back(identifier_of(identifier));
  for (const json::Value& authorization : authorizations->array()) {
    if (!authorization.is_string()) return malformed("an authorization is an address");
    order.authorizations.emplace_back(authorization.as_string());
  }
  return order;
}

Result<AcmeAuthorization> parse_authorization(const json::Value& object, std::string url) {
  AcmeAuthorization authorization;
  authorization.url = std::move(url);
  AVILA_TRY(authorization.status, status_of(object));
  const json::Value* identifier = object.find("identifier");
  const json::Value* challenges = object.find("challenges");
  if (identifier == nullptr || challenges == nullptr || !challenges->is_array())
    return malformed("an authorization has \"identifier\" and \"challenges\"");
  if (challenges->size() > kMaxAcmeChallenges)
    return Error(Errc::LimitExceeded, "an authorization of over 16 challenges");
  authorization.identifier = identifier_of(*identifier);
  const json::Value* wildcard = object.find("wildcard");
  authorization.wildcard = wildcard != nullptr && wildcard->get_bool().value_or(false);
  for (const json::Value& one : challenges->array()) {
    AcmeChallenge challenge;
    challenge.type = text_member(one, "type");
    challenge.url = text_member(one, "url");
    challenge.token = text_member(one, "token");
    AVILA_TRY(challenge.status, status_of(one));
    challenge.error = problem_of(one);
    // Section 8: base64url only. It becomes a path of a web server, or a file's name.
    for (const char c : challenge.token)
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '_'))
        return malformed("a token has the characters of base64url");
    authorization.challenges.push_back(std::move(challenge));
  }
  return authorization;
}

}  // namespace detail

Result<AcmeOrder> AcmeClient::new_order(const std::vector<AcmeIdentifier>& identifiers,
                                        std::string_view replaces) {
  Impl& it = *impl_;
  AVILA_TRY_VOID(it.need_account());
  if (identifiers.empty() || identifiers.size() > kMaxAcmeIdentifiers)
    return Error(Errc::InvalidArgument, "an order has 1 to 100 identifiers");
  json::Value payload = json::Value::make_object();
  json::Value& list = payload.set("identifiers", json::Value::make_array());
  for (const AcmeIdentifier& identifier : identifiers)
    list.push_back(detail::identifier_json(identifier));
  if (!replaces.empty()) payload.set("replaces", replaces);
  AVILA_TRY(const HttpReply reply, it.post(it.directory.new_order, json::to_string(payload)));
  const std::string url(reply.header("Location"));
  if (url.empty()) return malformed("an order without its address");
  AVILA_TRY(const json::Value object, detail::parse_object(reply.body));
  return detail::parse_order(object, url);
}

Result<AcmeOrder> AcmeClient::order(const std::string& url) {
  AVILA_TRY_VOID(impl_->need_account());
  AVILA_TRY(const json::Value object, impl_->post_json(url, {}));
  return detail::parse_order(object, url);
}

Result<AcmeAuthorization> AcmeClient::authorization(const std::string& url) {
  AVILA_TRY_VOID(impl_->need_account());
  AVILA_TRY(const json::Value object, impl_->post_json(url, {}));
  return detail::parse_authorization(object, url);
}

Result<void> AcmeClient::deactivate_authorization(const std::string& url) {
  AVILA_TRY_VOID(impl_->need_account());
  AVILA_TRY_VOID(impl_->post(url, "{\"status\":\"deactivated\"}"));
  return {};
}

std::string AcmeClient::key_authorization(const AcmeChallenge& challenge) const {
  return acme_key_authorization(challenge.token, impl_->key.public_key());
}

Result<void> AcmeClient::respond(const AcmeChallenge& challenge) {
  AVILA_TRY_VOID(impl_->need_account());
  AVILA_TRY_VOID(impl_->post(challenge.url, "{}"));
  return {};
}

Result<AcmeAuthorization> AcmeClient::wait_for_authorization(const std::string& url) {
  Impl& it = *impl_;
  AVILA_TRY_VOID(it.need_account());
  for (Duration waited{};;) {
    AVILA_TRY(const HttpReply reply, it.post(url, {}));
    AVILA_TRY(const json::Value object, detail::parse_object(reply.body));
    AVILA_TRY(AcmeAuthorization now, detail::parse_authorization(object, url));
    if (now.status == AcmeStatus::Valid) return now;
    if (now.status != AcmeStatus::Pending) {
      std::optional<AcmeProblem> why;
      for (const AcmeChallenge& challenge : now.challenges)
        if (challenge.error.has_value()) why = challenge.error;
      return invalid(now.identifier.value + " is " + std::string(name(now.status)), why);
    }
    const Duration pause = it.pause_of(reply);
    if (waited + pause > it.options.poll_for)
      return Error(Errc::TimedOut,
                   "the authorization of " + now.identifier.value + " is still pending");
    AVILA_TRY_VOID(it.wait(pause));
    waited = waited + pause;
  }
}

Result<AcmeOrder> AcmeClient::wait_for_order(const std::string& url) {
  Impl& it = *impl_;
  AVILA_TRY_VOID(it.need_account());
  for (Duration waited{};;) {
    AVILA_TRY(const HttpReply reply, it.post(url, {}));
    AVILA_TRY(const json::Value object, detail::parse_object(reply.body));
    AVILA_TRY(AcmeOrder now, detail::parse_order(object, url));
    if (now.status == AcmeStatus::Valid || now.status == AcmeStatus::Ready) return now;
    if (now.status != AcmeStatus::Pending && now.status != AcmeStatus::Processing)
      return invalid("the order is " + std::string(name(now.status)), now.error);
    const Duration pause = it.pause_of(reply);
    if (waited + pause > it.options.poll_for)
      return Error(Errc::TimedOut, "the order is still " + std::string(name(now.status)));
    AVILA_TRY_VOID(it.wait(pause));
    waited = waited + pause;
  }
}

Result<AcmeOrder> AcmeClient::finalize(const AcmeOrder& order, const Csr& csr) {
  Impl& it = *impl_;
  AVILA_TRY_VOID(it.need_account());
  const json::Value payload =
      json::Value::make_object({{"csr", text::base64url_encode(csr.der())}});
  AVILA_TRY_VOID(it.post(order.finalize, json::to_string(payload)));
  AVILA_TRY(AcmeOrder done, wait_for_order(order.url));
  if (done.status != AcmeStatus::Valid || done.certificate.empty())
    return malformed("an order that was finalized is valid and has its certificate");
  return done;
}

Result<std::vector<Certificate>> AcmeClient::download(const AcmeOrder& order, const Csr& csr,
                                                      std::size_t alternate) {
  Impl& it = *impl_;
  AVILA_TRY_VOID(it.need_account());
  constexpr std::string_view kChain = "application/pem-certificate-chain";
  AVILA_TRY(HttpReply reply, it.post(order.certificate, {}, Impl::By::Account, kChain));
  if (alternate > 0) {
    const std::string other = alternate_link(reply, alternate);
    if (other.empty()) return Error(Errc::NotFound, "the server offers no further chain");
    AVILA_TRY(reply, it.post(other, {}, Impl::By::Account, kChain));
  }
  AVILA_TRY(auto chain, parse_certificates(reply.body));
  if (chain.size() > kMaxAcmeChain)
    return Error(Errc::LimitExceeded, "a chain of over 10 certificates");
  if (as_text(chain[0].spki()) != as_text(csr.spki()))
    return malformed("the certificate is of another key than the request");
  return chain;
}

Result<std::vector<Certificate>> AcmeClient::obtain(const std::vector<AcmeIdentifier>& identifiers,
                                                    const Csr& csr, AcmeSolver& solver,
                                                    std::string_view replaces) {
  AVILA_TRY(AcmeOrder order, new_order(identifiers, replaces));
  // All challenges are put up before the first is told: they wait side by side.
  std::vector<std::pair<AcmeAuthorization, AcmeChallenge>> presented;
  const auto prove = [&]() -> Result<void> {
    for (const std::string& url : order.authorizations) {
      AVILA_TRY(AcmeAuthorization authorization, this->authorization(url));
      if (authorization.status == AcmeStatus::Valid) continue;
      const AcmeChallenge* chosen = nullptr;
      for (const AcmeChallenge& challenge : authorization.challenges)
        if (chosen == nullptr && solver.takes(authorization, challenge.type)) chosen = &challenge;
      if (chosen == nullptr)
        return Error(Errc::Unsupported,
                     "no challenge that can be met for " + authorization.identifier.value);
      const AcmeChallenge challenge = *chosen;
      presented.emplace_back(authorization, challenge);
      AVILA_TRY_VOID(solver.present(authorization, challenge, key_authorization(challenge)));
    }
    for (const auto& [authorization, challenge] : presented) AVILA_TRY_VOID(respond(challenge));
    for (const auto& [authorization, challenge] : presented)
      AVILA_TRY_VOID(wait_for_authorization(authorization.url));
    return {};
  };
  auto proved = prove();
  for (const auto& [authorization, challenge] : presented)
    solver.clean_up(authorization, challenge);
  if (!proved.has_value()) return std::move(proved).error();
  AVILA_TRY(order, wait_for_order(order.url));
  if (order.status == AcmeStatus::Ready) {
    AVILA_TRY(order, finalize(order, csr));
  }
  return download(order, csr);
}

Result<void> AcmeClient::revoke(const Certificate& certificate, AcmeRevocationReason reason,
                                const crypto::PrivateKey* certificate_key) {
  Impl& it = *impl_;
  const json::Value payload =
      json::Value::make_object({{"certificate", text::base64url_encode(certificate.der())},
                                {"reason", static_cast<int>(reason)}});
  if (certificate_key == nullptr) AVILA_TRY_VOID(it.need_account());
  AVILA_TRY_VOID(it.post(it.directory.revoke_certificate, json::to_string(payload),
                         certificate_key == nullptr ? Impl::By::Account : Impl::By::Jwk,
                         "application/json", certificate_key));
  return {};
}

Result<AcmeRenewalInfo> AcmeClient::renewal_info(const Certificate& certificate) {
  Impl& it = *impl_;
  if (it.directory.renewal_info.empty())
    return Error(Errc::Unsupported, "the server has no renewal information");
  AVILA_TRY(const std::string id, acme_certificate_id(certificate));
  std::string url = it.directory.renewal_info;
  if (!url.ends_with('/')) url += '/';
  AVILA_TRY(const HttpReply reply, it.get(url + id));
  AVILA_TRY(const json::Value object, detail::parse_object(reply.body));
  const json::Value* window = object.find("suggestedWindow");
  if (window == nullptr) return malformed("renewal information has \"suggestedWindow\"");
  AcmeRenewalInfo info;
  AVILA_TRY(info.start, time::parse_rfc3339(text_member(*window, "start")));
  AVILA_TRY(info.end, time::parse_rfc3339(text_member(*window, "end")));
  if (info.end < info.start) return malformed("a window ends after its start");
  info.explanation = text_member(object, "explanationURL");
  info.ask_again_after =
      detail::retry_after(reply, it.options.clock.wall()).value_or(Duration::zero());
  return info;
}

}  // namespace avila::pki
