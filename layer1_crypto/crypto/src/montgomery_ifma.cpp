#include "montgomery_ifma.hpp"

#include <avila/error/assert.hpp>
#include <avila/primitives/wide.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/dispatch.hpp>
#include <bit>
#if AVILA_X86_64
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // g++ 12 on _mm512_undefined_epi32 of its headers
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#endif

namespace avila::crypto::detail {

namespace {

constexpr Limb kDigitMask = (Limb{1} << kDigitBits) - 1;

constexpr std::size_t kDigitCounts[] = {20, 32, 40, 64, 80};

}  // namespace

bool use_ifma() noexcept {
  constexpr simd::Kernel<bool> kKernels[] = {{"avx512ifma", simd::has_avx512ifma, true},
                                             {"portable", simd::always, false}};
  static const bool chosen = AVILA_X86_64 != 0 && simd::select(kKernels);
  return chosen;
}

std::size_t ifma_digits(std::size_t bits) noexcept {
  for (const std::size_t digits : kDigitCounts)  // 4 m < 2^(52 digits)
    if (kDigitBits * digits >= bits + 2) return digits;
  return 0;
}

std::size_t ifma_doublings(std::size_t digits) noexcept {
  const std::size_t bits = kDigitBits * digits;
  return bits >> std::countr_zero(bits);
}

void to_digits(MutableLimbSpan digits, LimbSpan limbs) noexcept {
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::size_t bit = kDigitBits * i, limb = bit / 64, shift = bit % 64;
    Limb digit = limb < limbs.size() ? limbs[limb] >> shift : 0;
    if (shift > 64 - kDigitBits && limb + 1 < limbs.size())
      digit |= limbs[limb + 1] << (64 - shift);
    digits[i] = digit & kDigitMask;
  }
}

void from_digits(MutableLimbSpan limbs, LimbSpan digits) noexcept {
  for (Limb& limb : limbs) limb = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::size_t bit = kDigitBits * i, limb = bit / 64, shift = bit % 64;
    if (limb < limbs.size()) limbs[limb] |= digits[i] << shift;
    if (shift > 64 - kDigitBits && limb + 1 < limbs.size())
      limbs[limb + 1] |= digits[i] >> (64 - shift);
  }
}

#if AVILA_X86_64

namespace {

#define AVILA_IFMA AVILA_TARGET_AVX512IFMA AVILA_ALWAYS_INLINE

struct Four {  // digits in a register
  using V = __m256i;
  static constexpr int kLanes = 4;
  AVILA_IFMA static V zero() noexcept { return _mm256_setzero_si256(); }
  AVILA_IFMA static V load(const Limb* p) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<const V*>(p));
  }
  AVILA_IFMA static void store(Limb* p, V v) noexcept {
    _mm256_storeu_si256(reinterpret_cast<V*>(p), v);
  }
  AVILA_IFMA static V all(Limb x) noexcept { return _mm256_set1_epi64x(static_cast<long long>(x)); }
  AVILA_IFMA static V first(V v) noexcept {
    return _mm256_broadcastq_epi64(_mm256_castsi256_si128(v));
  }
  AVILA_IFMA static V low(V sum, V a, V b) noexcept { return _mm256_madd52lo_epu64(sum, a, b); }
  AVILA_IFMA static V high(V sum, V a, V b) noexcept { return _mm256_madd52hi_epu64(sum, a, b); }
  AVILA_IFMA static V add(V a, V b) noexcept { return _mm256_add_epi64(a, b); }
  AVILA_IFMA static V carry(V v) noexcept { return _mm256_srli_epi64(v, kDigitBits); }
  AVILA_IFMA static V carry_of_first(V v) noexcept {
    return _mm256_maskz_srli_epi64(1, v, kDigitBits);
  }
  AVILA_IFMA static V cut(V v) noexcept { return _mm256_and_si256(v, all(kDigitMask)); }
  AVILA_IFMA static V down(V next, V v) noexcept { return _mm256_alignr_epi64(next, v, 1); }
  AVILA_IFMA static V up(V v, V before) noexcept { return _mm256_alignr_epi64(v, before, 3); }
  AVILA_IFMA static unsigned above(V v) noexcept {
    return _mm256_cmpgt_epu64_mask(v, all(kDigitMask));
  }
  AVILA_IFMA static unsigned full(V v) noexcept {
    return _mm256_cmpeq_epu64_mask(v, all(kDigitMask));
  }
  AVILA_IFMA static V add_one(V v, unsigned where) noexcept {
    return _mm256_mask_sub_epi64(v, static_cast<__mmask8>(where), v, all(~Limb{0}));
  }
  AVILA_IFMA static V keep(V v, Limb i, Limb wanted, const Limb* p) noexcept {
    return _mm256_mask_loadu_epi64(v, _mm256_cmpeq_epu64_mask(all(i), all(wanted)), p);
  }
};

