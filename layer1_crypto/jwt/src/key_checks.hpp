// Private: what all keys of JOSE must keep to.
#pragma once
#include <avila/crypto/jwk.hpp>
#include <avila/jwt/algorithm.hpp>
#include <initializer_list>

namespace avila::jwt::detail {

std::size_t digest_bytes(Algorithm algorithm);
/// Errors: InvalidArgument (below kRsaBitsMin, the weak form of ROCA).
Result<void> check_rsa(const crypto::RsaPublicKey& key);
/// "use", where it is there, is `use`; "key_ops" hold one of the operations. Errors:
/// InvalidArgument.
Result<void> check_use(const crypto::JwkMetadata& metadata, std::string_view use,
                       std::initializer_list<std::string_view> operations);

}  // namespace avila::jwt::detail
