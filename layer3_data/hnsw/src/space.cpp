#include "space.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace avila::hnsw::detail {

Space::Space(const IndexOptions& options, std::shared_ptr<const Codebook> codebook)
    : dimensions_(options.dimensions),
      metric_(options.metric),
      quantization_(options.quantization),
      bias_(options.metric == Metric::Cosine ? 1.0F : 0.0F),
      codebook_(std::move(codebook)) {
  // The pieces of a product may come from different vectors.
  if (quantization_ == Quantization::Product) norm_max_ /= subspaces_of(options);
  const bool l2 = metric_ == Metric::L2;
  if (codebook_ != nullptr) {
    lines_ = (codebook_->subspaces() + 63) / 64;
    row_bytes_ = codebook_->subspaces();
    distance_ = product_sum;
  } else if (!quantized()) {
    lines_ = (dimensions_ + 15) / 16;
    row_bytes_ = lines_ * 64;
    distance_ = l2 ? float_l2() : float_dot();
  } else {
    lines_ = (dimensions_ + 63) / 64;
    row_bytes_ = lines_ * 64 + sizeof(Int8Tail);
    distance_ = l2 ? int8_l2() : int8_dot();
  }
}

Result<std::vector<float>> Space::prepare(std::span<const float> vector) const {
  if (vector.size() != dimensions_)
    return Error(Errc::InvalidArgument, "hnsw: the vector has " + std::to_string(vector.size()) +
                                            " dimensions, the index " +
                                            std::to_string(dimensions_));
  double norm = 0;
  for (const float x : vector) norm += static_cast<double>(x) * x;
  if (!(norm <= norm_max_))  // catches NaN and infinities too
    return Error(Errc::InvalidArgument, "hnsw: a value is not finite, or the norm overflows");
  std::vector<float> prepared(vector.begin(), vector.end());
  if (metric_ == Metric::Cosine) {
    if (norm < 1e-30) return Error(Errc::InvalidArgument, "hnsw: a zero vector has no direction");
    const auto factor = static_cast<float>(1 / std::sqrt(norm));
    for (float& x : prepared) x *= factor;
  }
  return prepared;
}

std::size_t Space::query_bytes() const noexcept {
  return codebook_ ? codebook_->subspaces() * kCentroids * sizeof(float) : row_bytes_;
}

void Space::encode_query(std::span<const float> prepared, std::byte* query) const noexcept {
  if (codebook_)
    codebook_->table(prepared, metric_ != Metric::L2, reinterpret_cast<float*>(query));
  else
    encode(prepared, query);
}

void Space::encode(std::span<const float> prepared, std::byte* row) const noexcept {
  if (codebook_) {
    codebook_->encode(prepared, reinterpret_cast<std::uint8_t*>(row));
    return;
  }
  if (!quantized()) {
    const std::size_t size = prepared.size() * sizeof(float);
    std::memcpy(row, prepared.data(), size);
    std::memset(row + size, 0, row_bytes_ - size);
    return;
  }
  float largest = 0;
  for (const float x : prepared) largest = std::max(largest, std::fabs(x));
  Int8Tail tail{largest / 127, 0};
  const float factor = largest > 0 ? 127 / largest : 0;
  std::memset(row, 0, lines_ * 64);
  auto* values = reinterpret_cast<std::int8_t*>(row);
  std::int64_t squares = 0;
  for (std::size_t i = 0; i < prepared.size(); ++i) {
    const float scaled = std::clamp(prepared[i] * factor, -127.0F, 127.0F);
    const auto value = static_cast<std::int8_t>(std::lrintf(scaled));
    values[i] = value;
    squares += value * value;
  }
  tail.squared_norm = static_cast<float>(squares) * tail.scale * tail.scale;
  std::memcpy(row + lines_ * 64, &tail, sizeof tail);
}

void Space::decode(const std::byte* row, std::span<float> vector) const noexcept {
  if (codebook_) {
    codebook_->decode(reinterpret_cast<const std::uint8_t*>(row), vector);
    return;
  }
  if (!quantized()) {
    std::memcpy(vector.data(), row, vector.size_bytes());
    return;
  }
  Int8Tail tail;
  std::memcpy(&tail, row + lines_ * 64, sizeof tail);
  const auto* values = reinterpret_cast<const std::int8_t*>(row);
  for (std::size_t i = 0; i < vector.size(); ++i) vector[i] = values[i] * tail.scale;
}

bool Space::plausible_floats(std::span<const float> values) noexcept {
  double norm = 0;
  for (const float value : values) norm += static_cast<double>(value) * value;
  return norm <= kLargestStoredNorm;  // not so of NaN
}

bool Space::plausible(const std::byte* row) const noexcept {
  if (codebook_) return true;  // every byte names a centroid
  if (!quantized()) return plausible_floats({reinterpret_cast<const float*>(row), lines_ * 16});
  Int8Tail tail;
  std::memcpy(&tail, row + lines_ * 64, sizeof tail);
  return tail.scale >= 0 && std::isfinite(tail.scale) && tail.squared_norm >= 0 &&
         std::isfinite(tail.squared_norm);
}

}  // namespace avila::hnsw::detail
