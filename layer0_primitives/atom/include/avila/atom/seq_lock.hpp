// A value that is read often and written rarely: readers never write shared memory.
#pragma once
#include <atomic>
#include <avila/atom/platform.hpp>
#include <avila/atom/spin_lock.hpp>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace avila::atom {

/// Readers copy the value and repeat if a writer was at it meanwhile. The copy is made word by word
/// with relaxed atomics, so a torn copy is discarded, never undefined.
/// Source: Boehm, "Can seqlocks get along with programming language memory models?" (2012).
template <class T, class Platform = StdPlatform>
class SeqLock {
  static_assert(std::is_trivially_copyable_v<T>, "a torn copy must be harmless");

 public:
  explicit SeqLock(const T& value = {}) noexcept { store(value); }
  SeqLock(const SeqLock&) = delete;
  SeqLock& operator=(const SeqLock&) = delete;

  T load() const noexcept {
    typename Platform::Backoff backoff;
    for (;;) {
      const std::uint32_t before = sequence_.load(std::memory_order_acquire);
      if ((before & 1) == 0) {
        std::uint64_t words[kWords];
        // acquire on each word: a word of a newer value makes its odd sequence visible below.
        for (std::size_t i = 0; i < kWords; ++i)
          words[i] = words_[i].load(std::memory_order_acquire);
        if (sequence_.load(std::memory_order_relaxed) == before) {
          T value;
          std::memcpy(static_cast<void*>(&value), words, sizeof(T));
          return value;
        }
      }
      backoff.pause();
    }
  }
  void store(const T& value) noexcept {
    const Guard guard(writers_);
    const std::uint32_t before = sequence_.load(std::memory_order_relaxed);
    sequence_.store(before + 1, std::memory_order_relaxed);
    std::uint64_t words[kWords]{};
    std::memcpy(words, &value, sizeof(T));
    // release on each word: who reads it sees the odd sequence.
    for (std::size_t i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_release);
    sequence_.store(before + 2, std::memory_order_release);
  }

 private:
  static constexpr std::size_t kWords = (sizeof(T) + 7) / 8;
  BasicSpinLock<Platform> writers_;
  typename Platform::template Atomic<std::uint32_t> sequence_{0};
  typename Platform::template Atomic<std::uint64_t> words_[kWords]{};
};

}  // namespace avila::atom
