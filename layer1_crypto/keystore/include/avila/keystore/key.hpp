// What a key is: its kind, what it may be used for, its versions.
#pragma once
#include <array>
#include <avila/error/result.hpp>
#include <avila/primitives/duration.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::keystore {

/// The numbers are those of the stored form.
enum class KeyKind : std::uint8_t {
  Aes256Gcm = 1,  ///< 2^32 messages a version, then it rotates by itself
  Aes256GcmSiv = 2,
  XChaCha20Poly1305 = 3,
  HmacSha256 = 4,
  HmacSha512 = 5,
  Ed25519 = 6,
  P256 = 7,
  P384 = 8,
  Rsa2048 = 9,
  Rsa3072 = 10,
  Rsa4096 = 11,
  X25519 = 12,
  P521 = 13,
};
std::string_view name(KeyKind kind) noexcept;  ///< "aes256-gcm", …
std::optional<KeyKind> key_kind_of(std::string_view name) noexcept;
bool is_aead(KeyKind kind) noexcept;
bool is_mac(KeyKind kind) noexcept;
bool is_rsa(KeyKind kind) noexcept;
bool is_asymmetric(KeyKind kind) noexcept;

/// What an operation does with a key.
enum class KeyUse : std::uint8_t {
  Encrypt,
  Decrypt,
  Wrap,  ///< data keys, generated or given
  Unwrap,
  Sign,
  Verify,  ///< of signatures
  Mac,
  VerifyMac,
  Agree,
};
inline constexpr std::size_t kKeyUseCount = 9;
std::string_view name(KeyUse use) noexcept;  ///< "encrypt", …

/// A set of uses.
class KeyUses {
 public:
  constexpr KeyUses() noexcept = default;
  constexpr KeyUses(std::initializer_list<KeyUse> uses) noexcept {
    for (const KeyUse use : uses) bits_ |= bit(use);
  }
  /// All that keys of the kind can do.
  static KeyUses all_of(KeyKind kind) noexcept;
  static constexpr std::optional<KeyUses> from_bits(std::uint16_t bits) noexcept {
    if (bits >> kKeyUseCount != 0) return std::nullopt;
    KeyUses made;
    made.bits_ = bits;
    return made;
  }
  constexpr std::uint16_t bits() const noexcept { return bits_; }
  constexpr bool has(KeyUse use) const noexcept { return (bits_ & bit(use)) != 0; }
  constexpr bool within(KeyUses other) const noexcept { return (bits_ & ~other.bits_) == 0; }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  friend constexpr bool operator==(KeyUses, KeyUses) noexcept = default;

 private:
  static constexpr std::uint16_t bit(KeyUse use) noexcept {
    return static_cast<std::uint16_t>(1U << static_cast<unsigned>(use));
  }
  std::uint16_t bits_ = 0;
};

/// What may be done with a key; the caller's rights are the service's affair.
struct KeyPolicy {
  std::optional<KeyUses> uses;              ///< absent: all of the kind
  bool exportable = false;                  ///< cannot be taken back, and cannot be given later
  bool deletable = true;                    ///< whether versions may be scheduled for destruction
  Duration rotate_every{};                  ///< maintain() does it; zero: never
  std::uint64_t rotate_after_messages = 0;  ///< sealed by one version; 0: the kind's limit
  std::uint32_t min_decrypt_version = 1;    ///< older versions open and verify nothing
};

enum class VersionState : std::uint8_t {
  Enabled = 1,
  Disabled = 2,
  PendingDestruction = 3,  ///< as disabled, until its day comes
  Destroyed = 4,           ///< the key is gone, the number stays taken
};
std::string_view name(VersionState state) noexcept;

/// Names a key for as long as it lives. Another key of the same name has another handle.
class KeyHandle {
 public:
  static constexpr std::size_t kBytes = 16;
  using Bytes = std::array<std::byte, kBytes>;
  explicit KeyHandle(const Bytes& bytes) noexcept : bytes_(bytes) {}
  const Bytes& bytes() const noexcept { return bytes_; }
  friend auto operator<=>(const KeyHandle&, const KeyHandle&) noexcept = default;

 private:
  Bytes bytes_;
};

struct VersionInfo {
  std::uint32_t version = 0;  ///< from 1 on
  VersionState state = VersionState::Enabled;
  WallTime created{};
  WallTime destroy_at{};     ///< where the state is PendingDestruction
  std::uint64_t sealed = 0;  ///< messages, never less than there were
};

struct KeyInfo {
  KeyHandle handle;
  std::string name;
  KeyKind kind;
  KeyPolicy policy;
  std::string provider_label;  ///< where a KeyProvider holds the key; else empty
  std::vector<VersionInfo> versions;
  std::uint32_t current_version = 0;  ///< which seals and signs
};

inline constexpr std::size_t kMaxKeyName = 128;  ///< letters, digits, '.', '_', '-' and '/'
inline constexpr std::size_t kMaxKeys = 10'000;
inline constexpr std::size_t kMaxVersions = 1'000;    ///< of a key
inline constexpr std::size_t kMaxMessage = 16 << 20;  ///< bytes to encrypt, sign, …
inline constexpr std::size_t kMaxContext = 64 << 10;  ///< bytes
inline constexpr std::size_t kMaxDataKey = 4096;      ///< bytes to wrap
inline constexpr Duration kDestroyWaitMin = days(7);
inline constexpr Duration kDestroyWaitMax = days(365);

}  // namespace avila::keystore
