#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/ratelimit/concurrency.hpp>
#include <cmath>

namespace avila::ratelimit {

ConcurrencyLimit::ConcurrencyLimit(ConcurrencyOptions options)
    : options_(options), limit_(options.initial) {
  AVILA_ASSERT(options.least >= 1);
  AVILA_ASSERT(options.least <= options.initial);
  AVILA_ASSERT(options.initial <= options.most);
  AVILA_ASSERT(options.backoff > 0 && options.backoff < 1);
}

ConcurrencyLimit::Permit ConcurrencyLimit::acquire(Instant now) {
  const std::lock_guard guard(mutex_);
  if (in_flight_ >= static_cast<std::uint32_t>(limit_)) return Permit(nullptr, now);
  ++in_flight_;
  return Permit(this, now);
}

std::uint32_t ConcurrencyLimit::limit() const {
  const std::lock_guard guard(mutex_);
  return static_cast<std::uint32_t>(limit_);
}
std::uint32_t ConcurrencyLimit::in_flight() const {
  const std::lock_guard guard(mutex_);
  return in_flight_;
}

void ConcurrencyLimit::release(Duration took, Outcome outcome) {
  const std::lock_guard guard(mutex_);
  AVILA_ASSERT(in_flight_ > 0);
  const std::uint32_t used = in_flight_--;
  if (outcome == Outcome::Ignored || options_.adaptation == Adaptation::Fixed) return;
  const double least = options_.least, most = options_.most;
  // A limit that is not used says nothing about whether more would do.
  const bool busy = used * 2 >= static_cast<std::uint32_t>(limit_);
  if (outcome == Outcome::Dropped ||
      (options_.adaptation == Adaptation::Aimd && took > options_.slow)) {
    limit_ = std::max(least, limit_ * options_.backoff);
    return;
  }
  if (options_.adaptation == Adaptation::Aimd) {
    if (busy) limit_ = std::min(most, limit_ + 1 / limit_);
    return;
  }
  // A coarse clock that stood still, or one that went back: as a least latency it would hold the
  // limit down for a hundred thousand samples.
  if (took.ns <= 0) return;
  const auto latency = static_cast<double>(took.ns);
  // The least latency seen stands for no queueing. It rises slowly, so that a server that became
  // slower for good is believed in the end.
  base_latency_ns_ =
      base_latency_ns_ == 0
          ? latency
          : std::min(latency, base_latency_ns_ * (1 + 1.0 / (16.0 * options_.window)));
  if (!busy) return;
  const double gradient = std::clamp(options_.tolerance * base_latency_ns_ / latency, 0.5, 1.0);
  const double queue = std::sqrt(limit_);  // room to grow where there is no queueing
  const double wanted = limit_ * gradient + queue;
  limit_ = std::clamp(limit_ * (1 - options_.smoothing) + wanted * options_.smoothing, least, most);
}

}  // namespace avila::ratelimit
