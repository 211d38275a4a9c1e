// What the keys of RSA hold.
#pragma once
#include <avila/crypto/rsa.hpp>
#include <mutex>

#include "ct_montgomery.hpp"

namespace avila::crypto {

struct RsaPublicKey::State {
  State(ByteSpan modulus_bytes, ByteSpan exponent_bytes, detail::Limbs n_limbs, std::uint64_t e);

  /// RSAEP, RSAVP1 (RFC 8017 section 5.1.1): out = in^e mod n, both size() bytes. False where the
  /// number is not below n.
  bool raise(MutableByteSpan out, ByteSpan in) const;

  std::vector<std::byte> modulus, exponent;
  detail::Modulus n;
  std::uint64_t e;
};

struct RsaPrivateKey::State {
  State(RsaPublicKey public_part, const Components& numbers, detail::Limbs p_limbs,
        detail::Limbs q_limbs);

  /// RSADP, RSASP1 (section 5.1.2): out = in^d mod n, both size() bytes. Errors: Unauthenticated
  /// (not below n), those of the entropy, Corrupted.
  Result<void> raise(MutableByteSpan out, ByteSpan in, os::Entropy& entropy) const;

  RsaPublicKey public_key;
  SecretBytes private_exponent, prime1, prime2, exponent1, exponent2, coefficient;
  detail::Modulus p, q;
  detail::Limbs dp, dq, q_inverse;  // the last in Montgomery form modulo p

 private:
  /// r^e and 1 / r in Montgomery form: the pair is squared after each use, and drawn anew after
  /// kBlindingUses.
  struct Blinding {
    detail::Limbs factor, inverse;
  };
  static constexpr unsigned kBlindingUses = 64;
  Result<Blinding> next_blinding(os::Entropy& entropy) const;
  Result<Blinding> draw_blinding(os::Entropy& entropy) const;
  void raise_blinded(detail::Limbs& r, const detail::Limbs& c) const;

  mutable std::mutex mutex_;  // of what follows
  mutable Blinding blinding_;
  mutable unsigned uses_ = 0;
};

namespace detail {
/// Without the zeros before: the length of a number is public.
inline ByteSpan trimmed(ByteSpan bytes) noexcept {
  for (; !bytes.empty(); bytes = bytes.subspan(1)) {
    std::byte first = bytes[0];
    ct::declassify(&first, 1);
    if (first != std::byte{0}) break;
  }
  return bytes;
}
inline Limbs limbs_of(ByteSpan bytes) {
  Limbs limbs(limbs_of_bytes(bytes.size()));
  load_bytes(limbs, bytes);
  return limbs;
}
}  // namespace detail

}  // namespace avila::crypto
