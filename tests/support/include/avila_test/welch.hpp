// Timings of two classes of keys compared by Welch's t-test (Reparaz, Balasch, Verbauwhede, "Dude,
// is my code constant time?", 2017).
#pragma once
#include <time.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

namespace avila_test {

/// t over the times of one fixed short key and of random keys. The slowest tenth of each is cut
/// off: other programs, not the key, made them slow. All keys are made beforehand, so that before
/// each run the same was done.
template <std::size_t N>
double welch_t(const std::function<void(const std::array<std::byte, N>&)>& run, std::uint64_t seed,
               int samples) {
  std::mt19937_64 random(seed);
  struct Input {
    std::size_t kind;
    std::array<std::byte, N> key;
  };
  std::vector<Input> inputs(static_cast<std::size_t>(samples));
  for (auto& [kind, key] : inputs) {
    kind = random() & 1;
    key[0] = std::byte{8};
    if (kind == 1)
      for (auto& b : key) b = static_cast<std::byte>(random() & 0xFF);
  }
  std::vector<double> times[2];
  for (auto& of_kind : times) of_kind.reserve(inputs.size());
  for (const auto& [kind, key] : inputs) {
    timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    run(key);
    clock_gettime(CLOCK_MONOTONIC, &end);
    times[kind].push_back(static_cast<double>(end.tv_sec - start.tv_sec) * 1e9 +
                          static_cast<double>(end.tv_nsec - start.tv_nsec));
  }
  double mean[2], variance_of_mean[2];
  for (std::size_t kind = 0; kind < 2; ++kind) {
    auto& t = times[kind];
    std::sort(t.begin(), t.end());
    t.resize(t.size() * 9 / 10);
    double sum = 0, squares = 0;
    for (const double x : t) sum += x;
    mean[kind] = sum / static_cast<double>(t.size());
    for (const double x : t) squares += (x - mean[kind]) * (x - mean[kind]);
    variance_of_mean[kind] =
        squares / static_cast<double>(t.size() - 1) / static_cast<double>(t.size());
  }
  return (mean[0] - mean[1]) / std::sqrt(variance_of_mean[0] + variance_of_mean[1] + 1e-9);
}

/// Whether t is beyond 10, to the same side, in most of nine rounds: noise hides differences or
/// makes them up in a few only.
template <std::size_t N>
bool times_tell_the_key(const std::function<void(const std::array<std::byte, N>&)>& run) {
  constexpr double kThreshold = 10;
  constexpr int kRounds = 9, kSamples = 400;
  run({std::byte{8}});  // tables are made at first use
  int slower = 0, faster = 0;
  for (int round = 0; round < kRounds; ++round) {
    const double t = welch_t<N>(run, static_cast<std::uint64_t>(round) + 1, kSamples);
    slower += t > kThreshold ? 1 : 0;
    faster += t < -kThreshold ? 1 : 0;
  }
  return std::max(slower, faster) > kRounds / 2;
}

}  // namespace avila_test
