// Keys and texts marked undefined under valgrind's memcheck, which reports branches and addresses
// that depend on them (Langley, "ctgrind", 2010): `aead`, and with it the AES, ChaCha20, GHASH and
// Poly1305 of the libraries below; and timings of two classes of keys and of forged tags, compared
// by Welch's t-test (Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?", 2017).
// Functions that leak show that the checks see. valgrind has no AVX-512: what runs there are the
// kernels below that, and the portable ones.
#include <gtest/gtest.h>

#include <avila/aead/aes_gcm.hpp>
#include <avila/aead/aes_gcm_siv.hpp>
#include <avila/aead/chacha20_poly1305.hpp>
#include <avila/cipher/cbc.hpp>
#include <avila/field/ct.hpp>
#include <avila/mac/cmac.hpp>
#include <avila_test/ctgrind.hpp>
#include <avila_test/welch.hpp>

namespace {

using namespace avila;
namespace ct = field::ct;
using avila_test::keep;
using avila_test::SecretInput;

template <class Key, std::size_t kSize>
void run_size() {
  const SecretInput<Key::kKeySize> secret;
  const SecretInput<kSize> text;
  const Key key(secret.bytes);
  const std::array<std::byte, Key::kNonceSize> zeros{};
  const typename Key::NonceType nonce(zeros);
  std::array<std::byte, 13> aad{};
  std::array<std::byte, kSize> sealed, opened;
  aead::Tag tag;
  ASSERT_TRUE(key.seal_detached(nonce, aad, text.bytes, sealed, tag).has_value());
  ct::declassify(sealed.data(), sealed.size());  // both are sent
  ct::declassify(tag.data(), tag.size());
  EXPECT_TRUE(key.open_detached(nonce, aad, sealed, tag, opened).has_value());
  tag[3] ^= std::byte{1};
  EXPECT_FALSE(key.open_detached(nonce, aad, sealed, tag, opened).has_value());
}

template <class Key>
void run() {
  run_size<Key, 40>();
  run_size<Key, 1500>();
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
TEST(ConstantTimeChild, Aead) {
  AVILA_CTGRIND_CHILD();
  run<aead::Aes128Gcm>();
  run<aead::Aes256Gcm>();
  run<aead::Aes128GcmSiv>();
  run<aead::Aes256GcmSiv>();
  run<aead::ChaCha20Poly1305>();
  run<aead::XChaCha20Poly1305>();
}
TEST(ConstantTimeChild, CbcAndCmac) {
  AVILA_CTGRIND_CHILD();
  const SecretInput<24> secret;
  const SecretInput<48> text;
  const cipher::Aes192 key(secret.bytes);
  const std::array<std::byte, 16> iv{};
  std::array<std::byte, 48> sealed, opened;
  ASSERT_TRUE(cipher::cbc_encrypt(key, iv, text.bytes, sealed).has_value());
  ASSERT_TRUE(cipher::cbc_decrypt(key, iv, sealed, opened).has_value());
  keep(opened);
  keep(mac::cmac(key, text.bytes));
}

TEST(ConstantTime, LeaksAreSeen) {
  AVILA_REQUIRE_CTGRIND();
  avila_test::expect_leaks_seen({"BranchOnASecret", "AddressOfASecret"});
}

TEST(ConstantTime, NoBranchOrAddressDependsOnSecrets) {
  AVILA_REQUIRE_CTGRIND();
  avila_test::expect_no_leaks({"Aead", "CbcAndCmac"}, {"", "AVILA_KERNEL=portable"});
}

// ---- timings. The two classes: 8 and zeros, and random bytes.

using Input = std::array<std::byte, 32>;

/// Where the tags differ: with the first class in the last byte alone, with the other from the
/// first one on.
aead::Tag changed(const aead::Tag& tag, const Input& input) {
  auto out = tag;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] ^= input[out.size() - 1 - i];
  return out;
}

TEST(ConstantTime, TimesTellWhereALeakyComparisonStops) {
  const aead::Tag tag{};
  EXPECT_TRUE(avila_test::times_tell_the_key<32>([&](const Input& input) {
    const aead::Tag other = changed(tag, input);
    for (int i = 0; i < 100; ++i) {
      keep(other);
      std::size_t at = 0;
      while (at < tag.size() && tag[at] == other[at]) ++at;
      keep(at);
    }
  })) << "a leak was not seen";
}

template <class Key>
class AeadTimes : public testing::Test {};
using AeadKeys = testing::Types<aead::Aes128Gcm, aead::Aes256Gcm, aead::Aes256GcmSiv,
                                aead::ChaCha20Poly1305, aead::XChaCha20Poly1305>;
TYPED_TEST_SUITE(AeadTimes, AeadKeys);

TYPED_TEST(AeadTimes, DoNotTellKeys) {
  using Key = TypeParam;
  const std::array<std::byte, Key::kNonceSize> zeros{};
  const typename Key::NonceType nonce(zeros);
  const std::array<std::byte, 200> text{};
  std::array<std::byte, 200> out;
  aead::Tag tag;
  EXPECT_FALSE(avila_test::times_tell_the_key<32>([&](const Input& input) {
    const Key key(std::span<const std::byte, 32>(input).template first<Key::kKeySize>());
    for (int i = 0; i < 4; ++i) keep(key.seal_detached(nonce, {}, text, out, tag).has_value());
    keep(out);
  }));
}

TYPED_TEST(AeadTimes, DoNotTellWhereATagIsWrong) {
  using Key = TypeParam;
  const Key key(std::array<std::byte, Key::kKeySize>{});
  const std::array<std::byte, Key::kNonceSize> zeros{};
  const typename Key::NonceType nonce(zeros);
  std::array<std::byte, 16> sealed, opened;
  aead::Tag tag;
  ASSERT_TRUE(key.seal_detached(nonce, {}, std::array<std::byte, 16>{}, sealed, tag).has_value());
  EXPECT_FALSE(avila_test::times_tell_the_key<32>([&](const Input& input) {
    const aead::Tag wrong = changed(tag, input);
    for (int i = 0; i < 30; ++i)  // short texts, for the comparison to count
      keep(key.open_detached(nonce, {}, sealed, wrong, opened).has_value());
  }));
}

}  // namespace
