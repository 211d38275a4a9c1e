// Inverses by divsteps (Bernstein and Yang, "Fast constant-time gcd computation and modular
// inversion", 2019): several times faster than a^(p-2), and constant-time as that is.
#pragma once
#include <avila/field/ct.hpp>
#include <avila/field/modulus.hpp>
#include <avila/primitives/wide.hpp>

namespace avila::field::detail {

/// Numbers in limbs of 62 bits; the top one carries the sign.
template <std::size_t N>
class Divsteps {
 public:
  /// 1 / a mod m.p for a below it; zero for zero. CT.
  static Limbs<N> inverse(const Limbs<N>& a, const Modulus<N>& m) noexcept {
    const Number p = split(m.p);
    const std::uint64_t p_inverse = (0 - m.n0) & kMask;
    // d a = f and e a = g modulo p, throughout.
    struct State {
      Number f, g, d, e;
    } s = {p, split(a), {}, {1}};
    const ct::Wiper wiper(s);
    std::int64_t eta = -1;
    for (int batch = 0; batch < kBatches; ++batch) {
      const Matrix t = steps(eta, low64(s.f), low64(s.g));
      update_de(s.d, s.e, t, p, p_inverse);
      update_fg(s.f, s.g, t);
    }
    // Now g = 0 and f = 1 or -1 (or p, of a = 0), and -2 p < d < p.
    add_if(s.d, sign(s.d), p);
    negate_if(s.d, sign(s.f));
    add_if(s.d, sign(s.d), p);
    return join(s.d);
  }

 private:
  static constexpr std::size_t kCount = (64 * N + 2 + 61) / 62;
  static constexpr std::uint64_t kMask = ~std::uint64_t{0} >> 2;
  using Number = std::array<std::int64_t, kCount>;
  /// 2^62 times the matrix of kBatchSteps steps.
  struct Matrix {
    std::int64_t u, v, q, r;
  };
  // Steps after which g is zero, for numbers below 2^b. For 256 bits, delta starts at 1/2, and 590
  // are enough (Wuille's bounds for safegcd, proved in Coq by O'Connor and Poelstra); eta is
  // -delta - 1/2. For others it starts at 1 (theorem 11.2), and eta is -delta.
  static constexpr bool kHalf = N == 4;
  static constexpr std::size_t kBits = 64 * N;
  static constexpr std::size_t kSteps = kHalf ? 590 : (49 * kBits + 57 + 16) / 17;
  static constexpr std::size_t kBatchSteps = kHalf ? 59 : 62;
  static constexpr int kBatches = static_cast<int>((kSteps + kBatchSteps - 1) / kBatchSteps);
  static_assert(kBits >= 46, "the theorem has another constant for smaller numbers");

