// The algorithms of JOSE (RFC 7518, RFC 8037, RFC 8812) and lists of those that a caller allows.
#pragma once
#include <avila/error/assert.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace avila::jwt {

/// "alg" of a JWS. There is no "none".
enum class Algorithm : std::uint8_t {
  Hs256,
  Hs384,
  Hs512,
  Rs256,
  Rs384,
  Rs512,
  Ps256,
  Ps384,
  Ps512,
  Es256,
  Es384,
  Es512,
  Es256k,
  EdDsa,
};
std::string_view name(Algorithm algorithm) noexcept;  ///< "HS256", …
std::optional<Algorithm> find_algorithm(std::string_view name) noexcept;

/// "alg" of a JWE: how the content encryption key travels. RSA1_5 is left out: its padding is an
/// oracle (Bleichenbacher 1998).
enum class KeyManagement : std::uint8_t {
  Dir,
  A128Kw,
  A192Kw,
  A256Kw,
  A128GcmKw,
  A192GcmKw,
  A256GcmKw,
  RsaOaep,
  RsaOaep256,
  EcdhEs,
  EcdhEsA128Kw,
  EcdhEsA192Kw,
  EcdhEsA256Kw,
  Pbes2Hs256A128Kw,
  Pbes2Hs384A192Kw,
  Pbes2Hs512A256Kw,
};
std::string_view name(KeyManagement algorithm) noexcept;  ///< "dir", "RSA-OAEP", …
std::optional<KeyManagement> find_key_management(std::string_view name) noexcept;

/// "enc" of a JWE: how the content is encrypted.
enum class ContentEncryption : std::uint8_t {
  A128Gcm,
  A192Gcm,
  A256Gcm,
  A128CbcHs256,
  A192CbcHs384,
  A256CbcHs512,
};
std::string_view name(ContentEncryption algorithm) noexcept;  ///< "A128GCM", …
std::optional<ContentEncryption> find_content_encryption(std::string_view name) noexcept;

/// The algorithms that a caller accepts. There is no default and no "all": a token never chooses
/// what it is verified by.
template <class E>
class AllowList {
 public:
  /// One at least (asserted).
  AllowList(std::initializer_list<E> algorithms) {
    AVILA_ASSERT(algorithms.size() > 0);
    for (const E algorithm : algorithms) add(algorithm);
  }
  void add(E algorithm) noexcept { bits_ |= std::uint32_t{1} << static_cast<unsigned>(algorithm); }
  bool contains(E algorithm) const noexcept {
    return (bits_ >> static_cast<unsigned>(algorithm) & 1) != 0;
  }

 private:
  std::uint32_t bits_ = 0;
};
using Algorithms = AllowList<Algorithm>;
using KeyManagements = AllowList<KeyManagement>;
using ContentEncryptions = AllowList<ContentEncryption>;

}  // namespace avila::jwt
