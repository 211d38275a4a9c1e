// What a decoder of points takes is on the curve, and encodes back to the very same bytes. The
// first byte chooses the decoder.
#include <algorithm>
#include <avila/error/assert.hpp>
#include <avila/field/ristretto255.hpp>
#include <avila/field/weierstrass.hpp>
#include <cstdint>

namespace {

using namespace avila;
using namespace avila::field;

bool same(ByteSpan a, ByteSpan b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

template <class P>
void check_sec1(ByteSpan input) {
  const auto point = P::decode(input);
  if (!point.has_value()) return;
  const bool compressed = input.size() == 1 + P::kFieldBytes;
  AVILA_ASSERT(
      same(point->encode(compressed ? PointForm::Compressed : PointForm::Uncompressed), input));
  const auto affine = point->to_affine();
  AVILA_ASSERT(affine.y.square() == P::equation(affine.x));
  AVILA_ASSERT((*point - *point).is_identity());
}

void check_25519(EdwardsPoint::ByteView input) {
  const auto strict = EdwardsPoint::decompress(input);
  const auto loose = EdwardsPoint::decompress(input, PointEncoding::Zip215);
  AVILA_ASSERT(!strict.has_value() || loose.has_value());
  if (strict.has_value()) {
    AVILA_ASSERT(same(strict->compress(), input));
    AVILA_ASSERT(*strict == *loose);
  }
  if (loose.has_value()) {
    const auto again = EdwardsPoint::decompress(loose->compress());
    AVILA_ASSERT(again.has_value() && *again == *loose);
  }
  const auto element = RistrettoPoint::decode(input);
  if (element.has_value()) {
    AVILA_ASSERT(same(element->encode(), input));
    AVILA_ASSERT(RistrettoPoint::decode((*element + *element).encode()).value() ==
                 element->twice());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteSpan input = std::as_bytes(std::span(data + 1, size - 1));
  switch (data[0] % 5) {
    case 0: check_sec1<P256Point>(input); break;
    case 1: check_sec1<P384Point>(input); break;
    case 2: check_sec1<Secp256k1Point>(input); break;
    case 4: check_sec1<P521Point>(input); break;
    default:
      if (input.size() == 32) check_25519(input.first<32>());
  }
  return 0;
}
