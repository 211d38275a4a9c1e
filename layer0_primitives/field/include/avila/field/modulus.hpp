// A prime and what Montgomery's multiplication needs to know of it, computed by the compiler.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace avila::field {

/// Little endian: limb 0 is the lowest.
template <std::size_t N>
using Limbs = std::array<std::uint64_t, N>;

/// An odd p < 2^(64 N), and R = 2^(64 N). The order of the members is known to assembly.
template <std::size_t N>
struct Modulus {
  Limbs<N> p;
  std::uint64_t n0;  ///< -1/p mod 2^64
  Limbs<N> one;      ///< R mod p
  Limbs<N> r2;       ///< R^2 mod p
};

namespace detail {

/// a - b; the borrow out in `borrow`.
template <std::size_t N>
constexpr Limbs<N> subtract(const Limbs<N>& a, const Limbs<N>& b, std::uint64_t& borrow) noexcept {
  Limbs<N> out{};
  borrow = 0;
  for (std::size_t i = 0; i < N; ++i) {
    const std::uint64_t partial = a[i] - b[i];
    out[i] = partial - borrow;
    borrow = static_cast<std::uint64_t>(a[i] < b[i]) | static_cast<std::uint64_t>(partial < borrow);
  }
  return out;
}

/// 2a mod p, of public a < p.
template <std::size_t N>
constexpr Limbs<N> double_mod(const Limbs<N>& a, const Limbs<N>& p) noexcept {
  Limbs<N> twice{};
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < N; ++i) {
    twice[i] = a[i] << 1 | carry;
    carry = a[i] >> 63;
  }
  std::uint64_t borrow = 0;
  const Limbs<N> less = subtract(twice, p, borrow);
  return carry == 1 || borrow == 0 ? less : twice;
}

/// p plus a small number (which may be negative), shifted right: the exponents p - 2, (p + 1) / 4 …
template <std::size_t N>
constexpr Limbs<N> shifted(const Limbs<N>& p, int add, unsigned shift) noexcept {
  Limbs<N> out = p;
  const bool down = add < 0;
  std::uint64_t carry = static_cast<std::uint64_t>(down ? -add : add);
  for (std::size_t i = 0; i < N && carry != 0; ++i) {
    const std::uint64_t before = out[i];
    out[i] = down ? before - carry : before + carry;
    carry = down ? before < carry : out[i] < before;
  }
  for (unsigned s = 0; s < shift; ++s)
    for (std::size_t i = 0; i < N; ++i)
      out[i] = out[i] >> 1 | (i + 1 < N ? out[i + 1] << 63 : (s == 0 && !down ? carry << 63 : 0));
  return out;
}

/// Bits of a number that is not zero.
template <std::size_t N>
constexpr std::size_t bit_length(const Limbs<N>& p) noexcept {
  std::size_t top = N - 1;
  while (top > 0 && p[top] == 0) --top;
  return 64 * top + static_cast<std::size_t>(std::bit_width(p[top]));
}

}  // namespace detail

template <std::size_t N>
constexpr Modulus<N> make_modulus(const Limbs<N>& p) noexcept {
  Modulus<N> m{};
  m.p = p;
  std::uint64_t inverse = 1;  // Newton: each step doubles the bits that are right
  for (int i = 0; i < 6; ++i) inverse *= 2 - p[0] * inverse;
  m.n0 = 0 - inverse;
  Limbs<N> x{1};
  for (std::size_t i = 0; i < 64 * N; ++i) x = detail::double_mod(x, p);
  m.one = x;
  for (std::size_t i = 0; i < 64 * N; ++i) x = detail::double_mod(x, p);
  m.r2 = x;
  return m;
}

}  // namespace avila::field
