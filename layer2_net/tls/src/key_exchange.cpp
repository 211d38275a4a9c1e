#include <avila/error/assert.hpp>
#include <avila/os/entropy.hpp>
#include <avila/tls/key_exchange.hpp>

namespace avila::tls {

namespace {

using post_quantum::X25519MlKem768;

Error bad_share(const Error& why) {
  return Error(Alert::IllegalParameter, "key share: " + std::string(why.message()));
}

template <class Array>
std::vector<std::byte> to_vector(const Array& bytes) {
  return std::vector<std::byte>(bytes.begin(), bytes.end());
}

// RFC 8446 section 4.2.8.2: points are uncompressed here, and nothing else is taken.
template <class Key>
Result<SecretBytes> agree_on_curve(const Key& key, ByteSpan peer) {
  if (peer.empty() || peer[0] != std::byte{4})
    return Error(Alert::IllegalParameter, "key share: not an uncompressed point");
  auto point = Key::PublicKey::decode(peer);
  if (!point.has_value()) return bad_share(point.error());
  const auto shared = key.agree(*point);
  return SecretBytes::copy_of(*shared);
}

}  // namespace

Result<EphemeralKey> EphemeralKey::generate(NamedGroup group, os::Entropy& entropy) {
  switch (group) {
    case NamedGroup::X25519: {
      AVILA_TRY(auto key, crypto::X25519PrivateKey::generate(entropy));
      return EphemeralKey(group, std::move(key));
    }
    case NamedGroup::P256: {
      AVILA_TRY(auto key, crypto::P256PrivateKey::generate(entropy));
      return EphemeralKey(group, std::move(key));
    }
    case NamedGroup::P384: {
      AVILA_TRY(auto key, crypto::P384PrivateKey::generate(entropy));
      return EphemeralKey(group, std::move(key));
    }
    case NamedGroup::P521: {
      AVILA_TRY(auto key, crypto::P521PrivateKey::generate(entropy));
      return EphemeralKey(group, std::move(key));
    }
    case NamedGroup::X25519MlKem768: {
      AVILA_TRY(auto key, X25519MlKem768::ClientKey::generate(entropy));
      return EphemeralKey(group, std::make_unique<X25519MlKem768::ClientKey>(std::move(key)));
    }
  }
  return Error(Errc::Unsupported, "no such group");
}

std::vector<std::byte> EphemeralKey::share() const {
  if (const auto* const x = std::get_if<crypto::X25519PrivateKey>(&key_))
    return to_vector(x->public_key().bytes());
  if (const auto* const hybrid = std::get_if<Hybrid>(&key_)) return to_vector((*hybrid)->share());
  const auto encoded = [](const auto& key) {
    const auto point = key.public_key().encode();
    const ByteSpan bytes = point;
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  };
  if (const auto* const p256 = std::get_if<crypto::P256PrivateKey>(&key_)) return encoded(*p256);
  if (const auto* const p384 = std::get_if<crypto::P384PrivateKey>(&key_)) return encoded(*p384);
  return encoded(std::get<crypto::P521PrivateKey>(key_));
}

Result<SecretBytes> EphemeralKey::agree(ByteSpan peer) const {
  if (const auto* const x = std::get_if<crypto::X25519PrivateKey>(&key_)) {
    auto point = crypto::X25519PublicKey::decode(peer);
    if (!point.has_value()) return bad_share(point.error());
    auto shared = x->agree(*point);
    if (!shared.has_value()) return bad_share(shared.error());
    return SecretBytes::copy_of(**shared);
  }
  if (const auto* const hybrid = std::get_if<Hybrid>(&key_)) {
    auto shared = (*hybrid)->agree(peer);
    if (!shared.has_value()) return bad_share(shared.error());
    return SecretBytes::copy_of(**shared);
  }
  if (const auto* const p256 = std::get_if<crypto::P256PrivateKey>(&key_))
    return agree_on_curve(*p256, peer);
  if (const auto* const p384 = std::get_if<crypto::P384PrivateKey>(&key_))
    return agree_on_curve(*p384, peer);
  return agree_on_curve(std::get<crypto::P521PrivateKey>(key_), peer);
}

Result<KeyResponse> respond_to_share(NamedGroup group, ByteSpan client_share,
                                     os::Entropy& entropy) {
  if (group == NamedGroup::X25519MlKem768) {
    auto response = X25519MlKem768::respond(client_share, entropy);
    if (!response.has_value()) {
      if (response.error().is(Errc::Malformed)) return bad_share(response.error());
      return std::move(response).error();
    }
    return KeyResponse{to_vector(response->share), SecretBytes::copy_of(*response->shared_secret)};
  }
  AVILA_TRY(const auto key, EphemeralKey::generate(group, entropy));
  AVILA_TRY(auto secret, key.agree(client_share));
  return KeyResponse{key.share(), std::move(secret)};
}

}  // namespace avila::tls
