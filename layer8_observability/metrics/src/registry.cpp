#include <algorithm>
#include <avila/metrics/registry.hpp>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <shared_mutex>
#include <unordered_map>

#include "write.hpp"

namespace avila::metrics {
namespace detail {

/// One series: the instrument of the family's type.
class Series {
 public:
  Labels labels;
  std::unique_ptr<Counter> counter;
  std::unique_ptr<Gauge> gauge;
  std::unique_ptr<Histogram> histogram;
  std::unique_ptr<Summary> summary;
  template <class T>
  T& get();
};
template <>
Counter& Series::get() {
  return *counter;
}
template <>
Gauge& Series::get() {
  return *gauge;
}
template <>
Histogram& Series::get() {
  return *histogram;
}
template <>
Summary& Series::get() {
  return *summary;
}

class FamilyBase {
 public:
  std::string name, help, unit;
  Type type = Type::Unknown;
  std::vector<std::string> labels;
  std::size_t series_max = kSeriesMax;
  HistogramOptions histogram;
  SummaryOptions summary;
  std::function<double()> callback;
  Labels info;

  Series& with(const std::vector<std::string_view>& values) {
    AVILA_ASSERT(values.size() == labels.size());
    std::string key;
    for (const std::string_view value : values) key.append(value).push_back('\xFF');  // no UTF-8
    {
      const std::shared_lock guard(mutex_);
      if (const auto found = index_.find(key); found != index_.end()) return *found->second;
    }
    const std::unique_lock guard(mutex_);
    if (const auto found = index_.find(key); found != index_.end()) return *found->second;
    if (series_.size() < series_max) return *(index_[key] = &make(values));
    if (overflow_ == nullptr)
      overflow_ = &make(std::vector<std::string_view>(labels.size(), "_overflow"));
    return *overflow_;
  }

  Family collect() const {
    Family family;
    family.name = name;
    family.help = help;
    family.unit = unit;
    family.type = type;
    if (callback != nullptr) family.samples.push_back({name, {}, callback(), {}, {}});
    if (type == Type::Info) family.samples.push_back({name + "_info", info, 1, {}, {}});
    const std::shared_lock guard(mutex_);
    for (const Series& one : series_) collect(family, one);
    return family;
  }

 private:
  Series& make(const std::vector<std::string_view>& values) {
    Series& one = series_.emplace_back();
    for (std::size_t i = 0; i < values.size(); ++i) one.labels.emplace_back(labels[i], values[i]);
    switch (type) {
      case Type::Counter: one.counter = std::make_unique<Counter>(); break;
      case Type::Gauge: one.gauge = std::make_unique<Gauge>(); break;
      case Type::Histogram: one.histogram = std::make_unique<Histogram>(histogram); break;
      case Type::Summary: one.summary = std::make_unique<Summary>(summary); break;
      default: break;
    }
    return one;
  }

  static void collect(Family& family, const Series& one) {
    const auto put = [&](std::string_view suffix, double value) -> Sample& {
      family.samples.push_back({family.name + std::string(suffix), one.labels, value, {}, {}});
      return family.samples.back();
    };
    if (one.counter != nullptr)
      put("_total", one.counter->value()).exemplar = one.counter->exemplar();
    if (one.gauge != nullptr) put("", one.gauge->value());
    if (one.histogram != nullptr) {
      Histogram::Snapshot shot = one.histogram->snapshot();
      const auto& bounds = one.histogram->bounds();
      std::uint64_t cumulative = 0;
      for (std::size_t i = 0; i < shot.counts.size(); ++i) {
        cumulative += shot.counts[i];
        Sample& sample = put("_bucket", static_cast<double>(cumulative));
        sample.labels.emplace_back(
            "le",
            number(i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity(), true));
        sample.exemplar = std::move(shot.exemplars[i]);
      }
      // Negative bounds: the sum is no counter, and OpenMetrics wants neither it nor the count.
      if (bounds.empty() || bounds[0] >= 0) {
        put("_count", static_cast<double>(shot.count));
        put("_sum", shot.sum);
      }
      if (shot.native.has_value()) {
        shot.native->labels = one.labels;
        family.native.push_back(std::move(*shot.native));
      }
    }
    if (one.summary != nullptr) {
      const Summary::Snapshot shot = one.summary->snapshot();
      for (const auto& [q, value] : shot.quantiles)
        put("", value).labels.emplace_back("quantile", number(q, true));
      put("_count", static_cast<double>(shot.count));
      put("_sum", shot.sum);
    }
  }

