// `avl tool jwt sign|verify|inspect`.
#include <avila/jwt/limits.hpp>
#include <avila/jwt/token.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/file_system.hpp>
#include <avila/text/encoding.hpp>

#include "tool_secret.hpp"

namespace avila::cli {
namespace {

using jwt::Algorithm;

constexpr std::string_view kAlgorithms =
    "HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 ES256K EdDSA";
constexpr std::uint64_t kExpiresMax = 100ULL * 366 * 86'400;  // seconds

Error unknown_algorithm(std::string_view given) {
  return Error(Errc::InvalidArgument, "no algorithm '" + std::string(given) + '\'')
      .with_hint("one of: " + std::string(kAlgorithms));
}

/// What keys of this type sign by when nobody says: by the key, never by the token.
std::optional<Algorithm> default_for(const crypto::Jwk& key) {
  if (!key.metadata.algorithm.empty()) return jwt::find_algorithm(key.metadata.algorithm);
  if (std::holds_alternative<crypto::SymmetricKey>(key.key)) return Algorithm::Hs256;
  const auto pub = public_half(key);
  switch (pub->type()) {
    case crypto::KeyType::Rsa: return Algorithm::Rs256;
    case crypto::KeyType::P256: return Algorithm::Es256;
    case crypto::KeyType::P384: return Algorithm::Es384;
    case crypto::KeyType::P521: return Algorithm::Es512;
    case crypto::KeyType::Secp256k1: return Algorithm::Es256k;
    case crypto::KeyType::Ed25519: return Algorithm::EdDsa;
    default: return std::nullopt;
  }
}

/// "ES256,EdDSA". Errors: InvalidArgument.
Result<jwt::Algorithms> parse_algorithms(std::string_view list) {
  std::optional<jwt::Algorithms> allowed;
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), name.size() + 1));
    const auto algorithm = jwt::find_algorithm(name);
    if (!algorithm) return unknown_algorithm(name);
    if (allowed) allowed->add(*algorithm);
    if (!allowed) allowed.emplace(jwt::Algorithms{*algorithm});
  }
  if (!allowed) return unknown_algorithm("");
  return *allowed;
}

/// A token itself, a file that holds one, or standard input.
Result<std::string> read_token(const Arguments& arguments) {
  std::string given = arguments.operand(0);
  const bool is_token = given.find('.') != std::string::npos && given.starts_with("ey") &&
                        !os::real_file_system().exists(given);
  if (!is_token) {
    AVILA_TRY(given, read_input(given));
  }
  while (!given.empty() && (given.back() == '\n' || given.back() == '\r')) given.pop_back();
  return given;
}

/// --claim NAME=VALUE: JSON where it is some, else text.
Result<void> add_claims(jwt::Claims& claims, const Arguments& arguments) {
  for (const std::string& given : arguments.all("--claim")) {
    const std::size_t equals = given.find('=');
    if (equals == 0 || equals == std::string::npos)
      return Error(Errc::InvalidArgument, "--claim takes NAME=VALUE, not '" + given + '\'');
    const std::string text = given.substr(equals + 1);
    auto value = json::parse(text);
    claims.set(given.substr(0, equals), value.has_value() ? std::move(*value) : json::Value(text));
  }
  return {};
}

Result<jwt::Validation> validation_of(const Arguments& arguments) {
  jwt::Validation validation;
  validation.issuers = arguments.all("--issuer");
  validation.audiences = arguments.all("--audience");
  validation.any_audience = arguments.has("--any-audience");
  validation.require_expiration = !arguments.has("--allow-unlimited");
  if (arguments.has("--subject")) validation.subject = arguments.get("--subject");
  if (arguments.has("--type")) validation.type = arguments.get("--type");
  AVILA_TRY(const std::uint64_t leeway,
            number_option(arguments, "--leeway", 0, 0, jwt::kLeewaySecondsMax));
  validation.leeway = seconds(static_cast<std::int64_t>(leeway));
  return validation;
}

/// A set of keys where the file is one.
Result<std::optional<jwt::KeySet>> read_key_set(const SecretBytes& content) {
  const auto object = json::parse(as_text(content.span()));
  if (!object.has_value() || object->find("keys") == nullptr) return std::optional<jwt::KeySet>();
  AVILA_TRY(jwt::KeySet set, jwt::KeySet::parse(as_text(content.span())));
  return std::optional<jwt::KeySet>(std::move(set));
}

