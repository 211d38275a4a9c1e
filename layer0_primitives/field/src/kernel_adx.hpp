// The same for x86-64 with BMI2 (MULX leaves the flags alone), ADX (ADCX and ADOX are two carry
// chains side by side) and AVX2 for table look-ups. Assembly because compilers keep one carry at
// most.
#pragma once
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>

#include "kernel_portable.hpp"

// Not without optimisation, nor in g++'s AddressSanitizer: there are not enough registers then.
#if AVILA_X86_64 && defined(__GNUC__) && defined(__OPTIMIZE__) && \
    (defined(__clang__) || !defined(__SANITIZE_ADDRESS__))
#define AVILA_FIELD_ADX 1
#else
#define AVILA_FIELD_ADX 0
#endif

namespace avila::field::detail {
#if AVILA_FIELD_ADX

inline bool has_adx_avx2() noexcept { return simd::has_adx() && simd::has_avx2(); }

// Operands of the blocks below: %[a] %[b] %[p] point to limbs, %[l] %[h] are scratch.
// (lo, hi) += limb * rdx on the chains CF and OF.
#define AVILA_MAC(offset, base, lo, hi) \
  "mulxq " #offset "(%[" #base          \
  "]), %[l], %[h]\n\t"                  \
  "adcxq %[l], %[" #lo "]\n\tadoxq %[h], %[" #hi "]\n\t"
#define AVILA_CLEAR_FLAGS "xorl %k[l], %k[l]\n\t"

// r0…r7 = a b, of four limbs each.
#define AVILA_WIDE_ROW(offset, x0, x1, x2, x3, x4)                                    \
  "movq " #offset "(%[b]), %%rdx\n\t" AVILA_CLEAR_FLAGS AVILA_MAC(0, a, x0, x1)       \
      AVILA_MAC(8, a, x1, x2) AVILA_MAC(16, a, x2, x3) "mulxq 24(%[a]), %[l], %[" #x4 \
                                                       "]\n\t"                        \
                                                       "adcxq %[l], %[" #x3           \
                                                       "]\n\t"                        \
                                                       "movl $0, %k[l]\n\t"           \
                                                       "adoxq %[l], %[" #x4           \
                                                       "]\n\tadcxq %[l], %[" #x4 "]\n\t"
#define AVILA_WIDE_MUL                                       \
  "movq 0(%[b]), %%rdx\n\t"                                  \
  "mulxq 0(%[a]), %[r0], %[r1]\n\t"                          \
  "mulxq 8(%[a]), %[l], %[r2]\n\taddq %[l], %[r1]\n\t"       \
  "mulxq 16(%[a]), %[l], %[r3]\n\tadcq %[l], %[r2]\n\t"      \
  "mulxq 24(%[a]), %[l], %[r4]\n\tadcq %[l], %[r3]\n\t"      \
  "adcq $0, %[r4]\n\t" AVILA_WIDE_ROW(8, r1, r2, r3, r4, r5) \
      AVILA_WIDE_ROW(16, r2, r3, r4, r5, r6) AVILA_WIDE_ROW(24, r3, r4, r5, r6, r7)

// r0…r7 = a^2: the products off the diagonal, then twice those plus the squares.
#define AVILA_WIDE_SQR \
  "movq 0(%[a]), %%rdx\n\t"                                             \
  "mulxq 8(%[a]), %[r1], %[r2]\n\t"                                     \
  "mulxq 16(%[a]), %[l], %[r3]\n\taddq %[l], %[r2]\n\t"                 \
  "mulxq 24(%[a]), %[l], %[r4]\n\tadcq %[l], %[r3]\n\tadcq $0, %[r4]\n\t" \
  "movq 8(%[a]), %%rdx\n\t" AVILA_CLEAR_FLAGS                           \
  AVILA_MAC(16, a, r3, r4)                                              \
  "mulxq 24(%[a]), %[l], %[r5]\n\tadcxq %[l], %[r4]\n\t"                \
  "movl $0, %k[l]\n\tadoxq %[l], %[r5]\n\tadcxq %[l], %[r5]\n\t"        \
  "movq 16(%[a]), %%rdx\n\t"                                            \
  "mulxq 24(%[a]), %[l], %[r6]\n\taddq %[l], %[r5]\n\tadcq $0, %[r6]\n\t" \
  "movq 0(%[a]), %%rdx\n\t" AVILA_CLEAR_FLAGS                           \
  "mulxq %%rdx, %[r0], %[h]\n\t"                                        \
  "adcxq %[r1], %[r1]\n\tadoxq %[h], %[r1]\n\t"                         \
  "movq 8(%[a]), %%rdx\n\tmulxq %%rdx, %[l], %[h]\n\t"                  \
  "adcxq %[r2], %[r2]\n\tadoxq %[l], %[r2]\n\t"                         \
  "adcxq %[r3], %[r3]\n\tadoxq %[h], %[r3]\n\t"                         \
  "movq 16(%[a]), %%rdx\n\tmulxq %%rdx, %[l], %[h]\n\t"                 \
  "adcxq %[r4], %[r4]\n\tadoxq %[l], %[r4]\n\t"                         \
  "adcxq %[r5], %[r5]\n\tadoxq %[h], %[r5]\n\t"                         \
  "movq 24(%[a]), %%rdx\n\tmulxq %%rdx, %[l], %[r7]\n\t"                \
  "adcxq %[r6], %[r6]\n\tadoxq %[l], %[r6]\n\t"                         \
  "movl $0, %k[l]\n\tadcxq %[l], %[r7]\n\tadoxq %[l], %[r7]\n\t"

// r0…r3 = r0…r7 modulo 2^256 - 38.
#define AVILA_FOLD_MAC(high, lo, hi) \
  "mulxq %[" #high                   \
  "], %[l], %[h]\n\t"                \
  "adcxq %[l], %[" #lo "]\n\tadoxq %[h], %[" #hi "]\n\t"
#define AVILA_FOLD \
  "movl $38, %%edx\n\t" AVILA_CLEAR_FLAGS                               \
  AVILA_FOLD_MAC(r4, r0, r1) AVILA_FOLD_MAC(r5, r1, r2) AVILA_FOLD_MAC(r6, r2, r3) \
  "mulxq %[r7], %[l], %[h]\n\tadcxq %[l], %[r3]\n\t"                    \
  "movl $0, %k[l]\n\tadoxq %[l], %[h]\n\tadcxq %[l], %[h]\n\t"          \
  "imulq $38, %[h], %[h]\n\t"                                           \
  "addq %[h], %[r0]\n\tadcq $0, %[r1]\n\tadcq $0, %[r2]\n\tadcq $0, %[r3]\n\t" \
  "sbbq %[l], %[l]\n\tandl $38, %k[l]\n\taddq %[l], %[r0]\n\t"

// Montgomery's reduction by p = 2^256 - 2^224 + 2^192 + 2^96 - 1, where -1/p = 1 mod 2^64: with
// q = x0, (x + q p) / 2^64 adds q 2^32 at x1, and q (2^64 - 2^32 + 1) at x3. x0 becomes the top. c
// is scratch, 32 in the rounds.
#define AVILA_P256_ROUND(c, x0, x1, x2, x3)                         \
  "shlxq %[" #c "], %[" #x0 "], %[l]\n\tshrxq %[" #c "], %[" #x0    \
  "], %[h]\n\t"                                                     \
  "movq %[" #x0 "], %%rdx\n\tsubq %[l], %%rdx\n\tsbbq %[h], %[" #x0 \
  "]\n\t"                                                           \
  "addq %[l], %[" #x1 "]\n\tadcq %[h], %[" #x2                      \
  "]\n\t"                                                           \
  "adcq %%rdx, %[" #x3 "]\n\tadcq $0, %[" #x0 "]\n\t"
#define AVILA_P256_REDUCE(c)                                                                    \
  "movl $32, %k[" #c "]\n\t" AVILA_P256_ROUND(c, r0, r1, r2, r3)                                \
      AVILA_P256_ROUND(c, r1, r2, r3, r0) AVILA_P256_ROUND(c, r2, r3, r0, r1) AVILA_P256_ROUND( \
          c, r3, r0, r1,                                                                        \
          r2) "xorl %k[" #c "], %k[" #c                                                         \
              "]\n\t"                                                                           \
              "addq %[r4], %[r0]\n\tadcq %[r5], %[r1]\n\tadcq %[r6], %[r2]\n\tadcq %[r7], "     \
              "%[r3]\n\t"                                                                       \
              "adcq $0, %[" #c                                                                  \
              "]\n\t"                                                                           \
              "movl $0xffffffff, %k[l]\n\tmovq $0xffffffff00000001, %%rdx\n\t"                  \
              "movq %[r0], %[r4]\n\tmovq %[r1], %[r5]\n\tmovq %[r2], %[r6]\n\tmovq %[r3], "     \
              "%[r7]\n\t"                                                                       \
              "subq $-1, %[r4]\n\tsbbq %[l], %[r5]\n\tsbbq $0, %[r6]\n\tsbbq %%rdx, %[r7]\n\t"  \
              "sbbq $0, %[" #c                                                                  \
              "]\n\t"                                                                           \
              "cmovncq %[r4], %[r0]\n\tcmovncq %[r5], %[r1]\n\t"                                \
              "cmovncq %[r6], %[r2]\n\tcmovncq %[r7], %[r3]\n\t"

// The same by secp256k1's p = 2^256 - k, k = 2^32 + 977: with q = -x0 / p, x0 and the low half of
// q k are equal, so that (x + q p) / 2^64 takes the high half from x1 and adds q as the top. n is
// -1/p mod 2^64, then scratch.
#define AVILA_K256_ROUND(n, k, x0, x1, x2, x3)        \
  "movq %[" #x0 "], %%rdx\n\timulq %[" #n             \
  "], %%rdx\n\t"                                      \
  "mulxq %[" #k "], %[l], %[h]\n\tmovq %%rdx, %[" #x0 \
  "]\n\t"                                             \
  "subq %[h], %[" #x1 "]\n\tsbbq $0, %[" #x2 "]\n\tsbbq $0, %[" #x3 "]\n\tsbbq $0, %[" #x0 "]\n\t"
#define AVILA_K256_REDUCE(n, k)                                                             \
  "movabsq $0xd838091dd2253531, %[" #n "]\n\tmovabsq $0x1000003d1, %[" #k                   \
  "]\n\t" AVILA_K256_ROUND(n, k, r0, r1, r2, r3) AVILA_K256_ROUND(n, k, r1, r2, r3, r0)     \
      AVILA_K256_ROUND(n, k, r2, r3, r0, r1) AVILA_K256_ROUND(                              \
          n, k, r3, r0, r1,                                                                 \
          r2) "xorl %k[" #n "], %k[" #n                                                     \
              "]\n\t"                                                                       \
              "addq %[r4], %[r0]\n\tadcq %[r5], %[r1]\n\tadcq %[r6], %[r2]\n\tadcq %[r7], " \
              "%[r3]\n\t"                                                                   \
              "adcq $0, %[" #n                                                              \
              "]\n\t"                                                                       \
              "movq %[r0], %[r4]\n\tmovq %[r1], %[r5]\n\tmovq %[r2], %[r6]\n\tmovq %[r3], " \
              "%[r7]\n\t"                                                                   \
              "addq %[" #k                                                                  \
              "], %[r4]\n\tadcq $0, %[r5]\n\tadcq $0, %[r6]\n\tadcq $0, %[r7]\n\t"          \
              "adcq $0, %[" #n                                                              \
              "]\n\t"                                                                       \
              "cmovnzq %[r4], %[r0]\n\tcmovnzq %[r5], %[r1]\n\t"                            \
              "cmovnzq %[r6], %[r2]\n\tcmovnzq %[r7], %[r3]\n\t"

#define AVILA_WIDE_OUTPUTS                                                                        \
  [r0] "=&r"(r0), [r1] "=&r"(r1), [r2] "=&r"(r2), [r3] "=&r"(r3), [r4] "=&r"(r4), [r5] "=&r"(r5), \
      [r6] "=&r"(r6), [r7] "=&r"(r7), [l] "=&r"(l), [h] "=&r"(h)

// One row of Montgomery's multiplication for four limbs; t is x0…x5, then x0 is zero.
#define AVILA_MONT4_ROW(offset, x0, x1, x2, x3, x4, x5)                                            \
  "movq " #offset "(%[b]), %%rdx\n\t" AVILA_CLEAR_FLAGS AVILA_MAC(0, a, x0, x1)                    \
      AVILA_MAC(8, a, x1, x2) AVILA_MAC(16, a, x2, x3)                                             \
          AVILA_MAC(24, a, x3, x4) "movl $0, %k[l]\n\tadcxq %[l], %[" #x4                          \
                                   "]\n\t"                                                         \
                                   "adoxq %[l], %[" #x5 "]\n\tadcxq %[l], %[" #x5                  \
                                   "]\n\t"                                                         \
                                   "movq 32(%[p]), %%rdx\n\timulq %[" #x0                          \
                                   "], %%rdx\n\t" AVILA_CLEAR_FLAGS AVILA_MAC(0, p, x0, x1)        \
                                       AVILA_MAC(8, p, x1, x2) AVILA_MAC(16, p, x2, x3) AVILA_MAC( \
                                           24, p, x3, x4) "movl $0, %k[l]\n\tadcxq %[l], %[" #x4   \
                                                          "]\n\t"                                  \
                                                          "adoxq %[l], %[" #x5                     \
                                                          "]\n\tadcxq %[l], %[" #x5 "]\n\t"
#define AVILA_MONT6_ROW(offset, x0, x1, x2, x3, x4, x5, x6, x7)                                    \
  "movq " #offset                                                                                  \
  "(%[b]), %%rdx\n\t" AVILA_CLEAR_FLAGS AVILA_MAC(0, a, x0, x1) AVILA_MAC(8, a, x1, x2)            \
      AVILA_MAC(16, a, x2, x3) AVILA_MAC(24, a, x3, x4) AVILA_MAC(32, a, x4, x5) AVILA_MAC(        \
          40, a, x5, x6) "movl $0, %k[l]\n\tadcxq %[l], %[" #x6                                    \
                         "]\n\t"                                                                   \
                         "adoxq %[l], %[" #x7 "]\n\tadcxq %[l], %[" #x7                            \
                         "]\n\t"                                                                   \
                         "movq 48(%[p]), %%rdx\n\timulq %[" #x0                                    \
                         "], %%rdx\n\t" AVILA_CLEAR_FLAGS AVILA_MAC(0, p, x0, x1)                  \
                             AVILA_MAC(8, p, x1, x2) AVILA_MAC(16, p, x2, x3)                      \
                                 AVILA_MAC(24, p, x3, x4) AVILA_MAC(32, p, x4, x5) AVILA_MAC(      \
                                     40, p, x5, x6) "movl $0, %k[l]\n\tadcxq %[l], %[" #x6         \
                                                    "]\n\t"                                        \
                                                    "adoxq %[l], %[" #x7 "]\n\tadcxq %[l], %[" #x7 \
                                                    "]\n\t"

// Store, subtract p from a copy, take the stored limb back where that borrowed (%[b] is the
// output).
#define AVILA_STORE(offset, x) "movq %[" #x "], " #offset "(%[b])\n\t"
#define AVILA_KEEP(offset, x) \
  "cmovcq " #offset "(%[b]), %[" #x "]\n\tmovq %[" #x "], " #offset "(%[b])\n\t"
#define AVILA_REDUCE4(x0, x1, x2, x3, top)                                     \
  AVILA_STORE(0, x0)                                                           \
  AVILA_STORE(8, x1)                                                           \
  AVILA_STORE(16, x2)                                                          \
  AVILA_STORE(24, x3)                                                          \
  "subq 0(%[p]), %[" #x0 "]\n\tsbbq 8(%[p]), %[" #x1                           \
  "]\n\t"                                                                      \
  "sbbq 16(%[p]), %[" #x2 "]\n\tsbbq 24(%[p]), %[" #x3 "]\n\tsbbq $0, %[" #top \
  "]\n\t" AVILA_KEEP(0, x0) AVILA_KEEP(8, x1) AVILA_KEEP(16, x2) AVILA_KEEP(24, x3)
#define AVILA_REDUCE6(x0, x1, x2, x3, x4, x5, top)                                  \
  AVILA_STORE(0, x0)                                                                \
  AVILA_STORE(8, x1)                                                                \
  AVILA_STORE(16, x2)                                                               \
  AVILA_STORE(24, x3)                                                               \
  AVILA_STORE(32, x4)                                                               \
  AVILA_STORE(40, x5)                                                               \
  "subq 0(%[p]), %[" #x0 "]\n\tsbbq 8(%[p]), %[" #x1                                \
  "]\n\t"                                                                           \
  "sbbq 16(%[p]), %[" #x2 "]\n\tsbbq 24(%[p]), %[" #x3                              \
  "]\n\t"                                                                           \
  "sbbq 32(%[p]), %[" #x4 "]\n\tsbbq 40(%[p]), %[" #x5 "]\n\tsbbq $0, %[" #top      \
  "]\n\t" AVILA_KEEP(0, x0) AVILA_KEEP(8, x1) AVILA_KEEP(16, x2) AVILA_KEEP(24, x3) \
      AVILA_KEEP(32, x4) AVILA_KEEP(40, x5)
#define AVILA_LOAD(offset, x) "movq " #offset "(%[a]), %[" #x "]\n\t"
#define AVILA_OP(op, offset, base, x) #op " " #offset "(%[" #base "]), %[" #x "]\n\t"
// After a - b: keep the difference where there was no borrow, else add p.
#define AVILA_KEEP_NZ(offset, x) \
  "cmovzq " #offset "(%[b]), %[" #x "]\n\tmovq %[" #x "], " #offset "(%[b])\n\t"

// A row of a product of nine limbs: x0…x8 += a * b[i]; x0 is stored as limb i of the product,
// behind a, and is the new top.
#define AVILA_WIDE9_ROW(i, x0, x1, x2, x3, x4, x5, x6, x7, x8)                                     \
  "movq 8*" #i "(%[b]), %%rdx\n\t" AVILA_CLEAR_FLAGS AVILA_MAC(                                    \
      0, a, x0, x1) "movq %[" #x0 "], 8*(9+" #i ")(%[a])\n\tmovl $0, %k[" #x0                      \
                    "]\n\t" AVILA_MAC(8, a, x1, x2) AVILA_MAC(16, a, x2, x3)                       \
                        AVILA_MAC(24, a, x3, x4) AVILA_MAC(32, a, x4, x5) AVILA_MAC(40, a, x5, x6) \
                            AVILA_MAC(48, a, x6, x7) AVILA_MAC(56, a, x7, x8)                      \
                                AVILA_MAC(64, a, x8, x0) "movl $0, %k[l]\n\tadcxq %[l], %[" #x0    \
                                                         "]\n\t"
