// The transforms of ntt.hpp in doubles, four lanes: residues are integers in a double, of size
// below 2.2 p, products are reduced exactly with fused multiply-adds.
//
// Bounds, in units of p < 2^49.5 (a double is exact to 2^53 = 11.3 p): mul(a, w) with |w| <= 1/2
// has a quotient of at most |a| p / 2, wrong by at most 3 roundings, so the answer is at most
// 1/2 + 0.133 |a|. Forward: B = 1/2 + (1/2 + 0.133 B) + (1/2 + 0.133 (B + 1/2 + 0.133 B)) gives
// B < 2.2; inverse: B = 2 (1/2 + 0.265 B) gives B < 2.2, and its sums 4 B < 11.3.
#include "ntt.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

#include <array>
#include <atomic>
#include <avila/simd/target.hpp>
#include <memory>
#include <mutex>

#include "scratch.hpp"

namespace avila::numeric::detail {
namespace {

#define NTT_INLINE AVILA_TARGET_AVX2_FMA AVILA_ALWAYS_INLINE
using V = __m256d;

double centered(Limb a, Limb p) noexcept {
  return a > p / 2 ? -static_cast<double>(p - a) : static_cast<double>(a);
}

// ---- twiddles: made on first use of a length, kept
struct Table {
  explicit Table(std::size_t n) : memory(6 * n) {}
  Scratch<double> memory;
  const double* forward[3];  // w c^0, w c^1, w c^2
  const double* inverse[3];
};

const Table& twiddles(int prime, NttShape shape) {
  struct Slot {
    std::atomic<const Table*> ready{nullptr};
    std::unique_ptr<Table> owner;
  };
  static std::mutex mutex;
  static std::array<std::array<Slot, 64>, kNttPrimes> slots;
  Slot& slot = slots[static_cast<std::size_t>(prime)][shape.log * 2 + (shape.three ? 1 : 0)];
  // Acquire: pairs with the release below, so that the table's contents are seen.
  if (const Table* table = slot.ready.load(std::memory_order_acquire)) return *table;
  const std::scoped_lock lock(mutex);
  if (slot.owner == nullptr) {
    const std::size_t n = std::size_t{1} << shape.log >> 1;
    const Limb p = kNttPrimeTable[prime].p;
    auto table = std::make_unique<Table>(n);
    Scratch<Limb> values(n), inverses(n);
    for (int which = 0; which < 3; ++which) {
      double* const out = table->memory + static_cast<std::size_t>(which) * 2 * n;
      table->forward[which] = out;
      table->inverse[which] = out + n;
      if (which != 0 && !shape.three) continue;
      ntt_twiddles(values, prime, shape.log - 1, which);
      for (std::size_t j = 0; j < n; ++j) out[j] = centered(values[j], p);
      ntt_inverse_twiddles(inverses, values, prime, shape.log - 1);
      for (std::size_t j = 0; j < n; ++j) out[n + j] = centered(inverses[j], p);
    }
    slot.owner = std::move(table);
    slot.ready.store(slot.owner.get(), std::memory_order_release);
  }
  return *slot.owner;
}

// ---- modular arithmetic
struct Modulus {
  V p, inverse;
};
NTT_INLINE V splat(double x) noexcept { return _mm256_set1_pd(x); }
NTT_INLINE V rounded(V x) noexcept {
  return _mm256_round_pd(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
NTT_INLINE V mul(V a, V b, const Modulus& m) noexcept {
  const V high = _mm256_mul_pd(a, b);
  const V quotient = rounded(_mm256_mul_pd(high, m.inverse));
  const V low = _mm256_fmsub_pd(a, b, high);
  return _mm256_add_pd(_mm256_fnmadd_pd(quotient, m.p, high), low);
}
NTT_INLINE V reduce(V a, const Modulus& m) noexcept {
  return _mm256_fnmadd_pd(rounded(_mm256_mul_pd(a, m.inverse)), m.p, a);
}
NTT_INLINE V add(V a, V b) noexcept { return _mm256_add_pd(a, b); }
NTT_INLINE V sub(V a, V b) noexcept { return _mm256_sub_pd(a, b); }

struct Quad {
  V v0, v1, v2, v3;
};
NTT_INLINE Quad butterfly4(Quad a, V s, V s2, V s3, const Modulus& m) noexcept {
  const V a0 = reduce(a.v0, m);
  const V t2 = mul(a.v2, s, m);
  const V t3 = mul(a.v3, s, m);
  const V u1 = mul(add(a.v1, t3), s2, m);
  const V u3 = mul(sub(a.v1, t3), s3, m);
  const V b0 = add(a0, t2);
  const V b2 = sub(a0, t2);
  return {add(b0, u1), sub(b0, u1), add(b2, u3), sub(b2, u3)};
}
NTT_INLINE Quad unbutterfly4(Quad y, V s, V s2, V s3, const Modulus& m) noexcept {
  const V b0 = add(y.v0, y.v1);
  const V b1 = mul(sub(y.v0, y.v1), s2, m);
  const V b2 = add(y.v2, y.v3);
  const V b3 = mul(sub(y.v2, y.v3), s3, m);
  return {reduce(add(b0, b2), m), add(b1, b3), mul(sub(b0, b2), s, m), mul(sub(b1, b3), s, m)};
}
NTT_INLINE Quad transpose(Quad a) noexcept {
  const V t0 = _mm256_unpacklo_pd(a.v0, a.v1);
  const V t1 = _mm256_unpackhi_pd(a.v0, a.v1);
  const V t2 = _mm256_unpacklo_pd(a.v2, a.v3);
  const V t3 = _mm256_unpackhi_pd(a.v2, a.v3);
  return {_mm256_permute2f128_pd(t0, t2, 0x20), _mm256_permute2f128_pd(t1, t3, 0x20),
          _mm256_permute2f128_pd(t0, t2, 0x31), _mm256_permute2f128_pd(t1, t3, 0x31)};
}
NTT_INLINE Quad load4(const double* x, std::size_t step) noexcept {
  return {_mm256_load_pd(x), _mm256_load_pd(x + step), _mm256_load_pd(x + 2 * step),
          _mm256_load_pd(x + 3 * step)};
}
NTT_INLINE void store4(double* x, std::size_t step, Quad a) noexcept {
  _mm256_store_pd(x, a.v0);
  _mm256_store_pd(x + step, a.v1);
  _mm256_store_pd(x + 2 * step, a.v2);
  _mm256_store_pd(x + 3 * step, a.v3);
}
// w[0], w[2], w[4], w[6] and w[1], w[3], w[5], w[7].
NTT_INLINE void deinterleave(const double* w, V& even, V& odd) noexcept {
  const V low = _mm256_loadu_pd(w);
  const V high = _mm256_loadu_pd(w + 4);
  even = _mm256_permute4x64_pd(_mm256_unpacklo_pd(low, high), 0xD8);
  odd = _mm256_permute4x64_pd(_mm256_unpackhi_pd(low, high), 0xD8);
}

// Sixteen points, the last four levels. X and Y: the tables of even and odd levels.
NTT_INLINE void forward16(double* x, std::size_t j, const double* X, const double* Y,
                          const Modulus& m) noexcept {
  Quad a = butterfly4(load4(x, 4), splat(X[j]), splat(Y[2 * j]), splat(Y[2 * j + 1]), m);
  V even, odd;
  deinterleave(Y + 8 * j, even, odd);
  a = butterfly4(transpose(a), _mm256_loadu_pd(X + 4 * j), even, odd, m);
  store4(x, 4, a);
}
NTT_INLINE void inverse16(double* x, std::size_t j, const double* X, const double* Y,
                          const Modulus& m) noexcept {
  V even, odd;
  deinterleave(Y + 8 * j, even, odd);
  Quad a = transpose(unbutterfly4(load4(x, 4), _mm256_loadu_pd(X + 4 * j), even, odd, m));
  store4(x, 4, unbutterfly4(a, splat(X[j]), splat(Y[2 * j]), splat(Y[2 * j + 1]), m));
}

// 2^log points at block j, log >= 4, depth first so that small blocks stay in the cache.
AVILA_TARGET_AVX2_FMA void forward(double* x, unsigned log, std::size_t j, const double* X,
                                   const double* Y, Modulus m) noexcept {
  if (log == 4) return forward16(x, j, X, Y, m);
  if (log % 2 != 0) {
    const std::size_t half = std::size_t{1} << (log - 1);
    const V s = splat(X[j]);
    for (std::size_t i = 0; i < half; i += 4) {
      const V a = reduce(_mm256_load_pd(x + i), m);
      const V t = mul(_mm256_load_pd(x + half + i), s, m);
      _mm256_store_pd(x + i, add(a, t));
      _mm256_store_pd(x + half + i, sub(a, t));
    }
    forward(x, log - 1, 2 * j, Y, X, m);
    return forward(x + half, log - 1, 2 * j + 1, Y, X, m);
  }
  const std::size_t quarter = std::size_t{1} << (log - 2);
  const V s = splat(X[j]), s2 = splat(Y[2 * j]), s3 = splat(Y[2 * j + 1]);
  for (std::size_t i = 0; i < quarter; i += 4)
    store4(x + i, quarter, butterfly4(load4(x + i, quarter), s, s2, s3, m));
  for (std::size_t k = 0; k < 4; ++k) {
    if (log == 6)
      forward16(x + k * quarter, 4 * j + k, X, Y, m);
    else
      forward(x + k * quarter, log - 2, 4 * j + k, X, Y, m);
  }
}

AVILA_TARGET_AVX2_FMA void inverse(double* x, unsigned log, std::size_t j, const double* X,
                                   const double* Y, Modulus m) noexcept {
  if (log == 4) return inverse16(x, j, X, Y, m);
  if (log % 2 != 0) {
    const std::size_t half = std::size_t{1} << (log - 1);
    inverse(x, log - 1, 2 * j, Y, X, m);
    inverse(x + half, log - 1, 2 * j + 1, Y, X, m);
    const V s = splat(X[j]);
    for (std::size_t i = 0; i < half; i += 4) {
      const V a = _mm256_load_pd(x + i);
      const V b = _mm256_load_pd(x + half + i);
      _mm256_store_pd(x + i, reduce(add(a, b), m));
      _mm256_store_pd(x + half + i, mul(sub(a, b), s, m));
    }
    return;
  }
  const std::size_t quarter = std::size_t{1} << (log - 2);
  for (std::size_t k = 0; k < 4; ++k) {
    if (log == 6)
      inverse16(x + k * quarter, 4 * j + k, X, Y, m);
    else
      inverse(x + k * quarter, log - 2, 4 * j + k, X, Y, m);
  }
  const V s = splat(X[j]), s2 = splat(Y[2 * j]), s3 = splat(Y[2 * j + 1]);
  for (std::size_t i = 0; i < quarter; i += 4)
    store4(x + i, quarter, unbutterfly4(load4(x + i, quarter), s, s2, s3, m));
}

class Transform {
 public:
  AVILA_TARGET_AVX2_FMA Transform(int prime, NttShape shape)
      : table_(twiddles(prime, shape)), shape_(shape), prime_(prime) {
    const auto p = static_cast<double>(kNttPrimeTable[prime].p);
    modulus_ = {splat(p), splat(1 / p)};
    omega_ = splat(centered(ntt_omega(prime), kNttPrimeTable[prime].p));
  }

  AVILA_TARGET_AVX2_FMA void forward_all(double* x, const Limb* a, std::size_t n) const noexcept {
    load(x, a, n);
    const std::size_t m = std::size_t{1} << shape_.log;
    if (shape_.three) {
      for (std::size_t i = 0; i < m; i += 4) {
        const V a0 = _mm256_load_pd(x + i), a1 = _mm256_load_pd(x + m + i);
        const V a2 = _mm256_load_pd(x + 2 * m + i);
        const V t = mul(sub(a1, a2), omega_, modulus_);
        _mm256_store_pd(x + i, add(add(a0, a1), a2));
        _mm256_store_pd(x + m + i, add(sub(a0, a2), t));
        _mm256_store_pd(x + 2 * m + i, sub(sub(a0, a1), t));
      }
      forward(x + m, shape_.log, 0, table_.forward[2], table_.forward[1], modulus_);
      forward(x + 2 * m, shape_.log, 0, table_.forward[1], table_.forward[2], modulus_);
    }
    forward(x, shape_.log, 0, table_.forward[0], table_.forward[0], modulus_);
  }

  AVILA_TARGET_AVX2_FMA void inverse_all(double* x) const noexcept {
    const std::size_t m = std::size_t{1} << shape_.log;
    inverse(x, shape_.log, 0, table_.inverse[0], table_.inverse[0], modulus_);
    if (!shape_.three) return;
    inverse(x + m, shape_.log, 0, table_.inverse[2], table_.inverse[1], modulus_);
    inverse(x + 2 * m, shape_.log, 0, table_.inverse[1], table_.inverse[2], modulus_);
    for (std::size_t i = 0; i < m; i += 4) {
      const V a0 = _mm256_load_pd(x + i), a1 = _mm256_load_pd(x + m + i);
      const V a2 = _mm256_load_pd(x + 2 * m + i);
      const V t = mul(sub(a1, a2), omega_, modulus_);
      _mm256_store_pd(x + i, add(add(a0, a1), a2));
      _mm256_store_pd(x + m + i, sub(sub(a0, a1), t));
      _mm256_store_pd(x + 2 * m + i, add(sub(a0, a2), t));
    }
  }

  /// fa = fa * fb / points.
  AVILA_TARGET_AVX2_FMA void pointwise(double* fa, const double* fb) const noexcept {
    const Limb p = kNttPrimeTable[prime_].p;
    const V scale = splat(centered(mod_inverse(shape_.points() % p, p), p));
    for (std::size_t i = 0; i < shape_.points(); i += 4) {
      const V a = mul(_mm256_load_pd(fa + i), scale, modulus_);
      const V b = reduce(_mm256_load_pd(fb + i), modulus_);
      _mm256_store_pd(fa + i, mul(a, b, modulus_));
    }
  }

  const Modulus& modulus() const noexcept { return modulus_; }

 private:
  // Limbs become residues of size below 1; each half is exact in a double by its magic exponent.
  AVILA_TARGET_AVX2_FMA void load(double* x, const Limb* a, std::size_t n) const noexcept {
    const __m256i low_magic = _mm256_set1_epi64x(0x4330000000000000);   // 2^52
    const __m256i high_magic = _mm256_set1_epi64x(0x4530000000000000);  // 2^84
    const __m256i low_mask = _mm256_set1_epi64x(0xFFFFFFFF);
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4) {
      const __m256i limbs = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(a + i));
      const V low =
          sub(_mm256_castsi256_pd(_mm256_or_si256(_mm256_and_si256(limbs, low_mask), low_magic)),
              _mm256_castsi256_pd(low_magic));
      const V high =
          sub(_mm256_castsi256_pd(_mm256_or_si256(_mm256_srli_epi64(limbs, 32), high_magic)),
              _mm256_castsi256_pd(high_magic));
      _mm256_store_pd(x + i, add(reduce(high, modulus_), low));
    }
    for (; i < n; ++i) x[i] = static_cast<double>(a[i] % kNttPrimeTable[prime_].p);
    const std::size_t points = shape_.points();
    if (i < points) std::memset(x + i, 0, (points - i) * sizeof(double));
  }

  const Table& table_;
  NttShape shape_;
  int prime_;
  Modulus modulus_;
  V omega_;
};

NTT_INLINE V canonical(V a, const Modulus& m) noexcept {  // |a| < p
  return add(a, _mm256_and_pd(_mm256_cmp_pd(a, _mm256_setzero_pd(), _CMP_LT_OQ), m.p));
}
NTT_INLINE void store_integers(Limb* to, V a) noexcept {  // 0 <= a < 2^52
  const V magic = splat(4503599627370496.0);
  const __m256i bits = _mm256_castpd_si256(add(a, magic));
  _mm256_store_si256(reinterpret_cast<__m256i*>(to),
                     _mm256_xor_si256(bits, _mm256_castpd_si256(magic)));
}

// Residues to limbs, Garner's digits four at a time.
AVILA_TARGET_AVX2_FMA void recombine(Limb* r, std::size_t n, double* const* residues,
                                     const Modulus* m) noexcept {
  const V c12 = splat(centered(kNttGarner.inverse_p1_mod_p2, kNttPrimeTable[1].p));
  const V c13 = splat(centered(kNttGarner.inverse_p1_mod_p3, kNttPrimeTable[2].p));
  const V c23 = splat(centered(kNttGarner.inverse_p2_mod_p3, kNttPrimeTable[2].p));
  constexpr std::size_t kChunk = 64;
  alignas(32) Limb x1[kChunk], x2[kChunk], x3[kChunk];
  NttAccumulator sum;
  for (std::size_t start = 0; start < n; start += kChunk) {
    const std::size_t count = n - start < kChunk ? n - start : kChunk;
    for (std::size_t i = 0; i < count; i += 4) {
      const V r1 = canonical(reduce(_mm256_load_pd(residues[0] + start + i), m[0]), m[0]);
      const V r2 = reduce(_mm256_load_pd(residues[1] + start + i), m[1]);
      const V r3 = reduce(_mm256_load_pd(residues[2] + start + i), m[2]);
      const V d2 = canonical(mul(sub(r2, r1), c12, m[1]), m[1]);
      const V t = mul(sub(r3, r1), c13, m[2]);
      const V d3 = canonical(mul(sub(t, d2), c23, m[2]), m[2]);
      store_integers(x1 + i, r1);
      store_integers(x2 + i, d2);
      store_integers(x3 + i, d3);
    }
    for (std::size_t i = 0; i < count; ++i) r[start + i] = sum.next(x1[i], x2[i], x3[i]);
  }
}

AVILA_TARGET_AVX2_FMA void multiply_fma(Limb* r, const Limb* a, std::size_t an, const Limb* b,
                                        std::size_t bn) {
  const NttShape shape = ntt_shape(an + bn);
  const std::size_t points = shape.points();
  Scratch<double> memory(4 * points);
  double* const residues[kNttPrimes] = {memory, memory + points, memory + 2 * points};
  double* const other = memory + 3 * points;
  Modulus moduli[kNttPrimes];
  const bool squaring = a == b && an == bn;
  for (int prime = 0; prime < kNttPrimes; ++prime) {
    const Transform transform(prime, shape);
    double* const x = residues[prime];
    transform.forward_all(x, a, an);
    if (!squaring) transform.forward_all(other, b, bn);
    transform.pointwise(x, squaring ? x : other);
    transform.inverse_all(x);
    moduli[prime] = transform.modulus();
  }
  recombine(r, an + bn, residues, moduli);
}

}  // namespace

const NttKernel kNttFma{"fma", multiply_fma};

}  // namespace avila::numeric::detail
#endif
