// Whatever bytes: a request that is read is the same from PEM, and its signature can be checked.
#include <avila/pki/csr.hpp>

#include <algorithm>
#include <cstdlib>

using namespace avila;
using namespace avila::pki;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto csr = Csr::parse(std::as_bytes(std::span(data, size)));
  if (!csr.has_value()) return 0;
  const auto again = Csr::from_pem(csr->to_pem());
  if (!again.has_value() || !std::ranges::equal(again->der(), csr->der())) std::abort();
  (void)csr->check_signature();
  return 0;
}
