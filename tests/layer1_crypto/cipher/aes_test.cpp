#include <algorithm>
#include <avila/cipher/aes.hpp>
#include <avila/cipher/cbc.hpp>
#include <avila/cipher/ctr.hpp>
#include <avila/cipher/key_wrap.hpp>
#include <avila/cipher/xts.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/text/encoding.hpp>
#include <cstring>
#include <type_traits>

#include "aes_kernels.hpp"
#include "support.hpp"

namespace {

using namespace avila;
using namespace avila::cipher;
using namespace cipher_test;

static_assert(!std::is_copy_constructible_v<Aes256> &&
              std::is_nothrow_move_constructible_v<Aes256>);

// AES by the words of FIPS 197, a byte at a time: what the fast ones are compared with.
namespace plain {
std::uint8_t times(std::uint8_t a, std::uint8_t b) {
  unsigned product = 0;
  for (unsigned i = 0; i < 8; ++i)
    if (b >> i & 1) product ^= unsigned{a} << i;
  for (unsigned i = 14; i >= 8; --i)
    if (product >> i & 1) product ^= 0x11bU << (i - 8);
  return static_cast<std::uint8_t>(product);
}
std::uint8_t sub(std::uint8_t a) {
  std::uint8_t inverse = 0;
  for (unsigned b = 1; b < 256; ++b)
    if (times(a, static_cast<std::uint8_t>(b)) == 1) inverse = static_cast<std::uint8_t>(b);
  unsigned s = 0x63;
  for (unsigned i = 0; i < 5; ++i) s ^= std::rotl(inverse, static_cast<int>(i));
  return static_cast<std::uint8_t>(s);
}
const std::vector<std::uint8_t>& box() {
  static const std::vector<std::uint8_t> table = [] {
    std::vector<std::uint8_t> all(256);
    for (unsigned i = 0; i < 256; ++i) all[i] = sub(static_cast<std::uint8_t>(i));
    return all;
  }();
  return table;
}
void encrypt(const cipher::detail::AesSchedule& keys, const std::byte* in, std::byte* out) {
  std::uint8_t s[16], t[16];
  std::memcpy(s, in, 16);
  const auto add = [&](int round) {
    for (int i = 0; i < 16; ++i) s[i] ^= std::to_integer<std::uint8_t>(keys.forward[round][i]);
  };
  add(0);
  for (int round = 1; round <= keys.rounds; ++round) {
    for (int i = 0; i < 16; ++i) t[i] = box()[s[(i + 4 * (i % 4)) % 16]];
    for (int i = 0; i < 16; ++i) {
      const int column = i / 4 * 4;
      const auto at = [&](int row) { return t[column + (i + row) % 4]; };
      s[i] = round == keys.rounds
                 ? t[i]
                 : static_cast<std::uint8_t>(times(at(0), 2) ^ times(at(1), 3) ^ at(2) ^ at(3));
    }
    add(round);
  }
  std::memcpy(out, s, 16);
}
}  // namespace plain

TEST(Aes, EveryKernelEncryptsAsFips197Says) {
  std::vector<std::byte> in(256 * 16), out(in.size()), expected(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<std::byte>(i / 16 + i % 16 * 17);
  for (const std::size_t size : {16U, 24U, 32U}) {
    const auto key = random_bytes(size, size);
    for (const auto& kernel : cipher::detail::aes_kernels()) {
      if (!kernel.supported()) continue;
      SCOPED_TRACE(kernel.name);
      cipher::detail::AesSchedule keys;
      kernel.run->expand(keys, key.data(), size);
      for (std::size_t i = 0; i < in.size(); i += 16)
        plain::encrypt(keys, in.data() + i, expected.data() + i);
      kernel.run->encrypt(keys, in.data(), out.data(), in.size() / 16);
      EXPECT_EQ(out, expected);
      kernel.run->decrypt(keys, out.data(), out.data(), in.size() / 16);
      EXPECT_EQ(out, in);
    }
  }
}

TEST(Aes, EveryKernelAgreesWithPortableAtAnyCount) {
  const auto in = random_bytes(70 * 16, 7), counter_start = random_bytes(16, 8);
  for (const std::size_t size : {16U, 24U, 32U}) {
    const auto key = random_bytes(size, 9 + size);
    cipher::detail::AesSchedule reference;
    cipher::detail::kAesPortable.expand(reference, key.data(), size);
    for (const auto& kernel : cipher::detail::aes_kernels()) {
      if (!kernel.supported()) continue;
      SCOPED_TRACE(kernel.name);
      cipher::detail::AesSchedule keys;
      kernel.run->expand(keys, key.data(), size);
      ASSERT_EQ(keys.rounds, reference.rounds);
      const auto used = static_cast<std::size_t>(keys.rounds + 1) * 16;
      EXPECT_EQ(std::memcmp(keys.forward, reference.forward, used), 0);
      EXPECT_EQ(std::memcmp(keys.inverse, reference.inverse, used), 0);
      for (std::size_t blocks = 0; blocks <= 70; ++blocks) {
        std::vector<std::byte> a(blocks * 16), b(blocks * 16);
        kernel.run->encrypt(keys, in.data(), a.data(), blocks);
        cipher::detail::kAesPortable.encrypt(reference, in.data(), b.data(), blocks);
        ASSERT_EQ(a, b) << blocks;
        kernel.run->decrypt(keys, in.data(), a.data(), blocks);
        cipher::detail::kAesPortable.decrypt(reference, in.data(), b.data(), blocks);
        ASSERT_EQ(a, b) << blocks;
        auto counter = counter_start;  // wraps within the run
        for (std::size_t i = 12; i < 16; ++i) counter[i] = std::byte{0xff};
        counter[15] = static_cast<std::byte>(0xff - blocks / 2);
        kernel.run->ctr32(keys, counter.data(), in.data(), a.data(), blocks);
        cipher::detail::kAesPortable.ctr32(reference, counter.data(), in.data(), b.data(), blocks);
        ASSERT_EQ(a, b) << blocks;
      }
    }
  }
}

// FIPS 197 appendix C.
TEST(Aes, PublishedBlocks) {
  const auto text = hex("00112233445566778899aabbccddeeff");
  const auto all = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  const char* const expected[] = {"69c4e0d86a7b0430d8cdb78070b4c55a",
                                  "dda97ca4864cdfe06eaf70a0ec0d7191",
                                  "8ea2b7ca516745bfeafc49904b496089"};
  for (std::size_t i = 0; i < 3; ++i) {
    auto key = Aes::create(ByteSpan(all).first(16 + 8 * i));
    ASSERT_TRUE(key.has_value());
    std::vector<std::byte> out(16);
    cipher::detail::aes().encrypt(key->schedule(), text.data(), out.data(), 1);
    EXPECT_EQ(out, hex(expected[i]));
  }
  for (const std::size_t size : {0U, 15U, 17U, 31U, 33U})
    EXPECT_TRUE(Aes::create(random_bytes(size, 1)).error().is(Errc::InvalidArgument));
}

TEST(Aes, KeysAreWipedWhenMovedFrom) {
  Aes256 key(std::span<const std::byte, 32>(random_bytes(32, 3)));
  const Aes256 other(std::move(key));
  const auto* bytes = reinterpret_cast<const std::byte*>(&key);  // NOLINT: that is the point
  EXPECT_TRUE(std::all_of(bytes, bytes + sizeof key, [](std::byte b) { return b == std::byte{}; }));
}

// SP 800-38A F.5.1, and the carry over all 128 bits.
TEST(Ctr, PublishedStreamInAnyPieces) {
  auto key = Aes::create(hex("2b7e151628aed2a6abf7158809cf4f3c"));
  const auto counter = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  const auto text =
      hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
          "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
  const auto expected =
      hex("874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
          "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee");
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    AesCtr stream(*key, fixed<16>(counter));
    std::vector<std::byte> out(text.size());
    for (std::size_t at = 0; at < text.size(); at += piece) {
      const std::size_t size = std::min(piece, text.size() - at);
      stream.apply(ByteSpan(text).subspan(at, size), MutableByteSpan(out).subspan(at, size));
    }
    ASSERT_EQ(out, expected) << piece;
  }
}

TEST(Ctr, CarriesThroughAllOfTheCounter) {
  auto key = Aes::create(random_bytes(16, 1));
  auto counter = std::vector<std::byte>(16, std::byte{0xff});
  counter[15] = std::byte{0xf0};
  const std::vector<std::byte> zeros(48 * 16);
  std::vector<std::byte> out(zeros.size()), block(16);
  AesCtr(*key, fixed<16>(counter)).apply(zeros, out);
  for (std::size_t i = 0; i < 48; ++i) {
    cipher::detail::aes().encrypt(key->schedule(), counter.data(), block.data(), 1);
    ASSERT_EQ(block,
              std::vector<std::byte>(out.begin() + static_cast<std::ptrdiff_t>(16 * i),
                                     out.begin() + static_cast<std::ptrdiff_t>(16 * i + 16)));
    for (std::size_t at = 16; at-- > 0;)
      if ((counter[at] = static_cast<std::byte>(std::to_integer<int>(counter[at]) + 1)) !=
          std::byte{})
        break;
  }
}

TEST(Cbc, RoundTripsInPlaceAndApart) {
  auto key = Aes::create(random_bytes(32, 1));
  const auto iv = random_bytes(16, 2);
  for (const std::size_t size : {0U, 16U, 32U, 512U, 528U, 1600U}) {
    const auto text = random_bytes(size, size);
    auto apart = text, place = text;
    ASSERT_TRUE(cbc_encrypt(*key, fixed<16>(iv), text, apart).has_value());
    ASSERT_TRUE(cbc_encrypt(*key, fixed<16>(iv), place, place).has_value());
    EXPECT_EQ(apart, place);
    ASSERT_TRUE(cbc_decrypt(*key, fixed<16>(iv), place, place).has_value());
    EXPECT_EQ(place, text);
    ASSERT_TRUE(cbc_decrypt(*key, fixed<16>(iv), apart, place).has_value());
    EXPECT_EQ(place, text);
  }
  std::vector<std::byte> odd(17);
  EXPECT_TRUE(cbc_encrypt(*key, fixed<16>(iv), odd, odd).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(cbc_decrypt(*key, fixed<16>(iv), odd, odd).error().is(Errc::InvalidArgument));
}

TEST(Cbc, EveryWrongPaddingIsOneErrorAndLeavesNothing) {
  auto key = Aes::create(random_bytes(16, 1));
  const auto iv = random_bytes(16, 2);
  for (unsigned last = 0; last < 256; ++last)
    for (unsigned broken = 0; broken < 17; ++broken) {
      std::vector<std::byte> text(32, std::byte{0x55}), cipher(32), out(32, std::byte{1});
      for (unsigned i = 0; i < std::min(last, 32U); ++i)
        text[31 - i] = static_cast<std::byte>(last);
      text[31] = static_cast<std::byte>(last);
      if (broken > 0) text[31 - (broken - 1)] ^= std::byte{0x80};
      ASSERT_TRUE(cbc_encrypt(*key, fixed<16>(iv), text, cipher).has_value());
      const unsigned size = std::to_integer<unsigned>(text[31]);
      bool good = size >= 1 && size <= 16;
      for (unsigned i = 0; good && i < size; ++i) good = text[31 - i] == text[31];
      const auto plain = cbc_decrypt_padded(*key, fixed<16>(iv), cipher, out);
      ASSERT_EQ(plain.has_value(), good) << last << ' ' << broken;
      if (good) {
        EXPECT_EQ(plain->size(), 32 - size);
      } else {
        EXPECT_TRUE(plain.error().is(Errc::Malformed));
        EXPECT_EQ(out, std::vector<std::byte>(32));
      }
    }
  std::vector<std::byte> none, odd(17), out(17);
  EXPECT_TRUE(cbc_decrypt_padded(*key, fixed<16>(iv), none, none).error().is(Errc::Malformed));
  EXPECT_TRUE(cbc_decrypt_padded(*key, fixed<16>(iv), odd, out).error().is(Errc::Malformed));
}

TEST(Xts, RoundTripsAtEverySize) {
  const auto bytes = random_bytes(64, 1);
  const auto key = XtsKey::create(bytes);
  ASSERT_TRUE(key.has_value());
  for (std::size_t size = 16; size < 600; ++size) {
    const auto text = random_bytes(size, size);
    auto apart = text, place = text;
    const auto tweak = xts_tweak(size);
    ASSERT_TRUE(xts_encrypt(*key, tweak, text, apart).has_value());
    ASSERT_TRUE(xts_encrypt(*key, tweak, place, place).has_value());
    ASSERT_EQ(apart, place);
    ASSERT_TRUE(xts_decrypt(*key, tweak, place, place).has_value());
    ASSERT_EQ(place, text);
    ASSERT_TRUE(xts_decrypt(*key, tweak, apart, place).has_value());
    ASSERT_EQ(place, text);
  }
}

TEST(Xts, RefusesWhatTheStandardForbids) {
  auto bytes = random_bytes(32, 1);
  const auto key = XtsKey::create(bytes);
  std::vector<std::byte> small(15), large(kXtsMaxBytes + 1);
  EXPECT_TRUE(xts_encrypt(*key, xts_tweak(0), small, small).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(xts_decrypt(*key, xts_tweak(0), large, large).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(XtsKey::create(random_bytes(40, 1)).error().is(Errc::InvalidArgument));
  std::copy_n(bytes.begin(), 16, bytes.begin() + 16);
  EXPECT_TRUE(XtsKey::create(bytes).error().is(Errc::InvalidArgument));
}

// RFC 3394 §4.1 and §4.6, RFC 5649 §6.
TEST(KeyWrap, PublishedCases) {
  const auto all = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  const auto data = hex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f");
  auto kek128 = Aes::create(ByteSpan(all).first(16));
  auto kek256 = Aes::create(all);
  std::vector<std::byte> out(24), long_out(40);
  ASSERT_TRUE(key_wrap(*kek128, ByteSpan(data).first(16), out).has_value());
  EXPECT_EQ(out, hex("1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"));
  ASSERT_TRUE(key_wrap(*kek256, data, long_out).has_value());
  EXPECT_EQ(
      long_out,
      hex("28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"));
  auto kek192 = Aes::create(hex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8"));
  std::vector<std::byte> padded(32), one(16);
  ASSERT_TRUE(key_wrap_padded(*kek192, hex("c37b7e6492584340bed12207808941155068f738"), padded)
                  .has_value());
  EXPECT_EQ(padded, hex("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a"));
  ASSERT_TRUE(key_wrap_padded(*kek192, hex("466f7250617369"), one).has_value());
  EXPECT_EQ(one, hex("afbeb0f07dfbf5419200f2ccb50bb24f"));
}

TEST(KeyWrap, EveryFlippedBitIsRefusedAndNothingLeft) {
  auto kek = Aes::create(random_bytes(32, 1));
  for (const std::size_t size : {1U, 8U, 9U, 16U, 24U, 33U}) {
    const auto key = random_bytes(size, size);
    std::vector<std::byte> wrapped(key_wrap_padded_size(size)), out(wrapped.size() - 8);
    ASSERT_TRUE(key_wrap_padded(*kek, key, wrapped).has_value());
    for (std::size_t bit = 0; bit < wrapped.size() * 8; ++bit) {
      wrapped[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
      EXPECT_TRUE(key_unwrap_padded(*kek, wrapped, out).error().is(Errc::Unauthenticated));
      EXPECT_EQ(out, std::vector<std::byte>(out.size()));
      wrapped[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    }
    const auto opened = key_unwrap_padded(*kek, wrapped, out);
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(std::vector<std::byte>(opened->begin(), opened->end()), key);
    if (size % 8 != 0 || size < 16) continue;
    std::vector<std::byte> plain_wrapped(size + 8), plain(size);
    ASSERT_TRUE(key_wrap(*kek, key, plain_wrapped).has_value());
    ASSERT_TRUE(key_unwrap(*kek, plain_wrapped, plain).has_value());
    EXPECT_EQ(plain, key);
    plain_wrapped[3] ^= std::byte{4};
    EXPECT_TRUE(key_unwrap(*kek, plain_wrapped, plain).error().is(Errc::Unauthenticated));
    EXPECT_EQ(plain, std::vector<std::byte>(size));
  }
}

TEST(KeyWrap, RefusesSizesThatTheStandardsDoNotHave) {
  auto kek = Aes::create(random_bytes(16, 1));
  std::vector<std::byte> small(8), small_out(16), odd(17), odd_out(25), none, one(8);
  EXPECT_TRUE(key_wrap(*kek, small, small_out).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(key_wrap(*kek, odd, odd_out).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(key_wrap_padded(*kek, none, one).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(key_unwrap(*kek, small_out, small).error().is(Errc::Malformed));
  EXPECT_TRUE(key_unwrap_padded(*kek, odd, small).error().is(Errc::Malformed));
  std::vector<std::byte> large(kKeyWrapMax + 8), larger(kKeyWrapMax + 16);
  EXPECT_TRUE(key_wrap(*kek, large, larger).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(key_wrap_padded(*kek, large, larger).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(key_unwrap(*kek, larger, large).error().is(Errc::LimitExceeded));
  EXPECT_TRUE(key_unwrap_padded(*kek, larger, large).error().is(Errc::LimitExceeded));
}

}  // namespace
