// Options of a store, a column family, a read and a write; the named limits.
#pragma once
#include <avila/lsm/fwd.hpp>
#include <avila/os/clock.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::lsm {

inline constexpr std::size_t kMaxKeyBytes = 65'535;
inline constexpr std::size_t kMaxValueBytes = 256U << 20;
inline constexpr std::size_t kMaxBatchBytes = 512U << 20;
inline constexpr std::size_t kMaxFamilies = 10'000;
inline constexpr std::size_t kMaxFamilyNameBytes = 255;
inline constexpr int kLevels = 7;

/// Folds merge operands into a value. Must be a pure function of its arguments.
class MergeOperator {
 public:
  virtual ~MergeOperator() = default;
  /// Stored in the manifest; opening with another name is refused.
  virtual const char* name() const noexcept = 0;
  /// `base` is absent when the key had no value; operands come oldest first. False refuses the
  /// operands: reads of the key then report Errc::Corrupted.
  virtual bool merge(std::string_view key, std::optional<std::string_view> base,
                     std::span<const std::string_view> operands, std::string& result) const = 0;
  /// Folds neighbouring operands, oldest first, into one that stands for them all: then a flush or
  /// compaction that does not see the value below keeps one operand of a key, not each. False
  /// (the default) keeps them apart.
  virtual bool combine(std::string_view key, std::span<const std::string_view> operands,
                       std::string& result) const {
    (void)key, (void)operands, (void)result;
    return false;
  }
};

enum class Compression : std::uint8_t { None, Lz4 };
enum class CompactionStyle : std::uint8_t {
  Leveled,  ///< least space and read cost
  Tiered,   ///< sorted runs merged by size: least write cost, up to twice the space
};
enum class Background : std::uint8_t {
  Threads,  ///< flushes and compactions run beside the callers
  Inline,   ///< they run inside the write that makes them due: one thread, deterministic
};

/// Options of one column family. All may change from one open to the next.
struct CfOptions {
  std::size_t memtable_bytes = 64U << 20;  ///< a memtable this large is written to a table
  std::size_t block_bytes = 4096;          ///< before compression
  int restart_interval = 16;               ///< keys between restart points
  int bloom_bits_per_key = 10;             ///< 0: no filter
  Compression compression = Compression::Lz4;
  CompactionStyle style = CompactionStyle::Leveled;
  std::uint64_t target_file_bytes = 64U << 20;  ///< of level 1 and below
  int l0_compaction_files = 4;                  ///< runs that make a compaction due
  int l0_slowdown_files = 20;                   ///< every write waits `Options::write_delay`
  int l0_stop_files = 36;                       ///< writes wait for a compaction
  std::uint64_t level_base_bytes = 256U << 20;  ///< of level 1
  int level_multiplier = 10;
  int max_immutable_memtables = 2;                      ///< one more and writes wait for a flush
  std::shared_ptr<const MergeOperator> merge_operator;  ///< shared with the caller
};

struct Options {
  bool create_if_missing = true;
  bool error_if_exists = false;
  bool read_only = false;  ///< nothing is written; the log is replayed into memory
  CfOptions family;        ///< of the default family, and of those not named below
  std::vector<std::pair<std::string, CfOptions>> families;
  Background background = Background::Threads;
  int background_threads = 2;
  std::size_t block_cache_bytes = 32U << 20;  ///< uncompressed blocks, all families; 0: no cache
  std::uint64_t rate_limit_bytes_per_s = 0;   ///< of background writes; 0: unlimited
  std::uint64_t max_log_bytes = 512U << 20;   ///< all logs; above, the oldest families are flushed
  Duration write_delay = milliseconds(1);     ///< the longest deliberate delay of one write
  bool flush_on_close = true;  ///< leave no log behind: the next open replays nothing
  os::Clock* clock = nullptr;  ///< null: the machine's. Must outlive the store
};

struct ReadOptions {
  const Snapshot* snapshot = nullptr;  ///< null: the newest state
  ColumnFamily* family = nullptr;      ///< null: the default family
  std::string lower_bound;             ///< iterators: first key, inclusive; empty: none
  std::string upper_bound;             ///< iterators: end, exclusive; empty: none
  std::string prefix;                  ///< iterators: only keys that begin with it
  bool fill_cache = true;
};

struct WriteOptions {
  bool sync = true;                ///< durable on return; else it survives the process only
  ColumnFamily* family = nullptr;  ///< put, erase, merge, erase_range; null: the default family
  Duration ttl = {0};              ///< put: the entry expires after this; 0: never
};

}  // namespace avila::lsm
