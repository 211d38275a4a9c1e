// Edwards25519 in extended coordinates (Hisil, Wong, Carter, Dawson 2008). -1 is a square and d is
// not, so that the addition is complete: no pair of points needs a case of its own.
#include "edwards25519_ops.hpp"

#include <vector>

#include "canonical25519.hpp"
#include "constants25519.hpp"
#include "edwards25519_ifma.hpp"
#include "inverse.hpp"
#include "kernel.hpp"
#include "recode.hpp"
#include "x25519_ifma.hpp"

namespace avila::field::detail {

namespace {

constexpr unsigned kWindow = 5;  // of secret scalars: 52 digits, 16 multiples
constexpr std::size_t kMultiples = std::size_t{1} << (kWindow - 1);
constexpr std::size_t kDigits = kBoothDigits<256, kWindow>;
constexpr std::uint64_t kA24 = 121665;  // (486662 - 2) / 4

using Niels = NielsPoint;
/// (y+x, y-x, 2z, 2dt).
struct Cached {
  Limbs<4> sum, difference, twice_z, product;
};

template <class K>
struct Curve {
  using Fe = Limbs<4>;

  static Fe add(const Fe& a, const Fe& b) noexcept {
    Fe r;
    K::fe_add(r, a, b);
    return r;
  }
  static Fe sub(const Fe& a, const Fe& b) noexcept {
    Fe r;
    K::fe_sub(r, a, b);
    return r;
  }
  static void square_times(Fe& r, const Fe& a, int times) noexcept {
    K::fe_sqr(r, a);
    for (int i = 1; i < times; ++i) K::fe_sqr(r, r);
  }

  static void inverse(Fe& r, const Fe& a) noexcept {
    r = Divsteps<4>::inverse(canonical(a), kModulus25519);
  }
  /// a^((p - 5) / 8) = a^(2^252 - 3).
  static void pow_p58(Fe& r, const Fe& a) noexcept {
    Fe t, x5, x10, x20, x50, x100;  // xN: a^(2^N - 1)
    K::fe_sqr(x5, a);
    square_times(t, x5, 2);
    K::fe_mul(t, t, a);    // 9
    K::fe_mul(x5, x5, t);  // 11
    K::fe_sqr(x5, x5);
    K::fe_mul(x5, x5, t);  // 31
    square_times(t, x5, 5);
    K::fe_mul(x10, t, x5);
    square_times(t, x10, 10);
    K::fe_mul(x20, t, x10);
    square_times(t, x20, 20);
    K::fe_mul(t, t, x20);
    square_times(t, t, 10);
    K::fe_mul(x50, t, x10);
    square_times(t, x50, 50);
    K::fe_mul(x100, t, x50);
    square_times(t, x100, 100);
    K::fe_mul(t, t, x100);
    square_times(t, t, 50);
    K::fe_mul(t, t, x50);
    square_times(t, t, 2);
    K::fe_mul(r, t, a);
  }

  static Cached cache(const ExtendedPoint& p) noexcept {
    Cached c;
    K::fe_add(c.sum, p.y, p.x);
    K::fe_sub(c.difference, p.y, p.x);
    K::fe_add(c.twice_z, p.z, p.z);
    K::fe_mul(c.product, p.t, k2D);
    return c;
  }

