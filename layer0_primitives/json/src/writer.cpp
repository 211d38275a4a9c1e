#include <avila/error/assert.hpp>
#include <avila/json/writer.hpp>
#include <avila/text/number.hpp>
#include <cmath>

#include "escape.hpp"

namespace avila::json {
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

}  // namespace avila::json
