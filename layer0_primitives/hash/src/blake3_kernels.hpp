// The compression function of BLAKE3, once and on many inputs side by side.
#pragma once
#include <avila/simd/dispatch.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace avila::hash::detail {

enum Blake3Flag : std::uint8_t {
  kChunkStart = 1,
  kChunkEnd = 2,
  kParent = 4,
  kRoot = 8,
  kKeyedHash = 16,
  kDeriveKeyContext = 32,
  kDeriveKeyMaterial = 64,
};

inline constexpr std::uint32_t kBlake3Iv[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                               0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

/// Paper, table 2 applied again and again: which message word each round reads at each place.
inline constexpr std::uint8_t kBlake3Schedule[7][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8},
    {3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1},
    {10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6},
    {12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4},
    {9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7},
    {11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13}};

/// What one block is compressed with.
struct Blake3Block {
  const std::uint32_t* chaining_value;
  const std::byte* bytes;  // 64
  std::uint64_t counter;
  std::uint32_t size;
  std::uint32_t flags;
};

/// Inputs of `blocks` whole blocks each, all under the same key.
struct Blake3Many {
  const std::byte* const* inputs;
  std::size_t count;
  std::size_t blocks;
  const std::uint32_t* key;
  std::uint64_t counter;       // of the first input
  std::uint64_t counter_step;  // 1 for chunks, 0 for parents
  std::uint8_t flags, flags_first, flags_last;
};

/// Whole blocks of one chunk, one after the other.
struct Blake3Chain {
  const std::byte* in;
  std::size_t blocks;
  std::uint64_t counter;
  std::uint32_t flags, flags_first;  // the first block has both
};

struct Blake3Kernel {
  /// All 16 words of the output; the first 8 are the new chaining value. `out` may be the old one.
  void (*compress)(const Blake3Block& block, std::uint32_t out[16]) noexcept;
  /// Takes the chaining value on over the blocks.
  void (*chain)(std::uint32_t value[8], const Blake3Chain& job) noexcept;
  /// The chaining value of each input, 8 words each.
  void (*many)(const Blake3Many& job, std::uint32_t* out) noexcept;
};

std::span<const simd::Kernel<const Blake3Kernel*>> blake3_kernels() noexcept;
const Blake3Kernel& blake3_kernel() noexcept;

/// many() for machines without lanes, and for what is left over: one compress() after another.
void blake3_many_serially(void (*compress)(const Blake3Block&, std::uint32_t*) noexcept,
                          const Blake3Many& job, std::uint32_t* out) noexcept;
void blake3_chain_portable(std::uint32_t value[8], const Blake3Chain& job) noexcept;
void blake3_compress_portable(const Blake3Block& block, std::uint32_t out[16]) noexcept;

}  // namespace avila::hash::detail
