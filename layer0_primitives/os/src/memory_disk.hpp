// The state of MemoryFileSystem: what programs see, what is durable, and what lies between.
#pragma once
#include <avila/os/memory_file_system.hpp>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace avila::os::detail {

using InodeId = std::uint64_t;
constexpr InodeId kRoot = 1;
constexpr std::uint64_t kFileBytesMax = std::uint64_t{1} << 34;

/// A write or truncation that no sync has covered yet.
struct PendingWrite {
  std::uint64_t sequence = 0;
  std::uint64_t offset = 0;  ///< for a truncation: the new size
  std::vector<std::byte> bytes;
  bool truncation = false;
};

/// A change of names that no sync has covered yet. Renames take `from` away and set `to`; creations
/// and links have no `from`, removals no `to` (a folder id of 0).
struct PendingName {
  std::uint64_t sequence = 0;
  InodeId from_folder = 0, to_folder = 0, inode = 0;
  std::string from, to;
  bool touches(InodeId folder) const { return from_folder == folder || to_folder == folder; }
  bool shares_a_name_with(const PendingName& other) const;
};

struct Inode {
  FileKind kind = FileKind::Regular;
  std::uint32_t mode = 0600;
  std::int64_t modified_ns = 0;
  std::vector<std::byte> data, durable;
  std::vector<PendingWrite> pending;
  std::map<std::string, InodeId> names, durable_names;  // of a folder
  // Names seen, names on disk, pending changes that mention it, open files.
  std::uint32_t links = 0, durable_links = 0, pins = 0, opens = 0;
};

struct Place {  ///< where a path leads: its folder, its last name, and what is there (0: nothing)
  InodeId folder = 0;
  std::string name;
  InodeId inode = 0;
};

struct PlannedFailure {
  DiskOperation kind;
  std::uint64_t countdown;
  Errc code;
};

struct DiskState {
  FaultOptions faults;
  Clock* clock = nullptr;
  std::uint64_t random = 0, sequence = 0, changes = 0, reads = 0, power_countdown = 0;
  std::uint64_t used_bytes = 0, generation = 1;
  InodeId next_inode = kRoot + 1;
  bool power_lost = false, read_only = false;
  std::map<InodeId, Inode> inodes;
  std::vector<PendingName> pending_names;
  std::vector<PlannedFailure> planned;
  std::set<std::string> locks;

  DiskState(std::uint64_t seed, const FaultOptions& options, Clock* time);

  // Drawing.
  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound) { return bound == 0 ? 0 : next() % bound; }
  bool chance(double probability);

  /// Counts an operation and decides its fate: true: go on; false: power fails in it (do it, or a
  /// part, then return power_error()); an error: it fails and nothing happens.
  Result<bool> enter(DiskOperation kind, const std::string& what);
  static Error power_error(const std::string& what);
  std::int64_t time_now();

  // Names.
  Result<Place> find(const std::string& path) const;
  Result<InodeId> find_existing(const std::string& path) const;
  InodeId make(FileKind kind, std::uint32_t mode);
  void set_name(const Place& place, InodeId inode);
  void erase_name(const Place& place);
  void move_name(const Place& from, const Place& to);
  void sync_names(InodeId folder);
  void sync_all_names();

  // Contents. write() cuts the bytes to what the capacity allows and says how many there were.
  std::uint64_t write(InodeId id, std::uint64_t offset, ByteSpan bytes, bool arrives);
  void truncate(InodeId id, std::uint64_t size);
  void sync_contents(InodeId id);
  void rot_range(InodeId id, std::uint64_t begin, std::uint64_t end);
  void flip(InodeId id, std::uint64_t at, std::byte mask);
  void release(InodeId id);  ///< frees what nobody can reach any more

  void crash();

 private:
  void apply(const PendingName& change);
  void unpin(const PendingName& change);
  void crash_contents(Inode& inode, std::uint64_t cut);
  void record(PendingName change);
};

/// Applies a write to bytes, growing them with zeros.
void put(std::vector<std::byte>& to, std::uint64_t offset, ByteSpan bytes);

}  // namespace avila::os::detail

struct avila::os::MemoryFileSystem::Disk {
  Disk(std::uint64_t seed, const FaultOptions& faults, Clock* clock) : state(seed, faults, clock) {}
  explicit Disk(const detail::DiskState& other) : state(other) {}
  std::mutex mutex;
  detail::DiskState state;
};
