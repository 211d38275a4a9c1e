#include "limbs.hpp"

#include <avila/simd/cpu.hpp>
#include <avila/simd/dispatch.hpp>

namespace avila::numeric::detail {

#if defined(__x86_64__)
// Carry chains by hand: compilers spill the flag between iterations. `op` is adc or sbb; `lea` and
// `dec` leave the carry alone.
#define AVILA_CARRY_CHAIN(op)                                                                   \
  Limb carry = 0;                                                                               \
  std::size_t quads = n / 4, rest = n % 4, t0, t1, t2, t3;                                      \
  const std::size_t skip = n / 4 * 4;                                                           \
  Limb* r_rest = r + skip;                                                                      \
  const Limb *a_rest = a + skip, *b_rest = b + skip;                                            \
  if (quads != 0)                                                                               \
  asm volatile(                                                                                 \
      "clc\n"                                                                                   \
      "1:\n\t"                                                                                  \
      "movq (%[a]), %[t0]\n\t"                                                                  \
      "movq 8(%[a]), %[t1]\n\t"                                                                 \
      "movq 16(%[a]), %[t2]\n\t"                                                                \
      "movq 24(%[a]), %[t3]\n\t" op " (%[b]), %[t0]\n\t" op " 8(%[b]), %[t1]\n\t" op            \
      " 16(%[b]), %[t2]\n\t" op                                                                 \
      " 24(%[b]), %[t3]\n\t"                                                                    \
      "movq %[t0], (%[r])\n\t"                                                                  \
      "movq %[t1], 8(%[r])\n\t"                                                                 \
      "movq %[t2], 16(%[r])\n\t"                                                                \
      "movq %[t3], 24(%[r])\n\t"                                                                \
      "leaq 32(%[a]), %[a]\n\t"                                                                 \
      "leaq 32(%[b]), %[b]\n\t"                                                                 \
      "leaq 32(%[r]), %[r]\n\t"                                                                 \
      "decq %[n]\n\t"                                                                           \
      "jnz 1b\n\t"                                                                              \
      "sbbq %[c], %[c]\n\t"                                                                     \
      "negq %[c]\n\t"                                                                           \
      : [r] "+r"(r), [a] "+r"(a), [b] "+r"(b), [n] "+r"(quads), [t0] "=&r"(t0), [t1] "=&r"(t1), \
        [t2] "=&r"(t2), [t3] "=&r"(t3), [c] "=&r"(carry)                                        \
      :                                                                                         \
      : "cc", "memory")

Limb add_n(Limb* r, const Limb* a, const Limb* b, std::size_t n) noexcept {
  AVILA_CARRY_CHAIN("adcq");
  for (std::size_t i = 0; i < rest; ++i) {
    const u128 sum = u128{a_rest[i]} + b_rest[i] + carry;
    r_rest[i] = low64(sum);
    carry = high64(sum);
  }
  return carry;
}

Limb sub_n(Limb* r, const Limb* a, const Limb* b, std::size_t n) noexcept {
  AVILA_CARRY_CHAIN("sbbq");
  for (std::size_t i = 0; i < rest; ++i) {
    const u128 difference = u128{a_rest[i]} - b_rest[i] - carry;
    r_rest[i] = low64(difference);
    carry = high64(difference) & 1;
  }
  return carry;
}
#else
Limb add_n(Limb* r, const Limb* a, const Limb* b, std::size_t n) noexcept {
  Limb carry = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const u128 sum = u128{a[i]} + b[i] + carry;
    r[i] = low64(sum);
    carry = high64(sum);
  }
  return carry;
}

Limb sub_n(Limb* r, const Limb* a, const Limb* b, std::size_t n) noexcept {
  Limb borrow = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const u128 difference = u128{a[i]} - b[i] - borrow;
    r[i] = low64(difference);
    borrow = high64(difference) & 1;
  }
  return borrow;
}
#endif

Limb add_1(Limb* r, const Limb* a, std::size_t n, Limb b) noexcept {
  std::size_t i = 0;
  for (; i < n && b != 0; ++i) {
    const Limb sum = a[i] + b;
    b = sum < b ? 1 : 0;
    r[i] = sum;
  }
  if (r != a) copy(r + i, a + i, n - i);
  return b;
}

Limb sub_1(Limb* r, const Limb* a, std::size_t n, Limb b) noexcept {
  std::size_t i = 0;
  for (; i < n && b != 0; ++i) {
    const Limb value = a[i];
    r[i] = value - b;
    b = value < b ? 1 : 0;
  }
  if (r != a) copy(r + i, a + i, n - i);
  return b;
}

Limb add(Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn) noexcept {
  const Limb carry = add_n(r, a, b, bn);
  return add_1(r + bn, a + bn, an - bn, carry);
}

