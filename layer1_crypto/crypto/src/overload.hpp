// A visitor made of lambdas.
#pragma once

namespace avila::crypto::detail {
template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;
}  // namespace avila::crypto::detail
