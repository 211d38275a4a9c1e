// Records as lines.
#include <avila/log/log.hpp>
#include <avila/log/sinks.hpp>
#include <avila/time/civil.hpp>
#include <avila/time/format.hpp>
#include <charconv>
#include <cmath>

namespace avila::log {
namespace {

constexpr std::string_view kNames[] = {"trace", "debug", "info", "warn", "error", "fatal", "off"};
constexpr char kHex[] = "0123456789abcdef";
constexpr std::string_view kRedacted = "[redacted]";

template <class T>
void append_number(std::string& to, T value) {
  char text[40];
  to.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void append_hex(std::string& to, std::uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4) to += kHex[(value >> shift) & 15];
}

/// The length of the UTF-8 character at `text`, or 0 where there is none (Unicode §3.9, table 3-7).
std::size_t utf8_length(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto in = [&](std::size_t i, unsigned low, unsigned high) {
    return i < text.size() && at(i) >= low && at(i) <= high;
  };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return in(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
    return in(1, low, high) && in(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
    return in(1, low, high) && in(2, 0x80, 0xBF) && in(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

bool is_plain(char c) noexcept { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

/// The inside of a JSON string.
void append_escaped(std::string& to, std::string_view text) {
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    to.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto c = static_cast<unsigned char>(text[0]);
    std::size_t taken = 1;
    if (c == '"' || c == '\\') {
      (to += '\\') += text[0];
    } else if (c == '\n') {
      to += "\\n";
    } else if (c == '\r') {
      to += "\\r";
    } else if (c == '\t') {
      to += "\\t";
    } else if (c < 0x20 || c == 0x7F) {
      ((to += "\\u00") += kHex[c >> 4]) += kHex[c & 15];
    } else if (taken = utf8_length(text); taken > 0) {
      to.append(text.substr(0, taken));
    } else {
      to += "\xEF\xBF\xBD";  // U+FFFD
      taken = 1;
    }
    text.remove_prefix(taken);
  }
}

void append_quoted(std::string& to, std::string_view text) {
  to += '"';
  append_escaped(to, text);
  to += '"';
}

void append_time(std::string& to, WallTime time, int digits) {
  char text[time::kRfc3339BytesMax];
  to.append(text, time::format_rfc3339_to(text, time, digits));
}

void append_json_value(std::string& to, const Field& field) {
  switch (field.kind()) {
    case Field::Kind::Int: return append_number(to, field.as_int());
    case Field::Kind::Uint: return append_number(to, field.as_uint());
    case Field::Kind::Double:
      if (std::isfinite(field.as_double())) return append_number(to, field.as_double());
      return append_quoted(to, std::isnan(field.as_double()) ? "NaN"
                               : field.as_double() > 0       ? "Infinity"
                                                             : "-Infinity");
    case Field::Kind::Bool: to += field.as_bool() ? "true" : "false"; return;
    case Field::Kind::Duration:
      return append_number(to, static_cast<double>(field.as_int()) * 1e-9);
    case Field::Kind::Time:
      to += '"';
      append_time(to, {field.as_int()}, 9);
      to += '"';
      return;
    case Field::Kind::Redacted: return append_quoted(to, kRedacted);
    case Field::Kind::Text: return append_quoted(to, field.as_text());
    case Field::Kind::Error: return append_quoted(to, field.as_error()->to_string());
  }
}

void append_pretty_duration(std::string& to, std::int64_t ns) {
  const double value = static_cast<double>(ns), size = std::fabs(value);
  char text[32];
  const auto put = [&](double scaled, const char* unit) {
    const auto end = std::to_chars(text, text + sizeof text, scaled, std::chars_format::general, 4);
    to.append(text, end.ptr).append(unit);
  };
  if (size < 1e3) return put(value, "ns");
  if (size < 1e6) return put(value / 1e3, "us");
  if (size < 1e9) return put(value / 1e6, "ms");
  put(value / 1e9, "s");
}

void append_pretty_value(std::string& to, const Field& field) {
  if (field.kind() == Field::Kind::Duration) return append_pretty_duration(to, field.as_int());
  if (field.kind() == Field::Kind::Time) return append_time(to, {field.as_int()}, -1);
  if (field.kind() == Field::Kind::Redacted) {
    to += kRedacted;
    return;
  }
  if (field.kind() == Field::Kind::Text) {
    const std::string_view text = field.as_text();
    bool bare = !text.empty();
    for (const char c : text) bare = bare && is_plain(c) && c != ' ' && c != '=';
    if (bare) {
      to += text;
      return;
    }
  }
  append_json_value(to, field);
}

bool is_ours(std::string_view key) noexcept {
  return key == "time" || key == "level" || key == "logger" || key == "message" ||
         key == "trace_id" || key == "span_id";
}

}  // namespace

std::string_view to_string(Level level) noexcept {
  return kNames[std::min<std::size_t>(static_cast<std::size_t>(level), std::size(kNames) - 1)];
}

Level parse_level(std::string_view name, Level otherwise) noexcept {
  const auto same = [name](std::string_view other) {
    if (name.size() != other.size()) return false;
    for (std::size_t i = 0; i < name.size(); ++i)
      if ((name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]) != other[i]) return false;
    return true;
  };
  for (std::size_t i = 0; i < std::size(kNames); ++i)
    if (same(kNames[i])) return static_cast<Level>(i);
  if (same("warning")) return Level::Warn;
  return otherwise;
}

void append_json(std::string& to, const Record& record) {
  to += "{\"time\":\"";
  append_time(to, record.time, 6);
  (to += "\",\"level\":\"") += to_string(record.level);
  to += '"';
  if (!record.logger.empty()) {
    to += ",\"logger\":";
    append_quoted(to, record.logger);
  }
  to += ",\"message\":";
  append_quoted(to, record.message);
  if (record.trace.has_trace()) {
    to += ",\"trace_id\":\"";
    append_hex(to, record.trace.trace_high);
    append_hex(to, record.trace.trace_low);
    to += "\",\"span_id\":\"";
    append_hex(to, record.trace.span);
    to += '"';
  }
  for (const Field& field : record.fields) {
    to += ",\"";
    append_escaped(to, field.key());
    if (is_ours(field.key())) to += '_';
    to += "\":";
    append_json_value(to, field);
  }
  to += "}\n";
}

void append_pretty(std::string& to, const Record& record, bool colour) {
  constexpr std::string_view kTags[] = {"TRACE", "DEBUG", "INFO ", "WARN ", "ERROR", "FATAL", ""};
  constexpr std::string_view kColours[] = {"\x1b[90m", "\x1b[36m", "\x1b[32m", "\x1b[33m",
                                           "\x1b[31m", "\x1b[35m", ""};
  const auto level = std::min<std::size_t>(static_cast<std::size_t>(record.level), 6);
  append_time(to, record.time, 3);
  to += ' ';
  if (colour) to += kColours[level];
  to += kTags[level];
  if (colour) to += "\x1b[0m";
  to += ' ';
  if (!record.logger.empty()) {
    append_escaped(to, record.logger);
    to += ": ";
  }
  append_escaped(to, record.message);
  for (const Field& field : record.fields) {
    to += ' ';
    if (colour) to += "\x1b[2m";
    append_escaped(to, field.key());
    to += '=';
    if (colour) to += "\x1b[0m";
    append_pretty_value(to, field);
  }
  if (record.trace.has_trace()) {
    to += " trace=";
    append_hex(to, record.trace.trace_high);
    append_hex(to, record.trace.trace_low);
  }
  to += '\n';
}

}  // namespace avila::log
