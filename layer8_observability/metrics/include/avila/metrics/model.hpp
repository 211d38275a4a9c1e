// Metric families as data: what a registry gives out, and what the parsers read.
#pragma once
#include <avila/error/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::metrics {

enum class Type : std::uint8_t {
  Unknown,
  Counter,
  Gauge,
  Histogram,
  GaugeHistogram,
  Summary,
  Info,
  StateSet
};
std::string_view to_string(Type type) noexcept;  ///< as in OpenMetrics: "unknown", "counter", …

using Labels = std::vector<std::pair<std::string, std::string>>;

/// One observation that stands for many, usually with a trace_id.
struct Exemplar {
  Labels labels;
  double value = 0;
  std::optional<double> timestamp;  ///< seconds since 1970
};

struct Sample {
  std::string name;  ///< with suffix: "requests_total", "latency_bucket"
  Labels labels;     ///< in the order of the text
  double value = 0;
  std::optional<double> timestamp;  ///< seconds since 1970
  std::optional<Exemplar> exemplar;
};

/// A native (exponential) histogram: bucket i of schema s holds values in (b^(i-1), b^i] where
/// b = 2^(2^-s); values within ±zero_threshold are counted apart.
struct NativeHistogram {
  Labels labels;
  std::int32_t schema = 0;
  double zero_threshold = 0, sum = 0;
  std::uint64_t zero_count = 0, count = 0;
  std::vector<std::pair<std::int32_t, std::uint64_t>> positive, negative;  ///< index, count; sorted
};

struct Family {
  std::string name;  ///< without the suffixes of its samples
  Type type = Type::Unknown;
  std::string help, unit;
  std::vector<Sample> samples;
  std::vector<NativeHistogram> native;  ///< beside the classic samples
};

constexpr std::size_t kExpositionBytesMax = 64 << 20;
constexpr std::size_t kLabelsMax = 128;         ///< of a sample
constexpr std::size_t kExemplarRunesMax = 128;  ///< OpenMetrics: names and values of its labels

/// OpenMetrics 1.0 text, checked against all rules of the specification: grouping, order, counts
/// that match, no NaN counters, one # EOF. Malformed with the byte offset of the line.
Result<std::vector<Family>> parse_openmetrics(std::string_view text);
/// Prometheus text format 0.0.4, as leniently as Prometheus reads it. Timestamps become seconds.
Result<std::vector<Family>> parse_prometheus(std::string_view text);

/// "application/openmetrics-text; version=1.0.0; charset=utf-8"
std::string write_openmetrics(const std::vector<Family>& families);
/// "text/plain; version=0.0.4; charset=utf-8"
std::string write_prometheus(const std::vector<Family>& families);
/// Length-delimited io.prometheus.client.MetricFamily messages ("application/vnd.google.protobuf;
/// proto=io.prometheus.client.MetricFamily; encoding=delimited"), native histograms included.
std::string write_protobuf(const std::vector<Family>& families);

bool is_valid_metric_name(std::string_view name) noexcept;  ///< [a-zA-Z_:][a-zA-Z0-9_:]*
bool is_valid_label_name(std::string_view name) noexcept;   ///< [a-zA-Z_][a-zA-Z0-9_]*

/// The q-quantile (0…1) of cumulative buckets (upper bound, count; the last one +Inf), with linear
/// interpolation within the bucket, as PromQL's histogram_quantile(). NaN when they are empty.
double bucket_quantile(double q, const std::vector<std::pair<double, double>>& buckets) noexcept;

}  // namespace avila::metrics
