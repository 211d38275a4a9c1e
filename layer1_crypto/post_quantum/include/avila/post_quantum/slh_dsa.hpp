// SLH-DSA, the hash-based signatures of FIPS 205 (August 2024).
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

/// The twelve sets of FIPS 205 table 2: s is small, f is fast.
enum class SlhDsaSet : std::uint8_t {
  Sha2_128s,
  Sha2_128f,
  Sha2_192s,
  Sha2_192f,
  Sha2_256s,
  Sha2_256f,
  Shake_128s,
  Shake_128f,
  Shake_192s,
  Shake_192f,
  Shake_256s,
  Shake_256f,
};

/// Bytes of everything of a set.
struct SlhDsaSizes {
  std::size_t n;  ///< security parameter: bytes of a hash and of each seed
  std::size_t public_key, private_key, signature;
};
SlhDsaSizes slh_dsa_sizes(SlhDsaSet set) noexcept;

constexpr std::size_t kSlhDsaContextBytesMax = 255;

class SlhDsaPublicKey {
 public:
  /// Errors: Malformed (length). Every other string of bytes is a key.
  static Result<SlhDsaPublicKey> decode(SlhDsaSet set, ByteSpan encoded);
  SlhDsaSet set() const noexcept { return set_; }
  /// PK.seed || PK.root.
  ByteSpan bytes() const noexcept { return ByteSpan(bytes_).first(slh_dsa_sizes(set_).public_key); }

  /// slh_verify (algorithm 24). Errors: Unauthenticated (not a signature of this message and
  /// context by this key), Malformed (length), InvalidArgument (context too long).
  Result<void> verify(ByteSpan message, ByteSpan signature, ByteSpan context = {}) const;
  /// hash_slh_verify (algorithm 25) of a digest that the caller made. Errors: as verify(), and
  /// InvalidArgument (the digest is not of the function's length).
  Result<void> verify_digest(PreHash function, ByteSpan digest, ByteSpan signature,
                             ByteSpan context = {}) const;
  /// slh_verify_internal (algorithm 20) of M', the message after its formatting: the "internal
  /// interface" of test vectors. Errors: as verify().
  Result<void> verify_formatted(ByteSpan formatted, ByteSpan signature) const;

 private:
  friend class SlhDsaPrivateKey;
  explicit SlhDsaPublicKey(SlhDsaSet set) noexcept : set_(set), bytes_{} {}
  SlhDsaSet set_;
  std::array<std::byte, 64> bytes_;
};

/// Signing costs from 10^5 (f) to 4 10^6 (s) hashes, and needs no state between signatures.
class SlhDsaPrivateKey {
 public:
  using Signature = std::vector<std::byte>;

  /// slh_keygen (algorithm 21). Errors: those of the entropy. CT.
  static Result<SlhDsaPrivateKey> generate(SlhDsaSet set, os::Entropy& entropy);
  /// slh_keygen_internal (algorithm 18) of SK.seed || SK.prf || PK.seed, n bytes each.
  /// Errors: InvalidArgument (length). CT.
  static Result<SlhDsaPrivateKey> from_seeds(SlhDsaSet set, ByteSpan seeds);
  /// SK.seed || SK.prf || PK.seed || PK.root. Errors: Malformed (length; the root is not that of
  /// the seeds, which costs a key generation to see). CT.
  static Result<SlhDsaPrivateKey> decode(SlhDsaSet set, ByteSpan encoded);
  ByteSpan bytes() const noexcept {
    return ByteSpan(*bytes_).first(slh_dsa_sizes(public_.set_).private_key);
  }
  const SlhDsaPublicKey& public_key() const noexcept { return public_; }

  /// slh_sign (algorithm 22), hedged by fresh randomness. Errors: InvalidArgument (context too
  /// long), those of the entropy. CT.
  Result<Signature> sign(ByteSpan message, os::Entropy& entropy, ByteSpan context = {}) const;
  /// The deterministic variant. Errors: InvalidArgument (context too long). CT.
  Result<Signature> sign_deterministic(ByteSpan message, ByteSpan context = {}) const;
  /// hash_slh_sign (algorithm 23), hedged, of a digest that the caller made. Errors: as sign(), and
  /// InvalidArgument (the digest is not of the function's length). CT.
  Result<Signature> sign_digest(PreHash function, ByteSpan digest, os::Entropy& entropy,
                                ByteSpan context = {}) const;
  /// slh_sign_internal (algorithm 19) of M', the message after its formatting. `random` is n fresh
  /// bytes, or empty for the deterministic variant. Errors: InvalidArgument (length of random). CT.
  Result<Signature> sign_formatted(ByteSpan formatted, ByteSpan random) const;

  template <class Stream>
  friend Stream& operator<<(Stream&, const SlhDsaPrivateKey&) = delete;

 private:
  explicit SlhDsaPrivateKey(SlhDsaSet set) noexcept : public_(set) {}
  SlhDsaPublicKey public_;
  SecretArray<128> bytes_;
};

}  // namespace avila::post_quantum
