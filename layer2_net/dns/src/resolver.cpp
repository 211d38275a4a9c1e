#include <algorithm>
#include <avila/dns/resolver.hpp>
#include <avila/dns/zone_file.hpp>

#include "resolver_state.hpp"

namespace avila::dns {
namespace {

constexpr std::uint32_t kStaleTtl = 30;  // RFC 8767 section 4

std::uint32_t left(const Finding& finding, Instant now) noexcept {
  const std::int64_t seconds_left = (finding.expires - now).ns / 1'000'000'000;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds_left, 0, kTtlMax));
}

void append(std::vector<Record>& to, const std::vector<Record>& from, std::uint32_t ttl) {
  for (const Record& record : from) {
    to.push_back(record);
    to.back().ttl = std::min(record.ttl, ttl);
  }
}

/// The lesser of two, Bogus the least.
Security worse(Security a, Security b) noexcept {
  const auto rank = [](Security security) {
    switch (security) {
      case Security::Bogus: return 0;
      case Security::Unchecked:
      case Security::Indeterminate: return 1;
      case Security::Insecure: return 2;
      case Security::Secure: return 3;
    }
    return 0;
  };
  return rank(a) < rank(b) ? a : b;
}

void add_finding(Answer& answer, const Finding& finding, std::uint32_t ttl) {
  append(answer.answers, finding.dname, ttl);
  append(answer.answers, finding.records, ttl);
  append(answer.answers, finding.signatures, ttl);
  for (const Record& record : finding.authorities) {
    const bool known =
        std::any_of(answer.authorities.begin(), answer.authorities.end(), [&](const Record& each) {
          return each.type == record.type && each.rdata == record.rdata &&
                 each.owner == record.owner;
        });
    if (!known) append(answer.authorities, {record}, ttl);
  }
  answer.security = worse(answer.security, finding.security);
  if (finding.error.has_value() && !answer.error.has_value()) {
    answer.error = finding.error;
    answer.reason = finding.reason;
  } else if (finding.scrubbed && !answer.error.has_value()) {
    answer.error = Ede::Other;
    answer.reason = "malformed records were left out";
  }
}

bool is_dnssec(Type type) noexcept {
  return type == Type::RRSIG || type == Type::NSEC || type == Type::NSEC3;
}

Answer chain_too_long() {
  Answer answer;
  answer.rcode = Rcode::ServFail;
  answer.error = Ede::Other;
  answer.reason = "the chain of aliases is too long";
  return answer;
}

/// RFC 6761 section 6.3: never asked for outside.
std::optional<Answer> special(const Question& question) {
  static const Name kLocalhost = Name::parse("localhost").value();
  if (!question.name.is_at_or_below(kLocalhost)) return std::nullopt;
  Answer answer;
  answer.rcode = Rcode::NoError;
  std::array<std::uint8_t, 16> six{};
  six[15] = 1;
  if (question.type == Type::A)
    answer.answers = {address_record(question.name, 3600, tcp::IpAddress::v4(127, 0, 0, 1))};
  if (question.type == Type::AAAA)
    answer.answers = {address_record(question.name, 3600, tcp::IpAddress::v6(six))};
  return answer;
}

}  // namespace

Resolver::State::State(Network& net, ResolverOptions chosen)
    : network(net),
      options(std::move(chosen)),
      clock(options.clock != nullptr ? *options.clock : os::real_clock()),
      random(options.random != nullptr ? *options.random : random::secure_random()),
      cache(options.cache) {
  take_anchors();
  for (const ZoneServers& zone : options.zones) {
    Delegation delegation;
    delegation.zone = zone.zone;
    delegation.forward = zone.forward;
    delegation.fixed = true;
    Delegation::Server server;
    for (const SocketAddress& address : zone.servers)
      server.addresses.push_back(address.port() == 0 ? address.with_port(options.port) : address);
    delegation.servers.push_back(std::move(server));
    fixed.push_back(std::make_shared<const Delegation>(std::move(delegation)));
  }
}

Task<Answer> Resolver::State::resolve_chain(Work& work, Question question) {
  Answer answer;
  answer.rcode = Rcode::NoError;
  answer.security = Security::Secure;
  Name name = question.name;
  std::vector<Name> seen;
  for (int i = 0;; ++i) {
    auto found = co_await find(work, name, question.type);
    if (!found.has_value()) {
      Answer failed;
      failed.error = found.error().is(Errc::LimitExceeded) ? Ede::Other : Ede::NoReachableAuthority;
      failed.reason = found.error().to_string();
      co_return std::move(failed);
    }
    const Finding& finding = **found;
    add_finding(answer, finding, left(finding, clock.now()));
    if (finding.ttl == 0 || finding.expires <= clock.now())
      for (auto* records : {&answer.answers, &answer.authorities})
        for (Record& record : *records) record.ttl = std::min(record.ttl, finding.ttl);
    if (finding.security == Security::Bogus) {
      answer.security = Security::Bogus;
      answer.error = finding.error.value_or(Ede::DnssecBogus);
      answer.reason = finding.reason;
      if (!work.checking_disabled) co_return std::move(answer);
    }
    answer.rcode = finding.outcome == Outcome::NameError ? Rcode::NxDomain : Rcode::NoError;
    if (finding.outcome != Outcome::Alias) break;
    seen.push_back(name);
    name = finding.alias;
    // A loop of aliases, or too long a chain: what there is of it.
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) break;
    if (i >= options.chain_max) {
      Answer failed = chain_too_long();
      co_return std::move(failed);
    }
  }
  co_return std::move(answer);
}

