// Both trees as text.
#include <avila/json/document.hpp>
#include <avila/json/value.hpp>
#include <avila/json/writer.hpp>
#include <bit>
#include <vector>

#include "escape.hpp"
#include "sink.hpp"

namespace avila::json {
namespace {

void print(detail::Sink& out, const Value& value) {
  switch (value.kind()) {
    case Kind::Null: out.text("null"); return;
    case Kind::Bool: out.text(value.as_bool() ? "true" : "false"); return;
    case Kind::Int: out.int64(value.as_int64()); return;
    case Kind::Uint: out.uint64(value.as_uint64()); return;
    case Kind::Double: out.double_(value.as_double()); return;
    case Kind::BigNumber: out.text(*value.get_number_text()); return;
    case Kind::String: detail::put_quoted(out, value.as_string(), false); return;
    case Kind::Array: {
      char before = '[';
      for (const Value& element : value.array()) {
        out.put(before);
        print(out, element);
        before = ',';
      }
      out.text(before == '[' ? "[]" : "]");
      return;
    }
    case Kind::Object: {
      char before = '{';
      for (const Member& member : value.object()) {
        out.put(before);
        detail::put_quoted(out, member.key, false);
        out.put(':');
        print(out, member.value);
        before = ',';
      }
      out.text(before == '{' ? "{}" : "}");
      return;
    }
  }
}

void print(Writer& out, const Value& value) {
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
      for (const Value& element : value.array()) print(out, element);
      out.end_array();
      return;
    case Kind::Object:
      out.begin_object();
      for (const Member& member : value.object()) {
        out.key(member.key);
        print(out, member.value);
      }
      out.end_object();
      return;
  }
}

}  // namespace

/// The tape's words, for the walk below.
struct ElementAccess {
  static const detail::Tape& tape(Element e) noexcept { return *e.tape_; }
  static std::uint32_t at(Element e) noexcept { return e.at_; }
};

namespace {

// In the order of the tape; a frame remembers where its container ends.
void print(detail::Sink& out, const detail::Tape& tape, std::uint32_t at) {
  using detail::Tag;
  struct Frame {
    std::uint32_t end;
    bool object;
  };
  std::vector<Frame> open;
  const auto string = [&](std::uint64_t word) {
    out.quoted({tape.text + detail::low_of(word), detail::count_of(word)});
  };
  for (;;) {
    const std::uint64_t word = tape.words[at++];
    switch (const Tag tag = detail::tag_of(word)) {
      case Tag::Null: out.text("null"); break;
      case Tag::True: out.text("true"); break;
      case Tag::False: out.text("false"); break;
      case Tag::Int: out.int64(static_cast<std::int64_t>(tape.words[at++])); break;
      case Tag::Uint: out.uint64(tape.words[at++]); break;
      case Tag::Double: out.double_(std::bit_cast<double>(tape.words[at++])); break;
      case Tag::String: string(word); break;
      case Tag::BigNumber:
        out.text({tape.text + detail::low_of(word), detail::count_of(word)});
        break;
      case Tag::Array:
      case Tag::Object:
        out.put(tag == Tag::Array ? '[' : '{');
        open.push_back({detail::low_of(word), tag == Tag::Object});
        if (at != open.back().end) {
          if (tag == Tag::Object) {
            string(tape.words[at++]);
            out.put(':');
          }
          continue;
        }
        break;
    }
    while (!open.empty() && at == open.back().end) {
      out.put(open.back().object ? '}' : ']');
      open.pop_back();
    }
    if (open.empty()) return;
    out.put(',');
    if (open.back().object) {
      string(tape.words[at++]);
      out.put(':');
    }
  }
}

}  // namespace

void append_json(std::string& out, const Value& value) {
  detail::Sink sink(out);
  print(sink, value);
}

std::string to_string(const Value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

std::string to_pretty_string(const Value& value, int indent) {
  std::string out;
  Writer writer(out, {.indent = indent});
  print(writer, value);
  return out;
}

void append_json(std::string& out, Element element) {
  detail::Sink sink(out);
  print(sink, ElementAccess::tape(element), ElementAccess::at(element));
}

std::string to_string(Element element) {
  std::string out;
  append_json(out, element);
  return out;
}

}  // namespace avila::json
