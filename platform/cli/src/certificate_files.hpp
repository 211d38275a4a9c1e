// What the commands around certificates share: kinds of keys, lists of names, files.
#pragma once
#include <avila/crypto/key.hpp>
#include <string>
#include <vector>

namespace avila::cli {

constexpr std::string_view kKeyKinds =
    "p256 (the default), p384, p521, ed25519, rsa:BITS, ml-dsa-44, -65, -87";

struct KeyChoice {
  crypto::KeyType type = crypto::KeyType::P256;
  std::size_t rsa_bits = 3072;

  Result<crypto::PrivateKey> generate() const;
};
/// "p256", "rsa:4096", "ml-dsa-65", … Errors: InvalidArgument.
Result<KeyChoice> key_choice(const std::string& kind);

std::vector<std::string> split_list(std::string_view list);  ///< at commas

/// As a whole or not at all. Errors: those of the file system, with the path.
Result<void> write_file(const std::string& path, ByteSpan bytes, std::uint32_t mode);

}  // namespace avila::cli
