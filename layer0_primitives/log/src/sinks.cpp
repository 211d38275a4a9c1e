#include <avila/log/sinks.hpp>
#include <cerrno>
#include <cstdlib>
#ifdef _WIN32
#include <io.h>
#else
#include <poll.h>
#include <unistd.h>
#endif

namespace avila::log {
namespace {

constexpr std::size_t kBufferBytesMax = 256 * 1024;
constexpr int kStuckMsMax = 100;  // how long a non-blocking descriptor may take no bytes

#ifdef _WIN32
bool is_terminal(int fd) { return _isatty(fd) != 0; }
std::int64_t write_some(int fd, std::string_view text) {
  return _write(fd, text.data(), static_cast<unsigned>(text.size()));
}
bool wait_writable(int) { return false; }
#else
bool is_terminal(int fd) { return ::isatty(fd) == 1; }
std::int64_t write_some(int fd, std::string_view text) {
  return ::write(fd, text.data(), text.size());
}
bool wait_writable(int fd) {
  pollfd waiting{fd, POLLOUT, 0};
  return ::poll(&waiting, 1, kStuckMsMax) == 1;
}
#endif

}  // namespace

StreamSink::StreamSink(int descriptor, Format format, Colour colour)
    : descriptor_(descriptor), format_(format), colour_(colour == Colour::Always) {
  // https://no-color.org: a terminal user's wish.
  if (colour == Colour::Auto)
    colour_ = is_terminal(descriptor) && std::getenv("NO_COLOR") == nullptr;
}

Result<void> StreamSink::write(const Record& record) {
  if (format_ == Format::Json)
    append_json(buffer_, record);
  else
    append_pretty(buffer_, record, colour_);
  if (buffer_.size() >= kBufferBytesMax) return flush();
  return {};
}

Result<void> StreamSink::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const std::int64_t wrote = write_some(descriptor_, rest);
    if (wrote > 0) {
      rest.remove_prefix(static_cast<std::size_t>(wrote));
      continue;
    }
    const int error = wrote == 0 ? EIO : errno;
    if (error == EINTR) continue;
    if ((error == EAGAIN || error == EWOULDBLOCK) && wait_writable(descriptor_)) continue;
    // Lines are lost. If one went out in part, the next begins on a line of its own.
    const bool torn = rest.size() < buffer_.size() && rest.data()[-1] != '\n';
    buffer_.assign(torn ? "\n" : "");
    return Error::from_errno(error, "write log lines");
  }
  buffer_.clear();
  return {};
}

Result<void> MemorySink::write(const Record& record) {
  std::string line;
  append_json(line, record);
  line.pop_back();
  const std::lock_guard guard(mutex_);
  lines_.push_back(std::move(line));
  return {};
}

std::vector<std::string> MemorySink::lines() const {
  const std::lock_guard guard(mutex_);
  return lines_;
}

void MemorySink::clear() {
  const std::lock_guard guard(mutex_);
  lines_.clear();
}

}  // namespace avila::log
