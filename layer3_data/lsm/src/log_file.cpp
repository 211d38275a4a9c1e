#include "log_file.hpp"

#include <avila/hash/crc32c.hpp>

#include <cstdio>
#include <memory>

namespace avila::lsm::detail {
namespace {
std::string numbered(const std::string& folder, std::uint64_t number, const char* suffix) {
  char name[48];
  std::snprintf(name, sizeof name, "/%06llu.%s", static_cast<unsigned long long>(number), suffix);
  return folder + name;
}
std::uint32_t crc_of(const char* data, std::size_t size) noexcept {
  return hash::crc32c(as_bytes({data, size}));
}
}  // namespace

std::string table_name(const std::string& folder, std::uint64_t n) {
  return numbered(folder, n, "table");
}
std::string log_name(const std::string& folder, std::uint64_t n) {
  return numbered(folder, n, "log");
}
std::string manifest_name(const std::string& folder, std::uint64_t n) {
  return numbered(folder, n, "manifest");
}
std::string current_name(const std::string& folder) { return folder + "/CURRENT"; }

FileType classify(std::string_view name, std::uint64_t& number) {
  number = 0;
  if (name == "CURRENT") return FileType::Current;
  if (name == "LOCK") return FileType::Lock;
  std::size_t digits = 0;
  for (; digits < name.size() && name[digits] >= '0' && name[digits] <= '9' && digits < 19;
       ++digits)
    number = number * 10 + static_cast<std::uint64_t>(name[digits] - '0');
  const std::string_view suffix = name.substr(digits);
  if (digits > 0 && suffix == ".table") return FileType::Table;
  if (digits > 0 && suffix == ".log") return FileType::Log;
  if (digits > 0 && suffix == ".manifest") return FileType::Manifest;
  if (name.ends_with(".tmp") || name.starts_with("CURRENT.")) return FileType::Temporary;
  return FileType::Other;
}

LogWriter::~LogWriter() = default;

Result<std::unique_ptr<LogWriter>> LogWriter::create(os::FileSystem& fs, const std::string& folder,
                                                     const std::string& path, std::uint64_t number,
                                                     Sequence first) {
  std::unique_ptr<LogWriter> log(new LogWriter);
  AVILA_TRY(log->file_, fs.open(path, {.write = true, .create = true, .truncate = true}));
  log->path_ = path;
  log->number_ = number;
  char header[kLogHeaderBytes] = {};
  store_le64(header, kLogMagic);
  store_le32(header + 8, kLogVersion);
  store_le64(header + 16, number);
  store_le64(header + 24, first);
  store_le32(header + 32, crc_of(header, 32));
  AVILA_TRY_VOID(log->file_->append(as_bytes({header, sizeof header})));
  log->offset_ = sizeof header;
  AVILA_TRY_VOID(fs.sync_directory(folder));
  return log;
}

void LogWriter::add(Sequence sequence, std::string_view payload) {
  const std::size_t start = gathered_.size();
  gathered_.resize(start + kRecordHeaderBytes);
  gathered_.append(payload);
  char* head = gathered_.data() + start;
  store_le32(head + 4, static_cast<std::uint32_t>(payload.size()));
  store_le64(head + 8, sequence);
  store_le64(head + 16, durable_);
  store_le32(head, crc_of(head + 4, kRecordHeaderBytes - 4 + payload.size()));
}

Result<void> LogWriter::commit() {
  const std::uint64_t size = gathered_.size();
  auto appended = file_->append(as_bytes(gathered_));
  gathered_.clear();
  if (gathered_.capacity() > (1U << 20)) gathered_.shrink_to_fit();
  if (!appended.has_value()) return std::move(appended).error().context("append to " + path_);
  offset_ += size;
  return {};
}

Result<void> LogWriter::sync() {
  const std::uint64_t end = offset_;
  auto synced = file_->sync_data();
  if (!synced.has_value()) return std::move(synced).error().context("sync " + path_);
  durable_ = end;
  return {};
}

bool LogReader::record_at(std::uint64_t offset, LogRecord& record,
                          std::uint64_t& durable) const noexcept {
  if (bytes_.size() - offset < kRecordHeaderBytes) return false;
  const char* head = bytes_.data() + offset;
  const std::uint64_t size = load_le32(head + 4);
  if (size > kMaxRecordBytes || size > bytes_.size() - offset - kRecordHeaderBytes) return false;
  durable = load_le64(head + 16);
  if (durable > offset || size == 0) return false;
  if (crc_of(head + 4, kRecordHeaderBytes - 4 + size) != load_le32(head)) return false;
  record.sequence = load_le64(head + 8);
  record.offset = offset;
  record.payload = {head + kRecordHeaderBytes, static_cast<std::size_t>(size)};
  return true;
}

bool LogReader::vouched_beyond(std::uint64_t offset) const noexcept {
  LogRecord record;
  std::uint64_t durable = 0;
  for (std::uint64_t at = offset + 1; at + kRecordHeaderBytes <= bytes_.size(); ++at) {
    const std::uint64_t claim = load_le64(bytes_.data() + at + 16);
    if (claim > offset && claim <= at && record_at(at, record, durable)) return true;
  }
  return false;
}

Result<bool> LogReader::stop(const char* what) {
  ended_ = true;
  if (vouched_beyond(offset_))
    return Error(Errc::Corrupted, what,
                 {.offset = offset_, .hint = "restore a checkpoint, or run lsm::repair"});
  torn_ = false;
  for (std::uint64_t at = offset_; at < bytes_.size() && !torn_; ++at) torn_ = bytes_[at] != '\0';
  return false;
}

Result<bool> LogReader::next(LogRecord& record) {
  if (ended_) return false;
  if (!started_) {
    if (bytes_.size() < kLogHeaderBytes || load_le64(bytes_.data()) != kLogMagic ||
        load_le32(bytes_.data() + 8) != kLogVersion ||
        crc_of(bytes_.data(), 32) != load_le32(bytes_.data() + 32))
      return stop("log header is damaged, and durable records follow it");
    number_ = load_le64(bytes_.data() + 16);
    first_ = load_le64(bytes_.data() + 24);
    started_ = true;
    offset_ = kLogHeaderBytes;
  }
  std::uint64_t durable = 0;
  if (!record_at(offset_, record, durable))
    return stop("log record fails its checksum, and durable records follow it");
  offset_ += kRecordHeaderBytes + record.payload.size();
  return true;
}

Result<FileBytes> read_whole(os::FileSystem& fs, const std::string& path) {
  AVILA_TRY(const auto file, fs.open(path));
  AVILA_TRY(const std::uint64_t size, file->size());
  if (size > (std::uint64_t{8} << 30))
    return Error(Errc::LimitExceeded, path + " is larger than 8 GiB");
  FileBytes bytes{std::unique_ptr<char[]>(new char[size + 1]), 0};
  AVILA_TRY(const auto part,
            file->read_at(0, {reinterpret_cast<std::byte*>(bytes.data.get()), size}));
  bytes.size = part.size();
  return bytes;
}

}  // namespace avila::lsm::detail
