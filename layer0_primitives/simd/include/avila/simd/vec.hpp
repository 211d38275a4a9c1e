// Portable vectors of fixed width: `Vec<float, 8>` is eight lanes on every machine, in one register
// where the function's target has one so wide, else in several. Inside an AVILA_TARGET_… function
// the operations become that target's instructions, because every one of them is inlined.
#pragma once
#include <avila/simd/target.hpp>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace avila::simd {

namespace detail {
template <std::size_t kSize>
struct LaneInt;
template <>
struct LaneInt<1> {
  using type = std::int8_t;
};
template <>
struct LaneInt<2> {
  using type = std::int16_t;
};
template <>
struct LaneInt<4> {
  using type = std::int32_t;
};
template <>
struct LaneInt<8> {
  using type = std::int64_t;
};
}  // namespace detail

/// N lanes of true (all bits) or false (none), of the width of T.
template <class T, std::size_t N>
struct Mask {
  using Lane = typename detail::LaneInt<sizeof(T)>::type;
  typedef Lane Native __attribute__((vector_size(sizeof(T) * N)));
  Native native;

  AVILA_ALWAYS_INLINE bool operator[](std::size_t lane) const noexcept { return native[lane] != 0; }
  AVILA_ALWAYS_INLINE friend Mask operator&(Mask a, Mask b) noexcept {
    return {a.native & b.native};
  }
  AVILA_ALWAYS_INLINE friend Mask operator|(Mask a, Mask b) noexcept {
    return {a.native | b.native};
  }
  AVILA_ALWAYS_INLINE friend Mask operator^(Mask a, Mask b) noexcept {
    return {a.native ^ b.native};
  }
  AVILA_ALWAYS_INLINE Mask operator~() const noexcept { return {~native}; }
  AVILA_ALWAYS_INLINE bool any() const noexcept { return bits() != 0; }
  AVILA_ALWAYS_INLINE bool all() const noexcept {
    return bits() == (N == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (N % 64)) - 1);
  }
  AVILA_ALWAYS_INLINE bool none() const noexcept { return bits() == 0; }
  AVILA_ALWAYS_INLINE int count() const noexcept { return std::popcount(bits()); }
  /// Bit n is lane n.
  AVILA_ALWAYS_INLINE std::uint64_t bits() const noexcept {
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < N; ++i) out |= std::uint64_t{native[i] != 0} << i;
    return out;
  }
};

template <class T, std::size_t N>
  requires(std::is_arithmetic_v<T> && !std::same_as<T, bool> && std::has_single_bit(N) && N <= 64)
struct Vec {
  typedef T Native __attribute__((vector_size(sizeof(T) * N)));
  using MaskType = Mask<T, N>;
  static constexpr std::size_t kLanes = N;
  Native native;

  AVILA_ALWAYS_INLINE static Vec zero() noexcept { return {Native{}}; }
  AVILA_ALWAYS_INLINE static Vec all(T value) noexcept {
    Vec out;
    for (std::size_t i = 0; i < N; ++i) out.native[i] = value;
    return out;
  }
  /// 0, 1, 2, …
  AVILA_ALWAYS_INLINE static Vec iota() noexcept {
    Vec out;
    for (std::size_t i = 0; i < N; ++i) out.native[i] = static_cast<T>(i);
    return out;
  }
  /// N values at `from`, of any alignment.
  AVILA_ALWAYS_INLINE static Vec load(const T* from) noexcept {
    Vec out;
    std::memcpy(&out.native, from, sizeof out.native);
    return out;
  }
  /// The first `count` lanes from memory, `fill` in the others.
  AVILA_ALWAYS_INLINE static Vec load_part(const T* from, std::size_t count,
                                           T fill = T{}) noexcept {
    Vec out = all(fill);
    std::memcpy(&out.native, from, (count < N ? count : N) * sizeof(T));
    return out;
  }
  AVILA_ALWAYS_INLINE void store(T* to) const noexcept { std::memcpy(to, &native, sizeof native); }
  AVILA_ALWAYS_INLINE void store_part(T* to, std::size_t count) const noexcept {
    std::memcpy(to, &native, (count < N ? count : N) * sizeof(T));
  }
  AVILA_ALWAYS_INLINE T operator[](std::size_t lane) const noexcept { return native[lane]; }
  AVILA_ALWAYS_INLINE void set(std::size_t lane, T value) noexcept { native[lane] = value; }

  AVILA_ALWAYS_INLINE friend Vec operator+(Vec a, Vec b) noexcept { return {a.native + b.native}; }
  AVILA_ALWAYS_INLINE friend Vec operator-(Vec a, Vec b) noexcept { return {a.native - b.native}; }
  AVILA_ALWAYS_INLINE friend Vec operator*(Vec a, Vec b) noexcept { return {a.native * b.native}; }
  AVILA_ALWAYS_INLINE friend Vec operator/(Vec a, Vec b) noexcept { return {a.native / b.native}; }
  AVILA_ALWAYS_INLINE Vec operator-() const noexcept { return {-native}; }
  AVILA_ALWAYS_INLINE Vec& operator+=(Vec b) noexcept { return *this = *this + b; }
  AVILA_ALWAYS_INLINE Vec& operator-=(Vec b) noexcept { return *this = *this - b; }
  AVILA_ALWAYS_INLINE Vec& operator*=(Vec b) noexcept { return *this = *this * b; }

