// What is done with keys: signatures, MACs, agreement, and what leaves the store.
#include <avila/hash/sha256.hpp>
#include <avila/hash/sha512.hpp>
#include <avila/kdf/hkdf.hpp>
#include <avila/mac/hmac.hpp>

#include "material.hpp"
#include "operate.hpp"

namespace avila::keystore {
namespace {

Error misfit() { return Error(Errc::InvalidArgument, "the algorithm does not fit the key"); }

Result<void> check_message(ByteSpan message) {
  if (message.size() > kMaxMessage)
    return Error(Errc::LimitExceeded, "a message has at most 16 MiB",
                 {.hint = "sign its digest instead"});
  return {};
}

Result<std::vector<std::byte>> mac_of(const Key& key, const Version& version, ByteSpan message) {
  AVILA_TRY_VOID(check_message(message));
  const ByteSpan material = version.material->span();
  if (key.kind == KeyKind::HmacSha256) {
    const auto tag = hash::hmac<hash::Sha256>(material, message);
    return std::vector<std::byte>(tag.begin(), tag.end());
  }
  const auto tag = hash::hmac<hash::Sha512>(material, message);
  return std::vector<std::byte>(tag.begin(), tag.end());
}

Result<crypto::PublicKey> public_of(const Keystore::Impl& it, const Key& key,
                                    const Version& version, std::uint32_t number) {
  if (!is_asymmetric(key.kind))
    return Error(Errc::InvalidArgument, "a symmetric key has no public one");
  if (version.state == VersionState::Destroyed)
    return Error(Errc::PreconditionFailed, "the version is destroyed");
  if (version.material == nullptr) {
    AVILA_TRY(KeyProvider* const provider, provider_of(it));
    return provider->public_key(it.provider_label(key, number));
  }
  AVILA_TRY(const auto secret, private_key(version));
  return secret.public_key();
}

/// The shared secret of two keys on one curve.
Result<SecretBytes> agree_on(const crypto::PrivateKey& ours, const crypto::PublicKey& peer) {
  if (ours.type() != peer.type())
    return Error(Errc::InvalidArgument, "the peer's key is of another curve");
  if (const auto* key = ours.as<crypto::X25519PrivateKey>()) {
    AVILA_TRY(const auto shared, key->agree(*peer.as<crypto::X25519PublicKey>()));
    return SecretBytes::copy_of(*shared);
  }
  if (const auto* key = ours.as<crypto::P256PrivateKey>())
    return SecretBytes::copy_of(*key->agree(*peer.as<crypto::P256PublicKey>()));
  if (const auto* key = ours.as<crypto::P521PrivateKey>())
    return SecretBytes::copy_of(*key->agree(*peer.as<crypto::P521PublicKey>()));
  return SecretBytes::copy_of(
      *ours.as<crypto::P384PrivateKey>()->agree(*peer.as<crypto::P384PublicKey>()));
}

}  // namespace

Result<KeyProvider*> provider_of(const Keystore::Impl& it) {
  if (it.options.provider == nullptr)
    return Error(Errc::Unavailable, "the provider that holds the key is not there");
  return it.options.provider;
}

Result<const Version*> usable(const Key& key, std::optional<KeyUse> use, std::uint32_t number) {
  if (use.has_value() && !key.uses.has(*use))
    return Error(Errc::PermissionDenied,
                 "the key's policy does not allow to " + std::string(name(*use)));
  if (number == 0 || number > key.current())
    return Error(Errc::NotFound, "the key has no such version");
  const Version& version = key.versions[number - 1];
  if (version.state != VersionState::Enabled)
    return Error(Errc::PreconditionFailed,
                 "version " + std::to_string(number) + " is " + std::string(name(version.state)));
  if (number < key.policy.min_decrypt_version)
    return Error(Errc::PreconditionFailed,
                 "version " + std::to_string(number) + " is below the least that is allowed");
  return &version;
}

Result<Signature> Keystore::sign(const Caller& caller, const KeyHandle& handle, ByteSpan message,
                                 std::optional<crypto::SignatureAlgorithm> algorithm) {
  Impl& it = *impl_;
  return operate<Signature>(
      it, caller, {"sign", handle, KeyUse::Sign, 0},
      [&](const Key& key, const Version& version, std::uint32_t number) -> Result<Signature> {
        AVILA_TRY_VOID(check_message(message));
        const auto by = algorithm.value_or(default_signature(key.kind));
        Signature made{number, {}};
        if (version.material == nullptr) {
          AVILA_TRY(KeyProvider* const provider, provider_of(it));
          AVILA_TRY(made.bytes, provider->sign(it.provider_label(key, number), by, message));
          return made;
        }
        AVILA_TRY(const auto secret, private_key(version));
        if (!crypto::fits(by, secret.type())) return misfit();
        AVILA_TRY(made.bytes, secret.sign(by, message, it.options.entropy));
        return made;
      });
}

Result<void> Keystore::verify(const Caller& caller, const KeyHandle& handle, ByteSpan message,
                              const Signature& signature,
                              std::optional<crypto::SignatureAlgorithm> algorithm) {
  Impl& it = *impl_;
  return operate<void>(
      it, caller, {"verify", handle, KeyUse::Verify, signature.version},
      [&](const Key& key, const Version& version, std::uint32_t number) -> Result<void> {
        AVILA_TRY_VOID(check_message(message));
        const auto by = algorithm.value_or(default_signature(key.kind));
        AVILA_TRY(const auto open, public_of(it, key, version, number));
        if (!crypto::fits(by, open.type())) return misfit();
        return open.verify(by, message, signature.bytes);
      });
}

Result<Signature> Keystore::mac(const Caller& caller, const KeyHandle& handle, ByteSpan message) {
  return operate<Signature>(
      *impl_, caller, {"mac", handle, KeyUse::Mac, 0},
      [&](const Key& key, const Version& version, std::uint32_t number) -> Result<Signature> {
        AVILA_TRY(auto tag, mac_of(key, version, message));
        return Signature{number, std::move(tag)};
      });
}

Result<void> Keystore::verify_mac(const Caller& caller, const KeyHandle& handle, ByteSpan message,
                                  const Signature& given) {
  return operate<void>(*impl_, caller, {"verify-mac", handle, KeyUse::VerifyMac, given.version},
                       [&](const Key& key, const Version& version, std::uint32_t) -> Result<void> {
                         AVILA_TRY(const auto tag, mac_of(key, version, message));
                         if (!mac::equal_tags(tag, given.bytes))
                           return Error(Errc::Unauthenticated,
                                        "the MAC is not of this message and key");
                         return {};
                       });
}

Result<SecretBytes> Keystore::decrypt_oaep(const Caller& caller, const KeyHandle& handle,
                                           std::uint32_t number, ByteSpan ciphertext,
                                           const crypto::OaepOptions& options) {
  Impl& it = *impl_;
  return operate<SecretBytes>(
      it, caller, {"decrypt-oaep", handle, KeyUse::Decrypt, number},
      [&](const Key& key, const Version& version, std::uint32_t) -> Result<SecretBytes> {
        if (!is_rsa(key.kind)) return misfit();
        if (version.material == nullptr)
          return Error(Errc::Unsupported, "keys of a provider sign, they do not decrypt");
        AVILA_TRY(const auto secret, private_key(version));
        return secret.as<crypto::RsaPrivateKey>()->decrypt_oaep(options, ciphertext,
                                                                it.options.entropy);
      });
}

Result<SecretBytes> Keystore::agree(const Caller& caller, const KeyHandle& handle,
                                    std::uint32_t number, const crypto::PublicKey& peer,
                                    ByteSpan info, std::size_t size) {
  if (info.size() > kMaxContext) return Error(Errc::LimitExceeded, "info has at most 64 KiB");
  return operate<SecretBytes>(
      *impl_, caller, {"agree", handle, KeyUse::Agree, number},
      [&](const Key&, const Version& version, std::uint32_t) -> Result<SecretBytes> {
        if (version.material == nullptr)
          return Error(Errc::Unsupported, "keys of a provider sign, they do not agree");
        AVILA_TRY(const auto ours, private_key(version));
        AVILA_TRY(const SecretBytes shared, agree_on(ours, peer));
        std::vector<std::byte> bound = ours.public_key().to_spki(), theirs = peer.to_spki();
        if (theirs < bound) std::swap(bound, theirs);  // both sides have the same order
        bound.insert(bound.end(), theirs.begin(), theirs.end());
        bound.insert(bound.end(), info.begin(), info.end());
        SecretBytes out(size);
        AVILA_TRY_VOID(kdf::hkdf<hash::Sha256>(shared.span(), {}, bound, out.span()));
        return out;
      });
}

Result<crypto::PublicKey> Keystore::public_key(const KeyHandle& handle,
                                               std::uint32_t number) const {
  const std::shared_lock lock(impl_->mutex);
  AVILA_TRY(const auto key, impl_->key_of(handle));
  if (number == 0 || number > key->current())
    return Error(Errc::NotFound, "the key has no such version");
  return public_of(*impl_, *key, key->versions[number - 1], number);
}

Result<SecretBytes> Keystore::export_key(const Caller& caller, const KeyHandle& handle,
                                         std::uint32_t number) {
  return operate<SecretBytes>(
      *impl_, caller, {"export-key", handle, std::nullopt, number},
      [&](const Key& key, const Version& version, std::uint32_t) -> Result<SecretBytes> {
        if (!key.policy.exportable)
          return Error(Errc::PermissionDenied, "the key's policy does not let it leave");
        return SecretBytes::copy_of(version.material->span());
      });
}

}  // namespace avila::keystore
