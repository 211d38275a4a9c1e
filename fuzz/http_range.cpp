// Ranges lie within the representation, and an answer is never larger than it.
#include <avila/error/assert.hpp>
#include <avila/http/conditional.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila::http;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1000}}) {
    const RangeRequest request = parse_range(input, length);
    AVILA_ASSERT((request.kind == RangeRequest::Kind::Partial) == !request.ranges.empty());
    std::uint64_t total = 0;
    for (const ByteRange& range : request.ranges) {
      AVILA_ASSERT(range.length > 0 && range.first + range.length <= length);
      total += range.length;
    }
    AVILA_ASSERT(total <= length);
  }
  (void)negotiate_coding(input, {"gzip", "br"});
  (void)negotiate_media_type(input, {"text/html", "application/json"});
  return 0;
}
