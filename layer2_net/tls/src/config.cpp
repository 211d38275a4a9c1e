#include <algorithm>
#include <avila/tls/config.hpp>

namespace avila::tls {

namespace {

Error invalid(const char* what) { return Error(Errc::InvalidArgument, what); }

Result<void> check_common(const CommonConfig& config) {
  if (config.version_min > config.version_max) return invalid("tls: version_min above version_max");
  for (auto version = static_cast<std::uint16_t>(config.version_min);
       version <= static_cast<std::uint16_t>(config.version_max); ++version)
    if (std::ranges::none_of(config.suites, [&](CipherSuite suite) {
          const SuiteInfo* const info = find_suite(static_cast<std::uint16_t>(suite));
          return info != nullptr && static_cast<std::uint16_t>(info->version) == version;
        }))
      return invalid("tls: no cipher suite for one of the versions");
  if (std::ranges::any_of(config.suites, [](CipherSuite suite) {
        return find_suite(static_cast<std::uint16_t>(suite)) == nullptr;
      }))
    return invalid("tls: a cipher suite that does not exist");
  if (config.groups.empty() || config.signatures.empty())
    return invalid("tls: no groups, or no signature schemes");
  for (const auto& protocol : config.alpn)
    if (protocol.empty() || protocol.size() > 255)
      return invalid("tls: names of application protocols have 1 to 255 bytes");
  return {};
}

Result<void> check_credential(const std::shared_ptr<const Credential>& credential) {
  if (credential == nullptr || credential->chain.empty())
    return invalid("tls: a credential without a certificate");
  const auto type = credential->key.type();
  if (type == crypto::KeyType::X25519 || type == crypto::KeyType::Secp256k1)
    return invalid("tls: keys of this type do not sign handshakes");
  return {};
}

}  // namespace

Result<void> check(const ClientConfig& config) {
  AVILA_TRY_VOID(check_common(config));
  if (config.verifier == nullptr) return invalid("tls: a client needs a verifier of certificates");
  if (config.credential != nullptr) AVILA_TRY_VOID(check_credential(config.credential));
  return {};
}

Result<void> check(const ServerConfig& config) {
  AVILA_TRY_VOID(check_common(config));
  if (config.credentials.empty()) return invalid("tls: a server needs a certificate");
  for (const auto& credential : config.credentials) AVILA_TRY_VOID(check_credential(credential));
  if (config.client_auth != ClientAuth::None && config.verifier == nullptr)
    return invalid("tls: asking clients for certificates needs a verifier");
  if (config.early_data_bytes > 0 && (config.replay_guard == nullptr || config.tickets == nullptr))
    return invalid("tls: early data needs tickets and a replay guard");
  return {};
}

}  // namespace avila::tls
