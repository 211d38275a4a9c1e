// What the commands of keys and secrets share: reading without copies that stay behind, files that
// nobody else reads.
#pragma once
#include <avila/crypto/jwk.hpp>

#include "tool.hpp"

namespace avila::cli {

constexpr std::size_t kKeyFileMax = std::size_t{1} << 20;   ///< bytes of a key file
constexpr std::size_t kPasswordMax = std::size_t{1} << 12;  ///< bytes of a password

/// All of a file, "-" or "" being standard input; no buffer of it stays behind. Errors: those of
/// files, LimitExceeded.
Result<SecretBytes> read_secret(const std::string& path, std::size_t max);
/// The same without the line end that an editor or `echo` left.
Result<SecretBytes> read_password(const std::string& path);
/// Hexadecimal digits, or "@FILE" that holds them. Errors: InvalidArgument.
Result<SecretBytes> hex_option(const Arguments& arguments, std::string_view option);
/// To standard output, or to the file of --out: mode 0600 where it is secret.
Result<void> write_result(const Arguments& arguments, ByteSpan bytes, bool secret);

/// A key file of any kind: PEM, DER, JWK; private, public or symmetric. --password-file opens
/// encrypted ones. Errors: Malformed, Unsupported, Unauthenticated.
Result<crypto::Jwk> read_key(const std::string& path, const Arguments& arguments);
/// The same where the file, `path`, was read already.
Result<crypto::Jwk> parse_key(const SecretBytes& content, const std::string& path,
                              const Arguments& arguments);
/// The public half of what is one. Errors: InvalidArgument (a symmetric key).
Result<crypto::PublicKey> public_half(const crypto::Jwk& key);
Result<const crypto::PrivateKey*> private_half(const crypto::Jwk& key);

/// What the options of the commands above are called.
inline constexpr Option kPasswordFile{"--password-file", "FILE",
                                      "holds the password of the private key"};
inline constexpr Option kOut{"--out", "FILE", "write there; private keys get mode 0600"};

Result<int> tool_key_new(const Arguments& arguments);
Result<int> tool_key_pub(const Arguments& arguments);
Result<int> tool_key_convert(const Arguments& arguments);
Result<int> tool_sign(const Arguments& arguments);
Result<int> tool_verify(const Arguments& arguments);
Result<int> tool_seal(const Arguments& arguments);
Result<int> tool_open(const Arguments& arguments);
Result<int> tool_kdf(const Arguments& arguments);
Result<int> tool_password_hash(const Arguments& arguments);
Result<int> tool_password_verify(const Arguments& arguments);
Result<int> tool_jwt_sign(const Arguments& arguments);
Result<int> tool_jwt_verify(const Arguments& arguments);
Result<int> tool_jwt_inspect(const Arguments& arguments);

}  // namespace avila::cli
