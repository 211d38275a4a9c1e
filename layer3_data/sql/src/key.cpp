#include <algorithm>
#include <avila/primitives/endian.hpp>
#include <avila/sql/key.hpp>
#include <avila/sql/limits.hpp>
#include <bit>
#include <cmath>

namespace avila::sql {

namespace {

constexpr char kEnd = 0x01;
constexpr unsigned char kUndefined = 0x05, kNull = 0x10, kFalse = 0x20, kTrue = 0x21,
                        kNumber = 0x30, kString = 0x40, kArray = 0x50, kObject = 0x60;
constexpr double kExact = 9007199254740992.0;  // 2^53

void append_number(std::string& to, const Datum& value) {
  double nearest = value.as_double();
  std::int32_t rest = 0;
  if (value.type() == Type::Int)
    rest = static_cast<std::int32_t>(static_cast<__int128>(value.as_int()) -
                                     static_cast<__int128>(nearest));
  else if (value.type() == Type::Uint)
    rest = static_cast<std::int32_t>(static_cast<__int128>(value.as_uint()) -
                                     static_cast<__int128>(nearest));
  if (nearest == 0) nearest = 0;  // -0.0 is 0
  auto bits = std::bit_cast<std::uint64_t>(nearest == 0 ? 0.0 : nearest);
  bits = (bits >> 63) != 0 ? ~bits : bits ^ (std::uint64_t{1} << 63);
  char buffer[11];
  buffer[0] = static_cast<char>(kNumber);
  store_be64(buffer + 1, bits);
  std::size_t size = 9;
  if (std::fabs(nearest) >= kExact) {
    store_be16(buffer + 9, static_cast<std::uint16_t>(rest + 0x8000));
    size = 11;
  }
  to.append(buffer, size);
}

void append(std::string& to, const Datum& value) {
  switch (value.type()) {
    case Type::Undefined: to += static_cast<char>(kUndefined); break;
    case Type::Null: to += static_cast<char>(kNull); break;
    case Type::Boolean: to += static_cast<char>(value.is_true() ? kTrue : kFalse); break;
    case Type::Int:
    case Type::Uint:
    case Type::Double: append_number(to, value); break;
    case Type::String: append_key_string(to, value.as_string()); break;
    case Type::Array:
      to += static_cast<char>(kArray);
      value.each([&](const Datum& item) {
        append(to, item);
        return true;
      });
      to += kEnd;
      break;
    case Type::Object: {
      std::vector<DatumMember> members;
      members.reserve(value.size());
      value.each_member([&](std::string_view key, const Datum& member) {
        if (!member.is_undefined()) members.push_back({key, member});
        return true;
      });
      std::stable_sort(members.begin(), members.end(),
                       [](const DatumMember& a, const DatumMember& b) { return a.key < b.key; });
      to += static_cast<char>(kObject);
      for (const DatumMember& member : members) {
        append_key_string(to, member.key);
        append(to, member.value);
      }
      to += kEnd;
      break;
    }
  }
}

Error cut_off() { return Error(Errc::Malformed, "an encoded key is cut off"); }

/// Reads through the inversion of descending keys.
struct Reader {
  std::string_view from;
  unsigned char flip;
  std::size_t at = 0;