#define AVILA_LIMBS9_OUTPUTS                                                                      \
  [x0] "+&r"(x0), [x1] "+&r"(x1), [x2] "+&r"(x2), [x3] "+&r"(x3), [x4] "+&r"(x4), [x5] "+&r"(x5), \
      [x6] "+&r"(x6), [x7] "+&r"(x7), [x8] "+&r"(x8)
#define AVILA_BORROW9                                                        \
  "sbbq $0, %[x1]\n\tsbbq $0, %[x2]\n\tsbbq $0, %[x3]\n\tsbbq $0, %[x4]\n\t" \
  "sbbq $0, %[x5]\n\tsbbq $0, %[x6]\n\tsbbq $0, %[x7]\n\tsbbq $0, %[x8]\n\t"

struct AdxKernel {
  static constexpr bool kFast = true;

  // Short enough to be inlined; operands in memory, p mostly at a constant address.
  static void add_mod(Limbs<4>& r, const Limbs<4>& a, const Limbs<4>& b,
                      const Modulus<4>& m) noexcept {
    std::uint64_t x0 = a[0], x1 = a[1], x2 = a[2], x3 = a[3], y0, y1, y2, y3, c;
    asm("xorl %k[c], %k[c]\n\t"
        "addq %[b0], %[x0]\n\tadcq %[b1], %[x1]\n\tadcq %[b2], %[x2]\n\tadcq %[b3], %[x3]\n\t"
        "adcq $0, %[c]\n\t"
        "movq %[x0], %[y0]\n\tmovq %[x1], %[y1]\n\tmovq %[x2], %[y2]\n\tmovq %[x3], %[y3]\n\t"
        "subq %[p0], %[y0]\n\tsbbq %[p1], %[y1]\n\tsbbq %[p2], %[y2]\n\tsbbq %[p3], %[y3]\n\t"
        "sbbq $0, %[c]\n\t"
        "cmovncq %[y0], %[x0]\n\tcmovncq %[y1], %[x1]\n\t"
        "cmovncq %[y2], %[x2]\n\tcmovncq %[y3], %[x3]\n\t"
        : [x0] "+&r"(x0), [x1] "+&r"(x1), [x2] "+&r"(x2), [x3] "+&r"(x3), [y0] "=&r"(y0),
          [y1] "=&r"(y1), [y2] "=&r"(y2), [y3] "=&r"(y3), [c] "=&r"(c)
        : [b0] "m"(b[0]), [b1] "m"(b[1]), [b2] "m"(b[2]), [b3] "m"(b[3]), [p0] "m"(m.p[0]),
          [p1] "m"(m.p[1]), [p2] "m"(m.p[2]), [p3] "m"(m.p[3])
        : "cc");
    r = {x0, x1, x2, x3};
  }
  static void sub_mod(Limbs<4>& r, const Limbs<4>& a, const Limbs<4>& b,
                      const Modulus<4>& m) noexcept {
    std::uint64_t x0 = a[0], x1 = a[1], x2 = a[2], x3 = a[3], y0, y1, y2, y3;
    asm("subq %[b0], %[x0]\n\tsbbq %[b1], %[x1]\n\tsbbq %[b2], %[x2]\n\tsbbq %[b3], %[x3]\n\t"
        "sbbq %[y0], %[y0]\n\t"
        "movq %[y0], %[y1]\n\tmovq %[y0], %[y2]\n\tmovq %[y0], %[y3]\n\t"
        "andq %[p0], %[y0]\n\tandq %[p1], %[y1]\n\tandq %[p2], %[y2]\n\tandq %[p3], %[y3]\n\t"
        "addq %[y0], %[x0]\n\tadcq %[y1], %[x1]\n\tadcq %[y2], %[x2]\n\tadcq %[y3], %[x3]\n\t"
        : [x0] "+&r"(x0), [x1] "+&r"(x1), [x2] "+&r"(x2), [x3] "+&r"(x3), [y0] "=&r"(y0),
          [y1] "=&r"(y1), [y2] "=&r"(y2), [y3] "=&r"(y3)
        : [b0] "m"(b[0]), [b1] "m"(b[1]), [b2] "m"(b[2]), [b3] "m"(b[3]), [p0] "m"(m.p[0]),
          [p1] "m"(m.p[1]), [p2] "m"(m.p[2]), [p3] "m"(m.p[3])
        : "cc");
    r = {x0, x1, x2, x3};
  }
  static void half_mod(Limbs<4>& r, const Limbs<4>& a, const Modulus<4>& m) noexcept {
    std::uint64_t x0 = a[0], x1 = a[1], x2 = a[2], x3 = a[3], y0, y1, y2, y3;
    asm("movl %k[x0], %k[y0]\n\tandl $1, %k[y0]\n\tnegq %[y0]\n\t"
        "movq %[y0], %[y1]\n\tmovq %[y0], %[y2]\n\tmovq %[y0], %[y3]\n\t"
        "andq %[p0], %[y0]\n\tandq %[p1], %[y1]\n\tandq %[p2], %[y2]\n\tandq %[p3], %[y3]\n\t"
        "addq %[y0], %[x0]\n\tadcq %[y1], %[x1]\n\tadcq %[y2], %[x2]\n\tadcq %[y3], %[x3]\n\t"
        "rcrq $1, %[x3]\n\trcrq $1, %[x2]\n\trcrq $1, %[x1]\n\trcrq $1, %[x0]\n\t"
        : [x0] "+&r"(x0), [x1] "+&r"(x1), [x2] "+&r"(x2), [x3] "+&r"(x3), [y0] "=&r"(y0),
          [y1] "=&r"(y1), [y2] "=&r"(y2), [y3] "=&r"(y3)
        : [p0] "m"(m.p[0]), [p1] "m"(m.p[1]), [p2] "m"(m.p[2]), [p3] "m"(m.p[3])
        : "cc");
    r = {x0, x1, x2, x3};
  }
  static void half_mod(Limbs<6>& r, const Limbs<6>& a, const Modulus<6>& m) noexcept {
    PortableKernel::half_mod(r, a, m);
  }
  AVILA_NOINLINE static void add_mod(Limbs<6>& r, const Limbs<6>& a, const Limbs<6>& b,
                                     const Modulus<6>& m) noexcept {
    std::uint64_t x0, x1, x2, x3, x4, x5, top;
    const void* pb = &b;
    asm volatile(
        AVILA_LOAD(0, x0) AVILA_LOAD(8, x1) AVILA_LOAD(16, x2) AVILA_LOAD(24, x3) AVILA_LOAD(
            32, x4) AVILA_LOAD(40, x5) "xorl %k[top], %k[top]\n\t" AVILA_OP(addq, 0, b, x0)
            AVILA_OP(adcq, 8, b, x1) AVILA_OP(adcq, 16, b, x2) AVILA_OP(adcq, 24, b, x3) AVILA_OP(
                adcq, 32, b, x4)
                AVILA_OP(adcq, 40, b, x5) "adcq $0, %[top]\n\tmovq %[r], %[b]\n\t" AVILA_REDUCE6(
                    x0, x1, x2, x3, x4, x5, top)
        : [x0] "=&r"(x0), [x1] "=&r"(x1), [x2] "=&r"(x2), [x3] "=&r"(x3), [x4] "=&r"(x4),
          [x5] "=&r"(x5), [top] "=&r"(top), [b] "+&r"(pb)
        : [a] "r"(&a), [p] "r"(&m), [r] "r"(&r)
        : "cc", "memory");
  }
  AVILA_NOINLINE static void sub_mod(Limbs<6>& r, const Limbs<6>& a, const Limbs<6>& b,
                                     const Modulus<6>& m) noexcept {
    std::uint64_t x0, x1, x2, x3, x4, x5, top;
    const void* pb = &b;
    asm volatile(
        AVILA_LOAD(0, x0) AVILA_LOAD(8, x1) AVILA_LOAD(16, x2) AVILA_LOAD(24, x3) AVILA_LOAD(
            32, x4) AVILA_LOAD(40, x5) AVILA_OP(subq, 0, b, x0) AVILA_OP(sbbq, 8, b, x1)
            AVILA_OP(sbbq, 16, b, x2) AVILA_OP(sbbq, 24, b, x3) AVILA_OP(sbbq, 32, b, x4) AVILA_OP(
                sbbq, 40, b, x5) "sbbq %[top], %[top]\n\tmovq %[r], %[b]\n\t" AVILA_STORE(0, x0)
                AVILA_STORE(8, x1) AVILA_STORE(16, x2) AVILA_STORE(24, x3) AVILA_STORE(32, x4)
                    AVILA_STORE(40, x5) AVILA_OP(addq, 0, p, x0) AVILA_OP(adcq, 8, p, x1) AVILA_OP(
                        adcq, 16, p, x2) AVILA_OP(adcq, 24, p, x3) AVILA_OP(adcq, 32, p, x4)
                        AVILA_OP(adcq, 40, p, x5) "testq %[top], %[top]\n\t" AVILA_KEEP_NZ(0, x0)
                            AVILA_KEEP_NZ(8, x1) AVILA_KEEP_NZ(16, x2) AVILA_KEEP_NZ(24, x3)
                                AVILA_KEEP_NZ(32, x4) AVILA_KEEP_NZ(40, x5)
        : [x0] "=&r"(x0), [x1] "=&r"(x1), [x2] "=&r"(x2), [x3] "=&r"(x3), [x4] "=&r"(x4),
          [x5] "=&r"(x5), [top] "=&r"(top), [b] "+&r"(pb)
        : [a] "r"(&a), [p] "r"(&m), [r] "r"(&r)
        : "cc", "memory");
  }

