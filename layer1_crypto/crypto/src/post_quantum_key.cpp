#include <avila/crypto/post_quantum_key.hpp>
#include <avila/field/ct.hpp>
#include <avila/os/entropy.hpp>

namespace avila::crypto {

namespace {

template <class Private>
const auto& public_part(const Private& key) {
  if constexpr (requires { key.encapsulation_key(); })
    return key.encapsulation_key();
  else
    return key.public_key();
}

/// The pairwise consistency test of FIPS 203 section 7.1, which no checksum in the key replaces.
/// Keys of ML-DSA were computed again by their own decode().
template <class Private>
bool agrees_with_itself(const Private& key) {
  if constexpr (requires { key.encapsulation_key(); }) {
    const auto made = key.encapsulation_key().encapsulate_derandomized(std::array<std::byte, 32>{});
    const auto again = key.decapsulate(made.ciphertext);
    return again.has_value() && field::ct::equal(**again, *made.shared_secret);
  }
  return true;
}

}  // namespace

template <class S>
Result<LatticePublicKey<S>> LatticePublicKey<S>::decode(ByteSpan bytes) {
  AVILA_TRY(Key key, Key::decode(bytes));
  return LatticePublicKey(std::move(key));
}

template <class S>
LatticePrivateKey<S>::LatticePrivateKey(Key key, SecretBytes seed)
    : key_(std::make_unique<const Key>(std::move(key))),
      seed_(std::move(seed)),
      public_(public_part(*key_)) {}

template <class S>
LatticePrivateKey<S> LatticePrivateKey<S>::from_seed(std::span<const std::byte, kSeedBytes> seed) {
  return LatticePrivateKey(Key::from_seed(seed), SecretBytes::copy_of(seed));
}

template <class S>
Result<LatticePrivateKey<S>> LatticePrivateKey<S>::generate(os::Entropy& entropy) {
  SecretArray<kSeedBytes> seed;
  AVILA_TRY_VOID(entropy.fill(*seed));
  return from_seed(*seed);
}

template <class S>
Result<LatticePrivateKey<S>> LatticePrivateKey<S>::decode(ByteSpan expanded) {
  AVILA_TRY(Key key, Key::decode(expanded));
  if (!agrees_with_itself(key))
    return Error(Errc::Malformed, "the two halves of the private key do not belong together");
  return LatticePrivateKey(std::move(key), SecretBytes());
}

template <class S>
Result<LatticePrivateKey<S>> LatticePrivateKey<S>::decode(ByteSpan seed, ByteSpan expanded) {
  if (seed.size() != kSeedBytes)
    return Error(Errc::Malformed, "the seed of the private key has another length");
  LatticePrivateKey key = from_seed(seed.template first<kSeedBytes>());
  if (!field::ct::equal(key.expanded().span(), expanded))
    return Error(Errc::Malformed, "the seed and the expanded private key do not belong together");
  return key;
}

template <class S>
SecretBytes LatticePrivateKey<S>::expanded() const {
  if constexpr (requires { key_->encode(); })
    return SecretBytes::copy_of(*key_->encode());
  else
    return SecretBytes::copy_of(*key_->bytes());
}

#define AVILA_CRYPTO_LATTICE(S)       \
  template class LatticePublicKey<S>; \
  template class LatticePrivateKey<S>
AVILA_CRYPTO_LATTICE(post_quantum::MlKem512);
AVILA_CRYPTO_LATTICE(post_quantum::MlKem768);
AVILA_CRYPTO_LATTICE(post_quantum::MlKem1024);
AVILA_CRYPTO_LATTICE(post_quantum::MlDsa44);
AVILA_CRYPTO_LATTICE(post_quantum::MlDsa65);
AVILA_CRYPTO_LATTICE(post_quantum::MlDsa87);
#undef AVILA_CRYPTO_LATTICE

}  // namespace avila::crypto
