#include "weierstrass_impl.hpp"

namespace avila::field::detail {

template <>
const OpsOf<CurveP256>& weierstrass_ops<CurveP256>() noexcept {
  return choose_weierstrass_ops<CurveP256>();
}
template <>
std::size_t all_weierstrass_ops<CurveP256>(const OpsOf<CurveP256>* out[2]) noexcept {
  return list_weierstrass_ops<CurveP256>(out);
}

}  // namespace avila::field::detail
