// The sinks of this layer: a stream such as stderr, files with rotation, and memory for tests.
#pragma once
#include <avila/log/record.hpp>
#include <avila/os/file_system.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace avila::log {

enum class Format : std::uint8_t {
  Json,    ///< one object a line: time, level, logger, message, trace_id, span_id, the fields
  Pretty,  ///< for people
};

/// Appends one line. Control characters are escaped and bytes that are not UTF-8 replaced, so no
/// value can forge a line. A field named like one of ours gets a '_' behind.
void append_json(std::string& to, const Record& record);
void append_pretty(std::string& to, const Record& record, bool colour = false);

/// Whole lines to a file descriptor (2 = stderr) that outlives the sink.
class StreamSink final : public Sink {
 public:
  enum class Colour : std::uint8_t { Auto, Never, Always };
  explicit StreamSink(int descriptor = 2, Format format = Format::Pretty,
                      Colour colour = Colour::Auto);
  Result<void> write(const Record& record) override;
  Result<void> flush() override;

 private:
  int descriptor_;
  Format format_;
  bool colour_;
  std::string buffer_;
};

struct FileSinkOptions {
  Format format = Format::Json;
  std::uint64_t rotate_bytes = 0;            ///< a new file before it grows above; 0: never
  Duration rotate_every = Duration::zero();  ///< and at multiples of this since 1970; 0: never
  std::size_t keep = 10;                     ///< rotated files that stay; older ones are removed
  bool sync = false;                         ///< fdatasync after each batch
  /// Called in a thread of its own with each file that was rotated away (to compress and remove
  /// it); keep counts files that begin with the same name, whatever was put behind it.
  std::function<Result<void>(os::FileSystem&, const std::string& rotated)> on_rotated;
};

/// Lines to a file of a file system, rotated to "<path>.<UTC time of its first line>". When the
/// disk is full, lines are dropped whole, and writing is tried again with the next batch.
class FileSink final : public Sink {
 public:
  static Result<std::shared_ptr<FileSink>> open(os::FileSystem& files, std::string path,
                                                FileSinkOptions options = {});
  ~FileSink() override;
  Result<void> write(const Record& record) override;
  Result<void> flush() override;
  /// Closes and opens the path again, for rotation from outside (logrotate, SIGHUP). Thread-safe.
  Result<void> reopen();
  std::uint64_t lost_lines() const;

 private:
  struct State;
  explicit FileSink(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Keeps JSON lines in memory.
class MemorySink final : public Sink {
 public:
  Result<void> write(const Record& record) override;
  std::vector<std::string> lines() const;
  void clear();

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace avila::log
