// Datum: a value while a query runs. A view, copied freely: strings, arrays and objects lie in a
// parsed document (json::Element) or in an Arena, which must outlive it.
#pragma once
#include <avila/error/result.hpp>
#include <avila/json/document.hpp>
#include <avila/json/value.hpp>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace avila::sql {

/// In the total order: of two values of different types the one named first is less; Int, Uint
/// and Double are one type, compared exactly.
enum class Type : std::uint8_t {
  Undefined,  ///< a member that is not there; arithmetic on what is no number
  Null,
  Boolean,
  Int,
  Uint,  ///< above INT64_MAX
  Double,
  String,
  Array,
  Object,
};
const char* type_name(Type type) noexcept;

/// Bump memory for the values of one row or one query.
class Arena {
 public:
  explicit Arena(std::size_t chunk_bytes = 4096) : chunk_(chunk_bytes) {}
  Arena(Arena&&) noexcept = default;
  Arena& operator=(Arena&&) noexcept = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// 8-aligned; valid until reset().
  void* allocate(std::size_t bytes) {
    bytes = (bytes + 7) & ~std::size_t{7};
    used_ += bytes;
    if (bytes > left_) return grow(bytes);
    char* at = at_;
    at_ += bytes;
    left_ -= bytes;
    return at;
  }
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* to = static_cast<char*>(allocate(text.size()));
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }
  template <class T>
  T* array(std::size_t count) {
    return static_cast<T*>(allocate(count * sizeof(T)));
  }
  std::size_t used() const noexcept { return used_; }
  /// Everything allocated is gone; one chunk is kept.
  void reset() noexcept;

 private:
  void* grow(std::size_t bytes);
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunk_, first_size_ = 0, left_ = 0, used_ = 0;
  char* at_ = nullptr;
};

struct DatumMember;

class Datum {
 public:
  Datum() noexcept : type_(Type::Undefined), int_(0) {}
  static Datum null() noexcept { return Datum(Type::Null); }
  static Datum boolean(bool value) noexcept {
    Datum d(Type::Boolean);
    d.int_ = value ? 1 : 0;
    return d;
  }
  static Datum integer(std::int64_t value) noexcept {
    Datum d(Type::Int);
    d.int_ = value;
    return d;
  }
  static Datum uinteger(std::uint64_t value) noexcept {
    if (value <= INT64_MAX) return integer(static_cast<std::int64_t>(value));
    Datum d(Type::Uint);
    d.uint_ = value;
    return d;
  }
  /// Undefined for infinities and NaN, which JSON does not have.
  static Datum number(double value) noexcept {
    if (!(value - value == 0)) return {};
    Datum d(Type::Double);
    d.double_ = value;
    return d;
  }
  /// `text` must outlive the datum; longer than 4 GiB is a broken invariant.
  static Datum string(std::string_view text) noexcept {
    Datum d(Type::String);
    d.text_ = text.data();
    d.count_ = static_cast<std::uint32_t>(text.size());
    return d;
  }
  static Datum array(const Datum* items, std::size_t count) noexcept {
    Datum d(Type::Array);
    d.items_ = items;
    d.count_ = static_cast<std::uint32_t>(count);
    return d;
  }
  static Datum object(const DatumMember* members, std::size_t count) noexcept {
    Datum d(Type::Object);
    d.members_ = members;
    d.count_ = static_cast<std::uint32_t>(count);
    return d;
  }
  static Datum of(json::Element element) noexcept;
  /// Copies strings and structure into the arena.
  static Datum of(const json::Value& value, Arena& arena);

  Type type() const noexcept { return type_; }
  bool is_undefined() const noexcept { return type_ == Type::Undefined; }
  bool is_null() const noexcept { return type_ == Type::Null; }
  bool is_boolean() const noexcept { return type_ == Type::Boolean; }
  bool is_true() const noexcept { return type_ == Type::Boolean && int_ != 0; }
  bool is_false() const noexcept { return type_ == Type::Boolean && int_ == 0; }
  bool is_number() const noexcept { return type_ >= Type::Int && type_ <= Type::Double; }
  bool is_int() const noexcept { return type_ == Type::Int; }
  bool is_string() const noexcept { return type_ == Type::String; }
  bool is_array() const noexcept { return type_ == Type::Array; }
  bool is_object() const noexcept { return type_ == Type::Object; }

  std::int64_t as_int() const noexcept { return int_; }
  std::uint64_t as_uint() const noexcept { return uint_; }
  double as_raw_double() const noexcept { return double_; }
  /// Any number, rounded to the nearest double.
  double as_double() const noexcept {
    return type_ == Type::Double ? double_
           : type_ == Type::Int  ? static_cast<double>(int_)
                                 : static_cast<double>(uint_);
  }
  std::string_view as_string() const noexcept { return {text_, count_}; }
  /// A whole number in the range of int64, given as any number type.
  bool whole(std::int64_t& value) const noexcept;

  /// Elements or members.
  std::size_t size() const noexcept { return from_json_ ? element_.size() : count_; }
  Datum at(std::size_t index) const noexcept;       ///< Undefined beyond the end or of no array
  Datum find(std::string_view key) const noexcept;  ///< Undefined where there is none
  template <class F>
  void each(F&& f) const {  ///< f(Datum) for an array's elements; f returns false to stop
    if (type_ != Type::Array) return;
    if (from_json_) {
      for (json::Element e : element_.elements())
        if (!f(of(e))) return;
    } else {
      for (std::uint32_t i = 0; i < count_; ++i)
        if (!f(items_[i])) return;
    }
  }
  template <class F>
  void each_member(F&& f) const;  ///< f(std::string_view, Datum)

 private:
  explicit Datum(Type type) noexcept : type_(type), int_(0) {}
  Type type_;
  bool from_json_ = false;
  std::uint32_t count_ = 0;
  union {
    std::int64_t int_;
    std::uint64_t uint_;
    double double_;
    const char* text_;
    const Datum* items_;
    const DatumMember* members_;
    json::Element element_;
  };
};

struct DatumMember {
  std::string_view key;
  Datum value;
};

template <class F>
void Datum::each_member(F&& f) const {
  if (type_ != Type::Object) return;
  if (from_json_) {
    for (auto [key, value] : element_.members())
      if (!f(key, of(value))) return;
  } else {
    for (std::uint32_t i = 0; i < count_; ++i)
      if (!f(members_[i].key, members_[i].value)) return;
  }
}

/// Deep; numbers by value, objects without regard to order. Undefined equals Undefined here.
bool equal(const Datum& a, const Datum& b);
/// -1, 0, 1 in the total order; exact between integers and doubles. Linearithmic for objects.
int compare(const Datum& a, const Datum& b);
int compare_numbers(const Datum& a, const Datum& b) noexcept;

/// JSON text; Undefined members and elements are left out, Undefined itself appends nothing.
void append_json(std::string& out, const Datum& value);
std::string to_json(const Datum& value);
/// A copy that lies wholly in the arena.
Datum deep_copy(const Datum& value, Arena& arena);

}  // namespace avila::sql
