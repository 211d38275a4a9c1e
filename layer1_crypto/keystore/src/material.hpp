// Key material by kind: made, checked, and used where it is asymmetric.
#pragma once
#include <avila/crypto/key.hpp>
#include <avila/keystore/provider.hpp>

#include "state.hpp"

namespace avila::os {
class Entropy;
}

namespace avila::keystore {

/// Errors: those of the entropy and of the arena.
Result<LockedBytes> generate_material(KeyKind kind, os::Entropy& entropy, LockedArena& arena);
/// Errors: Malformed (no key of the kind).
Result<void> check_material(KeyKind kind, ByteSpan material);
/// What a provider calls the kind; none where it has none.
std::optional<ProviderKeyKind> provider_kind(KeyKind kind) noexcept;
crypto::SignatureAlgorithm default_signature(KeyKind kind) noexcept;
Result<crypto::PrivateKey> private_key(const Version& version);
std::string hex_of(const KeyHandle& handle);

}  // namespace avila::keystore
