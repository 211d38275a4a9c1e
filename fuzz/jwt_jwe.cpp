// Compact and JSON encryption, under keys that the corpus has tokens of. Passwords are tried with
// few iterations only: the token says how many it takes.
#include <avila/jwt/jwe.hpp>
#include <avila/os/entropy.hpp>

#include <cstdlib>

using namespace avila;

namespace {

std::vector<jwt::DecryptionKey> make_keys() {
  // RFC 7516 appendix A.3, RFC 7518 appendix C.
  std::vector<jwt::DecryptionKey> keys;
  for (const char* text : {R"({"kty":"oct","k":"GawgguFyGrWKav7AX4VKUg"})",
                           R"({"kty":"EC","crv":"P-256",)"
                           R"("x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",)"
                           R"("y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",)"
                           R"("d":"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"})"})
    keys.push_back(jwt::DecryptionKey::from_jwk(crypto::Jwk::parse(text).value()).value());
  keys.push_back(jwt::DecryptionKey::password(as_bytes(std::string_view("password"))).value());
  return keys;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<jwt::DecryptionKey> keys = make_keys();
  static os::SeededEntropy entropy(1);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  jwt::JweAllowed allowed{{jwt::KeyManagement::Dir}, {jwt::ContentEncryption::A128Gcm}};
  for (int i = 0; i < 16; ++i) allowed.algorithms.add(static_cast<jwt::KeyManagement>(i));
  for (int i = 0; i < 6; ++i) allowed.contents.add(static_cast<jwt::ContentEncryption>(i));
  jwt::DecryptOptions options;
  options.pbes2_count_max = 1500;
  const auto compact = jwt::decrypt_compact(text, keys, allowed, entropy, options);
  if (compact.has_value() && compact->plaintext.size() > size) std::abort();
  const auto json = jwt::decrypt_json(text, keys, allowed, entropy, options);
  if (json.has_value() && (compact.has_value() || json->recipient >= jwt::kRecipientsMax))
    std::abort();
  return 0;
}
