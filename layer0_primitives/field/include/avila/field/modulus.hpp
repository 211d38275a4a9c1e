// A prime and what Montgomery's multiplication needs to know of it, computed by the compiler.
#pragma once
#include <avila/primitives/wide.hpp>

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

/// a^2 / R mod p, of public a < p. Every source that knows a curve has this computed while it is
/// compiled, so it calls little: plain arrays, not std::array's operator[].
template <std::size_t N>
constexpr Limbs<N> square_mod(const Limbs<N>& a, const Limbs<N>& p, std::uint64_t n0) noexcept {
  const std::uint64_t* const x = a.data();
  const std::uint64_t* const m = p.data();
  std::uint64_t t[N + 1] = {};
  for (std::size_t i = 0; i < N; ++i) {
    u128 sum = u128{x[i]} * x[0] + t[0];
    const std::uint64_t q = static_cast<std::uint64_t>(sum) * n0;
    u128 reduced = u128{q} * m[0] + static_cast<std::uint64_t>(sum);
    for (std::size_t j = 1; j < N; ++j) {
      sum = u128{x[i]} * x[j] + t[j] + (sum >> 64);
      reduced = u128{q} * m[j] + static_cast<std::uint64_t>(sum) + (reduced >> 64);
      t[j - 1] = static_cast<std::uint64_t>(reduced);
    }
    sum = (sum >> 64) + t[N] + (reduced >> 64);
    t[N - 1] = static_cast<std::uint64_t>(sum);
    t[N] = static_cast<std::uint64_t>(sum >> 64);
  }
  Limbs<N> out{};
  for (std::size_t i = 0; i < N; ++i) out[i] = t[i];
  std::uint64_t borrow = 0;
  const Limbs<N> less = subtract(out, p, borrow);
  return t[N] == 1 || borrow == 0 ? less : out;
}

}  // namespace detail

template <std::size_t N>
constexpr Modulus<N> make_modulus(const Limbs<N>& p) noexcept {
  Modulus<N> m{};
  m.p = p;
  std::uint64_t inverse = 1;  // Newton: each step doubles the bits that are right
  for (int i = 0; i < 6; ++i) inverse *= 2 - p[0] * inverse;
  m.n0 = 0 - inverse;
  std::size_t bits = detail::bit_length(p);
  Limbs<N> x{};
  if (bits < 64 * N) x[bits / 64] = std::uint64_t{1} << bits % 64;
  std::uint64_t borrow = 0;
  x = detail::subtract(x, p, borrow);  // 2^bits mod p
  for (; bits < 64 * N; ++bits) x = detail::double_mod(x, p);
  m.one = x;
  // 2^k R, squared and divided by R, is 2^(2k) R: from 2^N R six squarings lead to 2^(64 N) R.
  for (std::size_t i = 0; i < N; ++i) x = detail::double_mod(x, p);
  for (int i = 0; i < 6; ++i) x = detail::square_mod(x, p, m.n0);
  m.r2 = x;
  return m;
}

}  // namespace avila::field
