#include <avila/chassis/credentials.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/file_system.hpp>
#include <avila/serde/toml.hpp>
#include <avila/text/encoding.hpp>

namespace avila::chassis {
namespace {

using serde::toml::Kind;
using serde::toml::Value;

// A key is 32 random bytes: a plain hash is enough, there is nothing to guess.
std::array<std::byte, 32> hash_of(std::string_view api_key) {
  return hash::sha256(as_bytes(api_key));
}

std::string keys_path(const std::string& folder) { return os::join(folder, "keys.toml"); }
std::string credentials_path(const std::string& folder) {
  return os::join(folder, "credentials.toml");
}

}  // namespace

Result<KeyStore> KeyStore::load(os::FileSystem& files, const std::string& data_folder) {
  const std::string path = keys_path(data_folder);
  AVILA_TRY(const std::string text, files.read_text(path).context("API keys"));
  AVILA_TRY(const Value document, serde::toml::parse(text).context(path));
  const Value* keys = document.find("key");
  if (keys == nullptr || !keys->is(Kind::Array))
    return Error(Errc::Corrupted, path + ": no [[key]]");
  KeyStore store;
  for (const Value& key : keys->items()) {
    const Value* hex = key.find("sha256");
    if (hex == nullptr || !hex->is(Kind::String))
      return Error(Errc::Corrupted, path + ": a key without sha256");
    AVILA_TRY(const std::string bytes, text::hex_decode(hex->as_text()).context(path));
    if (bytes.size() != 32) return Error(Errc::Corrupted, path + ": sha256 is not 32 bytes");
    std::array<std::byte, 32> hash{};
    for (std::size_t i = 0; i < 32; ++i) hash[i] = static_cast<std::byte>(bytes[i]);
    store.hashes_.push_back(hash);
  }
  return store;
}

bool KeyStore::accepts(std::string_view api_key) const noexcept {
  const auto candidate = hash_of(api_key);
  bool found = false;
  for (const auto& hash : hashes_) {
    std::byte difference{};
    for (std::size_t i = 0; i < hash.size(); ++i) difference |= hash[i] ^ candidate[i];
    found |= difference == std::byte{0};
  }
  return found;
}

Result<Credentials> create_credentials(os::FileSystem& files, os::Entropy& entropy,
                                       const std::string& data_folder) {
  std::array<std::byte, kApiKeyBytes> secret{};
  AVILA_TRY_VOID(entropy.fill(secret).context("API key"));
  Credentials credentials;
  credentials.api_key = std::string(kApiKeyPrefix) + text::base64url_encode(secret);

  Value key = Value::table();
  key.set("name", "first");
  key.set("sha256", text::hex_encode(hash_of(credentials.api_key)));
  Value document = Value::table();
  document.set("key", Value::array()).items().push_back(std::move(key));
  // Credentials first: a key that works but that nobody was told would lock everybody out.
  AVILA_TRY_VOID(write_credentials(files, data_folder, credentials));
  AVILA_TRY_VOID(files.write_atomically(keys_path(data_folder), as_bytes(to_toml(document)), 0600));
  return credentials;
}

Result<Credentials> read_credentials(os::FileSystem& files, const std::string& data_folder) {
  const std::string path = credentials_path(data_folder);
  AVILA_TRY(const std::string text, files.read_text(path).context("credentials"));
  AVILA_TRY(const Value document, serde::toml::parse(text).context(path));
  Credentials credentials;
  if (const Value* key = document.find("api_key"); key != nullptr && key->is(Kind::String))
    credentials.api_key = key->as_text();
  if (credentials.api_key.empty()) return Error(Errc::Malformed, path + ": no api_key");
  if (const Value* endpoints = document.find("endpoint");
      endpoints != nullptr && endpoints->is(Kind::Table)) {
    for (const auto& [service, url] : endpoints->members())
      if (url.is(Kind::String)) credentials.endpoints.emplace_back(service, url.as_text());
  }
  return credentials;
}

Result<void> write_credentials(os::FileSystem& files, const std::string& data_folder,
                               const Credentials& credentials) {
  Value document = Value::table();
  document.set("api_key", credentials.api_key);
  if (!credentials.endpoints.empty()) {
    Value& endpoints = document.set("endpoint", Value::table());
    for (const auto& [service, url] : credentials.endpoints) endpoints.set(service, url);
  }
  return files.write_atomically(credentials_path(data_folder), as_bytes(to_toml(document)), 0600);
}

}  // namespace avila::chassis
