// A store's life: made, opened, unsealed, written, sealed.
#include <avila/aead/chacha20_poly1305.hpp>
#include <avila/aead/seal.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/mac/hmac.hpp>
#include <avila/text/encoding.hpp>

#include "impl.hpp"

namespace avila::keystore {
namespace {

using aead::XChaCha20Poly1305;

std::vector<std::byte> store_key_aad(const StoreId& id) {
  const ByteSpan label = as_bytes("avila keystore store key");
  std::vector<std::byte> aad(label.begin(), label.end());
  aad.insert(aad.end(), id.begin(), id.end());
  return aad;
}

XChaCha20Poly1305 cipher(const LockedBytes& key) {
  return XChaCha20Poly1305(std::span<const std::byte, 32>(key.span()));
}

AuditLog::Options audit_options(const KeystoreOptions& options) {
  return {options.files, options.clock, options.folder, options.checkpoint_every,
          options.audit_segment_bytes};
}

}  // namespace

Result<void> Keystore::Impl::wrap_store_key(const KeystoreOptions& options,
                                            const Unsealed& unsealed, StoreFile& file) {
  AVILA_TRY_VOID(options.entropy.fill(file.key_nonce));
  return aead::seal(cipher(unsealed.root), aead::Nonce<24>(file.key_nonce), store_key_aad(file.id),
                    unsealed.store_key.span(), file.sealed_key);
}

Result<void> Keystore::Impl::close_body(const KeystoreOptions& options, const Unsealed& unsealed,
                                        StoreFile& file, LockedArena& arena) {
  AVILA_TRY(const LockedBytes body, unsealed.state.encode(arena));
  AVILA_TRY_VOID(options.entropy.fill(file.body_nonce));
  file.sealed_body.resize(body.size() + aead::kTagSize);
  return aead::seal(cipher(unsealed.store_key), aead::Nonce<24>(file.body_nonce), file.header(),
                    body.span(), file.sealed_body);
}

Result<Keystore::Initialized> Keystore::initialize(const KeystoreOptions& options,
                                                   std::span<const SealSpec> seals) {
  os::FileSystem& files = options.files;
  AVILA_TRY_VOID(files.create_directories(options.folder));
  AVILA_TRY(const auto lock, files.lock(os::join(options.folder, "lock")));
  Impl made(options);
  if (files.exists(made.path()))
    return Error(Errc::AlreadyExists, "there is a store in the folder");
  AVILA_TRY(made.arena, LockedArena::create(options.memory));
  Unsealed unsealed;
  AVILA_TRY(unsealed.root, made.arena->allocate(kRootBytes));
  AVILA_TRY(unsealed.store_key, made.arena->allocate(32));
  AVILA_TRY(LockedBytes seed, made.arena->allocate(kAuditSeed));
  AVILA_TRY(LockedBytes mac_key, made.arena->allocate(kAuditMacKey));
  for (LockedBytes* secret : {&unsealed.root, &unsealed.store_key, &seed, &mac_key})
    AVILA_TRY_VOID(options.entropy.fill(secret->span()));
  unsealed.state.audit_seed = std::make_shared<const LockedBytes>(std::move(seed));
  unsealed.state.audit_mac_key = std::make_shared<const LockedBytes>(std::move(mac_key));
  AVILA_TRY_VOID(options.entropy.fill(made.file.id));
  made.file.generation = 1;
  AVILA_TRY(Initialized given, Impl::make_seals(options, seals, unsealed.root.span(), made.file));
  AVILA_TRY_VOID(Impl::wrap_store_key(options, unsealed, made.file));

  auto log = AuditLog::create(audit_options(options));
  if (!log.has_value() && log.error().is(Errc::AlreadyExists))
    return std::move(log.error().context("no store, but"))
        .with_hint("an initialisation that did not end leaves audit-000001.log: remove it");
  AVILA_TRY(made.audit, std::move(log));
  AVILA_TRY_VOID(made.audit->append({.operation = "initialize", .generation = 1, .sync = true}));
  unsealed.state.anchor = made.audit->head();
  AVILA_TRY_VOID(Impl::close_body(options, unsealed, made.file, *made.arena));
  AVILA_TRY_VOID(files.write_atomically(made.path(), made.file.encode()));
  AVILA_TRY_VOID(files.sync_directory(os::parent(options.folder)));
  return given;
}

Result<Keystore> Keystore::open(const KeystoreOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  if (!options.files.exists(impl->path()))
    return Error(Errc::NotFound, "there is no store at " + impl->path());
  AVILA_TRY(impl->folder_lock, options.files.lock(os::join(options.folder, "lock")));
  impl->stale = true;
  AVILA_TRY_VOID(impl->load());
  AVILA_TRY(impl->arena, LockedArena::create(options.memory));
  AVILA_TRY(impl->audit, AuditLog::open(audit_options(options)));
  return Keystore(std::move(impl));
}

Keystore::Keystore(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Keystore::Keystore(Keystore&&) noexcept = default;
Keystore& Keystore::operator=(Keystore&&) noexcept = default;
Keystore::~Keystore() = default;

Result<void> Keystore::Impl::load() {
  if (!stale) return {};
  AVILA_TRY(const std::string bytes, options.files.read_text(path(), kMaxStoreBytes));
  auto decoded = StoreFile::decode(as_bytes(bytes));
  if (!decoded.has_value()) return std::move(decoded.error().context(path()));
  file = std::move(decoded).value();
  stale = false;
  return {};
}

Result<void> Keystore::Impl::unseal(LockedBytes root) {
  const auto corrupted = [](std::string_view what) {
    return Error(Errc::Corrupted, what, {.hint = "restore it from a backup"});
  };
  Unsealed unsealed;
  unsealed.root = std::move(root);
  AVILA_TRY(unsealed.store_key, arena->allocate(32));
  if (!aead::open(cipher(unsealed.root), aead::Nonce<24>(file.key_nonce), store_key_aad(file.id),
                  file.sealed_key, unsealed.store_key.span())
           .has_value())
    return corrupted("the store's key was changed");
  if (file.sealed_body.size() < aead::kTagSize) return corrupted("the store's body was cut");
  AVILA_TRY(LockedBytes body, arena->allocate(file.sealed_body.size() - aead::kTagSize));
  if (!aead::open(cipher(unsealed.store_key), aead::Nonce<24>(file.body_nonce), file.header(),
                  file.sealed_body, body.span())
           .has_value())
    return corrupted("the store's body was changed");
  AVILA_TRY(unsealed.state, State::decode(std::as_const(body).span(), *arena));

  if (file.generation < options.generation_min)
    return corrupted("the store is older than the generation asked for: it was put back");
  if (file.generation < audit->generation() && !options.accept_older_store)
    return corrupted("the store is older than its audit log: it was put back");
  AVILA_TRY(const bool anchored, audit->contains(unsealed.state.anchor));
  if (!anchored)
    return Error(Errc::Corrupted, "the audit log does not have the store's last entry",
                 {.hint = "it was cut or changed: put the right audit-….log back"});
  AVILA_TRY(unsealed.alive, arena->allocate(1));
  unsealed.alive.span()[0] = std::byte{1};
  open = std::move(unsealed);
  audit->set_signer(state().audit_seed);
  return {};
}

Result<void> Keystore::Impl::audited_unseal(const Caller& caller, std::string_view how,
                                            Result<void> outcome) {
  const Error* error = outcome.has_value() ? nullptr : &outcome.error();
  auto told =
      audit->append({.operation = "unseal",
                     .actor = caller.name,
                     .request_id = caller.request_id,
                     .error = error,
                     .detail = how,
                     .generation = error == nullptr ? std::optional(file.generation) : std::nullopt,
                     .sync = true});
  if (told.has_value() && error == nullptr) told = audit->checkpoint();
  if (!told.has_value()) {
    seal_locked();
    return told;
  }
  return outcome;
}

void Keystore::Impl::seal_locked() {
  open.reset();
  pending.clear();
  progress = {true, 0, progress.need};
  audit->set_signer(nullptr);
  stale = true;
}

Result<void> Keystore::seal(const Caller& caller) {
  const std::unique_lock lock(impl_->mutex);
  if (!impl_->open.has_value()) {
    impl_->pending.clear();
    return {};
  }
  auto told = impl_->audit->append(
      {.operation = "seal", .actor = caller.name, .request_id = caller.request_id, .sync = true});
  if (told.has_value()) told = impl_->audit->checkpoint();
  impl_->seal_locked();  // in any case
  return told;
}

Result<void> Keystore::Impl::check_open() const {
  if (!open.has_value()) return Error(Errc::Unavailable, "the keystore is sealed");
  if (std::as_const(open->alive).span()[0] != std::byte{1})
    return Error(Errc::Unavailable, "a forked process does not have its parent's keys",
                 {.hint = "open the keystore in the process that uses it"});
  return {};
}

Result<void> Keystore::Impl::persist(StoreFile next, Unsealed& unsealed) {
  next.generation = file.generation + 1;
  unsealed.state.anchor = audit->head();
  const auto write = [&]() -> Result<void> {
    AVILA_TRY_VOID(close_body(options, unsealed, next, *arena));
    const auto bytes = next.encode();
    if (bytes.size() > kMaxStoreBytes)
      return Error(Errc::LimitExceeded, "the store would be larger than 64 MiB");
    return options.files.write_atomically(path(), bytes);
  };
  auto written = write();
  if (written.has_value())
    file = std::move(next);
  else if (!written.error().is(Errc::LimitExceeded))
    seal_locked();  // the disk may have the old one or the new one
  return written;
}

Result<void> Keystore::Impl::persist_rekeyed(StoreFile next) {
  auto written = wrap_store_key(options, *open, next);
  if (written.has_value()) written = persist(std::move(next), *open);
  if (!written.has_value()) seal_locked();  // the keys in memory are not those of the file
  return written;
}

Result<void> Keystore::Impl::change(const Caller& caller, std::string_view operation,
                                    std::string_view key_name, Apply apply) {
  AVILA_TRY_VOID(check_open());
  const auto event = [&](const Error* error, std::string_view detail) {
    return AuditEvent{.operation = operation,
                      .actor = caller.name,
                      .request_id = caller.request_id,
                      .key_name = key_name,
                      .error = error,
                      .detail = detail,
                      .sync = true};
  };
  State next = state();
  auto outcome = apply(next);
  if (outcome.has_value()) {
    AVILA_TRY_VOID(audit->append(event(nullptr, "begins")));
    std::swap(open->state, next);
    outcome = persist(file, *open);
    if (!outcome.has_value() && open.has_value()) std::swap(open->state, next);
  }
  if (!outcome.has_value()) {
    auto told = audit->append(event(&outcome.error(), {}));
    return told.has_value() ? std::move(outcome) : std::move(told);
  }
  auto done = event(nullptr, {});
  done.generation = file.generation;
  return audit->append(done);
}

bool Keystore::sealed() const {
  const std::shared_lock lock(impl_->mutex);
  return !impl_->open.has_value();
}
std::uint64_t Keystore::generation() const {
  const std::shared_lock lock(impl_->mutex);
  return impl_->file.generation;
}
bool Keystore::memory_locked() const { return impl_->arena->locked(); }
UnsealProgress Keystore::progress() const {
  const std::shared_lock lock(impl_->mutex);
  return impl_->open.has_value() ? UnsealProgress{.sealed = false} : impl_->progress;
}

Result<Keystore::Initialized> Keystore::rekey(const Caller& caller,
                                              std::span<const SealSpec> seals) {
  Impl& it = *impl_;
  const std::unique_lock lock(it.mutex);
  AVILA_TRY_VOID(it.check_open());
  StoreFile next = it.file;
  AVILA_TRY(LockedBytes root, it.arena->allocate(kRootBytes));
  AVILA_TRY_VOID(it.options.entropy.fill(root.span()));
  AVILA_TRY(LockedBytes key, it.arena->allocate(32));
  AVILA_TRY_VOID(it.options.entropy.fill(key.span()));
  AVILA_TRY(Initialized given,
            Impl::make_seals(it.options, seals, std::as_const(root).span(), next));
  AuditEvent event{.operation = "rekey",
                   .actor = caller.name,
                   .request_id = caller.request_id,
                   .detail = "begins",
                   .sync = true};
  AVILA_TRY_VOID(it.audit->append(event));
  std::swap(it.open->root, root);
  std::swap(it.open->store_key, key);
  AVILA_TRY_VOID(it.persist_rekeyed(std::move(next)));
  event.detail = {};
  event.generation = it.file.generation;
  AVILA_TRY_VOID(it.audit->append(event));
  return given;
}

Result<void> Keystore::rotate_store_key(const Caller& caller) {
  Impl& it = *impl_;
  const std::unique_lock lock(it.mutex);
  AVILA_TRY_VOID(it.check_open());
  StoreFile next = it.file;
  AVILA_TRY(LockedBytes key, it.arena->allocate(32));
  AVILA_TRY_VOID(it.options.entropy.fill(key.span()));
  AuditEvent event{.operation = "rotate-store-key",
                   .actor = caller.name,
                   .request_id = caller.request_id,
                   .detail = "begins",
                   .sync = true};
  AVILA_TRY_VOID(it.audit->append(event));
  std::swap(it.open->store_key, key);
  AVILA_TRY_VOID(it.persist_rekeyed(std::move(next)));
  event.detail = {};
  event.generation = it.file.generation;
  return it.audit->append(event);
}

std::string Keystore::Impl::context_mac(ByteSpan context) const {
  if (context.empty()) return {};
  const auto mac = hash::hmac<hash::Sha256>(state().audit_mac_key->span(), context);
  return text::hex_encode(std::span(mac).first(16));
}

Result<crypto::Ed25519PublicKey> Keystore::audit_public_key() const {
  const std::shared_lock lock(impl_->mutex);
  AVILA_TRY_VOID(impl_->check_open());
  return crypto::Ed25519PrivateKey::from_seed(
             std::span<const std::byte, kAuditSeed>(impl_->state().audit_seed->span()))
      .public_key();
}

Result<std::string> Keystore::audit_hash(const Context& context) const {
  const std::shared_lock lock(impl_->mutex);
  AVILA_TRY_VOID(impl_->check_open());
  return impl_->context_mac(context.bytes());
}

Result<void> Keystore::audit(const Caller& caller, std::string_view operation,
                             std::string_view detail) {
  return impl_->audit->append({.operation = "app." + std::string(operation.substr(0, 64)),
                               .actor = caller.name,
                               .request_id = caller.request_id,
                               .detail = detail,
                               .sync = true});
}

Result<void> Keystore::checkpoint() {
  const std::shared_lock lock(impl_->mutex);
  AVILA_TRY_VOID(impl_->check_open());
  return impl_->audit->checkpoint();
}

}  // namespace avila::keystore
