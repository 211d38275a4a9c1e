// What is in the sealed body of a store, in memory.
#pragma once
#include <atomic>
#include <avila/keystore/key.hpp>
#include <avila/keystore/locked_memory.hpp>
#include <map>
#include <memory>

namespace avila::keystore {

inline constexpr std::size_t kMaxMaterial = 4096;  // bytes: PKCS#8 of an RSA key has 2,400
inline constexpr std::size_t kAuditSeed = 32, kAuditMacKey = 32;

using ChainHash = std::array<std::byte, 32>;

/// How many messages a version has sealed. What is stored is `reserved`, a bound that counting may
/// reach before the store is written again: after a crash no message was counted too few.
struct SealCount {
  std::atomic<std::uint64_t> sealed{0}, reserved{0};
};

/// Copies share the material, which never changes.
struct Version {
  VersionState state = VersionState::Enabled;
  WallTime created{}, destroy_at{};
  std::shared_ptr<SealCount> count;             // shared with the state before a change
  std::shared_ptr<const LockedBytes> material;  // shared too; null: destroyed, or a provider's
};

struct Key {
  KeyHandle handle{KeyHandle::Bytes{}};
  std::string name;
  KeyKind kind{};
  KeyUses uses;
  KeyPolicy policy;
  std::string provider_label;
  std::vector<Version> versions;  // version n is at n - 1

  std::uint32_t current() const noexcept { return static_cast<std::uint32_t>(versions.size()); }
};

/// The last entry of the audit log when the store was written.
struct AuditAnchor {
  std::uint64_t sequence = 0;
  ChainHash hash{};
};

struct State {
  std::shared_ptr<const LockedBytes> audit_seed, audit_mac_key;
  AuditAnchor anchor;
  std::map<KeyHandle, std::shared_ptr<const Key>> keys;  // shared with the state before a change
  std::map<std::string, KeyHandle, std::less<>> names;

  void put(Key key) {
    names.insert_or_assign(key.name, key.handle);
    const KeyHandle handle = key.handle;
    keys.insert_or_assign(handle, std::make_shared<const Key>(std::move(key)));
  }

  /// Errors: those of the arena.
  Result<LockedBytes> encode(LockedArena& arena) const;
  /// Errors: Malformed, LimitExceeded, those of the arena.
  static Result<State> decode(ByteSpan body, LockedArena& arena);
};

/// Errors: InvalidArgument.
Result<void> check_key_name(std::string_view name);
/// Errors: InvalidArgument (uses that the kind does not have, a negative time, …).
Result<void> check_policy(KeyKind kind, const KeyPolicy& policy);
/// Messages that one version of the kind may seal.
std::uint64_t seal_limit(KeyKind kind) noexcept;

}  // namespace avila::keystore
