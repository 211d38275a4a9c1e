// Structured logging. The caller copies its fields into a lock-free ring; a background thread
// formats and writes them. A disabled level costs one branch.
#pragma once
#include <atomic>
#include <avila/log/record.hpp>
#include <avila/os/clock.hpp>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace avila::log {

constexpr std::size_t kTextBytesMax = 16 * 1024;    ///< a message or value; the rest is cut
constexpr std::size_t kRecordBytesMax = 64 * 1024;  ///< further fields of a record are left out
constexpr std::size_t kFieldsMax = 64;              ///< bound ones included

enum class FullPolicy : std::uint8_t {
  Block,  ///< the caller waits for room: nothing is lost
  Drop,   ///< the record is dropped and counted; the count is logged when there is room again
};

struct LoggerOptions {
  std::vector<std::shared_ptr<Sink>> sinks;  ///< shared with whoever looks into them (tests)
  Level level = Level::Info;
  std::string name;
  std::size_t ring_bytes = 1 << 20;  ///< a power of two of at least 4 * kRecordBytesMax
  FullPolicy full = FullPolicy::Drop;
  bool synchronous = false;    ///< the caller formats and writes: for tools and tests
  os::Clock* clock = nullptr;  ///< null: the real one
  /// Values of keys with these names (or ending with one behind '_', '-' or '.') are replaced.
  std::vector<std::string> redacted_keys = {
      "password",      "passwd",     "secret",     "token",
      "authorization", "api_key",    "access_key", "secret_access_key",
      "cookie",        "set-cookie", "private_key"};
};

struct LoggerStats {
  std::uint64_t records = 0;      ///< handed to the sinks
  std::uint64_t dropped = 0;      ///< for want of room in the ring
  std::uint64_t sink_errors = 0;  ///< calls of sinks that failed
};

/// Where a call stands in the source.
struct Site {
  const char* file = nullptr;
  int line = 0;
};

/// A handle, cheap to copy; copies share sinks and ring. The last one to go writes what is left.
/// All calls are thread-safe.
class Logger {
 public:
  /// Writes nowhere until it is given sinks.
  Logger();
  explicit Logger(LoggerOptions options);
  ~Logger();
  Logger(const Logger&);
  Logger& operator=(const Logger&);
  Logger(Logger&&) noexcept;
  Logger& operator=(Logger&&) noexcept;

  bool enabled(Level level) const noexcept {
    return static_cast<std::uint8_t>(level) >= threshold_->load(std::memory_order_relaxed);
  }
  Level level() const noexcept;
  /// For all handles of these sinks.
  void set_level(Level level) noexcept;

  /// Logs whatever the level; the macros below ask enabled() first. Fatal ones are flushed before
  /// it returns (the program goes on).
  void write(Level level, std::string_view message, std::initializer_list<Field> fields = {},
             Site site = {}) const;
  void write(Level level, std::string_view message, std::span<const Field> fields,
             Site site = {}) const;

  /// A logger that adds these fields, this name or this trace to each record. Pass it on by value:
  /// nothing is kept in thread-local state, so it is right within coroutines.
  Logger with(std::initializer_list<Field> fields) const;
  Logger named(std::string_view name) const;
  Logger traced(const TraceContext& trace) const;
  const TraceContext& trace() const noexcept;

  /// All that was logged before is with the sinks, and they are flushed.
  void flush() const;
  LoggerStats stats() const noexcept;

 private:
  struct Core;
  struct Bound;
  std::shared_ptr<Core> core_;          // shared with the other handles
  std::shared_ptr<const Bound> bound_;  // shared with the copies of this handle; may be null
  const std::atomic<std::uint8_t>* threshold_;
  friend void set_global_logger(Logger logger);
};

/// The process's logger: pretty lines to stderr from Info on, until it is replaced. It is flushed
/// at normal exit, and what is logged later is written synchronously.
Logger global_logger();
void set_global_logger(Logger logger);

namespace detail {
inline constinit std::atomic<std::uint8_t> global_threshold{static_cast<std::uint8_t>(Level::Info)};
inline bool global_enabled(Level level) noexcept {
  return static_cast<std::uint8_t>(level) >= global_threshold.load(std::memory_order_relaxed);
}
void global_write(Level level, std::string_view message, std::initializer_list<Field> fields,
                  Site site);
}  // namespace detail

}  // namespace avila::log

/// AVILA_LOG_TO(logger, Info, "message", {"key", value}, …); fields are not evaluated when
/// disabled.
#define AVILA_LOG_TO(logger, severity, message, ...)                                              \
  do {                                                                                            \
    if (const auto& avila_logger = (logger); avila_logger.enabled(::avila::log::Level::severity)) \
        [[unlikely]]                                                                              \
      avila_logger.write(::avila::log::Level::severity, message, {__VA_ARGS__},                   \
                         ::avila::log::Site{__FILE__, __LINE__});                                 \
  } while (false)
/// The same by the process's logger.
#define AVILA_LOG(severity, message, ...)                                                       \
  do {                                                                                          \
    if (::avila::log::detail::global_enabled(::avila::log::Level::severity)) [[unlikely]]       \
      ::avila::log::detail::global_write(::avila::log::Level::severity, message, {__VA_ARGS__}, \
                                         ::avila::log::Site{__FILE__, __LINE__});               \
  } while (false)
#define AVILA_LOG_TRACE(message, ...) AVILA_LOG(Trace, message, __VA_ARGS__)
#define AVILA_LOG_DEBUG(message, ...) AVILA_LOG(Debug, message, __VA_ARGS__)
#define AVILA_LOG_INFO(message, ...) AVILA_LOG(Info, message, __VA_ARGS__)
#define AVILA_LOG_WARN(message, ...) AVILA_LOG(Warn, message, __VA_ARGS__)
#define AVILA_LOG_ERROR(message, ...) AVILA_LOG(Error, message, __VA_ARGS__)
#define AVILA_LOG_FATAL(message, ...) AVILA_LOG(Fatal, message, __VA_ARGS__)
