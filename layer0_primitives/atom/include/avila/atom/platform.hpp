// What the structures of this library take from the machine, so that a test can put a simulated
// machine in its place and walk through every interleaving.
#pragma once
#include <atomic>
#include <avila/atom/backoff.hpp>
#include <avila/atom/thread_records.hpp>

namespace avila::atom {

/// The real machine. A replacement has the same members (tests/support/…/model.hpp is one):
/// Atomic<T> with the member functions of std::atomic, Backoff with those of atom::Backoff,
/// fence() as std::atomic_thread_fence, and ThreadRecords as the class of that name.
struct StdPlatform {
  template <class T>
  using Atomic = std::atomic<T>;
  using Backoff = atom::Backoff;
  using ThreadRecords = atom::ThreadRecords;
  static void fence(std::memory_order order) noexcept { std::atomic_thread_fence(order); }
};

}  // namespace avila::atom
