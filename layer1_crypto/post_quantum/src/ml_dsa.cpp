#include <algorithm>
#include <avila/field/ct.hpp>
#include <avila/os/entropy.hpp>
#include <avila/post_quantum/ml_dsa.hpp>

#include "format.hpp"
#include "ml_dsa_poly.hpp"
#include "sponge.hpp"

namespace avila::post_quantum {

using detail::DsaPoly;
namespace ct = field::ct;

// The names of FIPS 204 in the code below: rho seeds the matrix, tr is the hash of the public key,
// K hedges the randomness, mu is the message as it is signed, c~ (challenge) the commitment's hash.

namespace {

/// The rest of table 1, and the shape of encodings that follows from it.
template <std::size_t Set>
struct Params {
  static constexpr std::int32_t kEta = Set == 65 ? 4 : 2;
  static constexpr unsigned kEtaBits = Set == 65 ? 4 : 3;
  static constexpr std::size_t kTau = Set == 44 ? 39 : Set == 65 ? 49 : 60;
  static constexpr std::int32_t kBeta = static_cast<std::int32_t>(kTau) * kEta;
  static constexpr unsigned kGamma1Bits = Set == 44 ? 18 : 20;  // of 2 gamma1
  static constexpr std::int32_t kGamma1 = 1 << (kGamma1Bits - 1);
  static constexpr std::int32_t kGamma2 = (detail::kDsaQ - 1) / (Set == 44 ? 88 : 32);
  static constexpr std::int32_t kHighCount = (detail::kDsaQ - 1) / (2 * kGamma2);
  static constexpr unsigned kHighBits = Set == 44 ? 6 : 4;
  static constexpr std::size_t kOmega = Set == 44 ? 80 : Set == 65 ? 55 : 75;
  static constexpr std::size_t kChallengeBytes = Set == 44 ? 32 : Set == 65 ? 48 : 64;
  static constexpr std::size_t kMaskBytes = 32 * kGamma1Bits;  // of a polynomial of z
  static constexpr std::size_t kEtaBytes = 32 * kEtaBits;
  static constexpr std::size_t kRows = MlDsa<Set>::kRows, kColumns = MlDsa<Set>::kColumns;
  static constexpr std::size_t kHintAt = kChallengeBytes + kColumns * kMaskBytes;
  static_assert(kHintAt + kOmega + kRows == MlDsa<Set>::kSignatureBytes);
};

constexpr std::int32_t kT0Top = 1 << (detail::kDsaDropped - 1);
constexpr std::size_t kT0Bytes = 32 * detail::kDsaDropped;

// Algorithm 20: positions of ones row after row, then where each row's end.
using Hints = std::array<std::array<bool, 256>, 8>;

// Algorithm 21. Strict: positions ascend, and what is not used is zero, so that a signature has one
// encoding.
bool unpack_hints(const std::byte* in, std::size_t omega, std::size_t rows, Hints& hints) {
  hints = {};
  std::size_t at = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto end = static_cast<std::size_t>(in[omega + row]);
    if (end < at || end > omega) return false;
    for (const std::size_t first = at; at < end; ++at) {
      if (at > first && in[at - 1] >= in[at]) return false;
      hints[row][static_cast<std::size_t>(in[at])] = true;
    }
  }
  return std::all_of(in + at, in + omega, [](std::byte b) { return b == std::byte{0}; });
}

/// sum = the products of a row of the matrix with a vector, back from the NTT domain: |sum| < q.
void multiply_row(DsaPoly& sum, const DsaPoly* row, const DsaPoly* vector, std::size_t count) {
  sum = DsaPoly{};
  for (std::size_t i = 0; i < count; ++i) detail::multiply_add(sum, row[i], vector[i]);
  detail::reduce_centered(sum);
  detail::inverse_ntt(sum);
}
/// out = a b of polynomials in the NTT domain, back from it and centered: small products exact.
void multiply_back(DsaPoly& out, const DsaPoly& a, const DsaPoly& b) {
  out = DsaPoly{};
  detail::multiply_add(out, a, b);
  detail::inverse_ntt(out);
  detail::reduce_centered(out);
}

}  // namespace

