// The scalar fields: integers modulo the order of a group. Secrets: wiped on destruction.
#pragma once
#include <avila/field/prime_field.hpp>

namespace avila::field {

/// L = 2^252 + 27742317777372353535851937790883648493, the order of Ed25519 and ristretto255
/// (RFC 8032 section 5.1).
struct Order25519 {
  static constexpr std::size_t kLimbs = 4;
  static constexpr Modulus<4> kModulus = make_modulus<4>(
      {0x5812631A5CF5D3ED, 0x14DEF9DEA2F79CD6, 0x0000000000000000, 0x1000000000000000});
  static constexpr bool kSecret = true;
};
/// Orders of the curves of SEC 2 and FIPS 186 (SP 800-186 section 3.2.1).
struct OrderP256 {
  static constexpr std::size_t kLimbs = 4;
  static constexpr Modulus<4> kModulus = make_modulus<4>(
      {0xF3B9CAC2FC632551, 0xBCE6FAADA7179E84, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFF00000000});
  static constexpr bool kSecret = true;
};
struct OrderP384 {
  static constexpr std::size_t kLimbs = 6;
  static constexpr Modulus<6> kModulus =
      make_modulus<6>({0xECEC196ACCC52973, 0x581A0DB248B0A77A, 0xC7634D81F4372DDF,
                       0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF});
  static constexpr bool kSecret = true;
};
struct OrderP521 {
  static constexpr std::size_t kLimbs = 9;
  static constexpr Modulus<9> kModulus = make_modulus<9>(
      {0xBB6FB71E91386409, 0x3BB5C9B8899C47AE, 0x7FCC0148F709A5D0, 0x51868783BF2F966B,
       0xFFFFFFFFFFFFFFFA, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 0x1FF});
  static constexpr bool kSecret = true;
};
struct OrderSecp256k1 {
  static constexpr std::size_t kLimbs = 4;
  static constexpr Modulus<4> kModulus = make_modulus<4>(
      {0xBFD25E8CD0364141, 0xBAAEDCE6AF48A03B, 0xFFFFFFFFFFFFFFFE, 0xFFFFFFFFFFFFFFFF});
  static constexpr bool kSecret = true;
};

using Scalar25519 = PrimeField<Order25519>;
using ScalarP256 = PrimeField<OrderP256>;
using ScalarP384 = PrimeField<OrderP384>;
using ScalarP521 = PrimeField<OrderP521>;
using ScalarSecp256k1 = PrimeField<OrderSecp256k1>;

extern template class PrimeField<Order25519>;
extern template class PrimeField<OrderP256>;
extern template class PrimeField<OrderP384>;
extern template class PrimeField<OrderP521>;
extern template class PrimeField<OrderSecp256k1>;

}  // namespace avila::field