Answer Resolver::State::from_cache(const Question& question, bool stale) {
  Answer answer;
  answer.security = Security::Secure;
  Name name = question.name;
  const Instant now = clock.now();
  std::vector<Name> seen;
  while (std::find(seen.begin(), seen.end(), name) == seen.end() &&
         std::ssize(seen) <= options.chain_max) {
    const FindingPtr finding =
        stale ? cache.find_stale(name, question.type, now) : cache.find(name, question.type, now);
    if (finding == nullptr || finding->security == Security::Unchecked ||
        finding->security == Security::Bogus) {
      Answer none;
      none.rcode = Rcode::Refused;
      if (finding == nullptr || finding->security == Security::Unchecked) return none;
      none.rcode = Rcode::ServFail;
      none.error = finding->error;
      none.reason = finding->reason;
      return none;
    }
    add_finding(answer, *finding, stale ? kStaleTtl : left(*finding, now));
    answer.rcode = finding->outcome == Outcome::NameError ? Rcode::NxDomain : Rcode::NoError;
    if (finding->outcome != Outcome::Alias) break;
    seen.push_back(name);
    name = finding->alias;
  }
  if (std::ssize(seen) > options.chain_max &&
      std::find(seen.begin(), seen.end(), name) == seen.end())
    return chain_too_long();
  return answer;
}

Resolver::Resolver(Network& network, ResolverOptions options)
    : state_(std::make_unique<State>(network, std::move(options))) {}

Resolver::~Resolver() = default;

void Resolver::stop() { state_->stop.cancel(); }

Cache& Resolver::cache() noexcept { return state_->cache; }

ResolverMetrics Resolver::metrics() const {
  return {state_->questions.load(std::memory_order_relaxed),
          state_->queries.load(std::memory_order_relaxed),
          state_->failures.load(std::memory_order_relaxed),
          state_->bogus.load(std::memory_order_relaxed),
          state_->denied.load(std::memory_order_relaxed),
          state_->anchor_refreshes.load(std::memory_order_relaxed),
          state_->anchor_failures.load(std::memory_order_relaxed),
          state_->cache.metrics()};
}

