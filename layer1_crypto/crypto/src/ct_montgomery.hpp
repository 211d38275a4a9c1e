// Arithmetic modulo an odd number by Montgomery's method, for secrets: what is done depends on the
// count of limbs only.
#pragma once
#include "limbs.hpp"
#include "montgomery_ifma.hpp"
#include "montgomery_kernels.hpp"

namespace avila::crypto::detail {

/// One modulus. "Montgomery form" of x: x R mod m, R = 2^(64 size()).
class Modulus {
 public:
  /// Odd, its highest limb not zero (asserted).
  explicit Modulus(LimbSpan m);

  std::size_t size() const noexcept { return m_.size(); }
  std::size_t bits() const noexcept { return bits_; }
  LimbSpan value() const noexcept { return m_; }
  LimbSpan one() const noexcept { return one_; }  ///< Montgomery form of 1

  // Numbers have size() limbs and are below m; r may be an operand; `t` is scratch().
  void multiply(MutableLimbSpan r, LimbSpan a, LimbSpan b, Limbs& t) const noexcept;
  void add(MutableLimbSpan r, LimbSpan a, LimbSpan b, Limbs& t) const noexcept;
  void subtract(MutableLimbSpan r, LimbSpan a, LimbSpan b, Limbs& t) const noexcept;
  void to_montgomery(MutableLimbSpan r, LimbSpan a, Limbs& t) const noexcept;
  void from_montgomery(MutableLimbSpan r, LimbSpan a, Limbs& t) const noexcept;
  Limbs scratch() const { return Limbs(montgomery_scratch(size())); }

  /// value mod m in Montgomery form; value has any number of limbs.
  void reduce(MutableLimbSpan r, LimbSpan value) const;
  /// r = base^exponent mod m, none of them in Montgomery form. Fixed windows over all bits of the
  /// exponent's limbs.
  void pow(MutableLimbSpan r, LimbSpan base, LimbSpan exponent) const;
  /// The same for an exponent (1 or more) that everybody may know.
  void pow_public(MutableLimbSpan r, LimbSpan base, std::uint64_t exponent) const;

 private:
  friend void pow_pair(const struct PowTask& a, const struct PowTask& b);
  Limbs power_of_two() const;
  void prepare_ifma(MutableLimbSpan low);
  void reduce_once(MutableLimbSpan r) const;  // r is m at most, or below 2 m

  IfmaModulus ifma_;
  Limbs m_, one_, r2_;
  MontgomeryMultiply multiply_;
  Limb n0_;
  std::size_t bits_;
};

/// Two powers, those of RSA's two primes, which some kernels compute side by side.
struct PowTask {
  const Modulus& modulus;
  MutableLimbSpan r;
  LimbSpan base, exponent;
};
void pow_pair(const PowTask& a, const PowTask& b);

}  // namespace avila::crypto::detail
