#include <algorithm>
#include <avila/log/sinks.hpp>
#include <avila/time/civil.hpp>
#include <cstdio>
#include <memory>
#include <thread>

namespace avila::log {
namespace {

constexpr std::size_t kBufferBytesMax = 256 * 1024;

/// "20261121T013811Z": sorts by time.
std::string compact(WallTime time) {
  const time::DateTime at = time::to_civil(time);
  char text[32];
  std::snprintf(text, sizeof text, "%04d%02d%02dT%02d%02d%02dZ", at.date.year, at.date.month,
                at.date.day, at.hour, at.minute, at.second);
  return text;
}

}  // namespace

struct FileSink::State {
  State(os::FileSystem& system, std::string where, FileSinkOptions given)
      : files(system), path(std::move(where)), options(std::move(given)) {}
  ~State() {
    if (hook.joinable()) hook.join();
  }

  os::FileSystem& files;
  std::string path;
  FileSinkOptions options;
  mutable std::mutex mutex;  // of all below
  std::unique_ptr<os::File> file;
  std::string buffer;
  std::uint64_t lines_buffered = 0, lost_lines = 0, file_bytes = 0;
  WallTime first_line;  // of the file
  bool has_lines = false;
  std::thread hook;

  Result<void> open() {
    os::OpenOptions opening;
    opening.write = opening.create = true;
    AVILA_TRY(file, files.open(path, opening));
    AVILA_TRY(file_bytes, file->size());
    has_lines = file_bytes > 0;
    if (has_lines) {
      AVILA_TRY(const os::FileInfo info, files.info(path));
      first_line = {info.modified_ns};
    }
    return {};
  }

  Result<void> flush() {
    if (buffer.empty()) return {};
    const auto lose = [this](Error error) -> Error {
      lost_lines += lines_buffered;
      lines_buffered = 0;
      buffer.clear();
      return error;
    };
    if (file == nullptr)
      if (auto opened = open(); !opened.has_value()) return lose(std::move(opened).error());
    auto appended = file->append(as_bytes(buffer));
    if (!appended.has_value()) return lose(std::move(appended).error());
    file_bytes += buffer.size();
    lines_buffered = 0;
    buffer.clear();
    if (options.sync) return file->sync_data();
    return {};
  }

  bool must_rotate(WallTime now, std::size_t line_bytes) const {
    if (!has_lines) return false;
    const std::uint64_t bytes = file_bytes + buffer.size();
    if (options.rotate_bytes > 0 && bytes > 0 && bytes + line_bytes > options.rotate_bytes)
      return true;
    const std::int64_t every = options.rotate_every.ns;
    const auto period = [every](WallTime t) { return t.ns / every - (t.ns % every < 0 ? 1 : 0); };
    return every > 0 && period(now) > period(first_line);
  }

  Result<void> rotate() {
    AVILA_TRY_VOID(flush());
    const std::string base = path + "." + compact(first_line);
    std::string rotated = base;
    for (int i = 1; files.exists(rotated); ++i) {
      char suffix[16];
      std::snprintf(suffix, sizeof suffix, "-%03d", i);
      rotated = base + suffix;
    }
    file.reset();
    has_lines = false;
    file_bytes = 0;
    auto renamed = files.rename(path, rotated);
    auto opened = open();  // also when the rename failed: then lines go on in the old file
    AVILA_TRY_VOID(std::move(renamed));
    AVILA_TRY_VOID(std::move(opened));
    AVILA_TRY_VOID(remove_old());
    if (options.on_rotated != nullptr) {
      if (hook.joinable()) hook.join();
      hook = std::thread([this, rotated] {
        (void)options.on_rotated(files, rotated);  // when it fails the file stays as it is
      });
    }
    return {};
  }

  Result<void> remove_old() {
    const std::string prefix = os::file_name(path) + ".";
    AVILA_TRY(auto entries, files.list(os::parent(path)));
    std::erase_if(entries, [&](const os::DirectoryEntry& entry) {
      return !entry.name.starts_with(prefix) || entry.name.size() < prefix.size() + 16 ||
             entry.name[prefix.size() + 8] != 'T' || entry.kind != os::FileKind::Regular;
    });
    for (std::size_t i = 0; i + options.keep < entries.size(); ++i)  // the list is in name order
      AVILA_TRY_VOID(files.remove(os::join(os::parent(path), entries[i].name)));
    return {};
  }
};

FileSink::FileSink(std::unique_ptr<State> state) : state_(std::move(state)) {}
FileSink::~FileSink() { (void)flush(); }

Result<std::shared_ptr<FileSink>> FileSink::open(os::FileSystem& files, std::string path,
                                                 FileSinkOptions options) {
  auto state = std::make_unique<State>(files, std::move(path), std::move(options));
  AVILA_TRY_VOID(state->open().context("open log file"));
  return std::shared_ptr<FileSink>(new FileSink(std::move(state)));
}

Result<void> FileSink::write(const Record& record) {
  const std::lock_guard guard(state_->mutex);
  State& state = *state_;
  std::string line;
  if (state.options.format == Format::Json)
    append_json(line, record);
  else
    append_pretty(line, record);
  Result<void> result;
  if (state.must_rotate(record.time, line.size())) result = state.rotate();
  if (!state.has_lines) {
    state.has_lines = true;
    state.first_line = record.time;
  }
  state.buffer += line;
  ++state.lines_buffered;
  if (result.has_value() && state.buffer.size() >= kBufferBytesMax) return state.flush();
  return result;
}

Result<void> FileSink::flush() {
  const std::lock_guard guard(state_->mutex);
  return state_->flush();
}

Result<void> FileSink::reopen() {
  const std::lock_guard guard(state_->mutex);
  AVILA_TRY_VOID(state_->flush());
  state_->file.reset();
  return state_->open();
}

std::uint64_t FileSink::lost_lines() const {
  const std::lock_guard guard(state_->mutex);
  return state_->lost_lines;
}

}  // namespace avila::log
