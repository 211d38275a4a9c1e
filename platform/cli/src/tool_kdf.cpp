// `avl tool kdf`, `avl tool password hash|verify`.
#include <avila/kdf/hkdf.hpp>
#include <avila/kdf/password.hpp>
#include <avila/kdf/pbkdf2.hpp>
#include <avila/kdf/scrypt.hpp>
#include <avila/text/encoding.hpp>

#include "tool_secret.hpp"

namespace avila::cli {
namespace {

constexpr std::uint64_t kLengthMax = 1U << 16;  // bytes of derived key
constexpr std::uint64_t kMemoryMax = 1U << 22;  // KiB: 4 GiB
constexpr std::string_view kFunctions = "argon2id argon2i argon2d scrypt pbkdf2 hkdf";
constexpr std::string_view kHashes = "sha1 sha224 sha256 sha384 sha512 sha3-256 sha3-384 sha3-512";

Error unknown(std::string_view what, const std::string& given, std::string_view known) {
  return Error(Errc::InvalidArgument, "no " + std::string(what) + " '" + given + '\'')
      .with_hint("one of: " + std::string(known));
}

/// Calls run(Hash()) with the hash of that name; false where there is none.
template <class Run>
bool with_hash(std::string_view name, Run&& run) {
  if (name == "sha1") return run(hash::Sha1()), true;
  if (name == "sha224") return run(hash::Sha224()), true;
  if (name == "sha256") return run(hash::Sha256()), true;
  if (name == "sha384") return run(hash::Sha384()), true;
  if (name == "sha512") return run(hash::Sha512()), true;
  if (name == "sha3-256") return run(hash::Sha3_256()), true;
  if (name == "sha3-384") return run(hash::Sha3_384()), true;
  if (name == "sha3-512") return run(hash::Sha3_512()), true;
  return false;
}

Result<std::uint32_t> count(const Arguments& arguments, std::string_view option,
                            std::uint32_t fallback, std::uint64_t most = UINT32_MAX) {
  AVILA_TRY(const std::uint64_t value, number_option(arguments, option, fallback, 1, most));
  return static_cast<std::uint32_t>(value);
}

Result<kdf::Argon2Parameters> argon2_parameters(const Arguments& arguments) {
  kdf::Argon2Parameters parameters;
  AVILA_TRY(parameters.memory_kib, count(arguments, "--memory", parameters.memory_kib, kMemoryMax));
  AVILA_TRY(parameters.passes, count(arguments, "--passes", parameters.passes));
  AVILA_TRY(parameters.lanes, count(arguments, "--lanes", parameters.lanes));
  return parameters;
}

struct Input {
  SecretBytes secret, salt;
  std::string info, hash;
};

Result<void> derive(const std::string& function, const Arguments& arguments, const Input& input,
                    MutableByteSpan out) {
  const ByteSpan secret = input.secret.span(), salt = input.salt.span();
  if (function.starts_with("argon2")) {
    AVILA_TRY(kdf::Argon2Parameters parameters, argon2_parameters(arguments));
    parameters.type = function == "argon2id"  ? kdf::Argon2Type::Id
                      : function == "argon2i" ? kdf::Argon2Type::I
                                              : kdf::Argon2Type::D;
    return kdf::argon2(secret, salt, parameters, out);
  }
  if (function == "scrypt") {
    kdf::ScryptParameters parameters;
    AVILA_TRY(parameters.n, number_option(arguments, "--n", parameters.n, 2, kdf::kScryptCostMax));
    AVILA_TRY(parameters.r, count(arguments, "--r", parameters.r));
    AVILA_TRY(parameters.p, count(arguments, "--p", parameters.p));
    return kdf::scrypt(secret, salt, parameters, out);
  }
  if (function == "pbkdf2") {
    AVILA_TRY(const std::uint32_t iterations, count(arguments, "--iterations", 600'000));
    Result<void> done;
    (void)with_hash(input.hash, [&]<class Hash>(Hash) {
      done = kdf::pbkdf2<Hash>(secret, salt, iterations, out);
    });
    return done;
  }
  Result<void> done;
  (void)with_hash(input.hash, [&]<class Hash>(Hash) {
    done = kdf::hkdf<Hash>(secret, salt, as_bytes(input.info), out);
  });
  return done;
}

/// --secret (hexadecimal), else standard input as it is but for one line end.
Result<SecretBytes> secret_input(const Arguments& arguments) {
  if (arguments.has("--secret")) return hex_option(arguments, "--secret");
  return read_password("-");
}

}  // namespace

Result<int> tool_kdf(const Arguments& arguments) {
  const std::string function = arguments.operand(0);
  if ((' ' + std::string(kFunctions) + ' ').find(' ' + function + ' ') == std::string::npos)
    return wrong_usage(unknown("key derivation", function, kFunctions));
  Input input;
  input.hash = arguments.get("--hash", "sha256");
  if (!with_hash(input.hash, [](auto) {})) return wrong_usage(unknown("hash", input.hash, kHashes));
  AVILA_TRY(const std::uint64_t length, number_option(arguments, "--length", 32, 1, kLengthMax));
  auto salt = hex_option(arguments, "--salt");
  if (!salt.has_value()) return wrong_usage(salt.error());
  if (arguments.has("--salt-text")) {
    if (arguments.has("--salt"))
      return wrong_usage(Error(Errc::InvalidArgument, "--salt and --salt-text together"));
    salt = SecretBytes::copy_of(as_bytes(arguments.get("--salt-text")));
  }
  input.salt = std::move(*salt);
  input.info = arguments.get("--info");
  AVILA_TRY(input.secret, secret_input(arguments));
  SecretBytes out(static_cast<std::size_t>(length));
  AVILA_TRY_VOID(derive(function, arguments, input, out.span()));
  std::string hex = text::hex_encode(out.span()) + '\n';
  const auto printed = print(hex);
  wipe_memory(hex.data(), hex.size());
  if (!printed.has_value()) return printed.error().clone();
  return kDone;
}

Result<int> tool_password_hash(const Arguments& arguments) {
  kdf::PasswordParameters parameters;
  AVILA_TRY(parameters.argon2, argon2_parameters(arguments));
  AVILA_TRY(const SecretBytes password, read_password("-"));
  AVILA_TRY(const std::string stored, kdf::password_hash(as_text(password.span()), parameters));
  AVILA_TRY_VOID(print(stored + '\n'));
  return kDone;
}

Result<int> tool_password_verify(const Arguments& arguments) {
  AVILA_TRY(const SecretBytes password, read_password("-"));
  AVILA_TRY_VOID(kdf::password_verify(as_text(password.span()), arguments.operand(0)));
  AVILA_TRY_VOID(print("valid\n"));
  return kDone;
}

}  // namespace avila::cli