  static Number split(const Limbs<N>& x) noexcept {
    Number r{};
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::size_t bit = 62 * i, limb = bit / 64, shift = bit % 64;
      std::uint64_t word = limb < N ? x[limb] >> shift : 0;
      if (shift > 2 && limb + 1 < N) word |= x[limb + 1] << (64 - shift);
      r[i] = static_cast<std::int64_t>(word & kMask);
    }
    return r;
  }
  static Limbs<N> join(const Number& x) noexcept {
    Limbs<N> r{};
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::size_t bit = 62 * i, limb = bit / 64, shift = bit % 64;
      const auto word = static_cast<std::uint64_t>(x[i]);
      if (limb < N) r[limb] |= word << shift;
      if (shift > 2 && limb + 1 < N) r[limb + 1] |= word >> (64 - shift);
    }
    return r;
  }
  /// The lowest 64 bits, enough for a batch.
  static std::uint64_t low64(const Number& x) noexcept {
    const auto first = static_cast<std::uint64_t>(x[0]);
    return kCount == 1 ? first : first | static_cast<std::uint64_t>(x[1]) << 62;
  }
  /// All ones where x is negative.
  static std::int64_t sign(const Number& x) noexcept {
    return static_cast<std::int64_t>(ct::value_barrier(static_cast<std::uint64_t>(x.back() >> 63)));
  }

  static Matrix steps(std::int64_t& eta, std::uint64_t f, std::uint64_t g) noexcept {
    std::uint64_t u = std::uint64_t{1} << (62 - kBatchSteps), v = 0, q = 0, r = u;
    for (std::size_t i = 0; i < kBatchSteps; ++i) {
      const std::uint64_t swaps = ct::value_barrier(static_cast<std::uint64_t>(eta >> 63));
      const std::uint64_t odd = ct::value_barrier(0 - (g & 1));
      // g + f, or g - f where delta > 0; where g is even, g.
      g += ((f ^ swaps) - swaps) & odd;
      q += ((u ^ swaps) - swaps) & odd;
      r += ((v ^ swaps) - swaps) & odd;
      const std::uint64_t swap = swaps & odd;  // f becomes what g was
      eta = static_cast<std::int64_t>((static_cast<std::uint64_t>(eta) ^ swap) - 1 -
                                      (kHalf ? 0 : swap));
      f += g & swap;
      u += q & swap;
      v += r & swap;
      g >>= 1;
      u <<= 1;
      v <<= 1;
    }
    return {static_cast<std::int64_t>(u), static_cast<std::int64_t>(v),
            static_cast<std::int64_t>(q), static_cast<std::int64_t>(r)};
  }

  /// (f, g) = t (f, g) / 2^62, which divides.
  static void update_fg(Number& f, Number& g, const Matrix& t) noexcept {
    i128 cf = product(t.u, f[0]) + product(t.v, g[0]);
    i128 cg = product(t.q, f[0]) + product(t.r, g[0]);
    cf >>= 62;
    cg >>= 62;
    for (std::size_t i = 1; i < kCount; ++i) {
      cf += product(t.u, f[i]) + product(t.v, g[i]);
      cg += product(t.q, f[i]) + product(t.r, g[i]);
      f[i - 1] = static_cast<std::int64_t>(static_cast<std::uint64_t>(cf) & kMask);
      g[i - 1] = static_cast<std::int64_t>(static_cast<std::uint64_t>(cg) & kMask);
      cf >>= 62;
      cg >>= 62;
    }
    f[kCount - 1] = static_cast<std::int64_t>(cf);
    g[kCount - 1] = static_cast<std::int64_t>(cg);
  }

  /// The same modulo p: such multiples of p are added that 2^62 divides, and that d and e stay
  /// between -2 p and p.
  static void update_de(Number& d, Number& e, const Matrix& t, const Number& p,
                        std::uint64_t p_inverse) noexcept {
    const std::int64_t d_sign = sign(d), e_sign = sign(e);
    std::int64_t md = (t.u & d_sign) + (t.v & e_sign);
    std::int64_t me = (t.q & d_sign) + (t.r & e_sign);
    i128 cd = product(t.u, d[0]) + product(t.v, e[0]);
    i128 ce = product(t.q, d[0]) + product(t.r, e[0]);
    md -= static_cast<std::int64_t>(
        (p_inverse * static_cast<std::uint64_t>(cd) + static_cast<std::uint64_t>(md)) & kMask);
    me -= static_cast<std::int64_t>(
        (p_inverse * static_cast<std::uint64_t>(ce) + static_cast<std::uint64_t>(me)) & kMask);
    cd += product(p[0], md);
    ce += product(p[0], me);
    cd >>= 62;
    ce >>= 62;
    for (std::size_t i = 1; i < kCount; ++i) {
      cd += product(t.u, d[i]) + product(t.v, e[i]) + product(p[i], md);
      ce += product(t.q, d[i]) + product(t.r, e[i]) + product(p[i], me);
      d[i - 1] = static_cast<std::int64_t>(static_cast<std::uint64_t>(cd) & kMask);
      e[i - 1] = static_cast<std::int64_t>(static_cast<std::uint64_t>(ce) & kMask);
      cd >>= 62;
      ce >>= 62;
    }
    d[kCount - 1] = static_cast<std::int64_t>(cd);
    e[kCount - 1] = static_cast<std::int64_t>(ce);
  }
  static i128 product(std::int64_t a, std::int64_t b) noexcept { return i128{a} * b; }

  static void add_if(Number& x, std::int64_t mask, const Number& p) noexcept {
    for (std::size_t i = 0; i < kCount; ++i) x[i] += p[i] & mask;
    carry(x);
  }
  static void negate_if(Number& x, std::int64_t mask) noexcept {
    for (std::int64_t& limb : x) limb = (limb ^ mask) - mask;
    carry(x);
  }
  static void carry(Number& x) noexcept {
    for (std::size_t i = 0; i + 1 < kCount; ++i) {
      x[i + 1] += x[i] >> 62;
      x[i] &= static_cast<std::int64_t>(kMask);
    }
  }
};

}  // namespace avila::field::detail
