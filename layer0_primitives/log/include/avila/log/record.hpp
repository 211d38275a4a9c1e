// One logged event, and the seam behind which it is written.
#pragma once
#include <avila/error/result.hpp>
#include <avila/log/field.hpp>
#include <span>

namespace avila::log {

/// The identity of a unit of distributed work (W3C Trace Context); zero means none.
struct TraceContext {
  std::uint64_t trace_high = 0, trace_low = 0, span = 0;
  bool has_trace() const noexcept { return (trace_high | trace_low) != 0; }
  friend bool operator==(const TraceContext&, const TraceContext&) noexcept = default;
};

/// Views are valid during Sink::write().
struct Record {
  WallTime time;
  Level level = Level::Info;
  std::uint32_t thread = 0;  ///< small numbers, in the order in which threads first logged
  std::string_view logger, message;
  std::span<const Field> fields;  ///< redacted already
  TraceContext trace;
  const char* file = nullptr;  ///< null where unknown
  int line = 0;
};

/// Where records go. Called by one thread at a time; must not log by the same logger. A failure is
/// counted by the logger (and told once writing works again); it never reaches who logs.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Result<void> write(const Record& record) = 0;
  /// Called after each batch; buffered lines go out, whole.
  virtual Result<void> flush() { return {}; }
  /// Records below it are not given to this sink.
  Level level() const noexcept { return level_; }
  void set_level(Level level) noexcept { level_ = level; }

 private:
  Level level_ = Level::Trace;
};

}  // namespace avila::log
