// X25519MLKEM768: the key exchange of TLS 1.3 that holds while either X25519 or ML-KEM-768 does
// (draft-ietf-tls-ecdhe-mlkem, group 0x11ec).
#pragma once
#include <avila/post_quantum/ml_kem.hpp>

namespace avila::post_quantum {

/// A whole exchange: the client makes a ClientKey and sends share(); the server calls respond() on
/// it, keeps the secret and sends its own share; the client's agree() gives the same secret. The
/// part of ML-KEM comes first in all three.
class X25519MlKem768 {
 public:
  static constexpr std::size_t kX25519Bytes = 32;
  static constexpr std::size_t kClientShareBytes = MlKem768::kEncapsulationKeyBytes + kX25519Bytes;
  static constexpr std::size_t kServerShareBytes = MlKem768::kCiphertextBytes + kX25519Bytes;
  static constexpr std::size_t kSharedSecretBytes = MlKem768::kSharedSecretBytes + kX25519Bytes;

  using ClientShare = std::array<std::byte, kClientShareBytes>;
  using ServerShare = std::array<std::byte, kServerShareBytes>;
  /// ML-KEM's secret, then that of X25519: give it to a KDF whole, it is no key by itself.
  using SharedSecret = SecretArray<kSharedSecretBytes>;

  /// The client's private half: of one exchange only. Move-only, wiped by its destructor.
  class ClientKey {
   public:
    static constexpr std::size_t kSeedBytes = MlKem768::kSeedBytes + kX25519Bytes;

    /// Errors: those of the entropy. CT.
    static Result<ClientKey> generate(os::Entropy& entropy);
    /// Of ML-KEM's d || z, then the private key of X25519. For test vectors. CT.
    static ClientKey from_seed(std::span<const std::byte, kSeedBytes> seed) noexcept;
    const ClientShare& share() const noexcept { return share_; }

    /// Errors: Malformed (length; the share of X25519 is of small order). A ciphertext that was
    /// damaged gives another secret, as ML-KEM does. CT but for that verdict.
    Result<SharedSecret> agree(ByteSpan server_share) const;

   private:
    ClientKey(MlKem768::DecapsulationKey kem, std::span<const std::byte, kX25519Bytes> x) noexcept;
    MlKem768::DecapsulationKey kem_;
    SecretArray<kX25519Bytes> x25519_;
    ClientShare share_;
  };

  struct Response {
    ServerShare share;
    SharedSecret shared_secret;
  };
  /// The server's side, in one step. Errors: Malformed (length; ML-KEM's key is not reduced; the
  /// share of X25519 is of small order), those of the entropy. CT but for that verdict.
  static Result<Response> respond(ByteSpan client_share, os::Entropy& entropy);
};

}  // namespace avila::post_quantum
