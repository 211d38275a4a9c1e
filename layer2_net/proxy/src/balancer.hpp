// Choosing one of several: round robin, least requests, consistent hashing. Without I/O.
#pragma once
#include <atomic>
#include <avila/proxy/upstream.hpp>
#include <avila/random/fast.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace avila::proxy::detail {

/// What the choice looks at. Written by requests and checks, read without a lock.
struct Candidate {
  std::uint32_t weight = 1;
  std::uint32_t priority = 0;
  std::uint64_t hash = 0;  ///< of its address
  std::atomic<std::uint32_t> in_flight{0};
  std::atomic<bool> healthy{true};
  std::atomic<std::int64_t> ejected_until_ns{0};

  bool available(std::int64_t now_ns) const noexcept {
    return healthy.load(std::memory_order_relaxed) &&
           ejected_until_ns.load(std::memory_order_relaxed) <= now_ns;
  }
};

std::uint64_t hash_text(std::string_view text) noexcept;

/// Over a set of candidates that does not change: it lives as long as they do. Thread-safe.
class Balancer {
 public:
  static constexpr std::size_t kRingPoints = 100;  // for each weight of 1, of the least weight
  static constexpr std::size_t kRingPointsMax = 100'000;
  static constexpr std::size_t kMaglevSlots = 65'537;  // a prime, a hundred times kEndpointsMax / 2

  Balancer(Balance policy, std::vector<Candidate*> candidates, std::uint64_t seed);

  /// The index of one that `allowed(index)`, by the policy; of the lowest priority that has one.
  /// Nothing where no one is allowed.
  template <class Allowed>
  std::optional<std::size_t> pick(std::uint64_t hash, Allowed allowed) {
    for (const std::uint32_t level : levels_) {
      collect(level, allowed);
      if (!eligible_.empty()) return choose(hash);
    }
    return std::nullopt;
  }
  std::mutex mutex;  ///< held by the caller of pick()

 private:
  template <class Allowed>
  void collect(std::uint32_t level, Allowed& allowed) {
    eligible_.clear();
    bool weighted = false;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      if (candidates_[i]->priority != level || !allowed(i)) continue;
      eligible_.push_back(i);
      weighted |= candidates_[i]->weight > 0;
    }
    if (!weighted) return;
    std::erase_if(eligible_, [&](std::size_t i) { return candidates_[i]->weight == 0; });
  }
  std::size_t choose(std::uint64_t hash);
  std::size_t round_robin();
  std::size_t least_requests();
  std::size_t by_ring(std::uint64_t hash) const;
  std::size_t by_maglev(std::uint64_t hash) const;
  bool is_eligible(std::size_t index) const noexcept;
  void build_ring();
  void build_maglev();

  const Balance policy_;
  std::vector<Candidate*> candidates_;
  std::vector<std::uint32_t> levels_;
  std::vector<std::int64_t> current_;  // of the smooth round robin
  std::vector<std::size_t> eligible_;
  struct Point {
    std::uint64_t hash;
    std::uint32_t index;
  };
  std::vector<Point> ring_;
  std::vector<std::uint16_t> maglev_;
  random::Xoshiro256pp random_;
};

struct Endpoint;

/// One version of an upstream's endpoints.
struct EndpointSet {
  EndpointSet(std::vector<std::shared_ptr<Endpoint>> members, Balance policy, std::uint64_t seed);
  const std::vector<std::shared_ptr<Endpoint>> endpoints;  // shared with other versions
  Balancer balancer;
};

}  // namespace avila::proxy::detail
