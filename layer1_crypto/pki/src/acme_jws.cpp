#include "acme_jws.hpp"

#include <avila/hash/hmac.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/text/encoding.hpp>

namespace avila::pki::detail {
namespace {

using crypto::DigestAlgorithm;

std::string flattened(std::string_view signing_input, ByteSpan signature) {
  const std::size_t dot = signing_input.find('.');
  const json::Value out = json::Value::make_object({
      {"protected", signing_input.substr(0, dot)},
      {"payload", signing_input.substr(dot + 1)},
      {"signature", text::base64url_encode(signature)},
  });
  return json::to_string(out);
}

std::string signing_input_of(json::Value header, std::string_view algorithm,
                             std::string_view payload) {
  header.set("alg", algorithm);
  return text::base64url_encode(json::to_string(header)) + "." + text::base64url_encode(payload);
}

template <class C>
Result<std::vector<std::byte>> sign_ec(const crypto::EcPrivateKey<C>& key, DigestAlgorithm digest,
                                       ByteSpan message, os::Entropy& entropy) {
  AVILA_TRY(const auto signature, key.sign(digest, message, &entropy));
  return std::vector<std::byte>(signature.bytes.begin(), signature.bytes.end());
}

template <class C>
Result<void> verify_ec(const crypto::EcPublicKey<C>& key, DigestAlgorithm digest, ByteSpan message,
                       ByteSpan raw) {
  AVILA_TRY(const auto signature, crypto::EcdsaSignature<C>::decode(raw));
  return key.verify(digest, message, signature);
}

}  // namespace

std::string_view jws_algorithm(crypto::KeyType type) noexcept {
  switch (type) {
    case crypto::KeyType::P256: return "ES256";
    case crypto::KeyType::P384: return "ES384";
    case crypto::KeyType::P521: return "ES512";
    case crypto::KeyType::Ed25519: return "EdDSA";
    case crypto::KeyType::Rsa: return "RS256";
    default: return {};
  }
}

Result<std::string> sign_jws(const crypto::PrivateKey& key, json::Value header,
                             std::string_view payload, os::Entropy& entropy) {
  const std::string_view algorithm = jws_algorithm(key.type());
  if (algorithm.empty())
    return Error(Errc::InvalidArgument, "an account's key is P-256, P-384, P-521, Ed25519 or RSA");
  const std::string input = signing_input_of(std::move(header), algorithm, payload);
  const ByteSpan message = as_bytes(input);
  if (const auto* ed = key.as<crypto::Ed25519PrivateKey>())
    return flattened(input, ed->sign(message));
  std::vector<std::byte> signature;
  if (const auto* p256 = key.as<crypto::P256PrivateKey>()) {
    AVILA_TRY(signature, sign_ec(*p256, DigestAlgorithm::Sha256, message, entropy));
  } else if (const auto* p384 = key.as<crypto::P384PrivateKey>()) {
    AVILA_TRY(signature, sign_ec(*p384, DigestAlgorithm::Sha384, message, entropy));
  } else if (const auto* p521 = key.as<crypto::P521PrivateKey>()) {
    AVILA_TRY(signature, sign_ec(*p521, DigestAlgorithm::Sha512, message, entropy));
  } else {
    AVILA_TRY(signature, key.as<crypto::RsaPrivateKey>()->sign_pkcs1(DigestAlgorithm::Sha256,
                                                                     message, entropy));
  }
  return flattened(input, signature);
}

std::string mac_jws(ByteSpan key, json::Value header, std::string_view payload) {
  const std::string input = signing_input_of(std::move(header), "HS256", payload);
  return flattened(input, hash::hmac<hash::Sha256>(key, as_bytes(input)));
}

Result<json::Value> parse_object(std::string_view text) {
  if (text.size() > kMaxAcmeBody) return Error(Errc::LimitExceeded, "a JSON text of over 256 KiB");
  AVILA_TRY(json::Value value,
            json::parse(text, {.max_depth = 16, .duplicates = json::Duplicates::Refuse}));
  if (!value.is_object()) return Error(Errc::Malformed, "not a JSON object");
  return value;
}

std::string text_member(const json::Value& object, std::string_view name) {
  const json::Value* member = object.find(name);
  return member != nullptr && member->is_string() ? std::string(member->as_string())
                                                  : std::string();
}

Result<Jws> parse_jws(std::string_view body) {
  AVILA_TRY(const json::Value outer, parse_object(body));
  for (const char* name : {"protected", "payload", "signature"}) {
    const json::Value* member = outer.find(name);
    if (member == nullptr || !member->is_string())
      return Error(Errc::Malformed, std::string("a flattened JWS has a text \"") + name + "\"");
  }
  // RFC 8555 section 6.2: the unprotected header is not used.
  if (outer.find("header") != nullptr || outer.find("signatures") != nullptr)
    return Error(Errc::Malformed, "a JWS of ACME has one signature and no unprotected header");
  const std::string head = text_member(outer, "protected"), payload = text_member(outer, "payload");
  Jws jws;
  jws.signing_input = head + "." + payload;
  AVILA_TRY(const std::string header, text::base64url_decode(head, text::Padding::Forbidden));
  AVILA_TRY(jws.header, parse_object(header));
  AVILA_TRY(jws.payload, text::base64url_decode(payload, text::Padding::Forbidden));
  AVILA_TRY(jws.signature,
            text::base64url_decode(text_member(outer, "signature"), text::Padding::Forbidden));
  return jws;
}

Result<void> verify_jws(const Jws& jws, const crypto::PublicKey& key) {
  const auto wrong = [] {
    return Error(Errc::Unauthenticated, "the JWS is not signed by that key");
  };
  const std::string algorithm = text_member(jws.header, "alg");
  if (algorithm.empty() || algorithm != jws_algorithm(key.type())) return wrong();
  const ByteSpan message = as_bytes(jws.signing_input), signature = as_bytes(jws.signature);
  Result<void> verified;
  if (const auto* p256 = key.as<crypto::P256PublicKey>())
    verified = verify_ec(*p256, DigestAlgorithm::Sha256, message, signature);
  else if (const auto* p384 = key.as<crypto::P384PublicKey>())
    verified = verify_ec(*p384, DigestAlgorithm::Sha384, message, signature);
  else if (const auto* p521 = key.as<crypto::P521PublicKey>())
    verified = verify_ec(*p521, DigestAlgorithm::Sha512, message, signature);
  else if (const auto* ed = key.as<crypto::Ed25519PublicKey>())
    verified = ed->verify(message, signature);
  else
    verified =
        key.as<crypto::RsaPublicKey>()->verify_pkcs1(DigestAlgorithm::Sha256, message, signature);
  if (!verified.has_value()) return wrong();
  return {};
}

Result<void> verify_mac_jws(const Jws& jws, ByteSpan key) {
  const auto tag = hash::hmac<hash::Sha256>(key, as_bytes(jws.signing_input));
  if (text_member(jws.header, "alg") != "HS256" || !hash::equal_tags(tag, as_bytes(jws.signature)))
    return Error(Errc::Unauthenticated, "the external account's MAC does not fit");
  return {};
}

}  // namespace avila::pki::detail
