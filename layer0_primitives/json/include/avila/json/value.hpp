// Value: a JSON value that owns itself, to build, change and compare. For reading much text fast,
// see document.hpp.
#pragma once
#include <avila/error/result.hpp>
#include <avila/json/options.hpp>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::json {

class Value;
class Object;
struct Member;
using Array = std::vector<Value>;

/// 16 bytes; strings up to 14 bytes lie inside. Copying is deep. Not synchronised: many may read,
/// or one may write.
class Value {
 public:
  Value() noexcept : tag_(Tag::Null) {}
  Value(std::nullptr_t) noexcept : Value() {}
  template <std::same_as<bool> T>
  Value(T value) noexcept : tag_(Tag::Bool) {
    store(std::uint64_t{value});
  }
  /// Any integer type; above INT64_MAX it becomes Kind::Uint.
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Value(T value) noexcept : tag_(Tag::Int) {
    if constexpr (std::unsigned_integral<T>)
      if (std::uint64_t{value} > INT64_MAX) tag_ = Tag::Uint;
    store(static_cast<std::uint64_t>(value));
  }
  template <std::floating_point T>
  Value(T value) noexcept : Value(from_double(static_cast<double>(value))) {}
  Value(std::string_view text);
  Value(const char* text) : Value(std::string_view(text)) {}
  Value(const std::string& text) : Value(std::string_view(text)) {}
  Value(Array elements);
  Value(Object members);
  Value(const Value& other);
  Value(Value&& other) noexcept { take(other); }
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept {
    if (this != &other) {
      Value old(std::move(*this));  // other may be a part of *this
      take(other);
    }
    return *this;
  }
  ~Value() {
    if (tag_ > Tag::ShortString) destroy();
  }

  static Value make_array() { return Value(Array{}); }
  static Value make_array(std::initializer_list<Value> elements) { return Value(Array(elements)); }
  static Value make_object();
  static Value make_object(std::initializer_list<std::pair<std::string_view, Value>> members);
  /// A Kind::BigNumber; Malformed unless `text` is a JSON number.
  static Result<Value> make_number(std::string_view text);

  Kind kind() const noexcept;
  bool is_null() const noexcept { return tag_ == Tag::Null; }
  bool is_bool() const noexcept { return tag_ == Tag::Bool; }
  bool is_int() const noexcept { return tag_ == Tag::Int; }
  bool is_uint() const noexcept { return tag_ == Tag::Uint; }
  bool is_double() const noexcept { return tag_ == Tag::Double; }
  bool is_number() const noexcept {
    return (tag_ >= Tag::Int && tag_ <= Tag::Double) || tag_ == Tag::BigNumber;
  }
  bool is_string() const noexcept { return tag_ == Tag::ShortString || tag_ == Tag::String; }
  bool is_array() const noexcept { return tag_ == Tag::List; }
  bool is_object() const noexcept { return tag_ == Tag::Members; }

  /// Another kind is a mistake of the caller (assertion). The number ones convert where the value
  /// is kept: as_int64 of 3.0 is 3; as_double rounds to the nearest.
  bool as_bool() const;
  std::int64_t as_int64() const;
  std::uint64_t as_uint64() const;
  double as_double() const;
  std::string_view as_string() const;  ///< valid until this value changes

  /// The same, absent where the kind or the range does not fit.
  std::optional<bool> get_bool() const noexcept;
  std::optional<std::int64_t> get_int64() const noexcept;
  std::optional<std::uint64_t> get_uint64() const noexcept;
  std::optional<double> get_double() const noexcept;
  std::optional<std::string_view> get_string() const noexcept;
  /// The text of a Kind::BigNumber.
  std::optional<std::string_view> get_number_text() const noexcept;
  Array* get_array() noexcept;
  const Array* get_array() const noexcept;
  Object* get_object() noexcept;
  const Object* get_object() const noexcept;

  /// The elements or members, to iterate and change (asserted).
  Array& array();
  const Array& array() const;
  Object& object();
  const Object& object() const;

