// No branch and no address depends on a private key of RSA or on what it decrypts, and no time: by
// memcheck and by Welch's t-test, each with a function that leaks to show that it sees. valgrind
// has no AVX-512: what it runs are the portable kernels, the t-test times those of the machine.
#include <gtest/gtest.h>

#include <avila/crypto/rsa.hpp>
#include <avila/field/ct.hpp>
#include <avila/os/entropy.hpp>
#include <avila_test/ctgrind.hpp>
#include <avila_test/welch.hpp>

#include "ct_montgomery.hpp"
#include "rsa_padding.hpp"

namespace {

using namespace avila;
using namespace avila::crypto;
namespace ct = field::ct;
using crypto::detail::Limb;
using crypto::detail::Limbs;
using crypto::detail::Modulus;
using Bytes = std::vector<std::byte>;

/// Entropy that gives secrets.
class SecretEntropy final : public os::Entropy {
 public:
  Result<void> fill(MutableByteSpan into) override {
    AVILA_TRY_VOID(seeded_.fill(into));
    ct::classify(into.data(), into.size());
    return {};
  }

 private:
  os::SeededEntropy seeded_{7};
};

struct SecretKey {
  explicit SecretKey(const RsaPrivateKey::Components& from) {
    using C = RsaPrivateKey::Components;
    for (ByteSpan C::* const member : {&C::private_exponent, &C::prime1, &C::prime2, &C::exponent1,
                                       &C::exponent2, &C::coefficient}) {
      secrets.emplace_back((from.*member).begin(), (from.*member).end());
      ct::classify(secrets.back().data(), secrets.back().size());
    }
    components = {from.modulus, from.exponent, secrets[0], secrets[1],
                  secrets[2],   secrets[3],    secrets[4], secrets[5]};
  }
  std::vector<Bytes> secrets;
  RsaPrivateKey::Components components;
};

/// Leaks by design: square and multiply with a branch on each bit.
void leaky_power(const Modulus& m, Limbs& r, const Limbs& base, crypto::detail::LimbSpan exponent) {
  Limbs t = m.scratch(), sum(m.one());
  for (std::size_t i = 64 * exponent.size(); i-- > 0;) {
    m.multiply(sum, sum, sum, t);
    if ((exponent[i / 64] >> (i % 64) & 1) != 0) m.multiply(sum, sum, base, t);
  }
  m.from_montgomery(r, sum, t);
}

Limbs modulus_limbs(std::size_t size) {
  Limbs m(size);
  for (std::size_t i = 0; i < size; ++i) m[i] = 0x9E3779B97F4A7C15U * (i + 1) | 1;
  m[size - 1] |= Limb{1} << 63;
  return m;
}

// Each of these runs under valgrind only, in a process of its own: the tests below start them.
TEST(ConstantTimeChild, RsaLeak) {
  AVILA_CTGRIND_CHILD();
  const Modulus m(modulus_limbs(4));
  Limbs r(4), base(4), exponent(4);
  base[0] = 3;
  ct::classify(exponent.data(), 32);
  leaky_power(m, r, base, exponent);
}
TEST(ConstantTimeChild, Rsa) {
  AVILA_CTGRIND_CHILD();
  SecretEntropy entropy;
  // What is generated is secret all through.
  const auto made = RsaPrivateKey::generate(2048, entropy);
  ASSERT_TRUE(made.has_value());
  const SecretKey secret(made->components());
  const auto key = RsaPrivateKey::create(secret.components);
  ASSERT_TRUE(key.has_value());
  const RsaPublicKey& peer = key->public_key();
  const ByteSpan message = as_bytes("message");
  const auto pkcs1 = key->sign_pkcs1(DigestAlgorithm::Sha256, message, entropy).value();
  EXPECT_TRUE(peer.verify_pkcs1(DigestAlgorithm::Sha256, message, pkcs1).has_value());
  const auto pss = key->sign_pss({}, message, entropy).value();
  EXPECT_TRUE(peer.verify_pss({}, message, pss).has_value());
  auto sealed = peer.encrypt_oaep({}, message, entropy).value();
  ct::declassify(sealed.data(), sealed.size());
  const auto opened = key->decrypt_oaep({}, sealed, entropy);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->size(), message.size());
  sealed[9] ^= std::byte{1};
  EXPECT_FALSE(key->decrypt_oaep({}, sealed, entropy).has_value());
}
TEST(ConstantTimeChild, RsaOaep) {
  AVILA_CTGRIND_CHILD();
  const OaepOptions options;
  const std::array<std::byte, 32> seed{};
  for (int damage = 0; damage < 4; ++damage) {
    Bytes encoded(256);
    crypto::detail::encode_oaep(options, as_bytes("message"), seed, encoded);
    if (damage != 0) encoded[static_cast<std::size_t>(damage - 1) * 80] ^= std::byte{1};
    ct::classify(encoded.data(), encoded.size());
    EXPECT_EQ(crypto::detail::decode_oaep(options, encoded).has_value(), damage == 0);
  }
}

TEST(RsaConstantTime, NoBranchOrAddressDependsOnAKeyUnderMemcheck) {
  AVILA_REQUIRE_CTGRIND();
  avila_test::expect_leaks_seen({"RsaLeak"});
  avila_test::expect_no_leaks({"Rsa", "RsaOaep"});
}

TEST(RsaConstantTime, TimesDoNotTellTheExponentByWelchsTest) {
  constexpr std::size_t kLimbs = 4, kBytes = 8 * kLimbs;
  using Key = std::array<std::byte, kBytes>;
  const Modulus m(modulus_limbs(kLimbs));
  Limbs base(kLimbs), r(kLimbs), exponent(kLimbs);
  for (std::size_t i = 0; i < kLimbs; ++i) base[i] = m.value()[i] >> 1;
  const auto tells = avila_test::times_tell_the_key<kBytes>;
  const auto load = [&](const Key& key) { crypto::detail::load_bytes(exponent, key); };
  EXPECT_TRUE(tells([&](const Key& key) {
    load(key);
    leaky_power(m, r, base, exponent);
  })) << "a leak was not seen";
  EXPECT_FALSE(tells([&](const Key& key) {
    load(key);
    m.pow(r, base, exponent);
  })) << "one power";
  EXPECT_FALSE(tells([&](const Key& key) {
    load(key);
    Limbs other(kLimbs);
    crypto::detail::pow_pair({m, r, base, exponent}, {m, other, base, exponent});
  })) << "two powers";
}

TEST(RsaConstantTime, TimesDoNotTellWhatIsWrongWithOaepByWelchsTest) {
  using Encoded = std::array<std::byte, 256>;
  const OaepOptions options;
  EXPECT_FALSE(avila_test::times_tell_the_key<256>([&](const Encoded& bytes) {
    Encoded encoded = bytes;
    EXPECT_FALSE(crypto::detail::decode_oaep(options, encoded).has_value());
  }));
}

}  // namespace
