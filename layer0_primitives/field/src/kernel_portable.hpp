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
