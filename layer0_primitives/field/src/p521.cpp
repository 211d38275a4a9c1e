#include "weierstrass_impl.hpp"

namespace avila::field::detail {

template <>
const OpsOf<CurveP521>& weierstrass_ops<CurveP521>() noexcept {
  return choose_weierstrass_ops<CurveP521>();
}
template <>
std::size_t all_weierstrass_ops<CurveP521>(const OpsOf<CurveP521>* out[2]) noexcept {
  return list_weierstrass_ops<CurveP521>(out);
}

}  // namespace avila::field::detail
