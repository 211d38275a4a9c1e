// The store behind Db.
//
// Locks, in this order: leadership of the write queue (write_mutex_ hands it over), manifest_mutex_
// (one edit of the shape at a time), mutex_ (shape and background state). Reads take none: they
// mark the SuperVersion they use in a slot of their own, and it is freed when no slot names it.
#pragma once
#include <avila/lsm/db.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <unordered_map>

#include "batch.hpp"
#include "log_file.hpp"
#include "version.hpp"

namespace avila::lsm::detail {

/// What a reader of one family looks at. Immutable, but for the memtable's growth.
struct SuperVersion {
  std::shared_ptr<Memtable> memtable;                 // shared with the family
  std::vector<std::shared_ptr<Memtable>> immutables;  // newest first
  std::shared_ptr<const Version> version;             // shared with the family
};

struct Family {
  Family(std::string name, std::uint32_t id) : handle(std::move(name), id) {}
  ColumnFamily handle;
  CfOptions options;
  std::shared_ptr<Memtable> memtable;
  std::vector<std::shared_ptr<Memtable>> immutables;  // newest first
  std::shared_ptr<const Version> version;
  std::shared_ptr<SuperVersion> owner;  // of `current`
  std::atomic<SuperVersion*> current{nullptr};
  std::uint64_t log_number = 0;             // as the manifest has it
  std::array<std::string, kLevels> cursor;  // where the next compaction of a level begins
  bool dropped = false, flushing = false, compacting = false;
  bool slow = false;  // its level 0 slows writes down
};

class Engine {
 public:
  Engine(os::FileSystem& fs, std::string path, Options options);
  ~Engine();

  // engine_open.cpp
  Result<void> open();
  Result<void> close();
  Result<ColumnFamily*> create_family(const std::string& name, const CfOptions& options);
  Result<void> drop_family(ColumnFamily* family);
  ColumnFamily* family(std::string_view name);
  std::vector<ColumnFamily*> families();
  Result<void> checkpoint(const std::string& path);

  // engine_write.cpp
  Result<void> write(const WriteBatch& batch, const WriteOptions& options);
  Result<void> flush();
  Result<void> sync();
  WallTime wall() { return clock_.wall(); }

  // engine_read.cpp
  Result<bool> get(std::string_view key, std::string& value, const ReadOptions& options);
  std::unique_ptr<Iterator> iterate(const ReadOptions& options);
  Snapshot snapshot();
  void release(std::uint64_t sequence);
  std::uint64_t approximate_size(std::string_view begin, std::string_view end,
                                 ColumnFamily* family);
  Result<void> verify();
  Stats stats();

  // engine_background.cpp, engine_compact.cpp
  Result<void> compact_range(std::string_view begin, std::string_view end, ColumnFamily* family);
  Result<void> wait_for_background();

 private:
  struct Writer {
    const WriteBatch* batch = nullptr;  // null: wants to be alone
    bool sync = false, done = false, leads = false;
    std::optional<Error> error;
    std::condition_variable wake;
  };
  /// Marks the SuperVersion a read uses.
  class ReadGuard;
  struct alignas(64) ReadSlot {
    std::atomic<SuperVersion*> used{nullptr};
  };
  static constexpr std::size_t kReadSlots = 128;

  // engine_open.cpp
  Result<void> recover();
  Result<void> replay_logs(const std::vector<std::uint64_t>& numbers, std::uint64_t oldest);
  Result<void> replay_log(std::string_view bytes, std::uint64_t number,
                          std::optional<Sequence>& expected, bool& stop);
  Result<void> open_tables(const ManifestState& state);
  Family& add_family(std::string name, std::uint32_t id, const CfOptions& options);
  CfOptions options_of(const std::string& name) const;
  void remove_orphans(const std::vector<os::DirectoryEntry>& entries);
  Result<void> write_manifest_snapshot();

  // engine_write.cpp
  /// Waits to be the only writer; the queue's next one leads after release_lead().
  void take_lead(Writer& self, std::unique_lock<std::mutex>& lock);
  void release_lead();
  Result<void> commit(std::span<Writer* const> group, bool sync);
  Result<void> check(const WriteBatch& batch);
  Result<void> make_room();
  Result<void> rotate(bool all);
  Result<void> recover_from_log_failure();
  Result<void> sync_closed_logs();
  void apply(const WriteBatch& batch, Sequence sequence);
  Result<void> wait_for_room(Family& family);
  Result<void> flush_as_leader();
  Result<void> flush_everything_as_leader();

  // engine_read.cpp
  Family* resolve(ColumnFamily* handle) noexcept {
    return handle != nullptr ? handle->family_ : default_family_;
  }
  void publish(Family& family);  // mutex_ held
  std::shared_ptr<SuperVersion> pin(Family& family);
  void reap();  // mutex_ held

