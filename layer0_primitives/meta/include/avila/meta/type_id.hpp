// Which type? Answered without RTTI, the same in every shared object, build and run.
#pragma once
#include <avila/meta/type_name.hpp>
#include <compare>
#include <cstdint>
#include <string_view>

namespace avila::meta {

/// One word. Equal for equal types whichever shared object, compiler or run they come from, because
/// it is the type's name that is compared (its hash first). Two different types with one name, from
/// anonymous namespaces of different files, are taken for the same: do not identify such types.
class TypeId {
 public:
  /// Of no type: differs from every other.
  constexpr TypeId() noexcept = default;
  template <class T>
  static constexpr TypeId of() noexcept {
    return TypeId(&kFacts<T>);
  }

  /// May be stored: only a change of the type's name changes it.
  constexpr std::uint64_t hash() const noexcept { return facts_->hash; }
  constexpr std::string_view name() const noexcept { return facts_->name; }
  constexpr explicit operator bool() const noexcept { return !facts_->name.empty(); }

  friend constexpr bool operator==(TypeId a, TypeId b) noexcept {
    return a.facts_ == b.facts_ || (a.hash() == b.hash() && a.name() == b.name());
  }
  /// By hash: an order for maps, without meaning.
  friend constexpr std::strong_ordering operator<=>(TypeId a, TypeId b) noexcept {
    if (a.hash() != b.hash()) return a.hash() <=> b.hash();
    return a.name().compare(b.name()) <=> 0;
  }

 private:
  struct Facts {
    std::string_view name;
    std::uint64_t hash;
  };
  template <class T>
  static constexpr Facts kFacts{type_name<T>(), name_hash(type_name<T>())};
  static constexpr Facts kNone{"", 0};
  constexpr explicit TypeId(const Facts* facts) noexcept : facts_(facts) {}
  const Facts* facts_ = &kNone;
};

}  // namespace avila::meta

template <>
struct std::hash<avila::meta::TypeId> {
  std::size_t operator()(avila::meta::TypeId id) const noexcept {
    return static_cast<std::size_t>(id.hash());
  }
};
