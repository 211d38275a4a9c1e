// Constant-time building blocks: no branch and no address depends on what they are given.
#pragma once
#include <avila/error/span.hpp>
#include <cstddef>
#include <cstdint>

namespace avila::field::ct {

/// All ones for true, zero for false.
using Mask = std::uint64_t;

/// Hides where a value comes from, so that no optimiser turns arithmetic on it into a branch.
inline std::uint64_t value_barrier(std::uint64_t value) noexcept {
#if defined(__GNUC__)
  asm("" : "+r"(value));
#else
  volatile std::uint64_t hidden = value;
  value = hidden;
#endif
  return value;
}

/// Of a bit, 0 or 1.
inline Mask mask_if(std::uint64_t bit) noexcept { return std::uint64_t{0} - value_barrier(bit); }
inline Mask is_zero(std::uint64_t x) noexcept { return mask_if((~x & (x - 1)) >> 63); }
inline Mask equal(std::uint64_t a, std::uint64_t b) noexcept { return is_zero(a ^ b); }
/// mask ? a : b
inline std::uint64_t select(Mask mask, std::uint64_t a, std::uint64_t b) noexcept {
  return b ^ (mask & (a ^ b));
}

// A barrier a word in the next two: a vector load of what was just stored in words would wait.

/// to = mask ? from : to, of `count` words.
inline void assign_if(Mask mask, std::uint64_t* to, const std::uint64_t* from,
                      std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) to[i] ^= value_barrier(mask & (from[i] ^ to[i]));
}

/// Exchanges a and b where the mask is set.
inline void swap_if(Mask mask, std::uint64_t* a, std::uint64_t* b, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t difference = value_barrier(mask & (a[i] ^ b[i]));
    a[i] ^= difference;
    b[i] ^= difference;
  }
}

/// out = the index-th entry of a table of `entries` entries of `words` words each. Reads all of it.
void lookup(std::uint64_t* out, const std::uint64_t* table, std::size_t words, std::size_t entries,
            std::uint64_t index) noexcept;

/// The lengths are public, the bytes are not.
bool equal(ByteSpan a, ByteSpan b) noexcept;

/// Zeroes memory in a way that no optimiser drops.
void wipe(void* memory, std::size_t bytes) noexcept;

/// Wipes an object of plain data at the end of a scope.
template <class T>
class Wiper {
 public:
  explicit Wiper(T& object) noexcept : object_(object) {}
  ~Wiper() { ct::wipe(&object_, sizeof object_); }
  Wiper(const Wiper&) = delete;
  Wiper& operator=(const Wiper&) = delete;

 private:
  T& object_;
};

/// Marks memory as secret for valgrind's memcheck, which then reports every branch and address
/// that depends on it (Langley's ctgrind). Nothing happens outside of valgrind.
void classify(const void* memory, std::size_t bytes) noexcept;
/// Marks memory as public again: a verdict that the caller may act upon.
void declassify(const void* memory, std::size_t bytes) noexcept;

/// A mask whose verdict becomes public, as a bool.
inline bool reveal(Mask mask) noexcept {
  declassify(&mask, sizeof mask);
  return mask != 0;
}

}  // namespace avila::field::ct
