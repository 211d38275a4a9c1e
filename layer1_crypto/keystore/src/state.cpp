#include "state.hpp"

#include <avila/aead/aes_gcm.hpp>
#include <avila/aead/aes_gcm_siv.hpp>
#include <avila/aead/chacha20_poly1305.hpp>
#include <avila/keystore/provider.hpp>

#include "store_file.hpp"
#include "wire.hpp"

namespace avila::keystore {
namespace {

constexpr std::uint8_t kBodyVersion = 1;

void write_version(WireWriter& out, const Version& version) {
  out.u8(static_cast<std::uint8_t>(version.state));
  out.u64(static_cast<std::uint64_t>(version.created.ns));
  out.u64(static_cast<std::uint64_t>(version.destroy_at.ns));
  out.u64(version.count->reserved.load());
  out.blob(version.material == nullptr ? ByteSpan{} : version.material->span());
}

void write_key(WireWriter& out, const Key& key) {
  out.bytes(key.handle.bytes());
  out.blob(as_bytes(key.name));
  out.u8(static_cast<std::uint8_t>(key.kind));
  out.u16(key.uses.bits());
  out.u8(key.policy.exportable ? 1 : 0);
  out.u8(key.policy.deletable ? 1 : 0);
  out.u64(static_cast<std::uint64_t>(key.policy.rotate_every.ns));
  out.u64(key.policy.rotate_after_messages);
  out.u32(key.policy.min_decrypt_version);
  out.blob(as_bytes(key.provider_label));
  out.u32(key.current());
  for (const Version& version : key.versions) write_version(out, version);
}

Result<std::shared_ptr<const LockedBytes>> read_secret(ByteSpan bytes, LockedArena& arena) {
  AVILA_TRY(LockedBytes copy, arena.copy_of(bytes));
  return std::make_shared<const LockedBytes>(std::move(copy));
}

Result<bool> read_bool(WireReader& in) {
  AVILA_TRY(const std::uint8_t value, in.u8());
  if (value > 1) return in.malformed("yes or no is 1 or 0");
  return value == 1;
}

Result<Version> read_version(WireReader& in, bool in_provider, LockedArena& arena) {
  Version version;
  AVILA_TRY(const std::uint8_t state, in.u8());
  if (state < 1 || state > 4) return in.malformed("a state that is not known here");
  version.state = static_cast<VersionState>(state);
  AVILA_TRY(const std::uint64_t created, in.u64());
  AVILA_TRY(const std::uint64_t destroy_at, in.u64());
  version.created = {static_cast<std::int64_t>(created)};
  version.destroy_at = {static_cast<std::int64_t>(destroy_at)};
  version.count = std::make_shared<SealCount>();
  AVILA_TRY(const std::uint64_t reserved, in.u64());
  version.count->sealed = version.count->reserved = reserved;
  AVILA_TRY(const ByteSpan material, in.blob(kMaxMaterial));
  const bool absent = version.state == VersionState::Destroyed || in_provider;
  if (material.empty() != absent) return in.malformed("a version without its key, or with one");
  if (!absent) {
    AVILA_TRY(version.material, read_secret(material, arena));
  }
  return version;
}

Result<Key> read_key(WireReader& in, LockedArena& arena) {
  Key key;
  AVILA_TRY(const auto handle, in.array<KeyHandle::kBytes>());
  key.handle = KeyHandle(handle);
  AVILA_TRY(const ByteSpan name, in.blob(kMaxKeyName));
  key.name = as_text(name);
  AVILA_TRY_VOID(check_key_name(key.name));
  AVILA_TRY(const std::uint8_t kind, in.u8());
  if (kind < 1 || kind > static_cast<std::uint8_t>(KeyKind::P521))
    return in.malformed("a kind that is not known here");
  key.kind = static_cast<KeyKind>(kind);
  AVILA_TRY(const std::uint16_t uses, in.u16());
  const auto known = KeyUses::from_bits(uses);
  if (!known.has_value() || !known->within(KeyUses::all_of(key.kind)))
    return in.malformed("uses that the kind does not have");
  key.uses = *known;
  key.policy.uses = *known;
  AVILA_TRY(key.policy.exportable, read_bool(in));
  AVILA_TRY(key.policy.deletable, read_bool(in));
  AVILA_TRY(const std::uint64_t every, in.u64());
  key.policy.rotate_every = {static_cast<std::int64_t>(every)};
  AVILA_TRY(key.policy.rotate_after_messages, in.u64());
  AVILA_TRY(key.policy.min_decrypt_version, in.u32());
  AVILA_TRY(const ByteSpan label, in.blob(kMaxProviderName));
  key.provider_label = as_text(label);
  AVILA_TRY(const std::uint32_t versions, in.u32());
  if (versions == 0 || versions > kMaxVersions) return in.malformed("a key has 1 to 1000 versions");
  for (std::uint32_t i = 0; i < versions; ++i) {
    AVILA_TRY(Version version, read_version(in, !key.provider_label.empty(), arena));
    key.versions.push_back(std::move(version));
  }
  return key;
}

}  // namespace

Result<void> check_key_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '/';
  };
  bool good = !name.empty() && name.size() <= kMaxKeyName;
  for (const char c : name) good = good && allowed(c);
  if (!good)
    return Error(Errc::InvalidArgument,
                 "a key's name has 1 to 128 letters, digits, '.', '_', '-' and '/'");
  return {};
}

