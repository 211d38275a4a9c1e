#include <avila/error/assert.hpp>
#include <avila/json/value.hpp>
#include <avila/json/writer.hpp>
#include <avila/text/number.hpp>
#include <cmath>

#include "escape.hpp"
#include "string_scan.hpp"

namespace avila::json {
namespace detail {
namespace {

void append_unicode_escape(std::string& out, std::uint32_t unit) {
  static constexpr char kHex[] = "0123456789abcdef";
  const char text[6] = {
      '\\',           'u', kHex[unit >> 12 & 15], kHex[unit >> 8 & 15], kHex[unit >> 4 & 15],
      kHex[unit & 15]};
  out.append(text, 6);
}

std::uint32_t decode(const char* p, std::size_t length) noexcept {
  const auto byte = [p](std::size_t i) { return static_cast<unsigned char>(p[i]) & 0x3FU; };
  if (length == 2) return (byte(0) & 0x1F) << 6 | byte(1);
  if (length == 3) return (byte(0) & 0x0F) << 12 | byte(1) << 6 | byte(2);
  return (byte(0) & 0x07) << 18 | byte(1) << 12 | byte(2) << 6 | byte(3);
}

}  // namespace

void append_quoted(std::string& out, std::string_view text, bool ascii_only) {
  const char* p = text.data();
  const char* const end = p + text.size();
  const char* run = p;
  const auto flush = [&] { out.append(run, static_cast<std::size_t>(p - run)); };
  out.push_back('"');
  while (p != end) {
    const auto c = static_cast<unsigned char>(*p);
    if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
      ++p;
      continue;
    }
    std::size_t length = 1;
    if (c >= 0x80) {
      length = utf8_length(p, end);
      if (length != 0 && !ascii_only) {
        p += length;
        continue;
      }
    }
    flush();
    if (length == 0) {
      ascii_only ? append_unicode_escape(out, 0xFFFD) : void(out.append("\xEF\xBF\xBD"));
      length = 1;
    } else if (c >= 0x80) {
      const std::uint32_t point = decode(p, length);
      if (point >= 0x10000) {
        append_unicode_escape(out, 0xD800 + ((point - 0x10000) >> 10));
        append_unicode_escape(out, 0xDC00 + ((point - 0x10000) & 0x3FF));
      } else {
        append_unicode_escape(out, point);
      }
    } else {
      static constexpr std::string_view kNamed = "\"\"\\\\\bb\ff\nn\rr\tt";
      std::size_t at = 0;
      while (at < kNamed.size() && kNamed[at] != static_cast<char>(c)) at += 2;
      if (at < kNamed.size()) {
        out.push_back('\\');
        out.push_back(kNamed[at + 1]);
      } else {
        append_unicode_escape(out, c);
      }
    }
    p += length;
    run = p;
  }
  flush();
  out.push_back('"');
}

}  // namespace detail

void Writer::new_line() {
  if (options_.indent <= 0) return;
  out_.push_back('\n');
  out_.append(frames_.size() * static_cast<std::size_t>(options_.indent), ' ');
}

void Writer::before_value() {
  if (frames_.empty()) {
    AVILA_ASSERT(!root_written_);  // one document, one root
    root_written_ = true;
    return;
  }
  Frame& frame = frames_.back();
  switch (frame) {
    case Frame::ArrayNext: out_.push_back(','); [[fallthrough]];
    case Frame::ArrayFirst:
      frame = Frame::ArrayNext;
      new_line();
      return;
    case Frame::MemberValue: frame = Frame::KeyNext; return;
    default: AVILA_ASSERT(frame == Frame::MemberValue);  // a key comes first
  }
}

void Writer::after_open(char bracket, Frame frame) {
  out_.push_back(bracket);
  frames_.push_back(frame);
}

void Writer::close(char bracket, bool any) {
  frames_.pop_back();
  if (any) new_line();
  out_.push_back(bracket);
}

Writer& Writer::begin_object() {
  before_value();
  after_open('{', Frame::KeyFirst);
  return *this;
}
Writer& Writer::begin_array() {
  before_value();
  after_open('[', Frame::ArrayFirst);
  return *this;
}
Writer& Writer::end_object() {
  AVILA_ASSERT(!frames_.empty());
  const Frame frame = frames_.back();
  AVILA_ASSERT(frame == Frame::KeyFirst || frame == Frame::KeyNext);
  close('}', frame == Frame::KeyNext);
  return *this;
}
Writer& Writer::end_array() {
  AVILA_ASSERT(!frames_.empty());
  const Frame frame = frames_.back();
  AVILA_ASSERT(frame == Frame::ArrayFirst || frame == Frame::ArrayNext);
  close(']', frame == Frame::ArrayNext);
  return *this;
}
Writer& Writer::key(std::string_view name) {
  AVILA_ASSERT(!frames_.empty());
  Frame& frame = frames_.back();
  AVILA_ASSERT(frame == Frame::KeyFirst || frame == Frame::KeyNext);
  if (frame == Frame::KeyNext) out_.push_back(',');
  frame = Frame::MemberValue;
  new_line();
  detail::append_quoted(out_, name, options_.ascii_only);
  out_.push_back(':');
  if (options_.indent > 0) out_.push_back(' ');
  return *this;
}
Writer& Writer::string(std::string_view text) {
  before_value();
  detail::append_quoted(out_, text, options_.ascii_only);
  return *this;
}
Writer& Writer::int64(std::int64_t value) {
  char buffer[text::kMaxNumberChars];
  return raw({buffer, static_cast<std::size_t>(text::format_int(buffer, value) - buffer)});
}
Writer& Writer::uint64(std::uint64_t value) {
  char buffer[text::kMaxNumberChars];
  return raw({buffer, static_cast<std::size_t>(text::format_uint(buffer, value) - buffer)});
}
Writer& Writer::double_(double value) {
  if (!std::isfinite(value)) return null();
  char buffer[text::kMaxNumberChars];
  return raw({buffer, static_cast<std::size_t>(text::format_double(buffer, value) - buffer)});
}
Writer& Writer::boolean(bool value) { return raw(value ? "true" : "false"); }
Writer& Writer::null() { return raw("null"); }
Writer& Writer::raw(std::string_view json) {
  before_value();
  out_.append(json);
  return *this;
}

namespace {

void write(Writer& out, const Value& value) {
  switch (value.kind()) {
    case Kind::Null: out.null(); return;
    case Kind::Bool: out.boolean(value.as_bool()); return;
    case Kind::Int: out.int64(value.as_int64()); return;
    case Kind::Uint: out.uint64(value.as_uint64()); return;
    case Kind::Double: out.double_(value.as_double()); return;
    case Kind::BigNumber: out.raw(*value.get_number_text()); return;
    case Kind::String: out.string(value.as_string()); return;
    case Kind::Array:
      out.begin_array();
      for (const Value& element : value.array()) write(out, element);
      out.end_array();
      return;
    case Kind::Object:
      out.begin_object();
      for (const Member& member : value.object()) {
        out.key(member.key);
        write(out, member.value);
      }
      out.end_object();
      return;
  }
}

}  // namespace

void append_json(std::string& out, const Value& value) {
  Writer writer(out);
  write(writer, value);
}

std::string to_string(const Value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string to_pretty_string(const Value& value, int indent) {
  std::string out;
  Writer writer(out, {.indent = indent});
  write(writer, value);
  return out;
}

}  // namespace avila::json
