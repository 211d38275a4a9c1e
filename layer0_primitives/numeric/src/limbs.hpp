// Arithmetic on arrays of 64-bit limbs, least significant first. Sizes are in limbs. Unless said
// otherwise the result may be the same array as an operand (from the same start), never overlap
// it otherwise.
#pragma once
#include <avila/primitives/wide.hpp>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace avila::numeric::detail {

using Limb = std::uint64_t;
constexpr unsigned kLimbBits = 64;

// ---- linear operations; each returns the carry or borrow out
Limb add_n(Limb* r, const Limb* a, const Limb* b, std::size_t n) noexcept;
Limb sub_n(Limb* r, const Limb* a, const Limb* b, std::size_t n) noexcept;
Limb add_1(Limb* r, const Limb* a, std::size_t n, Limb b) noexcept;
Limb sub_1(Limb* r, const Limb* a, std::size_t n, Limb b) noexcept;
/// an >= bn.
Limb add(Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn) noexcept;
Limb sub(Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn) noexcept;
/// 0 < count < 64. The bits pushed out, at the low (high) end of the answer. r >= a (r <= a).
Limb shift_left(Limb* r, const Limb* a, std::size_t n, unsigned count) noexcept;
Limb shift_right(Limb* r, const Limb* a, std::size_t n, unsigned count) noexcept;
int compare(const Limb* a, const Limb* b, std::size_t n) noexcept;
/// a is above b as numbers; leading zeros allowed.
int compare(const Limb* a, std::size_t an, const Limb* b, std::size_t bn) noexcept;
/// The size without leading zeros.
inline std::size_t normalized(const Limb* a, std::size_t n) noexcept {
  while (n != 0 && a[n - 1] == 0) --n;
  return n;
}
inline void copy(Limb* to, const Limb* from, std::size_t n) noexcept {
  if (n != 0) std::memmove(to, from, n * sizeof(Limb));
}
inline void zero(Limb* to, std::size_t n) noexcept {
  if (n != 0) std::memset(to, 0, n * sizeof(Limb));
}

/// The quadratic kernels, in one version a kind of processor.
struct LimbKernels {
  const char* name;
  /// r = a * b; the high limb.
  Limb (*mul_1)(Limb* r, const Limb* a, std::size_t n, Limb b) noexcept;
  /// r += a * b, r -= a * b; the carry, the borrow.
  Limb (*addmul_1)(Limb* r, const Limb* a, std::size_t n, Limb b) noexcept;
  Limb (*submul_1)(Limb* r, const Limb* a, std::size_t n, Limb b) noexcept;
  /// r[an + bn] = a * b, an >= bn >= 1; r overlaps neither.
  void (*mul_basecase)(Limb* r, const Limb* a, std::size_t an, const Limb* b,
                       std::size_t bn) noexcept;
  /// r[2n] = a², n >= 1.
  void (*sqr_basecase)(Limb* r, const Limb* a, std::size_t n) noexcept;
  /// Montgomery (1985), word by word: t[2n] becomes t / 2^(64n) mod m in t[n, 2n); the low half is
  /// lost. `inverse` is -1/m mod 2^64, m odd, t < m * 2^(64n). The answer is below m.
  void (*montgomery_reduce)(Limb* t, const Limb* m, std::size_t n, Limb inverse) noexcept;
};
extern const LimbKernels kPortableKernels;
#if defined(__x86_64__)
extern const LimbKernels kAdxKernels;  // BMI2 and ADX
#endif
const LimbKernels& kernels() noexcept;

// ---- multiplication (multiply.cpp)
/// r[an + bn] = a * b; an >= bn >= 1; r overlaps neither. Picks the algorithm by size.
void multiply(Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn);
/// r[2n] = a².
void square(Limb* r, const Limb* a, std::size_t n);

/// Where one algorithm hands over to the next, in limbs of the smaller operand.
struct Thresholds {
  std::size_t karatsuba = 20;
  std::size_t toom3 = 110;
  std::size_t ntt = 380;
  std::size_t karatsuba_square = 36;
  std::size_t toom3_square = 130;
  std::size_t ntt_square = 450;
  std::size_t divide_and_conquer = 50;  // limbs of the divisor: schoolbook to Burnikel-Ziegler
  std::size_t newton = 2500;            // limbs of the divisor: Burnikel-Ziegler to Newton
  std::size_t half_gcd = 300;           // limbs of half_gcd that Lehmer steps take
  std::size_t gcd = 2000;               // Lehmer to half-gcd
  std::size_t to_digits = 80;
  std::size_t from_digits = 50;
};
/// Process-wide; tests lower them to force each algorithm at small sizes, nobody else writes.
Thresholds& thresholds() noexcept;

// ---- division (divide.cpp)
/// floor((2^128 - 1) / d) - 2^64 for d >= 2^63. Möller and Granlund (2011).
inline Limb reciprocal(Limb d) noexcept { return static_cast<Limb>((make_u128(~d, ~Limb{0})) / d); }
/// (high, low) / d by its reciprocal; high < d, d normalized.
inline Limb divide_2by1(Limb high, Limb low, Limb d, Limb v, Limb& remainder) noexcept {
  const u128 q = multiply_wide(v, high) + make_u128(high, low);
  Limb q1 = high64(q) + 1;
  Limb r = low - q1 * d;
  if (r > low64(q)) {
    --q1;
    r += d;
  }
  if (r >= d) [[unlikely]] {
    ++q1;
    r -= d;
  }
  remainder = r;
  return q1;
}
/// q[n] = a / d; the remainder. d != 0.
Limb divide_1(Limb* q, const Limb* a, std::size_t n, Limb d) noexcept;
/// a mod d.
Limb modulo_1(const Limb* a, std::size_t n, Limb d) noexcept;
/// q = a / 3, exact.
void divide_exact_3(Limb* q, const Limb* a, std::size_t n) noexcept;
/// q[an - bn + 1] and r[bn]; an >= bn >= 1, b's top limb != 0; outputs overlap no input. q may be
/// null.
void divide(Limb* q, Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn);

}  // namespace avila::numeric::detail
