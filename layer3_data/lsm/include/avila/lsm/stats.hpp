// What a store counts.
#pragma once
#include <array>
#include <avila/lsm/options.hpp>

namespace avila::lsm {

struct LevelStats {
  std::uint64_t files = 0, bytes = 0;
  std::uint64_t bytes_read = 0, bytes_written = 0;  ///< by compactions into this level
  std::uint64_t compactions = 0, moves = 0;
};

struct Stats {
  std::array<LevelStats, kLevels> levels{};  ///< all families together
  std::uint64_t memtable_bytes = 0, immutable_memtables = 0;
  std::uint64_t flushes = 0, flushed_bytes = 0;
  std::uint64_t writes = 0, write_groups = 0, log_bytes = 0, log_syncs = 0;
  std::uint64_t stalls = 0, stall_ns = 0, delayed_writes = 0;
  std::uint64_t cache_hits = 0, cache_misses = 0, cache_bytes = 0;
  std::uint64_t filter_negatives = 0;
  std::uint64_t last_sequence = 0, snapshots = 0, families = 0;
  std::uint64_t background_errors = 0;
  std::string last_background_error;
};

}  // namespace avila::lsm
