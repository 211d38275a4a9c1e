// The file seam: engines reach disks through FileSystem and File only, so that tests can give them
// an in-memory disk that crashes, tears writes, loses unsynced data, rots, fills up and fails.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace avila::os {

struct OpenOptions {
  bool write = false;      ///< else read only
  bool create = false;     ///< make it when it is absent
  bool exclusive = false;  ///< with create: fail with AlreadyExists when it is there
  bool truncate = false;
  bool direct = false;  ///< bypass the page cache where the system can
  std::uint32_t mode = 0600;
};

/// One open file; closed on destruction. Positional calls may be made from several threads.
/// Short reads and writes are continued inside; EINTR is retried.
class File {
 public:
  virtual ~File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// Reads up to into.size() bytes at `offset`: the part that was read, shorter only at the end.
  virtual Result<MutableByteSpan> read_at(std::uint64_t offset, MutableByteSpan into) = 0;
  /// Writes all of `bytes` at `offset`, growing the file as needed.
  virtual Result<void> write_at(std::uint64_t offset, ByteSpan bytes) = 0;
  /// Writes all at the end; the offset at which they begin. One appender at a time: the end is
  /// remembered, so nobody else may grow or cut the file meanwhile. When it fails (disk full), what
  /// was half written is cut off again where that is possible.
  virtual Result<std::uint64_t> append(ByteSpan bytes) = 0;
  /// append() of several pieces in one call (writev).
  virtual Result<std::uint64_t> append_vectored(std::span<const ByteSpan> pieces) = 0;
  /// Data and what is needed to read it back are durable (fdatasync). Once a sync has failed, all
  /// later ones of this file fail too: the system may have dropped the data that it could not
  /// write, and a second "success" would be a lie.
  virtual Result<void> sync_data() = 0;
  /// Data and all metadata are durable (fsync).
  virtual Result<void> sync() = 0;
  virtual Result<std::uint64_t> size() = 0;
  virtual Result<void> truncate(std::uint64_t size) = 0;
  /// Reserves room on disk, so that later writes below `size` need no allocation (fallocate,
  /// keeping the file's size); a no-op where the system cannot.
  virtual Result<void> reserve(std::uint64_t size) = 0;
  /// Read-only mapping of the whole file as it is now, valid while the file object lives; an
  /// empty span with Errc::Unsupported where this file system has none.
  virtual Result<ByteSpan> map() = 0;
  /// Hint: this range will be read soon / the file is read sequentially.
  virtual void prefetch(std::uint64_t offset, std::uint64_t size) { (void)offset, (void)size; }
  /// POSIX: the descriptor, for calls of the system that take one (sendfile). Else, and of files
  /// that are none of the system's: -1. It stays the file's.
  virtual int native_handle() const noexcept { return -1; }

 protected:
  File() = default;
};

/// An exclusive lock on a path, released on destruction or process death.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class FileKind : std::uint8_t { Regular, Directory, Symlink, Other };

struct FileInfo {
  FileKind kind = FileKind::Other;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  ///< wall clock, nanoseconds since 1970
  std::uint32_t mode = 0;        ///< POSIX permission bits
};

struct DirectoryEntry {
  std::string name;  ///< the last component only
  FileKind kind = FileKind::Other;
};

/// Paths are UTF-8 with '/' between components.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenOptions options = {}) = 0;
  /// Atomically replaces `to`. Durable after sync_directory() of the parents.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  /// A second name for the same file, same file system (checkpoints).
  virtual Result<void> hard_link(const std::string& from, const std::string& to) = 0;
  virtual Result<void> create_directory(const std::string& path, std::uint32_t mode = 0700) = 0;
  /// Every missing component; fine when all are there.
  virtual Result<void> create_directories(const std::string& path, std::uint32_t mode = 0700) = 0;
  virtual Result<void> remove_directory(const std::string& path) = 0;  ///< must be empty
  virtual Result<void> remove_all(const std::string& path) = 0;        ///< fine when absent
  virtual Result<std::vector<DirectoryEntry>> list(const std::string& path) = 0;  ///< name order
  virtual Result<FileInfo> info(const std::string& path) = 0;  ///< NotFound when it is absent
  virtual Result<void> set_mode(const std::string& path, std::uint32_t mode) = 0;
  /// Names created, renamed and removed in the folder are durable.
  virtual Result<void> sync_directory(const std::string& path) = 0;
  /// Creates and locks the file without waiting; Errc::Busy when somebody else holds it.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
  /// Bytes an unprivileged writer can still use there.
  virtual Result<std::uint64_t> free_space(const std::string& path) = 0;

  /// Whole-file conveniences over the above.
  Result<std::string> read_text(const std::string& path, std::uint64_t limit_bytes = 1U << 30);
  /// Writes `path` atomically: temporary file in the same folder, sync, rename, sync_directory.
  Result<void> write_atomically(const std::string& path, ByteSpan bytes, std::uint32_t mode = 0600);
  bool exists(const std::string& path);
};

/// The machine's own file system; one object for the process.
FileSystem& real_file_system();

/// "a/b" + "c" → "a/b/c"
std::string join(std::string_view folder, std::string_view name);
/// The folder of a path: "a/b/c" → "a/b", "/a" → "/", "a" → "."
std::string parent(std::string_view path);
/// The last name of a path: "a/b/c" → "c"
std::string file_name(std::string_view path);

}  // namespace avila::os
