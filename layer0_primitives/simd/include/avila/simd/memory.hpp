// Memory operations with a kernel for the machine at hand. Offsets are in bytes; kNotFound is the
// answer of a search that found nothing.
#pragma once
#include <avila/error/span.hpp>
#include <cstddef>
#include <cstdint>

namespace avila::simd {

constexpr std::size_t kNotFound = ~std::size_t{0};

/// The first byte equal to `value`.
std::size_t find_byte(ByteSpan bytes, std::byte value) noexcept;
/// The first byte that is one of `a` and `b` (and `c`): delimiters of a format.
std::size_t find_either(ByteSpan bytes, std::byte a, std::byte b) noexcept;
std::size_t find_either(ByteSpan bytes, std::byte a, std::byte b, std::byte c) noexcept;
/// The first byte different from `value`.
std::size_t find_not(ByteSpan bytes, std::byte value) noexcept;
std::size_t count_byte(ByteSpan bytes, std::byte value) noexcept;

bool equal(ByteSpan a, ByteSpan b) noexcept;
/// The first offset where the two differ, or the shorter size.
std::size_t mismatch(ByteSpan a, ByteSpan b) noexcept;
/// Lexicographic, bytes as unsigned: negative, zero or positive.
int compare(ByteSpan a, ByteSpan b) noexcept;

/// Bits set.
std::uint64_t popcount(ByteSpan bytes) noexcept;

/// to.size() >= from.size(); the ranges do not overlap (move does not mind).
void copy(MutableByteSpan to, ByteSpan from) noexcept;
void move(MutableByteSpan to, ByteSpan from) noexcept;
/// A copy that goes past the caches, for megabytes that nobody reads soon.
void stream_copy(MutableByteSpan to, ByteSpan from) noexcept;
void fill(MutableByteSpan to, std::byte value) noexcept;
/// Repeats the 4 (8) bytes of a pattern, in memory order; the last one may be cut.
void fill32(MutableByteSpan to, std::uint32_t pattern) noexcept;
void fill64(MutableByteSpan to, std::uint64_t pattern) noexcept;

}  // namespace avila::simd
