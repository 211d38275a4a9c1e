// A software HSM: keys that are used by handle and do not leave, in one sealed file, with an audit
// log that others can attest.
#pragma once
#include <avila/crypto/key.hpp>
#include <avila/kdf/argon2.hpp>
#include <avila/keystore/audit.hpp>
#include <avila/keystore/key.hpp>
#include <avila/keystore/locked_memory.hpp>
#include <avila/keystore/provider.hpp>
#include <avila/keystore/shamir.hpp>
#include <memory>
#include <utility>
#include <variant>

namespace avila::os {
class Clock;
class Entropy;
class FileSystem;
}  // namespace avila::os

namespace avila::keystore {

// How the root key is sealed. Each of a store's seals opens it alone.

/// Any `threshold` of `shares` shares.
struct ShamirSeal {
  unsigned threshold = 3, shares = 5;
};
/// Argon2id of a passphrase. Not wiped here: it is the caller's.
struct PassphraseSeal {
  ByteSpan passphrase;
  kdf::Argon2Parameters argon2 = {};
};
/// A key of a hardware module, or of another keystore.
struct ProviderSeal {
  KeyProvider* provider = nullptr;
  std::string label;
};
using SealSpec = std::variant<ShamirSeal, PassphraseSeal, ProviderSeal>;

struct KeystoreOptions {
  os::FileSystem& files;
  os::Clock& clock;
  os::Entropy& entropy;
  std::string folder;  ///< of this store alone
  LockPolicy memory = LockPolicy::Required;
  KeyProvider* provider = nullptr;          ///< for keys that it holds; outlives the store
  bool audit_data_operations = true;        ///< encrypt, sign, …: each is an entry
  bool audit_sync_data_operations = false;  ///< durable before the result is given
  std::uint32_t checkpoint_every = 256;     ///< entries
  std::uint64_t audit_segment_bytes = kAuditSegmentBytes;
  /// Stores before this generation are refused: for services that keep generation() elsewhere.
  std::uint64_t generation_min = 0;
  /// A store that is older than its audit log tells is taken: a backup was put back on purpose.
  bool accept_older_store = false;
};

/// Who asks, for the audit log. The service has authenticated it.
struct Caller {
  std::string_view name;
  std::string_view request_id = {};
};

/// What a message is bound to: given at encryption, needed for decryption, not stored. Its own
/// type, so that it is not taken for the message.
class Context {
 public:
  Context() = default;
  static Context of(ByteSpan bytes) { return Context({bytes.begin(), bytes.end()}); }
  static Context of(std::string_view text) { return of(as_bytes(text)); }
  /// Pairs in any order: the same set is the same context, and no two sets are.
  static Context of_pairs(std::vector<std::pair<std::string_view, std::string_view>> pairs);
  ByteSpan bytes() const noexcept { return bytes_; }

 private:
  explicit Context(std::vector<std::byte> bytes) noexcept : bytes_(std::move(bytes)) {}
  std::vector<std::byte> bytes_;
};

/// What a ciphertext tells everybody.
struct CiphertextInfo {
  KeyHandle key;
  std::uint32_t version = 0;
  bool wrapped_key = false;  ///< by wrap(), generate_data_key(); else by encrypt()
};
/// Errors: Malformed.
Result<CiphertextInfo> parse_ciphertext(ByteSpan ciphertext);

struct DataKey {
  SecretBytes plaintext;           ///< to use and forget
  std::vector<std::byte> wrapped;  ///< to keep beside the data
};

/// A signature or a MAC, and which version made it.
struct Signature {
  std::uint32_t version = 0;
  std::vector<std::byte> bytes;
};

struct UnsealProgress {
  bool sealed = true;
  unsigned have = 0, need = 0;  ///< shares
};

struct MaintenanceReport {
  std::size_t rotated = 0, destroyed = 0;
};

struct CreateKeyOptions {
  KeyPolicy policy = {};
  /// The key is made and held by KeystoreOptions::provider: Aes256Gcm (messages up to
  /// KeyProvider::kMaxWrapped), P256, P384, P521 and RSA (signatures).
  bool in_provider = false;
};

/// Threads may share one; a folder is one process's at a time, and a forked child has no keys.
/// Every operation on keys gives Unavailable while the store is sealed, NotFound for an unknown
/// handle, PermissionDenied for a use that the policy does not have, PreconditionFailed for a
/// version that is disabled, destroyed or below min_decrypt_version, and the errors of the file
/// system where the audit log cannot be written: then nothing was given out. A change is durable
/// when it returns; where it could not be written the store seals itself, as what is on the disk is
/// not known.
class Keystore {
 public:
  /// What initialize() gives: for each ShamirSeal, its shares. They are shown once.
  struct Initialized {
    std::vector<std::vector<Share>> shares;  ///< in the order of the Shamir seals
  };
  /// Makes a store with a new root key; it is sealed. Errors: AlreadyExists, InvalidArgument (no
  /// seal, more than eight, a threshold), Busy, those of the file system, of the entropy, of the
  /// provider and of Argon2.
  static Result<Initialized> initialize(const KeystoreOptions& options,
                                        std::span<const SealSpec> seals);
  /// A store, sealed. Errors: NotFound, Corrupted, Malformed, Busy (another process has it), those
  /// of the file system and of the memory.
  static Result<Keystore> open(const KeystoreOptions& options);
  Keystore(Keystore&&) noexcept;
  Keystore& operator=(Keystore&&) noexcept;
  ~Keystore();