  AVILA_NOINLINE static void mont_mul(Limbs<4>& r, const Limbs<4>& a, const Limbs<4>& b,
                                      const Modulus<4>& m) noexcept {
    std::uint64_t x0 = 0, x1 = 0, x2 = 0, x3 = 0, x4 = 0, x5 = 0, l, h;
    const void* pb = &b;
    Limbs<4>* pr = &r;
    asm volatile(
        AVILA_MONT4_ROW(0, x0, x1, x2, x3, x4, x5) AVILA_MONT4_ROW(8, x1, x2, x3, x4, x5, x0)
            AVILA_MONT4_ROW(16, x2, x3, x4, x5, x0, x1) AVILA_MONT4_ROW(
                24, x3, x4, x5, x0, x1, x2) "movq %[r], %[b]\n\t" AVILA_REDUCE4(x4, x5, x0, x1, x2)
        : [x0] "+&r"(x0), [x1] "+&r"(x1), [x2] "+&r"(x2), [x3] "+&r"(x3), [x4] "+&r"(x4),
          [x5] "+&r"(x5), [l] "=&r"(l), [h] "=&r"(h), [b] "+&r"(pb)
        : [a] "r"(&a), [p] "r"(&m), [r] "m"(pr)
        : "rdx", "cc", "memory");
  }
  AVILA_NOINLINE static void mont_mul(Limbs<6>& r, const Limbs<6>& a, const Limbs<6>& b,
                                      const Modulus<6>& m) noexcept {
    std::uint64_t x0 = 0, x1 = 0, x2 = 0, x3 = 0, x4 = 0, x5 = 0, x6 = 0, x7 = 0, l, h;
    const void* pb = &b;
    Limbs<6>* pr = &r;
    asm volatile(
        AVILA_MONT6_ROW(0, x0, x1, x2, x3, x4, x5, x6, x7) AVILA_MONT6_ROW(
            8, x1, x2, x3, x4, x5, x6, x7, x0) AVILA_MONT6_ROW(16, x2, x3, x4, x5, x6, x7, x0, x1)
            AVILA_MONT6_ROW(24, x3, x4, x5, x6, x7, x0, x1, x2)
                AVILA_MONT6_ROW(32, x4, x5, x6, x7, x0, x1, x2, x3) AVILA_MONT6_ROW(
                    40, x5, x6, x7, x0, x1, x2, x3,
                    x4) "movq %[r], %[b]\n\t" AVILA_REDUCE6(x6, x7, x0, x1, x2, x3, x4)
        : [x0] "+&r"(x0), [x1] "+&r"(x1), [x2] "+&r"(x2), [x3] "+&r"(x3), [x4] "+&r"(x4),
          [x5] "+&r"(x5), [x6] "+&r"(x6), [x7] "+&r"(x7), [l] "=&r"(l), [h] "=&r"(h), [b] "+&r"(pb)
        : [a] "r"(&a), [p] "r"(&m), [r] "m"(pr)
        : "rdx", "cc", "memory");
  }
  static void mont_mul(Limbs<9>& r, const Limbs<9>& a, const Limbs<9>& b,
                       const Modulus<9>& m) noexcept {
    PortableKernel::mont_mul(r, a, b, m);
  }
  template <std::size_t N>
  static void mont_sqr(Limbs<N>& r, const Limbs<N>& a, const Modulus<N>& m) noexcept {
    mont_mul(r, a, a, m);
  }

