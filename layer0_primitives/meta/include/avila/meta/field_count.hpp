// How many members an aggregate has.
#pragma once
#include <cstddef>
#include <type_traits>
#include <utility>

namespace avila::meta::detail {

/// Becomes whatever a member wants, but not the aggregate itself (nor a base of it: those count).
template <class Owner>
struct Anything {
  template <class T>
    requires(!std::is_same_v<T, Owner> && !std::is_base_of_v<T, Owner>)
  operator T() const noexcept;  // never defined
};
template <class Owner>
struct AnyBase {
  template <class T>
    requires(!std::is_same_v<T, Owner> && std::is_base_of_v<T, Owner>)
  operator T() const noexcept;  // never defined
};
template <class Owner, std::size_t>
using AnythingAt = Anything<Owner>;

template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) noexcept {
  return requires { T{AnythingAt<T, I>{}...}; };
}
/// T{x, x, …} with N initialisers.
template <class T, std::size_t N>
inline constexpr bool kTakes = takes<T>(std::make_index_sequence<N>{});

template <class T, std::size_t... Before, std::size_t... Inside, std::size_t... After>
constexpr bool takes_braced(std::index_sequence<Before...>, std::index_sequence<Inside...>,
                            std::index_sequence<After...>) noexcept {
  return requires {
    T{AnythingAt<T, Before>{}..., {AnythingAt<T, Inside>{}...}, AnythingAt<T, After>{}...};
  };
}
/// T{x, …, {x, …}, x, …} with so many before, inside and after the braces.
template <class T, std::size_t Before, std::size_t Inside, std::size_t After>
inline constexpr bool kTakesBraced =
    takes_braced<T>(std::make_index_sequence<Before>{}, std::make_index_sequence<Inside>{},
                    std::make_index_sequence<After>{});

/// The largest n in [low, high) for which kTakes<T, n>; true for low.
template <class T, std::size_t Low, std::size_t High>
constexpr std::size_t most_initialisers() noexcept {
  if constexpr (High - Low <= 1) {
    return Low;
  } else {
    constexpr std::size_t middle = Low + (High - Low) / 2;
    if constexpr (kTakes<T, middle>) {
      return most_initialisers<T, middle, High>();
    } else {
      return most_initialisers<T, Low, middle>();
    }
  }
}
template <class T, std::size_t N = 1>
constexpr std::size_t initialiser_count() noexcept {
  if constexpr (kTakes<T, N>) {
    return initialiser_count<T, 2 * N>();
  } else {
    return most_initialisers<T, N / 2, N>();
  }
}

/// The largest k in [low, high) that the array at initialiser At takes in braces.
template <class T, std::size_t At, std::size_t Low, std::size_t High>
constexpr std::size_t array_length() noexcept {
  if constexpr (High - Low <= 1) {
    return Low;
  } else {
    constexpr std::size_t middle = Low + (High - Low) / 2;
    if constexpr (kTakesBraced<T, At, middle, 0>) {
      return array_length<T, At, middle, High>();
    } else {
      return array_length<T, At, Low, middle>();
    }
  }
}

/// Without inner braces each element of an array member takes an initialiser of its own (brace
/// elision), so arrays have to be told from the rest: in braces one of length n takes n at once,
/// and then the initialisers left over are too many.
template <class T, std::size_t Initialisers, std::size_t At = 0, std::size_t Count = 0>
constexpr std::size_t count_members() noexcept {
  if constexpr (At >= Initialisers) {
    return Count;
  } else if constexpr (kTakesBraced<T, At, 1, 0> &&
                       !kTakesBraced<T, At, 1, Initialisers - At - 1>) {
    constexpr std::size_t length = array_length<T, At, 1, Initialisers - At + 1>();
    return count_members<T, Initialisers, At + length, Count + 1>();
  } else {
    return count_members<T, Initialisers, At + 1, Count + 1>();
  }
}

template <class T>
constexpr std::size_t aggregate_size() noexcept {
  static_assert(kTakes<T, 0>, "a member has no default: register the fields (register.hpp)");
  return count_members<T, initialiser_count<T>()>();
}

template <class T>
concept PlainAggregate = std::is_aggregate_v<T> && std::is_class_v<T> && !requires {
  T{AnyBase<T>{}};  // bases: structured bindings do not see their members
};

}  // namespace avila::meta::detail
