// Whatever bytes: validate_der() ends, and what it takes is a fixed point of ber_to_der().
#include <avila/asn1/ber.hpp>
#include <avila/asn1/reader.hpp>

#include <algorithm>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto der = avila::asn1::ber_to_der(bytes);
  if (!avila::asn1::validate_der(bytes).has_value()) return 0;
  if (!der.has_value() || !std::ranges::equal(*der, bytes)) std::abort();
  return 0;
}
