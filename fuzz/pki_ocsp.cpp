// Whatever bytes, as an OCSP request and as an answer: a request that is read is written and read
// as the same, and an answer is believed only by its signature.
#include <avila/pki/ocsp.hpp>

#include <cstdlib>

using namespace avila;
using namespace avila::pki;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  if (const auto request = OcspRequest::parse(bytes); request.has_value()) {
    const auto again = OcspRequest::parse(request->to_der());
    if (!again.has_value() || !(again->certificates == request->certificates) ||
        again->nonce != request->nonce)
      std::abort();
  }
  const auto response = OcspResponse::parse(bytes);
  if (!response.has_value()) return 0;
  for (const Certificate& certificate : response->certificates()) {
    OcspCheck check{.time = response->produced_at()};
    (void)response->status_of(certificate, certificate, check);
  }
  return 0;
}