  /// The four products of an addition's or doubling's end; t is left out where nobody reads it.
  template <bool kWithT>
  static void finish(ExtendedPoint& r, const Fe& e, const Fe& f, const Fe& g,
                     const Fe& h) noexcept {
    K::fe_mul(r.x, e, f);
    K::fe_mul(r.y, g, h);
    K::fe_mul(r.z, f, g);
    if constexpr (kWithT) K::fe_mul(r.t, e, h);
  }
  template <bool kWithT = true>
  static void add_cached(ExtendedPoint& r, const ExtendedPoint& p, const Cached& q) noexcept {
    Fe a, b, c, d;
    K::fe_mul(a, sub(p.y, p.x), q.difference);
    K::fe_mul(b, add(p.y, p.x), q.sum);
    K::fe_mul(c, p.t, q.product);
    K::fe_mul(d, p.z, q.twice_z);
    finish<kWithT>(r, sub(b, a), sub(d, c), add(d, c), add(b, a));
  }
  template <bool kWithT = true>
  static void sub_cached(ExtendedPoint& r, const ExtendedPoint& p, const Cached& q) noexcept {
    Fe a, b, c, d;
    K::fe_mul(a, sub(p.y, p.x), q.sum);
    K::fe_mul(b, add(p.y, p.x), q.difference);
    K::fe_mul(c, p.t, q.product);
    K::fe_mul(d, p.z, q.twice_z);
    finish<kWithT>(r, sub(b, a), add(d, c), sub(d, c), add(b, a));
  }
  template <bool kWithT = true>
  static void add_niels(ExtendedPoint& r, const ExtendedPoint& p, const Niels& q) noexcept {
    Fe a, b, c;
    K::fe_mul(a, sub(p.y, p.x), q.difference);
    K::fe_mul(b, add(p.y, p.x), q.sum);
    K::fe_mul(c, p.t, q.product);
    const Fe d = add(p.z, p.z);
    finish<kWithT>(r, sub(b, a), sub(d, c), add(d, c), add(b, a));
  }
  template <bool kWithT = true>
  static void sub_niels(ExtendedPoint& r, const ExtendedPoint& p, const Niels& q) noexcept {
    Fe a, b, c;
    K::fe_mul(a, sub(p.y, p.x), q.sum);
    K::fe_mul(b, add(p.y, p.x), q.difference);
    K::fe_mul(c, p.t, q.product);
    const Fe d = add(p.z, p.z);
    finish<kWithT>(r, sub(b, a), add(d, c), sub(d, c), add(b, a));
  }
  template <bool kWithT = true>
  static void twice(ExtendedPoint& r, const ExtendedPoint& p) noexcept {
    Fe a, b, c, e;
    K::fe_sqr(a, p.x);
    K::fe_sqr(b, p.y);
    K::fe_sqr(c, p.z);
    K::fe_sqr(e, add(p.x, p.y));
    const Fe h = add(a, b), g = sub(a, b);
    finish<kWithT>(r, sub(h, e), add(add(c, c), g), g, h);
  }
  static void add_points(ExtendedPoint& r, const ExtendedPoint& p,
                         const ExtendedPoint& q) noexcept {
    add_cached(r, p, cache(q));
  }
  static void twice_point(ExtendedPoint& r, const ExtendedPoint& p) noexcept { twice(r, p); }

  static constexpr ExtendedPoint kIdentity = {{0}, {1}, {1}, {0}};
  static ExtendedPoint base() noexcept {
    ExtendedPoint b = {kBaseX, kBaseY, {1}, {}};
    K::fe_mul(b.t, b.x, b.y);
    return b;
  }

