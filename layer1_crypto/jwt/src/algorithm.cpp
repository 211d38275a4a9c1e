#include <array>
#include <avila/jwt/algorithm.hpp>

namespace avila::jwt {
namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 14> kSignatures = {
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512",  "PS256",
    "PS384", "PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA"};
constexpr std::array<std::string_view, 16> kKeyManagements = {"dir",
                                                              "A128KW",
                                                              "A192KW",
                                                              "A256KW",
                                                              "A128GCMKW",
                                                              "A192GCMKW",
                                                              "A256GCMKW",
                                                              "RSA-OAEP",
                                                              "RSA-OAEP-256",
                                                              "ECDH-ES",
                                                              "ECDH-ES+A128KW",
                                                              "ECDH-ES+A192KW",
                                                              "ECDH-ES+A256KW",
                                                              "PBES2-HS256+A128KW",
                                                              "PBES2-HS384+A192KW",
                                                              "PBES2-HS512+A256KW"};
constexpr std::array<std::string_view, 6> kContents = {
    "A128GCM", "A192GCM", "A256GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512"};

template <class E, std::size_t N>
std::optional<E> find(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == name) return static_cast<E>(i);
  return std::nullopt;
}

}  // namespace

std::string_view name(Algorithm algorithm) noexcept {
  return kSignatures[static_cast<std::size_t>(algorithm)];
}
std::string_view name(KeyManagement algorithm) noexcept {
  return kKeyManagements[static_cast<std::size_t>(algorithm)];
}
std::string_view name(ContentEncryption algorithm) noexcept {
  return kContents[static_cast<std::size_t>(algorithm)];
}
std::optional<Algorithm> find_algorithm(std::string_view name) noexcept {
  return find<Algorithm>(kSignatures, name);
}
std::optional<KeyManagement> find_key_management(std::string_view name) noexcept {
  return find<KeyManagement>(kKeyManagements, name);
}
std::optional<ContentEncryption> find_content_encryption(std::string_view name) noexcept {
  return find<ContentEncryption>(kContents, name);
}

}  // namespace avila::jwt
