// ML-DSA, the signatures of FIPS 204 (August 2024).
#pragma once
#include <avila/error/result.hpp>
#include <avila/post_quantum/pre_hash.hpp>
#include <avila/post_quantum/secret.hpp>
#include <cstdint>
#include <vector>

namespace avila::os {
class Entropy;
}

namespace avila::post_quantum {

namespace detail {
/// 256 coefficients modulo 8380417 of Z[X]/(X^256 + 1), or of its NTT.
struct alignas(32) DsaPoly {
  std::int32_t at[256];
};
}  // namespace detail

/// One parameter set: MlDsa44, MlDsa65, MlDsa87.
///
/// Messages are signed with a context of at most 255 bytes, which keeps signatures made for one
/// purpose from being taken for another. Both keys hold the expanded matrix (up to 56 KiB).
/// Threads may share const keys.
template <std::size_t Set>
class MlDsa {
  static_assert(Set == 44 || Set == 65 || Set == 87);

 public:
  // FIPS 204 tables 1 and 2.
  static constexpr std::size_t kRows = Set == 44 ? 4 : Set == 65 ? 6 : 8;     // k
  static constexpr std::size_t kColumns = Set == 44 ? 4 : Set == 65 ? 5 : 7;  // l
  static constexpr std::size_t kSeedBytes = 32;
  static constexpr std::size_t kPublicKeyBytes = 32 + 320 * kRows;
  static constexpr std::size_t kPrivateKeyBytes =
      128 + 32 * ((kRows + kColumns) * (Set == 65 ? 4 : 3) + 13 * kRows);
  static constexpr std::size_t kSignatureBytes = Set == 44 ? 2420 : Set == 65 ? 3309 : 4627;
  static constexpr std::size_t kContextBytesMax = 255;
  static constexpr std::size_t kRandomBytes = 32;
  /// Appendix C: a signature that needs more attempts has a probability below 2^-256.
  static constexpr std::size_t kSignAttemptsMax = 814;

  using Signature = std::array<std::byte, kSignatureBytes>;
  /// What is signed: the hash of the public key, the context and the message.
  using Mu = std::array<std::byte, 64>;

  class PrivateKey;

  class PublicKey {
   public:
    /// Errors: Malformed (length). Every other string of bytes is a key.
    static Result<PublicKey> decode(ByteSpan encoded);
    const std::array<std::byte, kPublicKeyBytes>& bytes() const noexcept { return bytes_; }

    /// ML-DSA.Verify (algorithm 3). Errors: Unauthenticated (not a signature of this message and
    /// context by this key), Malformed (length), InvalidArgument (context too long).
    Result<void> verify(ByteSpan message, ByteSpan signature, ByteSpan context = {}) const;
    /// HashML-DSA.Verify (algorithm 5) of a digest that the caller made. Errors: as verify(), and
    /// InvalidArgument (the digest is not of the function's length).
    Result<void> verify_digest(PreHash function, ByteSpan digest, ByteSpan signature,
                               ByteSpan context = {}) const;
    /// The end of ML-DSA.Verify_internal (algorithm 8) from its line 7. Errors: as verify().
    Result<void> verify_mu(const Mu& mu, ByteSpan signature) const;

    /// mu of a message. Errors: InvalidArgument (context too long).
    Result<Mu> mu(ByteSpan message, ByteSpan context = {}) const;
    /// mu of a digest. Errors: InvalidArgument (context too long, length of the digest).
    Result<Mu> mu_of_digest(PreHash function, ByteSpan digest, ByteSpan context = {}) const;
    /// mu of M', the message after its formatting: the "internal interface" of test vectors.
    Mu mu_of_formatted(ByteSpan formatted) const noexcept;

   private:
    friend class PrivateKey;
    PublicKey();
    void expand_matrix();
    void expand_t1() noexcept;

    std::array<std::byte, kPublicKeyBytes> bytes_;
    std::array<std::byte, 64> hash_;      // tr
    std::vector<detail::DsaPoly> polys_;  // NTT of A, row after row, then NTT of t1 2^13
  };

  class PrivateKey {
   public:
    /// ML-DSA.KeyGen (algorithm 1). Errors: those of the entropy. CT.
    static Result<PrivateKey> generate(os::Entropy& entropy);
    /// ML-DSA.KeyGen_internal (algorithm 6) of the seed, the form to store keys in. CT.
    static PrivateKey from_seed(std::span<const std::byte, kSeedBytes> seed);
    /// The expanded form. Errors: Malformed (length; a coefficient out of range; the parts do not
    /// belong to each other). CT but for the verdict.
    static Result<PrivateKey> decode(ByteSpan encoded);
    /// The expanded form, sk of FIPS 204.
    const SecretArray<kPrivateKeyBytes>& bytes() const noexcept { return bytes_; }

    const PublicKey& public_key() const noexcept { return public_; }

    /// ML-DSA.Sign (algorithm 2), hedged: what faults and side channels could learn from signing a
    /// message twice is hidden by fresh randomness. Errors: InvalidArgument (context too long),
    /// LimitExceeded (kSignAttemptsMax), those of the entropy.
    /// CT: the number of attempts shows, which depends on nothing secret (§3.3 of Dilithium).
    Result<Signature> sign(ByteSpan message, os::Entropy& entropy, ByteSpan context = {}) const;
    /// The deterministic variant, for platforms without randomness. Errors: as sign(). CT likewise.
    Result<Signature> sign_deterministic(ByteSpan message, ByteSpan context = {}) const;
    /// HashML-DSA.Sign (algorithm 4), hedged, of a digest that the caller made. Errors: as sign(),
    /// and InvalidArgument (the digest is not of the function's length). CT likewise.
    Result<Signature> sign_digest(PreHash function, ByteSpan digest, os::Entropy& entropy,
                                  ByteSpan context = {}) const;
    /// The end of ML-DSA.Sign_internal (algorithm 7) from its line 7. `random` is 32 fresh bytes,
    /// or zeros for the deterministic variant. Errors: LimitExceeded. CT likewise.
    Result<Signature> sign_mu(const Mu& mu, std::span<const std::byte, kRandomBytes> random) const;

    template <class Stream>
    friend Stream& operator<<(Stream&, const PrivateKey&) = delete;

   private:
    PrivateKey() {}
    /// Computes t of public_'s matrix and private_'s s1 and s2 (plain; their NTTs afterwards),
    /// and from it t0, the public key and the parts of bytes_ that hold them.
    void derive(std::span<const std::byte, 32> rho, std::span<const std::byte, 32> key);

    struct Private {
      std::array<detail::DsaPoly, kColumns> s1;  // NTTs of s1, s2, t0
      std::array<detail::DsaPoly, kRows> s2, t0;
    };
    PublicKey public_;
    Secret<Private> private_;
    SecretArray<kPrivateKeyBytes> bytes_;
  };
};

extern template class MlDsa<44>;
extern template class MlDsa<65>;
extern template class MlDsa<87>;
using MlDsa44 = MlDsa<44>;
using MlDsa65 = MlDsa<65>;
using MlDsa87 = MlDsa<87>;

}  // namespace avila::post_quantum
