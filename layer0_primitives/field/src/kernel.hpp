// The kernels in the order of preference, for tables of functions made from each of them.
#pragma once
#include <avila/simd/dispatch.hpp>

#include "kernel_adx.hpp"
#include "kernel_portable.hpp"

namespace avila::field::detail {

/// The table `Make<Kernel>::value` of the best kernel of this machine.
template <template <class> class Make>
auto choose_kernel() noexcept -> decltype(&Make<PortableKernel>::value) {
  using Table = decltype(&Make<PortableKernel>::value);
  static constexpr simd::Kernel<Table> kKernels[] = {
#if AVILA_FIELD_ADX
      {"adx", has_adx_avx2, &Make<AdxKernel>::value},
#endif
      {"portable", simd::always, &Make<PortableKernel>::value}};
  return simd::select(kKernels);
}

}  // namespace avila::field::detail
