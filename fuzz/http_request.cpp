// Whatever comes: a head is found where its empty line is, and what one parse takes, a parse of the
// same bytes in pieces takes too.
#include <avila/error/assert.hpp>
#include <avila/http/message.hpp>
#include <avila/http/parser.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila::http;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const ParseLimits limits;
  HeadScanner whole, pieces;
  const auto once = whole.scan(input, limits);
  std::size_t length = 0;
  bool failed = false;
  for (std::size_t n = 1; n <= size && length == 0 && !failed; n += 1 + n / 8) {
    const auto found = pieces.scan(input.substr(0, n), limits);
    failed = !found.has_value();
    if (!failed && found->has_value()) length = **found;
  }
  if (length != 0) AVILA_ASSERT(once.has_value() && once->has_value() && **once == length);
  if (!once.has_value() || !once->has_value()) return 0;
  Request request;
  const auto parsed = parse_request_head(input.substr(0, **once), limits, request);
  if (!parsed.has_value()) return 0;
  AVILA_ASSERT(!(request.fields.count("content-length") > 0 &&
                 request.fields.count("transfer-encoding") > 0));
  for (const Field& field : request.fields) {
    AVILA_ASSERT(is_token(field.name));
    AVILA_ASSERT(is_field_value(field.value));
  }
  request.split_target();
  (void)request.media_type();
  return 0;
}
