// Enums whose values are bits: "Read|Write" to text and back.
#pragma once
#include <avila/meta/enum.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace avila::meta {

/// "Read|Write"; bits without a name as one hexadecimal number ("Read|0x40"); the name of zero, or
/// "0", for none. E has `EnumTraits<E>::flags`.
template <detail::Flags E>
std::string flags_to_string(E value) {
  using Bits = std::make_unsigned_t<std::underlying_type_t<E>>;
  auto rest = static_cast<Bits>(value);
  if (rest == 0) {
    const std::string_view zero = enum_name(value);
    return std::string(zero.empty() ? "0" : zero);
  }
  std::string out;
  const auto add = [&out](std::string_view text) {
    if (!out.empty()) out += '|';
    out += text;
  };
  for (std::size_t i = 0; i < enum_count<E>; ++i) {
    const auto bit = static_cast<Bits>(enum_values<E>()[i]);
    if ((rest & bit) == 0) continue;
    add(enum_names<E>()[i]);
    rest = static_cast<Bits>(rest & ~bit);
  }
  if (rest != 0) {
    char digits[2 + 16];
    std::size_t at = sizeof(digits);
    for (; rest != 0; rest = static_cast<Bits>(rest >> 4))
      digits[--at] = "0123456789abcdef"[rest & 15];
    digits[--at] = 'x';
    digits[--at] = '0';
    add({digits + at, sizeof(digits) - at});
  }
  return out;
}

/// What flags_to_string writes, with blanks around the bars allowed; nullopt for unknown names.
template <detail::Flags E>
std::optional<E> flags_from_string(std::string_view text) {
  using Bits = std::make_unsigned_t<std::underlying_type_t<E>>;
  Bits bits = 0;
  for (bool more = true; more;) {
    const std::size_t bar = text.find('|');
    more = bar != std::string_view::npos;
    std::string_view name = text.substr(0, bar);
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    if (more) text.remove_prefix(bar + 1);
    if (const auto value = enum_from_string<E>(name)) {
      bits = static_cast<Bits>(bits | static_cast<Bits>(*value));
    } else if (name.starts_with("0x") && name.size() > 2 && name.size() <= 2 + 2 * sizeof(Bits)) {
      Bits number = 0;
      for (const char c : name.substr(2)) {
        const std::size_t digit = std::string_view("0123456789abcdef").find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        number = static_cast<Bits>(number << 4 | digit);
      }
      bits = static_cast<Bits>(bits | number);
    } else if (name != "0") {
      return std::nullopt;
    }
  }
  return static_cast<E>(bits);
}

/// `using namespace avila::meta::flag_operators;` gives | & ^ ~ |= &= and has() to all flag enums.
namespace flag_operators {

template <detail::Flags E>
constexpr E operator|(E a, E b) noexcept {
  using U = std::underlying_type_t<E>;
  return static_cast<E>(static_cast<U>(a) | static_cast<U>(b));
}
template <detail::Flags E>
constexpr E operator&(E a, E b) noexcept {
  using U = std::underlying_type_t<E>;
  return static_cast<E>(static_cast<U>(a) & static_cast<U>(b));
}
template <detail::Flags E>
constexpr E operator^(E a, E b) noexcept {
  using U = std::underlying_type_t<E>;
  return static_cast<E>(static_cast<U>(a) ^ static_cast<U>(b));
}
template <detail::Flags E>
constexpr E operator~(E a) noexcept {
  return static_cast<E>(~static_cast<std::underlying_type_t<E>>(a));
}
template <detail::Flags E>
constexpr E& operator|=(E& a, E b) noexcept {
  return a = a | b;
}
template <detail::Flags E>
constexpr E& operator&=(E& a, E b) noexcept {
  return a = a & b;
}
template <detail::Flags E>
constexpr bool has(E set, E wanted) noexcept {
  return (set & wanted) == wanted;
}

}  // namespace flag_operators
}  // namespace avila::meta
