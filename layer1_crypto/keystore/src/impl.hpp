// The inside of a Keystore.
#pragma once
#include <avila/keystore/keystore.hpp>
#include <avila/os/clock.hpp>
#include <avila/os/entropy.hpp>
#include <avila/os/file_system.hpp>
#include <avila/primitives/function_ref.hpp>
#include <mutex>
#include <shared_mutex>

#include "audit_log.hpp"
#include "state.hpp"
#include "store_file.hpp"

namespace avila::keystore {

inline constexpr std::size_t kRootBytes = 32;

/// A root key under a 32-byte unseal key: nonce, commitment to the key, ciphertext, tag.
Result<std::vector<std::byte>> seal_root(ByteSpan unseal_key, ByteSpan root, ByteSpan aad,
                                         os::Entropy& entropy);
/// Errors: Unauthenticated (another key), Malformed.
Result<LockedBytes> open_root(ByteSpan unseal_key, ByteSpan sealed, ByteSpan aad,
                              LockedArena& arena);

/// What is known while the store is open.
struct Unsealed {
  LockedBytes root, store_key;
  State state;
  LockedBytes alive;  // one byte, 1: in a forked child the system has wiped it, and the keys
};

struct Keystore::Impl {
  explicit Impl(const KeystoreOptions& given) : options(given) {}

  KeystoreOptions options;
  std::shared_ptr<LockedArena> arena;  // shared by the keys in it
  std::unique_ptr<os::FileLock> folder_lock;
  std::unique_ptr<AuditLog> audit;
  mutable std::shared_mutex mutex;  // of all below
  StoreFile file;
  bool stale = false;  // `file` may not be what is on the disk
  std::optional<Unsealed> open;
  std::vector<Share> pending;  // of one split
  UnsealProgress progress;

  std::string path() const { return os::join(options.folder, "store.avk"); }
  Result<void> load();
  /// Seals the root key by each of `specs` into file.seals; the shares of the Shamir ones.
  static Result<Initialized> make_seals(const KeystoreOptions& options,
                                        std::span<const SealSpec> specs, ByteSpan root,
                                        StoreFile& file);
  /// Puts the state into the file's body; nothing is written.
  static Result<void> close_body(const KeystoreOptions& options, const Unsealed& unsealed,
                                 StoreFile& file, LockedArena& arena);
  static Result<void> wrap_store_key(const KeystoreOptions& options, const Unsealed& unsealed,
                                     StoreFile& file);

  // With the mutex held alone:
  Result<void> unseal(LockedBytes root);
  Result<void> audited_unseal(const Caller& caller, std::string_view how, Result<void> outcome);
  void seal_locked();
  Result<void> persist(StoreFile next, Unsealed& unsealed);
  Result<void> persist_rekeyed(StoreFile next);  ///< after open->root or store_key was exchanged

  const State& state() const { return open->state; }
  Result<void> check_open() const;
  Result<std::shared_ptr<const Key>> key_of(const KeyHandle& handle) const;

  /// A change: told before, written, told after. `apply` changes a copy of the state.
  using Apply = FunctionRef<Result<void>(State&)>;
  Result<void> change(const Caller& caller, std::string_view operation, std::string_view key_name,
                      Apply apply);
  /// change() of one key, with the mutex free before.
  using ApplyKey = FunctionRef<Result<void>(Key&)>;
  Result<void> change_key(const Caller& caller, std::string_view operation, const KeyHandle& handle,
                          ApplyKey apply);

  Result<std::shared_ptr<const LockedBytes>> new_material(KeyKind kind);
  Result<void> add_version(Key& key);  ///< a new current one
  Result<KeyHandle> add_key(const Caller& caller, std::string_view operation, Key key,
                            FunctionRef<Result<void>(Key&)> first_version);
  std::string provider_label(const Key& key, std::uint32_t version) const {
    return key.provider_label + "-v" + std::to_string(version);
  }

  std::string context_mac(ByteSpan context) const;
};

/// `version` of the key if it may be used for `use`. Errors: PermissionDenied, NotFound,
/// PreconditionFailed.
Result<const Version*> usable(const Key& key, std::optional<KeyUse> use, std::uint32_t version);

}  // namespace avila::keystore