  AVILA_ALWAYS_INLINE static void p256_mul(Limbs<4>& r, const Limbs<4>& a, const Limbs<4>& b,
                                           const Modulus<4>&) noexcept {
    std::uint64_t r0, r1, r2, r3, r4, r5, r6, r7, l, h;
    const void* pb = &b;
    asm volatile(AVILA_WIDE_MUL AVILA_P256_REDUCE(b)
                 : AVILA_WIDE_OUTPUTS, [b] "+&r"(pb)
                 : [a] "r"(&a)
                 : "rdx", "cc", "memory");
    r = {r0, r1, r2, r3};
  }
  AVILA_ALWAYS_INLINE static void p256_sqr(Limbs<4>& r, const Limbs<4>& a,
                                           const Modulus<4>&) noexcept {
    std::uint64_t r0, r1, r2, r3, r4, r5, r6, r7, l, h;
    const void* pa = &a;
    asm volatile(AVILA_WIDE_SQR AVILA_P256_REDUCE(a)
                 : AVILA_WIDE_OUTPUTS, [a] "+&r"(pa)
                 :
                 : "rdx", "cc", "memory");
    r = {r0, r1, r2, r3};
  }

  AVILA_ALWAYS_INLINE static void k256_mul(Limbs<4>& r, const Limbs<4>& a, const Limbs<4>& b,
                                           const Modulus<4>&) noexcept {
    std::uint64_t r0, r1, r2, r3, r4, r5, r6, r7, l, h;
    const void* pa = &a;
    const void* pb = &b;
    asm volatile(AVILA_WIDE_MUL AVILA_K256_REDUCE(a, b)
                 : AVILA_WIDE_OUTPUTS, [a] "+&r"(pa), [b] "+&r"(pb)
                 :
                 : "rdx", "cc", "memory");
    r = {r0, r1, r2, r3};
  }
  AVILA_ALWAYS_INLINE static void k256_sqr(Limbs<4>& r, const Limbs<4>& a,
                                           const Modulus<4>&) noexcept {
    std::uint64_t r0, r1, r2, r3, r4, r5, r6, r7, l, h, k;
    const void* pa = &a;
    asm volatile(AVILA_WIDE_SQR AVILA_K256_REDUCE(a, k)
                 : AVILA_WIDE_OUTPUTS, [a] "+&r"(pa), [k] "=&r"(k)
                 :
                 : "rdx", "cc", "memory");
    r = {r0, r1, r2, r3};
  }

