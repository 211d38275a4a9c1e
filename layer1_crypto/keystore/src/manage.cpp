// Keys: made, rotated, disabled, destroyed.
#include "impl.hpp"
#include "material.hpp"

namespace avila::keystore {
namespace {

Error wrong(std::string_view what) { return Error(Errc::InvalidArgument, what); }

Result<Version*> version_of(Key& key, std::uint32_t version) {
  if (version == 0 || version > key.current())
    return Error(Errc::NotFound, "the key has no such version");
  return &key.versions[version - 1];
}

Version fresh_version(WallTime now) {
  Version version;
  version.created = now;
  version.count = std::make_shared<SealCount>();
  return version;
}

Result<void> schedule(Key& key, Version& version, WallTime at) {
  if (!key.policy.deletable)
    return Error(Errc::PermissionDenied, "the key's policy does not let it be destroyed");
  if (version.state == VersionState::Destroyed)
    return Error(Errc::PreconditionFailed, "the version is destroyed");
  version.state = VersionState::PendingDestruction;
  version.destroy_at = at;
  return {};
}

Result<void> check_wait(Duration wait) {
  if (wait < kDestroyWaitMin || wait > kDestroyWaitMax)
    return wrong("destruction waits for 7 to 365 days");
  return {};
}

}  // namespace

Result<std::shared_ptr<const Key>> Keystore::Impl::key_of(const KeyHandle& handle) const {
  AVILA_TRY_VOID(check_open());
  const auto found = state().keys.find(handle);
  if (found == state().keys.end()) return Error(Errc::NotFound, "there is no such key");
  return found->second;
}

Result<void> Keystore::Impl::change_key(const Caller& caller, std::string_view operation,
                                        const KeyHandle& handle, ApplyKey apply) {
  const std::unique_lock lock(mutex);
  AVILA_TRY(const auto key, key_of(handle));
  return change(caller, operation, key->name, [&](State& next) -> Result<void> {
    Key changed = *key;
    AVILA_TRY_VOID(apply(changed));
    next.put(std::move(changed));
    return {};
  });
}

Result<std::shared_ptr<const LockedBytes>> Keystore::Impl::new_material(KeyKind kind) {
  AVILA_TRY(LockedBytes made, generate_material(kind, options.entropy, *arena));
  return std::make_shared<const LockedBytes>(std::move(made));
}

Result<void> Keystore::Impl::add_version(Key& key) {
  if (key.versions.size() >= kMaxVersions)
    return Error(Errc::LimitExceeded, "a key has at most 1000 versions");
  Version version = fresh_version(options.clock.wall());
  if (key.provider_label.empty()) {
    AVILA_TRY(version.material, new_material(key.kind));
  } else {
    if (options.provider == nullptr)
      return Error(Errc::Unavailable, "the provider that holds the key is not there");
    const auto kind = provider_kind(key.kind);
    if (!kind.has_value()) return Error(Errc::Unsupported, "providers hold no keys of this kind");
    const std::string label = provider_label(key, key.current() + 1);
    auto made = options.provider->generate(label, *kind);
    if (!made.has_value() && made.error().is(Errc::AlreadyExists)) {
      // Left by a rotation that could not be written: no version refers to it.
      AVILA_TRY_VOID(options.provider->destroy(label));
      made = options.provider->generate(label, *kind);
    }
    if (!made.has_value()) return std::move(made).error();
  }
  key.versions.push_back(std::move(version));
  return {};
}

Result<KeyHandle> Keystore::Impl::add_key(const Caller& caller, std::string_view operation, Key key,
                                          FunctionRef<Result<void>(Key&)> first_version) {
  AVILA_TRY_VOID(check_key_name(key.name));
  AVILA_TRY_VOID(check_policy(key.kind, key.policy));
  if (key.policy.min_decrypt_version > 1) return wrong("a new key has no version but the first");
  key.uses = key.policy.uses.value_or(KeyUses::all_of(key.kind));
  key.policy.uses = key.uses;
  KeyHandle::Bytes bytes;
  AVILA_TRY_VOID(options.entropy.fill(bytes));
  key.handle = KeyHandle(bytes);
  if (!key.provider_label.empty()) key.provider_label += hex_of(key.handle);

  const std::unique_lock lock(mutex);
  AVILA_TRY_VOID(check_open());
  const std::string name = key.name;
  const auto add = [&](State& next) -> Result<void> {
    if (next.names.contains(name)) return Error(Errc::AlreadyExists, "a key has that name");
    if (next.keys.size() >= kMaxKeys)
      return Error(Errc::LimitExceeded, "a store holds at most 10000 keys");
    AVILA_TRY_VOID(first_version(key));
    next.put(key);
    return {};
  };
  AVILA_TRY_VOID(change(caller, operation, name, add));
  return key.handle;
}

Result<KeyHandle> Keystore::create_key(const Caller& caller, std::string_view name, KeyKind kind,
                                       const CreateKeyOptions& options) {
  Key key;
  key.name = name;
  key.kind = kind;
  key.policy = options.policy;
  if (options.in_provider) {
    if (impl_->options.provider == nullptr) return wrong("the store was opened without a provider");
    if (!provider_kind(kind).has_value())
      return Error(Errc::Unsupported, "providers hold no keys of this kind");
    if (options.policy.exportable) return wrong("what a provider holds is not exported");
    key.provider_label = "avila-";
  }
  return impl_->add_key(caller, "create-key", std::move(key),
                        [&](Key& made) { return impl_->add_version(made); });
}

Result<KeyHandle> Keystore::import_key(const Caller& caller, std::string_view name, KeyKind kind,
                                       ByteSpan material, const KeyPolicy& policy) {
  AVILA_TRY_VOID(check_material(kind, material));
  AVILA_TRY(LockedBytes copy, impl_->arena->copy_of(material));
  Version version = fresh_version(impl_->options.clock.wall());
  version.material = std::make_shared<const LockedBytes>(std::move(copy));
  Key key;
  key.name = name;
  key.kind = kind;
  key.policy = policy;
  return impl_->add_key(caller, "import-key", std::move(key), [&](Key& made) -> Result<void> {
    made.versions.push_back(version);
    return {};
  });
}

Result<KeyHandle> Keystore::find_key(std::string_view name) const {
  const std::shared_lock lock(impl_->mutex);
  AVILA_TRY_VOID(impl_->check_open());
  const auto found = impl_->state().names.find(name);
  if (found == impl_->state().names.end())
    return Error(Errc::NotFound, "there is no key of that name");
  return found->second;
}

Result<KeyInfo> Keystore::describe(const KeyHandle& handle) const {
  const std::shared_lock lock(impl_->mutex);
  AVILA_TRY(const auto key, impl_->key_of(handle));
  KeyInfo info{.handle = key->handle,
               .name = key->name,
               .kind = key->kind,
               .policy = key->policy,
               .provider_label = key->provider_label,
               .versions = {},
               .current_version = key->current()};
  for (std::uint32_t i = 0; i < key->versions.size(); ++i) {
    const Version& version = key->versions[i];
    info.versions.push_back({.version = i + 1,
                             .state = version.state,
                             .created = version.created,
                             .destroy_at = version.destroy_at,
                             .sealed = version.count->sealed.load()});
  }
  return info;
}

Result<std::vector<std::string>> Keystore::list_keys() const {
  const std::shared_lock lock(impl_->mutex);
  AVILA_TRY_VOID(impl_->check_open());
  std::vector<std::string> names;
  for (const auto& [name, handle] : impl_->state().names) names.push_back(name);
  return names;
}

Result<std::uint32_t> Keystore::rotate(const Caller& caller, const KeyHandle& handle) {
  std::uint32_t made = 0;
  const auto add = [&](Key& key) -> Result<void> {
    AVILA_TRY_VOID(impl_->add_version(key));
    made = key.current();
    return {};
  };
  AVILA_TRY_VOID(impl_->change_key(caller, "rotate-key", handle, add));
  return made;
}

Result<void> Keystore::set_policy(const Caller& caller, const KeyHandle& handle,
                                  const KeyPolicy& policy) {
  return impl_->change_key(caller, "set-policy", handle, [&](Key& key) -> Result<void> {
    AVILA_TRY_VOID(check_policy(key.kind, policy));
    if (policy.min_decrypt_version > key.current()) return wrong("the key has no such version yet");
    if (policy.exportable && !key.policy.exportable)
      return Error(Errc::PermissionDenied, "a key is made exportable, or never is");
    if (!policy.exportable && key.policy.exportable)
      return Error(Errc::PermissionDenied, "an exportable key may have left: make another");
    if (policy.deletable && !key.policy.deletable)
      return Error(Errc::PermissionDenied, "a key is made deletable, or never is");
    key.policy = policy;
    key.uses = policy.uses.value_or(KeyUses::all_of(key.kind));
    key.policy.uses = key.uses;
    return {};
  });
}

Result<void> Keystore::disable_version(const Caller& caller, const KeyHandle& handle,
                                       std::uint32_t number) {
  return impl_->change_key(caller, "disable-version", handle, [&](Key& key) -> Result<void> {
    AVILA_TRY(Version* const version, version_of(key, number));
    if (version->state != VersionState::Enabled)
      return Error(Errc::PreconditionFailed, "the version is not enabled");
    version->state = VersionState::Disabled;
    return {};
  });
}

Result<void> Keystore::enable_version(const Caller& caller, const KeyHandle& handle,
                                      std::uint32_t number) {
  return impl_->change_key(caller, "enable-version", handle, [&](Key& key) -> Result<void> {
    AVILA_TRY(Version* const version, version_of(key, number));
    if (version->state != VersionState::Disabled)
      return Error(Errc::PreconditionFailed, "the version is not disabled",
                   {.hint = "cancel its destruction first"});
    version->state = VersionState::Enabled;
    return {};
  });
}

Result<void> Keystore::schedule_destruction(const Caller& caller, const KeyHandle& handle,
                                            std::uint32_t number, Duration wait) {
  AVILA_TRY_VOID(check_wait(wait));
  const WallTime at = impl_->options.clock.wall() + wait;
  return impl_->change_key(caller, "schedule-destruction", handle, [&](Key& key) -> Result<void> {
    AVILA_TRY(Version* const version, version_of(key, number));
    if (number == key.current())
      return Error(Errc::PreconditionFailed, "the version is the current one",
                   {.hint = "rotate the key first"});
    return schedule(key, *version, at);
  });
}

Result<void> Keystore::schedule_key_destruction(const Caller& caller, const KeyHandle& handle,
                                                Duration wait) {
  AVILA_TRY_VOID(check_wait(wait));
  const WallTime at = impl_->options.clock.wall() + wait;
  return impl_->change_key(caller, "schedule-key-destruction", handle,
                           [&](Key& key) -> Result<void> {
                             for (Version& version : key.versions)
                               if (version.state != VersionState::Destroyed)
                                 AVILA_TRY_VOID(schedule(key, version, at));
                             return {};
                           });
}

Result<void> Keystore::cancel_destruction(const Caller& caller, const KeyHandle& handle) {
  return impl_->change_key(caller, "cancel-destruction", handle, [](Key& key) -> Result<void> {
    bool any = false;
    for (Version& version : key.versions)
      if (version.state == VersionState::PendingDestruction) {
        version.state = VersionState::Disabled;
        version.destroy_at = {};
        any = true;
      }
    if (!any) return Error(Errc::PreconditionFailed, "no version waits for its destruction");
    return {};
  });
}

Result<void> Keystore::remove_key(const Caller& caller, const KeyHandle& handle) {
  const std::unique_lock lock(impl_->mutex);
  AVILA_TRY(const auto key, impl_->key_of(handle));
  return impl_->change(caller, "remove-key", key->name, [&](State& next) -> Result<void> {
    for (const Version& version : key->versions)
      if (version.state != VersionState::Destroyed)
        return Error(Errc::PreconditionFailed, "the key has versions that are not destroyed");
    next.keys.erase(handle);
    next.names.erase(key->name);
    return {};
  });
}

Result<MaintenanceReport> Keystore::maintain(const Caller& caller) {
  Impl& it = *impl_;
  const std::unique_lock lock(it.mutex);
  AVILA_TRY_VOID(it.check_open());
  MaintenanceReport report;
  const WallTime now = it.options.clock.wall();
  const auto keys = it.state().keys;
  for (const auto& [handle, key] : keys) {
    Key changed = *key;
    std::vector<std::uint32_t> dead;
    for (std::uint32_t i = 0; i < changed.versions.size(); ++i) {
      Version& version = changed.versions[i];
      if (version.state != VersionState::PendingDestruction || version.destroy_at > now) continue;
      version.state = VersionState::Destroyed;
      version.material.reset();
      dead.push_back(i + 1);
    }
    if (!dead.empty()) {
      AVILA_TRY_VOID(it.change(caller, "destroy-versions", key->name, [&](State& next) {
        next.put(changed);
        return Result<void>();
      }));
      report.destroyed += dead.size();
      for (const std::uint32_t version : dead)
        if (!key->provider_label.empty() && it.options.provider != nullptr) {
          auto gone = it.options.provider->destroy(it.provider_label(*key, version));
          if (!gone.has_value() && !gone.error().is(Errc::NotFound)) return std::move(gone).error();
        }
    }
    const Version& current = changed.versions.back();
    if (key->policy.rotate_every.ns == 0 || current.state != VersionState::Enabled ||
        now - current.created < key->policy.rotate_every || changed.versions.size() >= kMaxVersions)
      continue;
    const auto rotate = [&](State& next) -> Result<void> {
      AVILA_TRY_VOID(it.add_version(changed));
      next.put(changed);
      return {};
    };
    AVILA_TRY_VOID(it.change(caller, "rotate-key", key->name, rotate));
    ++report.rotated;
  }
  // So that old files of the log may be put away: the store refers to an entry of the last ones.
  constexpr std::uint64_t kAnchorAge = 10'000;
  if (it.audit->head().sequence - it.state().anchor.sequence > kAnchorAge)
    AVILA_TRY_VOID(it.change(caller, "anchor", {}, [](State&) { return Result<void>(); }));
  AVILA_TRY_VOID(it.audit->checkpoint());
  return report;
}

}  // namespace avila::keystore
