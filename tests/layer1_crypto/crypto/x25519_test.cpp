#include <avila/crypto/x25519.hpp>
#include <avila/os/entropy.hpp>

#include <type_traits>

#include "curve_support.hpp"

namespace {

using namespace avila;
using namespace avila::crypto;
using crypto_test::hex;

X25519PrivateKey key_of(std::string_view bytes) {
  return X25519PrivateKey::from_bytes(ByteSpan(hex(bytes)).first<32>());
}

// RFC 7748 section 6.1.
constexpr std::string_view kAlice =
    "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
constexpr std::string_view kAlicePublic =
    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
constexpr std::string_view kBob =
    "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
constexpr std::string_view kShared =
    "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

TEST(X25519, AgreesAsTheRfcSays) {
  const auto alice = key_of(kAlice), bob = key_of(kBob);
  const auto expected = hex(kAlicePublic), shared = hex(kShared);
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), alice.public_key().bytes().begin()));
  const auto ours = alice.agree(bob.public_key()), theirs = bob.agree(alice.public_key());
  ASSERT_TRUE(ours.has_value() && theirs.has_value());
  EXPECT_TRUE(std::equal(shared.begin(), shared.end(), (*ours)->begin()));
  EXPECT_TRUE(std::equal(shared.begin(), shared.end(), (*theirs)->begin()));
}

TEST(X25519, BothSidesAgree) {
  os::SeededEntropy entropy(1);
  for (int round = 0; round < 8; ++round) {
    const auto a = X25519PrivateKey::generate(entropy), b = X25519PrivateKey::generate(entropy);
    ASSERT_TRUE(a.has_value() && b.has_value());
    const auto ab = a->agree(b->public_key()), ba = b->agree(a->public_key());
    ASSERT_TRUE(ab.has_value() && ba.has_value());
    EXPECT_EQ(**ab, **ba);
  }
}

// Curve25519's points of small order and those of its twist: the secret would be zero.
TEST(X25519, RefusesKeysOfSmallOrder) {
  os::SeededEntropy entropy(2);
  const auto key = X25519PrivateKey::generate(entropy);
  for (const char* u : {
           "0000000000000000000000000000000000000000000000000000000000000000",
           "0100000000000000000000000000000000000000000000000000000000000000",
           "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
           "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
           "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
       }) {
    const auto peer = X25519PublicKey::decode(hex(u));
    ASSERT_TRUE(peer.has_value());  // any 32 bytes are a key
    EXPECT_EQ(key->agree(*peer).error().code(), Errc::Malformed) << u;
  }
}

TEST(X25519, DecodesThirtyTwoBytesOnly) {
  EXPECT_EQ(X25519PublicKey::decode(std::array<std::byte, 31>{}).error().code(), Errc::Malformed);
  EXPECT_EQ(X25519PublicKey::decode(std::array<std::byte, 33>{}).error().code(), Errc::Malformed);
}

TEST(X25519, KeysAreKeptAsTheyAreGiven) {
  const auto key = key_of("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
  EXPECT_EQ((*key.bytes())[0], std::byte{0xFF});  // clamped where it is used
  const auto clamped = key_of("f8ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
  EXPECT_EQ(key.public_key(), clamped.public_key());
}

TEST(X25519, PrivateKeysAreNotCopiedAndAreWiped) {
  static_assert(!std::is_copy_constructible_v<X25519PrivateKey>);
  static_assert(std::is_nothrow_move_constructible_v<X25519PrivateKey>);
  static_assert(!crypto_test::Printable<X25519PrivateKey>);
  static_assert(!crypto_test::Comparable<X25519PrivateKey>);
  alignas(X25519PrivateKey) std::byte memory[sizeof(X25519PrivateKey)];
  const auto secret = hex(kAlice);
  auto* key =
      ::new (memory) X25519PrivateKey(X25519PrivateKey::from_bytes(ByteSpan(secret).first<32>()));
  EXPECT_TRUE(crypto_test::contains(memory, secret));
  key->~X25519PrivateKey();
  EXPECT_FALSE(crypto_test::contains(memory, secret));
}

}  // namespace
