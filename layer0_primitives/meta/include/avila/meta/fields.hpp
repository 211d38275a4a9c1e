// The fields of a structure: how many, their names, types and values. Aggregates of up to 64
// members need nothing; other types and other names: register.hpp.
#pragma once
#include <array>
#include <avila/meta/bind.hpp>
#include <avila/meta/field_count.hpp>
#include <avila/meta/type_name.hpp>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

namespace avila::meta {

inline constexpr std::size_t kFieldsMax = 64;

namespace detail {

template <class T>
struct Tag {};

/// avila_meta_fields(Tag<T>) is what register.hpp defines beside T.
template <class T>
concept Registered = requires { avila_meta_fields(Tag<T>{}); };

// --- names of aggregates' members ----------------------------------------------------------------
template <class T>
struct Holder {
  T value;
};
#if defined(__GNUC__)
#pragma GCC diagnostic push
#if defined(__clang__)
#pragma GCC diagnostic ignored "-Wundefined-var-template"
#pragma GCC diagnostic ignored "-Wundefined-internal"
#endif
#endif
/// Declared, never defined: only the addresses of its members are named.
template <class T>
extern Holder<T> imagined;

template <class T>
struct Address {
  const T* address;
};
template <std::size_t, class A>
struct Slot {
  A held;
};
template <class Indices, class... A>
struct Slots;
template <std::size_t... I, class... A>
struct Slots<std::index_sequence<I...>, A...> : Slot<I, A>... {};
template <std::size_t I, class A>
constexpr A slot(const Slot<I, A>& from) noexcept {
  return from.held;
}

template <class T>
constexpr auto member_addresses() noexcept {
  return with_members<aggregate_size<T>()>(imagined<T>.value, []<class... M>(M&... members) {
    return Slots<std::index_sequence_for<M...>, Address<M>...>{{Address<M>{&members}}...};
  });
}
template <class T, auto... Addresses>
constexpr std::string_view spelt_members() noexcept {
#if defined(_MSC_VER) && !defined(__clang__)
  return __FUNCSIG__;
#else
  return __PRETTY_FUNCTION__;
#endif
}
template <class T, std::size_t... I>
constexpr std::string_view member_list(std::index_sequence<I...>) noexcept {
  constexpr auto addresses = member_addresses<T>();
  return spelt_members<T, slot<I>(addresses)...>();
}
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/// Calls visit(index, name) for each "Address<…>{…name…}" of the list: the last word of each.
template <class Visit>
constexpr void each_member(std::string_view list, Visit&& visit) {
  std::size_t at = list.find("Addresses = ") + 13;  // behind the opening bracket
  int depth = 0;
  std::size_t index = 0, word = at, word_end = at;
  for (; at < list.size(); ++at) {
    const char c = list[at];
    const bool closes = c == ')' || c == '}' || c == '>' || c == ']';
    if (depth == 0 && (c == ',' || closes)) {
      visit(index++, list.substr(word, word_end - word));
      if (c != ',') return;
    } else if (c == '(' || c == '{' || c == '<' || c == '[') {
      ++depth;
    } else if (closes) {
      --depth;
    } else if (is_word(c)) {
      if (!is_word(list[at - 1])) word = at;
      word_end = at + 1;
    }
  }
}

template <class T>
struct Names {
  static constexpr std::size_t count = aggregate_size<T>();
  static constexpr std::string_view list() {
    return member_list<T>(std::make_index_sequence<count>{});
  }
  static constexpr std::size_t characters = [] {
    std::size_t total = 0;
    each_member(list(), [&](std::size_t, std::string_view name) { total += name.size(); });
    return total;
  }();
  static constexpr Text<characters> text = [] {
    Text<characters> out;
    each_member(list(), [&](std::size_t, std::string_view name) { out.add(name); });
    return out;
  }();
  static constexpr std::array<std::string_view, count> names = [] {
    std::array<std::string_view, count> out{};
    std::size_t start = 0;
    each_member(list(), [&](std::size_t i, std::string_view name) {
      out[i] = text.view().substr(start, name.size());
      start += name.size();
    });
    return out;
  }();
};
template <class T>
  requires(!Registered<T> && std::is_empty_v<T>)
struct Names<T> {
  static constexpr std::size_t count = 0;
  static constexpr std::array<std::string_view, 0> names{};
};
template <Registered T>
struct Names<T> {
  static constexpr auto names = avila_meta_fields(Tag<T>{}).names;
  static constexpr std::size_t count = names.size();
};

/// The I-th of the arguments.
template <std::size_t>
struct Ignored {
  constexpr Ignored(const volatile void*) noexcept {}
};
template <std::size_t I, class... M>
constexpr decltype(auto) nth(M&... members) noexcept {
  return [&]<std::size_t... Before>(std::index_sequence<Before...>) -> decltype(auto) {
    return [](Ignored<Before>..., auto* wanted, auto*...) -> auto& { return *wanted; }(&members...);
  }(std::make_index_sequence<I>{});
}

}  // namespace detail

/// Types whose fields are known: registered ones, and aggregates without bases whose members can be
/// default-initialised (no references, no bit-fields, no std::any).
template <class T>
concept HasFields = detail::Registered<T> || detail::PlainAggregate<T>;

template <HasFields T>
inline constexpr std::size_t field_count = detail::Names<T>::count;

/// In the order of declaration (registration).
template <HasFields T>
constexpr const std::array<std::string_view, field_count<T>>& field_names() noexcept {
  return detail::Names<T>::names;
}

/// visit(field…) with a reference to each field; const for a const value. Returns what visit does.
template <class T, class Visit>
  requires HasFields<std::remove_const_t<T>>
constexpr decltype(auto) with_fields(T& value, Visit&& visit) {
  using Type = std::remove_const_t<T>;
  if constexpr (detail::Registered<Type>) {
    return avila_meta_fields(detail::Tag<Type>{}).apply([&](auto... pointers) -> decltype(auto) {
      return visit(value.*pointers...);
    });
  } else {
    return detail::with_members<field_count<Type>>(value, visit);
  }
}

/// visit(name, field) for each field.
template <class T, class Visit>
constexpr void for_each_field(T& value, Visit&& visit) {
  with_fields(value, [&](auto&... fields) {
    [[maybe_unused]] const std::string_view* name = field_names<std::remove_const_t<T>>().data();
    (visit(*name++, fields), ...);
  });
}
/// The same until visit returns false; whether it never did.
template <class T, class Visit>
constexpr bool all_fields(T& value, Visit&& visit) {
  return with_fields(value, [&](auto&... fields) {
    [[maybe_unused]] const std::string_view* name = field_names<std::remove_const_t<T>>().data();
    return (visit(*name++, fields) && ...);
  });
}
/// visit(field) for the field of this name; false when there is none.
template <class T, class Visit>
constexpr bool visit_field(T& value, std::string_view name, Visit&& visit) {
  return !all_fields(value, [&](std::string_view each, auto& field) {
    if (each != name) return true;
    visit(field);
    return false;
  });
}

template <std::size_t I, class T>
constexpr decltype(auto) field(T& value) {
  static_assert(I < field_count<std::remove_const_t<T>>);
  return with_fields(value,
                     [](auto&... fields) -> decltype(auto) { return detail::nth<I>(fields...); });
}
template <HasFields T, std::size_t I>
using FieldType = std::remove_reference_t<decltype(field<I>(std::declval<T&>()))>;

/// visit(name, std::type_identity<FieldType>) for each field: for schemas, without a value.
template <HasFields T, class Visit>
constexpr void for_each_field_type(Visit&& visit) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (visit(field_names<T>()[I], std::type_identity<FieldType<T, I>>{}), ...);
  }(std::make_index_sequence<field_count<T>>{});
}

/// Field by field, by ==.
template <class T>
constexpr bool fields_equal(const T& a, const T& b) {
  return with_fields(a, [&](const auto&... left) {
    return with_fields(b, [&](const auto&... right) { return ((left == right) && ...); });
  });
}
/// Field by field, by <: lexicographic.
template <class T>
constexpr bool fields_less(const T& a, const T& b) {
  bool less = false;
  with_fields(a, [&](const auto&... left) {
    with_fields(b, [&](const auto&... right) {
      (void)((left < right ? (less = true) : right < left) || ...);
    });
  });
  return less;
}

}  // namespace avila::meta
