#include "product.hpp"

#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/simd/cpu.hpp>
#include <avila/simd/target.hpp>
#include <cstring>
#include <limits>

namespace avila::hnsw::detail {
namespace {

// One loop, compiled for each instruction set: its length is known, so the compiler vectorises it.
// AVX-512 gains nothing over AVX2 here.
template <bool kDot>
[[gnu::always_inline]] inline void parts(const float* __restrict centroids,
                                         const float* __restrict query, std::size_t n,
                                         float* __restrict to) noexcept {
  std::fill_n(to, kCentroids, 0.0F);
  for (std::size_t d = 0; d < n; ++d) {
    const float x = query[d];
    const float* __restrict values = centroids + d * kCentroids;
    for (std::size_t c = 0; c < kCentroids; ++c) {
      const float difference = x - values[c];
      to[c] += kDot ? -x * values[c] : difference * difference;
    }
  }
}

template <bool kDot>
void parts_portable(const float* centroids, const float* query, std::size_t n, float* to) noexcept {
  parts<kDot>(centroids, query, n, to);
}

#if AVILA_X86_64
template <bool kDot>
AVILA_TARGET_AVX2 void parts_avx2(const float* centroids, const float* query, std::size_t n,
                                  float* to) noexcept {
  parts<kDot>(centroids, query, n, to);
}
#define AVILA_HNSW_PARTS(dot) \
  {"avx2", simd::has_avx2_fma, parts_avx2<dot>}, { "portable", simd::always, parts_portable<dot> }
#else
#define AVILA_HNSW_PARTS(dot) {"portable", simd::always, parts_portable<dot>}
#endif
constexpr simd::Kernel<PartsFn> kL2Parts[] = {AVILA_HNSW_PARTS(false)};
constexpr simd::Kernel<PartsFn> kDotParts[] = {AVILA_HNSW_PARTS(true)};

std::uint64_t next_random(std::uint64_t& state) noexcept {  // SplitMix64
  std::uint64_t z = (state += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

/// k-means of one subspace: `points` are count x n, `centroids` n x 256.
void cluster(std::span<const float> points, std::size_t count, std::size_t n,
             std::span<float> centroids, std::uint64_t& random) {
  std::vector<std::uint32_t> order(count);
  for (std::uint32_t i = 0; i < count; ++i) order[i] = i;
  for (std::size_t c = 0; c < kCentroids; ++c) {  // as many points, drawn without return
    std::swap(order[c], order[c + next_random(random) % (count - c)]);
    for (std::size_t d = 0; d < n; ++d) centroids[d * kCentroids + c] = points[order[c] * n + d];
  }
  static const PartsFn measure = simd::select(kL2Parts);
  float distances[kCentroids];
  std::vector<double> sums(n * kCentroids);
  std::vector<float> error(count);
  for (int round = 0; round < kTrainingRounds; ++round) {
    std::fill(sums.begin(), sums.end(), 0.0);
    std::uint32_t members[kCentroids] = {};
    for (std::size_t i = 0; i < count; ++i) {
      measure(centroids.data(), &points[i * n], n, distances);
      const auto c =
          static_cast<std::size_t>(std::min_element(distances, distances + kCentroids) - distances);
      error[i] = distances[c];
      ++members[c];
      for (std::size_t d = 0; d < n; ++d) sums[d * kCentroids + c] += points[i * n + d];
    }
    for (std::size_t c = 0; c < kCentroids; ++c) {
      // A centroid that nothing is near to moves to the point served worst.
      std::size_t lonely = count;
      if (members[c] == 0) {
        lonely =
            static_cast<std::size_t>(std::max_element(error.begin(), error.end()) - error.begin());
        error[lonely] = 0;
      }
      for (std::size_t d = 0; d < n; ++d)
        centroids[d * kCentroids + c] =
            lonely < count ? points[lonely * n + d]
                           : static_cast<float>(sums[d * kCentroids + c] / members[c]);
    }
  }
}

}  // namespace

// Two sums, so that an addition need not wait for the one before. Gathers (AVX-512) were slower.
void product_sum(const std::byte* query, const Rows& rows, const std::uint32_t* ids,
                 std::size_t count, float* out) noexcept {
  const auto* table = reinterpret_cast<const float*>(query);
  for (std::size_t r = 0; r < count; ++r) {
    const auto* codes = reinterpret_cast<const std::uint8_t*>(rows.base + ids[r] * rows.stride);
    const float* at = table;
    float even = 0, odd = 0;
    std::size_t s = 0;
    for (; s + 2 <= rows.codes; s += 2, at += 2 * kCentroids) {
      even += at[codes[s]];
      odd += at[kCentroids + codes[s + 1]];
    }
    if (s < rows.codes) even += at[codes[s]];
    out[r] = even + odd;
  }
}

std::span<const simd::Kernel<PartsFn>> l2_parts_kernels() noexcept { return kL2Parts; }
std::span<const simd::Kernel<PartsFn>> dot_parts_kernels() noexcept { return kDotParts; }

Codebook::Codebook(std::uint32_t dimensions, std::uint32_t subspaces, std::vector<float> centroids)
    : dimensions_(dimensions), subspaces_(subspaces), centroids_(std::move(centroids)) {
  AVILA_ASSERT(centroids_.size() == kCentroids * dimensions_);
  rows_.resize(centroids_.size());
  for (std::size_t s = 0; s < subspaces_; ++s) {
    const std::size_t begin = first(s), n = first(s + 1) - begin;
    for (std::size_t c = 0; c < kCentroids; ++c)
      for (std::size_t d = 0; d < n; ++d)
        rows_[begin * kCentroids + c * n + d] = centroids_[(begin + d) * kCentroids + c];
  }
}

Codebook Codebook::train(std::uint32_t dimensions, std::uint32_t subspaces,
                         std::span<const float> vectors, std::size_t count, std::uint64_t seed) {
  AVILA_ASSERT(count >= kCentroids && vectors.size() == count * dimensions);
  std::vector<float> centroids(kCentroids * dimensions), points;
  for (std::size_t s = 0; s < subspaces; ++s) {
    const std::size_t begin = s * dimensions / subspaces;
    const std::size_t n = (s + 1) * dimensions / subspaces - begin;
    points.resize(count * n);
    for (std::size_t i = 0; i < count; ++i)
      std::memcpy(&points[i * n], &vectors[i * dimensions + begin], n * sizeof(float));
    cluster(points, count, n, std::span(centroids).subspan(begin * kCentroids, n * kCentroids),
            seed);
  }
  return {dimensions, subspaces, std::move(centroids)};
}

double Codebook::largest_squared_norm() const noexcept {
  double sum = 0;
  for (std::size_t s = 0; s < subspaces_; ++s) {
    const std::size_t begin = first(s), n = first(s + 1) - begin;
    double largest = 0;
    for (std::size_t c = 0; c < kCentroids; ++c) {
      double norm = 0;
      for (std::size_t d = 0; d < n; ++d) {
        const double x = rows_[begin * kCentroids + c * n + d];
        norm += x * x;
      }
      if (norm != norm) return norm;
      largest = std::max(largest, norm);
    }
    sum += largest;
  }
  return sum;
}

void Codebook::encode(std::span<const float> vector, std::uint8_t* codes) const noexcept {
  static const PartsFn measure = simd::select(kL2Parts);
  float distances[kCentroids];
  for (std::size_t s = 0; s < subspaces_; ++s) {
    const std::size_t begin = first(s);
    measure(&centroids_[begin * kCentroids], &vector[begin], first(s + 1) - begin, distances);
    codes[s] =
        static_cast<std::uint8_t>(std::min_element(distances, distances + kCentroids) - distances);
  }
}

void Codebook::decode(const std::uint8_t* codes, std::span<float> vector) const noexcept {
  for (std::size_t s = 0; s < subspaces_; ++s) {
    const std::size_t begin = first(s), n = first(s + 1) - begin;
    std::memcpy(&vector[begin], &rows_[begin * kCentroids + codes[s] * n], n * sizeof(float));
  }
}

void Codebook::table(std::span<const float> query, bool dot, float* to) const noexcept {
  static const PartsFn l2 = simd::select(kL2Parts), inner = simd::select(kDotParts);
  const PartsFn measure = dot ? inner : l2;
  for (std::size_t s = 0; s < subspaces_; ++s) {
    const std::size_t begin = first(s);
    measure(&centroids_[begin * kCentroids], &query[begin], first(s + 1) - begin,
            to + s * kCentroids);
  }
}

}  // namespace avila::hnsw::detail
