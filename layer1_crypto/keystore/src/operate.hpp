// An operation with one version of a key: allowed, done, told to the audit log, and only then
// given out.
#pragma once
#include "impl.hpp"

namespace avila::keystore {

struct Operation {
  std::string_view name;
  const KeyHandle& handle;
  std::optional<KeyUse> use;
  std::uint32_t version;  // 0: the current one
  ByteSpan context = {};
};

/// Errors: Unavailable.
Result<KeyProvider*> provider_of(const Keystore::Impl& it);

/// `run(key, version, number)`. Where `*again` is not zero afterwards nothing was done: it is not
/// told.
template <class T, class Run, class Again = int>
Result<T> operate(Keystore::Impl& it, const Caller& caller, const Operation& operation, Run&& run,
                  const Again* again = nullptr) {
  const std::shared_lock lock(it.mutex);
  AVILA_TRY_VOID(it.check_open());
  const auto found = it.state().keys.find(operation.handle);
  const Key* key = found == it.state().keys.end() ? nullptr : found->second.get();
  std::uint32_t number = operation.version;
  const auto attempt = [&]() -> Result<T> {
    if (key == nullptr) return Error(Errc::NotFound, "there is no such key");
    if (number == 0) number = key->current();
    AVILA_TRY(const Version* const version, usable(*key, operation.use, number));
    return run(*key, *version, number);
  };
  auto result = attempt();
  if (again != nullptr && static_cast<int>(*again) != 0) return result;
  const bool failed = !result.has_value();
  if (!it.options.audit_data_operations && !failed) return result;
  auto told = it.audit->append({.operation = operation.name,
                                .actor = caller.name,
                                .request_id = caller.request_id,
                                .key_name = key == nullptr ? std::string_view() : key->name,
                                .version = number,
                                .error = failed ? &result.error() : nullptr,
                                .context = it.context_mac(operation.context),
                                .sync = it.options.audit_sync_data_operations});
  if (!told.has_value()) return std::move(told).error();
  return result;
}

}  // namespace avila::keystore
