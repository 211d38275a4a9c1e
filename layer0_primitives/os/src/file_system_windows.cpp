// The machine's file system through the Windows API. Paths are UTF-8 with '/'.
#include <avila/os/file_system.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>

#include "windows_strings.hpp"

namespace avila::os {
namespace {

constexpr std::int64_t kTicksFrom1601To1970 = 116'444'736'000'000'000;  // of 100 ns
constexpr DWORD kTransferMax = 1U << 30;
// FILE_DISPOSITION_INFO_EX of Windows 10 1607; older headers lack it.
constexpr auto kDispositionInfoEx = static_cast<FILE_INFO_BY_HANDLE_CLASS>(21);
constexpr DWORD kDispositionDelete = 1, kDispositionPosix = 2;
constexpr DWORD kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

Error failed(const char* what, const std::string& path) {
  return Error::from_windows(GetLastError(), std::string(what) + " " + path);
}

OVERLAPPED at_offset(std::uint64_t offset) {
  OVERLAPPED where{};
  where.Offset = static_cast<DWORD>(offset);
  where.OffsetHigh = static_cast<DWORD>(offset >> 32);
  return where;
}

FileKind kind_of(DWORD attributes) {
  if ((attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) return FileKind::Symlink;
  return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? FileKind::Directory : FileKind::Regular;
}

class WindowsFile final : public File {
 public:
  WindowsFile(HANDLE handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  ~WindowsFile() override {
    for (const ByteSpan view : maps_) UnmapViewOfFile(view.data());
    CloseHandle(handle_);
  }

  Result<MutableByteSpan> read_at(std::uint64_t offset, MutableByteSpan into) override {
    std::size_t have = 0;
    while (have < into.size()) {
      OVERLAPPED where = at_offset(offset + have);
      const auto part = static_cast<DWORD>(std::min<std::size_t>(into.size() - have, kTransferMax));
      DWORD got = 0;
      if (!ReadFile(handle_, into.data() + have, part, &got, &where)) {
        if (GetLastError() == ERROR_HANDLE_EOF) break;
        return failed("read", path_);
      }
      if (got == 0) break;
      have += got;
    }
    return into.first(have);
  }

  Result<void> write_at(std::uint64_t offset, ByteSpan bytes) override {
    while (!bytes.empty()) {
      OVERLAPPED where = at_offset(offset);
      const auto part = static_cast<DWORD>(std::min<std::size_t>(bytes.size(), kTransferMax));
      DWORD wrote = 0;
      if (!WriteFile(handle_, bytes.data(), part, &wrote, &where)) return failed("write", path_);
      bytes = bytes.subspan(wrote);
      offset += wrote;
    }
    return {};
  }

  Result<std::uint64_t> append(ByteSpan bytes) override {
    return append_vectored(std::span(&bytes, 1));
  }
  Result<std::uint64_t> append_vectored(std::span<const ByteSpan> pieces) override {
    AVILA_TRY(const std::uint64_t begin, size());
    std::uint64_t offset = begin;
    for (const ByteSpan piece : pieces) {
      auto wrote = write_at(offset, piece);
      if (!wrote.has_value()) {
        (void)truncate(begin);  // best effort
        return std::move(wrote).error();
      }
      offset += piece.size();
    }
    return begin;
  }

  Result<void> sync_data() override { return sync(); }
  Result<void> sync() override {
    if (sync_failed_.load())
      return Error(Errc::Io, "sync " + path_ + ": an earlier sync of this file failed");
    if (FlushFileBuffers(handle_)) return {};
    // A handle that is open for reading only has nothing to flush.
    if (GetLastError() == ERROR_ACCESS_DENIED) return {};
    sync_failed_ = true;
    return failed("sync", path_);
  }

  Result<std::uint64_t> size() override {
    LARGE_INTEGER bytes;
    if (!GetFileSizeEx(handle_, &bytes)) return failed("size of", path_);
    return static_cast<std::uint64_t>(bytes.QuadPart);
  }
  Result<void> truncate(std::uint64_t bytes) override {
    FILE_END_OF_FILE_INFO end{};
    end.EndOfFile.QuadPart = static_cast<LONGLONG>(bytes);
    if (!SetFileInformationByHandle(handle_, FileEndOfFileInfo, &end, sizeof end))
      return failed("truncate", path_);
    return {};
  }
  Result<void> reserve(std::uint64_t bytes) override {
    AVILA_TRY(const std::uint64_t now, size());
    if (bytes <= now) return {};
    FILE_ALLOCATION_INFO allocation{};
    allocation.AllocationSize.QuadPart = static_cast<LONGLONG>(bytes);
    if (!SetFileInformationByHandle(handle_, FileAllocationInfo, &allocation, sizeof allocation) &&
        GetLastError() == ERROR_DISK_FULL)
      return failed("reserve room for", path_);
    return {};  // a file system without reservation (Wine's) is no error
  }
  Result<ByteSpan> map() override {
    AVILA_TRY(const std::uint64_t bytes, size());
    if (bytes == 0) return ByteSpan{};
    const HANDLE mapping = CreateFileMappingW(handle_, nullptr, PAGE_READONLY, 0, 0, nullptr);
    if (mapping == nullptr) return failed("map", path_);
    void* where = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, static_cast<SIZE_T>(bytes));
    CloseHandle(mapping);  // the view keeps it
    if (where == nullptr) return failed("map", path_);
    const std::lock_guard guard(mutex_);
    maps_.emplace_back(static_cast<const std::byte*>(where), static_cast<std::size_t>(bytes));
    return maps_.back();
  }

 private:
  HANDLE handle_;
  std::string path_;
  std::atomic<bool> sync_failed_{false};
  std::mutex mutex_;
  std::vector<ByteSpan> maps_;
};

class WindowsLock final : public FileLock {
 public:
  explicit WindowsLock(HANDLE handle) : handle_(handle) {}
  ~WindowsLock() override { CloseHandle(handle_); }

 private:
  HANDLE handle_;
};

class WindowsFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenOptions options) override {
    const DWORD access = GENERIC_READ | (options.write ? GENERIC_WRITE : 0U);
    DWORD how = OPEN_EXISTING;
    if (options.create && options.exclusive)
      how = CREATE_NEW;
    else if (options.create)
      how = options.truncate ? CREATE_ALWAYS : OPEN_ALWAYS;
    else if (options.truncate)
      how = TRUNCATE_EXISTING;
    const HANDLE handle = CreateFileW(detail::wide_path(path).c_str(), access, kShareAll, nullptr,
                                      how, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (handle == INVALID_HANDLE_VALUE) return failed("open", path);
    return std::unique_ptr<File>(std::make_unique<WindowsFile>(handle, path));
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    if (!MoveFileExW(detail::wide_path(from).c_str(), detail::wide_path(to).c_str(),
                     MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
      return failed(("rename " + from + " to").c_str(), to);
    return {};
  }
  Result<void> remove(const std::string& path) override {
    // As on POSIX: the name goes at once, and who has the file open keeps it (NTFS, Windows 10).
    std::wstring name = detail::wide_path(path);
    {
      const detail::OwnedHandle file(CreateFileW(name.c_str(), DELETE, kShareAll, nullptr,
                                                 OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT,
                                                 nullptr));
      if (file.value == INVALID_HANDLE_VALUE) return failed("remove", path);
      DWORD flags = kDispositionDelete | kDispositionPosix;
      if (SetFileInformationByHandle(file.value, kDispositionInfoEx, &flags, sizeof flags))
        return {};
    }
    // Elsewhere a file that is open keeps its name until it is closed: let it be another name.
    static std::atomic<unsigned> removed{0};
    const std::wstring aside = name + L".removed-" + std::to_wstring(GetCurrentProcessId()) + L"-" +
                               std::to_wstring(removed.fetch_add(1));
    if (MoveFileExW(name.c_str(), aside.c_str(), 0)) name = aside;
    if (!DeleteFileW(name.c_str())) return failed("remove", path);
    return {};
  }
  Result<void> hard_link(const std::string& from, const std::string& to) override {
    if (!CreateHardLinkW(detail::wide_path(to).c_str(), detail::wide_path(from).c_str(), nullptr))
      return failed(("link " + from + " to").c_str(), to);
    return {};
  }
  Result<void> create_directory(const std::string& path, std::uint32_t) override {
    if (!CreateDirectoryW(detail::wide_path(path).c_str(), nullptr))
      return failed("create folder", path);
    return {};
  }
  Result<void> create_directories(const std::string& path, std::uint32_t) override {
    for (std::size_t end = 0; end != std::string::npos;) {
      end = path.find('/', end + 1);
      const std::string part = path.substr(0, end);
      if (part.empty() || part.back() == ':') continue;
      if (CreateDirectoryW(detail::wide_path(part).c_str(), nullptr)) continue;
      const DWORD error = GetLastError();
      const DWORD there = GetFileAttributesW(detail::wide_path(part).c_str());
      if (there != INVALID_FILE_ATTRIBUTES && (there & FILE_ATTRIBUTE_DIRECTORY) != 0) continue;
      return Error::from_windows(error, "create folder " + part);
    }
    return {};
  }
  Result<void> remove_directory(const std::string& path) override {
    if (!RemoveDirectoryW(detail::wide_path(path).c_str())) return failed("remove folder", path);
    return {};
  }
  Result<void> remove_all(const std::string& path) override {
    const DWORD there = GetFileAttributesW(detail::wide_path(path).c_str());
    if (there == INVALID_FILE_ATTRIBUTES) {
      if (GetLastError() == ERROR_FILE_NOT_FOUND || GetLastError() == ERROR_PATH_NOT_FOUND)
        return {};
      return failed("remove", path);
    }
    if ((there & FILE_ATTRIBUTE_DIRECTORY) == 0) return remove(path);
    if ((there & FILE_ATTRIBUTE_REPARSE_POINT) == 0) {  // links are removed, not followed
      AVILA_TRY(const auto entries, list(path));
      for (const DirectoryEntry& entry : entries)
        AVILA_TRY_VOID(remove_all(join(path, entry.name)));
    }
    return remove_directory(path);
  }
  Result<std::vector<DirectoryEntry>> list(const std::string& path) override {
    WIN32_FIND_DATAW found;
    const HANDLE search = FindFirstFileW(detail::wide_path(join(path, "*")).c_str(), &found);
    if (search == INVALID_HANDLE_VALUE) return failed("list", path);
    std::vector<DirectoryEntry> entries;
    do {
      std::string name = detail::narrow(found.cFileName);
      if (name != "." && name != "..")
        entries.push_back({std::move(name), kind_of(found.dwFileAttributes)});
    } while (FindNextFileW(search, &found));
    const DWORD error = GetLastError();
    FindClose(search);
    if (error != ERROR_NO_MORE_FILES) return Error::from_windows(error, "list " + path);
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return entries;
  }
  Result<FileInfo> info(const std::string& path) override {
    WIN32_FILE_ATTRIBUTE_DATA data;
    if (!GetFileAttributesExW(detail::wide_path(path).c_str(), GetFileExInfoStandard, &data))
      return failed("look at", path);
    FileInfo info;
    info.kind = kind_of(data.dwFileAttributes);
    info.size = static_cast<std::uint64_t>(data.nFileSizeHigh) << 32 | data.nFileSizeLow;
    const auto ticks = static_cast<std::int64_t>(data.ftLastWriteTime.dwHighDateTime) << 32 |
                       data.ftLastWriteTime.dwLowDateTime;
    info.modified_ns = (ticks - kTicksFrom1601To1970) * 100;
    info.mode = (data.dwFileAttributes & FILE_ATTRIBUTE_READONLY) != 0 ? 0400 : 0600;
    return info;
  }
  Result<void> set_mode(const std::string& path, std::uint32_t mode) override {
    const DWORD wanted = (mode & 0200U) != 0 ? FILE_ATTRIBUTE_NORMAL : FILE_ATTRIBUTE_READONLY;
    if (!SetFileAttributesW(detail::wide_path(path).c_str(), wanted))
      return failed("set mode of", path);
    return {};
  }
  // NTFS journals names; MOVEFILE_WRITE_THROUGH makes renames durable.
  Result<void> sync_directory(const std::string&) override { return {}; }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    const HANDLE handle = CreateFileW(detail::wide_path(path).c_str(), GENERIC_READ | GENERIC_WRITE,
                                      0, nullptr, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
    if (handle == INVALID_HANDLE_VALUE) return failed("lock", path);  // Busy when it is shared
    return std::unique_ptr<FileLock>(std::make_unique<WindowsLock>(handle));
  }
  Result<std::uint64_t> free_space(const std::string& path) override {
    ULARGE_INTEGER available;
    if (!GetDiskFreeSpaceExW(detail::wide_path(path).c_str(), &available, nullptr, nullptr))
      return failed("free space of", path);
    return available.QuadPart;
  }
};

}  // namespace

FileSystem& real_file_system() {
  static WindowsFileSystem files;
  return files;
}

}  // namespace avila::os
