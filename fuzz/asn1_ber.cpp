// What ber_to_der() makes is read again as one element, and is BER of itself.
#include <avila/asn1/ber.hpp>

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto der = avila::asn1::ber_to_der(std::as_bytes(std::span(data, size)));
  if (!der.has_value()) return 0;
  const auto element = avila::asn1::read_element(*der);
  if (!element.has_value() || element->encoded.size() != der->size()) std::abort();
  const auto again = avila::asn1::ber_to_der(*der);
  if (!again.has_value() || *again != *der) std::abort();
  return 0;
}
