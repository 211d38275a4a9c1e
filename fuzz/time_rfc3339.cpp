// What is read is written and read as the same time; the other text parsers do not crash.
#include <avila/error/assert.hpp>
#include <avila/time/duration.hpp>
#include <avila/time/format.hpp>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  using namespace avila::time;
  if (const auto time = parse_rfc3339(text); time.has_value())
    AVILA_ASSERT(*parse_rfc3339(format_rfc3339(*time)) == *time);
  if (const auto time = parse_http_date(text); time.has_value())
    AVILA_ASSERT(*parse_http_date(format_http_date(*time)) == *time);
  if (const auto period = parse_period(text); period.has_value()) {
    AVILA_ASSERT(*parse_period(format_period(*period)) == *period);
    (void)add({0}, *period);
  }
  if (const auto duration = parse_duration(text); duration.has_value())
    AVILA_ASSERT(*parse_duration(format_duration(*duration)) == *duration);
  if (const auto interval = parse_interval(text); interval.has_value())
    AVILA_ASSERT(interval->begin <= interval->end);
  return 0;
}
