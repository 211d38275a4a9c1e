#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/metrics/instruments.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <memory>

namespace avila::metrics {
namespace {

void atomic_add(std::atomic<double>& to, double by) noexcept {
  double now = to.load(std::memory_order_relaxed);
  while (!to.compare_exchange_weak(now, now + by, std::memory_order_relaxed)) {
  }
}

}  // namespace

void Counter::add(double by) noexcept {
  if (by > 0) atomic_add(fraction_, by);
}
void Counter::increment(std::uint64_t by, Exemplar exemplar) {
  increment(by);
  const std::lock_guard guard(mutex_);
  exemplar_ = std::make_unique<Exemplar>(std::move(exemplar));
}
double Counter::value() const noexcept {
  std::uint64_t total = 0;
  for (const detail::Cell& cell : cells_) total += cell.value.load(std::memory_order_relaxed);
  return static_cast<double>(total) + fraction_.load(std::memory_order_relaxed);
}
std::optional<Exemplar> Counter::exemplar() const {
  const std::lock_guard guard(mutex_);
  if (exemplar_ == nullptr) return std::nullopt;
  return *exemplar_;
}

void Gauge::add(double by) noexcept { atomic_add(value_, by); }

std::vector<double> default_bounds() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}
std::vector<double> linear_bounds(double first, double step, std::size_t count) {
  std::vector<double> bounds;
  for (std::size_t i = 0; i < count; ++i) bounds.push_back(first + step * static_cast<double>(i));
  return bounds;
}
std::vector<double> exponential_bounds(double first, double factor, std::size_t count) {
  std::vector<double> bounds;
  for (std::size_t i = 0; i < count; ++i, first *= factor) bounds.push_back(first);
  return bounds;
}

// ── histogram ───────────────────────────────────────────────────────────────────────────────────

struct alignas(64) Histogram::Shard {
  std::unique_ptr<std::atomic<std::uint64_t>[]> counts;
  std::atomic<double> sum{0};
};

/// Sparse exponential buckets; a mutex, since a bucket may be new.
struct Histogram::Native {
  static constexpr double kZeroThreshold = 0x1p-128;
  std::mutex mutex;
  std::int32_t schema = 0;
  std::size_t most = 0;
  std::uint64_t zero = 0;
  std::map<std::int32_t, std::uint64_t> positive, negative;

  std::int32_t index_of(double magnitude) const {
    int exponent = 0;
    const double fraction = std::frexp(magnitude, &exponent);  // in [0.5, 1)
    // log2 is off near powers of two; they are exact through frexp.
    if (fraction == 0.5) --exponent;  // a bound belongs to the bucket below it
    if (schema <= 0) return (exponent + (1 << -schema) - 1) >> -schema;
    const double scale = std::ldexp(1.0, schema);
    if (fraction == 0.5) return static_cast<std::int32_t>(exponent * scale);
    return static_cast<std::int32_t>(std::ceil(std::log2(fraction) * scale + exponent * scale));
  }
  void halve() {  // two neighbours become one
    for (auto* side : {&positive, &negative}) {
      std::map<std::int32_t, std::uint64_t> merged;
      for (const auto& [index, count] : *side) merged[(index + 1) >> 1] += count;
      *side = std::move(merged);
    }
    --schema;
  }
  void observe(double value) {
    const std::lock_guard guard(mutex);
    const double magnitude = std::min(std::fabs(value), std::numeric_limits<double>::max());
    if (magnitude <= kZeroThreshold) {
      ++zero;
      return;
    }
    ++(value > 0 ? positive : negative)[index_of(magnitude)];
    while (positive.size() + negative.size() > most && schema > -4) halve();
  }
};

Histogram::Histogram(HistogramOptions options)
    : options_(std::move(options)), shards_(new Shard[kShards]) {
  std::erase_if(options_.bounds, [](double b) { return !std::isfinite(b); });
  AVILA_ASSERT(std::is_sorted(options_.bounds.begin(), options_.bounds.end()));
  const std::size_t buckets = options_.bounds.size() + 1;
  for (std::size_t i = 0; i < kShards; ++i)
    shards_[i].counts.reset(new std::atomic<std::uint64_t>[buckets]());
  exemplars_.resize(buckets);
  if (!options_.native) return;
  AVILA_ASSERT(options_.native_schema >= -4);
  AVILA_ASSERT(options_.native_schema <= 8);
  native_ = std::make_unique<Native>();
  native_->schema = options_.native_schema;
  native_->most = options_.native_buckets_max;
}
Histogram::~Histogram() = default;

