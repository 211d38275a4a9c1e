// Natural numbers of a fixed count of limbs, least significant first, for secrets: no branch and no
// address depends on their values. Counts are public.
#pragma once
#include <avila/error/span.hpp>
#include <avila/field/ct.hpp>
#include <cstdint>
#include <span>

namespace avila::crypto::detail {

using Limb = std::uint64_t;
using LimbSpan = std::span<const Limb>;
using MutableLimbSpan = std::span<Limb>;
namespace ct = field::ct;

/// Limbs on the heap, zero at first, aligned for vectors, wiped at the end. Move-only.
class Limbs {
 public:
  Limbs() noexcept = default;
  explicit Limbs(std::size_t count);
  explicit Limbs(LimbSpan values);
  Limbs(Limbs&& other) noexcept;
  Limbs& operator=(Limbs&& other) noexcept;
  Limbs(const Limbs&) = delete;
  Limbs& operator=(const Limbs&) = delete;
  ~Limbs();
  Limbs clone() const { return Limbs(LimbSpan(*this)); }

  std::size_t size() const noexcept { return count_; }
  Limb* data() noexcept { return data_; }
  const Limb* data() const noexcept { return data_; }
  Limb& operator[](std::size_t i) noexcept { return data_[i]; }
  Limb operator[](std::size_t i) const noexcept { return data_[i]; }
  operator LimbSpan() const noexcept { return {data_, count_}; }
  operator MutableLimbSpan() noexcept { return {data_, count_}; }
  MutableLimbSpan part(std::size_t from, std::size_t count) noexcept {
    return MutableLimbSpan(*this).subspan(from, count);
  }
  LimbSpan part(std::size_t from, std::size_t count) const noexcept {
    return LimbSpan(*this).subspan(from, count);
  }

 private:
  Limb* data_ = nullptr;
  std::size_t count_ = 0;
};

constexpr std::size_t limbs_of_bytes(std::size_t bytes) noexcept { return (bytes + 7) / 8; }

/// Highest byte first; `out` is filled, or cut, to its size.
void load_bytes(MutableLimbSpan out, ByteSpan bytes) noexcept;
void store_bytes(MutableByteSpan out, LimbSpan value) noexcept;
/// The bits up to the highest that is set. Not constant time in that.
std::size_t bit_length(LimbSpan value) noexcept;

// `r` may be `a` or `b`; sizes are those of `a`, and equal, unless told.
Limb add(MutableLimbSpan r, LimbSpan a, LimbSpan b) noexcept;       ///< the carry
Limb subtract(MutableLimbSpan r, LimbSpan a, LimbSpan b) noexcept;  ///< the borrow
/// r = a * b, of a.size() + b.size() limbs, apart from both.
void multiply(MutableLimbSpan r, LimbSpan a, LimbSpan b) noexcept;
ct::Mask is_zero(LimbSpan a) noexcept;
ct::Mask equal(LimbSpan a, LimbSpan b) noexcept;
ct::Mask less(LimbSpan a, LimbSpan b) noexcept;
Limb shift_left_1(MutableLimbSpan a) noexcept;  ///< the bit that leaves
void shift_right_1(MutableLimbSpan a) noexcept;

/// r = (2 r + bit) mod m, for r < m.
void double_mod(MutableLimbSpan r, Limb bit, LimbSpan m, MutableLimbSpan scratch) noexcept;
/// value mod m, bit after bit, for rare use; m of any parity, its limbs as many as r's.
void reduce(MutableLimbSpan r, LimbSpan value, LimbSpan m);
/// quotient = value / m, as long as value; value is taken apart.
void divide(MutableLimbSpan quotient, LimbSpan value, LimbSpan m);
/// The greatest common divisor, of a's limbs; one of the two is odd, or both are even.
Limbs gcd(LimbSpan a, LimbSpan b);

}  // namespace avila::crypto::detail