  // As in PortableKernel.
  static void p521_add(Limbs<9>& r, const Limbs<9>& a, const Limbs<9>& b) noexcept {
    std::uint64_t x0 = a[0], x1 = a[1], x2 = a[2], x3 = a[3], x4 = a[4], x5 = a[5], x6 = a[6],
                  x7 = a[7], x8 = a[8], l;
    asm("stc\n\tadcq 0(%[b]), %[x0]\n\tadcq 8(%[b]), %[x1]\n\tadcq 16(%[b]), %[x2]\n\t"
        "adcq 24(%[b]), %[x3]\n\tadcq 32(%[b]), %[x4]\n\tadcq 40(%[b]), %[x5]\n\t"
        "adcq 48(%[b]), %[x6]\n\tadcq 56(%[b]), %[x7]\n\tadcq 64(%[b]), %[x8]\n\t"
        "movq %[x8], %[l]\n\tandl $0x1ff, %k[x8]\n\tshrq $9, %[l]\n\txorl $1, %k[l]\n\t"
        "subq %[l], %[x0]\n\t" AVILA_BORROW9
        : AVILA_LIMBS9_OUTPUTS, [l] "=&r"(l)
        : [b] "r"(&b), "m"(b)
        : "cc");
    r = {x0, x1, x2, x3, x4, x5, x6, x7, x8};
  }
  static void p521_sub(Limbs<9>& r, const Limbs<9>& a, const Limbs<9>& b) noexcept {
    std::uint64_t x0 = a[0], x1 = a[1], x2 = a[2], x3 = a[3], x4 = a[4], x5 = a[5], x6 = a[6],
                  x7 = a[7], x8 = a[8];
    asm("subq 0(%[b]), %[x0]\n\tsbbq 8(%[b]), %[x1]\n\tsbbq 16(%[b]), %[x2]\n\t"
        "sbbq 24(%[b]), %[x3]\n\tsbbq 32(%[b]), %[x4]\n\tsbbq 40(%[b]), %[x5]\n\t"
        "sbbq 48(%[b]), %[x6]\n\tsbbq 56(%[b]), %[x7]\n\tsbbq 64(%[b]), %[x8]\n\t"
        "sbbq $0, %[x0]\n\t" AVILA_BORROW9 "andl $0x1ff, %k[x8]\n\t"
        : AVILA_LIMBS9_OUTPUTS
        : [b] "r"(&b), "m"(b)
        : "cc");
    r = {x0, x1, x2, x3, x4, x5, x6, x7, x8};
  }
  AVILA_NOINLINE static void p521_mul(Limbs<9>& r, const Limbs<9>& a, const Limbs<9>& b) noexcept {
    struct {
      Limbs<9> a;
      std::uint64_t product[18];
    } s;
    s.a = a;
    std::uint64_t x0 = 0, x1 = 0, x2 = 0, x3 = 0, x4 = 0, x5 = 0, x6 = 0, x7 = 0, x8 = 0, l, h;
    asm volatile(AVILA_WIDE9_ROW(0, x0, x1, x2, x3, x4, x5, x6, x7, x8)
                     AVILA_WIDE9_ROW(1, x1, x2, x3, x4, x5, x6, x7, x8, x0)
                         AVILA_WIDE9_ROW(2, x2, x3, x4, x5, x6, x7, x8, x0, x1)
                             AVILA_WIDE9_ROW(3, x3, x4, x5, x6, x7, x8, x0, x1, x2) AVILA_WIDE9_ROW(
                                 4, x4, x5, x6, x7, x8, x0, x1, x2, x3)
                                 AVILA_WIDE9_ROW(5, x5, x6, x7, x8, x0, x1, x2, x3, x4)
                                     AVILA_WIDE9_ROW(6, x6, x7, x8, x0, x1, x2, x3, x4, x5)
                                         AVILA_WIDE9_ROW(7, x7, x8, x0, x1, x2, x3, x4, x5, x6)
                                             AVILA_WIDE9_ROW(8, x8, x0, x1, x2, x3, x4, x5, x6, x7)
                 : AVILA_LIMBS9_OUTPUTS, [l] "=&r"(l), [h] "=&r"(h)
                 : [a] "r"(&s), [b] "r"(&b)
                 : "rdx", "cc", "memory");
    const std::uint64_t high[] = {x0, x1, x2, x3, x4, x5, x6, x7, x8};
    for (std::size_t i = 0; i < 9; ++i) s.product[9 + i] = high[i];
    Limbs<9> y;
    p521_fold(s.a, y, s.product);
    p521_add(r, s.a, y);
  }

