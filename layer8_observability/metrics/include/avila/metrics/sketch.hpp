// A quantile sketch with a bounded relative error (as DDSketch: Masson, Rim and Lee, 2019).
#pragma once
#include <cstdint>
#include <vector>

namespace avila::metrics {

struct Percentiles {
  double p50 = 0, p75 = 0, p90 = 0, p95 = 0, p99 = 0, p999 = 0;
  double min = 0, max = 0, mean = 0;
  std::uint64_t count = 0;
};

/// Values in logarithmic buckets: a quantile is off by at most `relative_error` of its value.
/// Bounded: beyond kBucketsMax buckets a sign, those nearest zero are merged. Not thread-safe.
class Sketch {
 public:
  static constexpr std::size_t kBucketsMax = 2048;
  explicit Sketch(double relative_error = 0.01);

  void add(double value, std::uint64_t count = 1);  ///< NaN is ignored, infinities are clamped
  void merge(const Sketch& other);                  ///< of the same relative error
  void clear();
  /// The q-quantile, 0 ≤ q ≤ 1; NaN when empty.
  double quantile(double q) const;
  Percentiles percentiles() const;
  std::uint64_t count() const noexcept { return count_; }
  double sum() const noexcept { return sum_; }
  double min() const noexcept { return min_; }
  double max() const noexcept { return max_; }
  double relative_error() const noexcept { return relative_error_; }

 private:
  struct Side {  // counts of indices first … first + size - 1
    std::int32_t first = 0;
    std::vector<std::uint64_t> counts;
    void add(std::int32_t index, std::uint64_t count);
  };
  std::int32_t index_of(double magnitude) const;
  double value_of(std::int32_t index) const;

  double relative_error_, log_gamma_;
  Side positive_, negative_;
  std::uint64_t zeros_ = 0, count_ = 0;
  double sum_ = 0, min_ = 0, max_ = 0;
};

}  // namespace avila::metrics