  mutable std::shared_mutex mutex_;
  std::deque<Series> series_;  // addresses stay
  std::unordered_map<std::string, Series*> index_;
  Series* overflow_ = nullptr;
};

}  // namespace detail

template <class Instrument>
Instrument& Vector<Instrument>::with(const std::vector<std::string_view>& values) {
  return family_->with(values).template get<Instrument>();
}
template class Vector<Counter>;
template class Vector<Gauge>;
template class Vector<Histogram>;
template class Vector<Summary>;

struct Registry::State {
  mutable std::mutex mutex;
  std::map<std::string, std::unique_ptr<detail::FamilyBase>, std::less<>> families;
  std::vector<std::function<void(std::vector<Family>&)>> collectors;
};

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

detail::FamilyBase& Registry::family(std::string_view name, std::string_view help, Type type,
                                     std::vector<std::string> labels, FamilyOptions options,
                                     const std::function<void(detail::FamilyBase&)>& init) {
  AVILA_ASSERT(is_valid_metric_name(name));
  for (const std::string& label : labels) {
    AVILA_ASSERT(is_valid_label_name(label));
    AVILA_ASSERT(label != "le");
    AVILA_ASSERT(label != "quantile");
  }
  AVILA_ASSERT(options.unit.empty() || name.ends_with("_" + options.unit));
  const std::lock_guard guard(state_->mutex);
  const auto found = state_->families.find(name);
  if (found != state_->families.end()) {
    AVILA_ASSERT(found->second->type == type);
    AVILA_ASSERT(found->second->labels == labels);
    return *found->second;
  }
  auto made = std::make_unique<detail::FamilyBase>();
  made->name = name;
  made->help = help;
  made->type = type;
  made->labels = std::move(labels);
  made->unit = std::move(options.unit);
  made->series_max = options.series_max;
  if (init != nullptr) init(*made);  // before anybody else can see it
  return *state_->families.emplace(std::string(name), std::move(made)).first->second;
}

Vector<Counter> Registry::counters(std::string_view name, std::string_view help,
                                   std::vector<std::string> labels, FamilyOptions options) {
  if (name.ends_with("_total")) name.remove_suffix(6);
  return Vector<Counter>(family(name, help, Type::Counter, std::move(labels), std::move(options)));
}
Vector<Gauge> Registry::gauges(std::string_view name, std::string_view help,
                               std::vector<std::string> labels, FamilyOptions options) {
  return Vector<Gauge>(family(name, help, Type::Gauge, std::move(labels), std::move(options)));
}
Vector<Histogram> Registry::histograms(std::string_view name, std::string_view help,
                                       std::vector<std::string> labels, HistogramOptions histogram,
                                       FamilyOptions options) {
  return Vector<Histogram>(
      family(name, help, Type::Histogram, std::move(labels), std::move(options),
             [&](detail::FamilyBase& made) { made.histogram = std::move(histogram); }));
}
Vector<Summary> Registry::summaries(std::string_view name, std::string_view help,
                                    std::vector<std::string> labels, SummaryOptions summary,
                                    FamilyOptions options) {
  return Vector<Summary>(
      family(name, help, Type::Summary, std::move(labels), std::move(options),
             [&](detail::FamilyBase& made) { made.summary = std::move(summary); }));
}

Counter& Registry::counter(std::string_view name, std::string_view help, FamilyOptions options) {
  return counters(name, help, {}, std::move(options)).with({});
}
Gauge& Registry::gauge(std::string_view name, std::string_view help, FamilyOptions options) {
  return gauges(name, help, {}, std::move(options)).with({});
}
Histogram& Registry::histogram(std::string_view name, std::string_view help,
                               HistogramOptions histogram, FamilyOptions options) {
  return histograms(name, help, {}, std::move(histogram), std::move(options)).with({});
}
Summary& Registry::summary(std::string_view name, std::string_view help, SummaryOptions summary,
                           FamilyOptions options) {
  return summaries(name, help, {}, std::move(summary), std::move(options)).with({});
}

void Registry::gauge_callback(std::string_view name, std::string_view help,
                              std::function<double()> value) {
  (void)family(name, help, Type::Gauge, {}, {},
               [&](detail::FamilyBase& made) { made.callback = std::move(value); });
}

void Registry::info(std::string_view name, std::string_view help, Labels labels) {
  if (name.ends_with("_info")) name.remove_suffix(5);
  (void)family(name, help, Type::Info, {}, {},
               [&](detail::FamilyBase& made) { made.info = std::move(labels); });
}

void Registry::collector(std::function<void(std::vector<Family>&)> collect) {
  const std::lock_guard guard(state_->mutex);
  state_->collectors.push_back(std::move(collect));
}

std::vector<Family> Registry::collect() const {
  const std::lock_guard guard(state_->mutex);
  std::vector<Family> families;
  for (const auto& [name, family] : state_->families) families.push_back(family->collect());
  for (const auto& collect : state_->collectors) collect(families);
  std::sort(families.begin(), families.end(),
            [](const Family& a, const Family& b) { return a.name < b.name; });
  return families;
}

Registry& default_registry() {
  static Registry* const registry = new Registry;  // never destroyed: counted until the very end
  return *registry;
}

}  // namespace avila::metrics