std::size_t Histogram::bucket_of(double value) const noexcept {
  const auto& bounds = options_.bounds;
  return static_cast<std::size_t>(std::lower_bound(bounds.begin(), bounds.end(), value) -
                                  bounds.begin());
}

void Histogram::observe(double value) noexcept {
  if (std::isnan(value)) return;
  Shard& shard = shards_[detail::shard()];
  shard.counts[bucket_of(value)].fetch_add(1, std::memory_order_relaxed);
  atomic_add(shard.sum, value);
  if (native_ != nullptr) native_->observe(value);
}

void Histogram::observe(double value, Exemplar exemplar) {
  if (std::isnan(value)) return;
  observe(value);
  exemplar.value = value;
  const std::lock_guard guard(mutex_);
  exemplars_[bucket_of(value)] = std::move(exemplar);
}

Histogram::Snapshot Histogram::snapshot() const {
  Snapshot shot;
  shot.counts.resize(options_.bounds.size() + 1);
  for (std::size_t s = 0; s < kShards; ++s) {
    for (std::size_t i = 0; i < shot.counts.size(); ++i)
      shot.counts[i] += shards_[s].counts[i].load(std::memory_order_relaxed);
    shot.sum += shards_[s].sum.load(std::memory_order_relaxed);
  }
  for (const std::uint64_t count : shot.counts) shot.count += count;
  {
    const std::lock_guard guard(mutex_);
    shot.exemplars = exemplars_;
  }
  if (native_ != nullptr) {
    const std::lock_guard guard(native_->mutex);
    NativeHistogram& native = shot.native.emplace();
    native.schema = native_->schema;
    native.zero_threshold = Native::kZeroThreshold;
    native.zero_count = native_->zero;
    native.sum = shot.sum;
    native.positive.assign(native_->positive.begin(), native_->positive.end());
    native.negative.assign(native_->negative.begin(), native_->negative.end());
    native.count = native.zero_count;
    for (const auto& [index, count] : native.positive) native.count += count;
    for (const auto& [index, count] : native.negative) native.count += count;
  }
  return shot;
}

double Histogram::quantile(double q) const {
  const Snapshot shot = snapshot();
  std::vector<std::pair<double, double>> buckets;
  double cumulative = 0;
  for (std::size_t i = 0; i < shot.counts.size(); ++i) {
    cumulative += static_cast<double>(shot.counts[i]);
    buckets.emplace_back(
        i < options_.bounds.size() ? options_.bounds[i] : std::numeric_limits<double>::infinity(),
        cumulative);
  }
  return bucket_quantile(q, buckets);
}

// ── summary ─────────────────────────────────────────────────────────────────────────────────────

Summary::Summary(SummaryOptions options)
    : options_(std::move(options)),
      clock_(options_.clock != nullptr ? *options_.clock : os::real_clock()),
      steps_(kSteps, Sketch(options_.relative_error)) {
  AVILA_ASSERT(options_.window.ns >= kSteps);
  step_ = clock_.now().ns / (options_.window.ns / kSteps);
}

void Summary::age() const {
  const std::int64_t now = clock_.now().ns / (options_.window.ns / kSteps);
  for (std::int64_t i = 0; i < kSteps && step_ < now; ++i)
    steps_[static_cast<std::size_t>(++step_ % kSteps)].clear();
  step_ = std::max(step_, now);
}

void Summary::observe(double value) {
  if (std::isnan(value)) return;
  const std::lock_guard guard(mutex_);
  age();
  steps_[static_cast<std::size_t>(step_ % kSteps)].add(value);
  ++count_;
  sum_ += value;
}

Summary::Snapshot Summary::snapshot() const {
  const std::lock_guard guard(mutex_);
  age();
  Sketch all(options_.relative_error);
  for (const Sketch& step : steps_) all.merge(step);
  Snapshot shot;
  for (const double q : options_.quantiles) shot.quantiles.emplace_back(q, all.quantile(q));
  shot.count = count_;
  shot.sum = sum_;
  shot.percentiles = all.percentiles();
  return shot;
}

}  // namespace avila::metrics
