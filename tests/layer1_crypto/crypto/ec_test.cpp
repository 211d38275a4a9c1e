#include <avila/crypto/ec.hpp>
#include <avila/os/entropy.hpp>
#include <type_traits>

#include "curve_support.hpp"

namespace {

using namespace avila;
using namespace avila::crypto;
using crypto_test::hex;

template <class C>
class EcKeys : public testing::Test {};
using Curves =
    testing::Types<field::CurveP256, field::CurveP384, field::CurveP521, field::CurveSecp256k1>;
TYPED_TEST_SUITE(EcKeys, Curves);

/// Gives the same bytes for ever.
class StuckEntropy final : public os::Entropy {
 public:
  explicit StuckEntropy(std::byte value) : value_(value) {}
  Result<void> fill(MutableByteSpan into) override {
    std::fill(into.begin(), into.end(), value_);
    return {};
  }

 private:
  std::byte value_;
};
class FailingEntropy final : public os::Entropy {
 public:
  Result<void> fill(MutableByteSpan) override { return Error(Errc::Unavailable, "no entropy"); }
};

TYPED_TEST(EcKeys, SignaturesVerifyAndDamageIsRefused) {
  using Key = EcPrivateKey<TypeParam>;
  os::SeededEntropy entropy(1);
  for (int round = 0; round < 4; ++round) {
    const auto key = Key::generate(entropy);
    ASSERT_TRUE(key.has_value());
    const auto message = as_bytes("message");
    for (const auto algorithm :
         {DigestAlgorithm::Sha224, DigestAlgorithm::Sha256, DigestAlgorithm::Sha384,
          DigestAlgorithm::Sha512, DigestAlgorithm::Sha512_224, DigestAlgorithm::Sha512_256,
          DigestAlgorithm::Sha3_256, DigestAlgorithm::Sha3_384, DigestAlgorithm::Sha3_512}) {
      const auto signature = key->sign(algorithm, message);
      ASSERT_TRUE(signature.has_value()) << name(algorithm);
      EXPECT_TRUE(key->public_key().verify(algorithm, message, *signature).has_value());
      const auto wrong = key->public_key().verify(algorithm, as_bytes("massage"), *signature);
      ASSERT_FALSE(wrong.has_value());
      EXPECT_EQ(wrong.error().code(), Errc::Unauthenticated);
    }
    const auto signature = key->sign(DigestAlgorithm::Sha256, message).value();
    for (std::size_t bit = 0; bit < 8 * signature.bytes.size(); bit += 7) {
      auto damaged = signature;
      damaged.bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
      EXPECT_FALSE(key->public_key().verify(DigestAlgorithm::Sha256, message, damaged).has_value());
    }
    const auto other = Key::generate(entropy);
    EXPECT_FALSE(
        other->public_key().verify(DigestAlgorithm::Sha256, message, signature).has_value());
  }
}

TYPED_TEST(EcKeys, NoncesAreDeterministicUnlessHedged) {
  using Key = EcPrivateKey<TypeParam>;
  os::SeededEntropy entropy(2);
  const auto key = Key::generate(entropy);
  const auto message = as_bytes("message");
  const auto one = key->sign(DigestAlgorithm::Sha256, message).value();
  EXPECT_EQ(one.bytes, key->sign(DigestAlgorithm::Sha256, message)->bytes);
  const auto hedged = key->sign(DigestAlgorithm::Sha256, message, &entropy).value();
  const auto again = key->sign(DigestAlgorithm::Sha256, message, &entropy).value();
  EXPECT_NE(hedged.bytes, one.bytes);
  EXPECT_NE(hedged.bytes, again.bytes);
  EXPECT_TRUE(key->public_key().verify(DigestAlgorithm::Sha256, message, hedged).has_value());
  FailingEntropy failing;
  EXPECT_EQ(key->sign(DigestAlgorithm::Sha256, message, &failing).error().code(),
            Errc::Unavailable);
}

TYPED_TEST(EcKeys, SigningRefusesSha1AndDigestsOfAnotherLength) {
  using Key = EcPrivateKey<TypeParam>;
  os::SeededEntropy entropy(3);
  const auto key = Key::generate(entropy);
  EXPECT_EQ(key->sign(DigestAlgorithm::Sha1, as_bytes("x")).error().code(), Errc::InvalidArgument);
  const std::array<std::byte, 31> digest{};
  EXPECT_EQ(key->sign_digest(DigestAlgorithm::Sha256, digest).error().code(),
            Errc::InvalidArgument);
  const EcdsaSignature<TypeParam> signature{};
  const auto& public_key = key->public_key();
  EXPECT_EQ(public_key.verify_digest(ByteSpan(digest).first(19), signature).error().code(),
            Errc::InvalidArgument);
  const std::array<std::byte, 65> longer{};
  EXPECT_EQ(public_key.verify_digest(longer, signature).error().code(), Errc::InvalidArgument);
  EXPECT_EQ(public_key.verify_digest(digest, signature).error().code(), Errc::Unauthenticated);
}

TYPED_TEST(EcKeys, ZeroAndTheOrderAreRefusedAsNumbersOfASignature) {
  using Key = EcPrivateKey<TypeParam>;
  using Scalar = typename TypeParam::Scalar;
  constexpr std::size_t kHalf = Scalar::kBytes;
  os::SeededEntropy entropy(4);
  const auto key = Key::generate(entropy);
  const auto good = key->sign(DigestAlgorithm::Sha256, as_bytes("m")).value();
  std::array<std::byte, kHalf> order{};
  field::detail::store_limbs(order, Scalar::Params::kModulus.p, true);
  for (const std::size_t at : {std::size_t{0}, kHalf}) {
    auto bad = good;
    std::fill_n(bad.bytes.begin() + static_cast<std::ptrdiff_t>(at), kHalf, std::byte{0});
    EXPECT_FALSE(key->public_key().verify(DigestAlgorithm::Sha256, as_bytes("m"), bad).has_value());
    std::copy(order.begin(), order.end(), bad.bytes.begin() + static_cast<std::ptrdiff_t>(at));
    EXPECT_FALSE(key->public_key().verify(DigestAlgorithm::Sha256, as_bytes("m"), bad).has_value());
  }
}

TYPED_TEST(EcKeys, LowAndHighSBothVerify) {
  using Key = EcPrivateKey<TypeParam>;
  using Scalar = typename TypeParam::Scalar;
  os::SeededEntropy entropy(5);
  const auto key = Key::generate(entropy);
  for (std::uint8_t i = 0; i < 8; ++i) {
    const std::array<std::byte, 1> message = {std::byte{i}};
    const auto signature = key->sign(DigestAlgorithm::Sha256, message).value();
    const auto low = signature.with_low_s();
    EXPECT_EQ(low.bytes, low.with_low_s().bytes);
    EXPECT_TRUE((low.bytes[Scalar::kBytes] & std::byte{0x80}) == std::byte{0});
    auto high = low;
    const auto s = Scalar::from_bytes_be(ByteSpan(low.bytes).last(Scalar::kBytes)).value();
    const auto negated = (-s).to_bytes_be();
    std::copy(negated.begin(), negated.end(), high.bytes.begin() + Scalar::kBytes);
    EXPECT_EQ(high.with_low_s().bytes, low.bytes);
    EXPECT_TRUE(signature.bytes == low.bytes || signature.bytes == high.bytes);
    for (const auto& either : {low, high})
      EXPECT_TRUE(key->public_key().verify(DigestAlgorithm::Sha256, message, either).has_value());
  }
}

TYPED_TEST(EcKeys, BothSidesAgree) {
  using Key = EcPrivateKey<TypeParam>;
  os::SeededEntropy entropy(6);
  for (int round = 0; round < 4; ++round) {
    const auto a = Key::generate(entropy), b = Key::generate(entropy);
    EXPECT_EQ(*a->agree(b->public_key()), *b->agree(a->public_key()));
    EXPECT_NE(*a->agree(b->public_key()), *a->agree(a->public_key()));
  }
}

TYPED_TEST(EcKeys, PrivateKeysDecodeAndEncode) {
  using Key = EcPrivateKey<TypeParam>;
  os::SeededEntropy entropy(7);
  const auto key = Key::generate(entropy);
  const auto again = Key::decode(*key->bytes());
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again->bytes(), *key->bytes());
  EXPECT_EQ(again->public_key(), key->public_key());
  std::array<std::byte, Key::kBytes> number{};
  EXPECT_EQ(Key::decode(number).error().code(), Errc::Malformed);
  number.fill(std::byte{0xFF});
  EXPECT_EQ(Key::decode(number).error().code(), Errc::Malformed);
  EXPECT_EQ(Key::decode(ByteSpan(number).first(Key::kBytes - 1)).error().code(), Errc::Malformed);
}

