// One generator for the process, behind a lock.
#pragma once
#include <avila/os/clock.hpp>
#include <avila/random/chacha.hpp>

#include <mutex>

namespace avila::id::detail {

template <class Generator>
auto next_of_process() {
  // Never destroyed: other static objects may still ask while the program ends.
  static auto* const generator = new Generator(os::real_clock(), random::secure_random());
  static auto* const mutex = new std::mutex;
  const std::lock_guard lock(*mutex);
  return generator->next();
}

inline std::uint64_t milliseconds_of(WallTime time) noexcept {
  return time.ns < 0 ? 0 : static_cast<std::uint64_t>(time.ns / 1'000'000);
}

}  // namespace avila::id::detail
