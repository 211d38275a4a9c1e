// Waiting a little while somebody else finishes a few instructions.
#pragma once
#include <cstddef>
#include <cstdint>

#if defined(_WIN32)
extern "C" __declspec(dllimport) int __stdcall SwitchToThread();
#else
#include <sched.h>
#endif

namespace avila::atom {

/// Two words that threads write must not share one of these. 128, not 64: x86 fetches lines in
/// pairs, and Apple's cores have lines of 128.
inline constexpr std::size_t kCacheLineBytes = 128;

/// Tells the core that this is a spin loop (frees the sibling hyper-thread, saves power).
inline void cpu_relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield" ::: "memory");
#endif
}

/// Gives the core to another runnable thread.
inline void yield_thread() noexcept {
#if defined(_WIN32)
  SwitchToThread();
#else
  ::sched_yield();
#endif
}

/// Exponential: 1, 2, 4 … 64 pauses, then the core is given away, for the holder may be waiting
/// for it (there can be more threads than cores).
class Backoff {
 public:
  void pause() noexcept {
    if (step_ > kSpinSteps) return yield_thread();
    for (std::uint32_t i = 0; i < (1U << step_); ++i) cpu_relax();
    ++step_;
  }
  void reset() noexcept { step_ = 0; }
  /// True once spinning has been given up: a caller that can park should do so now.
  bool is_yielding() const noexcept { return step_ > kSpinSteps; }

 private:
  static constexpr std::uint32_t kSpinSteps = 6;
  std::uint32_t step_ = 0;
};

}  // namespace avila::atom