  AVILA_ALWAYS_INLINE friend Vec operator&(Vec a, Vec b) noexcept
    requires std::integral<T>
  {
    return {a.native & b.native};
  }
  AVILA_ALWAYS_INLINE friend Vec operator|(Vec a, Vec b) noexcept
    requires std::integral<T>
  {
    return {a.native | b.native};
  }
  AVILA_ALWAYS_INLINE friend Vec operator^(Vec a, Vec b) noexcept
    requires std::integral<T>
  {
    return {a.native ^ b.native};
  }
  AVILA_ALWAYS_INLINE friend Vec operator<<(Vec a, unsigned count) noexcept
    requires std::integral<T>
  {
    return {a.native << static_cast<T>(count)};
  }
  /// Keeps the sign of signed lanes.
  AVILA_ALWAYS_INLINE friend Vec operator>>(Vec a, unsigned count) noexcept
    requires std::integral<T>
  {
    return {a.native >> static_cast<T>(count)};
  }

  // Lane by lane; the answer is a mask, not a bool.
  AVILA_ALWAYS_INLINE friend MaskType operator==(Vec a, Vec b) noexcept {
    return {a.native == b.native};
  }
  AVILA_ALWAYS_INLINE friend MaskType operator!=(Vec a, Vec b) noexcept {
    return {a.native != b.native};
  }
  AVILA_ALWAYS_INLINE friend MaskType operator<(Vec a, Vec b) noexcept {
    return {a.native < b.native};
  }
  AVILA_ALWAYS_INLINE friend MaskType operator<=(Vec a, Vec b) noexcept {
    return {a.native <= b.native};
  }
  AVILA_ALWAYS_INLINE friend MaskType operator>(Vec a, Vec b) noexcept {
    return {a.native > b.native};
  }
  AVILA_ALWAYS_INLINE friend MaskType operator>=(Vec a, Vec b) noexcept {
    return {a.native >= b.native};
  }

  AVILA_ALWAYS_INLINE T sum() const noexcept {
    T out = native[0];
    for (std::size_t i = 1; i < N; ++i) out = static_cast<T>(out + native[i]);
    return out;
  }
  AVILA_ALWAYS_INLINE T smallest() const noexcept {
    T out = native[0];
    for (std::size_t i = 1; i < N; ++i) out = native[i] < out ? native[i] : out;
    return out;
  }
  AVILA_ALWAYS_INLINE T largest() const noexcept {
    T out = native[0];
    for (std::size_t i = 1; i < N; ++i) out = out < native[i] ? native[i] : out;
    return out;
  }
};

/// Lane by lane `mask ? a : b`.
template <class T, std::size_t N>
AVILA_ALWAYS_INLINE Vec<T, N> select(Mask<T, N> mask, Vec<T, N> a, Vec<T, N> b) noexcept {
  return {mask.native ? a.native : b.native};
}
template <class T, std::size_t N>
AVILA_ALWAYS_INLINE Vec<T, N> min(Vec<T, N> a, Vec<T, N> b) noexcept {
  return select(b < a, b, a);
}
template <class T, std::size_t N>
AVILA_ALWAYS_INLINE Vec<T, N> max(Vec<T, N> a, Vec<T, N> b) noexcept {
  return select(a < b, b, a);
}
template <class T, std::size_t N>
AVILA_ALWAYS_INLINE Vec<T, N> abs(Vec<T, N> a) noexcept {
  return select(a < Vec<T, N>::zero(), -a, a);
}
/// a * b + c; one rounding or two, as the target has it.
template <class T, std::size_t N>
AVILA_ALWAYS_INLINE Vec<T, N> multiply_add(Vec<T, N> a, Vec<T, N> b, Vec<T, N> c) noexcept {
  return a * b + c;
}
/// Lane i of the answer is lane `from[i] % N` of `a`.
template <class T, std::size_t N>
AVILA_ALWAYS_INLINE Vec<T, N> shuffle(
    Vec<T, N> a, Vec<typename detail::LaneInt<sizeof(T)>::type, N> from) noexcept {
  Vec<T, N> out;
  for (std::size_t i = 0; i < N; ++i)
    out.native[i] = a.native[static_cast<std::size_t>(from.native[i]) % N];
  return out;
}
template <class T, std::size_t N>
AVILA_ALWAYS_INLINE Vec<T, N> reverse(Vec<T, N> a) noexcept {
  Vec<T, N> out;
  for (std::size_t i = 0; i < N; ++i) out.native[i] = a.native[N - 1 - i];
  return out;
}
/// Value by value, as static_cast does.
template <class To, class T, std::size_t N>
AVILA_ALWAYS_INLINE Vec<To, N> convert(Vec<T, N> a) noexcept {
  return {__builtin_convertvector(a.native, typename Vec<To, N>::Native)};
}
/// The same bits as lanes of another type.
template <class To, class T, std::size_t N>
AVILA_ALWAYS_INLINE Vec<To, N * sizeof(T) / sizeof(To)> bit_cast(Vec<T, N> a) noexcept {
  Vec<To, N * sizeof(T) / sizeof(To)> out;
  std::memcpy(&out.native, &a.native, sizeof out.native);
  return out;
}

using U8x16 = Vec<std::uint8_t, 16>;
using U8x32 = Vec<std::uint8_t, 32>;
using I16x8 = Vec<std::int16_t, 8>;
using U32x4 = Vec<std::uint32_t, 4>;
using U32x8 = Vec<std::uint32_t, 8>;
using I32x4 = Vec<std::int32_t, 4>;
using I32x8 = Vec<std::int32_t, 8>;
using U64x2 = Vec<std::uint64_t, 2>;
using U64x4 = Vec<std::uint64_t, 4>;
using F32x4 = Vec<float, 4>;
using F32x8 = Vec<float, 8>;
using F64x2 = Vec<double, 2>;
using F64x4 = Vec<double, 4>;

}  // namespace avila::simd
