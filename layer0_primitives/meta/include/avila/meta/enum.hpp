// Names and values of enums, without a list to keep.
#pragma once
#include <array>
#include <avila/meta/type_name.hpp>
#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace avila::meta {

/// Specialise it to change what is looked at (any member may be left out):
///   template <> struct avila::meta::EnumTraits<Status> {
///     static constexpr int min = 100, max = 599;      // enumerators outside are not found
///     static constexpr bool flags = true;             // look at 0 and the powers of two instead
///     static constexpr std::string_view name(Status); // another name; empty: its own
///   };
template <class E>
struct EnumTraits {};

inline constexpr int kEnumMin = -128;  ///< the range that is looked at unless traits say else
inline constexpr int kEnumMax = 255;
inline constexpr int kEnumRangeMax = 8192;  ///< how wide a range may be: it costs compile time

namespace detail {

// clang 16…19 take a conversion outside an unfixed enum's range for an error unless told otherwise;
// clang 20 for no constant expression, which Convertible sees.
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"  // so does g++, with a warning
#endif
#if defined(__clang__)
#if __clang_major__ >= 16 && __clang_major__ < 20
#pragma clang diagnostic ignored "-Wenum-constexpr-conversion"
#endif
#endif
/// All values in one instantiation: the compiler spells the list in one go, an enumerator by its
/// name, other values as "(E)5".
template <class E, E... Values>
constexpr std::string_view spelt() noexcept {
#if defined(_MSC_VER) && !defined(__clang__)
  return __FUNCSIG__;
#else
  return __PRETTY_FUNCTION__;
#endif
}
template <class E, E Value>
struct Constant {};
template <class E, auto Value>
concept Convertible = requires { typename Constant<E, static_cast<E>(Value)>; };

template <class E>
concept Flags = requires { requires EnumTraits<E>::flags; };

template <class E>
struct EnumRange {
  using U = std::underlying_type_t<E>;
  static constexpr long long wanted_min() {
    if constexpr (requires { EnumTraits<E>::min; }) {
      return EnumTraits<E>::min;
    } else {
      return kEnumMin;
    }
  }
  static constexpr long long wanted_max() {
    if constexpr (requires { EnumTraits<E>::max; }) {
      return EnumTraits<E>::max;
    } else {
      return kEnumMax;
    }
  }
  /// The nearest to `wanted` that E can hold, going half way to zero each time.
  template <long long Wanted>
  static constexpr long long held() {
    if constexpr (Wanted == 0 || Convertible<E, Wanted>) {
      return Wanted;
    } else {
      return held<Wanted / 2>();
    }
  }
  static constexpr long long fit(long long value) {
    if (std::is_unsigned_v<U> && value < 0) return 0;
    if (sizeof(U) >= sizeof(long long)) return value;
    const auto low = static_cast<long long>(std::numeric_limits<U>::min());
    const auto high = static_cast<long long>(std::numeric_limits<U>::max());
    return value < low ? low : value > high ? high : value;
  }
  static constexpr long long min = held<fit(wanted_min())>();
  static constexpr long long max = held<fit(wanted_max())>();
  static_assert(min <= max && max - min < kEnumRangeMax, "EnumTraits: the range is too wide");
  static constexpr auto count = static_cast<std::size_t>(max - min + 1);