Result<std::string> payload_of(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
    return std::string();  // encrypted: there is nothing to see
  return text::base64url_decode(token.substr(first + 1, second - first - 1),
                                text::Padding::Forbidden);
}

}  // namespace

Result<int> tool_jwt_sign(const Arguments& arguments) {
  if (!arguments.has("--key"))
    return wrong_usage(Error(Errc::InvalidArgument, "--key names the private key or secret"));
  AVILA_TRY(crypto::Jwk key, read_key(arguments.get("--key"), arguments));
  std::optional<Algorithm> algorithm = default_for(key);
  if (arguments.has("--alg")) {
    algorithm = jwt::find_algorithm(arguments.get("--alg"));
    if (!algorithm) return wrong_usage(unknown_algorithm(arguments.get("--alg")));
  }
  if (arguments.has("--kid")) key.metadata.key_id = arguments.get("--kid");
  AVILA_TRY(const auto signer, jwt::SigningKey::from_jwk(std::move(key), algorithm));
  jwt::Claims claims;
  if (arguments.operand_count() > 0) {
    AVILA_TRY(const std::string text, read_input(arguments.operand(0)));
    AVILA_TRY(claims, jwt::Claims::parse(text));
  }
  if (auto added = add_claims(claims, arguments); !added.has_value())
    return wrong_usage(added.error());
  if (arguments.has("--expires")) {
    AVILA_TRY(const std::uint64_t life, number_option(arguments, "--expires", 0, 1, kExpiresMax));
    const WallTime now = os::real_clock().wall();
    claims.set_issued_at(now);
    claims.set_expires_at(now + seconds(static_cast<std::int64_t>(life)));
  }
  // As a reader will see it: a claim of a wrong type is found here, not there.
  AVILA_TRY_VOID(jwt::Claims::parse(claims.to_string()).map([](jwt::Claims) { return 0; }));
  AVILA_TRY(const std::string token,
            jwt::sign(claims, signer, os::system_entropy(), arguments.get("--type", "JWT")));
  AVILA_TRY_VOID(print(token + '\n'));
  return kDone;
}

Result<int> tool_jwt_verify(const Arguments& arguments) {
  if (!arguments.has("--key"))
    return wrong_usage(Error(Errc::InvalidArgument, "--key names the public key, set or secret"));
  AVILA_TRY(const SecretBytes content, read_secret(arguments.get("--key"), kKeyFileMax));
  AVILA_TRY(auto set, read_key_set(content));
  std::optional<Algorithm> fallback;
  std::vector<jwt::VerifyingKey> one;
  if (!set) {
    AVILA_TRY(crypto::Jwk key, parse_key(content, arguments.get("--key"), arguments));
    fallback = default_for(key);
    AVILA_TRY(auto verifier, jwt::VerifyingKey::from_jwk(std::move(key)));
    one.push_back(std::move(verifier));
  }
  auto allowed = arguments.has("--alg") || !fallback ? parse_algorithms(arguments.get("--alg"))
                                                     : jwt::Algorithms{*fallback};
  if (!allowed.has_value()) return wrong_usage(allowed.error());
  AVILA_TRY(const jwt::Validation validation, validation_of(arguments));
  AVILA_TRY(const std::string token, read_token(arguments));
  AVILA_TRY(const jwt::Token verified,
            jwt::verify(token, set ? set->keys() : std::span<const jwt::VerifyingKey>(one),
                        *allowed, validation, os::real_clock()));
  AVILA_TRY_VOID(print(json::to_pretty_string(verified.claims.json()) + '\n'));
  return kDone;
}

Result<int> tool_jwt_inspect(const Arguments& arguments) {
  AVILA_TRY(const std::string token, read_token(arguments));
  AVILA_TRY(const jwt::Header header, jwt::peek_header(token));
  AVILA_TRY(const std::string payload, payload_of(token));
  json::Value out = json::Value::make_object();
  out.set("header", header.members);
  auto claims = json::parse(payload);
  if (claims.has_value()) out.set("claims", std::move(*claims));
  out.set("verified", false);
  AVILA_TRY_VOID(print(json::to_pretty_string(out) + '\n'));
  return kDone;
}

}  // namespace avila::cli
