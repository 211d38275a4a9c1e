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

/// Rounded up; what no Duration holds is its maximum.
Duration to_duration(double ns) {
  return ns >= 9.2e18 ? Duration::max() : Duration{static_cast<std::int64_t>(std::ceil(ns))};
}

Duration saturating_sum(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? Duration::max() : Duration{sum};
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
    decision.retry_after = to_duration((wanted - tokens_) / per_ns_);
  decision.remaining =
      tokens_ >= full ? decision.limit : static_cast<std::uint64_t>(tokens_ + kRounding);
  decision.reset_after = to_duration((full - tokens_) / per_ns_);
  return decision;
}

Gcra::Gcra(Rate rate) {
  check(rate);
  constexpr std::int64_t kSpanMax = INT64_MAX / 4;  // sums of two, and of now, do not overflow
  const auto per = static_cast<std::uint64_t>(rate.per.ns);
  gap_ns_ = std::clamp<std::int64_t>(static_cast<std::int64_t>(per / rate.units), 1, kSpanMax);
  burst_ = std::min(burst_of(rate), static_cast<std::uint64_t>(kSpanMax / gap_ns_));
  tolerance_ns_ = gap_ns_ * static_cast<std::int64_t>(burst_);
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
        std::max<std::int64_t>(1, to_duration(needed * static_cast<double>(per)).ns - into)};
  } else {
    // In the next window, in which this one's count slides out.
    const double needed = 1.0 - (most - wanted) / static_cast<double>(now_count_);
    decision.retry_after = saturating_sum(
        per - into, to_duration(std::max(0.0, needed) * static_cast<double>(per)).ns);
  }
  const double after = past * left + static_cast<double>(now_count_);
  decision.remaining = after >= most ? 0 : static_cast<std::uint64_t>(most - after);
  if (now_count_ > 0)
    decision.reset_after = saturating_sum(per, per - into);
  else if (past_count_ > 0)
    decision.reset_after = {per - into};
  return decision;
}

}  // namespace avila::ratelimit
