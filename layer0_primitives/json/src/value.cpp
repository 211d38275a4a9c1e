#include <avila/error/assert.hpp>
#include <avila/json/value.hpp>
#include <avila/text/number.hpp>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <new>

#include "number.hpp"

namespace avila::json {
namespace {

// A long string on the heap: its length, then its bytes.
struct TextBlock {
  std::size_t size;
  char* data() noexcept { return reinterpret_cast<char*>(this + 1); }
  const char* data() const noexcept { return reinterpret_cast<const char*>(this + 1); }
};

TextBlock* new_block(std::string_view text) {
  auto* block = ::new (::operator new(sizeof(TextBlock) + text.size())) TextBlock{text.size()};
  std::memcpy(block->data(), text.data(), text.size());
  return block;
}

// Exactly representable whole numbers; the upper bounds are themselves out of range.
constexpr double kTwo63 = 9223372036854775808.0, kTwo64 = 18446744073709551616.0;

std::optional<std::int64_t> whole_int64(double d) noexcept {
  if (!(d >= -kTwo63 && d < kTwo63) || d != std::trunc(d)) return std::nullopt;
  return static_cast<std::int64_t>(d);
}
std::optional<std::uint64_t> whole_uint64(double d) noexcept {
  if (!(d >= 0 && d < kTwo64) || d != std::trunc(d)) return std::nullopt;
  return static_cast<std::uint64_t>(d);
}

}  // namespace

Value Value::from_double(double value) noexcept {
  Value v;
  v.tag_ = Tag::Double;
  v.store(std::bit_cast<std::uint64_t>(value));
  return v;
}

Value Value::from_text(Tag tag, std::string_view text) {
  Value v;
  v.adopt(tag, new_block(text));
  return v;
}

Value::Value(std::string_view text) : tag_(Tag::ShortString) {
  if (text.size() <= kShort) {
    length_ = static_cast<std::uint8_t>(text.size());
    if (!text.empty()) std::memcpy(text_, text.data(), text.size());
  } else {
    adopt(Tag::String, new_block(text));
  }
}

Value::Value(Array elements) : tag_(Tag::Null) { adopt(Tag::List, new Array(std::move(elements))); }

Value::Value(Object members) : tag_(Tag::Null) {
  adopt(Tag::Members, new Object(std::move(members)));
}

Value::Value(const Value& other) : tag_(Tag::Null) {
  switch (other.tag_) {
    case Tag::String:
    case Tag::BigNumber: adopt(other.tag_, new_block(other.text())); break;
    case Tag::List: adopt(Tag::List, new Array(*other.pointer<Array>())); break;
    case Tag::Members: adopt(Tag::Members, new Object(*other.pointer<Object>())); break;
    default: std::memcpy(static_cast<void*>(this), &other, sizeof(Value)); break;
  }
}

Value& Value::operator=(const Value& other) {
  if (this != &other) *this = Value(other);
  return *this;
}

void Value::destroy() noexcept {
  switch (tag_) {
    case Tag::String:
    case Tag::BigNumber: ::operator delete(pointer<TextBlock>()); break;
    case Tag::List: delete pointer<Array>(); break;
    case Tag::Members: delete pointer<Object>(); break;
    default: break;
  }
}

Value Value::make_object(std::initializer_list<std::pair<std::string_view, Value>> members) {
  Object object;
  object.reserve(members.size());
  for (const auto& [key, value] : members) object.set(key, value);
  return object;
}

Result<Value> Value::make_number(std::string_view text) {
  if (text.empty()) return Error(Errc::Malformed, "expected a number", {.offset = 0});
  AVILA_TRY_VOID(detail::parse_number(text, BigNumbers::KeepText, 0));
  return from_text(Tag::BigNumber, text);
}

Kind Value::kind() const noexcept {
  switch (tag_) {
    case Tag::Null: return Kind::Null;
    case Tag::Bool: return Kind::Bool;
    case Tag::Int: return Kind::Int;
    case Tag::Uint: return Kind::Uint;
    case Tag::Double: return Kind::Double;
    case Tag::ShortString:
    case Tag::String: return Kind::String;
    case Tag::BigNumber: return Kind::BigNumber;
    case Tag::List: return Kind::Array;
    case Tag::Members: break;
  }
  return Kind::Object;
}

std::string_view Value::text() const noexcept {
  if (tag_ == Tag::ShortString) return {text_, length_};
  const auto* block = pointer<TextBlock>();
  return {block->data(), block->size};
}

std::optional<bool> Value::get_bool() const noexcept {
  if (tag_ != Tag::Bool) return std::nullopt;
  return load() != 0;
}

std::optional<std::int64_t> Value::get_int64() const noexcept {
  if (tag_ == Tag::Int) return static_cast<std::int64_t>(load());
  if (tag_ == Tag::Double) return whole_int64(std::bit_cast<double>(load()));
  return std::nullopt;
}

std::optional<std::uint64_t> Value::get_uint64() const noexcept {
  if (tag_ == Tag::Uint || (tag_ == Tag::Int && static_cast<std::int64_t>(load()) >= 0))
    return load();
  if (tag_ == Tag::Double) return whole_uint64(std::bit_cast<double>(load()));
  return std::nullopt;
}

std::optional<double> Value::get_double() const noexcept {
  switch (tag_) {
    case Tag::Int: return static_cast<double>(static_cast<std::int64_t>(load()));
    case Tag::Uint: return static_cast<double>(load());
    case Tag::Double: return std::bit_cast<double>(load());
    case Tag::BigNumber: return text::parse_double(text()).value();
    default: return std::nullopt;
  }
}

std::optional<std::string_view> Value::get_string() const noexcept {
  if (!is_string()) return std::nullopt;
  return text();
}

std::optional<std::string_view> Value::get_number_text() const noexcept {
  if (tag_ != Tag::BigNumber) return std::nullopt;
  return text();
}

Array* Value::get_array() noexcept { return is_array() ? pointer<Array>() : nullptr; }
const Array* Value::get_array() const noexcept { return is_array() ? pointer<Array>() : nullptr; }
Object* Value::get_object() noexcept { return is_object() ? pointer<Object>() : nullptr; }
const Object* Value::get_object() const noexcept {
  return is_object() ? pointer<Object>() : nullptr;
}

bool Value::as_bool() const {
  AVILA_ASSERT(is_bool());
  return load() != 0;
}
std::int64_t Value::as_int64() const {
  const auto value = get_int64();
  AVILA_ASSERT(value.has_value());
  return *value;
}
std::uint64_t Value::as_uint64() const {
  const auto value = get_uint64();
  AVILA_ASSERT(value.has_value());
  return *value;
}
double Value::as_double() const {
  AVILA_ASSERT(is_number());
  return *get_double();
}
std::string_view Value::as_string() const {
  AVILA_ASSERT(is_string());
  return text();
}

Array& Value::array() {
  AVILA_ASSERT(is_array());
  return *pointer<Array>();
}
const Array& Value::array() const {
  AVILA_ASSERT(is_array());
  return *pointer<Array>();
}
Object& Value::object() {
  AVILA_ASSERT(is_object());
  return *pointer<Object>();
}
const Object& Value::object() const {
  AVILA_ASSERT(is_object());
  return *pointer<Object>();
}

std::size_t Value::size() const noexcept {
  if (is_array()) return pointer<Array>()->size();
  return is_object() ? pointer<Object>()->size() : 0;
}

Value& Value::operator[](std::size_t index) {
  AVILA_ASSERT(index < array().size());
  return array()[index];
}
const Value& Value::operator[](std::size_t index) const {
  AVILA_ASSERT(index < array().size());
  return array()[index];
}

Value* Value::find(std::string_view key) noexcept {
  return is_object() ? pointer<Object>()->find(key) : nullptr;
}
const Value* Value::find(std::string_view key) const noexcept {
  return is_object() ? pointer<Object>()->find(key) : nullptr;
}

Value& Value::set(std::string_view key, Value value) {
  if (is_null()) *this = make_object();
  return object().set(key, std::move(value));
}

bool Value::erase(std::string_view key) { return is_object() && object().erase(key); }

Value& Value::push_back(Value value) {
  if (is_null()) *this = make_array();
  return array().emplace_back(std::move(value));
}

namespace {

// Int and Uint never hold the same number, so unequal kinds differ, unless one is a double.
bool equal_numbers(const Value& a, const Value& b) noexcept {
  if (a.get_number_text().has_value() && b.get_number_text().has_value())
    return *a.get_number_text() == *b.get_number_text() || *a.get_double() == *b.get_double();
  if (a.is_double() && b.is_double()) return *a.get_double() == *b.get_double();
  if (const auto x = a.get_int64(), y = b.get_int64(); x.has_value() && y.has_value())
    return *x == *y;
  if (const auto x = a.get_uint64(), y = b.get_uint64(); x.has_value() && y.has_value())
    return *x == *y;
  if (a.get_number_text().has_value() || b.get_number_text().has_value())
    return *a.get_double() == *b.get_double();
  return false;
}

}  // namespace

bool Value::operator==(const Value& other) const noexcept {
  if (is_number()) return other.is_number() && equal_numbers(*this, other);
  if (kind() != other.kind()) return false;
  switch (kind()) {
    case Kind::Bool: return load() == other.load();
    case Kind::String: return text() == other.text();
    case Kind::Array: return *pointer<Array>() == *other.pointer<Array>();
    case Kind::Object: return *pointer<Object>() == *other.pointer<Object>();
    default: return true;
  }
}

// Open addressing with linear probing; a slot holds 1 + the member's position.
struct Object::Index {
  std::vector<std::uint32_t> slots;
  std::size_t mask() const noexcept { return slots.size() - 1; }
  static std::size_t hash(std::string_view key) noexcept {
    return std::hash<std::string_view>{}(key);
  }
  void add(std::string_view key, std::size_t at) noexcept {
    std::size_t i = hash(key) & mask();
    while (slots[i] != 0) i = (i + 1) & mask();
    slots[i] = static_cast<std::uint32_t>(at + 1);
  }
};

Object::Object() noexcept = default;
Object::Object(const Object& other) : members_(other.members_) { reindex(); }
Object::Object(Object&& other) noexcept = default;
Object& Object::operator=(const Object& other) {
  if (this != &other) *this = Object(other);
  return *this;
}
Object& Object::operator=(Object&& other) noexcept = default;
Object::~Object() = default;

void Object::reindex() {
  if (members_.size() < kIndexFrom) {
    index_.reset();
    return;
  }
  if (!index_) index_ = std::make_unique<Index>();
  index_->slots.assign(std::bit_ceil(members_.size() * 2 + 1), 0);
  for (std::size_t i = 0; i < members_.size(); ++i) index_->add(members_[i].key, i);
}

std::size_t Object::position(std::string_view key) const noexcept {
  if (index_) {
    std::size_t i = Index::hash(key) & index_->mask();
    for (; index_->slots[i] != 0; i = (i + 1) & index_->mask()) {
      const std::size_t at = index_->slots[i] - 1;
      if (members_[at].key == key) return at;
    }
    return members_.size();
  }
  std::size_t at = 0;
  while (at < members_.size() && members_[at].key != key) ++at;
  return at;
}

Value* Object::find(std::string_view key) noexcept {
  const std::size_t at = position(key);
  return at < members_.size() ? &members_[at].value : nullptr;
}
const Value* Object::find(std::string_view key) const noexcept {
  const std::size_t at = position(key);
  return at < members_.size() ? &members_[at].value : nullptr;
}

Value& Object::set(std::string_view key, Value value) {
  return set_moved(std::string(key), std::move(value));
}

Value& Object::set_moved(std::string&& key, Value value) {
  const std::size_t at = position(key);
  if (at < members_.size()) return members_[at].value = std::move(value);
  members_.push_back({std::move(key), std::move(value)});
  if (index_ && members_.size() * 2 <= index_->slots.size()) {
    index_->add(members_.back().key, at);
  } else if (members_.size() >= kIndexFrom) {
    reindex();
  }
  return members_.back().value;
}

bool Object::erase(std::string_view key) {
  const std::size_t at = position(key);
  if (at == members_.size()) return false;
  members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(at));
  reindex();
  return true;
}

void Object::clear() noexcept {
  members_.clear();
  index_.reset();
}

bool Object::operator==(const Object& other) const noexcept {
  if (size() != other.size()) return false;
  for (const Member& member : members_) {
    const Value* twin = other.find(member.key);
    if (twin == nullptr || !(*twin == member.value)) return false;
  }
  return true;
}

}  // namespace avila::json