  // engine_background.cpp
  void background_loop();
  void schedule();
  bool flush_due(Family*& family);  // mutex_ held
  Result<void> flush_one(Family& family);
  Result<void> run_due_inline();
  /// Writes the edit to the manifest, then makes it visible; `flushed` leaves its family with it.
  Result<void> commit_edit(VersionEdit edit, std::span<const Memtable* const> flushed = {});
  Result<std::uint64_t> write_memtable(Family& family, const Memtable& memtable, VersionEdit& edit);
  void count_flush(std::uint64_t bytes);
  Result<void> flush_all_at_once();
  void remove_old_logs();
  void note_background(Result<void>& result);
  std::vector<Sequence> live_snapshots();

  // engine_compact.cpp
  struct Pick {
    int level = 0, output_level = 0;
    std::vector<FilePtr> inputs, below;  // of `level` and of `output_level`
    bool manual = false;
  };
  bool compaction_due(Family*& family, Pick& pick);  // mutex_ held
  bool pick_for(Family& family, Pick& pick);
  void widen(Family& family, Pick& pick);
  Result<void> compact(Family& family, Pick& pick);
  Result<FilePtr> open_output(std::uint64_t number, std::uint64_t size,
                              const TableProperties& properties);

  os::FileSystem& fs_;
  const std::string path_;
  Options options_;
  os::Clock& clock_;
  std::unique_ptr<os::FileLock> folder_lock_;
  std::unique_ptr<BlockCache> cache_;
  std::unique_ptr<RateLimiter> limiter_;
  std::atomic<bool> closed_{false};

  std::mutex write_mutex_;
  std::deque<Writer*> queue_;
  bool led_ = false;
  // The leader's own:
  std::unique_ptr<LogWriter> log_;
  std::atomic<bool> log_failed_{false};
  bool room_needed_ = false;
  std::atomic<std::uint64_t> closed_log_bytes_{0};
  std::vector<std::pair<std::uint64_t, std::uint64_t>>
      closed_logs_;  // number, bytes; closed_mutex_
  std::mutex closed_mutex_;
  std::deque<std::unique_ptr<LogWriter>> unsynced_logs_;  // closed; guarded by closed_mutex_
  std::atomic<Sequence> last_sequence_{0};

  std::mutex manifest_mutex_;
  std::unique_ptr<LogWriter> manifest_;
  bool manifest_failed_ = false;

  mutable std::mutex mutex_;
  std::condition_variable background_wake_, background_done_;
  std::unordered_map<std::uint32_t, std::unique_ptr<Family>> families_;
  std::vector<std::unique_ptr<Family>> dropped_families_;
  Family* default_family_ = nullptr;
  std::atomic<std::uint32_t> next_family_{1};
  std::atomic<std::uint64_t> next_file_{1};
  std::atomic<int> slow_families_{0};
  std::vector<std::thread> threads_;
  bool stopping_ = false;
  int running_ = 0;
  Instant retry_at_{};
  std::vector<std::shared_ptr<SuperVersion>> retired_;
  std::optional<Error> background_error_;

  std::mutex snapshot_mutex_;
  std::multiset<Sequence> snapshots_;

  std::array<ReadSlot, kReadSlots> slots_;
  Stats counted_;  // levels, flushes, background: mutex_; writes: the leader
  std::atomic<std::uint64_t> writes_{0}, groups_{0}, log_bytes_{0}, log_syncs_{0}, stalls_{0},
      stall_ns_{0}, delayed_{0}, filtered_{0};
};

/// Flush and compaction: entries in internal order become tables.
struct OutputRequest {
  const CfOptions* options = nullptr;
  std::uint32_t family = 0;
  std::string family_name;
  std::vector<Sequence> snapshots;  // ascending
  std::vector<RangeTombstone> tombstones;
  const Version* version = nullptr;  // what lies below
  int level = 0;                     // of the outputs
  bool bottom = false;               // nothing lies below the whole range
  bool check_below = false;          // ask `version` key by key
  std::uint64_t target_bytes = 0;    // 0: one table
  std::int64_t now_ns = 0;
  Sequence largest_sequence = 0;  // of the inputs, when known
};
struct OutputFile {
  std::uint64_t number = 0, size = 0;
  TableProperties properties;
};
Result<std::vector<OutputFile>> write_tables(
    InternalIterator& input, const OutputRequest& request,
    const std::function<Result<std::unique_ptr<TableBuilder>>(std::uint64_t& number)>& create,
    const std::function<bool()>& cancelled);

/// An iterator over a family for users: newest visible versions, erasures applied.
std::unique_ptr<Iterator> make_db_iterator(std::shared_ptr<SuperVersion> state, Sequence visible,
                                           const ReadOptions& options,
                                           const MergeOperator* merge_operator, os::Clock& clock);
std::unique_ptr<Iterator> make_failed_iterator(Error error);

/// Folds operands (newest first) onto a base.
Result<void> fold(const MergeOperator* merge_operator, std::string_view key,
                  std::optional<std::string_view> base, const std::vector<std::string>& operands,
                  std::string& result);

}  // namespace avila::lsm::detail