  // ---- tables of the base point, made at first use
  static void normalize(Niels* out, const ExtendedPoint* points, std::size_t count) noexcept {
    std::vector<Fe> before(count);  // products of the z before each point: one inversion for all
    Fe product = {1}, inverse_of_rest;
    for (std::size_t i = 0; i < count; ++i) {
      before[i] = product;
      K::fe_mul(product, product, points[i].z);
    }
    inverse(inverse_of_rest, product);
    for (std::size_t i = count; i-- > 0;) {
      Fe z_inverse, x, y;
      K::fe_mul(z_inverse, inverse_of_rest, before[i]);
      K::fe_mul(inverse_of_rest, inverse_of_rest, points[i].z);
      K::fe_mul(x, points[i].x, z_inverse);
      K::fe_mul(y, points[i].y, z_inverse);
      K::fe_add(out[i].sum, y, x);
      K::fe_sub(out[i].difference, y, x);
      K::fe_mul(x, x, y);
      K::fe_mul(out[i].product, x, k2D);
    }
  }
  struct BaseTable {
    Niels windows[kDigits][kMultiples];  // (j + 1) 2^(5 i) B
    Niels odd[1U << (kWnafBase - 2)];    // (2 j + 1) B
    BaseTable() {
      std::vector<ExtendedPoint> points(kDigits * kMultiples);
      ExtendedPoint step = base();
      for (std::size_t i = 0; i < kDigits; ++i) {
        ExtendedPoint* const row = &points[i * kMultiples];
        const Cached one = cache(step);
        row[0] = step;
        for (std::size_t j = 1; j < kMultiples; ++j) add_cached(row[j], row[j - 1], one);
        twice(step, row[kMultiples - 1]);
      }
      normalize(&windows[0][0], points.data(), points.size());
      ExtendedPoint two;
      twice(two, base());
      const Cached cached_two = cache(two);
      points[0] = base();
      for (std::size_t j = 1; j < std::size(odd); ++j)
        add_cached(points[j], points[j - 1], cached_two);
      normalize(odd, points.data(), std::size(odd));
    }
  };
  static const BaseTable& base_table() noexcept {
    static const BaseTable* const table = new BaseTable;  // for as long as any thread may run
    return *table;
  }

  // ---- scalar multiplication
  static void negate_if(ct::Mask mask, Fe& a) noexcept {
    const Fe negated = sub({}, a);
    ct::assign_if(mask, a.data(), negated.data(), 4);
  }
  static void mul_base(ExtendedPoint& r, const Fe& scalar) noexcept {
    const BaseTable& table = base_table();
    ExtendedPoint sum = kIdentity;
    Niels entry;
    const ct::Wiper wipe_sum(sum);
    const ct::Wiper wipe_entry(entry);
    for (std::size_t i = 0; i < kDigits; ++i) {
      const SignedDigit digit = booth_digit<kWindow>(scalar, i);
      K::template lookup<12>(entry.sum.data(), table.windows[i][0].sum.data(), kMultiples,
                             digit.magnitude - 1);
      const std::uint64_t none = ct::is_zero(digit.magnitude) & 1;  // then the entry is (1, 1, 0)
      entry.sum[0] |= none;
      entry.difference[0] |= none;
      ct::swap_if(digit.negative, entry.sum.data(), entry.difference.data(), 4);
      negate_if(digit.negative, entry.product);
      add_niels(sum, sum, entry);
    }
    r = sum;
  }

  static void mul(ExtendedPoint& r, const Fe& scalar, const ExtendedPoint& point) noexcept {
    Cached table[kMultiples];
    ExtendedPoint sum = point;
    Cached entry;
    const ct::Wiper wipe_table(table);
    const ct::Wiper wipe_sum(sum);
    const ct::Wiper wipe_entry(entry);
    table[0] = cache(point);
    for (std::size_t j = 1; j < kMultiples; ++j) {
      add_cached(sum, sum, table[0]);
      table[j] = cache(sum);
    }
    sum = kIdentity;
    for (std::size_t i = kDigits; i-- > 0;) {
      if (i != kDigits - 1) {
        for (unsigned s = 1; s < kWindow; ++s) twice<false>(sum, sum);
        twice<true>(sum, sum);
      }
      const SignedDigit digit = booth_digit<kWindow>(scalar, i);
      K::template lookup<16>(entry.sum.data(), table[0].sum.data(), kMultiples,
                             digit.magnitude - 1);
      const std::uint64_t none = ct::is_zero(digit.magnitude) & 1;  // then it is (1, 1, 2, 0)
      entry.sum[0] |= none;
      entry.difference[0] |= none;
      entry.twice_z[0] |= 2 * none;
      ct::swap_if(digit.negative, entry.sum.data(), entry.difference.data(), 4);
      negate_if(digit.negative, entry.product);
      add_cached(sum, sum, entry);
    }
    r = sum;
  }

