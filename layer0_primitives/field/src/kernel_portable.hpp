// Arithmetic on whole limbs in plain C++: the definition, and what runs where nothing better does.
// No branch and no address depends on a value. Outputs may be inputs.
#pragma once
#include <avila/field/ct.hpp>
#include <avila/field/modulus.hpp>
#include <avila/primitives/wide.hpp>
#include <avila/simd/target.hpp>

namespace avila::field::detail {

AVILA_ALWAYS_INLINE std::uint64_t add_carry(std::uint64_t a, std::uint64_t b,
                                            std::uint64_t& carry) noexcept {
  const u128 sum = u128{a} + b + carry;
  carry = high64(sum);
  return low64(sum);
}
AVILA_ALWAYS_INLINE std::uint64_t subtract_borrow(std::uint64_t a, std::uint64_t b,
                                                  std::uint64_t& borrow) noexcept {
  const u128 difference = u128{a} - b - borrow;
  borrow = high64(difference) & 1;
  return low64(difference);
}
/// accumulator + a b + carry, which always fits two limbs.
AVILA_ALWAYS_INLINE std::uint64_t multiply_add(std::uint64_t accumulator, std::uint64_t a,
                                               std::uint64_t b, std::uint64_t& carry) noexcept {
  const u128 sum = multiply_wide(a, b) + accumulator + carry;
  carry = high64(sum);
  return low64(sum);
}

/// 2^256 = 38 modulo 2^255 - 19: elements of GF(2^255-19) are any four limbs.
constexpr std::uint64_t kFold = 38;

// GF(p) with p = 2^521 - 1: 521 bits in nine limbs, the top one holds nine.
constexpr std::uint64_t kP521Top = 0x1FF;

/// a / 2: p is odd and its bits are ones, so that the lowest bit only moves to the top.
inline void p521_half(Limbs<9>& r, const Limbs<9>& a) noexcept {
  const std::uint64_t lowest = a[0] & 1;
  for (std::size_t i = 0; i < 8; ++i) r[i] = a[i] >> 1 | a[i + 1] << 63;
  r[8] = a[8] >> 1 | lowest << 8;
}

/// Of a product of two elements: x + y is the product / 2^576 modulo p. 2^521 = 1, so the lowest 55
/// bits move to 2^466, above the limbs from 9 on; the 521 bits between them are y.
inline void p521_fold(Limbs<9>& x, Limbs<9>& y, const std::uint64_t* product) noexcept {
  for (std::size_t i = 0; i < 7; ++i) x[i] = product[9 + i];
  x[7] = product[16] | product[0] << 18;
  x[8] = product[0] >> 46 & kP521Top;
  for (std::size_t i = 0; i < 8; ++i) y[i] = product[i] >> 55 | product[i + 1] << 9;
  y[8] = product[8] >> 55;
}

struct PortableKernel {
  static constexpr bool kFast = false;

  template <std::size_t N>
  static void add_mod(Limbs<N>& r, const Limbs<N>& a, const Limbs<N>& b,
                      const Modulus<N>& m) noexcept {
    Limbs<N> sum;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < N; ++i) sum[i] = add_carry(a[i], b[i], carry);
    reduce_once(r, sum, carry, m);
  }

  template <std::size_t N>
  static void sub_mod(Limbs<N>& r, const Limbs<N>& a, const Limbs<N>& b,
                      const Modulus<N>& m) noexcept {
    Limbs<N> difference;
    std::uint64_t borrow = 0, carry = 0;
    for (std::size_t i = 0; i < N; ++i) difference[i] = subtract_borrow(a[i], b[i], borrow);
    const ct::Mask mask = ct::mask_if(borrow);
    for (std::size_t i = 0; i < N; ++i) r[i] = add_carry(difference[i], m.p[i] & mask, carry);
  }

