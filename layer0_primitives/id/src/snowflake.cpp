#include <avila/id/snowflake.hpp>
#include <avila/os/clock.hpp>

namespace avila::id {

Result<Snowflake> Snowflake::parse(std::string_view text) {
  if (text.empty()) return Error(Errc::Malformed, "snowflake: expected digits", {.offset = 0});
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9')
      return Error(Errc::Malformed, "snowflake: expected a digit", {.offset = i});
    const auto digit = static_cast<std::uint64_t>(text[i] - '0');
    if (value > (static_cast<std::uint64_t>(INT64_MAX) - digit) / 10)
      return Error(Errc::Malformed, "snowflake: above 2^63 - 1", {.offset = i});
    value = value * 10 + digit;
  }
  return Snowflake(value);
}

Result<SnowflakeGenerator> SnowflakeGenerator::create(os::Clock& clock, SnowflakeOptions options) {
  if (options.node > Snowflake::kMaxNode)
    return Error(Errc::InvalidArgument, "snowflake: node " + std::to_string(options.node) +
                                            " is above 1023; give each generator its own number");
  return SnowflakeGenerator(clock, options);
}

Result<Snowflake> SnowflakeGenerator::next() {
  const std::int64_t now_ms = (clock_->wall() - options_.epoch).milliseconds();
  if (now_ms < 0)
    return Error(Errc::Unavailable, "snowflake: the clock is before the epoch",
                 {.hint = "set the clock"});
  std::int64_t ms = last_ms_;
  std::uint64_t sequence = sequence_ + 1;
  if (now_ms > last_ms_) {
    ms = now_ms;
    sequence = 0;
  } else if (sequence > Snowflake::kMaxSequence) {
    ++ms;
    sequence = 0;
  }
  if (ms - now_ms > options_.max_ahead.milliseconds())
    return Error(
        Errc::Unavailable,
        "snowflake: numbers would run " + std::to_string(ms - now_ms) + " ms ahead of the clock",
        {.hint = "the clock stepped back: wait, or use another node number"});
  if (ms >> Snowflake::kTimeBits != 0)
    return Error(Errc::OutOfRange, "snowflake: 41 bits of milliseconds since the epoch are spent");
  last_ms_ = ms;
  sequence_ = sequence;
  return Snowflake(static_cast<std::uint64_t>(ms)
                       << (Snowflake::kNodeBits + Snowflake::kSequenceBits) |
                   options_.node << Snowflake::kSequenceBits | sequence);
}

}  // namespace avila::id
