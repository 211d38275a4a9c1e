// Snowflake: 63-bit numbers of 41 bits of milliseconds since an epoch, 10 bits of node and 12 bits
// of sequence (Twitter, 2010); 4,096 a millisecond and node, for 69 years.
#pragma once
#include <avila/error/result.hpp>
#include <avila/primitives/duration.hpp>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::os {
class Clock;
}

namespace avila::id {

/// 2020-01-01T00:00:00Z, the epoch where none is given; Twitter's own was 1288834974657 ms.
constexpr WallTime kSnowflakeEpoch{1'577'836'800'000'000'000};

class Snowflake {
 public:
  static constexpr unsigned kNodeBits = 10, kSequenceBits = 12, kTimeBits = 41;
  static constexpr std::uint64_t kMaxNode = (1U << kNodeBits) - 1;
  static constexpr std::uint64_t kMaxSequence = (1U << kSequenceBits) - 1;

  constexpr Snowflake() noexcept = default;
  explicit constexpr Snowflake(std::uint64_t value) noexcept : value_(value) {}
  /// Decimal, up to 2^63 - 1.
  static Result<Snowflake> parse(std::string_view text);

  std::string to_string() const { return std::to_string(value_); }
  constexpr std::uint64_t value() const noexcept { return value_; }
  constexpr std::uint64_t milliseconds() const noexcept {
    return value_ >> (kNodeBits + kSequenceBits);
  }
  constexpr std::uint64_t node() const noexcept { return value_ >> kSequenceBits & kMaxNode; }
  constexpr std::uint64_t sequence() const noexcept { return value_ & kMaxSequence; }
  constexpr WallTime time(WallTime epoch = kSnowflakeEpoch) const noexcept {
    return epoch + avila::milliseconds(static_cast<std::int64_t>(milliseconds()));
  }

  friend constexpr auto operator<=>(Snowflake, Snowflake) noexcept = default;

 private:
  std::uint64_t value_ = 0;
};

struct SnowflakeOptions {
  std::uint64_t node = 0;            ///< 0…1023; no two generators may share one
  WallTime epoch = kSnowflakeEpoch;  ///< never to be changed
  /// How far the numbers may run ahead of the clock, because it stepped back or because more than
  /// 4,096 were asked for in a millisecond; past it next() fails with Errc::Unavailable.
  Duration max_ahead = seconds(10);
};

/// Strictly growing numbers. One thread at a time.
class SnowflakeGenerator {
 public:
  /// Errc::InvalidArgument for a node above 1023.
  static Result<SnowflakeGenerator> create(os::Clock& clock, SnowflakeOptions options = {});
  Result<Snowflake> next();

 private:
  SnowflakeGenerator(os::Clock& clock, SnowflakeOptions options) noexcept
      : clock_(&clock), options_(options) {}
  os::Clock* clock_;
  SnowflakeOptions options_;
  std::int64_t last_ms_ = -1;
  std::uint64_t sequence_ = 0;
};

}  // namespace avila::id
