#include <avila/serde/toml.hpp>
#include <utility>

namespace avila::serde::toml {

std::string_view to_string(Kind kind) noexcept {
  switch (kind) {
    case Kind::String: return "string";
    case Kind::Integer: return "integer";
    case Kind::Float: return "float";
    case Kind::Boolean: return "boolean";
    case Kind::OffsetDatetime: return "offset date-time";
    case Kind::LocalDatetime: return "local date-time";
    case Kind::LocalDate: return "local date";
    case Kind::LocalTime: return "local time";
    case Kind::Array: return "array";
    case Kind::Table: return "table";
  }
  return "?";
}

// Here and not in the header: they need the complete Member.
Value::Value(Kind kind) : kind_(kind) {}
Value::Value() : Value(Kind::Table) {}
Value::Value(const Value&) = default;
Value::Value(Value&&) noexcept = default;
Value& Value::operator=(const Value&) = default;
Value& Value::operator=(Value&&) noexcept = default;
Value::~Value() = default;
Value::Value(std::string text) : kind_(Kind::String), text_(std::move(text)) {}
Value::Value(std::int64_t number) : kind_(Kind::Integer), integer_(number) {}
Value::Value(double number) : kind_(Kind::Float), float_(number) {}
Value::Value(bool truth) : kind_(Kind::Boolean), boolean_(truth) {}

Value Value::table() { return Value(Kind::Table); }
Value Value::array() { return Value(Kind::Array); }

Value Value::datetime(Kind kind, std::string text) {
  Value value(kind);
  value.text_ = std::move(text);
  return value;
}

const std::string& Value::as_text() const {
  AVILA_ASSERT(kind_ != Kind::Integer && kind_ != Kind::Float && kind_ != Kind::Boolean);
  AVILA_ASSERT(kind_ != Kind::Array && kind_ != Kind::Table);
  return text_;
}

std::int64_t Value::as_integer() const { return AVILA_ASSERT(is(Kind::Integer)), integer_; }

double Value::as_float() const {
  AVILA_ASSERT(is(Kind::Float) || is(Kind::Integer));
  return is(Kind::Float) ? float_ : static_cast<double>(integer_);
}

bool Value::as_boolean() const { return AVILA_ASSERT(is(Kind::Boolean)), boolean_; }
const std::vector<Value>& Value::items() const { return AVILA_ASSERT(is(Kind::Array)), items_; }
std::vector<Value>& Value::items() { return AVILA_ASSERT(is(Kind::Array)), items_; }
const std::vector<Value::Member>& Value::members() const {
  return AVILA_ASSERT(is(Kind::Table)), members_;
}

const Value* Value::find(std::string_view key) const noexcept {
  for (const Member& member : members_)
    if (member.key == key) return &member.value;
  return nullptr;
}

Value* Value::find(std::string_view key) noexcept {
  return const_cast<Value*>(static_cast<const Value*>(this)->find(key));
}

const Value* Value::find_path(std::string_view dotted) const noexcept {
  const Value* at = this;
  while (at != nullptr) {
    const auto dot = dotted.find('.');
    at = at->find(dotted.substr(0, dot));
    if (dot == std::string_view::npos) break;
    dotted.remove_prefix(dot + 1);
  }
  return at;
}

Value& Value::set(std::string_view key, Value value) {
  AVILA_ASSERT(is(Kind::Table));
  if (Value* old = find(key)) return *old = std::move(value);
  members_.push_back({std::string(key), std::move(value)});
  return members_.back().value;
}

void Value::append(std::string key, Value value) {
  AVILA_ASSERT(is(Kind::Table));
  members_.push_back({std::move(key), std::move(value)});
}

}  // namespace avila::serde::toml
