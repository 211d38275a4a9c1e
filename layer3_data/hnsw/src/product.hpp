// Product quantisation (Jégou, Douze and Schmid 2011): a vector is cut into short pieces, each
// named by the nearest of 256 centroids of its place. Distances to a query are sums of looked-up
// parts.
#pragma once
#include <vector>

#include "distance.hpp"

namespace avila::hnsw::detail {

inline constexpr std::size_t kCentroids = 256;          // of a subspace: one byte names one
inline constexpr std::size_t kTrainingSample = 16'384;  // vectors that k-means looks at, at most
inline constexpr int kTrainingRounds = 12;

/// Bytes of a product quantised vector.
inline std::uint32_t subspaces_of(const IndexOptions& options) noexcept {
  return options.subspaces != 0 ? options.subspaces : (options.dimensions + 3) / 4;
}

class Codebook {
 public:
  /// `centroids`: for each dimension the 256 values it takes, those of the centroids of the
  /// dimension's subspace; finite.
  Codebook(std::uint32_t dimensions, std::uint32_t subspaces, std::vector<float> centroids);

  /// k-means (Lloyd) in each subspace over `count` >= 256 vectors, one after another in `vectors`.
  static Codebook train(std::uint32_t dimensions, std::uint32_t subspaces,
                        std::span<const float> vectors, std::size_t count, std::uint64_t seed);

  std::uint32_t subspaces() const noexcept { return subspaces_; }
  const std::vector<float>& centroids() const noexcept { return centroids_; }
  std::size_t memory_bytes() const noexcept { return 2 * centroids_.size() * sizeof(float); }

  /// Of any vector that codes can stand for.
  double largest_squared_norm() const noexcept;

  /// The nearest centroid of each subspace.
  void encode(std::span<const float> vector, std::uint8_t* codes) const noexcept;
  void decode(const std::uint8_t* codes, std::span<float> vector) const noexcept;
  /// subspaces x 256 floats: what each centroid adds to the squared L2 distance (or, with `dot`, to
  /// the negated inner product).
  void table(std::span<const float> query, bool dot, float* to) const noexcept;

 private:
  std::size_t first(std::size_t subspace) const noexcept {
    return subspace * dimensions_ / subspaces_;
  }

  std::uint32_t dimensions_, subspaces_;
  std::vector<float> centroids_;  // by dimension
  std::vector<float> rows_;       // by subspace, then centroid: what decode() copies
};

/// A DistanceFn: the query is Codebook::table, rows are codes.
void product_sum(const std::byte* query, const Rows& rows, const std::uint32_t* ids,
                 std::size_t count, float* out) noexcept;

/// What 256 centroids of one subspace of n dimensions add; the inside of Codebook::table.
using PartsFn = void (*)(const float* centroids, const float* query, std::size_t n,
                         float* to) noexcept;
std::span<const simd::Kernel<PartsFn>> l2_parts_kernels() noexcept;
std::span<const simd::Kernel<PartsFn>> dot_parts_kernels() noexcept;

}  // namespace avila::hnsw::detail
