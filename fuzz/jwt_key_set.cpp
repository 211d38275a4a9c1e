// Key sets and single keys: what is taken keeps to the rules of sets, and is not for both JWS and
// JWE where "use" says one of them.
#include <avila/jwt/jwe.hpp>
#include <avila/jwt/key.hpp>

#include <cstdlib>

using namespace avila;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto set = jwt::KeySet::parse(text);
  if (set.has_value()) {
    if (set->keys().size() + set->ignored() > jwt::kKeySetKeysMax) std::abort();
    for (const jwt::VerifyingKey& key : set->keys())
      if (key.is_symmetric() != set->keys()[0].is_symmetric()) std::abort();
  }
  auto jwk = crypto::Jwk::parse(text);
  auto again = crypto::Jwk::parse(text);
  if (!jwk.has_value()) return 0;
  const bool named = !jwk->metadata.use.empty();
  const auto verifying = jwt::VerifyingKey::from_jwk(std::move(*jwk));
  const auto decrypting = jwt::DecryptionKey::from_jwk(std::move(*again));
  if (named && verifying.has_value() && decrypting.has_value()) std::abort();
  return 0;
}
