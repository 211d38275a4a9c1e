// An embedded, ordered key-value store: a log-structured merge tree (O'Neil et al., 1996).
#pragma once
#include <avila/error/result.hpp>
#include <avila/lsm/iterator.hpp>
#include <avila/lsm/options.hpp>
#include <avila/lsm/stats.hpp>
#include <avila/lsm/write_batch.hpp>
#include <avila/os/file_system.hpp>
#include <memory>

namespace avila::lsm {

/// A set of keys of its own that shares log and atomic batches with the others. Owned by the Db.
class ColumnFamily {
 public:
  const std::string& name() const noexcept { return name_; }
  std::uint32_t id() const noexcept { return id_; }
  ColumnFamily(std::string name, std::uint32_t id) : name_(std::move(name)), id_(id) {}

 private:
  friend class detail::Engine;
  std::string name_;
  std::uint32_t id_;
  detail::Family* family_ = nullptr;
};

/// A state of all families to read from. Release it before the Db is closed.
class Snapshot {
 public:
  Snapshot(Snapshot&& other) noexcept;
  Snapshot& operator=(Snapshot&& other) noexcept;
  ~Snapshot();
  std::uint64_t sequence() const noexcept { return sequence_; }

 private:
  friend class detail::Engine;
  Snapshot(detail::Engine* engine, std::uint64_t sequence) : engine_(engine), sequence_(sequence) {}
  detail::Engine* engine_;
  std::uint64_t sequence_;
};

/// Keys are byte strings ordered by memcmp. All calls may come from several threads; they block.
/// Errors: Errc::Corrupted names the damaged file and is never hidden; Errc::NoSpace and Errc::Io
/// refuse writes, reads go on, and writes work again once the disk does.
class Db {
 public:
  /// One process may have a folder open; Errc::Busy else. `file_system` outlives the store.
  static Result<std::unique_ptr<Db>> open(os::FileSystem& file_system, const std::string& path,
                                          Options options = {});
  ~Db();
  Db(const Db&) = delete;
  Db& operator=(const Db&) = delete;

  Result<void> put(std::string_view key, std::string_view value, WriteOptions options = {});
  Result<void> erase(std::string_view key, WriteOptions options = {});
  Result<void> merge(std::string_view key, std::string_view operand, WriteOptions options = {});
  /// All keys in [begin, end), in one small write.
  Result<void> erase_range(std::string_view begin, std::string_view end, WriteOptions options = {});
  /// Atomic over all families it names. Threads that write at once share one sync.
  Result<void> write(const WriteBatch& batch, WriteOptions options = {});

  /// False when the key is absent; `value` is then unchanged.
  Result<bool> get(std::string_view key, std::string& value, const ReadOptions& options = {});
  std::unique_ptr<Iterator> iterate(const ReadOptions& options = {});
  Snapshot snapshot();

  Result<ColumnFamily*> create_column_family(const std::string& name, CfOptions options = {});
  /// Null when there is none of that name; "default" always exists.
  ColumnFamily* column_family(std::string_view name);
  std::vector<ColumnFamily*> column_families();
  /// Its data is gone, and the pointer invalid, once nobody reads it any more.
  Result<void> drop_column_family(ColumnFamily* family);

  /// All that was written so far is in tables.
  Result<void> flush();
  /// Makes everything written so far durable, as a sync write would.
  Result<void> sync();
  /// Compacts [begin, end) of a family to its lowest level; an empty end means no bound.
  Result<void> compact_range(std::string_view begin = {}, std::string_view end = {},
                             ColumnFamily* family = nullptr);
  /// Waits until no flush or compaction is due or running.
  Result<void> wait_for_background();
  /// A consistent copy in a new folder of the same file system, made of hard links.
  Result<void> checkpoint(const std::string& path);
  /// Reads every block of every table; the first damage found.
  Result<void> verify();
  Stats stats();
  /// Bytes on disk of the keys in [begin, end); memtables are left out.
  std::uint64_t approximate_size(std::string_view begin, std::string_view end,
                                 ColumnFamily* family = nullptr);
  /// Ends background work and releases the folder; all later calls give Errc::Closed.
  Result<void> close();

 private:
  explicit Db(std::unique_ptr<detail::Engine> engine);
  std::unique_ptr<detail::Engine> engine_;
};

struct RepairReport {
  std::uint64_t tables_read = 0, tables_lost = 0, blocks_lost = 0;
  std::uint64_t logs_read = 0, entries_kept = 0;
  std::vector<std::string> problems;  ///< one line each
};
/// Rebuilds a folder that open() refuses from the tables and logs that can be read. What could not
/// is named in the report and moved to `<path>/lost`. Run it on a copy: entries erased long ago
/// may come back when the manifest is lost.
Result<RepairReport> repair(os::FileSystem& file_system, const std::string& path,
                            const Options& options = {});

}  // namespace avila::lsm