// ---- public keys

template <std::size_t Set>
MlDsa<Set>::PublicKey::PublicKey() : polys_(kRows * kColumns + kRows) {}

template <std::size_t Set>
void MlDsa<Set>::PublicKey::expand_matrix() {
  const auto rho = std::span(bytes_).template first<32>();
  for (std::size_t row = 0; row < kRows; ++row)
    for (std::size_t column = 0; column < kColumns; ++column)
      detail::sample_ntt(polys_[row * kColumns + column], rho, column, row);
}

template <std::size_t Set>
void MlDsa<Set>::PublicKey::expand_t1() noexcept {
  detail::shake256({bytes_}, hash_);
  for (std::size_t row = 0; row < kRows; ++row) {
    DsaPoly& t1 = polys_[kRows * kColumns + row];
    detail::unpack_plain(t1, 10, &bytes_[32 + 320 * row]);
    for (std::int32_t& x : t1.at) x <<= detail::kDsaDropped;
    detail::ntt(t1);
  }
}

template <std::size_t Set>
auto MlDsa<Set>::PublicKey::decode(ByteSpan encoded) -> Result<PublicKey> {
  if (encoded.size() != kPublicKeyBytes)
    return Error(Errc::Malformed, "ML-DSA public key of the wrong length");
  PublicKey key;
  std::copy(encoded.begin(), encoded.end(), key.bytes_.begin());
  key.expand_matrix();
  key.expand_t1();
  return key;
}

template <std::size_t Set>
auto MlDsa<Set>::PublicKey::mu_of_formatted(ByteSpan formatted) const noexcept -> Mu {
  Mu mu;
  detail::shake256({hash_, formatted}, mu);
  return mu;
}

template <std::size_t Set>
auto MlDsa<Set>::PublicKey::mu(ByteSpan message, ByteSpan context) const -> Result<Mu> {
  AVILA_TRY(const detail::Prefix prefix, detail::Prefix::of_message(context));
  Mu mu;
  detail::shake256({hash_, prefix.bytes(), message}, mu);
  return mu;
}

template <std::size_t Set>
auto MlDsa<Set>::PublicKey::mu_of_digest(PreHash function, ByteSpan digest, ByteSpan context) const
    -> Result<Mu> {
  AVILA_TRY(const detail::Prefix prefix, detail::Prefix::of_digest(function, digest, context));
  Mu mu;
  detail::shake256({hash_, prefix.bytes(), digest}, mu);
  return mu;
}

template <std::size_t Set>
auto MlDsa<Set>::PublicKey::verify(ByteSpan message, ByteSpan signature, ByteSpan context) const
    -> Result<void> {
  AVILA_TRY(const Mu of_message, mu(message, context));
  return verify_mu(of_message, signature);
}

template <std::size_t Set>
auto MlDsa<Set>::PublicKey::verify_digest(PreHash function, ByteSpan digest, ByteSpan signature,
                                          ByteSpan context) const -> Result<void> {
  AVILA_TRY(const Mu of_digest, mu_of_digest(function, digest, context));
  return verify_mu(of_digest, signature);
}

