// API keys: made once, shown once, stored hashed. What a person needs is in DIR/credentials.toml
// (mode 0600); what a service needs to check a key is its hash in DIR/keys.toml.
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace avila::os {
class Entropy;
class FileSystem;
}  // namespace avila::os

namespace avila::chassis {

constexpr std::size_t kApiKeyBytes = 32;  ///< of entropy
constexpr std::string_view kApiKeyPrefix = "avl_";

/// Checks keys in constant time; holds hashes only.
class KeyStore {
 public:
  /// Reads DIR/keys.toml; NotFound when there is none yet.
  static Result<KeyStore> load(os::FileSystem& files, const std::string& data_folder);
  /// CT: the comparison takes the same time for every key of the right length.
  bool accepts(std::string_view api_key) const noexcept;

 private:
  std::vector<std::array<std::byte, 32>> hashes_;
};

struct Credentials {
  std::string api_key;
  std::vector<std::pair<std::string, std::string>> endpoints;  ///< service → URL
};

/// The first start: makes a key, writes DIR/keys.toml and DIR/credentials.toml.
Result<Credentials> create_credentials(os::FileSystem& files, os::Entropy& entropy,
                                       const std::string& data_folder);
/// What DIR/credentials.toml says.
Result<Credentials> read_credentials(os::FileSystem& files, const std::string& data_folder);
/// Writes DIR/credentials.toml anew (mode 0600): endpoints change with the ports.
Result<void> write_credentials(os::FileSystem& files, const std::string& data_folder,
                               const Credentials& credentials);

}  // namespace avila::chassis