  static void fe_add(Limbs<4>& r, const Limbs<4>& a, const Limbs<4>& b) noexcept {
    std::uint64_t x0 = a[0], x1 = a[1], x2 = a[2], x3 = a[3], c;
    asm("addq %[b0], %[x0]\n\tadcq %[b1], %[x1]\n\tadcq %[b2], %[x2]\n\tadcq %[b3], %[x3]\n\t"
        "sbbq %[c], %[c]\n\tandl $38, %k[c]\n\t"
        "addq %[c], %[x0]\n\tadcq $0, %[x1]\n\tadcq $0, %[x2]\n\tadcq $0, %[x3]\n\t"
        "sbbq %[c], %[c]\n\tandl $38, %k[c]\n\taddq %[c], %[x0]\n\t"
        : [x0] "+&r"(x0), [x1] "+&r"(x1), [x2] "+&r"(x2), [x3] "+&r"(x3), [c] "=&r"(c)
        : [b0] "rm"(b[0]), [b1] "rm"(b[1]), [b2] "rm"(b[2]), [b3] "rm"(b[3])
        : "cc");
    r = {x0, x1, x2, x3};
  }
  static void fe_sub(Limbs<4>& r, const Limbs<4>& a, const Limbs<4>& b) noexcept {
    std::uint64_t x0 = a[0], x1 = a[1], x2 = a[2], x3 = a[3], c;
    asm("subq %[b0], %[x0]\n\tsbbq %[b1], %[x1]\n\tsbbq %[b2], %[x2]\n\tsbbq %[b3], %[x3]\n\t"
        "sbbq %[c], %[c]\n\tandl $38, %k[c]\n\t"
        "subq %[c], %[x0]\n\tsbbq $0, %[x1]\n\tsbbq $0, %[x2]\n\tsbbq $0, %[x3]\n\t"
        "sbbq %[c], %[c]\n\tandl $38, %k[c]\n\tsubq %[c], %[x0]\n\t"
        : [x0] "+&r"(x0), [x1] "+&r"(x1), [x2] "+&r"(x2), [x3] "+&r"(x3), [c] "=&r"(c)
        : [b0] "rm"(b[0]), [b1] "rm"(b[1]), [b2] "rm"(b[2]), [b3] "rm"(b[3])
        : "cc");
    r = {x0, x1, x2, x3};
  }
  AVILA_ALWAYS_INLINE static void fe_mul(Limbs<4>& r, const Limbs<4>& a,
                                         const Limbs<4>& b) noexcept {
    std::uint64_t r0, r1, r2, r3, r4, r5, r6, r7, l, h;
    asm volatile(AVILA_WIDE_MUL AVILA_FOLD
                 : AVILA_WIDE_OUTPUTS
                 : [a] "r"(&a), [b] "r"(&b)
                 : "rdx", "cc", "memory");
    r = {r0, r1, r2, r3};
  }
  AVILA_ALWAYS_INLINE static void fe_sqr(Limbs<4>& r, const Limbs<4>& a) noexcept {
    std::uint64_t r0, r1, r2, r3, r4, r5, r6, r7, l, h;
    asm volatile(AVILA_WIDE_SQR AVILA_FOLD
                 : AVILA_WIDE_OUTPUTS
                 : [a] "r"(&a)
                 : "rdx", "cc", "memory");
    r = {r0, r1, r2, r3};
  }
  static void fe_mul_small(Limbs<4>& r, const Limbs<4>& a, std::uint64_t k) noexcept {
    std::uint64_t x0, x1, x2, x3, l, h;
    asm("mulxq %[a0], %[x0], %[x1]\n\t"
        "mulxq %[a1], %[l], %[x2]\n\taddq %[l], %[x1]\n\t"
        "mulxq %[a2], %[l], %[x3]\n\tadcq %[l], %[x2]\n\t"
        "mulxq %[a3], %[l], %[h]\n\tadcq %[l], %[x3]\n\tadcq $0, %[h]\n\t"
        "imulq $38, %[h], %[h]\n\t"
        "addq %[h], %[x0]\n\tadcq $0, %[x1]\n\tadcq $0, %[x2]\n\tadcq $0, %[x3]\n\t"
        "sbbq %[l], %[l]\n\tandl $38, %k[l]\n\taddq %[l], %[x0]\n\t"
        : [x0] "=&r"(x0), [x1] "=&r"(x1), [x2] "=&r"(x2), [x3] "=&r"(x3), [l] "=&r"(l), [h] "=&r"(h)
        : [a0] "rm"(a[0]), [a1] "rm"(a[1]), [a2] "rm"(a[2]), [a3] "rm"(a[3]), "d"(k)
        : "cc");
    r = {x0, x1, x2, x3};
  }

