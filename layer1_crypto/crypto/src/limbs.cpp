#include "limbs.hpp"

#include <avila/error/assert.hpp>
#include <avila/primitives/wide.hpp>
#include <avila/primitives/wipe.hpp>
#include <bit>
#include <new>
#include <utility>

namespace avila::crypto::detail {

namespace {
constexpr std::align_val_t kAlignment{64};
}

Limbs::Limbs(std::size_t count)
    : data_(count == 0 ? nullptr : new(kAlignment) Limb[count]{}), count_(count) {}

Limbs::Limbs(LimbSpan values) : Limbs(values.size()) {
  for (std::size_t i = 0; i < count_; ++i) data_[i] = values[i];
}

Limbs::Limbs(Limbs&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}

Limbs& Limbs::operator=(Limbs&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(count_, other.count_);
  return *this;
}

Limbs::~Limbs() {
  wipe_memory(data_, count_ * sizeof(Limb));
  ::operator delete[](data_, kAlignment);
}

void load_bytes(MutableLimbSpan out, ByteSpan bytes) noexcept {
  for (std::size_t i = 0; i < out.size(); ++i) {
    Limb limb = 0;
    for (std::size_t k = 0; k < 8 && 8 * i + k < bytes.size(); ++k)
      limb |= static_cast<Limb>(bytes[bytes.size() - 1 - (8 * i + k)]) << (8 * k);
    out[i] = limb;
  }
}

void store_bytes(MutableByteSpan out, LimbSpan value) noexcept {
  for (std::size_t i = 0; i < out.size(); ++i)
    out[out.size() - 1 - i] =
        i / 8 < value.size() ? static_cast<std::byte>(value[i / 8] >> (8 * (i % 8))) : std::byte{0};
}

std::size_t bit_length(LimbSpan value) noexcept {
  for (std::size_t count = value.size(); count > 0; --count) {
    Limb top = value[count - 1];
    ct::declassify(&top, sizeof top);  // lengths are public
    if (top != 0) return 64 * (count - 1) + static_cast<std::size_t>(std::bit_width(top));
  }
  return 0;
}

Limb add(MutableLimbSpan r, LimbSpan a, LimbSpan b) noexcept {
  Limb carry = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const u128 sum = u128{a[i]} + b[i] + carry;
    r[i] = low64(sum);
    carry = high64(sum);
  }
  return carry;
}

Limb subtract(MutableLimbSpan r, LimbSpan a, LimbSpan b) noexcept {
  Limb borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const u128 difference = u128{a[i]} - b[i] - borrow;
    r[i] = low64(difference);
    borrow = high64(difference) & 1;
  }
  return borrow;
}

void multiply(MutableLimbSpan r, LimbSpan a, LimbSpan b) noexcept {
  for (Limb& limb : r) limb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    Limb carry = 0;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const u128 sum = multiply_wide(a[i], b[j]) + r[i + j] + carry;
      r[i + j] = low64(sum);
      carry = high64(sum);
    }
    r[i + b.size()] = carry;
  }
}

ct::Mask is_zero(LimbSpan a) noexcept {
  Limb any = 0;
  for (const Limb limb : a) any |= limb;
  return ct::is_zero(any);
}

ct::Mask equal(LimbSpan a, LimbSpan b) noexcept {
  Limb any = 0;
  for (std::size_t i = 0; i < a.size(); ++i) any |= a[i] ^ b[i];
  return ct::is_zero(any);
}

ct::Mask less(LimbSpan a, LimbSpan b) noexcept {
  Limb borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) borrow = high64(u128{a[i]} - b[i] - borrow) & 1;
  return ct::mask_if(borrow);
}

Limb shift_left_1(MutableLimbSpan a) noexcept {
  Limb carry = 0;
  for (Limb& limb : a) {
    const Limb next = limb >> 63;
    limb = limb << 1 | carry;
    carry = next;
  }
  return carry;
}

void shift_right_1(MutableLimbSpan a) noexcept {
  for (std::size_t i = 0; i < a.size(); ++i)
    a[i] = a[i] >> 1 | (i + 1 < a.size() ? a[i + 1] << 63 : 0);
}

void double_mod(MutableLimbSpan r, Limb bit, LimbSpan m, MutableLimbSpan scratch) noexcept {
  const Limb top = shift_left_1(r);
  r[0] |= bit;
  const Limb borrow = subtract(scratch, r, m);
  ct::assign_if(ct::mask_if(top | (borrow ^ 1)), r.data(), scratch.data(), r.size());
}

void reduce(MutableLimbSpan r, LimbSpan value, LimbSpan m) {
  AVILA_ASSERT(r.size() == m.size());
  Limbs scratch(m.size());
  for (Limb& limb : r) limb = 0;
  for (std::size_t i = 64 * value.size(); i-- > 0;)
    double_mod(r, value[i / 64] >> (i % 64) & 1, m, scratch);
}

void divide(MutableLimbSpan quotient, LimbSpan value, LimbSpan m) {
  Limbs rest(m.size()), scratch(m.size());
  for (std::size_t i = 64 * value.size(); i-- > 0;) {
    const Limb top = shift_left_1(rest);
    rest[0] |= value[i / 64] >> (i % 64) & 1;
    const Limb fits = top | (subtract(scratch, rest, m) ^ 1);
    ct::assign_if(ct::mask_if(fits), rest.data(), scratch.data(), m.size());
    if (i % 64 == 63) quotient[i / 64] = 0;
    quotient[i / 64] |= fits << (i % 64);
  }
}

// Stein's algorithm with a fixed number of steps. Common twos are counted first by shifting both
// for as long as both are even, then given back.
Limbs gcd(LimbSpan a, LimbSpan b) {
  const std::size_t n = a.size();
  AVILA_ASSERT(b.size() == n);
  Limbs u(a), v(b), difference(n), half(n);
  Limb twos = 0;
  const std::size_t steps = 128 * n;
  for (std::size_t i = 0; i < steps; ++i) {
    // Both even: halve both. u even: halve it. v even: halve it. Both odd: the larger is replaced
    // by the difference.
    const ct::Mask u_even = ct::is_zero(u[0] & 1), v_even = ct::is_zero(v[0] & 1);
    const ct::Mask v_zero = is_zero(v);
    twos += u_even & v_even & ~v_zero & 1;
    const ct::Mask both_odd = ~u_even & ~v_even;
    ct::swap_if(both_odd & less(v, u), u.data(), v.data(), n);  // u <= v
    (void)subtract(difference, v, u);
    ct::assign_if(both_odd, v.data(), difference.data(), n);
    for (std::size_t k = 0; k < n; ++k) half[k] = u[k];
    shift_right_1(half);
    ct::assign_if(u_even & ~v_zero, u.data(), half.data(), n);
    for (std::size_t k = 0; k < n; ++k) half[k] = v[k];
    shift_right_1(half);
    ct::assign_if(v_even | both_odd, v.data(), half.data(), n);
  }
  // v is 0 now; u is the odd part, to be shifted by `twos`, which is below 64 n.
  Limbs shifted(n);
  for (std::size_t i = 0; i < 64 * n; ++i) {
    for (std::size_t k = 0; k < n; ++k) shifted[k] = u[k];
    (void)shift_left_1(shifted);
    const Limb wanted = (Limb{i} - ct::value_barrier(twos)) >> 63;  // i < twos
    ct::assign_if(ct::mask_if(wanted), u.data(), shifted.data(), n);
  }
  return u;
}

}  // namespace avila::crypto::detail
