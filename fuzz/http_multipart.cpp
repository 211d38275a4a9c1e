// Parts lie within the body, in order, and never overlap.
#include <avila/error/assert.hpp>
#include <avila/http/multipart.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  (void)avila::http::multipart_boundary(input);
  const auto parts = avila::http::parse_multipart(input, "b", {.parts = 100});
  if (!parts.has_value()) return 0;
  const char* at = input.data();
  for (const auto& part : *parts) {
    AVILA_ASSERT(part.body.data() >= at);
    at = part.body.data() + part.body.size();
    AVILA_ASSERT(at <= input.data() + input.size());
    AVILA_ASSERT(part.filename.find('/') == std::string::npos);
  }
  return 0;
}
