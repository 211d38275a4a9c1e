#include "weierstrass_impl.hpp"

namespace avila::field::detail {

template <>
const OpsOf<CurveSecp256k1>& weierstrass_ops<CurveSecp256k1>() noexcept {
  return choose_weierstrass_ops<CurveSecp256k1>();
}
template <>
std::size_t all_weierstrass_ops<CurveSecp256k1>(const OpsOf<CurveSecp256k1>* out[2]) noexcept {
  return list_weierstrass_ops<CurveSecp256k1>(out);
}

}  // namespace avila::field::detail
