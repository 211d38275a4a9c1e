#include <avila/error/assert.hpp>
#include <avila/field/fe25519.hpp>

#include "constants25519.hpp"
#include "edwards25519_ops.hpp"
#include "kernel_portable.hpp"

namespace avila::field {

using detail::ops25519;

namespace {

constexpr std::uint64_t kLow63 = ~std::uint64_t{0} >> 1;
constexpr Limbs<4> kPrime = {0xFFFFFFFFFFFFFFED, ~std::uint64_t{0}, ~std::uint64_t{0}, kLow63};

Limbs<4> load(Fe25519::ByteView bytes) noexcept {
  Limbs<4> limbs{};
  for (std::size_t i = 0; i < 32; ++i)
    limbs[i / 8] |= static_cast<std::uint64_t>(bytes[i]) << (8 * (i % 8));
  return limbs;
}

/// a + add in four limbs.
Limbs<4> plus(const Limbs<4>& a, std::uint64_t add) noexcept {
  Limbs<4> r;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < 4; ++i) r[i] = detail::add_carry(a[i], i == 0 ? add : 0, carry);
  return r;
}

/// The number below p.
Limbs<4> canonical(const Limbs<4>& a) noexcept {
  Limbs<4> r = a;
  r[3] &= kLow63;
  r = plus(r, 19 * (a[3] >> 63));  // below 2^255 + 19
  Limbs<4> less = plus(r, 19);
  const ct::Mask is_above = ct::mask_if(less[3] >> 63);  // p or more: 2^255 goes, 19 stays
  less[3] &= kLow63;
  ct::assign_if(is_above, r.data(), less.data(), 4);
  return r;
}

}  // namespace

Fe25519 Fe25519::from_bytes(ByteView bytes) noexcept {
  Limbs<4> limbs = load(bytes);
  limbs[3] &= kLow63;
  return Fe25519(limbs);
}

Result<Fe25519> Fe25519::from_canonical_bytes(ByteView bytes) {
  const Limbs<4> limbs = load(bytes);
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 4; ++i) (void)detail::subtract_borrow(limbs[i], kPrime[i], borrow);
  if (!ct::reveal(ct::mask_if(borrow)))
    return Error(Errc::Malformed, "an element of GF(2^255-19) is not below 2^255-19");
  return Fe25519(limbs);
}

Fe25519 Fe25519::reduce_be(ByteSpan bytes) noexcept {
  AVILA_ASSERT(bytes.size() <= 64);
  Limbs<4> low{}, high{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<std::uint64_t>(bytes[bytes.size() - 1 - i]);
    (i < 32 ? low : high)[i % 32 / 8] |= byte << (8 * (i % 8));
  }
  return Fe25519(low) + Fe25519(high) * from_u64(detail::kFold);
}

Fe25519::Bytes Fe25519::to_bytes() const noexcept {
  const Limbs<4> limbs = canonical(limbs_);
  Bytes bytes;
  for (std::size_t i = 0; i < 32; ++i)
    bytes[i] = static_cast<std::byte>(limbs[i / 8] >> (8 * (i % 8)));
  return bytes;
}

Fe25519 operator+(const Fe25519& a, const Fe25519& b) noexcept {
  Fe25519 r;
  ops25519().fe_add(r.limbs_, a.limbs_, b.limbs_);
  return r;
}
Fe25519 operator-(const Fe25519& a, const Fe25519& b) noexcept {
  Fe25519 r;
  ops25519().fe_sub(r.limbs_, a.limbs_, b.limbs_);
  return r;
}
Fe25519 operator*(const Fe25519& a, const Fe25519& b) noexcept {
  Fe25519 r;
  ops25519().fe_mul(r.limbs_, a.limbs_, b.limbs_);
  return r;
}
Fe25519 Fe25519::square() const noexcept {
  Fe25519 r;
  ops25519().fe_sqr(r.limbs_, limbs_);
  return r;
}
Fe25519 Fe25519::inverse() const noexcept {
  Fe25519 r;
  ops25519().fe_inverse(r.limbs_, limbs_);
  return r;
}

ct::Mask Fe25519::is_zero() const noexcept {
  const Limbs<4> limbs = canonical(limbs_);
  return ct::is_zero(limbs[0] | limbs[1] | limbs[2] | limbs[3]);
}
ct::Mask Fe25519::is_negative() const noexcept { return ct::mask_if(canonical(limbs_)[0] & 1); }

Fe25519 Fe25519::select(ct::Mask mask, const Fe25519& a, const Fe25519& b) noexcept {
  Fe25519 r = b;
  ct::assign_if(mask, r.limbs_.data(), a.limbs_.data(), 4);
  return r;
}

SquareRoot25519 sqrt_ratio(const Fe25519& u, const Fe25519& v) noexcept {
  const Fe25519 sqrt_m1(detail::kSqrtM1);
  const Fe25519 v3 = v.square() * v;
  const Fe25519 v7 = v3.square() * v;
  Limbs<4> power;
  ops25519().fe_pow_p58(power, (u * v7).limbs());
  const Fe25519 candidate = u * v3 * Fe25519(power);
  const Fe25519 check = v * candidate.square();
  const ct::Mask correct = check.equals(u);
  const ct::Mask flipped = check.equals(-u);
  const ct::Mask flipped_i = check.equals(-u * sqrt_m1);
  const Fe25519 root =
      Fe25519::select(flipped | flipped_i, sqrt_m1 * candidate, candidate).absolute();
  return {correct | flipped, root};
}

}  // namespace avila::field
