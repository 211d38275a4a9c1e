#include <avila/crypto/ed25519.hpp>
#include <avila/field/edwards25519.hpp>
#include <avila/os/entropy.hpp>

#include <type_traits>

#include "curve_support.hpp"

namespace {

using namespace avila;
using namespace avila::crypto;
using crypto_test::hex;

Ed25519PrivateKey key_of(std::string_view seed) {
  return Ed25519PrivateKey::from_seed(ByteSpan(hex(seed)).first<32>());
}

// RFC 8032 section 7.1, TEST 3.
constexpr std::string_view kSeed =
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";
constexpr std::string_view kPublic =
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
constexpr std::string_view kSignature =
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";

TEST(Ed25519, SignsAsTheRfcSays) {
  const auto key = key_of(kSeed);
  const auto expected = hex(kPublic), signature = hex(kSignature);
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), key.public_key().bytes().begin()));
  const auto made = key.sign(hex("af82"));
  EXPECT_TRUE(std::equal(signature.begin(), signature.end(), made.begin()));
  EXPECT_TRUE(key.public_key().verify(hex("af82"), made).has_value());
  EXPECT_EQ(Ed25519PublicKey::decode(expected).value(), key.public_key());
}

TEST(Ed25519, RefusesDamage) {
  const auto key = key_of(kSeed);
  const auto message = hex("af82");
  const auto signature = hex(kSignature);
  for (std::size_t bit = 0; bit < 512; ++bit) {
    auto damaged = signature;
    damaged[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    const auto verdict = key.public_key().verify(message, damaged);
    ASSERT_FALSE(verdict.has_value()) << bit;
    EXPECT_EQ(verdict.error().code(), Errc::Unauthenticated);
  }
  EXPECT_FALSE(key.public_key().verify(hex("af83"), signature).has_value());
  for (const std::size_t size : {0U, 32U, 63U})
    EXPECT_FALSE(key.public_key().verify(message, ByteSpan(signature).first(size)).has_value());
}

TEST(Ed25519, RefusesSPlusTheOrder) {
  const auto key = key_of(kSeed);
  auto signature = hex(kSignature);
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const std::uint64_t limb = field::Order25519::kModulus.p[i / 8];
    carry += static_cast<unsigned>(signature[32 + i]) +
             static_cast<unsigned>(limb >> (8 * (i % 8)) & 0xFF);
    signature[32 + i] = static_cast<std::byte>(carry & 0xFF);
    carry >>= 8;
  }
  EXPECT_FALSE(key.public_key().verify(hex("af82"), signature).has_value());
}

TEST(Ed25519, RefusesKeysThatAreNoPointOrOfSmallOrder) {
  EXPECT_EQ(Ed25519PublicKey::decode(hex("00")).error().code(), Errc::Malformed);
  for (const char* bad : {
           "0200000000000000000000000000000000000000000000000000000000000000",  // no point
           "0100000000000000000000000000000000000000000000000000000000000000",  // the identity
           "0000000000000000000000000000000000000000000000000000000000000000",  // of order 4
           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // of order 2
           "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",  // of order 8
           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",  // y = p
       })
    EXPECT_EQ(Ed25519PublicKey::decode(hex(bad)).error().code(), Errc::Malformed) << bad;
}

