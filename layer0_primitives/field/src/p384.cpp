#include "weierstrass_impl.hpp"

namespace avila::field::detail {

template <>
const OpsOf<CurveP384>& weierstrass_ops<CurveP384>() noexcept {
  return choose_weierstrass_ops<CurveP384>();
}
template <>
std::size_t all_weierstrass_ops<CurveP384>(const OpsOf<CurveP384>* out[2]) noexcept {
  return list_weierstrass_ops<CurveP384>(out);
}

}  // namespace avila::field::detail
