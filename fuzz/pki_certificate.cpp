// Whatever bytes: a certificate that is read is the same from PEM, its names are read as what they
// print, and validating it, trusted by itself, ends.
#include <avila/pki/host_name.hpp>
#include <avila/pki/verify.hpp>

#include <cstdlib>

using namespace avila;
using namespace avila::pki;

namespace {

void check_name(const Name& name) {
  const auto again = Name::parse(name.der());
  if (!again.has_value() || !(*again == name) || !name.is_within(*again)) std::abort();
  const auto read = Name::from_string(name.to_string());
  // Values that are no strings, and types of other strings, come back as text of another type.
  if (read.has_value() && read->attributes().size() != name.attributes().size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto certificate = Certificate::parse(std::as_bytes(std::span(data, size)));
  if (!certificate.has_value()) return 0;
  const auto again = Certificate::from_pem(certificate->to_pem());
  if (!again.has_value() || !(*again == *certificate)) std::abort();
  check_name(certificate->subject());
  check_name(certificate->issuer());
  (void)matches_host(*certificate, "www.example.com");
  TrustStore store;
  store.add(*certificate);
  VerifyOptions options{.time = certificate->not_before()};
  options.purpose = Purpose::Any;
  options.profile = Profile::WebPki;
  options.revocation = RevocationMode::Hard;
  (void)verify_chain(*certificate, std::span(&*again, 1), store, options);
  options.accept_trusted_leaf = false;
  (void)verify_chain(*certificate, std::span(&*again, 1), store, options);
  return 0;
}
