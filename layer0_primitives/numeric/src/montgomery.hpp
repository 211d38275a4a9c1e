// Arithmetic modulo an odd number in Montgomery's form: x stands for x 2^(64 n) mod m.
#pragma once
#include <avila/numeric/big_uint.hpp>

#include "limbs.hpp"
#include "scratch.hpp"

namespace avila::numeric::detail {

class Montgomery {
 public:
  /// m odd, above 1.
  explicit Montgomery(const BigUint& m);

  std::size_t size() const noexcept { return n_; }
  /// r[n] = a b / 2^(64 n); all below m; r may be an operand.
  void multiply(Limb* r, const Limb* a, const Limb* b) const;
  void add(Limb* r, const Limb* a, const Limb* b) const noexcept;
  void subtract(Limb* r, const Limb* a, const Limb* b) const noexcept;
  /// r = a / 2 mod m.
  void halve(Limb* r, const Limb* a) const noexcept;
  bool is_zero(const Limb* a) const noexcept { return normalized(a, n_) == 0; }

  void enter(Limb* r, const BigUint& a) const;  ///< a of any size
  BigUint leave(const Limb* a) const;
  const Limb* one() const noexcept { return one_.limbs.data(); }
  /// r[n] = base^exponent, windows of up to six bits.
  void power(Limb* r, const Limb* base, const BigUint& exponent) const;

 private:
  struct Padded {
    LimbVector limbs;
  };
  Padded padded(const BigUint& a) const;

  std::size_t n_;
  BigUint modulus_;
  Limb inverse_;
  Padded one_;
  mutable Scratch<Limb> product_;  // 2n
};

}  // namespace avila::numeric::detail
