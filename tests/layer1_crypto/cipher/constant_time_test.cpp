// Constant time, shown twice: keys and texts marked undefined under valgrind's memcheck, which
// reports branches and addresses that depend on them (Langley, "ctgrind", 2010); and timings of two
// classes of inputs compared by Welch's t-test (Reparaz, Balasch, Verbauwhede, "Dude, is my code
// constant time?", 2017). In both a function that leaks shows that the check sees. valgrind has no
// AVX-512: what runs there are the kernels below that, and the portable ones.
#include <gtest/gtest.h>

#include <avila/cipher/cbc.hpp>
#include <avila/cipher/chacha20.hpp>
#include <avila/cipher/ctr.hpp>
#include <avila/cipher/key_wrap.hpp>
#include <avila/cipher/xts.hpp>
#include <avila/primitives/constant_time.hpp>
#include <avila_test/ctgrind.hpp>
#include <avila_test/welch.hpp>

#include "aes_kernels.hpp"

namespace {

using namespace avila;
using namespace avila::cipher;
using avila_test::keep;
using avila_test::SecretInput;

using Input = std::array<std::byte, 64>;  // of a timing

Aes aes256(ByteSpan key) { return Aes::create(key.first(32)).value(); }

/// Leaks by design: PKCS#7 padding looked at from the end, up to the first byte that is wrong.
bool leaky_padding(ByteSpan block) {
  for (std::size_t i = 0; i < 16; ++i)
    if (block[block.size() - 1 - i] != std::byte{16}) return false;
  return true;
}

// ---- memcheck. Each of these runs under valgrind only, in a process of its own.

TEST(ConstantTimeChild, BranchOnASecret) {
  AVILA_CTGRIND_CHILD();
  const SecretInput<16> secret;
  keep(leaky_padding(secret.bytes));
}
TEST(ConstantTimeChild, AddressOfASecret) {
  AVILA_CTGRIND_CHILD();
  static const std::vector<int> table(256, 7);
  const SecretInput<32> secret;
  const int found = table[static_cast<std::size_t>(secret.bytes[3])];
  keep(found);
}

template <std::size_t kKey>
void run_aes() {
  const SecretInput<kKey> secret;
  const SecretInput<16 * 37 + 5> text;
  const Aes key = Aes::create(secret.bytes).value();
  const std::array<std::byte, 16> iv{};
  std::array<std::byte, 16 * 37 + 5> out, back;
  const ByteSpan blocks = ByteSpan(text.bytes).first(16 * 37);
  ASSERT_TRUE(cbc_encrypt(key, iv, blocks, MutableByteSpan(out).first(16 * 37)).has_value());
  ASSERT_TRUE(
      cbc_decrypt(key, iv, ByteSpan(out).first(16 * 37), MutableByteSpan(back).first(16 * 37))
          .has_value());
  AesCtr(key, iv).apply(text.bytes, out);
  keep(out), keep(back);
}
TEST(ConstantTimeChild, AesCbcAndCtr) {
  AVILA_CTGRIND_CHILD();
  run_aes<16>();
  run_aes<24>();
  run_aes<32>();
}

TEST(ConstantTimeChild, CbcPadding) {
  AVILA_CTGRIND_CHILD();
  const SecretInput<32> secret;
  const SecretInput<40> text;
  const Aes key = aes256(secret.bytes);
  const std::array<std::byte, 16> iv{};
  std::array<std::byte, 48> sealed, opened;
  cbc_encrypt_padded(key, iv, text.bytes, sealed);
  declassify_memory(sealed.data(), sealed.size());  // it is sent
  const auto good = cbc_decrypt_padded(key, iv, sealed, opened);
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(good.value().size(), 40U);
  for (std::size_t i = 0; i < 16; ++i) {  // the padding, and the text before it
    sealed[16 + i] ^= std::byte{0x55};
    EXPECT_EQ(cbc_decrypt_padded(key, iv, sealed, opened).has_value(), i < 8);
    sealed[16 + i] ^= std::byte{0x55};
  }
}

TEST(ConstantTimeChild, Xts) {
  AVILA_CTGRIND_CHILD();
  const SecretInput<64> secret;
  const SecretInput<700> text;  // steals ciphertext
  const XtsKey key = XtsKey::create(secret.bytes).value();
  std::array<std::byte, 700> sealed, opened;
  for (const std::size_t size : {std::size_t{512}, std::size_t{700}}) {
    const auto in = ByteSpan(text.bytes).first(size);
    const auto out = MutableByteSpan(sealed).first(size);
    ASSERT_TRUE(xts_encrypt(key, xts_tweak(7), in, out).has_value());
    ASSERT_TRUE(
        xts_decrypt(key, xts_tweak(7), out, MutableByteSpan(opened).first(size)).has_value());
  }
  declassify_memory(opened.data(), opened.size());
  declassify_memory(text.bytes.data(), text.bytes.size());
  EXPECT_EQ(opened, text.bytes);
}

TEST(ConstantTimeChild, KeyWrap) {
  AVILA_CTGRIND_CHILD();
  const SecretInput<32> secret, text;
  const Aes kek = aes256(secret.bytes);
  std::array<std::byte, 40> wrapped;
  std::array<std::byte, 32> back;
  ASSERT_TRUE(key_wrap(kek, text.bytes, wrapped).has_value());
  declassify_memory(wrapped.data(), wrapped.size());
  EXPECT_TRUE(key_unwrap(kek, wrapped, back).has_value());
  wrapped[9] ^= std::byte{1};
  EXPECT_FALSE(key_unwrap(kek, wrapped, back).has_value());
  for (const std::size_t size : {std::size_t{5}, std::size_t{27}}) {
    const auto to = MutableByteSpan(wrapped).first(key_wrap_padded_size(size));
    const auto out = MutableByteSpan(back).first(to.size() - 8);
    ASSERT_TRUE(key_wrap_padded(kek, ByteSpan(text.bytes).first(size), to).has_value());
    declassify_memory(wrapped.data(), wrapped.size());
    const auto good = key_unwrap_padded(kek, to, out);
    ASSERT_TRUE(good.has_value());
    EXPECT_EQ(good.value().size(), size);
    wrapped[9] ^= std::byte{1};
    EXPECT_FALSE(key_unwrap_padded(kek, to, out).has_value());
  }
}

TEST(ConstantTimeChild, ChaCha) {
  AVILA_CTGRIND_CHILD();
  const SecretInput<32> secret;
  const SecretInput<1500> text;
  std::array<std::byte, 1500> out;
  const std::array<std::byte, 24> nonce{};
  ASSERT_TRUE(XChaCha20(ChaChaKey(secret.bytes), nonce, 0).apply(text.bytes, out).has_value());
  keep(out);
}

TEST(ConstantTime, LeaksAreSeenUnderMemcheck) {
  AVILA_REQUIRE_CTGRIND();
  avila_test::expect_leaks_seen({"BranchOnASecret", "AddressOfASecret"});
}

TEST(ConstantTime, NoBranchOrAddressDependsOnSecretsUnderMemcheck) {
  AVILA_REQUIRE_CTGRIND();
  avila_test::expect_no_leaks({"AesCbcAndCtr", "CbcPadding", "Xts", "KeyWrap", "ChaCha"},
                              {"", "AVILA_KERNEL=portable"});
}

// ---- timings. The two classes: 8 and zeros, and random bytes.

/// A changed ciphertext for each input: with the first class the padding is wrong in one byte, the
/// last that a reader from the end comes to; with the other one from the start.
struct Forgery {
  const Aes key = aes256(SecretInput<32>().bytes);
  const std::array<std::byte, 16> iv{};
  std::array<std::byte, 48> sealed;
  Forgery() { cbc_encrypt_padded(key, iv, std::array<std::byte, 32>{}, sealed); }
  std::array<std::byte, 48> changed(const Input& input) const {
    auto out = sealed;  // the block before the last one is XORed to the padding
    for (std::size_t i = 0; i < 16; ++i) out[16 + i] ^= input[i];
    return out;
  }
};

TEST(ConstantTime, TimesDoNotTellWhereThePaddingIsWrong) {
  const Forgery forgery;
  std::array<std::byte, 48> opened;
  const auto leaky = [&](const Input& input) {
    std::array<std::byte, 16> block;
    for (std::size_t i = 0; i < 16; ++i) block[i] = std::byte{16} ^ input[i];
    for (int i = 0; i < 100; ++i) {
      keep(block);
      keep(leaky_padding(block));
    }
  };
  EXPECT_TRUE(avila_test::times_tell_the_key<64>(leaky)) << "a leak was not seen";
  EXPECT_FALSE(avila_test::times_tell_the_key<64>([&](const Input& input) {
    const auto sealed = forgery.changed(input);
    for (int i = 0; i < 20; ++i)
      keep(cbc_decrypt_padded(forgery.key, forgery.iv, sealed, opened).has_value());
  }));
}

TEST(ConstantTime, TimesDoNotTellKeys) {
  const SecretInput<512> text;
  std::array<std::byte, 512> out;
  const auto& portable = cipher::detail::aes_kernels().back();
  EXPECT_STREQ(portable.name, "portable");
  EXPECT_FALSE(avila_test::times_tell_the_key<64>([&](const Input& input) {
    cipher::detail::AesSchedule schedule;
    portable.run->expand(schedule, input.data(), 32);
    portable.run->encrypt(schedule, text.bytes.data(), out.data(), 16);
    portable.run->decrypt(schedule, text.bytes.data(), out.data(), 16);
    keep(out);
  })) << "portable AES";
  EXPECT_FALSE(avila_test::times_tell_the_key<64>([&](const Input& input) {
    auto halves = input;
    for (std::size_t i = 0; i < 32; ++i) halves[32 + i] = ~input[i];
    const XtsKey key = XtsKey::create(halves).value();
    for (int i = 0; i < 4; ++i) keep(xts_encrypt(key, xts_tweak(7), text.bytes, out).has_value());
    keep(out);
  })) << "XTS";
  EXPECT_FALSE(avila_test::times_tell_the_key<64>([&](const Input& input) {
    const ChaChaKey key(std::span<const std::byte, 64>(input).first<32>());
    keep(ChaCha20(key, std::array<std::byte, 12>{}, 0).apply(text.bytes, out).has_value());
    keep(out);
  })) << "ChaCha20";
}

TEST(ConstantTime, TimesDoNotTellHowAWrappedKeyIsWrong) {
  const SecretInput<32> secret, text;
  const Aes kek = aes256(secret.bytes);
  std::array<std::byte, 40> wrapped;
  std::array<std::byte, 32> back;
  ASSERT_TRUE(key_wrap(kek, text.bytes, wrapped).has_value());
  EXPECT_FALSE(avila_test::times_tell_the_key<64>([&](const Input& input) {
    auto changed = wrapped;
    for (std::size_t i = 0; i < changed.size(); ++i) changed[i] ^= input[i];
    for (int i = 0; i < 4; ++i) keep(key_unwrap(kek, changed, back).has_value());
  }));
}

}  // namespace
