// Size classes: 16 bytes apart up to 256, then eight to each doubling up to 256 KiB, so that a
// block is at most 12.5 % larger than what was asked for (and at most 15 bytes below 256).
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace avila::alloc::detail {

inline constexpr std::size_t kMinAlign = 16;          ///< of every block
inline constexpr std::size_t kMaxSmall = 256 * 1024;  ///< largest block of a size class
inline constexpr std::size_t kTableMax = 1024;        ///< classes up to here come from a table
inline constexpr unsigned kClasses = 96;
inline constexpr unsigned kNoClass = kClasses;  ///< mark of slices without small blocks
inline constexpr std::size_t kSliceSize = 64 * 1024;

/// The class of a request of 1…kMaxSmall bytes, computed.
constexpr unsigned compute_class(std::size_t size) noexcept {
  if (size <= 256) return static_cast<unsigned>((size + 15) / 16) - 1;
  const std::size_t last = size - 1;
  const auto log2 = static_cast<unsigned>(std::bit_width(last)) - 1;
  return 16 + (log2 - 8) * 8 + (static_cast<unsigned>(last >> (log2 - 3)) & 7);
}

/// The block size of a class.
constexpr std::size_t class_size(unsigned index) noexcept {
  if (index < 16) return (index + 1) * std::size_t{16};
  return (std::size_t{(index - 16) % 8} + 9) << ((index - 16) / 8 + 5);
}

inline constexpr auto kClassTable = [] {
  std::array<std::uint8_t, kTableMax / 16 + 1> table{};
  for (std::size_t i = 1; i < table.size(); ++i)
    table[i] = static_cast<std::uint8_t>(compute_class(i * 16));
  return table;  // [0] is class 0: malloc(0) gives a block of 16 bytes
}();

/// The class of a request of 0…kMaxSmall bytes.
inline unsigned size_class(std::size_t size) noexcept {
  if (size <= kTableMax) [[likely]]
    return kClassTable[(size + 15) / 16];
  return compute_class(size);
}

/// Slices of a slab: at least eight blocks (four above 32 KiB), and the first count that leaves no
/// more than 1/32 of the slab over.
constexpr unsigned slab_slices(unsigned index) noexcept {
  const std::size_t size = class_size(index);
  const std::size_t want = size * (size <= 32 * 1024 ? 8 : 4);
  auto slices = static_cast<unsigned>((want + kSliceSize - 1) / kSliceSize);
  while (slices * kSliceSize % size > slices * kSliceSize / 32) ++slices;
  return slices;
}

/// Blocks of the class that a thread's cache may hold. Half of them move at a time. Larger numbers
/// were no faster; smaller ones cost speed and memory, as other pages are touched in their place.
constexpr unsigned cache_capacity(unsigned index) noexcept {
  const std::size_t size = class_size(index);
  if (size <= 256) return 128;
  if (size <= 4096) return 32;
  if (size <= 16 * 1024) return 24;
  if (size <= 32 * 1024) return 16;
  if (size <= 64 * 1024) return 8;
  return size <= 128 * 1024 ? 4 : 2;
}
inline constexpr unsigned kMaxBatch = 64;

/// Blocks of the class that wait in the central list without going back to their slabs.
constexpr unsigned transfer_capacity(unsigned index) noexcept {
  return cache_capacity(index) * (class_size(index) <= 1024 ? 2 : 1);
}
inline constexpr unsigned kMaxTransfer = 256;

constexpr unsigned cache_slots() noexcept {
  unsigned total = 0;
  for (unsigned i = 0; i < kClasses; ++i) total += cache_capacity(i) + 1;  // and a sentinel
  return total;
}

static_assert(compute_class(kMaxSmall) == kClasses - 1 && class_size(kClasses - 1) == kMaxSmall);

}  // namespace avila::alloc::detail
