// The registry: families by name, their series by label values, and collecting all of them.
#pragma once
#include <avila/metrics/instruments.hpp>
#include <avila/metrics/model.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace avila::metrics {

constexpr std::size_t kSeriesMax = 2000;  ///< of one family, unless its options say otherwise

namespace detail {
class FamilyBase;
class Series;
}  // namespace detail

/// The series of one name. with() is a look-up: keep the reference where it is hot. Beyond the
/// limit of series, new label values share one whose values are all "_overflow".
template <class Instrument>
class Vector {
 public:
  Instrument& with(std::initializer_list<std::string_view> values) {
    return with(std::vector<std::string_view>(values));
  }
  Instrument& with(const std::vector<std::string_view>& values);

 private:
  friend class Registry;
  explicit Vector(detail::FamilyBase& family) : family_(&family) {}
  detail::FamilyBase* family_;
};

struct FamilyOptions {
  std::string unit;  ///< the name must end with "_<unit>" then
  std::size_t series_max = kSeriesMax;
};

/// Thread-safe. Asking again for a name gives the same instrument; asking with another type or
/// other labels, or for a name that is_valid_metric_name() refuses, is an assertion failure.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// "requests" and "requests_total" are the same counter.
  Counter& counter(std::string_view name, std::string_view help, FamilyOptions options = {});
  Gauge& gauge(std::string_view name, std::string_view help, FamilyOptions options = {});
  Histogram& histogram(std::string_view name, std::string_view help,
                       HistogramOptions histogram = {}, FamilyOptions options = {});
  Summary& summary(std::string_view name, std::string_view help, SummaryOptions summary = {},
                   FamilyOptions options = {});
  Vector<Counter> counters(std::string_view name, std::string_view help,
                           std::vector<std::string> labels, FamilyOptions options = {});
  Vector<Gauge> gauges(std::string_view name, std::string_view help,
                       std::vector<std::string> labels, FamilyOptions options = {});
  Vector<Histogram> histograms(std::string_view name, std::string_view help,
                               std::vector<std::string> labels, HistogramOptions histogram = {},
                               FamilyOptions options = {});
  Vector<Summary> summaries(std::string_view name, std::string_view help,
                            std::vector<std::string> labels, SummaryOptions summary = {},
                            FamilyOptions options = {});
  /// A gauge that is computed when it is collected; `value` must not use this registry.
  void gauge_callback(std::string_view name, std::string_view help, std::function<double()> value);
  /// Constant facts: "<name>_info{labels} 1".
  void info(std::string_view name, std::string_view help, Labels labels);
  /// Adds whole families when collecting.
  void collector(std::function<void(std::vector<Family>&)> collect);

  /// All families, in name order.
  std::vector<Family> collect() const;

 private:
  struct State;
  detail::FamilyBase& family(std::string_view name, std::string_view help, Type type,
                             std::vector<std::string> labels, FamilyOptions options,
                             const std::function<void(detail::FamilyBase&)>& init = nullptr);
  std::unique_ptr<State> state_;
};

/// The process's registry.
Registry& default_registry();

}  // namespace avila::metrics
