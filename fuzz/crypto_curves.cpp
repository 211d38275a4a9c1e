// What comes from outside to the keys on curves: ECDSA signatures in DER and public keys. Whatever
// is taken encodes back to the very same bytes, and can be used. The first byte chooses.
#include <algorithm>
#include <avila/crypto/ec.hpp>
#include <avila/crypto/ed25519.hpp>
#include <avila/crypto/x25519.hpp>
#include <avila/error/assert.hpp>
#include <cstdint>

namespace {

using namespace avila;
using namespace avila::crypto;

bool same(ByteSpan a, ByteSpan b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

template <class C>
const EcPrivateKey<C>& own_key() {
  static const auto key = [] {
    std::array<std::byte, EcPrivateKey<C>::kBytes> scalar{};
    scalar.back() = std::byte{77};
    return EcPrivateKey<C>::decode(scalar);
  }();
  return *key;
}

template <class C>
void check_signature(ByteSpan input) {
  const auto signature = EcdsaSignature<C>::decode_der(input);
  if (!signature.has_value()) return;
  AVILA_ASSERT(same(signature->to_der(), input));
  AVILA_ASSERT(same(EcdsaSignature<C>::decode(signature->bytes)->bytes, signature->bytes));
  const auto& key = own_key<C>().public_key();
  const std::array<std::byte, 32> digest{};
  AVILA_ASSERT(key.verify_digest(digest, *signature).has_value() ==
               key.verify_digest(digest, signature->with_low_s()).has_value());
}

template <class C>
void check_key(ByteSpan input) {
  const auto key = EcPublicKey<C>::decode(input);
  if (!key.has_value()) return;
  const auto form = input.size() == 1 + C::Field::kBytes ? field::PointForm::Compressed
                                                         : field::PointForm::Uncompressed;
  AVILA_ASSERT(same(key->encode(form), input));
  // k P has the same x whichever way P was written.
  const auto other = EcPublicKey<C>::decode(key->encode(field::PointForm::Compressed));
  AVILA_ASSERT(same(*own_key<C>().agree(*key), *own_key<C>().agree(*other)));
}

void check_25519(ByteSpan input) {
  const auto ed = Ed25519PublicKey::decode(input.first(std::min<std::size_t>(input.size(), 32)));
  if (ed.has_value()) {
    AVILA_ASSERT(same(ed->bytes(), input.first(32)));
    const bool passes = ed->verify({}, input.subspan(32)).has_value();
    AVILA_ASSERT(!passes || input.size() == 96);
  }
  const auto x = X25519PublicKey::decode(input);
  AVILA_ASSERT(x.has_value() == (input.size() == 32));
  if (!x.has_value()) return;
  static const auto key = X25519PrivateKey::from_bytes(std::array<std::byte, 32>{std::byte{9}});
  const auto shared = key.agree(*x);
  AVILA_ASSERT(!shared.has_value() || !same(**shared, std::array<std::byte, 32>{}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteSpan input = std::as_bytes(std::span(data + 1, size - 1));
  switch (data[0] % 9) {
    case 0: check_signature<field::CurveP256>(input); break;
    case 1: check_signature<field::CurveP384>(input); break;
    case 2: check_signature<field::CurveSecp256k1>(input); break;
    case 3: check_key<field::CurveP256>(input); break;
    case 4: check_key<field::CurveP384>(input); break;
    case 5: check_key<field::CurveSecp256k1>(input); break;
    case 7: check_signature<field::CurveP521>(input); break;
    case 8: check_key<field::CurveP521>(input); break;
    default: check_25519(input);
  }
  return 0;
}