  bool sealed() const;
  std::uint64_t generation() const;  ///< counts changes; keep it elsewhere to see a rollback
  bool memory_locked() const;        ///< whether all memory for keys is locked
  UnsealProgress progress() const;   ///< of the Shamir seal that shares were given for last

  /// Takes one share; with the last one needed the store opens. Errors: InvalidArgument (of another
  /// split), AlreadyExists (given before: what was given stays), Unauthenticated (together they do
  /// not open: all are forgotten), Corrupted (the store was changed, or is older than its log).
  Result<UnsealProgress> submit_share(const Caller& caller, const Share& share);
  void forget_shares();
  /// Errors: Unauthenticated (another passphrase), NotFound (no such seal), Corrupted.
  Result<void> unseal_with_passphrase(const Caller& caller, ByteSpan passphrase);
  Result<void> unseal_with_provider(const Caller& caller, KeyProvider& provider);
  /// Forgets every key in memory. Fine when it is sealed.
  Result<void> seal(const Caller& caller);

  /// A new root key under new seals: what opened the store before opens it no more. Errors: as
  /// initialize().
  Result<Initialized> rekey(const Caller& caller, std::span<const SealSpec> seals);
  /// A new key for the file.
  Result<void> rotate_store_key(const Caller& caller);

  // Keys.

  /// Errors: AlreadyExists, InvalidArgument (name, policy), LimitExceeded (kMaxKeys), Unsupported
  /// (a kind that the provider does not hold).
  Result<KeyHandle> create_key(const Caller& caller, std::string_view name, KeyKind kind,
                               const CreateKeyOptions& options = {});
  /// Material: 32 bytes for AEAD kinds, 32 to 128 for HMAC, PKCS#8 in DER for the others. Errors:
  /// as create_key(), Malformed (no key of the kind).
  Result<KeyHandle> import_key(const Caller& caller, std::string_view name, KeyKind kind,
                               ByteSpan material, const KeyPolicy& policy = {});
  Result<KeyHandle> find_key(std::string_view name) const;
  Result<KeyInfo> describe(const KeyHandle& key) const;
  Result<std::vector<std::string>> list_keys() const;  ///< names, in order
  /// A new version, which seals and signs from now on; what the others sealed still opens. Returns
  /// its number. Errors: LimitExceeded (kMaxVersions).
  Result<std::uint32_t> rotate(const Caller& caller, const KeyHandle& key);
  /// Errors: InvalidArgument; PermissionDenied (exportable and deletable cannot be given later).
  Result<void> set_policy(const Caller& caller, const KeyHandle& key, const KeyPolicy& policy);
  Result<void> disable_version(const Caller& caller, const KeyHandle& key, std::uint32_t version);
  Result<void> enable_version(const Caller& caller, const KeyHandle& key, std::uint32_t version);
  /// Disabled now, destroyed by maintain() after `wait` (kDestroyWaitMin to kDestroyWaitMax). For
  /// the current version, rotate first. Errors: PermissionDenied (not deletable), InvalidArgument.
  Result<void> schedule_destruction(const Caller& caller, const KeyHandle& key,
                                    std::uint32_t version, Duration wait = days(30));
  /// Of all versions.
  Result<void> schedule_key_destruction(const Caller& caller, const KeyHandle& key,
                                        Duration wait = days(30));
  /// The versions that wait for it are disabled then. Errors: PreconditionFailed (none waits).
  Result<void> cancel_destruction(const Caller& caller, const KeyHandle& key);
  /// Takes away the name of a key whose versions are all destroyed.
  Result<void> remove_key(const Caller& caller, const KeyHandle& key);
  /// What is due by the clock: destruction, rotation; a checkpoint of the audit log. From time to
  /// time, an hour say.
  Result<MaintenanceReport> maintain(const Caller& caller);

  // Operations.