Result<void> check_policy(KeyKind kind, const KeyPolicy& policy) {
  const auto wrong = [](std::string_view what) { return Error(Errc::InvalidArgument, what); };
  if (policy.uses.has_value()) {
    if (policy.uses->empty()) return wrong("a key without uses is no use");
    if (!policy.uses->within(KeyUses::all_of(kind)))
      return wrong("keys of this kind do not have these uses");
  }
  if (policy.rotate_every.ns < 0) return wrong("a time between rotations is not negative");
  if (policy.min_decrypt_version == 0) return wrong("versions count from 1");
  if (policy.rotate_after_messages > seal_limit(kind))
    return wrong("a version of this kind may not seal that many messages");
  return {};
}

std::uint64_t seal_limit(KeyKind kind) noexcept {
  if (kind == KeyKind::Aes256Gcm) return aead::AesGcm::kMaxSealed;
  if (kind == KeyKind::Aes256GcmSiv) return aead::AesGcmSiv::kMaxSealed;
  return ~std::uint64_t{0};
}

Result<LockedBytes> State::encode(LockedArena& arena) const {
  const auto write = [&](WireWriter& out) {
    out.u8(kBodyVersion);
    out.bytes(audit_seed->span());
    out.bytes(audit_mac_key->span());
    out.u64(anchor.sequence);
    out.bytes(anchor.hash);
    out.u32(static_cast<std::uint32_t>(keys.size()));
    for (const auto& [handle, key] : keys) write_key(out, *key);
  };
  WireWriter count;
  write(count);
  AVILA_TRY(LockedBytes body, arena.allocate(count.size()));
  WireWriter out(body.span());
  write(out);
  AVILA_ASSERT(out.size() == body.size());
  return body;
}

Result<State> State::decode(ByteSpan body, LockedArena& arena) {
  WireReader in(body);
  AVILA_TRY(const std::uint8_t version, in.u8());
  if (version != kBodyVersion) return in.malformed("a body of another version");
  State state;
  AVILA_TRY(const ByteSpan seed, in.take(kAuditSeed));
  AVILA_TRY(state.audit_seed, read_secret(seed, arena));
  AVILA_TRY(const ByteSpan mac_key, in.take(kAuditMacKey));
  AVILA_TRY(state.audit_mac_key, read_secret(mac_key, arena));
  AVILA_TRY(state.anchor.sequence, in.u64());
  AVILA_TRY(state.anchor.hash, in.array<32>());
  AVILA_TRY(const std::uint32_t keys, in.u32());
  if (keys > kMaxKeys) return in.malformed("more keys than a store holds");
  for (std::uint32_t i = 0; i < keys; ++i) {
    AVILA_TRY(Key key, read_key(in, arena));
    if (state.keys.contains(key.handle) || state.names.contains(key.name))
      return in.malformed("a key twice");
    state.put(std::move(key));
  }
  AVILA_TRY_VOID(in.finish());
  return state;
}

}  // namespace avila::keystore
