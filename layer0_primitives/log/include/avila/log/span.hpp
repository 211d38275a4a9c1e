// Spans: units of work with a beginning, an end and a place in a trace. The context is an explicit
// value, so it follows the work through coroutines and threads.
#pragma once
#include <avila/log/log.hpp>

namespace avila::os {
class Entropy;
}

namespace avila::log {

/// Ends when it is destroyed, logging "<name>" with duration and its fields at `level`.
class Span {
 public:
  /// A root span with a fresh trace, or a child of `parent`'s trace where the logger has one.
  Span(Logger logger, std::string name, Level level = Level::Debug, os::Clock* clock = nullptr);
  ~Span();
  Span(Span&& other) noexcept;
  Span(const Span&) = delete;
  Span& operator=(Span&&) = delete;

  /// Logs within this span.
  const Logger& logger() const noexcept { return logger_; }
  const TraceContext& context() const noexcept { return logger_.trace(); }
  std::uint64_t parent() const noexcept { return parent_; }
  Span child(std::string name) const;
  /// Logged at the end as field "error".
  void fail(const Error& error);
  void end();

 private:
  Logger logger_;
  std::string name_, error_;
  Level level_;
  os::Clock* clock_;
  Instant began_;
  std::uint64_t parent_ = 0;
  bool open_ = true;
};

/// "00-<32 hex>-<16 hex>-01" (W3C Trace Context, version 00), and back; nothing for other texts.
std::string format_traceparent(const TraceContext& context);
bool parse_traceparent(std::string_view text, TraceContext& context) noexcept;
/// A fresh trace and span id of the system's entropy.
TraceContext new_trace();
std::uint64_t new_span_id();

}  // namespace avila::log
