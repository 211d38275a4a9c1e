// Fields of types that are no aggregates, and fields under other names.
#pragma once
#include <array>
#include <avila/meta/fields.hpp>
#include <cstddef>
#include <string_view>

namespace avila::meta::detail {

template <class... Pointers>
struct FieldList;

template <>
struct FieldList<> {
  std::array<std::string_view, 0> names{};
  template <class F>
  constexpr decltype(auto) apply(F&& f) const {
    return f();
  }
};
template <class... Pointers>
struct FieldList {
  std::array<std::string_view, sizeof...(Pointers)> names;
  Slots<std::index_sequence_for<Pointers...>, Pointers...> pointers;
  template <class F>
  constexpr decltype(auto) apply(F&& f) const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
      return f(slot<I>(pointers)...);
    }(std::index_sequence_for<Pointers...>{});
  }
};

template <class Pointer>
struct Field {
  std::string_view name;
  Pointer pointer;
};
template <class Pointer>
Field(const char*, Pointer) -> Field<Pointer>;

template <class... Pointers>
constexpr FieldList<Pointers...> field_list(Field<Pointers>... fields) noexcept {
  static_assert(sizeof...(Pointers) <= kFieldsMax, "at most 64 fields");
  if constexpr (sizeof...(Pointers) == 0) {
    return {};
  } else {
    return {{fields.name...}, {{fields.pointer}...}};
  }
}

}  // namespace avila::meta::detail

/// The fields of Type, in this order, for all functions of fields.hpp. Each is `member`, or
/// `(member, "name")`. Beside Type, in its namespace:
///   AVILA_META_FIELDS(User, id, (login, "user_name"), (mail, "e-mail"))
#define AVILA_META_FIELDS(Type, ...)                                                    \
  constexpr auto avila_meta_fields([[maybe_unused]] ::avila::meta::detail::Tag<Type>) { \
    using AvilaMetaType [[maybe_unused]] = Type;                                        \
    return ::avila::meta::detail::field_list(                                           \
        __VA_OPT__(AVILA_META_EXPAND(AVILA_META_EACH(__VA_ARGS__))));                   \
  }
/// The same inside the class, where private members can be named.
#define AVILA_META_PRIVATE_FIELDS(Type, ...) \
  friend AVILA_META_FIELDS(Type __VA_OPT__(, ) __VA_ARGS__)

// Repetition: each AVILA_META_EACH leaves a call of itself behind, which EXPAND's 81 rescans carry
// out.
#define AVILA_META_EACH(entry, ...) \
  AVILA_META_ENTRY(entry) __VA_OPT__(, AVILA_META_AGAIN AVILA_META_PARENS(__VA_ARGS__))
#define AVILA_META_AGAIN() AVILA_META_EACH
#define AVILA_META_PARENS ()
#define AVILA_META_EXPAND(...) AVILA_META_X3(AVILA_META_X3(AVILA_META_X3(__VA_ARGS__)))
#define AVILA_META_X3(...) AVILA_META_X2(AVILA_META_X2(AVILA_META_X2(__VA_ARGS__)))
#define AVILA_META_X2(...) AVILA_META_X1(AVILA_META_X1(AVILA_META_X1(__VA_ARGS__)))
#define AVILA_META_X1(...) AVILA_META_X0(AVILA_META_X0(AVILA_META_X0(__VA_ARGS__)))
#define AVILA_META_X0(...) __VA_ARGS__

// `(member, "name")` or `member`: behind PROBE, brackets become two arguments, a word stays one.
#define AVILA_META_ENTRY(entry) \
  AVILA_META_PICK(AVILA_META_PROBE entry, AVILA_META_NAMED, AVILA_META_BARE, ~)(entry)
#define AVILA_META_PROBE(...) ~, ~
#define AVILA_META_PICK(...) AVILA_META_THIRD(__VA_ARGS__)
#define AVILA_META_THIRD(first, second, third, ...) third
#define AVILA_META_NAMED(entry) AVILA_META_NAMED_FIELD entry
#define AVILA_META_NAMED_FIELD(member, name) \
  ::avila::meta::detail::Field { name, &AvilaMetaType::member }
#define AVILA_META_BARE(entry) \
  ::avila::meta::detail::Field { #entry, &AvilaMetaType::entry }
