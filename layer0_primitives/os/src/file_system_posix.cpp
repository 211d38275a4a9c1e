// The machine's file system through POSIX calls.
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>
#include <avila/os/file_system.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <memory>
#include <mutex>

#include "hooks.hpp"

namespace avila::os {
namespace {

#ifdef IOV_MAX
constexpr std::size_t kPiecesMax = IOV_MAX < 1024 ? IOV_MAX : 1024;
#else
constexpr std::size_t kPiecesMax = 16;
#endif
constexpr std::size_t kTransferMax = std::size_t{1} << 30;  // below the 2 GiB that Linux transfers
constexpr int kRemoveDepthMax = 256;                        // remove_all(): nested folders

Error failed(const char* what, const std::string& path) {
  return Error::from_errno(errno, std::string(what) + " " + path);
}

template <class Call>
auto retried(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::Regular;
  if (S_ISDIR(mode)) return FileKind::Directory;
  if (S_ISLNK(mode)) return FileKind::Symlink;
  return FileKind::Other;
}

class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override {
    for (const ByteSpan view : maps_)
      (void)::munmap(const_cast<std::byte*>(view.data()), view.size());
    (void)::close(fd_);  // nothing can be done about an error; sync() reports those of data
  }

  Result<MutableByteSpan> read_at(std::uint64_t offset, MutableByteSpan into) override {
    std::size_t have = 0;
    while (have < into.size()) {
      const std::size_t part = std::min(into.size() - have, kTransferMax);
      const ssize_t got = retried([&] {
        return ::pread(fd_, into.data() + have, part, static_cast<off_t>(offset + have));
      });
      if (got < 0) return at("read", offset + have);
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    return into.first(have);
  }

  Result<void> write_at(std::uint64_t offset, ByteSpan bytes) override {
    AVILA_TRY_VOID(put(offset, bytes));
    const std::uint64_t behind = offset + bytes.size();
    std::uint64_t end = end_.load(std::memory_order_relaxed);
    while (end != kUnknown && end < behind &&
           !end_.compare_exchange_weak(end, behind, std::memory_order_relaxed)) {
    }
    return {};
  }

  Result<std::uint64_t> append(ByteSpan bytes) override {
    AVILA_TRY(const std::uint64_t begin, end());
    auto put_result = put(begin, bytes);
    if (!put_result.has_value()) return undo_append(begin, std::move(put_result).error());
    end_.store(begin + bytes.size(), std::memory_order_relaxed);
    return begin;
  }

  Result<std::uint64_t> append_vectored(std::span<const ByteSpan> pieces) override {
    AVILA_TRY(const std::uint64_t begin, end());
    std::uint64_t offset = begin;
    iovec parts[kPiecesMax];
    while (!pieces.empty()) {
      std::size_t count = 0, total = 0;
      while (count < pieces.size() && count < kPiecesMax && total < kTransferMax) {
        const ByteSpan piece = pieces[count];
        parts[count++] = {const_cast<std::byte*>(piece.data()), piece.size()};
        total += piece.size();
      }
      const ssize_t wrote = retried([&] {
        return ::pwritev(fd_, parts, static_cast<int>(count), static_cast<off_t>(offset));
      });
      if (wrote < 0) return undo_append(begin, at("append", offset));
      offset += static_cast<std::uint64_t>(wrote);
      std::size_t left = static_cast<std::size_t>(wrote);
      while (count > 0 && left >= pieces.front().size()) {
        left -= pieces.front().size();
        pieces = pieces.subspan(1);
        --count;
      }
      if (left > 0) {  // a short write ended within a piece
        auto rest = put(offset, pieces.front().subspan(left));
        if (!rest.has_value()) return undo_append(begin, std::move(rest).error());
        offset += pieces.front().size() - left;
        pieces = pieces.subspan(1);
      }
    }
    end_.store(offset, std::memory_order_relaxed);
    return begin;
  }

  Result<void> sync_data() override { return sync_with(detail::sync_data); }
  Result<void> sync() override { return sync_with(detail::sync_all); }

  Result<std::uint64_t> size() override {
    struct stat now{};
    if (::fstat(fd_, &now) != 0) return failed("size of", path_);
    return static_cast<std::uint64_t>(now.st_size);
  }

  Result<void> truncate(std::uint64_t size) override {
    if (retried([&] { return ::ftruncate(fd_, static_cast<off_t>(size)); }) != 0)
      return failed("truncate", path_);
    end_.store(kUnknown, std::memory_order_relaxed);
    return {};
  }

  Result<void> reserve(std::uint64_t size) override {
    if (size > 0 && retried([&] { return detail::reserve(fd_, size); }) != 0)
      return failed("reserve room for", path_);
    return {};
  }

  Result<ByteSpan> map() override {
    AVILA_TRY(const std::uint64_t bytes, size());
    if (bytes == 0) return ByteSpan{};
    const std::lock_guard guard(maps_mutex_);
    if (!maps_.empty() && maps_.back().size() == bytes) return maps_.back();
    void* where = ::mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ, MAP_SHARED, fd_, 0);
    if (where == MAP_FAILED) return failed("map", path_);
    maps_.emplace_back(static_cast<const std::byte*>(where), static_cast<std::size_t>(bytes));
    return maps_.back();
  }