  static constexpr std::size_t kOddMultiples = std::size_t{1} << (kWnafPoint - 2);
  struct PublicTerm {
    Cached odd[kOddMultiples];
    signed char digits[257];
  };
  static std::size_t prepare(PublicTerm& term, const Fe& scalar,
                             const ExtendedPoint& point) noexcept {
    ExtendedPoint two, sum = point;
    twice(two, point);
    const Cached cached_two = cache(two);
    term.odd[0] = cache(point);
    for (std::size_t j = 1; j < kOddMultiples; ++j) {
      add_cached(sum, sum, cached_two);
      term.odd[j] = cache(sum);
    }
    const std::size_t used = wnaf_vartime<kWnafPoint>(term.digits, scalar);
    for (std::size_t i = used; i < std::size(term.digits); ++i) term.digits[i] = 0;
    return used;
  }
  /// Straus' interleaving: one chain of doublings for all terms (and one for the base point).
  static void interleave(ExtendedPoint& r, const PublicTerm* terms, std::size_t count,
                         const signed char* base_digits, std::size_t length) noexcept {
    ExtendedPoint sum = kIdentity;
    const BaseTable* const table = base_digits != nullptr ? &base_table() : nullptr;
    for (std::size_t i = length; i-- > 0;) {
      bool adds = table != nullptr && base_digits[i] != 0;
      for (std::size_t n = 0; n < count && !adds; ++n) adds = terms[n].digits[i] != 0;
      if (!adds && i != 0) {
        twice<false>(sum, sum);
        continue;
      }
      twice<true>(sum, sum);
      for (std::size_t n = 0; n < count; ++n) {
        const int digit = terms[n].digits[i];
        if (digit > 0) add_cached(sum, sum, terms[n].odd[digit / 2]);
        if (digit < 0) sub_cached(sum, sum, terms[n].odd[-digit / 2]);
      }
      const int digit = table != nullptr ? base_digits[i] : 0;
      if (digit > 0) add_niels(sum, sum, table->odd[digit / 2]);
      if (digit < 0) sub_niels(sum, sum, table->odd[-digit / 2]);
    }
    r = sum;
  }
  static void double_mul_vartime(ExtendedPoint& r, const Fe& a, const ExtendedPoint& point,
                                 const Fe& b) noexcept {
    PublicTerm term;
    signed char base_digits[257];
    const std::size_t length_a = prepare(term, a, point);
    const std::size_t length_b = wnaf_vartime<kWnafBase>(base_digits, b);
    for (std::size_t i = length_b; i < length_a; ++i) base_digits[i] = 0;
    interleave(r, &term, 1, base_digits, length_a > length_b ? length_a : length_b);
  }
  static void straus_vartime(ExtendedPoint& r, const Fe* scalars, const ExtendedPoint* points,
                             std::size_t count) noexcept {
    std::vector<PublicTerm> terms(count);
    std::size_t length = 0;
    for (std::size_t n = 0; n < count; ++n) {
      const std::size_t used = prepare(terms[n], scalars[n], points[n]);
      length = used > length ? used : length;
    }
    interleave(r, terms.data(), count, nullptr, length);
  }