TYPED_TEST(EcKeys, PublicKeysDecodeAndEncode) {
  using Key = EcPrivateKey<TypeParam>;
  os::SeededEntropy entropy(8);
  const auto key = Key::generate(entropy);
  for (const auto form : {field::PointForm::Compressed, field::PointForm::Uncompressed}) {
    const auto encoded = key->public_key().encode(form);
    const auto again = EcPublicKey<TypeParam>::decode(encoded);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(*again, key->public_key());
    for (std::size_t size = 0; size < encoded.size; ++size)
      EXPECT_FALSE(EcPublicKey<TypeParam>::decode(ByteSpan(encoded).first(size)).has_value());
  }
  EXPECT_FALSE(EcPublicKey<TypeParam>::decode(std::array<std::byte, 1>{}).has_value());
}

TYPED_TEST(EcKeys, GenerationEndsWhenTheEntropyIsBroken) {
  using Key = EcPrivateKey<TypeParam>;
  for (const std::byte value : {std::byte{0}, std::byte{0xFF}}) {
    StuckEntropy stuck(value);
    EXPECT_EQ(Key::generate(stuck).error().code(), Errc::Unavailable);
  }
  FailingEntropy failing;
  EXPECT_EQ(Key::generate(failing).error().code(), Errc::Unavailable);
}