  void prefetch(std::uint64_t offset, std::uint64_t size) override {
    detail::prefetch(fd_, offset, size);
  }
  int native_handle() const noexcept override { return fd_; }

 private:
  static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};

  Error at(const char* what, std::uint64_t offset) const {
    return Error::from_errno(
        errno, std::string(what) + " " + path_ + " at offset " + std::to_string(offset));
  }

  Result<std::uint64_t> end() {
    const std::uint64_t known = end_.load(std::memory_order_relaxed);
    if (known != kUnknown) return known;
    return size();
  }

  Result<void> put(std::uint64_t offset, ByteSpan bytes) {
    while (!bytes.empty()) {
      const std::size_t part = std::min(bytes.size(), kTransferMax);
      const ssize_t wrote =
          retried([&] { return ::pwrite(fd_, bytes.data(), part, static_cast<off_t>(offset)); });
      if (wrote < 0) return at("write", offset);
      if (wrote == 0) return errno = EIO, at("write", offset);
      bytes = bytes.subspan(static_cast<std::size_t>(wrote));
      offset += static_cast<std::uint64_t>(wrote);
    }
    return {};
  }

  Error undo_append(std::uint64_t begin, Error error) {
    end_.store(kUnknown, std::memory_order_relaxed);
    (void)retried([&] { return ::ftruncate(fd_, static_cast<off_t>(begin)); });  // best effort
    return error;
  }

  Result<void> sync_with(int (*call)(int) noexcept) {
    if (sync_failed_.load(std::memory_order_acquire))
      return Error(Errc::Io, "sync " + path_ + ": an earlier sync of this file failed",
                   {.hint = "close the file, check the disk, and recover from what is durable"});
    if (retried([&] { return call(fd_); }) == 0) return {};
    // Pipes and some special files have nothing to sync.
    if (errno == EINVAL || errno == ENOTSUP) return {};
    sync_failed_.store(true, std::memory_order_release);
    return failed("sync", path_);
  }

  int fd_;
  std::string path_;
  std::atomic<std::uint64_t> end_{kUnknown};
  std::atomic<bool> sync_failed_{false};
  std::mutex maps_mutex_;
  std::vector<ByteSpan> maps_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(int fd) : fd_(fd) {}
  // Closing releases it. The file stays: removing it would let two hold "the" lock.
  ~PosixLock() override { (void)::close(fd_); }

 private:
  int fd_;
};