  template <std::size_t kWords>
  AVILA_TARGET_AVX2 static void lookup(std::uint64_t* out, const std::uint64_t* table,
                                       std::size_t entries, std::uint64_t index) noexcept {
    typedef std::uint64_t Quad __attribute__((vector_size(32)));
    constexpr std::size_t kQuads = kWords / 4, kRest = kWords % 4;
    Quad sum[kQuads] = {};
    std::uint64_t rest[kRest + 1] = {};
    const Quad wanted = {index, index, index, index};
    Quad now = {};
    for (std::size_t i = 0; i < entries; ++i, now += 1) {
      const Quad mask = (Quad)(now == wanted);
      for (std::size_t q = 0; q < kQuads; ++q) {
        Quad entry;
        __builtin_memcpy(&entry, table + i * kWords + 4 * q, sizeof entry);
        sum[q] |= mask & entry;
      }
      for (std::size_t w = 0; w < kRest; ++w)
        rest[w] |= mask[0] & table[i * kWords + 4 * kQuads + w];
    }
    __builtin_memcpy(out, sum, sizeof sum);
    for (std::size_t w = 0; w < kRest; ++w) out[4 * kQuads + w] = rest[w];
  }
};

#undef AVILA_MAC
#undef AVILA_CLEAR_FLAGS
#undef AVILA_WIDE_ROW
#undef AVILA_WIDE_MUL
#undef AVILA_WIDE_SQR
#undef AVILA_FOLD_MAC
#undef AVILA_FOLD
#undef AVILA_P256_ROUND
#undef AVILA_P256_REDUCE
#undef AVILA_WIDE_OUTPUTS
#undef AVILA_K256_ROUND
#undef AVILA_K256_REDUCE
#undef AVILA_MONT4_ROW
#undef AVILA_MONT6_ROW
#undef AVILA_WIDE9_ROW
#undef AVILA_LIMBS9_OUTPUTS
#undef AVILA_BORROW9
#undef AVILA_STORE
#undef AVILA_KEEP
#undef AVILA_REDUCE4
#undef AVILA_REDUCE6
#undef AVILA_LOAD
#undef AVILA_OP
#undef AVILA_KEEP_NZ

#endif  // AVILA_FIELD_ADX
}  // namespace avila::field::detail
