// What programs count with. Increments are one relaxed atomic addition on a cache line that few
// threads share. References from a Registry stay valid as long as it lives.
#pragma once
#include <atomic>
#include <avila/metrics/model.hpp>
#include <avila/metrics/sketch.hpp>
#include <avila/os/clock.hpp>
#include <memory>
#include <mutex>

namespace avila::metrics {

constexpr std::size_t kShards = 8;

namespace detail {
inline constinit std::atomic<std::uint32_t> next_shard{0};
inline std::size_t shard() noexcept {
  thread_local const std::uint32_t mine = next_shard.fetch_add(1, std::memory_order_relaxed);
  return mine % kShards;
}
struct alignas(64) Cell {
  std::atomic<std::uint64_t> value{0};
};
}  // namespace detail

/// Only goes up. Whole numbers are the fast case.
class Counter {
 public:
  void increment(std::uint64_t by = 1) noexcept {
    cells_[detail::shard()].value.fetch_add(by, std::memory_order_relaxed);
  }
  /// Fractions (seconds, …); negative ones and NaN are ignored.
  void add(double by) noexcept;
  /// Keeps the exemplar with the sample; the newest wins.
  void increment(std::uint64_t by, Exemplar exemplar);
  double value() const noexcept;
  std::optional<Exemplar> exemplar() const;

 private:
  detail::Cell cells_[kShards];
  std::atomic<double> fraction_{0};
  mutable std::mutex mutex_;  // of the exemplar
  std::unique_ptr<Exemplar> exemplar_;
};

/// Goes up and down.
class Gauge {
 public:
  void set(double value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(double by) noexcept;
  void subtract(double by) noexcept { add(-by); }
  double value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

/// 1, 2.5, 5 and 10 times powers of ten from 1 ms to 10 s, in seconds.
std::vector<double> default_bounds();
std::vector<double> linear_bounds(double first, double step, std::size_t count);
std::vector<double> exponential_bounds(double first, double factor, std::size_t count);

struct HistogramOptions {
  std::vector<double> bounds = default_bounds();  ///< ascending upper bounds; +Inf is implied
  bool native = false;                            ///< exponential buckets beside the classic ones
  std::int32_t native_schema = 3;  ///< -4…8: b = 2^(2^-schema); halved when buckets run out
  std::size_t native_buckets_max = 160;
};

class Histogram {
 public:
  explicit Histogram(HistogramOptions options);
  ~Histogram();
  void observe(double value) noexcept;  ///< NaN is ignored
  void observe(double value, Exemplar exemplar);

  struct Snapshot {
    std::vector<std::uint64_t> counts;  ///< not cumulative; one more than bounds
    std::vector<std::optional<Exemplar>> exemplars;
    std::uint64_t count = 0;
    double sum = 0;
    std::optional<NativeHistogram> native;
  };
  Snapshot snapshot() const;
  const std::vector<double>& bounds() const noexcept { return options_.bounds; }
  double quantile(double q) const;

 private:
  struct Shard;
  struct Native;
  std::size_t bucket_of(double value) const noexcept;
  HistogramOptions options_;
  std::unique_ptr<Shard[]> shards_;
  std::unique_ptr<Native> native_;
  mutable std::mutex mutex_;  // of the exemplars
  std::vector<std::optional<Exemplar>> exemplars_;
};

struct SummaryOptions {
  std::vector<double> quantiles = {0.5, 0.9, 0.95, 0.99};
  double relative_error = 0.01;
  Duration window = minutes(10);  ///< quantiles look back this far, in steps of a fifth
  os::Clock* clock = nullptr;     ///< null: the real one
};

/// Quantiles of the last minutes; count and sum of all.
class Summary {
 public:
  explicit Summary(SummaryOptions options);
  void observe(double value);
  struct Snapshot {
    std::vector<std::pair<double, double>> quantiles;
    std::uint64_t count = 0;
    double sum = 0;
    Percentiles percentiles;
  };
  Snapshot snapshot() const;

 private:
  static constexpr int kSteps = 5;
  void age() const;
  SummaryOptions options_;
  os::Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::vector<Sketch> steps_;
  mutable std::int64_t step_ = 0;
  std::uint64_t count_ = 0;
  double sum_ = 0;
};

}  // namespace avila::metrics
