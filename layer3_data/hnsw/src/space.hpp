// How vectors of an index are stored and compared: its metric and quantisation.
#pragma once
#include <vector>

#include "distance.hpp"

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

class Space {
 public:
  Space() = default;
  explicit Space(const IndexOptions& options);

  /// Bytes of a row without its padding to whole lines, and with it.
  std::size_t row_bytes() const noexcept { return row_bytes_; }
  std::size_t lines() const noexcept { return lines_; }
  DistanceFn distance() const noexcept { return distance_; }
  /// Added to what distance() gives: 1 with Cosine, so that the same direction has distance 0.
  float bias() const noexcept { return bias_; }

  /// Normalises a copy of `vector` where the metric asks for it. InvalidArgument: see insert().
  Result<std::vector<float>> prepare(std::span<const float> vector) const;
  /// Writes the row of a prepared vector (also the form of a query).
  void encode(std::span<const float> prepared, std::byte* row) const noexcept;
  void decode(const std::byte* row, std::span<float> vector) const noexcept;
  /// Is what a row holds a possible row: finite values, a sane tail?
  bool plausible(const std::byte* row) const noexcept;

 private:
  std::uint32_t dimensions_ = 0;
  Metric metric_ = Metric::L2;
  Quantization quantization_ = Quantization::None;
  std::size_t row_bytes_ = 0;
  std::size_t lines_ = 0;
  DistanceFn distance_ = nullptr;
  float bias_ = 0;
};

}  // namespace avila::hnsw::detail