  /// a / 2 mod p.
  template <std::size_t N>
  static void half_mod(Limbs<N>& r, const Limbs<N>& a, const Modulus<N>& m) noexcept {
    const ct::Mask odd = ct::mask_if(a[0] & 1);
    Limbs<N> sum;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < N; ++i) sum[i] = add_carry(a[i], m.p[i] & odd, carry);
    for (std::size_t i = 0; i < N; ++i) r[i] = sum[i] >> 1 | (i + 1 < N ? sum[i + 1] : carry) << 63;
  }

  /// a b / R mod p, of any a and of b < p (or the other way round); below p. Coarsely integrated
  /// operand scanning (Koç, Acar, Kaliski 1996).
  template <std::size_t N>
  static void mont_mul(Limbs<N>& r, const Limbs<N>& a, const Limbs<N>& b,
                       const Modulus<N>& m) noexcept {
    std::uint64_t t[N + 2] = {};
    for (std::size_t i = 0; i < N; ++i) {
      std::uint64_t carry = 0, top = 0;
      for (std::size_t j = 0; j < N; ++j) t[j] = multiply_add(t[j], a[j], b[i], carry);
      t[N] = add_carry(t[N], carry, top);
      t[N + 1] = top;
      const std::uint64_t q = t[0] * m.n0;
      carry = 0, top = 0;
      (void)multiply_add(t[0], q, m.p[0], carry);
      for (std::size_t j = 1; j < N; ++j) t[j - 1] = multiply_add(t[j], q, m.p[j], carry);
      t[N - 1] = add_carry(t[N], carry, top);
      t[N] = t[N + 1] + top;
    }
    Limbs<N> low;
    for (std::size_t i = 0; i < N; ++i) low[i] = t[i];
    reduce_once(r, low, t[N], m);
  }
  template <std::size_t N>
  static void mont_sqr(Limbs<N>& r, const Limbs<N>& a, const Modulus<N>& m) noexcept {
    mont_mul(r, a, a, m);
  }
  static void p256_mul(Limbs<4>& r, const Limbs<4>& a, const Limbs<4>& b,
                       const Modulus<4>& m) noexcept {
    mont_mul(r, a, b, m);
  }
  static void p256_sqr(Limbs<4>& r, const Limbs<4>& a, const Modulus<4>& m) noexcept {
    mont_mul(r, a, a, m);
  }
  static void k256_mul(Limbs<4>& r, const Limbs<4>& a, const Limbs<4>& b,
                       const Modulus<4>& m) noexcept {
    mont_mul(r, a, b, m);
  }
  static void k256_sqr(Limbs<4>& r, const Limbs<4>& a, const Modulus<4>& m) noexcept {
    mont_mul(r, a, a, m);
  }

  /// a + b + 1 has bit 521 exactly where a + b is not below p; where it has not, the 1 goes again.
  static void p521_add(Limbs<9>& r, const Limbs<9>& a, const Limbs<9>& b) noexcept {
    std::uint64_t carry = 1;
    for (std::size_t i = 0; i < 9; ++i) r[i] = add_carry(a[i], b[i], carry);
    std::uint64_t borrow = ct::value_barrier(r[8] >> 9 ^ 1);
    r[8] &= kP521Top;
    for (std::size_t i = 0; i < 9; ++i) r[i] = subtract_borrow(r[i], 0, borrow);
  }
  /// A borrow took 2^576 = 2^55 too much, and p would be added: less 1, and without the bits from
  /// 521 on.
  static void p521_sub(Limbs<9>& r, const Limbs<9>& a, const Limbs<9>& b) noexcept {
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < 9; ++i) r[i] = subtract_borrow(a[i], b[i], borrow);
    borrow = ct::value_barrier(borrow);
    for (std::size_t i = 0; i < 9; ++i) r[i] = subtract_borrow(r[i], 0, borrow);
    r[8] &= kP521Top;
  }
  static void p521_mul(Limbs<9>& r, const Limbs<9>& a, const Limbs<9>& b) noexcept {
    std::uint64_t t[18] = {};
    for (std::size_t i = 0; i < 9; ++i) {
      std::uint64_t carry = 0;
      for (std::size_t j = 0; j < 9; ++j) t[i + j] = multiply_add(t[i + j], a[j], b[i], carry);
      t[i + 9] = carry;
    }
    Limbs<9> x, y;
    p521_fold(x, y, t);
    p521_add(r, x, y);
  }

  // GF(2^255-19).
  static void fe_add(Limbs<4>& r, const Limbs<4>& a, const Limbs<4>& b) noexcept {
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < 4; ++i) r[i] = add_carry(a[i], b[i], carry);
    fold_carry(r, carry);
  }
  static void fe_sub(Limbs<4>& r, const Limbs<4>& a, const Limbs<4>& b) noexcept {
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < 4; ++i) r[i] = subtract_borrow(a[i], b[i], borrow);
    for (int twice = 0; twice < 2; ++twice) {
      std::uint64_t again = 0;
      r[0] = subtract_borrow(r[0], borrow * kFold, again);
      for (std::size_t i = 1; i < 4; ++i) r[i] = subtract_borrow(r[i], 0, again);
      borrow = again;
    }
  }
  static void fe_mul(Limbs<4>& r, const Limbs<4>& a, const Limbs<4>& b) noexcept {
    std::uint64_t t[8] = {};
    for (std::size_t i = 0; i < 4; ++i) {
      std::uint64_t carry = 0;
      for (std::size_t j = 0; j < 4; ++j) t[i + j] = multiply_add(t[i + j], a[j], b[i], carry);
      t[i + 4] = carry;
    }
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < 4; ++i) r[i] = multiply_add(t[i], t[i + 4], kFold, carry);
    fold_carry(r, carry);
  }
  static void fe_sqr(Limbs<4>& r, const Limbs<4>& a) noexcept { fe_mul(r, a, a); }
  static void fe_mul_small(Limbs<4>& r, const Limbs<4>& a, std::uint64_t k) noexcept {
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i < 4; ++i) r[i] = multiply_add(0, a[i], k, carry);
    fold_carry(r, carry);
  }

  template <std::size_t kWords>
  static void lookup(std::uint64_t* out, const std::uint64_t* table, std::size_t entries,
                     std::uint64_t index) noexcept {
    ct::lookup(out, table, kWords, entries, index);
  }

 private:
  /// r = value < 2p, or value - p.
  template <std::size_t N>
  static void reduce_once(Limbs<N>& r, const Limbs<N>& value, std::uint64_t carry,
                          const Modulus<N>& m) noexcept {
    Limbs<N> less;
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < N; ++i) less[i] = subtract_borrow(value[i], m.p[i], borrow);
    (void)subtract_borrow(carry, 0, borrow);
    const ct::Mask keep = ct::mask_if(borrow);
    for (std::size_t i = 0; i < N; ++i) r[i] = ct::select(keep, value[i], less[i]);
  }
  /// carry < 2^50. A second carry leaves less than 2^57 behind, so that there is no third.
  static void fold_carry(Limbs<4>& r, std::uint64_t carry) noexcept {
    for (int twice = 0; twice < 2; ++twice) {
      std::uint64_t again = 0;
      r[0] = add_carry(r[0], carry * kFold, again);
      for (std::size_t i = 1; i < 4; ++i) r[i] = add_carry(r[i], 0, again);
      carry = again;
    }
  }
};

}  // namespace avila::field::detail