struct Eight {
  using V = __m512i;
  static constexpr int kLanes = 8;
  AVILA_IFMA static V zero() noexcept { return _mm512_setzero_si512(); }
  AVILA_IFMA static V load(const Limb* p) noexcept { return _mm512_loadu_si512(p); }
  AVILA_IFMA static void store(Limb* p, V v) noexcept { _mm512_storeu_si512(p, v); }
  AVILA_IFMA static V all(Limb x) noexcept { return _mm512_set1_epi64(static_cast<long long>(x)); }
  AVILA_IFMA static V first(V v) noexcept {
    return _mm512_broadcastq_epi64(_mm512_castsi512_si128(v));
  }
  AVILA_IFMA static V low(V sum, V a, V b) noexcept { return _mm512_madd52lo_epu64(sum, a, b); }
  AVILA_IFMA static V high(V sum, V a, V b) noexcept { return _mm512_madd52hi_epu64(sum, a, b); }
  AVILA_IFMA static V add(V a, V b) noexcept { return _mm512_add_epi64(a, b); }
  AVILA_IFMA static V carry(V v) noexcept { return _mm512_srli_epi64(v, kDigitBits); }
  AVILA_IFMA static V carry_of_first(V v) noexcept {
    return _mm512_maskz_srli_epi64(1, v, kDigitBits);
  }
  AVILA_IFMA static V cut(V v) noexcept { return _mm512_and_si512(v, all(kDigitMask)); }
  AVILA_IFMA static V down(V next, V v) noexcept { return _mm512_alignr_epi64(next, v, 1); }
  AVILA_IFMA static V up(V v, V before) noexcept { return _mm512_alignr_epi64(v, before, 7); }
  AVILA_IFMA static unsigned above(V v) noexcept {
    return _mm512_cmpgt_epu64_mask(v, all(kDigitMask));
  }
  AVILA_IFMA static unsigned full(V v) noexcept {
    return _mm512_cmpeq_epu64_mask(v, all(kDigitMask));
  }
  AVILA_IFMA static V add_one(V v, unsigned where) noexcept {
    return _mm512_mask_sub_epi64(v, static_cast<__mmask8>(where), v, all(~Limb{0}));
  }
  AVILA_IFMA static V keep(V v, Limb i, Limb wanted, const Limb* p) noexcept {
    return _mm512_mask_loadu_epi64(v, _mm512_cmpeq_epu64_mask(all(i), all(wanted)), p);
  }
};

/// One product: r = a b / 2^(52 digits) mod m, or that and m, for a and b below 2 m.
struct Product {
  Limb* r;
  const Limb *a, *b, *m;
  Limb k0;
};

/// Sums of digits to digits: carries of many bits once, then those of one bit all at once, by the
/// carries of an ordinary addition.
template <class T, int N>
AVILA_IFMA void normalize(Limb* r, typename T::V (&sum)[N]) noexcept {
  using V = typename T::V;
  using Mask = std::conditional_t<(N * T::kLanes > 64), u128, std::uint64_t>;
  V before = T::zero();
#pragma GCC unroll 16
  for (int j = 0; j < N; ++j) {
    const V carry = T::carry(sum[j]);
    sum[j] = T::add(T::cut(sum[j]), T::up(carry, before));
    before = carry;
  }
  Mask above = 0, full = 0;
#pragma GCC unroll 16
  for (int j = 0; j < N; ++j) {
    above |= static_cast<Mask>(T::above(sum[j])) << (j * T::kLanes);
    full |= static_cast<Mask>(T::full(sum[j])) << (j * T::kLanes);
  }
  const Mask ones = (static_cast<Mask>(above << 1) + full) ^ full;
#pragma GCC unroll 16
  for (int j = 0; j < N; ++j) {
    const auto where = static_cast<unsigned>(ones >> (j * T::kLanes)) & ((1U << T::kLanes) - 1);
    T::store(r + j * T::kLanes, T::cut(T::add_one(sum[j], where)));
  }
}

