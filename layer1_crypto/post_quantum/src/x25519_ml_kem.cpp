#include <algorithm>
#include <avila/field/x25519.hpp>
#include <avila/os/entropy.hpp>
#include <avila/post_quantum/x25519_ml_kem.hpp>

namespace avila::post_quantum {

namespace {

constexpr std::size_t kX = X25519MlKem768::kX25519Bytes;

// The last kX bytes of `shared`. RFC 7748 section 6.1: a result of all zeros tells that the peer's
// share was of small order; TLS 1.3 refuses it (RFC 8446 section 7.4.2).
Result<void> agree_x25519(X25519MlKem768::SharedSecret& shared, field::X25519View key,
                          field::X25519View peer) {
  if (!field::x25519(std::span(*shared).last<kX>(), key, peer))
    return Error(Errc::Malformed, "X25519 share of small order");
  return {};
}

}  // namespace

X25519MlKem768::ClientKey::ClientKey(MlKem768::DecapsulationKey kem,
                                     std::span<const std::byte, kX25519Bytes> x) noexcept
    : kem_(std::move(kem)) {
  std::ranges::copy(x, x25519_->begin());
  const auto& ek = kem_.encapsulation_key().bytes();
  const auto end = std::ranges::copy(ek, share_.begin()).out;
  std::ranges::copy(field::x25519_base(x), end);
}

auto X25519MlKem768::ClientKey::generate(os::Entropy& entropy) -> Result<ClientKey> {
  SecretArray<kSeedBytes> seed;
  AVILA_TRY_VOID(entropy.fill(*seed));
  return from_seed(*seed);
}

auto X25519MlKem768::ClientKey::from_seed(std::span<const std::byte, kSeedBytes> seed) noexcept
    -> ClientKey {
  return ClientKey(MlKem768::DecapsulationKey::from_seed(seed.first<MlKem768::kSeedBytes>()),
                   seed.last<kX25519Bytes>());
}

auto X25519MlKem768::ClientKey::agree(ByteSpan server_share) const -> Result<SharedSecret> {
  if (server_share.size() != kServerShareBytes)
    return Error(Errc::Malformed, "X25519MLKEM768 server share of the wrong length");
  SharedSecret shared;
  AVILA_TRY_VOID(agree_x25519(shared, *x25519_, server_share.last<kX25519Bytes>()));
  AVILA_TRY(const auto kem, kem_.decapsulate(server_share.first(MlKem768::kCiphertextBytes)));
  std::ranges::copy(*kem, shared->begin());
  return shared;
}

auto X25519MlKem768::respond(ByteSpan client_share, os::Entropy& entropy) -> Result<Response> {
  if (client_share.size() != kClientShareBytes)
    return Error(Errc::Malformed, "X25519MLKEM768 client share of the wrong length");
  AVILA_TRY(const auto kem, MlKem768::EncapsulationKey::decode(
                                client_share.first(MlKem768::kEncapsulationKeyBytes)));
  SecretArray<kX25519Bytes> key;
  AVILA_TRY_VOID(entropy.fill(*key));
  Response response;
  AVILA_TRY_VOID(agree_x25519(response.shared_secret, *key, client_share.last<kX25519Bytes>()));
  AVILA_TRY(const auto sent, kem.encapsulate(entropy));
  const auto end = std::ranges::copy(sent.ciphertext, response.share.begin()).out;
  std::ranges::copy(field::x25519_base(*key), end);
  std::ranges::copy(*sent.shared_secret, response.shared_secret->begin());
  return response;
}

}  // namespace avila::post_quantum
