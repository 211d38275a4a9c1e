#include <algorithm>
#include <avila/cipher/chacha20.hpp>
#include <avila/text/encoding.hpp>
#include <cstring>
#include <type_traits>

#include "chacha_kernels.hpp"
#include "support.hpp"

namespace {

using namespace avila;
using namespace avila::cipher;
using namespace cipher_test;

static_assert(!std::is_copy_constructible_v<ChaChaKey>);

TEST(ChaCha20, EveryKernelAgreesWithPortableAtAnyCount) {
  const auto in = random_bytes(40 * 64, 1), key = random_bytes(48, 2);
  for (std::size_t blocks = 0; blocks <= 40; ++blocks)
    for (const auto& kernel : cipher::detail::chacha_kernels()) {
      if (!kernel.supported()) continue;
      std::uint32_t a[16], b[16], words[8];
      std::memcpy(words, key.data(), 32);
      // The counter wraps within some of the runs: the kernels count modulo 2^32 alike.
      cipher::detail::chacha_state(a, words, 0xfffffff0U, key.data() + 32);
      std::memcpy(b, a, sizeof a);
      std::vector<std::byte> out(blocks * 64), expected(blocks * 64);
      kernel.run(a, in.data(), out.data(), blocks);
      cipher::detail::chacha_portable(b, in.data(), expected.data(), blocks);
      ASSERT_EQ(out, expected) << kernel.name << ' ' << blocks;
      ASSERT_EQ(std::memcmp(a, b, sizeof a), 0) << kernel.name << ' ' << blocks;
    }
}

TEST(ChaCha20, AKeyBlockComesBeforeTheText) {
  const auto in = random_bytes(40 * 64, 1), key = random_bytes(48, 2);
  for (std::size_t blocks = 0; blocks <= 40; ++blocks) {
    std::uint32_t a[16], b[16], words[8];
    std::memcpy(words, key.data(), 32);
    cipher::detail::chacha_state(a, words, 0xfffffff0U, key.data() + 32);
    std::memcpy(b, a, sizeof a);
    std::vector<std::byte> first(64, std::byte{7}), out(blocks * 64), whole((1 + blocks) * 64);
    std::copy_n(in.begin(), blocks * 64, whole.begin() + 64);
    cipher::detail::chacha_keyed(a, first.data(), in.data(), out.data(), blocks);
    cipher::detail::chacha_portable(b, whole.data(), whole.data(), 1 + blocks);
    first.insert(first.end(), out.begin(), out.end());
    ASSERT_EQ(first, whole) << blocks;
    ASSERT_EQ(std::memcmp(a, b, sizeof a), 0) << blocks;
  }
}

// RFC 8439 §2.4.2.
TEST(ChaCha20, PublishedStreamInAnyPieces) {
  const auto bytes = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  const auto nonce = hex("000000000000004a00000000");
  const ByteSpan text = as_bytes(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
      "sunscreen would be it.");
  const auto expected = hex(
      "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0bf91b65c5524733ab8f593dabcd62"
      "b3571639d624e65152ab8f530c359f0861d807ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91a"
      "b77937365af90bbf74a35be6b40b8eedf2785e42874d");
  const ChaChaKey key(fixed<32>(bytes));
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    ChaCha20 stream(key, fixed<12>(nonce), 1);
    std::vector<std::byte> out(text.size());
    for (std::size_t at = 0; at < text.size(); at += piece) {
      const std::size_t size = std::min(piece, text.size() - at);
      ASSERT_TRUE(
          stream.apply(text.subspan(at, size), MutableByteSpan(out).subspan(at, size)).has_value());
    }
    ASSERT_EQ(out, expected) << piece;
  }
}

TEST(ChaCha20, NeverStartsItsCounterAgain) {
  const auto bytes = random_bytes(44, 1);
  const ChaChaKey key(fixed<32>(bytes));
  ChaCha20 stream(key, fixed<12>(ByteSpan(bytes).subspan(32)), 0xfffffffeU);
  std::vector<std::byte> two(128), more(129), one(1), seven(7);
  EXPECT_TRUE(stream.apply(more, more).error().is(Errc::LimitExceeded));
  EXPECT_EQ(more, std::vector<std::byte>(129));
  EXPECT_TRUE(stream.apply(one, one).has_value());
  EXPECT_TRUE(stream.apply(two, two).error().is(Errc::LimitExceeded));
  two.resize(120);
  EXPECT_TRUE(stream.apply(two, two).has_value());
  EXPECT_TRUE(stream.apply(seven, seven).has_value());
  EXPECT_TRUE(stream.apply(one, one).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(stream.apply({}, {}).has_value());
}

// draft-irtf-cfrg-xchacha-03 §2.2.1.
TEST(XChaCha20, DerivesThePublishedKey) {
  const auto bytes = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  const auto nonce = hex("000000090000004a0000000031415927");
  const ChaChaKey derived = hchacha20(ChaChaKey(fixed<32>(bytes)), fixed<16>(nonce));
  std::vector<std::byte> out(32);
  std::memcpy(out.data(), derived.words().data(), 32);
  EXPECT_EQ(out, hex("82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"));
}

TEST(XChaCha20, IsChaCha20UnderTheDerivedKey) {
  const auto bytes = random_bytes(56, 1), text = random_bytes(300, 2);
  const ChaChaKey key(fixed<32>(bytes));
  const ByteSpan nonce = ByteSpan(bytes).subspan(32);
  std::vector<std::byte> rest(12), out(300), expected(300);
  std::copy_n(nonce.begin() + 16, 8, rest.begin() + 4);
  const ChaChaKey derived = hchacha20(key, nonce.first<16>());
  ASSERT_TRUE(ChaCha20(derived, fixed<12>(rest), 5).apply(text, expected).has_value());
  ASSERT_TRUE(XChaCha20(key, nonce.first<24>(), 5).apply(text, out).has_value());
  EXPECT_EQ(out, expected);
}

}  // namespace