// Algorithm 8.
template <std::size_t Set>
auto MlDsa<Set>::PublicKey::verify_mu(const Mu& mu, ByteSpan signature) const -> Result<void> {
  using P = Params<Set>;
  if (signature.size() != kSignatureBytes)
    return Error(Errc::Malformed, "ML-DSA signature of the wrong length");
  const auto refused = [] {
    return Error(Errc::Unauthenticated, "ML-DSA signature does not verify");
  };
  const ByteSpan challenge = signature.first(P::kChallengeBytes);
  Hints hints;
  if (!unpack_hints(&signature[P::kHintAt], P::kOmega, kRows, hints)) return refused();
  std::array<DsaPoly, kColumns> z;
  for (std::size_t i = 0; i < kColumns; ++i) {
    detail::unpack_below(z[i], P::kGamma1, P::kGamma1Bits,
                         &signature[P::kChallengeBytes + i * P::kMaskBytes]);
    if (detail::exceeds(z[i], P::kGamma1 - P::kBeta) != 0) return refused();
    detail::ntt(z[i]);
  }
  DsaPoly c, w;
  detail::sample_in_ball(c, P::kTau, challenge);
  detail::ntt(c);
  std::array<std::byte, kRows * 32 * P::kHighBits> commitment;
  for (std::size_t row = 0; row < kRows; ++row) {
    w = DsaPoly{};
    for (std::size_t i = 0; i < kColumns; ++i)
      detail::multiply_add(w, polys_[row * kColumns + i], z[i]);
    detail::multiply_subtract(w, c, polys_[kRows * kColumns + row]);
    detail::reduce_centered(w);
    detail::inverse_ntt(w);
    detail::reduce(w);
    for (std::size_t i = 0; i < 256; ++i) {  // UseHint, algorithm 40
      const auto [high, low] = detail::decompose(w.at[i], P::kGamma2);
      const std::int32_t step = !hints[row][i] ? 0 : low > 0 ? 1 : P::kHighCount - 1;
      w.at[i] = (high + step) % P::kHighCount;
    }
    detail::pack_plain(w, P::kHighBits, &commitment[row * 32 * P::kHighBits]);
  }
  std::array<std::byte, P::kChallengeBytes> expected;
  detail::shake256({mu, commitment}, expected);
  if (!std::ranges::equal(expected, challenge)) return refused();
  return {};
}

// ---- private keys

template <std::size_t Set>
auto MlDsa<Set>::PrivateKey::generate(os::Entropy& entropy) -> Result<PrivateKey> {
  SecretArray<kSeedBytes> seed;
  AVILA_TRY_VOID(entropy.fill(*seed));
  return from_seed(*seed);
}

template <std::size_t Set>
auto MlDsa<Set>::PrivateKey::from_seed(std::span<const std::byte, kSeedBytes> seed) -> PrivateKey {
  std::array<std::byte, 128> expanded;  // rho, rho', K
  const ct::Wiper wiper(expanded);
  const std::byte shape[2] = {static_cast<std::byte>(kRows), static_cast<std::byte>(kColumns)};
  detail::shake256({seed, shape}, expanded);
  ct::declassify(expanded.data(), 32);
  const std::span<const std::byte, 128> all(expanded);
  PrivateKey key;
  std::size_t nonce = 0;
  for (DsaPoly& s : key.private_->s1)
    detail::sample_bounded(s, Params<Set>::kEta, all.template subspan<32, 64>(), nonce++);
  for (DsaPoly& s : key.private_->s2)
    detail::sample_bounded(s, Params<Set>::kEta, all.template subspan<32, 64>(), nonce++);
  key.derive(all.template first<32>(), all.template last<32>());
  return key;
}

template <std::size_t Set>
void MlDsa<Set>::PrivateKey::derive(std::span<const std::byte, 32> rho,
                                    std::span<const std::byte, 32> key) {
  using P = Params<Set>;
  Private& secret = *private_;
  auto& pk = public_.bytes_;
  std::copy(rho.begin(), rho.end(), pk.begin());
  public_.expand_matrix();

  std::byte* at = bytes_->data() + 128;
  const auto encode = [&at](auto& vector) {
    for (DsaPoly& s : vector) {
      detail::pack_below(s, P::kEta, P::kEtaBits, at);
      at += P::kEtaBytes;
    }
  };
  encode(secret.s1);
  encode(secret.s2);
  for (DsaPoly& s : secret.s1) detail::ntt(s);
  DsaPoly t;
  const ct::Wiper wiper(t);
  for (std::size_t row = 0; row < kRows; ++row, at += kT0Bytes) {
    multiply_row(t, &public_.polys_[row * kColumns], secret.s1.data(), kColumns);
    detail::add(t, secret.s2[row]);
    detail::reduce(t);
    for (std::size_t i = 0; i < 256; ++i) {  // Power2Round, algorithm 35
      const std::int32_t high = (t.at[i] + kT0Top - 1) >> detail::kDsaDropped;
      secret.t0[row].at[i] = t.at[i] - (high << detail::kDsaDropped);
      t.at[i] = high;
    }
    detail::pack_plain(t, 10, &pk[32 + 320 * row]);
    detail::pack_below(secret.t0[row], kT0Top, detail::kDsaDropped, at);
    detail::ntt(secret.t0[row]);
    detail::ntt(secret.s2[row]);
  }
  ct::declassify(pk.data(), pk.size());
  public_.expand_t1();
  at = std::copy(rho.begin(), rho.end(), bytes_->data());
  at = std::copy(key.begin(), key.end(), at);
  std::copy(public_.hash_.begin(), public_.hash_.end(), at);
}