  /// RFC 7748 section 5. Exchanging (x2, z2) with (x3, z3) exchanges da with cb, which shows
  /// neither in x3 nor in z3: only what x2 and z2 are made of is selected.
  static void ladder(Fe& out, const Fe& scalar, const Fe& u) noexcept {
    struct State {
      Fe x2, z2, x3, z3, a, b, c, d, aa, bb, e, da, cb;
    } s{};
    const ct::Wiper wiper(s);
    s.x2 = s.z3 = {1};
    s.x3 = u;
    std::uint64_t before = 0;
    for (std::size_t t = 255; t-- > 0;) {
      const std::uint64_t bit = scalar[t / 64] >> (t % 64) & 1;
      const ct::Mask swap = ct::mask_if(bit ^ before);
      before = bit;
      // In this order, neighbouring products do not wait for each other.
      K::fe_add(s.a, s.x2, s.z2);
      K::fe_sub(s.d, s.x3, s.z3);
      K::fe_mul(s.da, s.d, s.a);
      K::fe_sub(s.b, s.x2, s.z2);
      K::fe_add(s.c, s.x3, s.z3);
      K::fe_mul(s.cb, s.c, s.b);
      ct::assign_if(swap, s.a.data(), s.c.data(), 4);
      ct::assign_if(swap, s.b.data(), s.d.data(), 4);
      K::fe_sqr(s.aa, s.a);
      K::fe_sqr(s.bb, s.b);
      K::fe_sqr(s.z3, sub(s.da, s.cb));
      K::fe_sqr(s.x3, add(s.da, s.cb));
      K::fe_sub(s.e, s.aa, s.bb);
      K::fe_mul(s.z3, s.z3, u);
      K::fe_mul_small(s.a, s.e, kA24);
      K::fe_mul(s.x2, s.aa, s.bb);
      K::fe_mul(s.z2, s.e, add(s.aa, s.a));
    }
    ct::swap_if(ct::mask_if(before), s.x2.data(), s.x3.data(), 8);
    inverse(s.z2, s.z2);
    K::fe_mul(out, s.x2, s.z2);
  }
};

template <class K>
struct Make {
  static constexpr Ops25519 value = {K::fe_add,
                                     K::fe_sub,
                                     K::fe_mul,
                                     K::fe_sqr,
                                     Curve<K>::inverse,
                                     Curve<K>::pow_p58,
                                     Curve<K>::add_points,
                                     Curve<K>::twice_point,
                                     Curve<K>::mul,
                                     Curve<K>::mul_base,
                                     Curve<K>::double_mul_vartime,
                                     Curve<K>::straus_vartime,
                                     Curve<K>::ladder};
};

#if AVILA_FIELD_IFMA && AVILA_FIELD_ADX
bool has_ifma() noexcept { return has_adx_avx2() && simd::has_avx512ifma(); }

void ladder_ifma(Limbs<4>& out, const Limbs<4>& scalar, const Limbs<4>& u) noexcept {
  struct State {
    Limbs<4> x, z;
  } s;
  const ct::Wiper wiper(s);
  x25519_ladder_ifma(s.x, s.z, scalar, u);
  Curve<AdxKernel>::inverse(s.z, s.z);
  AdxKernel::fe_mul(out, s.x, s.z);
}
void double_mul_ifma_vartime(ExtendedPoint& r, const Limbs<4>& a, const ExtendedPoint& point,
                             const Limbs<4>& b) noexcept {
  edwards_double_mul_ifma_vartime(r, a, point, b, Curve<AdxKernel>::base_table().odd);
}
constexpr Ops25519 with_ifma() noexcept {
  Ops25519 ops = Make<AdxKernel>::value;
  ops.ladder = ladder_ifma;
  ops.double_mul_vartime = double_mul_ifma_vartime;
  return ops;
}
constexpr Ops25519 kIfma = with_ifma();
#endif

}  // namespace

const Ops25519& ops25519() noexcept {
  static constexpr simd::Kernel<const Ops25519*> kKernels[] = {
#if AVILA_FIELD_IFMA && AVILA_FIELD_ADX
      {"avx512ifma", has_ifma, &kIfma},
#endif
#if AVILA_FIELD_ADX
      {"adx", has_adx_avx2, &Make<AdxKernel>::value},
#endif
      {"portable", simd::always, &Make<PortableKernel>::value}};
  static const Ops25519* const chosen = simd::select(kKernels);
  return *chosen;
}

std::size_t all_ops25519(const Ops25519* out[3]) noexcept {
  std::size_t count = 0;
#if AVILA_FIELD_IFMA && AVILA_FIELD_ADX
  if (has_ifma()) out[count++] = &kIfma;
#endif
#if AVILA_FIELD_ADX
  if (has_adx_avx2()) out[count++] = &Make<AdxKernel>::value;
#endif
  out[count++] = &Make<PortableKernel>::value;
  return count;
}

}  // namespace avila::field::detail
