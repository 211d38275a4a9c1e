#include <algorithm>
#include <avila/json/writer.hpp>
#include <avila/sql/datum.hpp>
#include <cmath>
#include <memory>

namespace avila::sql {

const char* type_name(Type type) noexcept {
  switch (type) {
    case Type::Undefined: return "undefined";
    case Type::Null: return "null";
    case Type::Boolean: return "boolean";
    case Type::Int:
    case Type::Uint:
    case Type::Double: return "number";
    case Type::String: return "string";
    case Type::Array: return "array";
    case Type::Object: return "object";
  }
  return "undefined";
}

void* Arena::grow(std::size_t bytes) {
  const std::size_t size = std::max(chunk_, bytes);
  chunks_.push_back(std::make_unique_for_overwrite<char[]>(size));
  if (chunks_.size() == 1) first_size_ = size;
  if (chunk_ < (std::size_t{1} << 20)) chunk_ *= 2;
  char* start = chunks_.back().get();
  at_ = start + bytes;
  left_ = size - bytes;
  return start;
}

void Arena::reset() noexcept {
  used_ = 0;
  if (chunks_.empty()) return;
  chunks_.resize(1);
  at_ = chunks_[0].get();
  left_ = first_size_;
}

Datum Datum::of(json::Element element) noexcept {
  switch (element.kind()) {
    case json::Kind::Null: return null();
    case json::Kind::Bool: return boolean(*element.get_bool());
    case json::Kind::Int: return integer(*element.get_int64());
    case json::Kind::Uint: return uinteger(*element.get_uint64());
    case json::Kind::Double: return number(*element.get_double());
    case json::Kind::String: return string(*element.get_string());
    case json::Kind::Array:
    case json::Kind::Object: {
      Datum d(element.is_array() ? Type::Array : Type::Object);
      d.from_json_ = true;
      d.element_ = element;
      return d;
    }
    case json::Kind::BigNumber: break;
  }
  return {};
}

Datum Datum::of(const json::Value& value, Arena& arena) {
  switch (value.kind()) {
    case json::Kind::Null: return null();
    case json::Kind::Bool: return boolean(value.as_bool());
    case json::Kind::Int: return integer(value.as_int64());
    case json::Kind::Uint: return uinteger(value.as_uint64());
    case json::Kind::Double: return number(value.as_double());
    case json::Kind::String: return string(arena.copy(value.as_string()));
    case json::Kind::Array: {
      Datum* items = arena.array<Datum>(value.size());
      std::size_t n = 0;
      for (const json::Value& item : value.array()) new (&items[n++]) Datum(of(item, arena));
      return array(items, n);
    }
    case json::Kind::Object: {
      auto* members = arena.array<DatumMember>(value.size());
      std::size_t n = 0;
      for (const json::Member& member : value.object())
        new (&members[n++]) DatumMember{arena.copy(member.key), of(member.value, arena)};
      return object(members, n);
    }
    case json::Kind::BigNumber: break;
  }
  return {};
}

bool Datum::whole(std::int64_t& value) const noexcept {
  if (type_ == Type::Int) {
    value = int_;
    return true;
  }
  if (type_ != Type::Double || !(double_ >= -9223372036854775808.0) ||
      !(double_ < 9223372036854775808.0) || double_ != std::trunc(double_))
    return false;
  value = static_cast<std::int64_t>(double_);
  return true;
}

Datum Datum::at(std::size_t index) const noexcept {
  if (type_ != Type::Array) return {};
  if (!from_json_) return index < count_ ? items_[index] : Datum();
  const auto element = element_.at(index);
  return element ? of(*element) : Datum();
}

Datum Datum::find(std::string_view key) const noexcept {
  if (type_ != Type::Object) return {};
  if (from_json_) {
    const auto element = element_.find(key);
    return element ? of(*element) : Datum();
  }
  for (std::uint32_t i = count_; i-- > 0;)
    if (members_[i].key == key) return members_[i].value;
  return {};
}

namespace {

int sign(auto difference) { return difference < 0 ? -1 : difference > 0 ? 1 : 0; }

/// Exact comparison of an integer (given as its value in 128 bits) and a double.
int compare_int_double(__int128 a, double b) noexcept {
  if (b >= 1.8446744073709552e19) return -1;
  if (b < -9223372036854775808.0) return 1;
  const double whole = std::trunc(b);
  const auto b_int = static_cast<__int128>(whole);
  if (a != b_int) return a < b_int ? -1 : 1;
  return b > whole ? -1 : b < whole ? 1 : 0;
}

__int128 wide(const Datum& d) {
  return d.type() == Type::Int ? static_cast<__int128>(d.as_int())
                               : static_cast<__int128>(d.as_uint());
}

int rank(Type type) {
  return type == Type::Uint || type == Type::Double ? static_cast<int>(Type::Int)
                                                    : static_cast<int>(type);
}

std::vector<DatumMember> sorted_members(const Datum& object) {
  std::vector<DatumMember> members;
  members.reserve(object.size());
  object.each_member([&](std::string_view key, const Datum& value) {
    if (!value.is_undefined()) members.push_back({key, value});
    return true;
  });
  std::stable_sort(members.begin(), members.end(),
                   [](const DatumMember& a, const DatumMember& b) { return a.key < b.key; });
  return members;
}

}  // namespace

int compare_numbers(const Datum& a, const Datum& b) noexcept {
  const bool a_real = a.type() == Type::Double, b_real = b.type() == Type::Double;
  if (a_real && b_real) {
    const double x = a.as_raw_double(), y = b.as_raw_double();
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (a_real) return -compare_int_double(wide(b), a.as_raw_double());
  if (b_real) return compare_int_double(wide(a), b.as_raw_double());
  const __int128 x = wide(a), y = wide(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

int compare(const Datum& a, const Datum& b) {
  if (const int by_type = rank(a.type()) - rank(b.type()); by_type != 0) return sign(by_type);
  switch (a.type()) {
    case Type::Undefined:
    case Type::Null: return 0;
    case Type::Boolean: return static_cast<int>(a.is_true()) - static_cast<int>(b.is_true());
    case Type::Int:
    case Type::Uint:
    case Type::Double: return compare_numbers(a, b);
    case Type::String: return sign(a.as_string().compare(b.as_string()));
    case Type::Array: {
      const std::size_t n = std::min(a.size(), b.size());
      for (std::size_t i = 0; i < n; ++i)
        if (const int c = compare(a.at(i), b.at(i)); c != 0) return c;
      return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
    }
    case Type::Object: break;
  }
  const auto x = sorted_members(a), y = sorted_members(b);
  for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) {
    if (const int c = x[i].key.compare(y[i].key); c != 0) return sign(c);
    if (const int c = compare(x[i].value, y[i].value); c != 0) return c;
  }
  return x.size() < y.size() ? -1 : x.size() > y.size() ? 1 : 0;
}

bool equal(const Datum& a, const Datum& b) {
  if (rank(a.type()) != rank(b.type())) return false;
  if (a.is_string()) return a.as_string() == b.as_string();
  return compare(a, b) == 0;
}

namespace {
void write(json::Writer& writer, const Datum& value) {
  switch (value.type()) {
    case Type::Undefined: break;
    case Type::Null: writer.null(); break;
    case Type::Boolean: writer.boolean(value.is_true()); break;
    case Type::Int: writer.int64(value.as_int()); break;
    case Type::Uint: writer.uint64(value.as_uint()); break;
    case Type::Double: writer.double_(value.as_raw_double()); break;
    case Type::String: writer.string(value.as_string()); break;
    case Type::Array:
      writer.begin_array();
      value.each([&](const Datum& item) {
        write(writer, item);
        return true;
      });
      writer.end_array();
      break;
    case Type::Object:
      writer.begin_object();
      value.each_member([&](std::string_view key, const Datum& member) {
        if (member.is_undefined()) return true;
        writer.key(key);
        write(writer, member);
        return true;
      });
      writer.end_object();
      break;
  }
}
}  // namespace

void append_json(std::string& out, const Datum& value) {
  if (value.is_undefined()) return;
  json::Writer writer(out);
  write(writer, value);
}

std::string to_json(const Datum& value) {
  std::string out;
  append_json(out, value);
  return out;
}

Datum deep_copy(const Datum& value, Arena& arena) {
  switch (value.type()) {
    case Type::String: return Datum::string(arena.copy(value.as_string()));
    case Type::Array: {
      Datum* items = arena.array<Datum>(value.size());
      std::size_t n = 0;
      value.each([&](const Datum& item) {
        new (&items[n++]) Datum(deep_copy(item, arena));
        return true;
      });
      return Datum::array(items, n);
    }
    case Type::Object: {
      auto* members = arena.array<DatumMember>(value.size());
      std::size_t n = 0;
      value.each_member([&](std::string_view key, const Datum& member) {
        new (&members[n++]) DatumMember{arena.copy(key), deep_copy(member, arena)};
        return true;
      });
      return Datum::object(members, n);
    }
    default: return value;
  }
}

}  // namespace avila::sql
