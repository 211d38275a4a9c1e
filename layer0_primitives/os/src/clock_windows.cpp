#include <avila/os/clock.hpp>

#include "windows_strings.hpp"

namespace avila::os {
namespace {

constexpr std::int64_t kTicksFrom1601To1970 = 116'444'736'000'000'000;  // of 100 ns

class RealClock final : public Clock {
 public:
  RealClock() {
    LARGE_INTEGER frequency;
    QueryPerformanceFrequency(&frequency);
    frequency_ = frequency.QuadPart;
  }
  Instant now() override {
    LARGE_INTEGER ticks;
    QueryPerformanceCounter(&ticks);
    // Seconds and rest apart, so that the product does not overflow.
    const std::int64_t whole = ticks.QuadPart / frequency_, rest = ticks.QuadPart % frequency_;
    return {whole * 1'000'000'000 + rest * 1'000'000'000 / frequency_};
  }
  WallTime wall() override {
    FILETIME time;
    GetSystemTimePreciseAsFileTime(&time);
    const auto ticks = static_cast<std::int64_t>(time.dwHighDateTime) << 32 | time.dwLowDateTime;
    return {(ticks - kTicksFrom1601To1970) * 100};
  }

 private:
  std::int64_t frequency_ = 1;
};

}  // namespace

Clock& real_clock() {
  static RealClock clock;
  return clock;
}

}  // namespace avila::os