  template <std::size_t... I>
  static constexpr std::string_view list(std::index_sequence<I...>) noexcept {
    return spelt<E, static_cast<E>(min + static_cast<long long>(I))...>();
  }
  static constexpr E at(std::size_t i) noexcept {
    return static_cast<E>(min + static_cast<long long>(i));
  }
};

template <class E>
  requires Flags<E>
struct EnumRange<E> {  // 0, then each single bit
  using U = std::underlying_type_t<E>;
  using Bits = std::make_unsigned_t<U>;
  static constexpr std::size_t bits() {
    std::size_t n = 0;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      ((Convertible<E, static_cast<U>(Bits{1} << I)> ? ++n : n), ...);
    }(std::make_index_sequence<sizeof(U) * 8>{});
    return n;
  }
  static constexpr std::size_t count = 1 + bits();
  template <std::size_t... I>
  static constexpr std::string_view list(std::index_sequence<I...>) noexcept {
    return spelt<E, at(I)...>();
  }
  static constexpr E at(std::size_t i) noexcept {
    return i == 0 ? static_cast<E>(0) : static_cast<E>(Bits{1} << (i - 1));
  }
};
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/// Calls visit(index, name) for each entry of a list of `spelt`, with an empty name for "(E)5".
template <class Visit>
constexpr void each_name(std::string_view list, Visit&& visit) {
  std::size_t at = list.find("Values = ") + 10;  // behind the opening bracket
  int depth = 0;
  std::size_t index = 0;
  std::size_t word = at;  // where the last word begins
  bool cast = list[at] == '(';
  std::size_t cast_size = 0;  // of "(E)", once seen: most entries are "(E)5", and are skipped by it
  for (; at < list.size(); ++at) {
    if (at == word && cast && cast_size != 0 && list[at + cast_size - 1] == ')' &&
        (list[at + cast_size] == '-' || is_digit(list[at + cast_size])))
      at = word = at + cast_size;
    const char c = list[at];
    if (depth == 0 && (c == ',' || c == '}' || c == '>' || c == ']')) {
      // "(anonymous namespace)::E::A" opens with a bracket too, but ends in a word
      const std::string_view name = list.substr(word, at - word);
      visit(index++, cast || name.empty() || is_digit(name[0]) || name[0] == '-'
                         ? std::string_view{}
                         : name);
      if (c != ',') return;
      at += 1;  // the blank behind the comma
      word = at + 1;
      cast = list[word] == '(';
    } else if (c == '(' || c == '<' || c == '{') {
      ++depth;
    } else if (c == ')' || c == '>' || c == '}') {
      --depth;
      if (depth == 0) {
        if (cast && list[at + 1] == ':') cast = false;  // "(anonymous namespace)::A"
        if (cast && cast_size == 0) cast_size = at + 1 - word;
        word = at + 1;
      }
    } else if (c == ':' && depth == 0) {
      word = at + 1;
    }
  }
}

template <class E>
constexpr std::string_view other_name(E value) {
  if constexpr (requires { EnumTraits<E>::name(value); }) {
    return EnumTraits<E>::name(value);
  } else {
    return {};
  }
}

template <class E>
struct EnumTable {
  using Range = EnumRange<E>;
  static constexpr std::string_view list() {
    return Range::list(std::make_index_sequence<Range::count>{});
  }
  // One pass over the list, which may be long; the rest works on what it found.
  struct Found {
    std::size_t count = 0, characters = 0;
    std::array<std::size_t, Range::count> indices{};
    std::array<std::string_view, Range::count> names{};
  };
  static constexpr Found found = [] {
    Found out;
    each_name(list(), [&](std::size_t i, std::string_view name) {
      if (name.empty()) return;
      const std::string_view other = other_name(Range::at(i));
      out.indices[out.count] = i;
      out.names[out.count] = other.empty() ? name : other;
      out.characters += out.names[out.count++].size();
    });
    return out;
  }();
  template <std::size_t Count, std::size_t Characters>
  struct Data {
    std::array<E, Count> values{};
    Text<Characters> text;  // a copy: the list itself then need not be in the program
  };
  static constexpr auto data = [] {
    Data<found.count, found.characters> out;
    for (std::size_t n = 0; n < found.count; ++n) {
      out.values[n] = Range::at(found.indices[n]);
      out.text.add(found.names[n]);
    }
    return out;
  }();
  static constexpr const auto& values = data.values;
  static constexpr std::size_t count = values.size();
  static constexpr std::array<std::string_view, count> names = [] {
    std::array<std::string_view, count> out{};
    std::size_t start = 0;
    for (std::size_t i = 0; i < count; start += out[i++].size())
      out[i] = data.text.view().substr(start, found.names[i].size());
    return out;
  }();
};