template <std::size_t Set>
auto MlDsa<Set>::PrivateKey::decode(ByteSpan encoded) -> Result<PrivateKey> {
  using P = Params<Set>;
  if (encoded.size() != kPrivateKeyBytes)
    return Error(Errc::Malformed, "ML-DSA private key of the wrong length");
  PrivateKey key;
  const std::byte* at = encoded.data() + 128;
  std::int32_t over = 0;
  const auto read = [&](auto& vector) {
    for (DsaPoly& s : vector) {
      detail::unpack_below(s, P::kEta, P::kEtaBits, at);
      over |= detail::exceeds(s, P::kEta + 1);
      at += P::kEtaBytes;
    }
  };
  read(key.private_->s1);
  read(key.private_->s2);
  ct::declassify(&over, sizeof over);
  if (over != 0)
    return Error(Errc::Malformed, "ML-DSA private key with a coefficient out of range");
  std::array<std::byte, 32> rho;
  std::copy_n(encoded.begin(), 32, rho.begin());
  ct::declassify(rho.data(), rho.size());
  key.derive(rho, encoded.template subspan<32, 32>());
  if (!ct::equal(*key.bytes_, encoded))
    return Error(Errc::Malformed, "ML-DSA private key whose parts do not belong to each other");
  return key;
}

template <std::size_t Set>
auto MlDsa<Set>::PrivateKey::sign(ByteSpan message, os::Entropy& entropy, ByteSpan context) const
    -> Result<Signature> {
  SecretArray<kRandomBytes> random;
  AVILA_TRY(const Mu mu, public_.mu(message, context));
  AVILA_TRY_VOID(entropy.fill(*random));
  return sign_mu(mu, *random);
}

template <std::size_t Set>
auto MlDsa<Set>::PrivateKey::sign_deterministic(ByteSpan message, ByteSpan context) const
    -> Result<Signature> {
  AVILA_TRY(const Mu mu, public_.mu(message, context));
  return sign_mu(mu, std::array<std::byte, kRandomBytes>{});
}

template <std::size_t Set>
auto MlDsa<Set>::PrivateKey::sign_digest(PreHash function, ByteSpan digest, os::Entropy& entropy,
                                         ByteSpan context) const -> Result<Signature> {
  SecretArray<kRandomBytes> random;
  AVILA_TRY(const Mu mu, public_.mu_of_digest(function, digest, context));
  AVILA_TRY_VOID(entropy.fill(*random));
  return sign_mu(mu, *random);
}

