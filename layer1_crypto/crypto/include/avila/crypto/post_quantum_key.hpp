// Keys of ML-KEM (FIPS 203) and ML-DSA (FIPS 204) as files hold them: with the seed that they come
// from, where it is known. Those of SLH-DSA (FIPS 205) are small and need nothing around them.
#pragma once
#include <avila/post_quantum/ml_dsa.hpp>
#include <avila/post_quantum/ml_kem.hpp>
#include <avila/post_quantum/slh_dsa.hpp>
#include <memory>

namespace avila::crypto {

using post_quantum::SlhDsaPrivateKey;
using post_quantum::SlhDsaPublicKey;
using post_quantum::SlhDsaSet;

namespace detail {
template <class S>
struct SchemeKeys {  // ML-DSA
  using Public = typename S::PublicKey;
  using Private = typename S::PrivateKey;
};
template <std::size_t N>
struct SchemeKeys<post_quantum::MlKem<N>> {
  using Public = typename post_quantum::MlKem<N>::EncapsulationKey;
  using Private = typename post_quantum::MlKem<N>::DecapsulationKey;
};
}  // namespace detail

/// S is post_quantum::MlKem512 … MlDsa87. Copies share one expanded key. `*key` and `key->` do the
/// work.
template <class S>
class LatticePublicKey {
 public:
  using Key = typename detail::SchemeKeys<S>::Public;

  explicit LatticePublicKey(Key key) : key_(std::make_shared<const Key>(std::move(key))) {}
  /// Errors: Malformed.
  static Result<LatticePublicKey> decode(ByteSpan bytes);
  ByteSpan bytes() const noexcept { return key_->bytes(); }
  const Key& operator*() const noexcept { return *key_; }
  const Key* operator->() const noexcept { return key_.get(); }

  friend bool operator==(const LatticePublicKey& a, const LatticePublicKey& b) noexcept {
    return a.key_->bytes() == b.key_->bytes();
  }

 private:
  std::shared_ptr<const Key> key_;
};

/// Move-only, wiped by its destructor, not printable. Threads may share a const one.
template <class S>
class LatticePrivateKey {
 public:
  using Key = typename detail::SchemeKeys<S>::Private;
  static constexpr std::size_t kSeedBytes = S::kSeedBytes;

  /// Errors: those of the entropy.
  static Result<LatticePrivateKey> generate(os::Entropy& entropy);
  static LatticePrivateKey from_seed(std::span<const std::byte, kSeedBytes> seed);
  /// The expanded form, whose seed nobody can tell. Errors: Malformed.
  static Result<LatticePrivateKey> decode(ByteSpan expanded);
  /// Both, as RFC 9881 and RFC 9935 allow them. Errors: Malformed (also where they differ).
  static Result<LatticePrivateKey> decode(ByteSpan seed, ByteSpan expanded);

  ByteSpan seed() const noexcept { return seed_.span(); }  ///< empty where it is not known
  SecretBytes expanded() const;
  const LatticePublicKey<S>& public_key() const noexcept { return public_; }
  const Key& operator*() const noexcept { return *key_; }
  const Key* operator->() const noexcept { return key_.get(); }

  template <class Stream>
  friend Stream& operator<<(Stream&, const LatticePrivateKey&) = delete;

 private:
  LatticePrivateKey(Key key, SecretBytes seed);
  std::unique_ptr<const Key> key_;
  SecretBytes seed_;
  LatticePublicKey<S> public_;
};

#define AVILA_CRYPTO_LATTICE(S)              \
  extern template class LatticePublicKey<S>; \
  extern template class LatticePrivateKey<S>
AVILA_CRYPTO_LATTICE(post_quantum::MlKem512);
AVILA_CRYPTO_LATTICE(post_quantum::MlKem768);
AVILA_CRYPTO_LATTICE(post_quantum::MlKem1024);
AVILA_CRYPTO_LATTICE(post_quantum::MlDsa44);
AVILA_CRYPTO_LATTICE(post_quantum::MlDsa65);
AVILA_CRYPTO_LATTICE(post_quantum::MlDsa87);
#undef AVILA_CRYPTO_LATTICE

}  // namespace avila::crypto
