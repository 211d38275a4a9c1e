#include "montgomery_kernels.hpp"

#include <avila/primitives/wide.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>

namespace avila::crypto::detail {

namespace {

/// r = t - m, or t where that is below m; `top` is the limb above t.
void reduce_once(Limb* r, const Limb* t, Limb top, const Limb* m, std::size_t n) noexcept {
  Limb borrow = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const u128 difference = u128{t[i]} - m[i] - borrow;
    r[i] = low64(difference);
    borrow = high64(difference) & 1;
  }
  ct::assign_if(ct::mask_if(borrow & (top ^ 1)), r, t, n);
}

// t[0 … n) += x * b; what is carried out of it.
Limb add_row(Limb* t, const Limb* b, std::size_t n, Limb x) noexcept {
  Limb carry = 0;
  for (std::size_t j = 0; j < n; ++j) {
    const u128 sum = multiply_wide(x, b[j]) + t[j] + carry;
    t[j] = low64(sum);
    carry = high64(sum);
  }
  return carry;
}

/// A row of the product and a row of the reduction at a time (Koç, Acar, Kaliski 1996), without
/// moving t: each pair of rows begins one limb higher.
template <Limb (*kAddRow)(Limb*, const Limb*, std::size_t, Limb) noexcept>
void multiply_rows(Limb* r, const Limb* a, const Limb* b, const Limb* m, Limb n0, std::size_t n,
                   Limb* t) noexcept {
  for (std::size_t i = 0; i < montgomery_scratch(n); ++i) t[i] = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Limb product = kAddRow(t + i, b, n, a[i]);
    const Limb reduction = kAddRow(t + i, m, n, t[i] * n0);
    const u128 top = u128{t[i + n]} + product + reduction;
    t[i + n] = low64(top);
    t[i + n + 1] = high64(top);
  }
  reduce_once(r, t + n, t[2 * n], m, n);
}

#if AVILA_X86_64 && defined(__GNUC__)

// mulx leaves the flags alone, so that two chains of carries run beside each other: CF takes the
// high halves along, OF adds what is in t.
#define AVILA_STEP(offset, high, low) \
  "mulxq " #offset "(%[b]), %[" #low  \
  "], %[l]\n\t"                       \
  "adcxq %[" #high "], %[" #low       \
  "]\n\t"                             \
  "adoxq " #offset "(%[t]), %[" #low  \
  "]\n\t"                             \
  "movq %[" #low "], " #offset        \
  "(%[t])\n\t"                        \
  "movq %[l], %[" #high "]\n\t"

Limb add_row_adx(Limb* t, const Limb* b, std::size_t n, Limb x) noexcept {
  if (n % 4 != 0) return add_row(t, b, n, x);
  Limb high = 0, low = 0, l = 0;
  std::size_t count = n / 4;
  asm volatile(
      "xorl %k[low], %k[low]\n\t"  // CF and OF too
      "1:\n\t" AVILA_STEP(0, high, low) AVILA_STEP(8, high, low) AVILA_STEP(16, high, low)
          AVILA_STEP(24, high, low)
      "leaq 32(%[b]), %[b]\n\tleaq 32(%[t]), %[t]\n\tleaq -1(%[count]), %[count]\n\t"
      "jrcxz 2f\n\tjmp 1b\n\t"
      "2:\n\tmovl $0, %k[low]\n\tadcxq %[low], %[high]\n\tadoxq %[low], %[high]\n\t"
      : [t] "+&r"(t), [b] "+&r"(b), [count] "+&c"(count), [high] "+&r"(high), [low] "+&r"(low),
        [l] "+&r"(l)
      : "d"(x)
      : "cc", "memory");
  return high;
}
#undef AVILA_STEP

constexpr simd::Kernel<MontgomeryMultiply> kKernels[] = {
    {"adx", simd::has_adx, multiply_rows<add_row_adx>},
    {"portable", simd::always, multiply_rows<add_row>},
};

#else

constexpr simd::Kernel<MontgomeryMultiply> kKernels[] = {
    {"portable", simd::always, multiply_rows<add_row>},
};

#endif

}  // namespace

std::span<const simd::Kernel<MontgomeryMultiply>> montgomery_kernels() noexcept { return kKernels; }

MontgomeryMultiply montgomery_multiply() noexcept {
  static const MontgomeryMultiply chosen = simd::select(kKernels);
  return chosen;
}

}  // namespace avila::crypto::detail
