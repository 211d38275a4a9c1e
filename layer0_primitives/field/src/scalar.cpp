#include <avila/field/scalar.hpp>

namespace avila::field {

template class PrimeField<Order25519>;
template class PrimeField<OrderP256>;
template class PrimeField<OrderP384>;
template class PrimeField<OrderP521>;
template class PrimeField<OrderSecp256k1>;

}  // namespace avila::field
