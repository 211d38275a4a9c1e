#include "edwards25519_ifma.hpp"

#include <algorithm>

#include "constants25519.hpp"
#include "recode.hpp"

namespace avila::field::detail {
#if AVILA_FIELD_IFMA

namespace {

// A point is its lanes (X, Y, Z, T); what is added to it is (Y+X, Y-X, 2Z, 2dT), "cached".

/// (Y+X, Y-X, Z, T)
AVILA_FE4 Fe4 sum_and_difference(const Fe4& p) noexcept {
  const Fe4 swapped = fe4_negate<0b0010>(fe4_swap_pairs(p));
  Fe4 r;
  for (int i = 0; i < 5; ++i)
    r.limb[i] = _mm256_mask_add_epi64(p.limb[i], 0b0011, p.limb[i], swapped.limb[i]);
  fe4_carry(r);
  return r;
}
AVILA_FE4 Fe4 cache(const Fe4& p) noexcept {
  return fe4_mul(sum_and_difference(p), fe4_pack({1}, {1}, {2}, k2D));
}
/// Of the point with the other sign. Not carried, but a factor all the same.
AVILA_FE4 Fe4 negate_cached(const Fe4& q) noexcept {
  return fe4_negate<0b1000>(fe4_permute<_MM_SHUFFLE(3, 2, 0, 1)>(q));
}

AVILA_FE4 Fe4 add_cached(const Fe4& p, const Fe4& q) noexcept {
  // B, A, D, C of the Explicit-Formulas Database's add-2008-hwcd-3
  const Fe4 products = fe4_mul(sum_and_difference(p), q);
  // H, E, G, F
  const Fe4 sums = fe4_add(fe4_negate<0b1010>(products), fe4_swap_pairs(products));
  return fe4_mul(fe4_permute<_MM_SHUFFLE(1, 3, 2, 1)>(sums),
                 fe4_permute<_MM_SHUFFLE(0, 2, 0, 3)>(sums));
}

AVILA_FE4 Fe4 twice(const Fe4& p) noexcept {
  // X, Y, Z, X+Y
  Fe4 bases = fe4_permute<_MM_SHUFFLE(0, 2, 1, 0)>(p);
  const Fe4 y = fe4_permute<_MM_SHUFFLE(1, 1, 1, 1)>(p);
  for (int i = 0; i < 5; ++i)
    bases.limb[i] = _mm256_mask_add_epi64(bases.limb[i], 0b1000, bases.limb[i], y.limb[i]);
  fe4_carry(bases);
  const Fe4 squares = fe4_mul(bases, bases);
  // (A, A, A, A) + (B, -B, -B, B) + (-(X+Y)^2, 0, 2 Z^2, 0) = E, G, F, H, all with the other sign
  // than in dbl-2008-hwcd, which no product of two of them shows
  const Fe4 a = fe4_permute<_MM_SHUFFLE(0, 0, 0, 0)>(squares);
  const Fe4 b = fe4_negate<0b0110>(fe4_permute<_MM_SHUFFLE(1, 1, 1, 1)>(squares));
  const Fe4 rest = fe4_negate<0b0001>(fe4_permute<_MM_SHUFFLE(3, 2, 3, 3)>(squares));
  Fe4 sums;
  for (int i = 0; i < 5; ++i) {
    const __m256i both = _mm256_add_epi64(a.limb[i], b.limb[i]);
    const __m256i once = _mm256_mask_add_epi64(both, 0b0101, both, rest.limb[i]);
    sums.limb[i] = _mm256_mask_add_epi64(once, 0b0100, once, rest.limb[i]);
  }
  fe4_carry(sums);
  return fe4_mul(fe4_permute<_MM_SHUFFLE(0, 2, 1, 0)>(sums),
                 fe4_permute<_MM_SHUFFLE(3, 1, 3, 2)>(sums));
}

constexpr std::size_t kPointMultiples = std::size_t{1} << (kWnafPoint - 2);
constexpr std::size_t kBaseMultiples = std::size_t{1} << (kWnafBase - 2);

struct CachedBase {
  Fe4 odd[kBaseMultiples];
};
AVILA_TARGET_AVX512IFMA CachedBase pack_base(const NielsPoint* odd) noexcept {
  CachedBase table;
  for (std::size_t i = 0; i < kBaseMultiples; ++i) {
    table.odd[i] = fe4_pack(odd[i].sum, odd[i].difference, {2}, odd[i].product);
    fe4_carry(table.odd[i]);
  }
  return table;
}

AVILA_FE4 Fe4 add_digit(const Fe4& sum, const Fe4* odd, int digit) noexcept {
  if (digit > 0) return add_cached(sum, odd[digit / 2]);
  if (digit < 0) return add_cached(sum, negate_cached(odd[-digit / 2]));
  return sum;
}

}  // namespace

AVILA_TARGET_AVX512IFMA void edwards_double_mul_ifma_vartime(ExtendedPoint& r, const Limbs<4>& a,
                                                             const ExtendedPoint& point,
                                                             const Limbs<4>& b,
                                                             const NielsPoint* odd) noexcept {
  static const CachedBase base = pack_base(odd);
  Fe4 multiples[kPointMultiples];
  Fe4 sum = fe4_pack(point.x, point.y, point.z, point.t);
  fe4_carry(sum);
  const Fe4 two = cache(twice(sum));
  multiples[0] = cache(sum);
  for (std::size_t j = 1; j < kPointMultiples; ++j) {
    sum = add_cached(sum, two);
    multiples[j] = cache(sum);
  }
  signed char digits_a[257] = {}, digits_b[257] = {};
  const std::size_t length =
      std::max(wnaf_vartime<kWnafPoint>(digits_a, a), wnaf_vartime<kWnafBase>(digits_b, b));
  sum = fe4_pack({0}, {1}, {1}, {0});
  for (std::size_t i = length; i-- > 0;) {
    sum = twice(sum);
    sum = add_digit(sum, multiples, digits_a[i]);
    sum = add_digit(sum, base.odd, digits_b[i]);
  }
  Limbs<4> lanes[4];
  fe4_unpack(sum, lanes);
  r = {lanes[0], lanes[1], lanes[2], lanes[3]};
}

#endif
}  // namespace avila::field::detail
