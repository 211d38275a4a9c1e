// How vectors of an index are stored and compared: its metric and quantisation.
#pragma once
#include <memory>
#include <vector>

#include "product.hpp"

namespace avila::hnsw::detail {

/// 64-byte aligned scratch for one row.
class RowBuffer {
 public:
  explicit RowBuffer(std::size_t size = 0) : storage_(size / 64 + 2) {}
  std::byte* data() noexcept { return reinterpret_cast<std::byte*>(storage_.data()); }

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  std::vector<Line> storage_;
};

/// Squared norms above the first are refused; rounding may store a little more. Sums of products
/// stay finite.
inline constexpr double kLargestNorm = 1e37, kLargestStoredNorm = 1.001e37;

class Space {
 public:
  Space() = default;
  /// Product quantisation without a codebook keeps floats.
  explicit Space(const IndexOptions& options, std::shared_ptr<const Codebook> codebook = nullptr);

  /// Bytes of a row without its padding to whole lines, and with it.
  std::size_t row_bytes() const noexcept { return row_bytes_; }
  std::size_t lines() const noexcept { return lines_; }
  DistanceFn distance() const noexcept { return distance_; }
  /// The same distance of float rows.
  DistanceFn float_distance() const noexcept {
    return metric_ == Metric::L2 ? float_l2() : float_dot();
  }
  /// Rows are less than the floats.
  bool quantized() const noexcept {
    return quantization_ == Quantization::Int8 || codebook_ != nullptr;
  }
  const Codebook* codebook() const noexcept { return codebook_.get(); }
  /// Added to what distance() gives: 1 with Cosine, so that the same direction has distance 0.
  float bias() const noexcept { return bias_; }

  /// Normalises a copy of `vector` where the metric asks for it. InvalidArgument: see insert().
  Result<std::vector<float>> prepare(std::span<const float> vector) const;
  /// Bytes of a query: a row, or with a codebook its table.
  std::size_t query_bytes() const noexcept;
  void encode_query(std::span<const float> prepared, std::byte* query) const noexcept;
  /// Writes the row of a prepared vector.
  void encode(std::span<const float> prepared, std::byte* row) const noexcept;
  void decode(const std::byte* row, std::span<float> vector) const noexcept;
  /// Is what a row holds a possible row: finite values, a sane tail?
  bool plausible(const std::byte* row) const noexcept;
  static bool plausible_floats(std::span<const float> values) noexcept;

 private:
  std::uint32_t dimensions_ = 0;
  Metric metric_ = Metric::L2;
  Quantization quantization_ = Quantization::None;
  std::size_t row_bytes_ = 0;
  std::size_t lines_ = 0;
  DistanceFn distance_ = nullptr;
  float bias_ = 0;
  double norm_max_ = kLargestNorm;
  std::shared_ptr<const Codebook> codebook_;  // shared with copies of the space
};

}  // namespace avila::hnsw::detail