TYPED_TEST(EcKeys, DerIsStrict) {
  using Key = EcPrivateKey<TypeParam>;
  using Signature = EcdsaSignature<TypeParam>;
  os::SeededEntropy entropy(9);
  const auto key = Key::generate(entropy);
  for (std::uint8_t i = 0; i < 16; ++i) {
    const std::array<std::byte, 1> message = {std::byte{i}};
    const auto signature = key->sign(DigestAlgorithm::Sha256, message).value();
    const auto der = signature.to_der();
    const auto again = Signature::decode_der(der);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->bytes, signature.bytes);
    for (std::size_t size = 0; size < der.size(); ++size)
      EXPECT_EQ(Signature::decode_der(ByteSpan(der).first(size)).error().code(), Errc::Malformed);
    auto longer = der;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(Signature::decode_der(longer).has_value());
  }
  EXPECT_FALSE(Signature::decode(std::array<std::byte, Signature::kBytes - 1>{}).has_value());
  EXPECT_TRUE(Signature::decode(std::array<std::byte, Signature::kBytes>{}).has_value());
  for (const char* bad : {
           "3006020101020101ff",      // a byte after it
           "3009020101020101020101",  // a third number
           "3003020101",              // one number
           "300602018102 0101",       // negative
           "30070202000102 0101",     // a zero too many
           "3080020101020101 0000"    // of indefinite length
       })
    EXPECT_FALSE(Signature::decode_der(hex(bad)).has_value()) << bad;
  std::string number = "00" + std::string(2 * TypeParam::Scalar::kBytes, 'f');
  EXPECT_TRUE(Signature::decode_der(crypto_test::der_pair(number, "01")).has_value());
  EXPECT_FALSE(Signature::decode_der(crypto_test::der_pair("01" + number, "01")).has_value());
  EXPECT_FALSE(Signature::decode_der(crypto_test::der_pair("01", "01" + number)).has_value());
}

// r may be the x-coordinate less the order: of x between the order and p, there are few enough on
// P-256 that no signature here meets it by chance. So the key is made to fit: r + order is the
// x-coordinate of a point R, and the key is r^-1 (s R - z G).
TYPED_TEST(EcKeys, AnXAboveTheOrderVerifies) {
  using C = TypeParam;
  using Scalar = typename C::Scalar;
  using Field = typename C::Field;
  using Point = field::CurvePoint<C>;
  auto limbs = Scalar::Params::kModulus.p;
  int found = 0;
  for (std::uint64_t small = 1; small < 40 && found < 3; ++small) {
    const Field x = Field::from_limbs(limbs) + Field::from_u64(small);
    const Field y = Point::equation(x).sqrt_candidate();
    const auto point = Point::from_affine(x, y);
    if (!point.has_value()) continue;
    ++found;
    const Scalar r = Scalar::from_u64(small), s = Scalar::from_u64(77 + small);
    const auto hashed = crypto::digest(DigestAlgorithm::Sha256, as_bytes("message"));
    const Scalar z = Scalar::reduce_be(hashed);
    const Point key = r.inverse() * (s * *point - z * Point::base());
    EcdsaSignature<C> signature;
    const auto r_bytes = r.to_bytes_be(), s_bytes = s.to_bytes_be();
    std::copy(r_bytes.begin(), r_bytes.end(), signature.bytes.begin());
    std::copy(s_bytes.begin(), s_bytes.end(), signature.bytes.begin() + Scalar::kBytes);
    const auto public_key = EcPublicKey<C>::from_point_unchecked(key);
    EXPECT_TRUE(public_key.verify_digest(hashed, signature).has_value()) << small;
    signature.bytes[Scalar::kBytes - 1] ^= std::byte{64};
    EXPECT_FALSE(public_key.verify_digest(hashed, signature).has_value()) << small;
  }
  EXPECT_EQ(found, 3);
}

TEST(EcPrivateKeys, AreNeitherCopiedNorPrintedNorCompared) {
  static_assert(!std::is_copy_constructible_v<P256PrivateKey>);
  static_assert(!std::is_copy_assignable_v<P256PrivateKey>);
  static_assert(std::is_nothrow_move_constructible_v<P256PrivateKey>);
  static_assert(!crypto_test::Printable<P256PrivateKey>);
  static_assert(!crypto_test::Comparable<P256PrivateKey>);
}

TEST(EcPrivateKeys, AreWipedAtTheEndAndWhenMovedFrom) {
  alignas(P256PrivateKey) std::byte memory[sizeof(P256PrivateKey)];
  os::SeededEntropy entropy(10);
  auto* key = ::new (memory) P256PrivateKey(P256PrivateKey::generate(entropy).value());
  const auto montgomery = field::ScalarP256::from_bytes_be(*key->bytes())->montgomery();
  const auto holds_it = [&] {
    return crypto_test::contains(memory, std::as_bytes(std::span(montgomery)));
  };
  EXPECT_TRUE(holds_it());
  const P256PrivateKey moved(std::move(*key));
  EXPECT_FALSE(holds_it());
  key->~P256PrivateKey();
  EXPECT_FALSE(holds_it());
  EXPECT_EQ(moved.public_key(), P256PrivateKey::decode(*moved.bytes())->public_key());
}

}  // namespace
