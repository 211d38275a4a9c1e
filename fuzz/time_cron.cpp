// The next time of an expression that parses is later, and matches it.
#include <avila/error/assert.hpp>
#include <avila/time/cron.hpp>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila::time;
  const auto cron = Cron::parse({reinterpret_cast<const char*>(data), size});
  if (!cron.has_value()) return 0;
  avila::WallTime now{1'795'224'000'123'456'789};
  for (int i = 0; i < 4; ++i) {
    const auto next = cron->next(now);
    if (!next.has_value()) break;
    AVILA_ASSERT(*next > now);
    AVILA_ASSERT(cron->matches(to_civil(*next)));
    now = *next;
  }
  return 0;
}