/// kCount products side by side, so that one computes while another waits for its quotient digit.
/// Never inlined: g++ 12 miscompiles the copies of it for ten vectors in pow_kernel().
template <class T, int N, int kCount>
AVILA_TARGET_AVX512IFMA AVILA_NOINLINE void multiply(const Product (&products)[kCount]) noexcept {
  using V = typename T::V;
  V sum[kCount][N];
#pragma GCC unroll 2
  for (int c = 0; c < kCount; ++c)
#pragma GCC unroll 16
    for (int j = 0; j < N; ++j) sum[c][j] = T::zero();
  for (int i = 0; i < N * T::kLanes; ++i) {
    V b[kCount], y[kCount];
#pragma GCC unroll 2
    for (int c = 0; c < kCount; ++c) {
      const Product& p = products[c];
      b[c] = T::all(p.b[i]);
#pragma GCC unroll 16
      for (int j = 0; j < N; ++j) sum[c][j] = T::low(sum[c][j], T::load(p.a + j * T::kLanes), b[c]);
      y[c] = T::first(T::low(T::zero(), sum[c][0], T::all(p.k0)));
    }
#pragma GCC unroll 2
    for (int c = 0; c < kCount; ++c) {
      const Product& p = products[c];
#pragma GCC unroll 16
      for (int j = 0; j < N; ++j) sum[c][j] = T::low(sum[c][j], T::load(p.m + j * T::kLanes), y[c]);
      const V carry = T::carry_of_first(sum[c][0]);
#pragma GCC unroll 16
      for (int j = 0; j < N; ++j)
        sum[c][j] = T::down(j + 1 < N ? sum[c][j + 1] : T::zero(), sum[c][j]);
      sum[c][0] = T::add(sum[c][0], carry);
#pragma GCC unroll 16
      for (int j = 0; j < N; ++j) {
        sum[c][j] = T::high(sum[c][j], T::load(p.a + j * T::kLanes), b[c]);
        sum[c][j] = T::high(sum[c][j], T::load(p.m + j * T::kLanes), y[c]);
      }
    }
  }
#pragma GCC unroll 2
  for (int c = 0; c < kCount; ++c) normalize<T, N>(products[c].r, sum[c]);
}

template <class T, int N>
AVILA_IFMA void lookup(Limb* out, const Limb* table, Limb wanted) noexcept {
  typename T::V entry[N];
#pragma GCC unroll 16
  for (int j = 0; j < N; ++j) entry[j] = T::zero();
  for (std::size_t i = 0; i < kPowerEntries; ++i)
#pragma GCC unroll 16
    for (int j = 0; j < N; ++j)
      entry[j] =
          T::keep(entry[j], i, wanted, table + (i * N + static_cast<std::size_t>(j)) * T::kLanes);
#pragma GCC unroll 16
  for (int j = 0; j < N; ++j) T::store(out + j * T::kLanes, entry[j]);
}

template <class T, int N, int kCount>
AVILA_TARGET_AVX512IFMA void pow_kernel(const IfmaTask* tasks) {
  constexpr std::size_t n = N * T::kLanes;
  Limbs table(kCount * kPowerEntries * n), sum(kCount * n), factor(kCount * n), one(n);
  one[0] = 1;
  const auto entry = [&](int c, std::size_t e) {
    return table.data() + (static_cast<std::size_t>(c) * kPowerEntries + e) * n;
  };
  Product products[kCount];
  const auto set = [&](int c, Limb* r, const Limb* a, const Limb* b) {
    products[c] = {r, a, b, tasks[c].modulus->m.data(), tasks[c].modulus->k0};
  };
  const auto at = [&](Limbs& all, int c) { return all.data() + static_cast<std::size_t>(c) * n; };

  for (int c = 0; c < kCount; ++c) set(c, entry(c, 0), tasks[c].modulus->r2.data(), one.data());
  multiply<T, N, kCount>(products);
  for (int c = 0; c < kCount; ++c) {
    to_digits(sum.part(static_cast<std::size_t>(c) * n, n), tasks[c].base);
    set(c, entry(c, 1), at(sum, c), tasks[c].modulus->r2.data());
  }
  multiply<T, N, kCount>(products);
  for (std::size_t e = 2; e < kPowerEntries; ++e) {
    for (int c = 0; c < kCount; ++c) set(c, entry(c, e), entry(c, e - 1), entry(c, 1));
    multiply<T, N, kCount>(products);
  }

  const std::size_t windows = (64 * tasks[0].exponent.size() + kPowerWindow - 1) / kPowerWindow;
  for (std::size_t w = windows; w-- > 0;) {
    const bool top = w + 1 == windows;
    for (int c = 0; c < kCount; ++c) set(c, at(sum, c), at(sum, c), at(sum, c));
    for (std::size_t i = 0; i < kPowerWindow && !top; ++i) multiply<T, N, kCount>(products);
    for (int c = 0; c < kCount; ++c) {
      lookup<T, N>(at(top ? sum : factor, c), entry(c, 0),
                   exponent_window(tasks[c].exponent, w * kPowerWindow));
      set(c, at(sum, c), at(sum, c), at(factor, c));
    }
    if (!top) multiply<T, N, kCount>(products);
  }
  for (int c = 0; c < kCount; ++c) set(c, at(sum, c), at(sum, c), one.data());
  multiply<T, N, kCount>(products);
  for (int c = 0; c < kCount; ++c)
    from_digits(tasks[c].r, sum.part(static_cast<std::size_t>(c) * n, n));
}

