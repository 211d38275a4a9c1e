#include <avila/log/span.hpp>
#include <avila/os/entropy.hpp>

namespace avila::log {
namespace {

void append_hex(std::string& to, std::uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4) to += "0123456789abcdef"[(value >> shift) & 15];
}

bool read_hex(std::string_view text, std::uint64_t& value) noexcept {
  value = 0;
  for (const char c : text) {
    unsigned digit = 0;
    if (c >= '0' && c <= '9')
      digit = static_cast<unsigned>(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = static_cast<unsigned>(c - 'a') + 10;
    else
      return false;
    value = value << 4 | digit;
  }
  return true;
}

}  // namespace

std::uint64_t new_span_id() {
  // Ids need to be unlikely to meet, not secret: a generator a thread, seeded by the system.
  thread_local std::uint64_t state = [] {
    std::uint64_t seed = 0;
    if (!os::system_entropy().fill({reinterpret_cast<std::byte*>(&seed), sizeof seed}).has_value())
      seed = static_cast<std::uint64_t>(os::real_clock().now().ns) ^
             reinterpret_cast<std::uintptr_t>(&seed);
    return seed;
  }();
  std::uint64_t z = 0;
  do {
    z = (state += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    z ^= z >> 31;
  } while (z == 0);
  return z;
}

TraceContext new_trace() { return {new_span_id(), new_span_id(), new_span_id()}; }

std::string format_traceparent(const TraceContext& context) {
  std::string text = "00-";
  append_hex(text, context.trace_high);
  append_hex(text, context.trace_low);
  text += '-';
  append_hex(text, context.span);
  return text += "-01";
}

bool parse_traceparent(std::string_view text, TraceContext& context) noexcept {
  // W3C Trace Context §3.2: later versions may add members; "ff" is no version.
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
  std::uint64_t version = 0, flags = 0;
  TraceContext read;
  if (!read_hex(text.substr(0, 2), version) || !read_hex(text.substr(53, 2), flags) ||
      !read_hex(text.substr(3, 16), read.trace_high) ||
      !read_hex(text.substr(19, 16), read.trace_low) || !read_hex(text.substr(36, 16), read.span))
    return false;
  if (version == 0xFF || (version == 0 && text.size() != 55) ||
      (text.size() > 55 && text[55] != '-'))
    return false;
  if (!read.has_trace() || read.span == 0) return false;
  context = read;
  return true;
}

Span::Span(Logger logger, std::string name, Level level, os::Clock* clock)
    : name_(std::move(name)),
      level_(level),
      clock_(clock != nullptr ? clock : &os::real_clock()),
      began_(clock_->now()) {
  TraceContext context = logger.trace();
  if (context.has_trace()) {
    parent_ = context.span;
    context.span = new_span_id();
  } else {
    context = new_trace();
  }
  logger_ = logger.traced(context);
}

Span::Span(Span&& other) noexcept
    : logger_(std::move(other.logger_)),
      name_(std::move(other.name_)),
      error_(std::move(other.error_)),
      level_(other.level_),
      clock_(other.clock_),
      began_(other.began_),
      parent_(other.parent_),
      open_(std::exchange(other.open_, false)) {}

Span::~Span() { end(); }

Span Span::child(std::string name) const { return Span(logger_, std::move(name), level_, clock_); }

void Span::fail(const Error& error) { error_ = error.to_string(); }

void Span::end() {
  if (!std::exchange(open_, false)) return;
  const Level level = error_.empty() ? level_ : std::max(level_, Level::Warn);
  if (!logger_.enabled(level)) return;
  std::string parent;
  append_hex(parent, parent_);
  std::vector<Field> fields{{"duration", clock_->now() - began_}};
  if (parent_ != 0) fields.emplace_back("parent_span_id", std::string_view(parent));
  if (!error_.empty()) fields.emplace_back("error", std::string_view(error_));
  logger_.write(level, name_, std::span<const Field>(fields));
}

}  // namespace avila::log
