// What a decoder accepts without padding options encodes back to the very same text.
#include <avila/error/assert.hpp>
#include <avila/text/encoding.hpp>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace text = avila::text;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto bytes = text::base64_decode(input); bytes.has_value())
    AVILA_ASSERT(text::base64_encode(*bytes) == input);
  if (const auto bytes = text::base64url_decode(input, text::Padding::Forbidden); bytes.has_value())
    AVILA_ASSERT(text::base64url_encode(*bytes) == input);
  if (const auto bytes = text::base64_decode(input, text::Padding::Optional); bytes.has_value())
    AVILA_ASSERT(text::base64_encode(*bytes).starts_with(input));
  if (const auto bytes = text::base32_decode(input); bytes.has_value())
    AVILA_ASSERT(text::base32_encode(*bytes).size() == size);
  if (const auto bytes = text::hex_decode(input); bytes.has_value())
    AVILA_ASSERT(bytes->size() * 2 == size);
  if (const auto bytes = text::percent_decode(input); bytes.has_value())
    AVILA_ASSERT(text::percent_decode(text::percent_encode(*bytes)).value() == *bytes);
  AVILA_ASSERT(text::base64_decode(text::base64_encode(input)).value() == input);
  AVILA_ASSERT(text::base32hex_decode(text::base32hex_encode(input)).value() == input);
  return 0;
}