template <class E>
concept Enum = std::is_enum_v<E>;

// Not templates over E: one copy in the program.
constexpr std::size_t find_name(const std::string_view* names, std::size_t count,
                                std::string_view name) noexcept {
  std::size_t i = 0;
  while (i < count && names[i] != name) ++i;
  return i;
}
constexpr std::size_t find_name_ignoring_case(const std::string_view* names, std::size_t count,
                                              std::string_view name) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t k = 0;
    if (names[i].size() != name.size()) continue;
    while (k < name.size() && lower(names[i][k]) == lower(name[k])) ++k;
    if (k == name.size()) return i;
  }
  return count;
}

}  // namespace detail

/// The enumerators of E in ascending order (of aliases, one), and their names.
template <detail::Enum E>
constexpr const auto& enum_values() noexcept {
  return detail::EnumTable<E>::values;
}
template <detail::Enum E>
constexpr const auto& enum_names() noexcept {
  return detail::EnumTable<E>::names;
}
template <detail::Enum E>
inline constexpr std::size_t enum_count = detail::EnumTable<E>::count;

/// The position of `value` among enum_values. O(1) where there are no gaps, else O(log n).
template <detail::Enum E>
constexpr std::optional<std::size_t> enum_index(E value) noexcept {
  using U = std::underlying_type_t<E>;
  const auto& values = enum_values<E>();
  if (values.empty()) return std::nullopt;
  const auto is = [&](std::size_t i) { return i < values.size() && values[i] == value; };
  const auto guess = static_cast<std::size_t>(static_cast<U>(value)) -
                     static_cast<std::size_t>(static_cast<U>(values[0]));
  if (is(guess)) return guess;
  const auto less = [](E a, E b) {
    if constexpr (detail::Flags<E>) {  // the highest bit comes last
      using Bits = std::make_unsigned_t<U>;
      return static_cast<Bits>(a) < static_cast<Bits>(b);
    } else {
      return static_cast<U>(a) < static_cast<U>(b);
    }
  };
  std::size_t low = 0;
  for (std::size_t high = values.size(); low < high;) {
    const std::size_t middle = low + (high - low) / 2;
    if (less(values[middle], value)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return is(low) ? std::optional(low) : std::nullopt;
}
template <detail::Enum E>
constexpr bool enum_contains(E value) noexcept {
  return enum_index(value).has_value();
}
/// Empty where `value` is no enumerator in the range.
template <detail::Enum E>
constexpr std::string_view enum_name(E value) noexcept {
  const auto index = enum_index(value);
  return index ? enum_names<E>()[*index] : std::string_view{};
}
/// The enumerator of this very name. O(n).
template <detail::Enum E>
constexpr std::optional<E> enum_from_string(std::string_view name) noexcept {
  const std::size_t i = detail::find_name(enum_names<E>().data(), enum_count<E>, name);
  return i < enum_count<E> ? std::optional(enum_values<E>()[i]) : std::nullopt;
}
/// The same, with ASCII letters of either case.
template <detail::Enum E>
constexpr std::optional<E> enum_from_string_ignoring_case(std::string_view name) noexcept {
  const std::size_t i =
      detail::find_name_ignoring_case(enum_names<E>().data(), enum_count<E>, name);
  return i < enum_count<E> ? std::optional(enum_values<E>()[i]) : std::nullopt;
}
/// Calls visit(std::integral_constant<E, value>) for each enumerator.
template <detail::Enum E, class Visit>
constexpr void enum_for_each(Visit&& visit) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (visit(std::integral_constant<E, enum_values<E>()[I]>{}), ...);
  }(std::make_index_sequence<enum_count<E>>{});
}

}  // namespace avila::meta
