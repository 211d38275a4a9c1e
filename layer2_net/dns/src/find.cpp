// One name and type: out of the cache, or asked for and validated.
#include <algorithm>

#include "resolver_state.hpp"

namespace avila::dns {
namespace {

constexpr std::size_t kDepthMax = 48;  // of look-ups for look-ups
constexpr int kBogusRetries = 2;

/// Takes an entry of the work's list off at the end of the scope.
class UnderWay {
 public:
  UnderWay(Work& work, const Name& name, Type type) : work_(work) {
    work_.under_way.emplace_back(name, type);
  }
  ~UnderWay() { work_.under_way.pop_back(); }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

 private:
  Work& work_;
};

}  // namespace

Task<FoundResult> Resolver::State::find(Work& work, Name name, Type type) {
  const FindingPtr cached = cache.find(name, type, clock.now());
  if (cached != nullptr && cached->security != Security::Unchecked) co_return cached;
  // RFC 8020: below a name that is proven not to be there, nothing is.
  for (Name above = name.parent(); !above.is_root(); above = above.parent()) {
    FindingPtr cut = cache.find(above, Type{}, clock.now());
    if (cut != nullptr && cut->outcome == Outcome::NameError && cut->security == Security::Secure)
      co_return std::move(cut);
  }
  const auto anchor =
      options.aggressive_nsec && cached == nullptr ? anchor_for(name, type) : std::nullopt;
  if (anchor.has_value()) {
    auto absent = proofs.deny(*anchor, name, type, clock.now(), options.dnssec, work.dnssec);
    if (absent.has_value()) {
      denied.fetch_add(1, std::memory_order_relaxed);
      co_return std::make_shared<const Finding>(std::move(*absent));
    }
  }
  if (work.under_way.size() >= kDepthMax)
    co_return Error(Errc::LimitExceeded, "look-ups are nested too deeply");
  for (const auto& [each, each_type] : work.under_way)
    if (each_type == type && each == name)
      co_return Error(Errc::Unavailable, "looking " + name.to_string() + " up needs itself");
  const UnderWay mark(work, name, type);
  if (cached != nullptr) {
    Finding finding = *cached;
    finding.ttl = static_cast<std::uint32_t>(
        std::max<std::int64_t>(0, (cached->expires - clock.now()).ns / 1'000'000'000));
    co_await validate(work, name, type, finding);
    // Bogus out of a message about another name: ask before it is believed.
    if (finding.security != Security::Bogus && (!finding.needs_proof || finding.proven))
      co_return cache.insert(name, type, std::move(finding), clock.now());
  }
  auto found = co_await find_anew(work, name, type);
  co_return std::move(found);
}

Task<FoundResult> Resolver::State::find_anew(Work& work, Name name, Type type) {
  std::vector<SocketAddress> avoid;
  std::optional<Finding> bad;
  for (int attempt = 0; attempt <= kBogusRetries; ++attempt) {
    auto reply = co_await iterate(work, name, type, avoid);
    if (!reply.has_value()) {
      if (bad.has_value()) break;
      co_return std::move(reply).error();
    }
    Finding finding = std::move(reply->finding);
    co_await validate(work, name, type, finding);
    if (finding.security != Security::Bogus)
      co_return cache.insert(name, type, std::move(finding), clock.now());
    // Another server may have the signatures that this one lacks.
    avoid.push_back(reply->server);
    bad = std::move(finding);
  }
  bogus.fetch_add(1, std::memory_order_relaxed);
  co_return cache.insert(name, type, std::move(*bad), clock.now());
}

}  // namespace avila::dns
