// gRPC-Web's bodies: base64 decodes the same in one piece and in two, what is decoded encodes and
// decodes again; trailers that are read are written and read again.
#include <avila/error/assert.hpp>
#include <avila/grpc/web.hpp>
#include <avila/text/encoding.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace avila;
  using namespace avila::grpc;
  if (size == 0) return 0;
  const ByteSpan bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const std::size_t cut = bytes.size() * data[0] / 256;

  WebTextDecoder one, two;
  std::string once, twice;
  const bool good = one.decode(bytes, once).has_value();
  const bool also = two.decode(bytes.first(cut), twice).has_value() &&
                    two.decode(bytes.subspan(cut), twice).has_value();
  AVILA_ASSERT(good == also && (!good || once == twice));
  AVILA_ASSERT(once.size() <= bytes.size() / 4 * 3);
  const std::string encoded = text::base64_encode(bytes);
  WebTextDecoder back;
  std::string decoded;
  AVILA_ASSERT(back.decode(as_bytes(encoded), decoded).has_value() && back.end().has_value());
  AVILA_ASSERT(decoded == as_text(bytes));

  const auto trailers = parse_web_trailers(as_text(bytes));
  if (!trailers.has_value()) return 0;
  const std::string block = web_trailers(*trailers);
  const auto again = parse_web_trailers(std::string_view(block).substr(5));
  AVILA_ASSERT(again.has_value() && again->wire() == trailers->wire());
  return 0;
}
