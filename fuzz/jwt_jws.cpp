// Compact and JSON signatures, under a secret and a public key that the corpus has tokens of. What
// is taken has a header that is read again, and a payload that its reader gets twice.
#include <avila/jwt/jws.hpp>
#include <avila/jwt/limits.hpp>

#include <cstdlib>

using namespace avila;

namespace {

std::vector<jwt::VerifyingKey> make_keys() {
  // RFC 7515 appendix A.1, RFC 8037 appendix A.2.
  std::vector<jwt::VerifyingKey> keys;
  for (const char* text :
       {R"({"kty":"oct",)"
        R"("k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS)"
        R"(0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})",
        R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"})
    keys.push_back(jwt::VerifyingKey::from_jwk(crypto::Jwk::parse(text).value()).value());
  return keys;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<jwt::VerifyingKey> keys = make_keys();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const jwt::Algorithms allowed = {jwt::Algorithm::Hs256, jwt::Algorithm::EdDsa};
  jwt::JwsVerifyOptions options;
  const auto strict = jwt::verify_compact(text, keys, allowed, options);
  options.allow_unencoded = true;
  const auto wide = jwt::verify_compact(text, keys, allowed, options);
  if (strict.has_value() && (!wide.has_value() || wide->payload != strict->payload)) std::abort();
  if (wide.has_value() && !jwt::peek_header(text).has_value()) std::abort();
  const auto json = jwt::verify_json(text, keys, allowed, options);
  if (json.has_value() && (json->signatures.empty() ||
                           json->signatures.size() > jwt::kSignaturesMax || wide.has_value()))
    std::abort();
  return 0;
}
