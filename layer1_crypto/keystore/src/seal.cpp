// The root key and its seals.
#include <avila/aead/chacha20_poly1305.hpp>
#include <avila/aead/seal.hpp>
#include <avila/field/ct.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/kdf/hkdf.hpp>

#include "impl.hpp"

namespace avila::keystore {
namespace {

using aead::XChaCha20Poly1305;
constexpr std::size_t kNonce = XChaCha20Poly1305::kNonceSize, kCommitment = 32;

/// XChaCha20-Poly1305 opens some ciphertexts under several keys; where the key comes from a
/// passphrase that would test many guesses at once. So a second half of the derived bytes commits.
Result<SecretArray<64>> derive(ByteSpan unseal_key) {
  SecretArray<64> out;
  AVILA_TRY_VOID(
      kdf::hkdf<hash::Sha256>(unseal_key, {}, as_bytes("avila keystore root key v1"), *out));
  return out;
}

XChaCha20Poly1305 key_of(const SecretArray<64>& derived) {
  return XChaCha20Poly1305(std::span(*derived).first<32>());
}

}  // namespace

Result<std::vector<std::byte>> seal_root(ByteSpan unseal_key, ByteSpan root, ByteSpan aad,
                                         os::Entropy& entropy) {
  AVILA_ASSERT(root.size() == kRootBytes);
  AVILA_TRY(const auto derived, derive(unseal_key));
  std::vector<std::byte> out(kNonce + kCommitment + kRootBytes + aead::kTagSize);
  const std::span<std::byte> all(out);
  AVILA_TRY_VOID(entropy.fill(all.first(kNonce)));
  std::memcpy(out.data() + kNonce, derived->data() + 32, kCommitment);
  AVILA_TRY_VOID(aead::seal(key_of(derived), aead::Nonce<kNonce>(all.first<kNonce>()), aad, root,
                            all.subspan(kNonce + kCommitment)));
  return out;
}

Result<LockedBytes> open_root(ByteSpan unseal_key, ByteSpan sealed, ByteSpan aad,
                              LockedArena& arena) {
  if (sealed.size() != kNonce + kCommitment + kRootBytes + aead::kTagSize)
    return Error(Errc::Malformed, "a sealed root key of another length");
  AVILA_TRY(const auto derived, derive(unseal_key));
  if (!field::ct::equal(std::span(*derived).last<32>(), sealed.subspan(kNonce, kCommitment)))
    return Error(Errc::Unauthenticated, "another key sealed this store");
  AVILA_TRY(LockedBytes root, arena.allocate(kRootBytes));
  AVILA_TRY_VOID(aead::open(key_of(derived), aead::Nonce<kNonce>(sealed.first<kNonce>()), aad,
                            sealed.subspan(kNonce + kCommitment), root.span()));
  return root;
}

Result<Keystore::Initialized> Keystore::Impl::make_seals(const KeystoreOptions& options,
                                                         std::span<const SealSpec> specs,
                                                         ByteSpan root, StoreFile& file) {
  if (specs.empty() || specs.size() > kMaxSeals)
    return Error(Errc::InvalidArgument, "a store has one to eight seals");
  Initialized made;
  std::vector<SealRecord> seals;
  for (const SealSpec& spec : specs) {
    SealRecord seal;
    if (const auto* shamir = std::get_if<ShamirSeal>(&spec)) {
      SecretArray<32> key;
      AVILA_TRY_VOID(options.entropy.fill(*key));
      AVILA_TRY(auto shares, split(*key, shamir->threshold, shamir->shares, options.entropy));
      seal.id = shares[0].split_id();
      seal.how = ShamirRecord{static_cast<std::uint8_t>(shamir->threshold),
                              static_cast<std::uint8_t>(shamir->shares)};
      AVILA_TRY(seal.sealed_root, seal_root(*key, root, seal.aad(file.id), options.entropy));
      made.shares.push_back(std::move(shares));
    } else if (const auto* passphrase = std::get_if<PassphraseSeal>(&spec)) {
      if (passphrase->passphrase.empty())
        return Error(Errc::InvalidArgument, "an empty passphrase seals nothing");
      PassphraseRecord record;
      record.argon2 = passphrase->argon2;
      if (record.argon2.type != kdf::Argon2Type::Id ||
          record.argon2.version != kdf::Argon2Version::V13 ||
          record.argon2.memory_kib > kMaxSealMemoryKib || record.argon2.passes > kMaxSealPasses ||
          record.argon2.lanes > kMaxSealLanes)
        return Error(Errc::InvalidArgument, "a seal takes Argon2id 1.3 within its limits");
      AVILA_TRY_VOID(options.entropy.fill(seal.id));
      AVILA_TRY_VOID(options.entropy.fill(record.salt));
      SecretArray<32> key;
      AVILA_TRY_VOID(kdf::argon2(passphrase->passphrase, record.salt, record.argon2, *key));
      seal.how = record;
      AVILA_TRY(seal.sealed_root, seal_root(*key, root, seal.aad(file.id), options.entropy));
    } else {
      const auto& by = std::get<ProviderSeal>(spec);
      if (by.provider == nullptr)
        return Error(Errc::InvalidArgument, "a seal without its provider");
      AVILA_TRY_VOID(options.entropy.fill(seal.id));
      ProviderRecord record{by.provider->name(), by.label};
      if (record.name.size() > kMaxProviderName || record.label.size() > kMaxProviderName)
        return Error(Errc::InvalidArgument, "a provider's name and label have up to 256 bytes");
      seal.how = std::move(record);
      AVILA_TRY(seal.sealed_root, by.provider->wrap(by.label, root, seal.aad(file.id)));
      if (seal.sealed_root.size() > kMaxSealedRoot)
        return Error(Errc::LimitExceeded, "the provider's form of the root key is too long");
    }
    seals.push_back(std::move(seal));
  }
  file.seals = std::move(seals);
  return made;
}

Result<UnsealProgress> Keystore::submit_share(const Caller& caller, const Share& share) {
  Impl& it = *impl_;
  const std::unique_lock lock(it.mutex);
  if (it.open.has_value()) return UnsealProgress{.sealed = false};
  AVILA_TRY_VOID(it.load());
  const SealRecord* seal = nullptr;
  for (const SealRecord& candidate : it.file.seals)
    if (std::holds_alternative<ShamirRecord>(candidate.how) && candidate.id == share.split_id())
      seal = &candidate;
  if (seal == nullptr) {
    Error error(Errc::InvalidArgument, "a share of another store, or of before its last rekey");
    AVILA_TRY_VOID(it.audited_unseal(caller, "share", std::move(error)));
  }
  const unsigned need = std::get<ShamirRecord>(seal->how).threshold;
  if (share.threshold() != need || share.secret_size() != 32) {
    Error error(Errc::InvalidArgument, "the share does not fit the store's seal");
    AVILA_TRY_VOID(it.audited_unseal(caller, "share", std::move(error)));
  }
  if (!it.pending.empty() && it.pending[0].split_id() != share.split_id()) it.pending.clear();
  for (const Share& before : it.pending)
    if (before.index() == share.index()) {
      Error error(Errc::AlreadyExists, "this share was given before");
      AVILA_TRY_VOID(it.audited_unseal(caller, "share", std::move(error)));
    }
  {
    AVILA_TRY(Share copy, Share::decode(share.encode().span()));
    it.pending.push_back(std::move(copy));
  }
  it.progress = {true, static_cast<unsigned>(it.pending.size()), need};
  if (it.pending.size() < need) {
    AVILA_TRY_VOID(it.audit->append({.operation = "unseal-share",
                                     .actor = caller.name,
                                     .request_id = caller.request_id,
                                     .detail = "share " + std::to_string(share.index()),
                                     .sync = true}));
    return it.progress;
  }
  const auto opened = [&]() -> Result<void> {
    AVILA_TRY(const SecretBytes key, combine(it.pending));
    AVILA_TRY(LockedBytes root,
              open_root(key.span(), seal->sealed_root, seal->aad(it.file.id), *it.arena));
    return it.unseal(std::move(root));
  };
  auto outcome = opened();
  it.pending.clear();
  it.progress = {!outcome.has_value(), 0, need};
  AVILA_TRY_VOID(it.audited_unseal(caller, "shares", std::move(outcome)));
  return it.progress;
}

void Keystore::forget_shares() {
  const std::unique_lock lock(impl_->mutex);
  impl_->pending.clear();
  impl_->progress.have = 0;
}

Result<void> Keystore::unseal_with_passphrase(const Caller& caller, ByteSpan passphrase) {
  Impl& it = *impl_;
  const std::unique_lock lock(it.mutex);
  if (it.open.has_value()) return {};
  AVILA_TRY_VOID(it.load());
  const auto attempt = [&]() -> Result<void> {
    bool found = false;
    for (const SealRecord& seal : it.file.seals) {
      const auto* record = std::get_if<PassphraseRecord>(&seal.how);
      if (record == nullptr) continue;
      found = true;
      SecretArray<32> key;
      AVILA_TRY_VOID(kdf::argon2(passphrase, record->salt, record->argon2, *key));
      auto root = open_root(*key, seal.sealed_root, seal.aad(it.file.id), *it.arena);
      if (root.has_value()) return it.unseal(std::move(root).value());
      if (!root.error().is(Errc::Unauthenticated)) return std::move(root).error();
    }
    if (!found) return Error(Errc::NotFound, "no passphrase seals this store");
    return Error(Errc::Unauthenticated, "another passphrase sealed this store");
  };
  return it.audited_unseal(caller, "passphrase", attempt());
}

Result<void> Keystore::unseal_with_provider(const Caller& caller, KeyProvider& provider) {
  Impl& it = *impl_;
  const std::unique_lock lock(it.mutex);
  if (it.open.has_value()) return {};
  AVILA_TRY_VOID(it.load());
  const auto attempt = [&]() -> Result<void> {
    std::optional<Error> last;
    for (const SealRecord& seal : it.file.seals) {
      const auto* record = std::get_if<ProviderRecord>(&seal.how);
      if (record == nullptr || record->name != provider.name()) continue;
      auto root = provider.unwrap(record->label, seal.sealed_root, seal.aad(it.file.id));
      if (!root.has_value()) {
        last = std::move(root).error();
        continue;
      }
      if (root->size() != kRootBytes)
        return Error(Errc::Corrupted, "the provider gave a root key of another length");
      AVILA_TRY(LockedBytes copy, it.arena->copy_of(std::as_const(*root).span()));
      return it.unseal(std::move(copy));
    }
    if (last.has_value()) return std::move(*last);
    return Error(Errc::NotFound, "this provider does not seal the store: " + provider.name());
  };
  return it.audited_unseal(caller, "provider", attempt());
}

}  // namespace avila::keystore
