// No branch and no address depends on a private key, and no time: by memcheck and by Welch's
// t-test, each with a function that leaks to show that it sees.
#include <gtest/gtest.h>

#include <avila/crypto/ec.hpp>
#include <avila/crypto/ed25519.hpp>
#include <avila/crypto/x25519.hpp>
#include <avila/field/ct.hpp>
#include <avila/os/entropy.hpp>
#include <avila_test/ctgrind.hpp>
#include <avila_test/welch.hpp>

namespace {

using namespace avila;
using namespace avila::crypto;
namespace ct = field::ct;
using avila_test::keep;
using avila_test::SecretInput;

/// Entropy that gives secrets.
class SecretEntropy final : public os::Entropy {
 public:
  Result<void> fill(MutableByteSpan into) override {
    for (std::byte& b : into) b = static_cast<std::byte>(next_++ * 29 + 3);
    ct::classify(into.data(), into.size());
    return {};
  }

 private:
  unsigned next_ = 0;
};

/// Leaks by design: a square-and-multiply loop that branches on the key's bits.
bool leaky_power(std::span<const std::byte> key) {
  field::FeP256 x = field::FeP256::one();
  const field::FeP256 base = field::FeP256::from_u64(3);
  for (const std::byte b : key) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      x = x.square();
      if ((static_cast<unsigned>(b) >> bit & 1) != 0) x = x * base;
    }
  }
  keep(x);
  return true;
}

template <class C>
void use_curve() {
  SecretInput<EcPrivateKey<C>::kBytes> secret;
  secret.bytes[0] &= std::byte{1};  // below every order
  const auto key = EcPrivateKey<C>::decode(secret.bytes);
  ASSERT_TRUE(key.has_value());
  const auto message = as_bytes("message");
  const auto signature = key->sign(DigestAlgorithm::Sha256, message).value();
  EXPECT_TRUE(key->public_key().verify(DigestAlgorithm::Sha256, message, signature).has_value());
  SecretEntropy entropy;
  const auto hedged = key->sign(DigestAlgorithm::Sha512, message, &entropy).value();
  EXPECT_TRUE(key->public_key().verify(DigestAlgorithm::Sha512, message, hedged).has_value());
  keep(key->sign(DigestAlgorithm::Sha3_256, message).value().with_low_s());
  keep(key->agree(key->public_key()));
  keep(key->bytes());
  const auto other = EcPrivateKey<C>::generate(entropy);
  keep(other->agree(key->public_key()));
}

// Each of these runs under valgrind only, in a process of its own: the tests below start them.
TEST(ConstantTimeChild, CurveLeak) {
  AVILA_CTGRIND_CHILD();
  const SecretInput<32> secret;
  EXPECT_TRUE(leaky_power(secret.bytes));
}
TEST(ConstantTimeChild, P256) {
  AVILA_CTGRIND_CHILD();
  use_curve<field::CurveP256>();
}
TEST(ConstantTimeChild, P384) {
  AVILA_CTGRIND_CHILD();
  use_curve<field::CurveP384>();
}
TEST(ConstantTimeChild, P521) {
  AVILA_CTGRIND_CHILD();
  use_curve<field::CurveP521>();
}
TEST(ConstantTimeChild, Secp256k1) {
  AVILA_CTGRIND_CHILD();
  use_curve<field::CurveSecp256k1>();
}
TEST(ConstantTimeChild, Ed25519) {
  AVILA_CTGRIND_CHILD();
  const SecretInput<32> secret;
  const auto key = Ed25519PrivateKey::from_seed(secret.bytes);
  const auto message = as_bytes("message");
  EXPECT_TRUE(key.public_key().verify(message, key.sign(message)).has_value());
  const Ed25519Options options{.prehash = true, .context = as_bytes("context")};
  EXPECT_TRUE(
      key.public_key().verify(message, key.sign(message, options).value(), options).has_value());
}
TEST(ConstantTimeChild, X25519) {
  AVILA_CTGRIND_CHILD();
  SecretEntropy entropy;
  const auto a = X25519PrivateKey::generate(entropy), b = X25519PrivateKey::generate(entropy);
  keep(a->agree(b->public_key()).value());
}

TEST(CurveConstantTime, NoBranchOrAddressDependsOnAKeyUnderMemcheck) {
  AVILA_REQUIRE_CTGRIND();
  avila_test::expect_leaks_seen({"CurveLeak"});
  avila_test::expect_no_leaks({"P256", "P384", "P521", "Secp256k1", "Ed25519", "X25519"});
}

TEST(CurveConstantTime, TimesDoNotTellTheKeyByWelchsTest) {
  using Key = std::array<std::byte, 32>;
  const auto tells = avila_test::times_tell_the_key<32>;
  EXPECT_TRUE(tells([](const Key& key) { (void)leaky_power(key); })) << "a leak was not seen";
  const auto message = as_bytes("message");
  const auto peer = P256PrivateKey::decode(Key{std::byte{9}})->public_key();
  const auto peer25519 = X25519PrivateKey::from_bytes(Key{std::byte{9}}).public_key();
  EXPECT_FALSE(tells([&](const Key& key) {
    keep(P256PrivateKey::decode(key)->sign(DigestAlgorithm::Sha256, message).value());
  })) << "ECDSA on P-256";
  EXPECT_FALSE(tells([&](const Key& key) { keep(P256PrivateKey::decode(key)->agree(peer)); }))
      << "ECDH on P-256";
  EXPECT_FALSE(tells([&](const Key& key) {
    keep(Secp256k1PrivateKey::decode(key)->sign(DigestAlgorithm::Sha256, message).value());
  })) << "ECDSA on secp256k1";
  EXPECT_FALSE(tells([&](const Key& key) {
    keep(Ed25519PrivateKey::from_seed(key).sign(message));
  })) << "Ed25519";
  EXPECT_FALSE(tells([&](const Key& key) {
    keep(X25519PrivateKey::from_bytes(key).agree(peer25519).value());
  })) << "X25519";
}

}  // namespace
