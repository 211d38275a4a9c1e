// ML-KEM, the key encapsulation of FIPS 203 (August 2024).
#pragma once
#include <avila/error/result.hpp>
#include <avila/post_quantum/secret.hpp>
#include <cstdint>

namespace avila::os {
class Entropy;
}

namespace avila::post_quantum {

namespace detail {
/// 256 coefficients modulo 3329 of Z[X]/(X^256 + 1), or of its NTT.
struct alignas(32) KemPoly {
  std::int16_t at[256];
};
}  // namespace detail

/// One parameter set: MlKem512, MlKem768, MlKem1024. A whole key exchange:
///   the receiver makes a DecapsulationKey and sends encapsulation_key().bytes();
///   the sender decodes them, encapsulates, and sends the ciphertext; both have the shared secret.
///
/// Both keys hold the expanded matrix (up to 8 KiB), so that a key in use costs no new expansion.
/// Threads may share const keys.
template <std::size_t Set>
class MlKem {
  static_assert(Set == 512 || Set == 768 || Set == 1024);

 public:
  static constexpr std::size_t kRank = Set / 256;            // k of FIPS 203 table 2
  static constexpr std::size_t kEta1 = Set == 512 ? 3 : 2;   // noise of secrets
  static constexpr std::size_t kDu = Set == 1024 ? 11 : 10;  // bits kept of u
  static constexpr std::size_t kDv = Set == 1024 ? 5 : 4;    // bits kept of v
  static constexpr std::size_t kSeedBytes = 64;              // d || z
  static constexpr std::size_t kMessageBytes = 32;           // m
  static constexpr std::size_t kEncapsulationKeyBytes = 384 * kRank + 32;
  static constexpr std::size_t kDecapsulationKeyBytes = 768 * kRank + 96;
  static constexpr std::size_t kCiphertextBytes = 32 * (kDu * kRank + kDv);
  static constexpr std::size_t kSharedSecretBytes = 32;

  using Ciphertext = std::array<std::byte, kCiphertextBytes>;
  /// Uniformly random: a key as it stands (FIPS 203 §3.3).
  using SharedSecret = SecretArray<kSharedSecretBytes>;
  struct Encapsulated {
    Ciphertext ciphertext;
    SharedSecret shared_secret;
  };

  class DecapsulationKey;

  class EncapsulationKey {
   public:
    /// Checks as §7.2 asks. Errors: Malformed (length; a coefficient that is not reduced).
    static Result<EncapsulationKey> decode(ByteSpan encoded);
    const std::array<std::byte, kEncapsulationKeyBytes>& bytes() const noexcept { return bytes_; }

    /// ML-KEM.Encaps (algorithm 20). Errors: those of the entropy. CT.
    Result<Encapsulated> encapsulate(os::Entropy& entropy) const;
    /// ML-KEM.Encaps_internal (algorithm 17): from a message that the caller drew. For test vectors
    /// and for generators of one's own: a message used twice gives the same secret twice. CT.
    Encapsulated encapsulate_derandomized(
        std::span<const std::byte, kMessageBytes> message) const noexcept;

   private:
    friend class DecapsulationKey;
    EncapsulationKey() noexcept {}  // filled by those who make one
    void expand() noexcept;         // the rest, from bytes_
    void encrypt(std::span<const std::byte, 32> message, std::span<const std::byte, 32> coins,
                 Ciphertext& out) const noexcept;

    std::array<std::byte, kEncapsulationKeyBytes> bytes_;
    std::array<std::byte, 32> hash_;                     // H(ek)
    std::array<detail::KemPoly, kRank> t_;               // NTT of t
    std::array<detail::KemPoly, kRank * kRank> matrix_;  // NTT of A, row after row
  };

  class DecapsulationKey {
   public:
    /// ML-KEM.KeyGen (algorithm 19). Errors: those of the entropy. CT.
    static Result<DecapsulationKey> generate(os::Entropy& entropy);
    /// ML-KEM.KeyGen_internal (algorithm 16) of d || z, the form to store keys in: 64 bytes, and no
    /// other key can be smuggled in. CT.
    static DecapsulationKey from_seed(std::span<const std::byte, kSeedBytes> seed) noexcept;
    /// The expanded form. Checks as §7.3 asks, and that the encapsulation key within would be taken
    /// by itself. Errors: Malformed (length; H(ek) does not match; a coefficient not reduced).
    static Result<DecapsulationKey> decode(ByteSpan encoded);
    /// The expanded form, dk of FIPS 203.
    SecretArray<kDecapsulationKeyBytes> encode() const noexcept;

    const EncapsulationKey& encapsulation_key() const noexcept { return public_; }

    /// ML-KEM.Decaps (algorithm 21). A ciphertext that was not made by encapsulate() gives a secret
    /// that nobody else has (implicit rejection), and takes the same time.
    /// Errors: Malformed (length). CT.
    Result<SharedSecret> decapsulate(ByteSpan ciphertext) const;

    template <class Stream>
    friend Stream& operator<<(Stream&, const DecapsulationKey&) = delete;

   private:
    DecapsulationKey() noexcept {}
    struct Private {
      std::array<detail::KemPoly, kRank> s;  // NTT of s, reduced to [0, q)
      std::array<std::byte, 32> z;
    };
    EncapsulationKey public_;
    Secret<Private> private_;
  };
};

extern template class MlKem<512>;
extern template class MlKem<768>;
extern template class MlKem<1024>;
using MlKem512 = MlKem<512>;
using MlKem768 = MlKem<768>;
using MlKem1024 = MlKem<1024>;

}  // namespace avila::post_quantum
