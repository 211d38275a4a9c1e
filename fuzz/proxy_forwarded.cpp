// What is read can be written, and reads as the same again.
#include <avila/error/assert.hpp>
#include <avila/proxy/forwarded.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila::proxy;
  const auto parsed = parse_forwarded({reinterpret_cast<const char*>(data), size});
  if (!parsed.has_value()) return 0;
  AVILA_ASSERT(parsed->size() <= kForwardedElementsMax);
  for (const ForwardedElement& element : *parsed) {
    const std::string text = to_string(element);
    const auto again = parse_forwarded(text);
    AVILA_ASSERT(again.has_value());
    if (text.empty()) continue;  // only parameters that we do not know, or empty ones
    AVILA_ASSERT(again->size() == 1 && again->front() == element);
  }
  return 0;
}
