// Orders by name, and fences: also a pair that makes the side that runs often free.
#pragma once
#include <atomic>

namespace avila::atom {

// Which order? The weakest whose line is true:
inline constexpr auto kRelaxed = std::memory_order_relaxed;  ///< only this variable matters
inline constexpr auto kAcquire = std::memory_order_acquire;  ///< reads what a release published
inline constexpr auto kRelease = std::memory_order_release;  ///< publishes what was written before
inline constexpr auto kAcqRel = std::memory_order_acq_rel;   ///< both, in a read-modify-write
inline constexpr auto kSeqCst = std::memory_order_seq_cst;   ///< all threads agree on one order

/// What a load may use of the order of a read-modify-write: the failure order of a
/// compare_exchange, for example.
constexpr std::memory_order load_part(std::memory_order order) noexcept {
  if (order == kAcqRel) return kAcquire;
  return order == kRelease ? kRelaxed : order;
}
/// What a store may use.
constexpr std::memory_order store_part(std::memory_order order) noexcept {
  if (order == kAcqRel) return kRelease;
  return order == kAcquire || order == std::memory_order_consume ? kRelaxed : order;
}

/// Loads before it stay before loads and stores after it.
inline void acquire_fence() noexcept { std::atomic_thread_fence(kAcquire); }
/// Loads and stores before it stay before stores after it.
inline void release_fence() noexcept { std::atomic_thread_fence(kRelease); }
/// The only one that keeps a store before a later load. About 20 cycles on x86.
inline void full_fence() noexcept { std::atomic_thread_fence(kSeqCst); }
/// Orders what the compiler does, not the core: towards a signal handler of the same thread.
inline void compiler_fence() noexcept { std::atomic_signal_fence(kSeqCst); }

}  // namespace avila::atom
