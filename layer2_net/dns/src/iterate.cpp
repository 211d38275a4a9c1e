// From delegation to delegation, asking servers (RFC 1034 section 5.3.3, RFC 9156).
#include <algorithm>

#include "resolver_state.hpp"

namespace avila::dns {
namespace {

constexpr int kReferralsMax = 32;
constexpr int kServersTriedMax = 8;  // of one zone, for one query
constexpr int kFetchesPerZone = 3;   // server names looked up for one query
constexpr std::uint32_t kDelegationTtlMin = 30;
constexpr int kFailuresMax = 16;
// RFC 9156 section 2.3: so many steps, the first of them a label each.
constexpr std::size_t kMinimiseSteps = 10, kMinimiseOneLabel = 4;

/// How many labels to show next: those of `zone` are known to exist.
std::size_t labels_to_show(std::size_t known, std::size_t total, std::size_t step) noexcept {
  if (step >= kMinimiseSteps) return total;
  if (step < kMinimiseOneLabel) return std::min(known + 1, total);
  const std::size_t left = total - known, steps = kMinimiseSteps - step;
  return std::min(known + std::max<std::size_t>(1, (left + steps - 1) / steps), total);
}

bool contains(const std::vector<SocketAddress>& all, const SocketAddress& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

DelegationPtr Resolver::State::closest_delegation(const Name& name) {
  DelegationPtr best;
  for (const DelegationPtr& each : fixed)
    if (name.is_at_or_below(each->zone) &&
        (best == nullptr || best->zone.label_count() < each->zone.label_count()))
      best = each;
  const Instant now = clock.now();
  auto table = delegations.lock();
  const std::size_t least = best == nullptr ? 0 : best->zone.label_count() + 1;
  for (std::size_t labels = name.label_count() + 1; labels-- > least;) {
    const auto found = table->find(name.suffix(labels));
    if (found == table->end()) continue;
    if (found->second->expires > now) return found->second;
    table->erase(found);
  }
  return best;
}

DelegationPtr Resolver::State::keep(Delegation delegation) {
  delegation.ttl = std::max(delegation.ttl, kDelegationTtlMin);
  delegation.expires = clock.now() + seconds(delegation.ttl);
  const Name zone = delegation.zone;
  auto kept = std::make_shared<const Delegation>(std::move(delegation));
  auto table = delegations.lock();
  if (table->size() >= kDelegationsMax) table->clear();  // all of it can be found out again
  (*table)[zone] = kept;
  return kept;
}

void Resolver::State::forget(const Name& zone) { delegations.lock()->erase(zone); }

Task<std::vector<SocketAddress>> Resolver::State::addresses_of(Work& work, Name server) {
  std::vector<SocketAddress> all;
  for (const Type type : {Type::A, Type::AAAA}) {
    if (type == Type::A ? !options.use_v4 : !options.use_v6) continue;
    if (!all.empty()) break;  // one family will do
    auto found = co_await find(work, server, type);
    // Aliases are not followed: a server's name must not be one (RFC 2181 section 10.3).
    if (!found.has_value() || (*found)->outcome != Outcome::Records) continue;
    if ((*found)->security == Security::Bogus) continue;
    for (const Record& record : (*found)->records)
      if (const auto address = address_of(record);
          address.has_value() && !address->is_multicast() && !address->is_unspecified())
        all.emplace_back(*address, options.port);
  }
  co_return std::move(all);
}

Task<Result<Reply>> Resolver::State::ask_server(Work& work, DelegationPtr at, Question question,
                                                SocketAddress server) {
  if (work.queries <= 0)
    co_return Error(Errc::LimitExceeded, "the question costs too many queries");
  --work.queries;
  queries.fetch_add(1, std::memory_order_relaxed);
  const std::string key = server.to_string();
  const Behaviour before = (*behaviours.lock())[key];
  Message query = Message::query(question.name, question.type, at->forward);
  if (!before.no_edns) {
    query.edns.emplace();
    query.edns->dnssec_ok = true;
  }
  query.checking_disabled = at->forward;  // we validate ourselves (RFC 4035 section 4.9.2)
  ExchangeOptions exchange_options;
  exchange_options.timeout = options.attempt_timeout;
  exchange_options.randomise_case = options.randomise_case;
  exchange_options.random = &random;
  const Instant start = clock.now();
  auto answer = co_await exchange(network, server, query, exchange_options, work.cancel);
  if (answer.has_value() && query.edns.has_value() &&
      (answer->rcode == Rcode::FormErr || answer->rcode == Rcode::NotImp) && work.queries > 0) {
    --work.queries;
    query.edns.reset();  // RFC 6891 section 7
    answer = co_await exchange(network, server, query, exchange_options, work.cancel);
    if (answer.has_value() && answer->rcode != Rcode::FormErr)
      (*behaviours.lock())[key].no_edns = true;
  }
  if (work.cancel.cancelled()) co_return future::cancelled_error("DNS query");
  const std::int64_t took_ms = (clock.now() - start).milliseconds();
  {
    auto table = behaviours.lock();
    if (table->size() > kBehavioursMax) table->clear();
    Behaviour& behaviour = (*table)[key];
    if (answer.has_value()) {
      behaviour.rtt_ms = behaviour.rtt_ms == 0 ? took_ms + 1 : (behaviour.rtt_ms * 7 + took_ms) / 8;
      behaviour.failures = 0;
    } else {
      behaviour.failures = std::min(behaviour.failures + 1, kFailuresMax);
    }
  }
  if (!answer.has_value()) {
    Reply reply;
    reply.why = answer.error().to_string();
    reply.server = server;
    co_return std::move(reply);
  }
  Reply reply = judge(*answer, question, *at, options.port);
  reply.server = server;
  co_return std::move(reply);
}

Task<Result<Reply>> Resolver::State::ask_zone(Work& work, DelegationPtr at, Question question,
                                              std::vector<SocketAddress> avoid) {
  struct Candidate {
    SocketAddress address;
    std::int64_t cost;
  };
  std::vector<Candidate> candidates;
  const auto add = [&](const SocketAddress& address) {
    const bool v4 = address.ip().is_v4();
    if ((v4 ? !options.use_v4 : !options.use_v6) || contains(avoid, address)) return;
    for (const Candidate& each : candidates)
      if (each.address == address) return;
    auto table = behaviours.lock();
    const auto known = table->find(address.to_string());
    // Unknown servers are worth a try; those that fail come last; equals in random order.
    std::int64_t cost = known == table->end() ? 10 : known->second.rtt_ms;
    if (known != table->end()) cost += std::int64_t{1000} * known->second.failures;
    cost = cost * 256 + static_cast<std::int64_t>(random.next() & 0x3ff);
    candidates.push_back({address, cost});
  };
  std::vector<Name> nameless;
  for (const Delegation::Server& server : at->servers) {
    for (const SocketAddress& address : server.addresses) add(address);
    if (server.addresses.empty()) nameless.push_back(server.name);
  }
  for (std::size_t i = nameless.size(); i > 1; --i)
    std::swap(nameless[i - 1], nameless[random.below(i)]);
  std::string why = "no address of a server is known";
  int tried = 0, fetched = 0;
  std::vector<SocketAddress> asked;
  for (;;) {
    std::sort(candidates.begin(), candidates.end(),
              [](const Candidate& a, const Candidate& b) { return a.cost < b.cost; });
    for (const Candidate& candidate : candidates) {
      if (contains(asked, candidate.address) || ++tried > kServersTriedMax) continue;
      asked.push_back(candidate.address);
      auto reply = co_await ask_server(work, at, question, candidate.address);
      if (!reply.has_value()) co_return std::move(reply);
      if (reply->kind != Reply::Kind::Lame) co_return std::move(reply);
      why = candidate.address.to_string() + ": " + reply->why;
    }
    // NXNS (CVE-2020-8616): the names of servers are looked up one by one, and few of them.
    if (nameless.empty() || fetched >= kFetchesPerZone || work.fetches <= 0) break;
    const Name server = nameless.back();
    nameless.pop_back();
    // A server named within its own zone, without glue, cannot be found.
    if (server.is_at_or_below(at->zone) && !at->zone.is_root()) continue;
    ++fetched;
    --work.fetches;
    auto found = co_await addresses_of(work, server);
    for (const SocketAddress& address : found) add(address);
  }
  co_return Error(Errc::Unavailable, "no server of " + at->zone.to_string() + " answers; " + why);
}

Task<Result<Reply>> Resolver::State::iterate(Work& work, Name name, Type type,
                                             std::vector<SocketAddress> avoid) {
  // DS is with the parent (RFC 4035 section 4.2).
  const Name start = type == Type::DS ? name.parent() : name;
  DelegationPtr at = closest_delegation(start);
  if (at == nullptr) co_return Error(Errc::NotFound, "no root hints");
  const std::size_t total = name.label_count();
  bool minimise = options.minimise && !at->forward;
  std::size_t known = at->zone.label_count();
  std::size_t step = 0;
  for (int referrals = 0; referrals < kReferralsMax;) {
    Question question{name, type, Class::IN};
    const std::size_t shown = minimise ? labels_to_show(known, total, step) : total;
    if (shown < total) {
      question = {name.suffix(shown), Type::A, Class::IN};
      const FindingPtr passed = cache.find(question.name, question.type, clock.now());
      if (passed != nullptr && passed->outcome != Outcome::NameError) {
        known = shown;
        ++step;
        continue;
      }
    }
    auto asked = co_await ask_zone(work, at, question, avoid);
    if (!asked.has_value()) {
      if (work.cancel.cancelled() || asked.error().is(Errc::LimitExceeded))
        co_return std::move(asked);
      if (shown < total) {
        minimise = false;  // servers that cannot bear it (RFC 9156 section 2.3)
        continue;
      }
      if (!at->fixed) forget(at->zone);
      co_return std::move(asked);
    }
    Reply& reply = *asked;
    const Instant now = clock.now();
    for (auto& [extra_name, extra_type, finding] : reply.extras) {
      // What is there and validated is not replaced by what is not.
      const FindingPtr old = cache.find(extra_name, extra_type, now);
      if (old == nullptr || old->security == Security::Bogus)
        (void)cache.insert(extra_name, extra_type, std::move(finding), now);
    }
    reply.extras.clear();
    if (reply.kind == Reply::Kind::Referral) {
      ++referrals;
      at = keep(std::move(reply.referral));
      known = at->zone.label_count();
      continue;
    }
    if (shown == total) co_return std::move(asked);
    ++step;
    // RFC 8020 would end here; servers that deny empty non-terminals are still about, so the whole
    // name is asked for.
    if (reply.finding.outcome == Outcome::NameError)
      minimise = false;
    else
      (void)cache.insert(question.name, question.type, std::move(reply.finding), now);
    known = shown;
  }
  co_return Error(Errc::LimitExceeded, "too many referrals");
}

}  // namespace avila::dns
