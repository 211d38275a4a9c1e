// Append-only record files: the write-ahead log and the manifest.
//
// File: 40-byte header, then records of 24 bytes + payload. A record says up to which offset the
// file was durable when it was written. So a reader that meets damage at offset X can tell: when a
// whole record behind it vouches for bytes beyond X, synced data has rotted (reported); when none
// does, the bytes were never acknowledged as durable (a torn tail, dropped).
#pragma once
#include <avila/os/file_system.hpp>

#include <memory>
#include "format.hpp"

namespace avila::lsm::detail {

inline constexpr std::uint64_t kLogMagic = 0x31474F4C4D534C41U;  // "ALSMLOG1"
inline constexpr std::uint32_t kLogVersion = 1;
inline constexpr std::size_t kLogHeaderBytes = 40;
inline constexpr std::size_t kRecordHeaderBytes = 24;
inline constexpr std::size_t kMaxRecordBytes = std::size_t{1} << 30;

class LogWriter {
 public:
  /// Creates the file and makes its name durable. `first` is the sequence number of its first
  /// record: so a reader sees when the end of the log before it was lost.
  static Result<std::unique_ptr<LogWriter>> create(os::FileSystem& fs, const std::string& folder,
                                                   const std::string& path, std::uint64_t number,
                                                   Sequence first);
  ~LogWriter();

  /// Gathers a record; commit() writes all that were gathered in one call.
  void add(Sequence sequence, std::string_view payload);
  Result<void> commit();
  Result<void> sync();

  std::uint64_t number() const noexcept { return number_; }
  std::uint64_t offset() const noexcept { return offset_; }
  bool unsynced() const noexcept { return durable_ < offset_; }
  const std::string& path() const noexcept { return path_; }

 private:
  LogWriter() = default;
  std::unique_ptr<os::File> file_;
  std::string path_, gathered_;
  std::uint64_t number_ = 0;
  std::uint64_t offset_ = 0;   // end of what the operating system has
  std::uint64_t durable_ = 0;  // end of what is on disk
};

struct LogRecord {
  Sequence sequence = 0;
  std::uint64_t offset = 0;
  std::string_view payload;
};

/// Reads the bytes of a record file.
class LogReader {
 public:
  explicit LogReader(std::string_view bytes) noexcept : bytes_(bytes) {}
  /// False: the end, clean or torn(). Corrupted: durable bytes are damaged.
  Result<bool> next(LogRecord& record);
  bool torn() const noexcept { return torn_; }
  /// Of the header; known once next() was called and header_read().
  std::uint64_t number() const noexcept { return number_; }
  Sequence first() const noexcept { return first_; }
  bool header_read() const noexcept { return started_; }
  std::uint64_t offset() const noexcept { return offset_; }

 private:
  bool record_at(std::uint64_t offset, LogRecord& record, std::uint64_t& durable) const noexcept;
  bool vouched_beyond(std::uint64_t offset) const noexcept;
  Result<bool> stop(const char* what);

  std::string_view bytes_;
  std::uint64_t offset_ = 0, number_ = 0;
  Sequence first_ = 0;
  bool torn_ = false, started_ = false, ended_ = false;
};

/// A whole file in memory.
struct FileBytes {
  std::unique_ptr<char[]> data;
  std::size_t size = 0;
  std::string_view view() const noexcept { return {data.get(), size}; }
};
Result<FileBytes> read_whole(os::FileSystem& fs, const std::string& path);

}  // namespace avila::lsm::detail
