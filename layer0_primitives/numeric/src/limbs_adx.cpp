// The quadratic kernels for x86-64 with BMI2 and ADX: MULX leaves the flags alone, so that two
// carry chains run side by side, ADCX on CF (the product's own) and ADOX on OF (the sum with r).
// Inline assembly, because compilers serialise the two chains. Loops count with LEA and JRCXZ,
// which touch no flag. A row of n limbs is n % 8 steps, then blocks of eight.
#include "limbs.hpp"

#if defined(__x86_64__)

namespace avila::numeric::detail {
namespace {

// lo:next = a[off] * rdx; lo += previous high; r[off] = lo (+ r[off]).
#define MUL_STEP(off, previous, next)     \
  "mulxq " #off "(%[a]), %[lo], %[" #next \
  "]\n\t"                                 \
  "adcxq %[" #previous                    \
  "], %[lo]\n\t"                          \
  "movq %[lo], " #off "(%[r])\n\t"
#define ADD_STEP(off, previous, next)     \
  "mulxq " #off "(%[a]), %[lo], %[" #next \
  "]\n\t"                                 \
  "adcxq %[" #previous                    \
  "], %[lo]\n\t"                          \
  "adoxq " #off                           \
  "(%[r]), %[lo]\n\t"                     \
  "movq %[lo], " #off "(%[r])\n\t"
// r - p = ~(~r + p), and the borrow is the carry of that sum: both chains stay additions.
#define SUB_STEP(off, previous, next)     \
  "mulxq " #off "(%[a]), %[lo], %[" #next \
  "]\n\t"                                 \
  "movq " #off                            \
  "(%[r]), %[t]\n\t"                      \
  "notq %[t]\n\t"                         \
  "adcxq %[" #previous                    \
  "], %[lo]\n\t"                          \
  "adoxq %[lo], %[t]\n\t"                 \
  "notq %[t]\n\t"                         \
  "movq %[t], " #off "(%[r])\n\t"

#define ROW_0(S) ""
#define ROW_1(S) S(0, h0, h1) "movq %[h1], %[h0]\n\t"
#define ROW_2(S) S(0, h0, h1) S(8, h1, h0)
#define ROW_3(S) ROW_2(S) S(16, h0, h1) "movq %[h1], %[h0]\n\t"
#define ROW_4(S) ROW_2(S) S(16, h0, h1) S(24, h1, h0)
#define ROW_5(S) ROW_4(S) S(32, h0, h1) "movq %[h1], %[h0]\n\t"
#define ROW_6(S) ROW_4(S) S(32, h0, h1) S(40, h1, h0)
#define ROW_7(S) ROW_6(S) S(48, h0, h1) "movq %[h1], %[h0]\n\t"
#define ROW_8(S) ROW_6(S) S(48, h0, h1) S(56, h1, h0)

#define DEFINE_ROW(name, kRest, S)                                                            \
  Limb name##_##kRest(Limb* r, const Limb* a, std::size_t blocks, Limb b) noexcept {          \
    Limb lo, h0, h1, t;                                                                       \
    asm volatile("xorl %k[h0], %k[h0]\n\t" ROW_##kRest(S)                                   \
                 "leaq 8*" #kRest "(%[a]), %[a]\n\t"                                        \
                 "leaq 8*" #kRest "(%[r]), %[r]\n\t"                                        \
                 "jrcxz 3f\n\t" /* JRCXZ reaches 127 bytes */                                \
                 "jmp 1f\n"                                                                 \
                 "3:\n\t"                                                                   \
                 "jmp 2f\n\t"                                                               \
                 ".p2align 4\n"                                                             \
                 "1:\n\t" ROW_8(S)                                                          \
                 "leaq 64(%[a]), %[a]\n\t"                                                  \
                 "leaq 64(%[r]), %[r]\n\t"                                                  \
                 "leaq -1(%%rcx), %%rcx\n\t"                                                \
                 "jrcxz 2f\n\t"                                                             \
                 "jmp 1b\n"                                                                 \
                 "2:\n\t"                                                                   \
                 "movl $0, %k[t]\n\t"                                                       \
                 "adcxq %[t], %[h0]\n\t"                                                    \
                 "adoxq %[t], %[h0]\n\t"                                                    \
                 : [r] "+r"(r), [a] "+r"(a), "+c"(blocks), [lo] "=&r"(lo), [h0] "=&r"(h0),  \
                   [h1] "=&r"(h1), [t] "=&r"(t)                                             \
                 : "d"(b)                                                                   \
                 : "cc", "memory"); \
    return h0;                                                                                \
  }
#define DEFINE_ROWS(name, S)                                                 \
  DEFINE_ROW(name, 0, S)                                                     \
  DEFINE_ROW(name, 1, S)                                                     \
  DEFINE_ROW(name, 2, S)                                                     \
  DEFINE_ROW(name, 3, S)                                                     \
  DEFINE_ROW(name, 4, S)                                                     \
  DEFINE_ROW(name, 5, S)                                                     \
  DEFINE_ROW(name, 6, S)                                                     \
  DEFINE_ROW(name, 7, S)                                                     \
  constexpr RowFn name##_rows[8] = {name##_0, name##_1, name##_2, name##_3,  \
                                    name##_4, name##_5, name##_6, name##_7}; \
  Limb name(Limb* r, const Limb* a, std::size_t n, Limb b) noexcept {        \
    return name##_rows[n % 8](r, a, n / 8, b);                               \
  }

using RowFn = Limb (*)(Limb*, const Limb*, std::size_t, Limb) noexcept;
DEFINE_ROWS(mul_row, MUL_STEP)
DEFINE_ROWS(addmul_row, ADD_STEP)
DEFINE_ROWS(submul_row, SUB_STEP)

void mul_basecase(Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn) noexcept {
  const RowFn row = addmul_row_rows[an % 8];
  const std::size_t blocks = an / 8;
  r[an] = mul_row_rows[an % 8](r, a, blocks, b[0]);
  for (std::size_t j = 1; j < bn; ++j) r[an + j] = row(r + j, a, blocks, b[j]);
}

// r = 2 r + the squares of a's limbs at even places.
void double_and_add_squares(Limb* r, const Limb* a, std::size_t n) noexcept {
  Limb lo, hi, t;
  asm volatile(
      "xorl %k[t], %k[t]\n"
      "1:\n\t"
      "movq (%[a]), %%rdx\n\t"
      "mulxq %%rdx, %[lo], %[hi]\n\t"
      "movq (%[r]), %[t]\n\t"
      "adcxq %[t], %[t]\n\t"
      "adoxq %[lo], %[t]\n\t"
      "movq %[t], (%[r])\n\t"
      "movq 8(%[r]), %[t]\n\t"
      "adcxq %[t], %[t]\n\t"
      "adoxq %[hi], %[t]\n\t"
      "movq %[t], 8(%[r])\n\t"
      "leaq 8(%[a]), %[a]\n\t"
      "leaq 16(%[r]), %[r]\n\t"
      "leaq -1(%%rcx), %%rcx\n\t"
      "jrcxz 2f\n\t"
      "jmp 1b\n"
      "2:\n\t"
      : [r] "+r"(r), [a] "+r"(a), "+c"(n), [lo] "=&r"(lo), [hi] "=&r"(hi), [t] "=&r"(t)
      :
      : "rdx", "cc", "memory");
}

void sqr_basecase(Limb* r, const Limb* a, std::size_t n) noexcept {
  r[0] = r[2 * n - 1] = 0;
  if (n > 1) {
    r[n] = mul_row(r + 1, a + 1, n - 1, a[0]);
    for (std::size_t i = 1; i + 1 < n; ++i)
      r[n + i] = addmul_row(r + 2 * i + 1, a + i + 1, n - i - 1, a[i]);
  }
  double_and_add_squares(r, a, n);
}

void montgomery_reduce(Limb* t, const Limb* m, std::size_t n, Limb inverse) noexcept {
  const RowFn row = addmul_row_rows[n % 8];
  for (std::size_t i = 0; i < n; ++i) t[i] = row(t + i, m, n / 8, t[i] * inverse);
  const Limb carry = add_n(t + n, t + n, t, n);
  if (carry != 0 || compare(t + n, m, n) >= 0) sub_n(t + n, t + n, m, n);
}

}  // namespace

const LimbKernels kAdxKernels{"adx",        mul_row,      addmul_row,       submul_row,
                              mul_basecase, sqr_basecase, montgomery_reduce};

}  // namespace avila::numeric::detail

#endif
