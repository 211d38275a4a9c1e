// Ephemeral key exchange by the name of a group.
#pragma once
#include <avila/crypto/ec.hpp>
#include <avila/crypto/x25519.hpp>
#include <avila/error/result.hpp>
#include <avila/post_quantum/x25519_ml_kem.hpp>
#include <avila/primitives/secret.hpp>
#include <avila/tls/types.hpp>
#include <memory>
#include <variant>
#include <vector>

namespace avila::tls {

/// A key pair made for one handshake. Move-only, wiped by its destructor.
class EphemeralKey {
 public:
  /// Errors: those of the entropy.
  static Result<EphemeralKey> generate(NamedGroup group, os::Entropy& entropy);
  NamedGroup group() const noexcept { return group_; }
  /// As it stands in a key share: points uncompressed.
  std::vector<std::byte> share() const;
  /// With the other side's share. Errors: Alert::IllegalParameter.
  Result<SecretBytes> agree(ByteSpan peer) const;

 private:
  using Hybrid = std::unique_ptr<post_quantum::X25519MlKem768::ClientKey>;  // 11 KiB
  using Key = std::variant<crypto::X25519PrivateKey, crypto::P256PrivateKey, crypto::P384PrivateKey,
                           crypto::P521PrivateKey, Hybrid>;
  EphemeralKey(NamedGroup group, Key key) noexcept : group_(group), key_(std::move(key)) {}
  NamedGroup group_;
  Key key_;
};

struct KeyResponse {
  std::vector<std::byte> share;
  SecretBytes secret;
};
/// The server's side in one step. Errors: Alert::IllegalParameter, those of the entropy.
Result<KeyResponse> respond_to_share(NamedGroup group, ByteSpan client_share, os::Entropy& entropy);

}  // namespace avila::tls
