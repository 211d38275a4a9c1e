// What parses is written so that it parses again, to the same text.
#include <avila/error/assert.hpp>
#include <avila/metrics/model.hpp>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto families = avila::metrics::parse_openmetrics(text); families.has_value()) {
    const std::string again = avila::metrics::write_openmetrics(*families);
    const auto second = avila::metrics::parse_openmetrics(again);
    AVILA_ASSERT(second.has_value());
    AVILA_ASSERT(avila::metrics::write_openmetrics(*second) == again);
    (void)avila::metrics::write_protobuf(*families);
  }
  if (const auto families = avila::metrics::parse_prometheus(text); families.has_value())
    (void)avila::metrics::write_prometheus(*families);
  return 0;
}
