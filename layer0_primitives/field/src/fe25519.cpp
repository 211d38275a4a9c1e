#include <avila/error/assert.hpp>
#include <avila/field/fe25519.hpp>

#include "canonical25519.hpp"
#include "constants25519.hpp"
#include "edwards25519_ops.hpp"
#include "kernel_portable.hpp"

namespace avila::field {

using detail::canonical;
using detail::ops25519;

namespace {

Limbs<4> load(Fe25519::ByteView bytes) noexcept {
  Limbs<4> limbs{};
  for (std::size_t i = 0; i < 32; ++i)
    limbs[i / 8] |= static_cast<std::uint64_t>(bytes[i]) << (8 * (i % 8));
  return limbs;
}

}  // namespace

Fe25519 Fe25519::from_bytes(ByteView bytes) noexcept {
  Limbs<4> limbs = load(bytes);
  limbs[3] &= detail::kLow63;
  return Fe25519(limbs);
}

Result<Fe25519> Fe25519::from_canonical_bytes(ByteView bytes) {
  const Limbs<4> limbs = load(bytes);
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < 4; ++i)
    (void)detail::subtract_borrow(limbs[i], detail::kModulus25519.p[i], borrow);
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