// The equation without the cofactor: a key and an R with a part of small order pass only where
// those parts cancel, which they do not in a signature made for the part of order L alone.
TEST(Ed25519, TheEquationHasNoCofactor) {
  const auto key = key_of(kSeed);
  const auto torsion =
      field::EdwardsPoint::decompress(
          ByteSpan(hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"))
              .first<32>())
          .value();
  const auto point = field::EdwardsPoint::decompress(key.public_key().bytes()).value() + torsion;
  const auto mixed = Ed25519PublicKey::decode(point.compress());
  ASSERT_TRUE(mixed.has_value());  // not of small order itself
  int passed = 0;
  for (std::uint8_t i = 0; i < 64; ++i) {
    const std::array<std::byte, 1> message = {std::byte{i}};
    passed += mixed->verify(message, key.sign(message)).has_value() ? 1 : 0;
  }
  EXPECT_EQ(passed, 0);  // k differs: R and A are hashed
}

// RFC 8032 sections 7.2 and 7.3.
TEST(Ed25519, VariantsKnowTheirContext) {
  const auto key = key_of("0305334e381af78f141cb666f6199f57bc3495335a256a95bd2a55bf546663f6");
  const auto message = hex("f726936d19c800494e3fdaff20b276a8");
  const Ed25519Options foo{.context = as_bytes("foo")}, bar{.context = as_bytes("bar")};
  const auto expected =
      hex("55a4cc2f70a54e04288c5f4cd1e45a7bb520b36292911876cada7323198dd87a"
          "8b36950b95130022907a7fb7c4e9b2d5f6cca685a587b4b21f4b888e4e7edb0d");
  const auto made = key.sign(message, foo).value();
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), made.begin()));
  EXPECT_TRUE(key.public_key().verify(message, made, foo).has_value());
  EXPECT_FALSE(key.public_key().verify(message, made, bar).has_value());
  EXPECT_FALSE(key.public_key().verify(message, made).has_value());
  EXPECT_FALSE(key.public_key()
                   .verify(message, made, {.prehash = true, .context = as_bytes("foo")})
                   .has_value());
  const auto hashed = key_of("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42");
  const auto tag =
      hex("98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
          "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406");
  const auto signature = hashed.sign(as_bytes("abc"), {.prehash = true}).value();
  EXPECT_TRUE(std::equal(tag.begin(), tag.end(), signature.begin()));
  EXPECT_TRUE(hashed.public_key().verify(as_bytes("abc"), tag, {.prehash = true}).has_value());
  EXPECT_FALSE(hashed.public_key().verify(as_bytes("abc"), tag).has_value());
}

TEST(Ed25519, ContextsHaveALimit) {
  const auto key = key_of(kSeed);
  std::vector<std::byte> context(Ed25519Options::kMaxContext, std::byte{7});
  const auto signature = key.sign({}, {.context = context});
  ASSERT_TRUE(signature.has_value());
  EXPECT_TRUE(key.public_key().verify({}, *signature, {.context = context}).has_value());
  context.push_back(std::byte{7});
  EXPECT_EQ(key.sign({}, {.context = context}).error().code(), Errc::InvalidArgument);
  EXPECT_EQ(key.public_key().verify({}, *signature, {.context = context}).error().code(),
            Errc::InvalidArgument);
}

TEST(Ed25519, GeneratedKeysSign) {
  os::SeededEntropy entropy(1);
  const auto key = Ed25519PrivateKey::generate(entropy);
  ASSERT_TRUE(key.has_value());
  const auto message = as_bytes("message");
  EXPECT_TRUE(key->public_key().verify(message, key->sign(message)).has_value());
  const auto again = Ed25519PrivateKey::from_seed(*key->seed());
  EXPECT_EQ(again.public_key(), key->public_key());
  EXPECT_EQ(again.sign(message), key->sign(message));
}

TEST(Ed25519, PrivateKeysAreNotCopiedAndAreWiped) {
  static_assert(!std::is_copy_constructible_v<Ed25519PrivateKey>);
  static_assert(std::is_nothrow_move_constructible_v<Ed25519PrivateKey>);
  static_assert(!crypto_test::Printable<Ed25519PrivateKey>);
  static_assert(!crypto_test::Comparable<Ed25519PrivateKey>);
  alignas(Ed25519PrivateKey) std::byte memory[sizeof(Ed25519PrivateKey)];
  auto* key = ::new (memory) Ed25519PrivateKey(key_of(kSeed));
  EXPECT_TRUE(crypto_test::contains(memory, hex(kSeed)));
  key->~Ed25519PrivateKey();
  EXPECT_FALSE(crypto_test::contains(memory, hex(kSeed)));
}

}  // namespace
