// Choosing one of several implementations of a function at run time.
#pragma once
#include <cstddef>

namespace avila::simd {

/// One implementation. `name` is what $AVILA_KERNEL says ("avx512", "avx2", "portable").
template <class Fn>
struct Kernel {
  const char* name;
  bool (*supported)() noexcept;
  Fn run;
};

namespace detail {
/// The place of `name` in the comma-separated list `wanted`, or -1.
int rank_in_list(const char* wanted, const char* name) noexcept;
/// $AVILA_KERNEL as it was at the first call; null where it is unset or empty.
const char* forced_kernels() noexcept;
}  // namespace detail

/// The first supported kernel of a table ordered best first; the last one must be portable.
/// $AVILA_KERNEL=avx2 (or a list, avx2,portable) prefers the kernels it names where the table has
/// them and the machine supports them, so that tests can run each one. Keep the answer:
///   static const auto run = simd::select(kKernels);
template <class Fn, std::size_t N>
Fn select(const Kernel<Fn> (&table)[N]) noexcept {
  const char* wanted = detail::forced_kernels();
  const Kernel<Fn>* best = nullptr;
  int best_rank = -1;
  for (const Kernel<Fn>& kernel : table) {
    if (!kernel.supported()) continue;
    const int rank = wanted == nullptr ? -1 : detail::rank_in_list(wanted, kernel.name);
    if (best == nullptr || (rank >= 0 && (best_rank < 0 || rank < best_rank))) {
      best = &kernel;
      best_rank = rank;
    }
  }
  return best != nullptr ? best->run : table[N - 1].run;
}

}  // namespace avila::simd
