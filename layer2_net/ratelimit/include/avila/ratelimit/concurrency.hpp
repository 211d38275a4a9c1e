// Limits of work in flight: fixed, or adapting to what the other side can take.
#pragma once
#include <avila/primitives/duration.hpp>
#include <cstdint>
#include <mutex>
#include <utility>

namespace avila::ratelimit {

enum class Adaptation : std::uint8_t {
  Fixed,
  Aimd,      ///< grows by one when it is used, shrinks by a factor on failure or slowness
  Gradient,  ///< follows the least latency over the present one (after Netflix's Gradient)
};

struct ConcurrencyOptions {
  Adaptation adaptation = Adaptation::Gradient;
  std::uint32_t initial = 20, least = 1, most = 1000;
  double backoff = 0.9;        ///< Aimd: the limit times this on failure
  Duration slow = seconds(5);  ///< Aimd: slower than this is a failure
  double tolerance = 1.5;      ///< Gradient: latency may grow by this before the limit shrinks
  double smoothing = 0.2;      ///< Gradient: weight of a new limit
  std::uint32_t window = 600;  ///< Gradient: the least latency rises by 1/16 in so many samples
};

enum class Outcome : std::uint8_t {
  Success,
  Dropped,  ///< refused or timed out by the other side: shrink
  Ignored,  ///< says nothing about load (a client's mistake): change nothing
};

/// Thread-safe.
class ConcurrencyLimit {
 public:
  /// A place, given back when it is destroyed (as Ignored) or finished.
  class [[nodiscard]] Permit {
   public:
    Permit(Permit&& other) noexcept
        : limit_(std::exchange(other.limit_, nullptr)), began_(other.began_) {}
    Permit& operator=(Permit&& other) noexcept {
      std::swap(limit_, other.limit_);
      std::swap(began_, other.began_);
      return *this;
    }
    ~Permit() {
      if (limit_ != nullptr) limit_->release(Duration::zero(), Outcome::Ignored);
    }
    explicit operator bool() const noexcept { return limit_ != nullptr; }
    void finish(Instant now, Outcome outcome = Outcome::Success) {
      if (auto* limit = std::exchange(limit_, nullptr)) limit->release(now - began_, outcome);
    }

   private:
    friend class ConcurrencyLimit;
    Permit(ConcurrencyLimit* limit, Instant began) : limit_(limit), began_(began) {}
    ConcurrencyLimit* limit_;
    Instant began_;
  };

  explicit ConcurrencyLimit(ConcurrencyOptions options = {});
  /// An empty permit when the limit is reached. The limit outlives its permits.
  Permit acquire(Instant now);
  std::uint32_t limit() const;
  std::uint32_t in_flight() const;

 private:
  void release(Duration took, Outcome outcome);
  ConcurrencyOptions options_;
  mutable std::mutex mutex_;
  double limit_;
  double base_latency_ns_ = 0;
  std::uint32_t in_flight_ = 0;
};

}  // namespace avila::ratelimit
