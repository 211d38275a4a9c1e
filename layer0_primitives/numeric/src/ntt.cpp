#include "ntt.hpp"

#include <avila/error/assert.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/dispatch.hpp>

#include "scratch.hpp"

namespace avila::numeric::detail {

const NttKernel& ntt_kernel() noexcept {
#if defined(__x86_64__)
  static constexpr simd::Kernel<const NttKernel*> kTable[] = {
      {"fma", simd::has_avx2_fma, &kNttFma}, {"portable", simd::always, &kNttPortable}};
  static const NttKernel* const chosen = simd::select(kTable);
  return *chosen;
#else
  return kNttPortable;
#endif
}

NttShape ntt_shape(std::size_t n) noexcept {
  const auto log = static_cast<unsigned>(std::bit_width(n <= 64 ? 63 : n - 1));  // 2^log >= n
  const std::size_t three = std::size_t{3} << (log - 2);                         // 3/4 of that
  return n <= three ? NttShape{true, log - 2} : NttShape{false, log};
}

void ntt_twiddles(Limb* out, int prime, unsigned log, int which) {
  const Limb p = kNttPrimeTable[prime].p;
  const Limb root = mod_pow(kNttPrimeTable[prime].root, 3, p);  // of order 2^26
  out[0] = mod_pow(ntt_omega(prime), static_cast<Limb>(which), p);
  for (unsigned t = 0; t < log; ++t) {  // w[2^t + i] = w[i] * the root of order 2^(t+2)
    const std::size_t size = std::size_t{1} << t;
    const ShoupFactor step = shoup(mod_pow(root, Limb{1} << (26 - t - 2), p), p);
    for (std::size_t i = 0; i < size; ++i) {
      const Limb value = shoup_multiply(out[i], step, p);
      out[size + i] = value >= p ? value - p : value;
    }
  }
}

void ntt_inverse_twiddles(Limb* out, const Limb* twiddles, int prime, unsigned log) {
  // The inverse of the root for a bit-reversed fraction e in (0, 1/2) is that for 1/2 - e, negated;
  // within [2^t, 2^(t+1)) those two are mirror images. The factor c goes out twice.
  const Limb p = kNttPrimeTable[prime].p;
  out[0] = mod_inverse(twiddles[0], p);
  const ShoupFactor unit = shoup(mod_mul(out[0], out[0], p), p);
  for (std::size_t t = 1; t < std::size_t{1} << log; t *= 2) {
    for (std::size_t i = 0; i < t; ++i) {
      const Limb value = shoup_multiply(twiddles[2 * t - 1 - i], unit, p);
      out[t + i] = p - (value >= p ? value - p : value);
    }
  }
}

// ---- the portable transform: radix 2, residues in [0, 2p) between calls
namespace {

struct Twiddles {
  const Limb* value;
  const Limb* quotient;
  ShoupFactor operator[](std::size_t j) const noexcept { return {value[j], quotient[j]}; }
};

// x[2^log] modulo x^(2^log) - w², w = x_table[j]; the table alternates from level to level.
void forward(Limb* x, unsigned log, std::size_t j, Twiddles table, Twiddles other, Limb p) {
  if (log == 0) return;
  const std::size_t half = std::size_t{1} << (log - 1);
  const ShoupFactor w = table[j];
  for (std::size_t i = 0; i < half; ++i) {
    // Sums grow by 2p a level: 26 levels stay far below 2^64.
    const Limb t = shoup_multiply(x[half + i], w, p);
    x[half + i] = x[i] + 2 * p - t;
    x[i] += t;
  }
  forward(x, log - 1, 2 * j, other, table, p);
  forward(x + half, log - 1, 2 * j + 1, other, table, p);
}

// Undoes forward, times 2^log; takes and gives [0, 2p). The tables hold the inverses.
void inverse(Limb* x, unsigned log, std::size_t j, Twiddles table, Twiddles other, Limb p) {
  if (log == 0) return;
  const std::size_t half = std::size_t{1} << (log - 1);
  inverse(x, log - 1, 2 * j, other, table, p);
  inverse(x + half, log - 1, 2 * j + 1, other, table, p);
  const ShoupFactor w = table[j];
  for (std::size_t i = 0; i < half; ++i) {
    const Limb sum = x[i] + x[half + i];
    x[half + i] = shoup_multiply(x[i] + 2 * p - x[half + i], w, p);
    x[i] = sum >= 2 * p ? sum - 2 * p : sum;
  }
}

class PortableTransform {
 public:
  PortableTransform(int prime, NttShape shape)
      : p_(kNttPrimeTable[prime].p),
        shape_(shape),
        size_(std::size_t{1} << shape.log >> 1),
        memory_(size_ * 12) {
    omega_ = shoup(ntt_omega(prime), p_);
    for (int which = 0; which < (shape.three ? 3 : 1); ++which) {
      Limb* const w = memory_ + static_cast<std::size_t>(which) * 4 * size_;
      ntt_twiddles(w, prime, shape.log - 1, which);
      ntt_inverse_twiddles(w + 2 * size_, w, prime, shape.log - 1);
      for (std::size_t j = 0; j < size_; ++j) {
        w[size_ + j] = shoup(w[j], p_).quotient;
        w[3 * size_ + j] = shoup(w[2 * size_ + j], p_).quotient;
      }
    }
  }

