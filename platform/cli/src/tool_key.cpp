// `avl tool key new|pub|convert`, `avl tool sign|verify`.
#include <avila/asn1/pem.hpp>
#include <avila/os/entropy.hpp>
#include <avila/text/encoding.hpp>
#include <avila/text/number.hpp>

#include "tool_secret.hpp"

namespace avila::cli {
namespace {

using crypto::KeyType;
using crypto::SignatureAlgorithm;

constexpr std::string_view kFormats = "pem der jwk pkcs1 sec1";
constexpr std::size_t kRsaBits = 2048, kOctBits = 256;  // unless the type says otherwise
constexpr std::size_t kOctBitsMax = 8192;

/// A word of the command that it does not know: wrong usage, not a failure.
Error unknown(std::string_view what, std::string_view given, std::string_view known) {
  return Error(Errc::InvalidArgument, "no " + std::string(what) + " '" + std::string(given) + '\'')
      .with_hint("one of: " + std::string(known));
}

bool known_format(const std::string& format) {
  return (' ' + std::string(kFormats) + ' ').find(' ' + format + ' ') != std::string::npos;
}

SecretBytes as_secret(std::string text) {
  SecretBytes out = SecretBytes::copy_of(as_bytes(text));
  wipe_memory(text.data(), text.size());
  return out;
}
SecretBytes pem_of(std::string_view label, const SecretBytes& der) {
  return as_secret(asn1::to_pem(label, der.span()));
}
SecretBytes jwk_text(const json::Value& jwk) { return as_secret(json::to_string(jwk) + '\n'); }

crypto::JwkMetadata metadata_of(const crypto::Jwk& key, const Arguments& arguments) {
  crypto::JwkMetadata metadata = key.metadata;
  if (arguments.has("--kid")) metadata.key_id = arguments.get("--kid");
  return metadata;
}

Result<SecretBytes> private_file(const crypto::PrivateKey& key, const std::string& format,
                                 const crypto::JwkMetadata& metadata, ByteSpan password) {
  if (!password.empty()) {
    auto& entropy = os::system_entropy();
    if (format == "pem") {
      AVILA_TRY(std::string pem, key.to_encrypted_pem(password, entropy));
      return as_secret(std::move(pem));
    }
    if (format == "der") {
      AVILA_TRY(const auto der, key.to_encrypted_pkcs8(password, entropy));
      return SecretBytes::copy_of(der);
    }
    return Error(Errc::InvalidArgument, "only pem and der are encrypted");
  }
  if (format == "pem") return key.to_pem();
  if (format == "der") return key.to_pkcs8();
  if (format == "jwk") {
    const json::Value jwk = crypto::to_jwk(key, metadata);
    if (jwk.is_null())
      return Error(Errc::InvalidArgument, "a JWK holds the seed of such a key, which is not known");
    return jwk_text(jwk);
  }
  if (format == "pkcs1") {
    AVILA_TRY(const SecretBytes der, key.to_pkcs1());
    return pem_of("RSA PRIVATE KEY", der);
  }
  AVILA_TRY(const SecretBytes der, key.to_sec1());
  return pem_of("EC PRIVATE KEY", der);
}

Result<SecretBytes> public_file(const crypto::PublicKey& key, const std::string& format,
                                const crypto::JwkMetadata& metadata) {
  if (format == "pem") return as_secret(key.to_pem());
  if (format == "der") return SecretBytes::copy_of(key.to_spki());
  if (format == "jwk") return jwk_text(crypto::to_jwk(key, metadata));
  return Error(Errc::InvalidArgument, "public keys are pem, der or jwk");
}

Result<SecretBytes> symmetric_file(const crypto::SymmetricKey& key, const std::string& format,
                                   const crypto::JwkMetadata& metadata) {
  if (format != "jwk") return Error(Errc::InvalidArgument, "a symmetric key has no format but jwk");
  json::Value jwk = json::Value::make_object({{"kty", "oct"}});
  std::string text = text::base64url_encode(key.span());
  jwk.set("k", text);
  wipe_memory(text.data(), text.size());
  if (!metadata.key_id.empty()) jwk.set("kid", metadata.key_id);
  if (!metadata.algorithm.empty()) jwk.set("alg", metadata.algorithm);
  if (!metadata.use.empty()) jwk.set("use", metadata.use);
  return jwk_text(jwk);
}

Result<int> write_key(const Arguments& arguments, const crypto::Jwk& key,
                      const std::string& format) {
  const crypto::JwkMetadata metadata = metadata_of(key, arguments);
  if (const auto* pub = std::get_if<crypto::PublicKey>(&key.key)) {
    AVILA_TRY(const SecretBytes file, public_file(*pub, format, metadata));
    AVILA_TRY_VOID(write_result(arguments, file.span(), false));
    return kDone;
  }
  if (const auto* shared = std::get_if<crypto::SymmetricKey>(&key.key)) {
    AVILA_TRY(const SecretBytes file, symmetric_file(*shared, format, metadata));
    AVILA_TRY_VOID(write_result(arguments, file.span(), true));
    return kDone;
  }
  SecretBytes password;
  if (arguments.has("--encrypt-with")) {
    AVILA_TRY(password, read_password(arguments.get("--encrypt-with")));
    if (password.empty()) return Error(Errc::InvalidArgument, "the password is empty");
  }
  AVILA_TRY(const SecretBytes file,
            private_file(std::get<crypto::PrivateKey>(key.key), format, metadata, password.span()));
  AVILA_TRY_VOID(write_result(arguments, file.span(), true));
  return kDone;
}

/// "rsa:3072" -> 3072. Errors: InvalidArgument.
Result<std::size_t> bits_of(std::string_view type, std::size_t fallback, std::size_t least,
                            std::size_t most) {
  const std::size_t colon = type.find(':');
  if (colon == std::string_view::npos) return fallback;
  const auto bits = text::parse_uint(type.substr(colon + 1));
  if (!bits.has_value() || *bits < least || *bits > most || *bits % 8 != 0)
    return Error(Errc::InvalidArgument, std::string(type.substr(0, colon)) + " has " +
                                            std::to_string(least) + " to " + std::to_string(most) +
                                            " bits");
  return static_cast<std::size_t>(*bits);
}

Result<crypto::Jwk> make_key(const std::string& type) {
  auto& entropy = os::system_entropy();
  const std::string family = type.substr(0, type.find(':'));
  if (family == "oct") {
    AVILA_TRY(const std::size_t bits, bits_of(type, kOctBits, 128, kOctBitsMax));
    SecretBytes key(bits / 8);
    AVILA_TRY_VOID(entropy.fill(key.span()));
    return crypto::Jwk{std::move(key), {}};
  }
  for (std::size_t i = 0; i < crypto::kKeyTypes; ++i) {
    const auto candidate = static_cast<KeyType>(i);
    if (family != crypto::name(candidate) || (family != type && family != "rsa")) continue;
    AVILA_TRY(const std::size_t bits,
              bits_of(type, kRsaBits, crypto::RsaPrivateKey::kGenerateBitsMin,
                      crypto::RsaPrivateKey::kGenerateBitsMax));
    AVILA_TRY(auto key, crypto::PrivateKey::generate(candidate, entropy, {.rsa_bits = bits}));
    return crypto::Jwk{std::move(key), {}};
  }
  std::string known = "oct:256";
  for (std::size_t i = 0; i < crypto::kKeyTypes; ++i)
    known += ' ' + std::string(crypto::name(static_cast<KeyType>(i)));
  return unknown("type of key", type, known);
}

std::optional<SignatureAlgorithm> find_signature(std::string_view name) {
  for (std::size_t i = 0; i < crypto::kSignatureAlgorithms; ++i)
    if (crypto::name(static_cast<SignatureAlgorithm>(i)) == name)
      return static_cast<SignatureAlgorithm>(i);
  return std::nullopt;
}

/// --alg, or what keys of this type sign by.
Result<SignatureAlgorithm> algorithm_for(KeyType type, const Arguments& arguments) {
  if (!crypto::can_sign(type))
    return Error(Errc::InvalidArgument, std::string(crypto::name(type)) + " makes no signatures");
  std::string known;
  for (std::size_t i = 0; i < crypto::kSignatureAlgorithms; ++i) {
    const auto candidate = static_cast<SignatureAlgorithm>(i);
    if (crypto::fits(candidate, type)) known += ' ' + std::string(crypto::name(candidate));
  }
  if (!arguments.has("--alg")) return crypto::default_algorithm(type);
  const auto algorithm = find_signature(arguments.get("--alg"));
  if (!algorithm || !crypto::fits(*algorithm, type))
    return unknown("algorithm for this key", arguments.get("--alg"), known.substr(1));
  return *algorithm;
}

}  // namespace

Result<int> tool_key_new(const Arguments& arguments) {
  const bool symmetric = arguments.operand(0).starts_with("oct");
  const std::string format = arguments.get("--format", symmetric ? "jwk" : "pem");
  if (!known_format(format)) return wrong_usage(unknown("format", format, kFormats));
  auto key = make_key(arguments.operand(0));
  if (!key.has_value() && key.error().is(Errc::InvalidArgument)) return wrong_usage(key.error());
  AVILA_TRY(const crypto::Jwk made, std::move(key));
  return write_key(arguments, made, format);
}

Result<int> tool_key_pub(const Arguments& arguments) {
  const std::string format = arguments.get("--format", "pem");
  if (!known_format(format)) return wrong_usage(unknown("format", format, kFormats));
  AVILA_TRY(const crypto::Jwk key, read_key(arguments.operand(0), arguments));
  AVILA_TRY(auto pub, public_half(key));
  return write_key(arguments, crypto::Jwk{std::move(pub), key.metadata}, format);
}

Result<int> tool_key_convert(const Arguments& arguments) {
  const std::string format = arguments.get("--format", "pem");
  if (!known_format(format)) return wrong_usage(unknown("format", format, kFormats));
  AVILA_TRY(const crypto::Jwk key, read_key(arguments.operand(0), arguments));
  return write_key(arguments, key, format);
}

Result<int> tool_sign(const Arguments& arguments) {
  if (!arguments.has("--key"))
    return wrong_usage(Error(Errc::InvalidArgument, "--key names the private key"));
  AVILA_TRY(const crypto::Jwk file, read_key(arguments.get("--key"), arguments));
  AVILA_TRY(const crypto::PrivateKey* key, private_half(file));
  const auto algorithm = algorithm_for(key->type(), arguments);
  if (!algorithm.has_value()) return wrong_usage(algorithm.error());
  AVILA_TRY(const std::string message, read_input(arguments.operand(0)));
  AVILA_TRY(const auto signature, key->sign(*algorithm, as_bytes(message), os::system_entropy()));
  AVILA_TRY_VOID(write_result(arguments, signature, false));
  return kDone;
}

Result<int> tool_verify(const Arguments& arguments) {
  for (const char* option : {"--key", "--signature"})
    if (!arguments.has(option))
      return wrong_usage(Error(Errc::InvalidArgument, std::string(option) + " is needed"));
  AVILA_TRY(const crypto::Jwk file, read_key(arguments.get("--key"), arguments));
  AVILA_TRY(const crypto::PublicKey key, public_half(file));
  const auto algorithm = algorithm_for(key.type(), arguments);
  if (!algorithm.has_value()) return wrong_usage(algorithm.error());
  AVILA_TRY(const std::string signature, read_input(arguments.get("--signature")));
  AVILA_TRY(const std::string message, read_input(arguments.operand(0)));
  AVILA_TRY_VOID(key.verify(*algorithm, as_bytes(message), as_bytes(signature)));
  AVILA_TRY_VOID(print("valid\n"));
  return kDone;
}

}  // namespace avila::cli
