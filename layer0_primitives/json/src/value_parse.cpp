#include <avila/json/document.hpp>
#include <avila/json/value.hpp>
#include <bit>

#include "event_parser.hpp"

namespace avila::json {
namespace {

struct Builder {
  Duplicates duplicates;
  Value root;
  std::vector<Value*> open;  // stable: a container grows only while it is the innermost
  std::string name;
  bool duplicate = false;

  Value* place(Value value) {
    if (open.empty()) return &(root = std::move(value));
    Value& parent = *open.back();
    if (parent.is_array()) return &parent.push_back(std::move(value));
    return &parent.object().set(std::move(name), std::move(value));
  }
  bool null() { return place(Value()) != nullptr; }
  bool boolean(bool b) { return place(Value(b)) != nullptr; }
  bool number(const detail::Number& n) {
    switch (n.kind) {
      case Kind::Int: return place(Value(static_cast<std::int64_t>(n.bits))) != nullptr;
      case Kind::Uint: return place(Value(n.bits)) != nullptr;
      case Kind::Double: return place(Value(std::bit_cast<double>(n.bits))) != nullptr;
      default: return place(std::move(Value::make_number(n.text)).value()) != nullptr;
    }
  }
  bool string(std::string_view text) { return place(Value(text)) != nullptr; }
  bool key(std::string_view text) {
    if (duplicates == Duplicates::Refuse && open.back()->find(text) != nullptr) {
      duplicate = true;
      return false;
    }
    name = text;
    return true;
  }
  bool begin_array() { return open.push_back(place(Value::make_array())), true; }
  bool begin_object() { return open.push_back(place(Value::make_object())), true; }
  bool end_array() { return open.pop_back(), true; }
  bool end_object() { return open.pop_back(), true; }
};

}  // namespace

Result<Value> parse(std::string_view text, const ParseOptions& options) {
  if (text.size() > options.max_size)
    return Error(Errc::LimitExceeded, "the text is larger than ParseOptions::max_size");
  Builder builder{options.duplicates, {}, {}, {}, false};
  detail::EventParser<Builder> parser(options, builder);
  if (auto fed = parser.feed(text, true); !fed.has_value()) {
    if (builder.duplicate)
      return Error(Errc::Malformed, "the object has this name twice",
                   {.offset = fed.error().offset()});
    return std::move(fed).error();
  }
  return std::move(builder.root);
}

Value to_value(Element element) {
  switch (element.kind()) {
    case Kind::Null: return {};
    case Kind::Bool: return *element.get_bool();
    case Kind::Int: return *element.get_int64();
    case Kind::Uint: return *element.get_uint64();
    case Kind::Double: return *element.get_double();
    case Kind::String: return *element.get_string();
    case Kind::BigNumber: return std::move(Value::make_number(*element.get_number_text())).value();
    case Kind::Array: {
      Array elements;
      elements.reserve(element.size());
      for (const Element e : element.elements()) elements.push_back(to_value(e));
      return elements;
    }
    case Kind::Object: break;
  }
  Object members;
  members.reserve(element.size());
  for (const auto [key, value] : element.members()) members.set(key, to_value(value));
  return members;
}

}  // namespace avila::json
