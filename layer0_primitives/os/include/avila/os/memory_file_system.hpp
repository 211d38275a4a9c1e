// An in-memory disk behind the file seam. What was not synced is lost, kept or torn at a crash, and
// faults can be injected: errors, a full disk, syncs and writes that lie, rot. Everything that is
// drawn comes from one seed: the same calls give the same disk.
#pragma once
#include <avila/os/clock.hpp>
#include <avila/os/file_system.hpp>
#include <memory>

namespace avila::os {

/// Probabilities are in [0, 1]; all faults are off at first, crashes are always possible.
struct FaultOptions {
  // Errors that are reported (Errc::Io).
  double read_error = 0;
  double write_error = 0;      ///< of write_at, append, truncate; a prefix may have been written
  double sync_error = 0;       ///< sync, sync_data, sync_directory; nothing became durable
  double directory_error = 0;  ///< create, rename, remove, link, list; nothing happened
  bool read_only_after_failed_sync = false;  ///< as ext4 with errors=remount-ro

  // Lies: the call succeeds.
  double lost_sync = 0;          ///< nothing became durable (a later sync may make it so)
  double lost_write = 0;         ///< the bytes never arrive; the file's size grows as it should
  double misdirected_write = 0;  ///< the bytes land at another sector of the same file
  double rot_on_read = 0;        ///< one stored bit of the range being read flips, for good

  // What a crash does to each write, truncation and directory operation that was not synced.
  double keep_unsynced = 0.4;  ///< it arrived whole
  double tear_unsynced = 0.3;  ///< only some of its sectors did; what remains: it is lost
  bool reorder = true;  ///< later operations may survive earlier ones; else a prefix survives

  std::uint64_t capacity_bytes = ~std::uint64_t{0};  ///< Errc::NoSpace above
  std::uint32_t sector_bytes = 512;                  ///< sectors are never torn
};

/// Operations that a test can count and fail.
enum class DiskOperation : std::uint8_t { Read, Write, Sync, Directory };

class MemoryFileSystem final : public FileSystem {
 public:
  /// Times of modification are `clock`'s, or else a count of operations.
  explicit MemoryFileSystem(std::uint64_t seed = 1, FaultOptions faults = {},
                            Clock* clock = nullptr);
  ~MemoryFileSystem() override;
  MemoryFileSystem(const MemoryFileSystem&) = delete;
  MemoryFileSystem& operator=(const MemoryFileSystem&) = delete;

  /// The machine loses power and starts again: unsynced data and names are kept, torn or lost;
  /// open files and locks of before are dead (their calls give Errc::Closed).
  void crash();
  /// A disk as it would be after crash() with another seed; this one goes on undisturbed.
  std::unique_ptr<MemoryFileSystem> crashed_copy(std::uint64_t seed) const;

  /// Changes the faults from now on.
  void set_faults(const FaultOptions& faults);
  FaultOptions faults() const;

  /// Changing operations so far (writes, truncations, syncs, directory operations), and reads.
  std::uint64_t changes() const;
  std::uint64_t reads() const;
  /// Power fails at the n-th changing operation from now (1 = the next): it may happen in part, and
  /// it and all after it give Errc::Io until crash() is called. 0 turns it off.
  void lose_power_after(std::uint64_t changes);
  bool power_lost() const;
  /// The n-th operation of that kind from now (1 = the next) fails once with `code` (Io or
  /// NoSpace).
  void fail_once(DiskOperation kind, std::uint64_t n, Errc code = Errc::Io);

  /// Flips `bits` stored bits of the file at random places, or the bit `bit` (0 = least
  /// significant) of one byte; also in what is durable. NotFound, OutOfRange.
  Result<void> rot(const std::string& path, std::uint64_t bits = 1);
  Result<void> flip_bit(const std::string& path, std::uint64_t offset, unsigned bit);
  /// Bytes of all files as they are now.
  std::uint64_t used_bytes() const;
  /// Makes everything durable, as sync(2) does.
  void sync_everything();

  Result<std::unique_ptr<File>> open(const std::string& path, OpenOptions options = {}) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> hard_link(const std::string& from, const std::string& to) override;
  Result<void> create_directory(const std::string& path, std::uint32_t mode = 0700) override;
  Result<void> create_directories(const std::string& path, std::uint32_t mode = 0700) override;
  Result<void> remove_directory(const std::string& path) override;
  Result<void> remove_all(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> list(const std::string& path) override;
  Result<FileInfo> info(const std::string& path) override;
  Result<void> set_mode(const std::string& path, std::uint32_t mode) override;
  Result<void> sync_directory(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  Result<std::uint64_t> free_space(const std::string& path) override;

  struct Disk;  ///< private to the library

 private:
  explicit MemoryFileSystem(std::shared_ptr<Disk> disk);
  std::shared_ptr<Disk> disk_;  // shared with the open files and locks
};

}  // namespace avila::os
