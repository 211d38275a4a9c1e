// Names of types, the same from every compiler.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace avila::meta {
namespace detail {

template <class T>
constexpr std::string_view function_name() noexcept {
#if defined(_MSC_VER) && !defined(__clang__)
  return __FUNCSIG__;
#else
  return __PRETTY_FUNCTION__;
#endif
}
/// How the compiler spells T.
template <class T>
constexpr std::string_view raw_type_name() noexcept {
  constexpr std::size_t before = function_name<double>().find("double");
  constexpr std::size_t after = function_name<double>().size() - before - 6;
  constexpr std::string_view whole = function_name<T>();
  return whole.substr(before, whole.size() - before - after);
}

constexpr bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Characters in a constant expression.
template <std::size_t Capacity>
struct Text {
  char data[Capacity + 1]{};
  std::size_t size = 0;
  constexpr void add(char c) noexcept { data[size++] = c; }
  constexpr void add(std::string_view text) noexcept {
    for (const char c : text) add(c);
  }
  constexpr std::string_view view() const noexcept { return {data, size}; }
};

/// Words of a built-in arithmetic type in whatever order ("long unsigned int"), as one spelling.
struct Arithmetic {
  int longs = 0;
  bool is_unsigned = false, is_signed = false, is_short = false, is_char = false, is_double = false;
  bool is_int = false;

  constexpr bool take(std::string_view word) noexcept {
    if (word == "long") return ++longs, true;
    if (word == "unsigned") return is_unsigned = true;
    if (word == "signed") return is_signed = true;
    if (word == "short") return is_short = true;
    if (word == "char") return is_char = true;
    if (word == "double") return is_double = true;
    if (word == "int") return is_int = true;
    return false;
  }
  constexpr std::string_view spelling() const noexcept {
    if (is_double) return longs > 0 ? "long double" : "double";
    if (is_char) return is_unsigned ? "unsigned char" : is_signed ? "signed char" : "char";
    if (is_short) return is_unsigned ? "unsigned short" : "short";
    if (longs == 1) return is_unsigned ? "unsigned long" : "long";
    if (longs > 1) return is_unsigned ? "unsigned long long" : "long long";
    return is_unsigned ? "unsigned int" : "int";
  }
};

/// One spelling for what g++, clang and MSVC spell in their own ways: spaces, built-in types,
/// anonymous namespaces, inline namespaces of the standard libraries, suffixes of numbers.
template <std::size_t Capacity>
constexpr Text<Capacity> normalised(std::string_view raw) noexcept {
  constexpr std::string_view kAnonymous[] = {"{anonymous}", "(anonymous namespace)", "<unnamed>",
                                             "`anonymous namespace'", "`anonymous-namespace'"};
  constexpr std::string_view kInline[] = {"__cxx11::", "__1::", "__ndk1::"};
  constexpr std::string_view kKinds[] = {"class ", "struct ", "union ", "enum "};
  const auto word_at = [raw](std::size_t from) {
    std::size_t end = from;
    while (end < raw.size() && is_word(raw[end])) ++end;
    return raw.substr(from, end - from);
  };
  const auto skip_one_of = [&raw](std::size_t& at, const auto& list) {
    for (const std::string_view each : list)
      if (raw.substr(at).starts_with(each)) return at += each.size(), true;
    return false;
  };
  Text<Capacity> out;
  std::size_t at = 0;
  while (at < raw.size()) {
    const char c = raw[at];
    if (c == ' ') {
      ++at;
    } else if (skip_one_of(at, kAnonymous)) {
      out.add("(anonymous)");
    } else if (is_word(c)) {
      if (skip_one_of(at, kInline) || skip_one_of(at, kKinds)) continue;
      if (out.size > 0) {
        const char last = out.data[out.size - 1];
        if (is_word(last) || last == '*' || last == '&' || last == '>' || last == ')' ||
            last == ']')
          out.add(' ');
      }
      std::string_view word = word_at(at);
      at += word.size();
      Arithmetic arithmetic;
      if (is_digit(c)) {
        while (word.size() > 1 && !word.starts_with("0x") && !is_digit(word.back()))
          word.remove_suffix(1);
        out.add(word);
      } else if (arithmetic.take(word)) {
        while (at < raw.size() && raw[at] == ' ' && arithmetic.take(word_at(at + 1)))
          at += 1 + word_at(at + 1).size();
        out.add(arithmetic.spelling());
      } else {
        out.add(word);
      }
    } else {
      out.add(c);
      if (c == ',') out.add(' ');
      ++at;
    }
  }
  return out;
}

template <class T>
constexpr auto make_type_name() noexcept {
  constexpr std::string_view raw = raw_type_name<T>();
  constexpr auto roomy = normalised<2 * raw.size() + 16>(raw);
  Text<roomy.size> exact;
  exact.add(roomy.view());
  return exact;
}
template <class T>
inline constexpr auto kTypeName = make_type_name<T>();

}  // namespace detail

/// T's full name, e.g. "std::vector<unsigned long>": the same text from g++ and clang. Lambdas and
/// local types are spelt in the compiler's own way, anonymous namespaces as "(anonymous)".
template <class T>
constexpr std::string_view type_name() noexcept {
  return detail::kTypeName<T>.view();
}

/// T's name without its namespaces: "vector<unsigned long>".
template <class T>
constexpr std::string_view short_type_name() noexcept {
  const std::string_view name = type_name<T>();
  std::size_t start = 0;
  for (std::size_t i = 0; i + 1 < name.size() && name[i] != '<'; ++i) {
    if (name[i] == '(' && !name.substr(i).starts_with("(anonymous)")) break;
    if (name[i] == ':' && name[i + 1] == ':') start = i + 2;
  }
  return name.substr(start);
}

/// FNV-1a (Fowler, Noll, Vo) of 64 bits.
constexpr std::uint64_t name_hash(std::string_view name) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace avila::meta