  bool more() const { return at < from.size(); }
  unsigned char peek() const { return static_cast<unsigned char>(from[at]) ^ flip; }
  bool bytes(unsigned char* to, std::size_t count) {
    if (from.size() - at < count) return false;
    for (std::size_t i = 0; i < count; ++i)
      to[i] = static_cast<unsigned char>(static_cast<unsigned char>(from[at + i]) ^ flip);
    at += count;
    return true;
  }
  bool skip(std::size_t count) {
    if (from.size() - at < count) return false;
    at += count;
    return true;
  }
};

double unfold(std::uint64_t bits) {
  bits = (bits >> 63) != 0 ? bits ^ (std::uint64_t{1} << 63) : ~bits;
  return std::bit_cast<double>(bits);
}

/// Reads one value; builds it when `arena` is there, else only walks.
Result<Datum> read(Reader& in, Arena* arena, std::size_t depth) {
  if (depth > kMaxValueNesting)
    return Error(Errc::Malformed, "an encoded key nests deeper than the limit (kMaxValueNesting)");
  unsigned char tag = 0;
  if (!in.bytes(&tag, 1)) return cut_off();
  switch (tag) {
    case kUndefined: return Datum();
    case kNull: return Datum::null();
    case kFalse: return Datum::boolean(false);
    case kTrue: return Datum::boolean(true);
    case kNumber: {
      unsigned char raw[8];
      if (!in.bytes(raw, 8)) return cut_off();
      const double nearest = unfold(load_be64(raw));
      if (!(std::fabs(nearest) <= 1.7976931348623157e308))
        return Error(Errc::Malformed, "an encoded key holds no finite number");
      std::int32_t rest = 0;
      if (std::fabs(nearest) >= kExact) {
        if (!in.bytes(raw, 2)) return cut_off();
        rest = static_cast<std::int32_t>(load_be16(raw)) - 0x8000;
      }
      if (nearest == std::trunc(nearest) && nearest >= -9223372036854775808.0 &&
          nearest <= 18446744073709551616.0) {
        const __int128 whole = static_cast<__int128>(nearest) + rest;
        if (whole >= INT64_MIN && whole <= INT64_MAX)
          return Datum::integer(static_cast<std::int64_t>(whole));
        if (whole > 0 && whole <= static_cast<__int128>(UINT64_MAX))
          return Datum::uinteger(static_cast<std::uint64_t>(whole));
      }
      return Datum::number(nearest);
    }
    case kString: {
      std::string text;
      for (;;) {
        unsigned char c = 0;
        if (!in.bytes(&c, 1)) return cut_off();
        if (c == 0) {
          if (!in.bytes(&c, 1)) return cut_off();
          if (c == 0x01) break;
          if (c != 0xFF) return Error(Errc::Malformed, "an encoded string has a bad escape");
          c = 0;
        }
        if (arena != nullptr) text += static_cast<char>(c);
      }
      return arena != nullptr ? Datum::string(arena->copy(text)) : Datum();
    }
    case kArray: {
      std::vector<Datum> items;
      while (in.more() && in.peek() != static_cast<unsigned char>(kEnd)) {
        AVILA_TRY(const Datum item, read(in, arena, depth + 1));
        if (arena != nullptr) items.push_back(item);
      }
      if (!in.skip(1)) return cut_off();
      if (arena == nullptr) return Datum();
      Datum* to = arena->array<Datum>(items.size());
      for (std::size_t i = 0; i < items.size(); ++i) new (&to[i]) Datum(items[i]);
      return Datum::array(to, items.size());
    }
    case kObject: {
      std::vector<DatumMember> members;
      while (in.more() && in.peek() != static_cast<unsigned char>(kEnd)) {
        if (in.peek() != kString) return Error(Errc::Malformed, "an encoded object has no key");
        AVILA_TRY(const Datum key, read(in, arena, depth + 1));
        AVILA_TRY(const Datum value, read(in, arena, depth + 1));
        if (arena != nullptr) members.push_back({key.as_string(), value});
      }
      if (!in.skip(1)) return cut_off();
      if (arena == nullptr) return Datum();
      auto* to = arena->array<DatumMember>(members.size());
      for (std::size_t i = 0; i < members.size(); ++i) new (&to[i]) DatumMember(members[i]);
      return Datum::object(to, members.size());
    }
    default: return Error(Errc::Malformed, "an encoded key has an unknown type");
  }
}

}  // namespace

void append_key_string(std::string& to, std::string_view text) {
  to += static_cast<char>(kString);
  for (;;) {
    const auto zero = text.find('\0');
    to.append(text.substr(0, zero));
    if (zero == std::string_view::npos) break;
    to.append("\x00\xFF", 2);
    text.remove_prefix(zero + 1);
  }
  to.append("\x00\x01", 2);
}

void append_key(std::string& to, const Datum& value, bool descending) {
  const std::size_t start = to.size();
  append(to, value);
  if (descending)
    for (std::size_t i = start; i < to.size(); ++i) to[i] = static_cast<char>(~to[i]);
}

Result<std::size_t> key_length(std::string_view from, bool descending) {
  Reader in{from, static_cast<unsigned char>(descending ? 0xFF : 0)};
  AVILA_TRY_VOID(read(in, nullptr, 0));
  return in.at;
}

Result<Datum> take_key(std::string_view& from, Arena& arena, bool descending) {
  Reader in{from, static_cast<unsigned char>(descending ? 0xFF : 0)};
  AVILA_TRY(const Datum value, read(in, &arena, 0));
  from.remove_prefix(in.at);
  return value;
}

std::string key_after_prefix(std::string_view prefix) {
  std::string after(prefix);
  while (!after.empty() && static_cast<unsigned char>(after.back()) == 0xFF) after.pop_back();
  if (!after.empty())
    after.back() = static_cast<char>(static_cast<unsigned char>(after.back()) + 1);
  return after;
}

KeyTypeRange key_type_range(const Datum& value) noexcept {
  switch (value.type()) {
    case Type::Undefined: return {kUndefined, kUndefined};
    case Type::Null: return {kNull, kNull};
    case Type::Boolean: return {kFalse, kTrue};
    case Type::Int:
    case Type::Uint:
    case Type::Double: return {kNumber, kNumber};
    case Type::String: return {kString, kString};
    case Type::Array: return {kArray, kArray};
    case Type::Object: return {kObject, kObject};
  }
  return {kUndefined, kUndefined};
}

}  // namespace avila::sql
