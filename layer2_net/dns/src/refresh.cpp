// Active refresh of trust points (RFC 5011 section 2.3).
#include <algorithm>
#include <avila/future/sleep.hpp>

#include "resolver_state.hpp"

namespace avila::dns {
namespace {

constexpr int kServersTried = 3;          // until one has a set that an anchor signs
constexpr Duration kPauseMax = hours(1);  // the wall clock may be set meanwhile
constexpr Duration kPauseMin = seconds(1);

}  // namespace

void Resolver::State::take_anchors() {
  auto kept = anchor_set.lock();
  std::vector<Record> all = options.trust_anchors;
  if (options.managed_anchors != nullptr)
    for (Record& record : options.managed_anchors->trusted()) all.push_back(std::move(record));
  *kept = std::make_shared<const std::vector<Record>>(std::move(all));
}

Task<Result<void>> Resolver::State::refresh(Name zone) {
  ManagedAnchors& managed = *options.managed_anchors;
  anchor_refreshes.fetch_add(1, std::memory_order_relaxed);
  Work work;
  work.queries = options.queries_max;
  work.fetches = options.fetches_max;
  work.dnssec = options.dnssec_budget;
  future::Deadline deadline(options.timeout, stop.token());
  work.cancel = deadline.token();
  std::vector<SocketAddress> avoid;
  AnchorRefresh outcome;
  Error why(Errc::Unavailable,
            "no server has keys of " + zone.to_string() + " that an anchor signs");
  // Not by way of the cache: what is there has been judged, and may be old.
  for (int i = 0; i < kServersTried && !outcome.verified; ++i) {
    auto reply = co_await iterate(work, zone, Type::DNSKEY, avoid);
    if (!reply.has_value()) {
      if (i == 0) why = Error(Errc::Unavailable, reply.error().to_string());
      break;
    }
    avoid.push_back(reply->server);
    const AnchorRefresh one =
        managed.refresh(zone, reply->finding.records, reply->finding.signatures, clock.wall());
    outcome.verified = one.verified;
    outcome.changed = outcome.changed || one.changed;
  }
  if (!outcome.verified) managed.delay(zone, clock.wall());
  if (outcome.changed) {
    take_anchors();
    cache.erase(zone, Type::DNSKEY);  // to be judged by the anchors that there are now
  }
  AVILA_CO_TRY_VOID(managed.save());
  if (!outcome.verified) co_return std::move(why).context("keys of " + zone.to_string());
  co_return Result<void>();
}

Task<Result<void>> Resolver::refresh_anchors(CancelToken cancel) {
  State& state = *state_;
  Result<void> result;
  if (state.options.managed_anchors == nullptr) co_return std::move(result);
  const std::vector<Name> due = state.options.managed_anchors->due(state.clock.wall());
  for (const Name& zone : due) {
    if (cancel.cancelled()) co_return Error(Errc::Cancelled, "the refresh of trust anchors");
    auto refreshed = co_await state.refresh(zone);
    if (refreshed.has_value()) continue;
    state.anchor_failures.fetch_add(1, std::memory_order_relaxed);
    result = std::move(refreshed);
  }
  co_return std::move(result);
}

Task<void> Resolver::follow_anchors(CancelToken cancel) {
  State& state = *state_;
  const ManagedAnchors* managed = state.options.managed_anchors;
  while (managed != nullptr && !cancel.cancelled()) {
    auto refreshed = co_await refresh_anchors(cancel);
    (void)refreshed;  // counted there; the next time comes
    const WallTime now = state.clock.wall(), next = managed->next_refresh();
    const Duration pause = next <= now ? kPauseMin : std::clamp(next - now, kPauseMin, kPauseMax);
    auto slept = co_await future::sleep(pause, cancel);
    if (!slept.has_value()) co_return;
  }
}

}  // namespace avila::dns
