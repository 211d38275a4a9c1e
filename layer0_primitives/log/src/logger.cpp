#include <avila/log/log.hpp>
#include <avila/log/sinks.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <thread>

#include "encode.hpp"
#include "ring.hpp"

namespace avila::log {
namespace {

using detail::FieldHeader;
using detail::RecordHeader;

constexpr int kNaps = 8;  // of a millisecond, before the thread waits to be woken
constexpr auto kNap = std::chrono::milliseconds(1);
constexpr int kBatchRecords = 4096;

constinit std::atomic<std::uint8_t> off_threshold{static_cast<std::uint8_t>(Level::Off)};

std::uint32_t thread_number() noexcept {
  static constinit std::atomic<std::uint32_t> count{0};
  thread_local const std::uint32_t mine = count.fetch_add(1, std::memory_order_relaxed) + 1;
  return mine;
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool ends_with_word(std::string_view key, std::string_view word) noexcept {
  if (key.size() < word.size()) return false;
  const std::size_t at = key.size() - word.size();
  if (at > 0 && key[at - 1] != '_' && key[at - 1] != '-' && key[at - 1] != '.') return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (lower(key[at + i]) != word[i]) return false;
  return true;
}

}  // namespace

struct Logger::Bound {
  std::string name, fields;  // fields: encoded
  std::uint16_t count = 0;
  TraceContext trace;
};

struct Logger::Core {
  explicit Core(LoggerOptions given)
      : options(std::move(given)),
        clock(options.clock != nullptr ? *options.clock : os::real_clock()),
        level(static_cast<std::uint8_t>(options.level)),
        ring(ring_size(options.ring_bytes)),
        synchronous(options.synchronous),
        failures(options.sinks.size()) {
    for (std::string& word : options.redacted_keys)
      for (char& c : word) c = lower(c);
    if (synchronous.load()) return;
    try {
      worker = std::thread([this] { run(); });
    } catch (const std::exception&) {  // no thread to be had: callers write themselves
      synchronous = true;
    }
  }
  ~Core() { stop(); }

  static std::size_t ring_size(std::size_t asked) {
    return std::bit_ceil(std::max(asked, 4 * kRecordBytesMax));
  }

  // ── the caller's side ─────────────────────────────────────────────────────────────────────────
  void write(Level severity, std::string_view message, std::span<const Field> fields, Site site,
             const Bound* bound) {
    for (const Field& field : fields)
      if (field.kind() == Field::Kind::Error)
        return write_errors(severity, message, fields, site, bound);
    message = detail::cut(message, kTextBytesMax);
    RecordHeader header;
    header.time_ns = clock.wall().ns;
    header.file = site.file;
    header.line = site.line;
    header.thread = thread_number();
    header.level = severity;
    header.message_bytes = static_cast<std::uint32_t>(message.size());
    std::size_t size = sizeof header + message.size();
    std::string_view name = options.name, bound_fields;
    if (bound != nullptr) {
      header.trace = bound->trace;
      header.fields = bound->count;
      bound_fields = bound->fields;
      if (!bound->name.empty()) name = bound->name;
    }
    header.bound_bytes = static_cast<std::uint32_t>(bound_fields.size());
    header.name_bytes = static_cast<std::uint32_t>(name.size());
    size += bound_fields.size() + name.size();
    std::size_t taken = 0;
    for (; taken < fields.size() && header.fields < kFieldsMax; ++taken, ++header.fields) {
      const std::size_t more = detail::encoded_size(fields[taken]);
      if (size + more > kRecordBytesMax) break;
      size += more;
    }
    std::byte* const claimed = claim(size);
    if (claimed == nullptr) return;
    char* to = reinterpret_cast<char*>(claimed);
    std::memcpy(to, &header, sizeof header);
    to = detail::put_text(to + sizeof header, name);
    to = detail::put_text(to, message);
    to = detail::put_text(to, bound_fields);
    for (std::size_t i = 0; i < taken; ++i) to = detail::encode(to, fields[i]);
    ring.publish(claimed, size);
    // Both sides are sequentially consistent: either the worker sees the record, or we see that it
    // sleeps.
    if (sleeping.load(std::memory_order_seq_cst)) wake();
    if (synchronous.load(std::memory_order_relaxed)) drain_here();
    if (severity == Level::Fatal) flush();
  }

