// What the tests of jwt share.
#pragma once
#include <gtest/gtest.h>

#include <avila/jwt/error.hpp>
#include <avila/jwt/jwe.hpp>
#include <avila/jwt/jws.hpp>
#include <avila/os/entropy.hpp>

#include "vectors.hpp"

namespace jwt_test {

using namespace avila;

inline crypto::Jwk jwk(std::string_view text) {
  auto parsed = crypto::Jwk::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text << parsed.error().to_string();
  return std::move(parsed).value();
}
inline jwt::VerifyingKey verifying(std::string_view text) {
  auto key = jwt::VerifyingKey::from_jwk(jwk(text));
  EXPECT_TRUE(key.has_value()) << key.error().to_string();
  return std::move(key).value();
}
inline jwt::SigningKey signing(std::string_view text, jwt::Algorithm algorithm) {
  auto key = jwt::SigningKey::from_jwk(jwk(text), algorithm);
  EXPECT_TRUE(key.has_value()) << key.error().to_string();
  return std::move(key).value();
}
inline jwt::DecryptionKey decrypting(std::string_view text) {
  auto key = jwt::DecryptionKey::from_jwk(jwk(text));
  EXPECT_TRUE(key.has_value()) << key.error().to_string();
  return std::move(key).value();
}
inline jwt::EncryptionKey encrypting(std::string_view text, jwt::KeyManagement algorithm) {
  auto key = jwt::EncryptionKey::from_jwk(jwk(text), algorithm);
  EXPECT_TRUE(key.has_value()) << key.error().to_string();
  return std::move(key).value();
}

/// 64 bytes that are no secret to anybody.
inline std::string secret(char first = 'a') {
  std::string out(64, first);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(first + i % 19);
  return out;
}

using EncryptionKeyList = std::vector<const jwt::EncryptionKey*>;

inline os::Entropy& entropy() {
  static os::SeededEntropy seeded(7);
  return seeded;
}

}  // namespace jwt_test
