// Secrets marked undefined under valgrind's memcheck, which reports branches and addresses that
// depend on them (Langley, "ctgrind", 2010). Functions that leak show that the check sees.
#include <gtest/gtest.h>

#include <avila/field/ct.hpp>
#include <avila/post_quantum/ml_dsa.hpp>
#include <avila/post_quantum/ml_kem.hpp>
#include <avila/post_quantum/slh_dsa.hpp>
#include <avila_test/ctgrind.hpp>

namespace {

using namespace avila;
using namespace avila::post_quantum;
namespace ct = field::ct;
using avila_test::keep;
using avila_test::SecretInput;

template <class Kem>
void run_kem() {
  const SecretInput<64> seed;
  const auto key = Kem::DecapsulationKey::from_seed(seed.bytes);
  const SecretInput<32> message;
  const auto sent = key.encapsulation_key().encapsulate_derandomized(message.bytes);
  auto ciphertext = sent.ciphertext;
  ct::declassify(ciphertext.data(), ciphertext.size());
  const auto secret = key.decapsulate(ciphertext).value();
  ct::declassify(&*secret, sizeof *secret);
  ct::declassify(&*sent.shared_secret, sizeof *sent.shared_secret);
  EXPECT_EQ(*secret, *sent.shared_secret);
  ciphertext[5] ^= std::byte{1};
  keep(key.decapsulate(ciphertext).value());
  const auto stored = key.encode();
  keep(Kem::DecapsulationKey::decode(*stored).value());
}

template <class Dsa>
void run_dsa() {
  const SecretInput<32> seed;
  const auto key = Dsa::PrivateKey::from_seed(seed.bytes);
  for (std::size_t i = 0; i < 3; ++i) {  // several attempts, rejected for several reasons
    const SecretInput<32> random;
    const auto mu = key.public_key().mu(std::array<std::byte, 1>{static_cast<std::byte>(i)});
    const auto signature = key.sign_mu(*mu, random.bytes);
    EXPECT_TRUE(key.public_key().verify_mu(*mu, *signature).has_value());
  }
  keep(Dsa::PrivateKey::decode(*key.bytes()).value());
}

template <std::size_t N>
void run_slh(SlhDsaSet set) {
  const SecretInput<3 * N> seeds;
  const auto key = SlhDsaPrivateKey::from_seeds(set, seeds.bytes).value();
  const SecretInput<N> random;
  const auto signature = key.sign_formatted(as_bytes("message"), random.bytes).value();
  EXPECT_TRUE(key.public_key().verify_formatted(as_bytes("message"), signature).has_value());
}

// Each of these runs under valgrind only, in a process of its own: the tests below start them.
TEST(ConstantTimeChild, BranchOnASecret) {
  AVILA_CTGRIND_CHILD();
  const SecretInput<32> secret;
  if (secret.bytes[3] == std::byte{7}) keep(secret);
}
TEST(ConstantTimeChild, AddressOfASecret) {
  AVILA_CTGRIND_CHILD();
  static const std::vector<int> table(256, 7);
  const SecretInput<32> secret;
  const int found = table[static_cast<std::size_t>(secret.bytes[3])];
  keep(found);
}
TEST(ConstantTimeChild, MlKem) {
  AVILA_CTGRIND_CHILD();
  run_kem<MlKem512>();
  run_kem<MlKem768>();
  run_kem<MlKem1024>();
}

TEST(ConstantTimeChild, MlDsa) {
  AVILA_CTGRIND_CHILD();
  run_dsa<MlDsa44>();
  run_dsa<MlDsa65>();
  run_dsa<MlDsa87>();
}

TEST(ConstantTimeChild, SlhDsa) {
  AVILA_CTGRIND_CHILD();
  run_slh<16>(SlhDsaSet::Sha2_128f);
  // The other hash functions, in key generation only: valgrind makes signing take seconds.
  const SecretInput<72> seeds;
  keep(SlhDsaPrivateKey::from_seeds(SlhDsaSet::Sha2_192f, seeds.bytes).value());
  keep(SlhDsaPrivateKey::from_seeds(SlhDsaSet::Shake_192f, seeds.bytes).value());
}

TEST(ConstantTime, LeaksAreSeen) {
  AVILA_REQUIRE_CTGRIND();
  avila_test::expect_leaks_seen({"BranchOnASecret", "AddressOfASecret"});
}

TEST(ConstantTime, NoBranchOrAddressDependsOnSecrets) {
  AVILA_REQUIRE_CTGRIND();
  avila_test::expect_no_leaks({"MlKem", "MlDsa", "SlhDsa"});
}

}  // namespace
