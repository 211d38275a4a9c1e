// The entropy seam.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstdint>

namespace avila::os {

class Entropy {
 public:
  virtual ~Entropy() = default;
  /// Fills all of `into` with bytes fit for keys.
  virtual Result<void> fill(MutableByteSpan into) = 0;
};

/// getrandom(2), BCryptGenRandom or getentropy(3); one object for the process.
Entropy& system_entropy();

/// SplitMix64 of a seed: for simulations, never for keys.
class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed) : state_(seed) {}
  Result<void> fill(MutableByteSpan into) override;

 private:
  std::uint64_t state_;
};

}  // namespace avila::os
