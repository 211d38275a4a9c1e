#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/metrics/sketch.hpp>
#include <cmath>
#include <limits>

namespace avila::metrics {

Sketch::Sketch(double relative_error) : relative_error_(relative_error) {
  AVILA_ASSERT(relative_error > 0);
  AVILA_ASSERT(relative_error < 1);
  log_gamma_ = std::log((1 + relative_error) / (1 - relative_error));
}

std::int32_t Sketch::index_of(double magnitude) const {
  return static_cast<std::int32_t>(std::ceil(std::log(magnitude) / log_gamma_));
}

double Sketch::value_of(std::int32_t index) const {
  // The point of (γ^(i-1), γ^i] that is off by the same relative error at both ends.
  const double gamma = std::exp(log_gamma_);
  return 2 * std::exp(index * log_gamma_) / (gamma + 1);
}

void Sketch::Side::add(std::int32_t index, std::uint64_t count) {
  if (counts.empty()) {
    first = index;
    counts.push_back(count);
    return;
  }
  const std::int64_t last = first + static_cast<std::int64_t>(counts.size()) - 1;
  if (index > last) {
    const std::int64_t lowest =
        std::max<std::int64_t>(first, index - static_cast<std::int64_t>(kBucketsMax) + 1);
    if (lowest > first) {  // merge the lowest ones into the lowest that stays
      const auto gone = static_cast<std::size_t>(
          std::min<std::int64_t>(lowest - first, static_cast<std::int64_t>(counts.size())));
      std::uint64_t merged = 0;
      for (std::size_t i = 0; i < gone; ++i) merged += counts[i];
      counts.erase(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(gone));
      first = static_cast<std::int32_t>(lowest);
      if (counts.empty()) counts.push_back(0);
      counts[0] += merged;
    }
    counts.resize(static_cast<std::size_t>(index - first) + 1);
  } else if (index < first) {
    const auto room = kBucketsMax - counts.size();
    const auto more = std::min(static_cast<std::size_t>(first - index), room);
    counts.insert(counts.begin(), more, 0);
    first -= static_cast<std::int32_t>(more);
    index = std::max(index, first);
  }
  counts[static_cast<std::size_t>(index - first)] += count;
}

void Sketch::add(double value, std::uint64_t count) {
  if (std::isnan(value) || count == 0) return;
  constexpr double kMost = std::numeric_limits<double>::max();
  value = std::clamp(value, -kMost, kMost);
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = count_ == 0 ? value : std::max(max_, value);
  count_ += count;
  sum_ += value * static_cast<double>(count);
  const double magnitude = std::fabs(value);
  if (magnitude < std::numeric_limits<double>::min())
    zeros_ += count;
  else
    (value > 0 ? positive_ : negative_).add(index_of(magnitude), count);
}

void Sketch::merge(const Sketch& other) {
  AVILA_ASSERT(other.relative_error_ == relative_error_);
  if (other.count_ == 0) return;
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = count_ == 0 ? other.max_ : std::max(max_, other.max_);
  for (std::size_t i = 0; i < other.positive_.counts.size(); ++i)
    if (other.positive_.counts[i] > 0)
      positive_.add(other.positive_.first + static_cast<std::int32_t>(i),
                    other.positive_.counts[i]);
  for (std::size_t i = 0; i < other.negative_.counts.size(); ++i)
    if (other.negative_.counts[i] > 0)
      negative_.add(other.negative_.first + static_cast<std::int32_t>(i),
                    other.negative_.counts[i]);
  zeros_ += other.zeros_;
  count_ += other.count_;
  sum_ += other.sum_;
}

void Sketch::clear() { *this = Sketch(relative_error_); }

double Sketch::quantile(double q) const {
  if (count_ == 0 || std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
  q = std::clamp(q, 0.0, 1.0);
  const auto rank = static_cast<std::uint64_t>(q * static_cast<double>(count_ - 1));
  std::uint64_t seen = 0;
  for (std::size_t i = negative_.counts.size(); i-- > 0;)
    if ((seen += negative_.counts[i]) > rank)
      return std::clamp(-value_of(negative_.first + static_cast<std::int32_t>(i)), min_, max_);
  if ((seen += zeros_) > rank) return 0;
  for (std::size_t i = 0; i < positive_.counts.size(); ++i)
    if ((seen += positive_.counts[i]) > rank)
      return std::clamp(value_of(positive_.first + static_cast<std::int32_t>(i)), min_, max_);
  return max_;
}

Percentiles Sketch::percentiles() const {
  Percentiles p;
  p.count = count_;
  if (count_ == 0) return p;
  p.p50 = quantile(0.5), p.p75 = quantile(0.75), p.p90 = quantile(0.9);
  p.p95 = quantile(0.95), p.p99 = quantile(0.99), p.p999 = quantile(0.999);
  p.min = min_, p.max = max_, p.mean = sum_ / static_cast<double>(count_);
  return p;
}

}  // namespace avila::metrics
