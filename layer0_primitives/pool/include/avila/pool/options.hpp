// What a pool keeps to, and what it has seen.
#pragma once
#include <avila/primitives/duration.hpp>
#include <cstddef>
#include <cstdint>

namespace avila::pool {

inline constexpr std::size_t kMaxObjects = std::size_t{1} << 20;  ///< of Options::max_objects
inline constexpr unsigned kMaxShards = 256;

struct Options {
  std::size_t max_objects = 64;     ///< idle and in use together, 1…kMaxObjects
  std::size_t preallocate = 0;      ///< made by create(), at most max_objects
  std::size_t min_idle = 0;         ///< eviction leaves this many
  std::size_t max_idle = SIZE_MAX;  ///< what comes back beyond is destroyed
  Duration idle_limit = {};         ///< evicted after this long unused; zero: never
  unsigned shards = 1;              ///< idle lists with a lock each, 1…kMaxShards
};

/// Counters since create(); idle and in_use are of this moment.
struct Stats {
  std::uint64_t acquired = 0;  ///< leases given
  std::uint64_t reused = 0;    ///< of these, with an object that was there
  std::uint64_t created = 0;
  std::uint64_t destroyed = 0;
  std::uint64_t evicted = 0;    ///< destroyed for being idle
  std::uint64_t invalid = 0;    ///< destroyed because validate said no
  std::uint64_t discarded = 0;  ///< destroyed by Lease::discard, or because recycle said no
  std::uint64_t make_failures = 0;
  std::uint64_t waits = 0;  ///< acquires that had to wait
  std::uint64_t timeouts = 0;
  std::size_t idle = 0;
  std::size_t in_use = 0;
  std::size_t peak_in_use = 0;
};

}  // namespace avila::pool