// Algorithm 7. What of an attempt becomes public: its challenge, and whether it was rejected.
template <std::size_t Set>
auto MlDsa<Set>::PrivateKey::sign_mu(const Mu& mu,
                                     std::span<const std::byte, kRandomBytes> random) const
    -> Result<Signature> {
  using P = Params<Set>;
  struct {
    std::array<DsaPoly, kColumns> y, y_ntt;
    std::array<DsaPoly, kRows> w, hint;
    DsaPoly product;
    std::array<std::byte, kRows * 32 * P::kHighBits> commitment;
    std::array<std::byte, 64> mask_seed;  // rho''
  } v;
  const ct::Wiper wiper(v);
  const auto reveal = [](std::int32_t verdict) {
    ct::declassify(&verdict, sizeof verdict);
    return verdict != 0;
  };
  const auto key = std::span(*bytes_).template subspan<32, 32>();
  detail::shake256({key, random, mu}, v.mask_seed);
  Signature signature;
  DsaPoly c;

  const auto attempt = [&](std::size_t nonce) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      detail::sample_mask(v.y[i], P::kGamma1Bits, v.mask_seed, nonce + i);
      v.y_ntt[i] = v.y[i];
      detail::ntt(v.y_ntt[i]);
    }
    for (std::size_t row = 0; row < kRows; ++row) {
      DsaPoly& w = v.w[row];
      multiply_row(w, &public_.polys_[row * kColumns], v.y_ntt.data(), kColumns);
      detail::reduce(w);
      for (std::size_t i = 0; i < 256; ++i)
        v.product.at[i] = detail::decompose(w.at[i], P::kGamma2).high;
      detail::pack_plain(v.product, P::kHighBits, &v.commitment[row * 32 * P::kHighBits]);
    }
    const auto challenge = std::span(signature).template first<P::kChallengeBytes>();
    detail::shake256({mu, v.commitment}, challenge);
    ct::declassify(challenge.data(), challenge.size());
    detail::sample_in_ball(c, P::kTau, challenge);
    detail::ntt(c);

    std::int32_t over = 0;
    for (std::size_t i = 0; i < kColumns; ++i) {  // z = y + c s1
      multiply_back(v.product, c, private_->s1[i]);
      detail::add(v.y[i], v.product);
      over |= detail::exceeds(v.y[i], P::kGamma1 - P::kBeta);
    }
    if (reveal(over)) return false;
    for (std::size_t row = 0; row < kRows; ++row) {  // r0 = LowBits(w - c s2)
      multiply_back(v.product, c, private_->s2[row]);
      detail::subtract(v.w[row], v.product);
      detail::reduce(v.w[row]);
      for (std::size_t i = 0; i < 256; ++i)
        v.product.at[i] = detail::decompose(v.w[row].at[i], P::kGamma2).low;
      over |= detail::exceeds(v.product, P::kGamma2 - P::kBeta);
    }
    if (reveal(over)) return false;
    std::int32_t ones = 0;
    for (std::size_t row = 0; row < kRows; ++row) {  // MakeHint(-c t0, w - c s2 + c t0)
      multiply_back(v.product, c, private_->t0[row]);
      over |= detail::exceeds(v.product, P::kGamma2);
      detail::add(v.product, v.w[row]);
      detail::reduce(v.product);
      for (std::size_t i = 0; i < 256; ++i) {
        const std::int32_t difference = detail::decompose(v.product.at[i], P::kGamma2).high ^
                                        detail::decompose(v.w[row].at[i], P::kGamma2).high;
        v.hint[row].at[i] = -difference >> 31 & 1;
        ones += v.hint[row].at[i];
      }
    }
    over |= (static_cast<std::int32_t>(P::kOmega) - ones) >> 31;
    return !reveal(over);
  };

  for (std::size_t tries = 0; tries < kSignAttemptsMax; ++tries) {
    if (!attempt(tries * kColumns)) continue;
    ct::declassify(&v.y, sizeof v.y);  // z, and the hints: the signature
    ct::declassify(&v.hint, sizeof v.hint);
    for (std::size_t i = 0; i < kColumns; ++i)
      detail::pack_below(v.y[i], P::kGamma1, P::kGamma1Bits,
                         &signature[P::kChallengeBytes + i * P::kMaskBytes]);
    const auto hints = std::span(signature).template last<P::kOmega + kRows>();
    std::ranges::fill(hints, std::byte{0});
    std::size_t count = 0;
    for (std::size_t row = 0; row < kRows; ++row) {
      for (std::size_t i = 0; i < 256; ++i)
        if (v.hint[row].at[i] != 0) hints[count++] = static_cast<std::byte>(i);
      hints[P::kOmega + row] = static_cast<std::byte>(count);
    }
    return signature;
  }
  return Error(Errc::LimitExceeded, "ML-DSA signing gave up after 814 attempts",
               {.hint = "so many rejections mean a fault of the machine or of the key"});
}

template class MlDsa<44>;
template class MlDsa<65>;
template class MlDsa<87>;

}  // namespace avila::post_quantum