  // Kept apart: turning errors into text allocates.
  [[gnu::noinline]] void write_errors(Level severity, std::string_view message,
                                      std::span<const Field> fields, Site site,
                                      const Bound* bound) {
    std::vector<std::string> texts;
    texts.reserve(fields.size());
    std::vector<Field> copies(fields.begin(), fields.end());
    for (Field& field : copies) {
      if (field.kind() != Field::Kind::Error) continue;
      texts.push_back(field.as_error()->to_string());
      field = Field(field.key(), std::string_view(texts.back()));
    }
    write(severity, message, copies, site, bound);
  }

  std::byte* claim(std::size_t size) {
    std::byte* claimed = ring.claim(size);
    if (claimed != nullptr) [[likely]]
      return claimed;
    if (options.full == FullPolicy::Drop && !synchronous.load(std::memory_order_relaxed)) {
      dropped.fetch_add(1, std::memory_order_relaxed);
      return nullptr;
    }
    for (int round = 0; (claimed = ring.claim(size)) == nullptr; ++round) {
      if (synchronous.load(std::memory_order_relaxed)) drain_here();
      if (sleeping.load(std::memory_order_seq_cst)) wake();
      if (round < 64)
        std::this_thread::yield();
      else
        std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
    return claimed;
  }

  [[gnu::noinline]] void wake() {
    if (!sleeping.exchange(false)) return;
    const std::lock_guard guard(mutex);
    wake_up.notify_one();
  }

  void flush() {
    if (synchronous.load()) return drain_here();
    const std::uint64_t target = ring.head();
    std::unique_lock lock(mutex);
    flush_wanted = true;
    sleeping = false;
    wake_up.notify_one();
    flushed.wait(lock, [&] { return done >= target || stopped; });
    if (!stopped) return;
    lock.unlock();
    drain_here();
  }

  // ── the writing side: whoever holds `writing` ─────────────────────────────────────────────────
  void drain_here() {
    const std::lock_guard guard(writing);
    while (drain()) {
    }
    flush_sinks();
  }

  bool drain() {
    int count = 0;
    while (count < kBatchRecords) {
      const std::byte* encoded = ring.front();
      if (encoded == nullptr) break;
      deliver(reinterpret_cast<const char*>(encoded));
      ring.pop();
      ++count;
    }
    return count > 0;
  }

  void deliver(const char* from) {
    RecordHeader header;
    std::memcpy(&header, from, sizeof header);
    from += sizeof header;
    Record record;
    record.time = {header.time_ns};
    record.level = header.level;
    record.thread = header.thread;
    record.trace = header.trace;
    record.file = header.file;
    record.line = header.line;
    record.logger = {from, header.name_bytes};
    from += header.name_bytes;
    record.message = {from, header.message_bytes};
    from += header.message_bytes;
    decoded.clear();
    for (int i = 0; i < header.fields; ++i) {
      Field field = detail::decode(from);
      if (is_redacted(field.key())) field = Field(field.key(), Secret{});
      decoded.push_back(field);
    }
    record.fields = decoded;
    give(record);
    records.fetch_add(1, std::memory_order_relaxed);
  }

  bool is_redacted(std::string_view key) const noexcept {
    for (const std::string& word : options.redacted_keys)
      if (ends_with_word(key, word)) return true;
    return false;
  }

  void give(const Record& record) {
    for (std::size_t i = 0; i < options.sinks.size(); ++i)
      if (record.level >= options.sinks[i]->level()) note(i, options.sinks[i]->write(record));
  }

  void note(std::size_t sink, const Result<void>& result) {
    if (result.has_value()) return;
    sink_errors.fetch_add(1, std::memory_order_relaxed);
    ++failures[sink].count;
    failures[sink].last = result.error().to_string();
  }

  void flush_sinks() {
    if (const std::uint64_t lost = dropped.load(std::memory_order_relaxed); lost > told_dropped) {
      const Field count[] = {{"count", lost - told_dropped}};
      told_dropped = lost;
      give(own_record("log records were dropped: the ring was full", count));
    }
    for (std::size_t i = 0; i < options.sinks.size(); ++i) {
      const std::uint64_t before = failures[i].count;
      note(i, options.sinks[i]->flush());
      if (failures[i].count != before || before == 0) continue;
      // It works again: say what was lost meanwhile.
      const Field about[] = {{"failures", before},
                             {"last_error", std::string_view(failures[i].last)}};
      (void)options.sinks[i]->write(own_record("this log sink had failed", about));
      note(i, options.sinks[i]->flush());
      if (failures[i].count == before) failures[i].count = 0;
    }
  }

  Record own_record(std::string_view message, std::span<const Field> fields) {
    Record record;
    record.time = clock.wall();
    record.level = Level::Warn;
    record.logger = options.name;
    record.message = message;
    record.fields = fields;
    return record;
  }

  void run() {
    int idle = 0;
    for (;;) {
      bool wrote = false;
      {
        const std::lock_guard guard(writing);
        wrote = drain();
        if (wrote) flush_sinks();
      }
      std::unique_lock lock(mutex);
      if (flush_wanted && !wrote) {
        flush_wanted = false;
        lock.unlock();
        {
          const std::lock_guard guard(writing);
          flush_sinks();
        }
        lock.lock();
      }
      done = ring.tail();
      flushed.notify_all();
      idle = wrote ? 0 : idle + 1;
      if (wrote) continue;
      if (stopping && ring.tail() == ring.head()) break;
      if (idle <= kNaps || stopping) {
        wake_up.wait_for(lock, kNap);
        continue;
      }
      sleeping.store(true, std::memory_order_seq_cst);
      if (ring.front() == nullptr && !flush_wanted && !stopping) wake_up.wait(lock);
      sleeping.store(false, std::memory_order_seq_cst);
      idle = 0;
    }
    // Still under `mutex`: whoever waits in flush() goes on by itself.
  }

  void stop() {
    if (worker.joinable()) {
      {
        const std::lock_guard guard(mutex);
        stopping = true;
        sleeping = false;
        wake_up.notify_all();
      }
      worker.join();
      const std::lock_guard guard(mutex);
      stopped = true;
      synchronous = true;
      flushed.notify_all();
    }
    drain_here();
  }

  LoggerOptions options;
  os::Clock& clock;
  std::atomic<std::uint8_t> level;
  detail::Ring ring;
  std::atomic<bool> synchronous, sleeping{false};
  std::atomic<std::uint64_t> records{0}, dropped{0}, sink_errors{0};

  std::mutex mutex;  // of the four below
  std::condition_variable wake_up, flushed;
  bool stopping = false, stopped = false, flush_wanted = false;
  std::uint64_t done = 0;

  std::mutex writing;  // of the sinks and of these
  struct Failure {
    std::uint64_t count = 0;
    std::string last;
  };
  std::vector<Failure> failures;
  std::vector<Field> decoded;
  std::uint64_t told_dropped = 0;
  std::thread worker;  // last: it uses all of the above
};

Logger::Logger() : threshold_(&off_threshold) {}
Logger::Logger(LoggerOptions options)
    : core_(std::make_shared<Core>(std::move(options))), threshold_(&core_->level) {}
Logger::~Logger() = default;
Logger::Logger(const Logger&) = default;
Logger& Logger::operator=(const Logger&) = default;
Logger::Logger(Logger&& other) noexcept
    : core_(std::move(other.core_)),
      bound_(std::move(other.bound_)),
      threshold_(std::exchange(other.threshold_, &off_threshold)) {}
Logger& Logger::operator=(Logger&& other) noexcept {
  if (this != &other) {
    core_ = std::move(other.core_);
    bound_ = std::move(other.bound_);
    threshold_ = std::exchange(other.threshold_, &off_threshold);
  }
  return *this;
}

Level Logger::level() const noexcept {
  return static_cast<Level>(threshold_->load(std::memory_order_relaxed));
}

void Logger::write(Level level, std::string_view message, std::initializer_list<Field> fields,
                   Site site) const {
  write(level, message, std::span(fields.begin(), fields.size()), site);
}
void Logger::write(Level level, std::string_view message, std::span<const Field> fields,
                   Site site) const {
  if (core_ != nullptr) core_->write(level, message, fields, site, bound_.get());
}

Logger Logger::with(std::initializer_list<Field> fields) const {
  auto bound = bound_ != nullptr ? std::make_shared<Bound>(*bound_) : std::make_shared<Bound>();
  for (const Field& given : fields) {
    std::string text;
    Field field = given;
    if (field.kind() == Field::Kind::Error) {
      text = field.as_error()->to_string();
      field = Field(field.key(), std::string_view(text));
    }
    const std::size_t old = bound->fields.size(), more = detail::encoded_size(field);
    // Half of a record at most: the fields of the call have room too.
    if (bound->count >= kFieldsMax / 2 || old + more > kRecordBytesMax / 2) break;
    bound->fields.resize(old + more);
    detail::encode(bound->fields.data() + old, field);
    ++bound->count;
  }
  Logger logger(*this);
  logger.bound_ = std::move(bound);
  return logger;
}

Logger Logger::named(std::string_view name) const {
  auto bound = bound_ != nullptr ? std::make_shared<Bound>(*bound_) : std::make_shared<Bound>();
  bound->name = detail::cut(name, 256);
  Logger logger(*this);
  logger.bound_ = std::move(bound);
  return logger;
}

Logger Logger::traced(const TraceContext& trace) const {
  auto bound = bound_ != nullptr ? std::make_shared<Bound>(*bound_) : std::make_shared<Bound>();
  bound->trace = trace;
  Logger logger(*this);
  logger.bound_ = std::move(bound);
  return logger;
}

const TraceContext& Logger::trace() const noexcept {
  static constexpr TraceContext kNone{};
  return bound_ != nullptr ? bound_->trace : kNone;
}

void Logger::flush() const {
  if (core_ != nullptr) core_->flush();
}

LoggerStats Logger::stats() const noexcept {
  if (core_ == nullptr) return {};
  return {core_->records.load(), core_->dropped.load(), core_->sink_errors.load()};
}

// ── the process's logger ────────────────────────────────────────────────────────────────────────

namespace {

// Replaced loggers stay here, stopped, since another thread may be within a call of theirs.
struct Global {
  std::mutex mutex;
  std::vector<std::unique_ptr<Logger>> all;
};
Global& global() {
  static Global* const state = new Global;  // never destroyed: others log while statics go
  return *state;
}
constinit std::atomic<Logger*> current{nullptr};

Logger& current_logger() {
  Logger* logger = current.load(std::memory_order_acquire);
  if (logger != nullptr) [[likely]]
    return *logger;
  {
    const std::lock_guard guard(global().mutex);
    logger = current.load(std::memory_order_acquire);
    if (logger != nullptr) return *logger;
  }
  LoggerOptions options;
  options.sinks.push_back(std::make_shared<StreamSink>());
  options.level = static_cast<Level>(detail::global_threshold.load(std::memory_order_relaxed));
  set_global_logger(Logger(std::move(options)));
  return *current.load(std::memory_order_acquire);
}

}  // namespace

void Logger::set_level(Level level) noexcept {
  if (core_ == nullptr) return;
  core_->level.store(static_cast<std::uint8_t>(level), std::memory_order_relaxed);
  const Logger* process = current.load(std::memory_order_acquire);
  if (process != nullptr && process->core_ == core_)
    detail::global_threshold.store(static_cast<std::uint8_t>(level), std::memory_order_relaxed);
}

Logger global_logger() { return current_logger(); }

void set_global_logger(Logger logger) {
  Global& state = global();
  const std::lock_guard guard(state.mutex);
  if (state.all.empty()) {
    (void)std::atexit([] {
      if (const Logger* last = current.load(); last != nullptr && last->core_ != nullptr)
        last->core_->stop();
    });
  }
  Logger* const old = current.load(std::memory_order_acquire);
  state.all.push_back(std::make_unique<Logger>(std::move(logger)));
  Logger* const now = state.all.back().get();
  current.store(now, std::memory_order_release);
  detail::global_threshold.store(now->threshold_->load(), std::memory_order_relaxed);
  if (old != nullptr && old->core_ != nullptr && old->core_ != now->core_) old->core_->stop();
}

namespace detail {
void global_write(Level level, std::string_view message, std::initializer_list<Field> fields,
                  Site site) {
  current_logger().write(level, message, fields, site);
}
}  // namespace detail

}  // namespace avila::log
