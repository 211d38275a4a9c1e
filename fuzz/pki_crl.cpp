// Whatever bytes: a revocation list that is read finds each of its entries, and asking it ends.
#include <avila/pki/crl.hpp>

#include <algorithm>
#include <cstdlib>

using namespace avila;
using namespace avila::pki;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto crl = Crl::parse(std::as_bytes(std::span(data, size)));
  if (!crl.has_value()) return 0;
  std::size_t asked = 0;
  for (const RevokedCertificate& entry : crl->entries()) {
    if (++asked > 1'000) break;  // many entries of one serial number take a walk each
    const Name& issuer = entry.issuer != nullptr ? *entry.issuer : crl->issuer();
    const RevokedCertificate* const found = crl->find(issuer, entry.serial);
    if (found == nullptr || !std::ranges::equal(found->serial, entry.serial)) std::abort();
  }
  const auto again = Crl::from_pem(crl->to_pem());
  if (!again.has_value() || again->size() != crl->size()) std::abort();
  return 0;
}
