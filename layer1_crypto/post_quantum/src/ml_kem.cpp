#include <algorithm>
#include <avila/field/ct.hpp>
#include <avila/os/entropy.hpp>
#include <avila/post_quantum/ml_kem.hpp>

#include "ml_kem_poly.hpp"
#include "sponge.hpp"

namespace avila::post_quantum {

using detail::KemPoly;
namespace ct = field::ct;

// The names of FIPS 203 in the code below: rho seeds the matrix, sigma and r (coins) the noise.

template <std::size_t Set>
void MlKem<Set>::EncapsulationKey::expand() noexcept {
  hash_ = detail::sha3_256({bytes_});
  const auto rho = std::span(bytes_).template last<32>();
  for (std::size_t row = 0; row < kRank; ++row) {
    detail::decode12(t_[row], &bytes_[384 * row]);
    for (std::size_t column = 0; column < kRank; ++column)
      detail::sample_ntt(matrix_[row * kRank + column], rho, column, row);
  }
}

template <std::size_t Set>
auto MlKem<Set>::EncapsulationKey::decode(ByteSpan encoded) -> Result<EncapsulationKey> {
  if (encoded.size() != kEncapsulationKeyBytes)
    return Error(Errc::Malformed, "ML-KEM encapsulation key of the wrong length");
  EncapsulationKey key;
  std::copy(encoded.begin(), encoded.end(), key.bytes_.begin());
  key.expand();
  for (std::size_t row = 0; row < kRank; ++row)
    for (const std::int16_t x : key.t_[row].at)
      if (x >= detail::kKemQ)
        return Error(Errc::Malformed, "ML-KEM encapsulation key with a coefficient above 3328",
                     {.offset = 384 * row});
  return key;
}

// K-PKE.Encrypt, algorithm 14.
template <std::size_t Set>
void MlKem<Set>::EncapsulationKey::encrypt(std::span<const std::byte, 32> message,
                                           std::span<const std::byte, 32> coins,
                                           Ciphertext& out) const noexcept {
  struct {
    KemPoly y[kRank], noise, sum, bits;
  } v;
  const ct::Wiper wiper(v);
  std::size_t nonce = 0;
  for (KemPoly& y : v.y) {
    detail::sample_cbd(y, kEta1, coins, nonce++);
    detail::ntt(y);
  }
  std::byte* at = out.data();
  for (std::size_t column = 0; column < kRank; ++column, at += 32 * kDu) {
    v.sum = detail::multiply(&matrix_[column], kRank, v.y, kRank);
    detail::inverse_ntt(v.sum);
    detail::sample_cbd(v.noise, 2, coins, nonce++);
    detail::add(v.sum, v.noise);
    detail::reduce(v.sum);
    detail::compress(v.sum, kDu, at);
  }
  v.sum = detail::multiply(t_.data(), 1, v.y, kRank);
  detail::inverse_ntt(v.sum);
  detail::sample_cbd(v.noise, 2, coins, nonce);
  detail::add(v.sum, v.noise);
  detail::decompress(v.bits, 1, message.data());
  detail::add(v.sum, v.bits);
  detail::reduce(v.sum);
  detail::compress(v.sum, kDv, at);
}

template <std::size_t Set>
auto MlKem<Set>::EncapsulationKey::encapsulate_derandomized(
    std::span<const std::byte, kMessageBytes> message) const noexcept -> Encapsulated {
  Encapsulated out;
  auto secret_and_coins = detail::sha3_512({message, hash_});
  const ct::Wiper wiper(secret_and_coins);
  const std::span<const std::byte, 64> both(secret_and_coins);
  encrypt(message, both.template last<32>(), out.ciphertext);
  std::copy_n(both.begin(), kSharedSecretBytes, out.shared_secret->begin());
  return out;
}

template <std::size_t Set>
auto MlKem<Set>::EncapsulationKey::encapsulate(os::Entropy& entropy) const -> Result<Encapsulated> {
  SecretArray<kMessageBytes> message;
  AVILA_TRY_VOID(entropy.fill(*message));
  return encapsulate_derandomized(*message);
}

template <std::size_t Set>
auto MlKem<Set>::DecapsulationKey::generate(os::Entropy& entropy) -> Result<DecapsulationKey> {
  SecretArray<kSeedBytes> seed;
  AVILA_TRY_VOID(entropy.fill(*seed));
  return from_seed(*seed);
}

// K-PKE.KeyGen, algorithm 13.
template <std::size_t Set>
auto MlKem<Set>::DecapsulationKey::from_seed(std::span<const std::byte, kSeedBytes> seed) noexcept
    -> DecapsulationKey {
  DecapsulationKey key;
  EncapsulationKey& ek = key.public_;
  const std::byte rank[1] = {static_cast<std::byte>(kRank)};
  auto rho_and_sigma = detail::sha3_512({seed.template first<32>(), rank});
  const ct::Wiper wiper(rho_and_sigma);
  const std::span<const std::byte, 64> both(rho_and_sigma);
  const auto rho = both.template first<32>(), sigma = both.template last<32>();
  ct::declassify(rho.data(), rho.size());
  std::copy(seed.begin() + 32, seed.end(), key.private_->z.begin());

  std::size_t nonce = 0;
  for (KemPoly& s : key.private_->s) {
    detail::sample_cbd(s, kEta1, sigma, nonce++);
    detail::ntt(s);
    detail::reduce(s);
  }
  KemPoly error;
  const ct::Wiper error_wiper(error);
  for (std::size_t row = 0; row < kRank; ++row) {
    KemPoly* matrix_row = &ek.matrix_[row * kRank];
    for (std::size_t column = 0; column < kRank; ++column)
      detail::sample_ntt(matrix_row[column], rho, column, row);
    KemPoly& t = ek.t_[row];
    t = detail::multiply(matrix_row, 1, key.private_->s.data(), kRank);
    detail::to_plain(t);
    detail::sample_cbd(error, kEta1, sigma, nonce++);
    detail::ntt(error);
    detail::add(t, error);
    detail::reduce(t);
    detail::encode12(t, &ek.bytes_[384 * row]);
  }
  std::copy(rho.begin(), rho.end(), ek.bytes_.end() - 32);
  ct::declassify(&ek, sizeof ek);
  ek.hash_ = detail::sha3_256({ek.bytes_});
  return key;
}

template <std::size_t Set>
auto MlKem<Set>::DecapsulationKey::decode(ByteSpan encoded) -> Result<DecapsulationKey> {
  if (encoded.size() != kDecapsulationKeyBytes)
    return Error(Errc::Malformed, "ML-KEM decapsulation key of the wrong length");
  const ByteSpan ek = encoded.subspan(384 * kRank, kEncapsulationKeyBytes);
  ct::declassify(ek.data(), kEncapsulationKeyBytes + 32);  // the public key and its hash
  DecapsulationKey key;
  AVILA_TRY(key.public_, EncapsulationKey::decode(ek));
  if (!std::ranges::equal(key.public_.hash_, encoded.subspan(768 * kRank + 32, 32)))
    return Error(Errc::Malformed, "ML-KEM decapsulation key whose hash does not match",
                 {.offset = 768 * kRank + 32});
  for (std::size_t row = 0; row < kRank; ++row) {
    KemPoly& s = key.private_->s[row];
    detail::decode12(s, &encoded[384 * row]);
    detail::reduce(s);
  }
  std::copy(encoded.end() - 32, encoded.end(), key.private_->z.begin());
  return key;
}

template <std::size_t Set>
auto MlKem<Set>::DecapsulationKey::encode() const noexcept -> SecretArray<kDecapsulationKeyBytes> {
  SecretArray<kDecapsulationKeyBytes> out;
  std::byte* at = out->data();
  for (const KemPoly& s : private_->s) {
    detail::encode12(s, at);
    at += 384;
  }
  at = std::copy(public_.bytes_.begin(), public_.bytes_.end(), at);
  at = std::copy(public_.hash_.begin(), public_.hash_.end(), at);
  std::copy(private_->z.begin(), private_->z.end(), at);
  return out;
}

template <std::size_t Set>
auto MlKem<Set>::DecapsulationKey::decapsulate(ByteSpan ciphertext) const -> Result<SharedSecret> {
  if (ciphertext.size() != kCiphertextBytes)
    return Error(Errc::Malformed, "ML-KEM ciphertext of the wrong length");
  struct {
    KemPoly u[kRank], v, product;
    std::array<std::byte, 32> message, rejected;
    std::array<std::byte, 64> secret_and_coins;
    Ciphertext again;
  } t;
  const ct::Wiper wiper(t);
  // K-PKE.Decrypt, algorithm 15.
  for (std::size_t i = 0; i < kRank; ++i) {
    detail::decompress(t.u[i], kDu, &ciphertext[32 * kDu * i]);
    detail::ntt(t.u[i]);
  }
  detail::decompress(t.v, kDv, &ciphertext[32 * kDu * kRank]);
  t.product = detail::multiply(private_->s.data(), 1, t.u, kRank);
  detail::inverse_ntt(t.product);
  for (std::size_t i = 0; i < 256; ++i)
    t.v.at[i] = static_cast<std::int16_t>(t.v.at[i] - t.product.at[i]);
  detail::reduce(t.v);
  detail::compress(t.v, 1, t.message.data());

  t.secret_and_coins = detail::sha3_512({t.message, public_.hash_});
  detail::shake256({private_->z, ciphertext}, t.rejected);
  public_.encrypt(t.message, std::span(t.secret_and_coins).template last<32>(), t.again);
  // Neither the verdict nor the place of a difference may show.
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < kCiphertextBytes; ++i)
    difference |= static_cast<std::uint64_t>(ciphertext[i] ^ t.again[i]);
  const auto keep = static_cast<std::byte>(ct::is_zero(difference));
  SharedSecret secret;
  for (std::size_t i = 0; i < kSharedSecretBytes; ++i)
    (*secret)[i] = t.rejected[i] ^ (keep & (t.rejected[i] ^ t.secret_and_coins[i]));
  return secret;
}

template class MlKem<512>;
template class MlKem<768>;
template class MlKem<1024>;

}  // namespace avila::post_quantum