  /// By the current version; AEAD kinds, and RSA (OAEP with SHA-256; 62 bytes less than the
  /// modulus). A version that has sealed as many messages as it may is rotated first. Errors:
  /// LimitExceeded (kMaxMessage, kMaxContext).
  Result<std::vector<std::byte>> encrypt(const Caller& caller, const KeyHandle& key,
                                         ByteSpan plaintext, const Context& context = {});
  /// Errors: Malformed, NotFound (of another key), Unauthenticated (changed, or another context).
  Result<SecretBytes> decrypt(const Caller& caller, const KeyHandle& key, ByteSpan ciphertext,
                              const Context& context = {});
  /// The same plaintext by the current version, without showing it; of encrypt() and of wrap(). Its
  /// use is that of sealing: who may not decrypt may rewrap.
  Result<std::vector<std::byte>> rewrap(const Caller& caller, const KeyHandle& key,
                                        ByteSpan ciphertext, const Context& context = {});
  /// `size` random bytes, and the same wrapped.
  Result<DataKey> generate_data_key(const Caller& caller, const KeyHandle& key,
                                    const Context& context = {}, std::size_t size = 32);
  Result<std::vector<std::byte>> wrap(const Caller& caller, const KeyHandle& key, ByteSpan data_key,
                                      const Context& context = {});
  Result<SecretBytes> unwrap(const Caller& caller, const KeyHandle& key, ByteSpan wrapped,
                             const Context& context = {});
  /// OAEP of somebody who has the public key only. Errors: Unauthenticated.
  Result<SecretBytes> decrypt_oaep(const Caller& caller, const KeyHandle& key,
                                   std::uint32_t version, ByteSpan ciphertext,
                                   const crypto::OaepOptions& options = {});

  /// By the current version. Without `algorithm`: Ed25519, ECDSA with the curve's digest, PSS with
  /// SHA-256. Errors: InvalidArgument (it does not fit the key).
  Result<Signature> sign(const Caller& caller, const KeyHandle& key, ByteSpan message,
                         std::optional<crypto::SignatureAlgorithm> algorithm = {});
  /// Errors: Unauthenticated.
  Result<void> verify(const Caller& caller, const KeyHandle& key, ByteSpan message,
                      const Signature& signature,
                      std::optional<crypto::SignatureAlgorithm> algorithm = {});
  Result<Signature> mac(const Caller& caller, const KeyHandle& key, ByteSpan message);
  /// Errors: Unauthenticated.
  Result<void> verify_mac(const Caller& caller, const KeyHandle& key, ByteSpan message,
                          const Signature& mac);
  /// Key agreement of X25519, P-256, P-384 and P-521 keys: `size` bytes of HKDF-SHA-256 over the
  /// shared secret, with both public keys (SPKI, in the order of their bytes) and `info` behind
  /// them as its info.
  Result<SecretBytes> agree(const Caller& caller, const KeyHandle& key, std::uint32_t version,
                            const crypto::PublicKey& peer, ByteSpan info, std::size_t size = 32);

  /// No secret: not audited. Errors: InvalidArgument (a symmetric key).
  Result<crypto::PublicKey> public_key(const KeyHandle& key, std::uint32_t version) const;
  /// The material as import_key() takes it. Errors: PermissionDenied (not exportable).
  Result<SecretBytes> export_key(const Caller& caller, const KeyHandle& key, std::uint32_t version);

  // Audit.

  /// Whose signatures checkpoints have: give it to the auditors.
  Result<crypto::Ed25519PublicKey> audit_public_key() const;
  /// What entries show of a context: an auditor who knows it finds it.
  Result<std::string> audit_hash(const Context& context) const;
  /// An entry of the service: who was authenticated, what was refused. Operations of the store do
  /// not begin with "app.", this one's does. Durable. Also while sealed.
  Result<void> audit(const Caller& caller, std::string_view operation, std::string_view detail);
  Result<void> checkpoint();

  struct Impl;  ///< private to the library

 private:
  explicit Keystore(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

/// A keystore as a provider: one store's key seals another. Labels are names of AEAD keys for
/// wrap(), of asymmetric ones for sign(). The store outlives it.
class KeystoreProvider final : public KeyProvider {
 public:
  KeystoreProvider(Keystore& store, std::string caller)
      : store_(store), caller_(std::move(caller)) {}
  std::string name() const override { return "keystore"; }
  Result<void> generate(std::string_view label, ProviderKeyKind kind) override;
  /// Schedules it, with the shortest wait.
  Result<void> destroy(std::string_view label) override;
  Result<std::vector<std::byte>> wrap(std::string_view label, ByteSpan secret,
                                      ByteSpan aad) override;
  Result<SecretBytes> unwrap(std::string_view label, ByteSpan wrapped, ByteSpan aad) override;
  Result<std::vector<std::byte>> sign(std::string_view label, crypto::SignatureAlgorithm algorithm,
                                      ByteSpan message) override;
  Result<crypto::PublicKey> public_key(std::string_view label) override;

 private:
  Keystore& store_;
  std::string caller_;
};

}  // namespace avila::keystore
