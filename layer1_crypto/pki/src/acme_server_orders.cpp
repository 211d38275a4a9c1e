// Orders, authorizations, challenges, certificates.
#include <algorithm>
#include <avila/text/encoding.hpp>
#include <avila/time/format.hpp>

#include "acme_server.hpp"

namespace avila::pki {

using acme::problem;
using acme::reply_json;
using acme::Signed;
using detail::text_member;

namespace {

bool is_dns_name(std::string_view name) {
  if (name.empty() || name.size() > 253 || name.find('.') == std::string_view::npos) return false;
  std::size_t label = 0;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    if (i == name.size() || name[i] == '.') {
      if (label == 0 || label > 63 || name[i - 1] == '-' || name[i - label] == '-') return false;
      label = 0;
      continue;
    }
    const char c = name[i];
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
    ++label;
  }
  // An address is not a name: the last label is not a number.
  return !(name.back() >= '0' && name.back() <= '9');
}

/// The names of a request, as identifiers; none where there is one of another kind.
std::optional<std::vector<AcmeIdentifier>> identifiers_of(const Csr& csr) {
  std::vector<AcmeIdentifier> out;
  const auto& names = csr.extensions().subject_alt_name;
  if (!names.has_value()) return std::nullopt;
  for (const GeneralName& name : *names) {
    if (name.type == GeneralNameType::Dns) {
      std::string lower = name.value;
      for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
      out.push_back({"dns", std::move(lower)});
    } else if (name.type == GeneralNameType::Ip) {
      out.push_back({"ip", name.value});  // bytes; the order's are compared as bytes too
    } else {
      return std::nullopt;
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<AcmeIdentifier> as_bytes_of(std::vector<AcmeIdentifier> identifiers) {
  for (AcmeIdentifier& identifier : identifiers)
    if (identifier.type == "ip") identifier.value = ip_bytes(identifier.value);
  std::sort(identifiers.begin(), identifiers.end());
  return identifiers;
}

std::string_view problem_type(Errc code) {
  switch (code) {
    case Errc::Unauthenticated:
    case Errc::PermissionDenied: return "unauthorized";
    case Errc::NotFound: return "dns";
    case Errc::TimedOut:
    case Errc::ConnectionRefused:
    case Errc::ConnectionReset:
    case Errc::Unavailable: return "connection";
    default: return "incorrectResponse";
  }
}

std::string bytes_to_text(const std::vector<Certificate>& chain) {
  std::string out;
  for (const Certificate& certificate : chain) out += certificate.to_pem();
  return out;
}

}  // namespace

json::Value AcmeServer::Impl::order_json(const acme::Order& order) const {
  json::Value identifiers = json::Value::make_array(), list = json::Value::make_array();
  for (const AcmeIdentifier& identifier : order.identifiers)
    identifiers.push_back(
        json::Value::make_object({{"type", identifier.type}, {"value", identifier.value}}));
  for (const std::string& id : order.authorizations) list.push_back(url("/authz/" + id));
  json::Value out =
      json::Value::make_object({{"status", name(order.status)},
                                {"expires", time::format_rfc3339(order.expires, 0)},
                                {"identifiers", std::move(identifiers)},
                                {"authorizations", std::move(list)},
                                {"finalize", url("/order/" + order.id + "/finalize")}});
  if (!order.certificate.empty()) out.set("certificate", url("/cert/" + order.certificate));
  if (!order.replaces.empty()) out.set("replaces", order.replaces);
  if (!order.error.is_null()) out.set("error", order.error);
  return out;
}

json::Value AcmeServer::Impl::challenge_json(const acme::Authorization& authorization,
                                             std::size_t index) const {
  const acme::Challenge& challenge = authorization.challenges[index];
  json::Value out = json::Value::make_object(
      {{"type", challenge.type},
       {"url", url("/challenge/" + authorization.id + "/" + std::to_string(index))},
       {"token", challenge.token},
       {"status", name(challenge.status)}});
  if (challenge.status == AcmeStatus::Valid)
    out.set("validated", time::format_rfc3339(challenge.validated, 0));
  if (!challenge.error.is_null()) out.set("error", challenge.error);
  return out;
}

json::Value AcmeServer::Impl::authorization_json(const acme::Authorization& authorization) const {
  json::Value challenges = json::Value::make_array();
  for (std::size_t i = 0; i < authorization.challenges.size(); ++i)
    challenges.push_back(challenge_json(authorization, i));
  const auto order = orders.find(authorization.order);
  json::Value out = json::Value::make_object(
      {{"status", name(authorization.status)},
       {"identifier", json::Value::make_object({{"type", authorization.identifier.type},
                                                {"value", authorization.identifier.value}})},
       {"challenges", std::move(challenges)}});
  if (order != orders.end()) out.set("expires", time::format_rfc3339(order->second.expires, 0));
  if (authorization.wildcard) out.set("wildcard", true);
  return out;
}

void AcmeServer::Impl::expire(acme::Order& order) const {
  if (options.clock.wall() <= order.expires) return;
  if (order.status == AcmeStatus::Pending || order.status == AcmeStatus::Ready)
    order.status = AcmeStatus::Invalid;
}

void AcmeServer::Impl::forget_expired() {
  const WallTime now = options.clock.wall();
  for (auto it = orders.begin(); it != orders.end();) {
    if (now <= it->second.expires || it->second.status == AcmeStatus::Processing) {
      ++it;
      continue;
    }
    for (const std::string& id : it->second.authorizations) authorizations.erase(id);
    if (const auto owner = accounts.find(it->second.account); owner != accounts.end())
      std::erase(owner->second.orders, it->first);
    it = orders.erase(it);
  }
  std::erase_if(certificates,
                [&](const auto& one) { return one.second.chain[0].not_after() < now; });
  std::erase_if(certificate_of,
                [&](const auto& one) { return !certificates.contains(one.second); });
}

void AcmeServer::Impl::settle(acme::Order& order) {
  if (order.status != AcmeStatus::Pending) return;
  bool all = true;
  for (const std::string& id : order.authorizations) {
    const acme::Authorization& one = authorizations.find(id)->second;
    all = all && one.status == AcmeStatus::Valid;
    if (one.status == AcmeStatus::Pending || one.status == AcmeStatus::Valid) continue;
    order.status = AcmeStatus::Invalid;
    for (const acme::Challenge& challenge : one.challenges)
      if (!challenge.error.is_null()) order.error = challenge.error;
    return;
  }
  if (all) order.status = AcmeStatus::Ready;
}

HttpReply AcmeServer::Impl::new_order(const Signed& request) {
  const json::Value* list = request.payload.find("identifiers");
  if (list == nullptr || !list->is_array() || list->empty() || list->size() > kMaxAcmeIdentifiers)
    return problem(400, "malformed", "an order has 1 to 100 identifiers");
  acme::Account& owner = accounts.find(request.account)->second;
  const auto full = [&] {
    return orders.size() >= options.orders_max || certificates.size() >= options.orders_max ||
           owner.orders.size() >= options.open_orders_max;
  };
  if (full()) forget_expired();
  if (full()) return problem(429, "rateLimited", "too many orders; wait until some expire");

  acme::Order made;
  for (const json::Value& one : list->array()) {
    AcmeIdentifier identifier{text_member(one, "type"), text_member(one, "value")};
    const bool wildcard = identifier.type == "dns" && identifier.value.starts_with("*.");
    const bool good = identifier.type == "ip" ? !ip_bytes(identifier.value).empty()
                      : identifier.type == "dns"
                          ? is_dns_name(std::string_view(identifier.value).substr(wildcard ? 2 : 0))
                          : false;
    if (!good && identifier.type != "dns" && identifier.type != "ip")
      return problem(400, "unsupportedIdentifier", "identifiers are of type dns or ip");
    if (!good)
      return problem(400, "rejectedIdentifier", "\"" + identifier.value + "\" is not a name here");
    if (auto accepted = options.issuer.accepts(identifier); !accepted.has_value())
      return problem(400, "rejectedIdentifier", accepted.error().message());
    if (std::find(made.identifiers.begin(), made.identifiers.end(), identifier) ==
        made.identifiers.end())
      made.identifiers.push_back(std::move(identifier));
  }
  made.replaces = text_member(request.payload, "replaces");
  if (!made.replaces.empty()) {  // RFC 9773 section 5
    const auto old = certificate_of.find(made.replaces);
    if (old == certificate_of.end() || certificates.find(old->second)->second.account != owner.id)
      return problem(400, "malformed", "\"replaces\" is not a certificate of this account");
    for (const auto& [id, other] : orders)
      if (other.replaces == made.replaces && other.status != AcmeStatus::Invalid)
        return problem(409, "alreadyReplaced", "another order replaces that certificate");
  }
  const auto build = [&]() -> Result<std::vector<acme::Authorization>> {
    AVILA_TRY(made.id, new_id());
    std::vector<acme::Authorization> parts;
    for (const AcmeIdentifier& identifier : made.identifiers) {
      acme::Authorization part;
      AVILA_TRY(part.id, new_id());
      part.account = owner.id;
      part.order = made.id;
      part.identifier = identifier;
      part.wildcard = identifier.value.starts_with("*.");
      if (part.wildcard) part.identifier.value.erase(0, 2);
      for (const std::string_view type : {"http-01", "dns-01", "tls-alpn-01"}) {
        // RFC 8555 section 8.3, RFC 8737 section 3, RFC 8738 section 7.
        if ((part.wildcard && type != "dns-01") || (identifier.type == "ip" && type == "dns-01"))
          continue;
        if (!options.validator.takes(type)) continue;
        acme::Challenge challenge;
        challenge.type = type;
        AVILA_TRY(challenge.token, new_id());
        part.challenges.push_back(std::move(challenge));
      }
      made.authorizations.push_back(part.id);
      parts.push_back(std::move(part));
    }
    return parts;
  };
  auto parts = build();
  if (!parts.has_value()) return problem(500, "serverInternal", "no entropy");
  made.account = owner.id;
  made.expires = options.clock.wall() + options.order_lifetime;
  for (acme::Authorization& part : *parts) {
    const std::string id = part.id;
    authorizations.emplace(id, std::move(part));
  }
  owner.orders.push_back(made.id);
  HttpReply reply = reply_json(201, order_json(made));
  reply.headers.emplace_back("Location", url("/order/" + made.id));
  orders.emplace(made.id, std::move(made));
  return reply;
}

HttpReply AcmeServer::Impl::order(const Signed& request, std::string_view id) {
  const auto found = orders.find(id);
  if (found == orders.end() || found->second.account != request.account)
    return problem(404, "malformed", "there is no such order of this account");
  expire(found->second);
  HttpReply reply = reply_json(200, order_json(found->second));
  if (found->second.status == AcmeStatus::Processing)
    reply.headers.emplace_back("Retry-After",
                               std::to_string(options.retry_after.ns / 1'000'000'000));
  return reply;
}

HttpReply AcmeServer::Impl::authorization(const Signed& request, std::string_view id) {
  const auto found = authorizations.find(id);
  if (found == authorizations.end() || found->second.account != request.account)
    return problem(404, "malformed", "there is no such authorization of this account");
  acme::Authorization& there = found->second;
  acme::Order& order = orders.find(there.order)->second;
  expire(order);
  if (request.payload.is_object()) {
    const std::string status = text_member(request.payload, "status");
    if (status != "deactivated")
      return problem(400, "malformed", "a client can deactivate its authorization");
    there.status = AcmeStatus::Deactivated;
    settle(order);
    if (order.status == AcmeStatus::Ready) order.status = AcmeStatus::Invalid;
  }
  if (there.status == AcmeStatus::Pending && order.status == AcmeStatus::Invalid &&
      options.clock.wall() > order.expires)
    there.status = AcmeStatus::Expired;
  HttpReply reply = reply_json(200, authorization_json(there));
  if (there.status == AcmeStatus::Pending)
    reply.headers.emplace_back("Retry-After",
                               std::to_string(options.retry_after.ns / 1'000'000'000));
  return reply;
}

HttpReply AcmeServer::Impl::challenge(const Signed& request, std::string_view id,
                                      std::string_view index) {
  const auto found = authorizations.find(id);
  const std::size_t number =
      index.size() == 1 && index[0] >= '0' ? static_cast<std::size_t>(index[0] - '0') : 99;
  if (found == authorizations.end() || found->second.account != request.account ||
      number >= found->second.challenges.size())
    return problem(404, "malformed", "there is no such challenge of this account");
  acme::Authorization& there = found->second;
  acme::Order& order = orders.find(there.order)->second;
  expire(order);
  acme::Challenge& challenge = there.challenges[number];
  // An empty object starts it; POST-as-GET reads it.
  if (request.payload.is_object() && challenge.status == AcmeStatus::Pending &&
      there.status == AcmeStatus::Pending && order.status == AcmeStatus::Pending) {
    challenge.status = AcmeStatus::Processing;
    jobs.push_back({there.id, number, {}, std::nullopt});
  }
  HttpReply reply = reply_json(200, challenge_json(there, number));
  reply.headers.emplace_back("Link", "<" + url("/authz/" + there.id) + ">;rel=\"up\"");
  return reply;
}

HttpReply AcmeServer::Impl::finalize(const Signed& request, std::string_view id) {
  const auto found = orders.find(id);
  if (found == orders.end() || found->second.account != request.account)
    return problem(404, "malformed", "there is no such order of this account");
  acme::Order& there = found->second;
  expire(there);
  if (there.status != AcmeStatus::Ready)
    return problem(403, "orderNotReady", "the order is " + std::string(name(there.status)));
  const auto bad = [](std::string_view why) { return problem(400, "badCSR", why); };
  const auto der =
      text::base64url_decode(text_member(request.payload, "csr"), text::Padding::Forbidden);
  if (!der.has_value()) return bad("\"csr\" is base64url");
  auto csr = Csr::parse(as_bytes(*der));
  if (!csr.has_value()) return bad(csr.error().message());
  if (!csr->check_signature().has_value()) return bad("the request is not signed by its key");
  const auto names = identifiers_of(*csr);
  if (!names.has_value() || *names != as_bytes_of(there.identifiers))
    return bad("the request's names are not those of the order");
  for (const Attribute& attribute : csr->subject().attributes())
    if (short_name(attribute.type) == "CN" &&
        std::find(there.identifiers.begin(), there.identifiers.end(),
                  AcmeIdentifier::dns(attribute.value)) == there.identifiers.end())
      return bad("the request's common name is not of the order");
  const auto key = csr->public_key();
  if (!key.has_value()) return bad("the request's key is of no kind that is known here");
  // Section 11.1: an account's key is not a certificate's.
  if (account_of_key.contains(crypto::thumbprint(*key))) return bad("the key is of an account");
  there.status = AcmeStatus::Processing;
  jobs.push_back({{}, 0, there.id, std::move(csr).value()});
  HttpReply reply = reply_json(200, order_json(there));
  reply.headers.emplace_back("Location", url("/order/" + there.id));
  reply.headers.emplace_back("Retry-After", std::to_string(options.retry_after.ns / 1'000'000'000));
  return reply;
}

HttpReply AcmeServer::Impl::certificate(const Signed& request, std::string_view id) {
  const auto found = certificates.find(id);
  if (found == certificates.end() || found->second.account != request.account)
    return problem(404, "malformed", "there is no such certificate of this account");
  HttpReply reply;
  reply.status = 200;
  reply.headers = {{"Content-Type", "application/pem-certificate-chain"}};
  reply.body = bytes_to_text(found->second.chain);
  return reply;
}

HttpReply AcmeServer::Impl::revoke(const Signed& request) {
  const auto der =
      text::base64url_decode(text_member(request.payload, "certificate"), text::Padding::Forbidden);
  if (!der.has_value()) return problem(400, "malformed", "\"certificate\" is base64url");
  const auto given = Certificate::parse(as_bytes(*der));
  if (!given.has_value()) return problem(400, "malformed", given.error().message());
  acme::Issued* found = nullptr;
  for (auto& [id, issued] : certificates)
    if (issued.chain[0] == *given) found = &issued;
  if (found == nullptr) return problem(404, "malformed", "the certificate is not of this server");
  const auto key = given->public_key();
  const bool by_key = request.key.has_value() && key.has_value() && *request.key == *key;
  const bool by_owner = !request.account.empty() && request.account == found->account;
  if (!by_key && !by_owner)
    return problem(403, "unauthorized", "neither the account's certificate nor its key");
  if (found->revoked) return problem(400, "alreadyRevoked", "the certificate is revoked");
  std::int64_t reason = 0;
  if (const json::Value* member = request.payload.find("reason"))
    reason = member->get_int64().value_or(-1);
  if (reason != 0 && reason != 1 && reason != 3 && reason != 4 && reason != 5)
    return problem(400, "badRevocationReason", "0, 1, 3, 4 or 5");
  const auto done = options.issuer.revoke(*given, static_cast<AcmeRevocationReason>(reason));
  if (!done.has_value()) return problem(500, "serverInternal", done.error().message());
  found->revoked = true;
  HttpReply reply;
  reply.status = 200;
  return reply;
}

HttpReply AcmeServer::Impl::renewal_info(std::string_view id) const {
  const auto found = certificate_of.find(id);
  if (found == certificate_of.end())
    return problem(404, "malformed", "the certificate is not of this server");
  const acme::Issued& issued = certificates.find(found->second)->second;
  const Certificate& certificate = issued.chain[0];
  const Duration life = certificate.not_after() - certificate.not_before();
  // Between two thirds and five sixths of its life; at once where it is revoked.
  WallTime start = certificate.not_before() + life / 3 * 2;
  WallTime end = start + life / 6;
  if (issued.revoked) {
    end = options.clock.wall();
    start = end - hours(1);
  }
  HttpReply reply =
      reply_json(200, json::Value::make_object(
                          {{"suggestedWindow",
                            json::Value::make_object({{"start", time::format_rfc3339(start, 0)},
                                                      {"end", time::format_rfc3339(end, 0)}})}}));
  reply.headers.emplace_back("Retry-After", "21600");
  return reply;
}

bool AcmeServer::Impl::work(std::unique_lock<std::mutex>& lock) {
  if (jobs.empty()) return false;
  const acme::Job job = std::move(jobs.front());
  jobs.pop_front();
  if (job.order.empty()) {
    const auto found = authorizations.find(job.authorization);
    if (found == authorizations.end()) return true;
    const acme::Authorization before = found->second;
    const acme::Challenge& challenge = before.challenges[job.challenge];
    const std::string proof =
        acme_key_authorization(challenge.token, accounts.find(before.account)->second.key);
    lock.unlock();
    const auto valid =
        options.validator.validate(before.identifier, challenge.type, challenge.token, proof);
    lock.lock();
    const auto again = authorizations.find(job.authorization);
    if (again == authorizations.end()) return true;
    acme::Authorization& there = again->second;
    acme::Challenge& done = there.challenges[job.challenge];
    done.status = valid.has_value() ? AcmeStatus::Valid : AcmeStatus::Invalid;
    if (valid.has_value())
      done.validated = options.clock.wall();
    else
      done.error =
          acme::problem_json(403, problem_type(valid.error().code()), valid.error().message());
    if (there.status == AcmeStatus::Pending) there.status = done.status;
    settle(orders.find(there.order)->second);
    return true;
  }
  const auto identifiers = orders.find(job.order)->second.identifiers;
  lock.unlock();
  auto issued = options.issuer.issue(*job.csr, identifiers);
  lock.lock();
  acme::Order& order = orders.find(job.order)->second;  // one that is processed is not forgotten
  auto id = new_id();
  if (!issued.has_value() || issued->empty() || !id.has_value()) {
    order.status = AcmeStatus::Invalid;
    order.error = acme::problem_json(
        500, "serverInternal", issued.has_value() ? "no certificate" : issued.error().message());
    return true;
  }
  if (const auto ari = acme_certificate_id(issued->front()); ari.has_value())
    certificate_of.insert_or_assign(*ari, *id);
  certificates.emplace(*id, acme::Issued{order.account, std::move(issued).value(), false});
  order.certificate = *id;
  order.status = AcmeStatus::Valid;
  return true;
}

bool AcmeServer::work() {
  std::unique_lock lock(impl_->mutex);
  return impl_->work(lock);
}

}  // namespace avila::pki