Task<Answer> Resolver::resolve(Question question, bool checking_disabled, CancelToken cancel) {
  State& state = *state_;
  state.questions.fetch_add(1, std::memory_order_relaxed);
  if (auto known = special(question); known.has_value()) co_return std::move(*known);
  if (question.question_class != Class::IN ||
      (is_meta_type(question.type) && question.type != Type::ANY)) {
    Answer refused;
    refused.rcode = Rcode::NotImp;
    refused.error = Ede::NotSupported;
    co_return std::move(refused);
  }
  if (Answer known = state.from_cache(question, false);
      known.rcode == Rcode::NoError || known.rcode == Rcode::NxDomain)
    co_return std::move(known);
  // One look-up for all who ask the same: many at a time would make guessing easy (CERT VU#457875).
  const State::FlightKey key{question.name, question.type, checking_disabled};
  std::shared_ptr<State::Flight> flight;  // shared with those who wait for it
  bool leads = false;
  {
    auto table = state.flights.lock();
    auto& slot = (*table)[key];
    if (slot == nullptr) {
      slot = std::make_shared<State::Flight>();
      leads = true;
    }
    flight = slot;
  }
  if (!leads) {
    auto waited = co_await flight->done.wait(cancel);
    if (waited.has_value()) co_return *flight->answer;
    co_return Answer();
  }
  Answer answer;
  {
    Work work;
    work.queries = state.options.queries_max;
    work.fetches = state.options.fetches_max;
    work.dnssec = state.options.dnssec_budget;
    work.checking_disabled = checking_disabled;
    // Others may wait for the same: who asked first does not end it.
    future::Deadline deadline(state.options.timeout, state.stop.token());
    work.cancel = deadline.token();
    answer = co_await state.resolve_chain(work, question);
  }
  if (answer.security == Security::Bogus && !checking_disabled) {
    answer.rcode = Rcode::ServFail;
    answer.answers.clear();
    answer.authorities.clear();
  } else if (answer.rcode == Rcode::ServFail && state.options.cache.stale_max > Duration::zero()) {
    Answer stale = state.from_cache(question, true);
    if (stale.rcode != Rcode::ServFail && stale.rcode != Rcode::Refused) {
      stale.stale = true;
      stale.error = stale.rcode == Rcode::NxDomain ? Ede::StaleNxdomainAnswer : Ede::StaleAnswer;
      answer = std::move(stale);
    }
  }
  if (answer.rcode == Rcode::ServFail) state.failures.fetch_add(1, std::memory_order_relaxed);
  flight->answer = answer;
  state.flights.lock()->erase(key);
  flight->done.set();
  co_return std::move(answer);
}

Task<Message> Resolver::handle(Message query, Client) {
  Message message = Message::answer_to(query);
  message.recursion_available = true;
  const Question question = query.questions[0];
  const bool dnssec_ok = query.edns.has_value() && query.edns->dnssec_ok;
  Answer answer;
  if (query.recursion_desired) {
    answer = co_await resolve(question, query.checking_disabled);
  } else {
    answer = state_->from_cache(question, false);
  }
  message.rcode = answer.rcode;
  message.authentic_data = answer.security == Security::Secure && answer.rcode != Rcode::ServFail &&
                           answer.rcode != Rcode::Refused && (dnssec_ok || query.authentic_data);
  const auto wanted = [&](const Record& record) {
    return dnssec_ok || !is_dnssec(record.type) || record.type == question.type ||
           question.type == Type::ANY;
  };
  std::copy_if(answer.answers.begin(), answer.answers.end(), std::back_inserter(message.answers),
               wanted);
  std::copy_if(answer.authorities.begin(), answer.authorities.end(),
               std::back_inserter(message.authorities),
               [&](const Record& record) { return dnssec_ok || !is_dnssec(record.type); });
  if (message.edns.has_value() && answer.error.has_value())
    message.edns->add_extended_error(*answer.error, answer.reason);
  co_return std::move(message);
}

Result<ZoneServers> parse_root_hints(std::string_view text) {
  AVILA_TRY(const std::vector<Record> records, parse_zone_file(text));
  ZoneServers root;
  for (const Record& ns : records) {
    if (ns.type != Type::NS || !ns.owner.is_root()) continue;
    const auto target = name_of(ns);
    for (const Record& record : records)
      if (const auto address = address_of(record);
          target.has_value() && address.has_value() && record.owner == *target)
        root.servers.emplace_back(*address, std::uint16_t{0});
  }
  if (root.servers.empty())
    return Error(Errc::NotFound, "the hints name no server of the root with an address");
  return root;
}

Result<std::vector<Record>> parse_trust_anchors(std::string_view text) {
  AVILA_TRY(std::vector<Record> records, parse_zone_file(text));
  std::erase_if(records, [](const Record& record) {
    return record.type != Type::DS && record.type != Type::DNSKEY;
  });
  if (records.empty()) return Error(Errc::NotFound, "there is no DS or DNSKEY record");
  return records;
}

std::vector<Record> iana_trust_anchors() {
  return parse_trust_anchors(
             ". IN DS 20326 8 2 "
             "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"
             ". IN DS 38696 8 2 "
             "683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16\n")
      .value();
}

}  // namespace avila::dns
