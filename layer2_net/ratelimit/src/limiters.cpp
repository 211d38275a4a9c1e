#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/ratelimit/limiters.hpp>
#include <cmath>

namespace avila::ratelimit {
namespace {

std::uint64_t burst_of(const Rate& rate) { return rate.burst == 0 ? rate.units : rate.burst; }

void check(const Rate& rate) {
  AVILA_ASSERT(rate.units > 0);
  AVILA_ASSERT(rate.per.ns > 0);
}

}  // namespace

TokenBucket::TokenBucket(Rate rate, Instant now)
    : rate_(rate),
      tokens_(static_cast<double>(burst_of(rate))),
      per_ns_(static_cast<double>(rate.units) / static_cast<double>(rate.per.ns)),
      at_(now) {
  check(rate);
}

void TokenBucket::refill(Instant now) {
  if (now <= at_) return;  // a clock that stands still or goes back gives nothing
  tokens_ = std::min(static_cast<double>(burst_of(rate_)),
                     tokens_ + static_cast<double>((now - at_).ns) * per_ns_);
  at_ = now;
}

double TokenBucket::tokens(Instant now) {
  refill(now);
  return tokens_;
}

void TokenBucket::give_back(std::uint64_t units) {
  tokens_ = std::min(static_cast<double>(burst_of(rate_)), tokens_ + static_cast<double>(units));
}

Decision TokenBucket::take(Instant now, std::uint64_t units) {
  refill(now);
  constexpr double kRounding = 1e-9;  // sums of fractions may fall just short of a whole token
  Decision decision;
  const auto wanted = static_cast<double>(units), full = static_cast<double>(burst_of(rate_));
  decision.limit = burst_of(rate_);
  decision.allowed = tokens_ + kRounding >= wanted;
  if (decision.allowed)
    tokens_ = std::max(0.0, tokens_ - wanted);
  else if (wanted > full)
    decision.retry_after = Duration::max();
  else
    decision.retry_after = {static_cast<std::int64_t>(std::ceil((wanted - tokens_) / per_ns_))};
  decision.remaining = static_cast<std::uint64_t>(tokens_ + kRounding);
  decision.reset_after = {static_cast<std::int64_t>(std::ceil((full - tokens_) / per_ns_))};
  return decision;
}

Gcra::Gcra(Rate rate)
    : gap_ns_(std::max<std::int64_t>(1, rate.per.ns / static_cast<std::int64_t>(rate.units))),
      tolerance_ns_(0),
      burst_(burst_of(rate)) {
  check(rate);
  std::int64_t tolerance = 0;
  if (__builtin_mul_overflow(gap_ns_, static_cast<std::int64_t>(burst_), &tolerance))
    tolerance = INT64_MAX / 4;
  tolerance_ns_ = std::min(tolerance, INT64_MAX / 4);
}

Decision Gcra::take(Instant now, std::uint64_t units) {
  Decision decision;
  decision.limit = burst_;
  const std::int64_t arrival = std::max(arrival_ns_, now.ns);
  if (units > burst_) {
    decision.retry_after = Duration::max();
  } else {
    const std::int64_t next = arrival + gap_ns_ * static_cast<std::int64_t>(units);
    decision.allowed = next - now.ns <= tolerance_ns_;
    if (decision.allowed)
      arrival_ns_ = next;
    else
      decision.retry_after = {next - now.ns - tolerance_ns_};
  }
  const std::int64_t ahead = std::max<std::int64_t>(0, arrival_ns_ - now.ns);
  decision.remaining =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, (tolerance_ns_ - ahead) / gap_ns_));
  decision.reset_after = {ahead};
  return decision;
}

SlidingWindow::SlidingWindow(Rate rate) : rate_(rate) { check(rate); }

Decision SlidingWindow::take(Instant now, std::uint64_t units) {
  const std::int64_t per = rate_.per.ns;
  const std::int64_t window = now.ns / per - (now.ns % per < 0 ? 1 : 0);
  if (window > window_) {
    past_count_ = window - 1 == window_ ? now_count_ : 0;
    now_count_ = 0;
    window_ = window;
  }
  Decision decision;
  decision.limit = rate_.units;
  const std::int64_t into = std::max<std::int64_t>(0, now.ns - window_ * per);
  const double left = 1.0 - static_cast<double>(std::min(into, per)) / static_cast<double>(per);
  const double past = static_cast<double>(past_count_), most = static_cast<double>(rate_.units);
  const double used = past * left + static_cast<double>(now_count_);
  const auto wanted = static_cast<double>(units);
  decision.allowed = used + wanted <= most;
  if (decision.allowed) {
    now_count_ += units;
  } else if (units > rate_.units) {
    decision.retry_after = Duration::max();
  } else if (static_cast<double>(now_count_) + wanted <= most && past > 0) {
    // Within this window, when enough of the past one has slid out.
    const double needed = 1.0 - (most - wanted - static_cast<double>(now_count_)) / past;
    decision.retry_after = {
        static_cast<std::int64_t>(std::ceil(needed * static_cast<double>(per))) - into};
  } else {
    // In the next window, in which this one's count slides out.
    const double needed = 1.0 - (most - wanted) / static_cast<double>(now_count_);
    decision.retry_after = {
        per - into +
        static_cast<std::int64_t>(std::ceil(std::max(0.0, needed) * static_cast<double>(per)))};
  }
  const double after = past * left + static_cast<double>(now_count_);
  decision.remaining = after >= most ? 0 : static_cast<std::uint64_t>(most - after);
  decision.reset_after = {now_count_ > 0 ? 2 * per - into : past_count_ > 0 ? per - into : 0};
  return decision;
}

}  // namespace avila::ratelimit
