// What parses can be serialised, the text of it parses to the same value, and is its own text.
#include <avila/error/assert.hpp>
#include <avila/http/structured_fields.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace avila::http::structured;

template <class T>
void check(const avila::Result<T>& parsed, avila::Result<T> (*parse)(std::string_view)) {
  if (!parsed.has_value()) return;
  const auto text = serialize(*parsed);
  AVILA_ASSERT(text.has_value());
  if (text->size() > kMaxFieldBytes) return;  // base64 was padded, say
  const auto again = parse(*text);
  AVILA_ASSERT(again.has_value() && *again == *parsed);
  AVILA_ASSERT(*serialize(*again) == *text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(parse_item(input), parse_item);
  check(parse_list(input), parse_list);
  check(parse_dictionary(input), parse_dictionary);
  return 0;
}