/// Empties the folder `fd` refers to (and closes it). Works on descriptors and never follows a
/// symbolic link, so a link swapped in meanwhile cannot lead it elsewhere.
Result<void> remove_contents(int fd, const std::string& path, int depth) {
  DIR* folder = ::fdopendir(fd);
  if (folder == nullptr) return (void)::close(fd), failed("list", path);
  const std::unique_ptr<DIR, int (*)(DIR*)> closer(folder, ::closedir);
  if (depth > kRemoveDepthMax)
    return Error(Errc::LimitExceeded, "remove " + path + ": folders nested too deep");
  for (errno = 0; const dirent* entry = ::readdir(folder); errno = 0) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (::unlinkat(fd, entry->d_name, 0) == 0 || errno == ENOENT) continue;
    if (errno != EISDIR && errno != EPERM) return failed("remove", join(path, name));
    const int sub = ::openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (sub < 0) return failed("remove", join(path, name));
    AVILA_TRY_VOID(remove_contents(sub, join(path, name), depth + 1));
    if (::unlinkat(fd, entry->d_name, AT_REMOVEDIR) != 0 && errno != ENOENT)
      return failed("remove", join(path, name));
  }
  if (errno != 0) return failed("list", path);
  return {};
}

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenOptions options) override {
    int flags = O_CLOEXEC | (options.write ? O_RDWR : O_RDONLY);
    if (options.create) flags |= O_CREAT;
    if (options.exclusive) flags |= O_EXCL;
    if (options.truncate) flags |= O_TRUNC;
    const int direct = options.direct ? detail::direct_open_flag() : 0;
    int fd = retried([&] { return ::open(path.c_str(), flags | direct, options.mode); });
    if (fd < 0 && errno == EINVAL && direct != 0)  // a file system without direct I/O
      fd = retried([&] { return ::open(path.c_str(), flags, options.mode); });
    if (fd < 0) return failed("open", path);
    struct stat now{};
    if (::fstat(fd, &now) == 0 && S_ISDIR(now.st_mode)) {
      (void)::close(fd);
      return errno = EISDIR, failed("open", path);
    }
    if (options.direct) detail::set_direct(fd);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(fd, path));
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0)
      return failed(("rename " + from + " to").c_str(), to);
    return {};
  }
  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return failed("remove", path);
    return {};
  }
  Result<void> hard_link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) != 0) return failed(("link " + from + " to").c_str(), to);
    return {};
  }
  Result<void> create_directory(const std::string& path, std::uint32_t mode) override {
    if (::mkdir(path.c_str(), mode) != 0) return failed("create folder", path);
    return {};
  }

  Result<void> create_directories(const std::string& path, std::uint32_t mode) override {
    for (std::size_t end = 0; end != std::string::npos;) {
      end = path.find('/', end + 1);
      const std::string part = path.substr(0, end);
      if (::mkdir(part.c_str(), mode) == 0) continue;
      const int error = errno;
      struct stat now{};
      // Any error is fine where the folder is there: EEXIST, but also EROFS or EACCES of "/usr".
      if (::stat(part.c_str(), &now) == 0 && S_ISDIR(now.st_mode)) continue;
      return errno = error == EEXIST ? ENOTDIR : error, failed("create folder", part);
    }
    return {};
  }

  Result<void> remove_directory(const std::string& path) override {
    if (::rmdir(path.c_str()) != 0) return failed("remove folder", path);
    return {};
  }

  Result<void> remove_all(const std::string& path) override {
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
    if (errno != EISDIR && errno != EPERM) return failed("remove", path);
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return failed("remove", path);
    AVILA_TRY_VOID(remove_contents(fd, path, 0));
    return remove_directory(path);
  }

  Result<std::vector<DirectoryEntry>> list(const std::string& path) override {
    DIR* folder = ::opendir(path.c_str());
    if (folder == nullptr) return failed("list", path);
    const std::unique_ptr<DIR, int (*)(DIR*)> closer(folder, ::closedir);
    std::vector<DirectoryEntry> entries;
    for (errno = 0; const dirent* entry = ::readdir(folder); errno = 0) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      FileKind kind = FileKind::Other;
      switch (entry->d_type) {
        case DT_REG: kind = FileKind::Regular; break;
        case DT_DIR: kind = FileKind::Directory; break;
        case DT_LNK: kind = FileKind::Symlink; break;
        case DT_UNKNOWN: {  // not every file system tells
          struct stat now{};
          if (::fstatat(::dirfd(folder), entry->d_name, &now, AT_SYMLINK_NOFOLLOW) == 0)
            kind = kind_of(now.st_mode);
          break;
        }
        default: break;
      }
      entries.push_back({std::string(name), kind});
    }
    if (errno != 0) return failed("list", path);
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return entries;
  }

  Result<FileInfo> info(const std::string& path) override {
    struct stat now{};
    if (::stat(path.c_str(), &now) != 0 &&
        (errno != ENOENT || ::lstat(path.c_str(), &now) != 0))  // a dangling link is a Symlink
      return failed("look at", path);
    FileInfo info;
    info.kind = kind_of(now.st_mode);
    info.size = static_cast<std::uint64_t>(now.st_size);
#ifdef __APPLE__
    const timespec& modified = now.st_mtimespec;
#else
    const timespec& modified = now.st_mtim;
#endif
    info.modified_ns =
        static_cast<std::int64_t>(modified.tv_sec) * 1'000'000'000 + modified.tv_nsec;
    info.mode = now.st_mode & 07777U;
    return info;
  }

  Result<void> set_mode(const std::string& path, std::uint32_t mode) override {
    if (::chmod(path.c_str(), static_cast<mode_t>(mode)) != 0) return failed("set mode of", path);
    return {};
  }

  Result<void> sync_directory(const std::string& path) override {
    const int fd =
        retried([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (fd < 0) return failed("open folder", path);
    const int status = retried([&] { return ::fsync(fd); });
    const int error = errno;
    (void)::close(fd);
    // Some network and overlay file systems know no fsync of folders and need none.
    if (status != 0 && error != EINVAL && error != ENOTSUP)
      return errno = error, failed("sync folder", path);
    return {};
  }

  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    const int fd =
        retried([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); });
    if (fd < 0) return failed("open lock file", path);
    if (retried([&] { return detail::lock_exclusive(fd); }) == 0)
      return std::unique_ptr<FileLock>(std::make_unique<PosixLock>(fd));
    const int error = errno;
    (void)::close(fd);
    if (error == EAGAIN || error == EACCES || error == EWOULDBLOCK)
      return Error(Errc::Busy, "lock " + path + ": somebody else holds it",
                   {.hint = "is another process already using this folder?"});
    return errno = error, failed("lock", path);
  }

  Result<std::uint64_t> free_space(const std::string& path) override {
    struct statvfs now{};
    if (::statvfs(path.c_str(), &now) != 0) return failed("free space of", path);
    return static_cast<std::uint64_t>(now.f_bavail) * now.f_frsize;
  }
};

}  // namespace

FileSystem& real_file_system() {
  static PosixFileSystem files;
  return files;
}

}  // namespace avila::os
