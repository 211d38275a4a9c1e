// Distances of one query to many stored vectors. Rows are padded with zeros to a whole number of
// 64-byte lines, so that kernels have no tails.
#pragma once
#include <avila/hnsw/index.hpp>
#include <avila/simd/dispatch.hpp>
#include <cstddef>
#include <cstdint>
#include <span>

namespace avila::hnsw::detail {

/// out[i] = distance(query, row ids[i]); a row begins at base + id * stride.
struct Rows {
  const std::byte* base;
  std::size_t stride;
  std::size_t lines;      // 64-byte lines of values in a row
  std::size_t codes = 0;  // bytes of a product quantised row
};
using DistanceFn = void (*)(const std::byte* query, const Rows& rows, const std::uint32_t* ids,
                            std::size_t count, float* out) noexcept;

/// Float rows: squared L2, or the negated dot product.
DistanceFn float_l2() noexcept;
DistanceFn float_dot() noexcept;
/// Int8 rows: the values, then `Int8Tail`. The same two distances of the values they stand for.
DistanceFn int8_l2() noexcept;
DistanceFn int8_dot() noexcept;

struct Int8Tail {
  float scale;         // a value v stands for v * scale
  float squared_norm;  // of the values it stands for
};

std::span<const simd::Kernel<DistanceFn>> float_l2_kernels() noexcept;
std::span<const simd::Kernel<DistanceFn>> float_dot_kernels() noexcept;
std::span<const simd::Kernel<DistanceFn>> int8_l2_kernels() noexcept;
std::span<const simd::Kernel<DistanceFn>> int8_dot_kernels() noexcept;

}  // namespace avila::hnsw::detail
