// The parts of FileSystem that stand on the others.
#include <avila/os/file_system.hpp>
#include <functional>
#include <mutex>

namespace avila::os {

std::string join(std::string_view folder, std::string_view name) {
  std::string path(folder);
  if (!path.empty() && path.back() != '/') path += '/';
  return path.append(name);
}

std::string parent(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  path = path.substr(0, slash);
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return path.empty() ? "/" : std::string(path);
}

std::string file_name(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || path.size() == 1) return std::string(path);
  return std::string(path.substr(slash + 1));
}

Result<std::string> FileSystem::read_text(const std::string& path, std::uint64_t limit_bytes) {
  AVILA_TRY(auto file, open(path));
  AVILA_TRY(const std::uint64_t size, file->size());
  if (size > limit_bytes)
    return Error(Errc::LimitExceeded, path + " holds " + std::to_string(size) +
                                          " bytes, the limit is " + std::to_string(limit_bytes));
  // Files of /proc say size 0: read until the end, whatever size() said.
  constexpr std::size_t kStep = 4096;
  std::string text(static_cast<std::size_t>(size) + 1, '\0');
  std::size_t have = 0;
  for (;;) {
    const MutableByteSpan room{reinterpret_cast<std::byte*>(text.data()) + have,
                               text.size() - have};
    AVILA_TRY(const MutableByteSpan got, file->read_at(have, room));
    have += got.size();
    if (have > limit_bytes)
      return Error(Errc::LimitExceeded, path + " is longer than " + std::to_string(limit_bytes));
    if (got.size() < room.size()) break;
    text.resize(text.size() + std::max(kStep, text.size()));
  }
  text.resize(have);
  return text;
}

Result<void> FileSystem::write_atomically(const std::string& path, ByteSpan bytes,
                                          std::uint32_t mode) {
  // One temporary name a path, so that crashes leave at most one behind and the next write reuses
  // it; writers of one path within this process take turns.
  static std::mutex turns[16];
  const std::lock_guard turn(turns[std::hash<std::string>{}(path) % std::size(turns)]);
  const std::string temporary = path + ".tmp";
  const auto write = [&]() -> Result<void> {
    OpenOptions options;
    options.write = options.create = options.truncate = true;
    options.mode = mode;
    AVILA_TRY(auto file, open(temporary, options));
    AVILA_TRY_VOID(set_mode(temporary, mode));  // one left behind may have had another mode
    AVILA_TRY_VOID(file->write_at(0, bytes));
    AVILA_TRY_VOID(file->sync());
    return {};
  };
  auto result = write();
  if (result.has_value()) result = rename(temporary, path);
  if (!result.has_value()) {
    (void)remove(temporary);  // the first error is the one to tell
    return std::move(result).context("write " + path);
  }
  return sync_directory(parent(path)).context("write " + path);
}

bool FileSystem::exists(const std::string& path) { return info(path).has_value(); }

}  // namespace avila::os