  void load(Limb* x, const Limb* a, std::size_t n) const noexcept {
    for (std::size_t i = 0; i < n; ++i) x[i] = a[i] % p_;
    zero(x + n, shape_.points() - n);
  }

  void forward_all(Limb* x) {
    const std::size_t m = 2 * size_;
    if (shape_.three) {
      for (std::size_t i = 0; i < m; ++i) {
        const Limb a0 = x[i], a1 = x[m + i], a2 = x[2 * m + i];
        const Limb t = shoup_multiply(a1 + p_ - a2, omega_, p_);
        x[i] = a0 + a1 + a2;
        x[m + i] = a0 + p_ - a2 + t;
        x[2 * m + i] = a0 + 3 * p_ - a1 - t;
      }
      for (int c = 1; c < 3; ++c)  // sqrt(c) = c²: 2c modulo 3 in exponents
        forward(x + static_cast<std::size_t>(c) * m, shape_.log, 0, table(3 - c, 0), table(c, 0),
                p_);
    }
    forward(x, shape_.log, 0, table(0, 0), table(0, 0), p_);
  }

  void inverse_all(Limb* x) {
    const std::size_t m = 2 * size_;
    inverse(x, shape_.log, 0, table(0, 2), table(0, 2), p_);
    if (!shape_.three) return;
    for (int c = 1; c < 3; ++c)
      inverse(x + static_cast<std::size_t>(c) * m, shape_.log, 0, table(3 - c, 2), table(c, 2), p_);
    for (std::size_t i = 0; i < m; ++i) {
      const Limb a0 = x[i], a1 = x[m + i], a2 = x[2 * m + i];
      const Limb t = shoup_multiply(a1 + 2 * p_ - a2, omega_, p_);
      x[i] = a0 + a1 + a2;
      x[m + i] = a0 + 4 * p_ - a1 - t;
      x[2 * m + i] = a0 + 2 * p_ - a2 + t;
    }
  }

  /// fa = fa * fb / points.
  void pointwise(Limb* fa, const Limb* fb) const noexcept {
    const ShoupFactor scale = shoup(mod_inverse(shape_.points() % p_, p_), p_);
    for (std::size_t i = 0; i < shape_.points(); ++i)
      fa[i] = mod_mul(shoup_multiply(fa[i], scale, p_), fb[i] % p_, p_);
  }

 private:
  Twiddles table(int which, int inverted) noexcept {
    Limb* const at = memory_ + static_cast<std::size_t>(which * 4 + inverted) * size_;
    return {at, at + size_};
  }

  Limb p_;
  NttShape shape_;
  std::size_t size_;  // twiddles
  ShoupFactor omega_{};
  Scratch<Limb> memory_;
};

void multiply_portable(Limb* r, const Limb* a, std::size_t an, const Limb* b, std::size_t bn) {
  const NttShape shape = ntt_shape(an + bn);
  const std::size_t points = shape.points();
  Scratch<Limb> memory(4 * points);
  Limb* const residues[kNttPrimes] = {memory, memory + points, memory + 2 * points};
  Limb* const other = memory + 3 * points;
  for (int prime = 0; prime < kNttPrimes; ++prime) {
    PortableTransform transform(prime, shape);
    Limb* const x = residues[prime];
    transform.load(x, a, an);
    transform.forward_all(x);
    if (a == b && an == bn) {
      copy(other, x, points);
    } else {
      transform.load(other, b, bn);
      transform.forward_all(other);
    }
    transform.pointwise(x, other);
    transform.inverse_all(x);
  }
  constexpr Limb p1 = kNttPrimeTable[0].p, p2 = kNttPrimeTable[1].p, p3 = kNttPrimeTable[2].p;
  NttAccumulator sum;
  for (std::size_t i = 0; i < an + bn; ++i) {
    const Limb x1 = residues[0][i] % p1;
    const Limb x2 = mod_mul(residues[1][i] % p2 + p2 - x1 % p2, kNttGarner.inverse_p1_mod_p2, p2);
    const Limb t = mod_mul(residues[2][i] % p3 + p3 - x1 % p3, kNttGarner.inverse_p1_mod_p3, p3);
    r[i] = sum.next(x1, x2, mod_mul(t + p3 - x2 % p3, kNttGarner.inverse_p2_mod_p3, p3));
  }
}

}  // namespace

const NttKernel kNttPortable{"portable", multiply_portable};

}  // namespace avila::numeric::detail