Limb sub(Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn) noexcept {
  const Limb borrow = sub_n(r, a, b, bn);
  return sub_1(r + bn, a + bn, an - bn, borrow);
}

Limb shift_left(Limb* r, const Limb* a, std::size_t n, unsigned count) noexcept {
  if (n == 0) return 0;
  const unsigned back = kLimbBits - count;
  const Limb out = a[n - 1] >> back;
  for (std::size_t i = n - 1; i != 0; --i) r[i] = a[i] << count | a[i - 1] >> back;
  r[0] = a[0] << count;
  return out;
}

Limb shift_right(Limb* r, const Limb* a, std::size_t n, unsigned count) noexcept {
  if (n == 0) return 0;
  const unsigned back = kLimbBits - count;
  const Limb out = a[0] << back;
  for (std::size_t i = 0; i + 1 < n; ++i) r[i] = a[i] >> count | a[i + 1] << back;
  r[n - 1] = a[n - 1] >> count;
  return out;
}

int compare(const Limb* a, const Limb* b, std::size_t n) noexcept {
  while (n-- != 0)
    if (a[n] != b[n]) return a[n] < b[n] ? -1 : 1;
  return 0;
}

int compare(const Limb* a, std::size_t an, const Limb* b, std::size_t bn) noexcept {
  an = normalized(a, an);
  bn = normalized(b, bn);
  if (an != bn) return an < bn ? -1 : 1;
  return compare(a, b, an);
}

// ---- portable kernels
namespace {

Limb mul_1(Limb* r, const Limb* a, std::size_t n, Limb b) noexcept {
  Limb carry = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const u128 t = multiply_wide(a[i], b) + carry;
    r[i] = low64(t);
    carry = high64(t);
  }
  return carry;
}

Limb addmul_1(Limb* r, const Limb* a, std::size_t n, Limb b) noexcept {
  Limb carry = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const u128 t = multiply_wide(a[i], b) + r[i] + carry;
    r[i] = low64(t);
    carry = high64(t);
  }
  return carry;
}

Limb submul_1(Limb* r, const Limb* a, std::size_t n, Limb b) noexcept {
  Limb borrow = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const u128 t = multiply_wide(a[i], b) + borrow;
    borrow = high64(t) + (r[i] < low64(t) ? 1 : 0);
    r[i] -= low64(t);
  }
  return borrow;
}

void mul_basecase(Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn) noexcept {
  r[an] = mul_1(r, a, an, b[0]);
  for (std::size_t j = 1; j < bn; ++j) r[an + j] = addmul_1(r + j, a, an, b[j]);
}

void sqr_basecase(Limb* r, const Limb* a, std::size_t n) noexcept {
  r[0] = r[2 * n - 1] = 0;
  if (n > 1) {
    r[n] = mul_1(r + 1, a + 1, n - 1, a[0]);
    for (std::size_t i = 1; i + 1 < n; ++i)
      r[n + i] = addmul_1(r + 2 * i + 1, a + i + 1, n - i - 1, a[i]);
  }
  Limb carry = 0;
  Limb pushed = 0;
  for (std::size_t i = 0; i < n; ++i) {  // twice the products above the diagonal, plus the squares
    const Limb low = r[2 * i];
    const Limb high = r[2 * i + 1];
    u128 t = multiply_wide(a[i], a[i]);
    const u128 first = u128{low64(t)} + (low << 1 | pushed) + carry;
    const u128 second = u128{high64(t)} + (high << 1 | low >> 63) + high64(first);
    r[2 * i] = low64(first);
    r[2 * i + 1] = low64(second);
    carry = high64(second);
    pushed = high >> 63;
  }
}

void montgomery_reduce(Limb* t, const Limb* m, std::size_t n, Limb inverse) noexcept {
  for (std::size_t i = 0; i < n; ++i) t[i] = addmul_1(t + i, m, n, t[i] * inverse);
  const Limb carry = add_n(t + n, t + n, t, n);
  if (carry != 0 || compare(t + n, m, n) >= 0) sub_n(t + n, t + n, m, n);
}

}  // namespace

const LimbKernels kPortableKernels{"portable",   mul_1,        addmul_1,         submul_1,
                                   mul_basecase, sqr_basecase, montgomery_reduce};

const LimbKernels& kernels() noexcept {
#if defined(__x86_64__)
  static constexpr simd::Kernel<const LimbKernels*> kTable[] = {
      {"adx", simd::has_adx, &kAdxKernels}, {"portable", simd::always, &kPortableKernels}};
  static const LimbKernels* const chosen = simd::select(kTable);
  return *chosen;
#else
  return kPortableKernels;
#endif
}

Thresholds& thresholds() noexcept {
  static Thresholds values;
  return values;
}

}  // namespace avila::numeric::detail
