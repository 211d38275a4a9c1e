// The commands of keys and secrets as data.
#include "commands.hpp"
#include "tool_secret.hpp"

namespace avila::cli {
namespace {

constexpr Option kFormat{"--format", "F", "pem (PKCS#8, the default), der, jwk, pkcs1, sec1"};
constexpr Option kKid{"--kid", "ID", "\"kid\" of a JWK"};
constexpr Option kEncryptWith{"--encrypt-with", "FILE",
                              "encrypt the private key under the password in FILE"};
constexpr Option kSignatureAlg{"--alg", "A", "how to sign (default: by the key; see below)"};
constexpr const char* kSignatureDetails =
    "A: rsa-pkcs1-sha256 rsa-pss-sha256 ecdsa-sha256, -sha384 and -sha512 of each; of other\n"
    "keys the key's own.\n"
    "ECDSA signatures are DER, as openssl has them.";

std::vector<Option> seal_options() {
  return {{"--alg", "A", "the algorithm"},
          {"--key", "HEX", "16 or 32 bytes; @FILE reads the digits from FILE"},
          {"--nonce", "HEX", "12 bytes, 24 for xchacha20-poly1305; never twice under one key"},
          {"--aad", "S", "what is authenticated along with it"},
          kOut};
}

std::vector<Command> key_commands() {
  return {
      {"tool key new",
       "make a private key",
       {{"TYPE"}},
       {kFormat, kOut, kKid, kEncryptWith},
       tool_key_new,
       "TYPE: rsa:2048 (to 8192) p256 p384 p521 secp256k1 ed25519 x25519 ml-kem-512 -768 -1024\n"
       "ml-dsa-44 -65 -87 slh-dsa-sha2-128s … slh-dsa-shake-256f, oct:256 (a JWK for HMAC).",
       false},
      {"tool key pub",
       "the public half of a key",
       {{"FILE", false}},
       {kFormat, kOut, kKid, kPasswordFile},
       tool_key_pub,
       "",
       false},
      {"tool key convert",
       "another format of a key; what it is now, is seen",
       {{"FILE", false}},
       {kFormat, kOut, kKid, kPasswordFile, kEncryptWith},
       tool_key_convert,
       "",
       false},
      {"tool sign",
       "sign a file",
       {{"FILE", false}},
       {{"--key", "PRIVATE", "the private key's file"}, kSignatureAlg, kOut, kPasswordFile},
       tool_sign,
       kSignatureDetails,
       false},
      {"tool verify",
       "verify a signature: the exit status tells",
       {{"FILE", false}},
       {{"--key", "PUBLIC", "the public key's file"},
        {"--signature", "SIG", "the signature's file"},
        kSignatureAlg,
        kPasswordFile},
       tool_verify,
       kSignatureDetails,
       false},
  };
}

std::vector<Command> secret_commands() {
  return {
      {"tool seal",
       "encrypt and authenticate: the ciphertext, then the tag",
       {{"FILE", false}},
       seal_options(),
       tool_seal,
       "A: aes-128-gcm aes-256-gcm aes-128-gcm-siv aes-256-gcm-siv chacha20-poly1305\n"
       "xchacha20-poly1305.",
       false},
      {"tool open",
       "decrypt what `seal` made",
       {{"FILE", false}},
       seal_options(),
       tool_open,
       "Nothing is written where the tag is not right.",
       false},
      {"tool kdf",
       "derive a key, in hexadecimal digits",
       {{"FUNCTION"}},
       {{"--secret", "HEX", "password or key; @FILE; else standard input, without its line end"},
        {"--salt", "HEX", "salt"},
        {"--salt-text", "S", "salt"},
        {"--length", "N", "bytes (default: 32)"},
        {"--hash", "H", "pbkdf2, hkdf: sha1 sha224 sha256 (default) sha384 sha512 sha3-256 …"},
        {"--iterations", "N", "pbkdf2 (default: 600000)"},
        {"--info", "S", "hkdf: what the key is for"},
        {"--memory", "KIB", "argon2 (default: 65536)"},
        {"--passes", "N", "argon2 (default: 3)"},
        {"--lanes", "N", "argon2 (default: 4)"},
        {"--n", "N", "scrypt: cost (default: 131072)"},
        {"--r", "N", "scrypt: block size (default: 8)"},
        {"--p", "N", "scrypt: parallelization (default: 1)"}},
       tool_kdf,
       "FUNCTION: argon2id argon2i argon2d scrypt pbkdf2 hkdf.",
       false},
      {"tool password hash",
       "hash a password from standard input for storage (Argon2id, PHC)",
       {},
       {{"--memory", "KIB", "default: 65536"},
        {"--passes", "N", "default: 3"},
        {"--lanes", "N", "default: 4"}},
       tool_password_hash,
       "",
       false},
      {"tool password verify",
       "verify a password from standard input: the exit status tells",
       {{"HASH"}},
       {},
       tool_password_verify,
       "HASH: a PHC string of Argon2 or scrypt; in quotes, for it holds $.",
       false},
  };
}

std::vector<Command> jwt_commands() {
  return {
      {"tool jwt sign",
       "sign claims as a JSON Web Token",
       {{"FILE", false}},
       {{"--key", "FILE", "private key, or a secret as JWK"},
        {"--alg", "A", "HS256 RS256 PS256 ES256 ES384 ES512 ES256K EdDSA … (default: by the key)"},
        {"--claim", "NAME=VALUE", "a claim; JSON, else text", true},
        {"--expires", "SECONDS", "set exp and iat: valid from now for so long"},
        {"--kid", "ID", "the key's name in the header"},
        {"--type", "T", "\"typ\" of the header (default: JWT)"},
        kPasswordFile},
       tool_jwt_sign,
       "FILE: claims as a JSON object (- for standard input); without it there are those of "
       "--claim.",
       false},
      {"tool jwt verify",
       "verify a token and print its claims",
       {{"TOKEN", false}},
       {{"--key", "FILE", "public key, set of keys (JWKS), or a secret as JWK"},
        {"--alg", "A[,A…]", "allowed algorithms (default: the key's own; a set has none)"},
        {"--issuer", "S", "\"iss\" is this", true},
        {"--audience", "S", "\"aud\" holds this", true},
        {"--any-audience", "", "take tokens for others"},
        {"--subject", "S", "\"sub\" is this"},
        {"--type", "T", "\"typ\" of the header is this"},
        {"--leeway", "SECONDS", "clocks may differ by so much (0 to 600)"},
        {"--allow-unlimited", "", "take tokens without exp"},
        kPasswordFile},
       tool_jwt_verify,
       "TOKEN: the token, or a file that holds it.",
       false},
      {"tool jwt inspect",
       "print header and claims of a token, unverified",
       {{"TOKEN", false}},
       {},
       tool_jwt_inspect,
       "",
       false},
  };
}

}  // namespace

std::span<const Command> crypto_tool_commands() {
  static const std::vector<Command> commands = [] {
    std::vector<Command> all = key_commands();
    for (auto& part : {secret_commands(), jwt_commands()})
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return commands;
}

}  // namespace avila::cli
