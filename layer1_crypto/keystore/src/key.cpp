#include <avila/keystore/key.hpp>

namespace avila::keystore {
namespace {

constexpr std::string_view kKinds[] = {"",
                                       "aes256-gcm",
                                       "aes256-gcm-siv",
                                       "xchacha20-poly1305",
                                       "hmac-sha256",
                                       "hmac-sha512",
                                       "ed25519",
                                       "p256",
                                       "p384",
                                       "rsa2048",
                                       "rsa3072",
                                       "rsa4096",
                                       "x25519",
                                       "p521"};
constexpr std::string_view kUses[] = {"encrypt", "decrypt", "wrap",       "unwrap", "sign",
                                      "verify",  "mac",     "verify-mac", "agree"};
static_assert(std::size(kUses) == kKeyUseCount);

}  // namespace

std::string_view name(KeyKind kind) noexcept { return kKinds[static_cast<std::size_t>(kind)]; }
std::optional<KeyKind> key_kind_of(std::string_view name) noexcept {
  for (std::size_t i = 1; i < std::size(kKinds); ++i)
    if (kKinds[i] == name) return static_cast<KeyKind>(i);
  return std::nullopt;
}

bool is_aead(KeyKind kind) noexcept { return kind <= KeyKind::XChaCha20Poly1305; }
bool is_mac(KeyKind kind) noexcept {
  return kind == KeyKind::HmacSha256 || kind == KeyKind::HmacSha512;
}
bool is_rsa(KeyKind kind) noexcept { return kind >= KeyKind::Rsa2048 && kind <= KeyKind::Rsa4096; }
bool is_asymmetric(KeyKind kind) noexcept { return kind >= KeyKind::Ed25519; }

std::string_view name(KeyUse use) noexcept { return kUses[static_cast<std::size_t>(use)]; }

std::string_view name(VersionState state) noexcept {
  switch (state) {
    case VersionState::Enabled: return "enabled";
    case VersionState::Disabled: return "disabled";
    case VersionState::PendingDestruction: return "pending-destruction";
    case VersionState::Destroyed: return "destroyed";
  }
  return "";
}

KeyUses KeyUses::all_of(KeyKind kind) noexcept {
  using enum KeyUse;
  if (is_aead(kind)) return {Encrypt, Decrypt, Wrap, Unwrap};
  if (is_mac(kind)) return {Mac, VerifyMac};
  if (is_rsa(kind)) return {Encrypt, Decrypt, Wrap, Unwrap, Sign, Verify};
  if (kind == KeyKind::X25519) return {Agree};
  if (kind == KeyKind::Ed25519) return {Sign, Verify};
  return {Sign, Verify, Agree};
}

}  // namespace avila::keystore
