// A zone that parses answers for every instant, and its local times lead back.
#include <avila/error/assert.hpp>
#include <avila/time/zone.hpp>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila::time;
  const avila::ByteSpan bytes(reinterpret_cast<const std::byte*>(data), size);
  auto zone = TimeZone::parse_tzif(bytes);
  if (!zone.has_value()) zone = TimeZone::parse_posix(avila::as_text(bytes));
  if (!zone.has_value()) return 0;
  for (std::int64_t t = INT64_MIN / 2; t < INT64_MAX / 2; t += INT64_MAX / 37) {
    const ZoneState state = zone->at({t});
    AVILA_ASSERT(state.offset_seconds > -100'000);
    AVILA_ASSERT(state.offset_seconds < 100'000);
    (void)zone->from_local(zone->to_local({t}));
  }
  return 0;
}
