#include "balancer.hpp"

#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/hash/xxh3.hpp>

namespace avila::proxy::detail {

std::uint64_t hash_text(std::string_view text) noexcept { return hash::xxh3_64(as_bytes(text)); }

namespace {

std::uint64_t mixed(std::uint64_t hash, std::uint64_t salt) noexcept {
  return random::SplitMix64(hash ^ (salt * 0x9E3779B97F4A7C15U)).next();
}

}  // namespace

Balancer::Balancer(Balance policy, std::vector<Candidate*> candidates, std::uint64_t seed)
    : policy_(policy),
      candidates_(std::move(candidates)),
      current_(candidates_.size(), 0),
      random_(seed) {
  for (const Candidate* candidate : candidates_) levels_.push_back(candidate->priority);
  std::sort(levels_.begin(), levels_.end());
  levels_.erase(std::unique(levels_.begin(), levels_.end()), levels_.end());
  if (policy_ == Balance::Ring) build_ring();
  if (policy_ == Balance::Maglev) build_maglev();
}

std::size_t Balancer::choose(std::uint64_t hash) {
  if (eligible_.size() == 1) return eligible_.front();
  switch (policy_) {
    case Balance::RoundRobin: return round_robin();
    case Balance::LeastRequests: return least_requests();
    case Balance::Ring: return by_ring(hash);
    case Balance::Maglev: return by_maglev(hash);
  }
  return eligible_.front();
}

/// Each gains its weight; the richest is chosen and pays for all. Over a sum of weights of turns
/// everyone is chosen as often as its weight says, and never in a row where it can be helped.
std::size_t Balancer::round_robin() {
  std::int64_t total = 0;
  std::size_t best = eligible_.front();
  for (const std::size_t i : eligible_) {
    const std::int64_t weight = std::max<std::uint32_t>(1, candidates_[i]->weight);
    total += weight;
    current_[i] += weight;
    if (current_[i] > current_[best]) best = i;
  }
  current_[best] -= total;
  return best;
}

/// Mitzenmacher (2001): the better of two random choices is nearly as good as the best of all, and
/// does not send everybody to the same one at once. By weight, as weighted draws.
std::size_t Balancer::least_requests() {
  std::uint64_t total = 0;
  for (const std::size_t i : eligible_) total += std::max<std::uint32_t>(1, candidates_[i]->weight);
  const auto draw = [&](std::size_t other) {
    const std::uint64_t without =
        other == SIZE_MAX ? 0 : std::max<std::uint32_t>(1, candidates_[other]->weight);
    std::uint64_t at = random_.next() % (total - without);
    for (const std::size_t i : eligible_) {
      if (i == other) continue;
      const std::uint64_t weight = std::max<std::uint32_t>(1, candidates_[i]->weight);
      if (at < weight) return i;
      at -= weight;
    }
    return eligible_.front();
  };
  const std::size_t a = draw(SIZE_MAX);
  const std::size_t b = draw(a);
  const auto load = [&](std::size_t i) {
    const Candidate& c = *candidates_[i];
    return (c.in_flight.load(std::memory_order_relaxed) + 1.0) / std::max(1U, c.weight);
  };
  return load(b) < load(a) ? b : a;
}

bool Balancer::is_eligible(std::size_t index) const noexcept {
  return std::binary_search(eligible_.begin(), eligible_.end(), index);  // collected in order
}

void Balancer::build_ring() {
  std::uint64_t total = 0;
  for (const Candidate* c : candidates_) total += std::max<std::uint32_t>(1, c->weight);
  const std::size_t each =
      std::clamp<std::size_t>(kRingPointsMax / std::max<std::uint64_t>(1, total), 1, kRingPoints);
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    const std::size_t points = each * std::max<std::uint32_t>(1, candidates_[i]->weight);
    for (std::size_t k = 0; k < points; ++k)
      ring_.push_back({mixed(candidates_[i]->hash, k + 1), static_cast<std::uint32_t>(i)});
  }
  std::sort(ring_.begin(), ring_.end(), [](const Point& a, const Point& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.index < b.index;
  });
}

std::size_t Balancer::by_ring(std::uint64_t hash) const {
  auto at = std::lower_bound(ring_.begin(), ring_.end(), hash,
                             [](const Point& point, std::uint64_t h) { return point.hash < h; });
  for (std::size_t steps = 0; steps < ring_.size(); ++steps) {
    if (at == ring_.end()) at = ring_.begin();
    if (is_eligible(at->index)) return at->index;
    ++at;
  }
  return eligible_.front();
}

/// Eisenbud et al., "Maglev" (NSDI 2016), §3.4: everybody in turn takes the next free slot of its
/// own permutation; weights are more turns.
void Balancer::build_maglev() {
  constexpr std::uint16_t kFree = 0xffff;
  static_assert(kEndpointsMax < kFree);
  maglev_.assign(kMaglevSlots, kFree);
  if (candidates_.empty()) return;
  struct Walk {
    std::uint64_t offset, skip, next = 0;
  };
  std::vector<Walk> walks;
  std::uint32_t most = 1;
  for (const Candidate* c : candidates_) {
    walks.push_back({mixed(c->hash, 1) % kMaglevSlots, mixed(c->hash, 2) % (kMaglevSlots - 1) + 1});
    most = std::max(most, c->weight);
  }
  std::vector<std::uint32_t> turns(candidates_.size(), 0);
  for (std::size_t filled = 0;;) {
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      turns[i] += std::max<std::uint32_t>(1, candidates_[i]->weight);
      if (turns[i] < most) continue;
      turns[i] -= most;
      Walk& walk = walks[i];
      std::size_t slot = 0;
      do {
        slot = static_cast<std::size_t>((walk.offset + walk.next++ * walk.skip) % kMaglevSlots);
      } while (maglev_[slot] != kFree);
      maglev_[slot] = static_cast<std::uint16_t>(i);
      if (++filled == kMaglevSlots) return;
    }
  }
}

/// A slot of somebody who is not available leads on to others, by further hashes of the same key.
std::size_t Balancer::by_maglev(std::uint64_t hash) const {
  for (std::uint64_t step = 0; step < 16; ++step) {
    const std::uint64_t h = step == 0 ? hash : mixed(hash, step);
    const std::size_t index = maglev_[static_cast<std::size_t>(h % kMaglevSlots)];
    if (is_eligible(index)) return index;
  }
  return eligible_[static_cast<std::size_t>(hash % eligible_.size())];
}

}  // namespace avila::proxy::detail