  std::size_t size() const noexcept;  ///< elements or members; 0 for all others
  bool empty() const noexcept { return size() == 0; }
  Value& operator[](std::size_t index);  ///< of an array, within its size (asserted)
  const Value& operator[](std::size_t index) const;
  /// A member of an object; null where there is none or this is no object.
  Value* find(std::string_view key) noexcept;
  const Value* find(std::string_view key) const noexcept;
  /// Adds or replaces a member; null becomes an object first. Returns the member's value.
  Value& set(std::string_view key, Value value);
  bool erase(std::string_view key);
  /// Adds an element; null becomes an array first.
  Value& push_back(Value value);

  /// Deep. Numbers compare by value (1 == 1.0), objects without regard to order.
  bool operator==(const Value& other) const noexcept;

 private:
  enum class Tag : std::uint8_t {
    Null,
    Bool,
    Int,
    Uint,
    Double,
    ShortString,  // without memory of their own
    String,
    BigNumber,
    List,
    Members,
  };
  static constexpr std::size_t kShort = 14;
  static Value from_double(double value) noexcept;
  static Value from_text(Tag tag, std::string_view text);

  void take(Value& other) noexcept {
    __builtin_memcpy(static_cast<void*>(this), static_cast<const void*>(&other), sizeof(Value));
    other.tag_ = Tag::Null;
  }
  void store(std::uint64_t bits) noexcept { __builtin_memcpy(text_ + 6, &bits, 8); }
  std::uint64_t load() const noexcept {
    std::uint64_t bits;
    __builtin_memcpy(&bits, text_ + 6, 8);
    return bits;
  }
  template <class T>
  T* pointer() const noexcept {
    T* p;
    __builtin_memcpy(&p, text_ + 6, sizeof p);
    return p;
  }
  template <class T>
  void adopt(Tag tag, T* p) noexcept {
    tag_ = tag;
    __builtin_memcpy(text_ + 6, &p, sizeof p);
  }
  void destroy() noexcept;
  std::string_view text() const noexcept;

  alignas(8) Tag tag_;
  std::uint8_t length_ = 0;  // of a short string
  char text_[kShort];        // a short string, or at [6] eight bytes: number or pointer
};
static_assert(sizeof(Value) == 16, "compact trees");

/// One member. Change `value` freely; to change `key`, erase and set.
struct Member {
  std::string key;
  Value value;
};

/// The members of an object in insertion order, keys unique. Lookup is linear up to
/// kIndexFrom members and hashed from there.
class Object {
 public:
  static constexpr std::size_t kIndexFrom = 24;

  Object() noexcept;
  Object(const Object& other);
  Object(Object&& other) noexcept;
  Object& operator=(const Object& other);
  Object& operator=(Object&& other) noexcept;
  ~Object();

  std::size_t size() const noexcept { return members_.size(); }
  bool empty() const noexcept { return members_.empty(); }
  Member* begin() noexcept { return members_.data(); }
  Member* end() noexcept { return members_.data() + members_.size(); }
  const Member* begin() const noexcept { return members_.data(); }
  const Member* end() const noexcept { return members_.data() + members_.size(); }

  Value* find(std::string_view key) noexcept;
  const Value* find(std::string_view key) const noexcept;
  /// Adds at the end, or replaces the value where the key exists.
  Value& set(std::string_view key, Value value);
  template <std::same_as<std::string> S>
  Value& set(S&& key, Value value) {  // an rvalue: moved in
    return set_moved(std::move(key), std::move(value));
  }
  bool erase(std::string_view key);
  void clear() noexcept;
  void reserve(std::size_t count) { members_.reserve(count); }

  bool operator==(const Object& other) const noexcept;

 private:
  struct Index;
  Value& set_moved(std::string&& key, Value value);
  std::size_t position(std::string_view key) const noexcept;
  void reindex();
  std::vector<Member> members_;
  std::unique_ptr<Index> index_;  // present from kIndexFrom members on
};

inline Value Value::make_object() { return Value(Object{}); }

/// Text to tree. Errors: Malformed with the byte offset and what was expected; LimitExceeded.
Result<Value> parse(std::string_view text, const ParseOptions& options = {});

/// Compact text; doubles are the shortest that read back the same. Infinities and NaN, which JSON
/// does not have, become null; bytes that are no UTF-8 become U+FFFD.
std::string to_string(const Value& value);
void append_json(std::string& out, const Value& value);
/// Indented by `indent` spaces a level, one member or element a line.
std::string to_pretty_string(const Value& value, int indent = 2);

}  // namespace avila::json