template <class T, int N>
AVILA_TARGET_AVX512IFMA void multiply_into(Limbs& r, const Limbs& a, const Limbs& b,
                                           const IfmaModulus& modulus) noexcept {
  const Product product[1] = {{r.data(), a.data(), b.data(), modulus.m.data(), modulus.k0}};
  multiply<T, N, 1>(product);
}

template <class T, int N>
AVILA_TARGET_AVX512IFMA void pow_public_kernel(const IfmaTask& task, std::uint64_t exponent) {
  constexpr std::size_t n = N * T::kLanes;
  Limbs base(n), form(n), sum(n);
  const IfmaModulus& modulus = *task.modulus;
  to_digits(base, task.base);
  multiply_into<T, N>(form, base, modulus.r2, modulus);
  for (std::size_t i = 0; i < n; ++i) sum[i] = form[i];
  for (int i = static_cast<int>(std::bit_width(exponent)) - 2; i >= 0; --i) {
    multiply_into<T, N>(sum, sum, sum, modulus);
    if (i != 0 && (exponent >> i & 1) != 0) multiply_into<T, N>(sum, sum, form, modulus);
  }
  // The last product takes it out of Montgomery form: by the plain base, or by one.
  if ((exponent & 1) == 0 || exponent == 1) {
    for (std::size_t i = 0; i < n; ++i) base[i] = i == 0;
  }
  multiply_into<T, N>(sum, sum, base, modulus);
  from_digits(task.r, sum);
}

template <class T, int N>
AVILA_TARGET_AVX512IFMA void finish_kernel(IfmaModulus& modulus) {
  const int squarings = std::countr_zero(kDigitBits * modulus.digits);
  for (int i = 0; i < squarings; ++i)
    multiply_into<T, N>(modulus.r2, modulus.r2, modulus.r2, modulus);
}

/// use.operator()<T, N>() for so many digits.
template <class Use>
void with_digits(std::size_t digits, Use&& use) {
  switch (digits) {
    case 20: return use.template operator()<Four, 5>();
    case 32: return use.template operator()<Eight, 4>();
    case 40: return use.template operator()<Eight, 5>();
    case 64: return use.template operator()<Eight, 8>();
    default: return use.template operator()<Eight, 10>();
  }
}

}  // namespace

void ifma_pow(std::span<const IfmaTask> tasks) {
  with_digits(tasks[0].modulus->digits, [&]<class T, int N>() {
    if (tasks.size() == 1)
      pow_kernel<T, N, 1>(tasks.data());
    else
      pow_kernel<T, N, 2>(tasks.data());
  });
}

void ifma_pow_public(const IfmaTask& task, std::uint64_t exponent) {
  with_digits(task.modulus->digits,
              [&]<class T, int N>() { pow_public_kernel<T, N>(task, exponent); });
}

void ifma_finish(IfmaModulus& modulus, LimbSpan start) {
  to_digits(modulus.r2, start);
  with_digits(modulus.digits, [&]<class T, int N>() { finish_kernel<T, N>(modulus); });
}

#else

void ifma_pow(std::span<const IfmaTask>) { AVILA_ASSERT(false); }
void ifma_pow_public(const IfmaTask&, std::uint64_t) { AVILA_ASSERT(false); }
void ifma_finish(IfmaModulus&, LimbSpan) { AVILA_ASSERT(false); }

#endif

}  // namespace avila::crypto::detail
