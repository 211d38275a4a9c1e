#include <algorithm>
#include <avila/cipher/aes.hpp>
#include <avila/mac/cmac.hpp>
#include <avila/mac/gmac.hpp>
#include <avila/mac/hmac.hpp>
#include <avila/mac/poly1305.hpp>
#include <avila/simd/dispatch.hpp>
#include <avila/text/encoding.hpp>
#include <cstring>
#include <type_traits>

#include "poly1305_kernels.hpp"
#include "polyval_kernels.hpp"
#include "support.hpp"

namespace {

using namespace avila;
using namespace avila::mac;
using namespace mac_test;

static_assert(!std::is_copy_constructible_v<Poly1305> && !std::is_copy_constructible_v<Gmac>);

template <class Tag>
std::vector<std::byte> bytes_of(const Tag& tag) {
  return {tag.begin(), tag.end()};
}

// RFC 4493 §4.
TEST(Cmac, PublishedTagsInAnyPieces) {
  auto key = cipher::Aes::create(hex("2b7e151628aed2a6abf7158809cf4f3c"));
  const auto text =
      hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
          "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
  const struct {
    std::size_t size;
    const char* tag;
  } cases[] = {{0, "bb1d6929e95937287fa37d129b756746"},
               {16, "070a16b46b4d4144f79bdd9dd04a287c"},
               {40, "dfa66747de9ae63030ca32611497c827"},
               {64, "51f0bebf7e3b9d92fc49741779363cfe"}};
  Cmac mac(*key);  // one object for all: as new after each tag
  for (const auto& c : cases) {
    EXPECT_EQ(bytes_of(cmac(*key, ByteSpan(text).first(c.size))), hex(c.tag));
    for (std::size_t piece = 1; piece <= 33; ++piece) {
      for (std::size_t at = 0; at < c.size; at += piece)
        mac.update(ByteSpan(text).subspan(at, std::min(piece, c.size - at)));
      ASSERT_TRUE(mac.verify(hex(c.tag))) << c.size << ' ' << piece;
    }
  }
}

TEST(Cmac, RefusesEveryOtherTag) {
  auto key = cipher::Aes::create(random_bytes(32, 1));
  Cmac mac(*key);
  mac.update(as_bytes("message"));
  auto tag = mac.finish();
  for (std::size_t bit = 0; bit < 128; ++bit) {
    tag[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    mac.update(as_bytes("message"));
    EXPECT_FALSE(mac.verify(tag));
    tag[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
  }
  mac.update(as_bytes("message"));
  EXPECT_FALSE(mac.verify(ByteSpan(tag).first(15)));
}

// RFC 8439 §2.5.2.
TEST(Poly1305, PublishedTagInAnyPieces) {
  const auto key = hex("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b");
  const ByteSpan text = as_bytes("Cryptographic Forum Research Group");
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    Poly1305 mac{fixed<32>(key)};
    for (std::size_t at = 0; at < text.size(); at += piece)
      mac.update(text.subspan(at, std::min(piece, text.size() - at)));
    ASSERT_TRUE(mac.verify(hex("a8061dc1305136c6c22b8baf0c0127a9"))) << piece;
  }
}

// The sum of §2.5.1 a byte at a time: 2^136 is 320 modulo 2^130 - 5.
std::vector<std::byte> poly1305_by_bytes(ByteSpan key, ByteSpan text) {
  std::uint32_t r[17] = {}, h[17] = {}, product[17];
  for (std::size_t i = 0; i < 16; ++i) r[i] = std::to_integer<std::uint32_t>(key[i]);
  for (const int i : {3, 7, 11, 15}) r[i] &= 15;
  for (const int i : {4, 8, 12}) r[i] &= 252;
  while (!text.empty()) {
    const std::size_t size = std::min<std::size_t>(text.size(), 16);
    std::uint32_t carry = 0;
    for (std::size_t i = 0; i < 17; ++i) {
      carry += h[i] + (i < size ? std::to_integer<std::uint32_t>(text[i]) : i == size ? 1 : 0);
      h[i] = carry & 255, carry >>= 8;
    }
    for (std::size_t i = 0; i < 17; ++i) {
      product[i] = 0;
      for (std::size_t j = 0; j < 17; ++j)
        product[i] += j <= i ? h[j] * r[i - j] : 320 * h[j] * r[i + 17 - j];
    }
    carry = 0;
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t i = 0; i < 16; ++i) {
        carry += product[i];
        product[i] = carry & 255, carry >>= 8;
      }
      carry += product[16];
      product[16] = carry & 3;
      carry = 5 * (carry >> 2);
    }
    product[0] += carry;
    std::copy_n(product, 17, h);
    text = text.subspan(size);
  }
  std::uint32_t minus[17], carry = 5;
  for (std::size_t i = 0; i < 17; ++i) carry += h[i], minus[i] = carry & 255, carry >>= 8;
  if (minus[16] >= 4) std::copy_n(minus, 16, h);
  std::vector<std::byte> tag(16);
  carry = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    carry += h[i] + std::to_integer<std::uint32_t>(key[16 + i]);
    tag[i] = static_cast<std::byte>(carry & 255), carry >>= 8;
  }
  return tag;
}

TEST(Poly1305, AgreesWithArithmeticByBytes) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    auto key = random_bytes(32, seed), text = random_bytes(seed * 3 % 1000, seed + 1000);
    if (seed % 4 == 1) std::fill_n(key.begin(), 16, std::byte{0xff});   // the largest r
    if (seed % 4 == 2) std::fill(key.begin(), key.end(), std::byte{});  // r is 2
    if (seed % 4 == 2) key[0] = std::byte{2};
    if (seed % 3 == 0) std::fill(text.begin(), text.end(), std::byte{0xff});
    if (seed % 3 == 1) std::fill(text.begin(), text.end(), std::byte{0xfb});
    Poly1305 mac{fixed<32>(key)};
    mac.update(text);
    ASSERT_EQ(bytes_of(mac.finish()), poly1305_by_bytes(key, text)) << seed;
  }
}

TEST(Poly1305, EveryKernelAgreesWithPortableAtAnyCount) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    auto key = random_bytes(32, seed), text = random_bytes(90 * 16, seed + 100);
    if (seed % 3 == 1) std::fill(key.begin(), key.end(), std::byte{0xff});
    if (seed % 4 == 1) std::fill(text.begin(), text.end(), std::byte{0xff});
    for (const auto& kernel : mac::detail::poly1305_kernels())
      for (std::size_t blocks = 0; kernel.supported() && blocks <= 90; ++blocks) {
        mac::detail::Poly1305State a, b;
        mac::detail::poly1305_start(a, key.data());
        b = a;
        std::vector<std::byte> tag(16), expected(16);
        for (int pass = 0; pass < 3; ++pass) {  // from a hash that is not 0, too
          kernel.run(a, text.data(), blocks, 1);
          mac::detail::poly1305_portable(b, text.data(), blocks, 1);
        }
        mac::detail::poly1305_finish(a, tag.data());
        mac::detail::poly1305_finish(b, expected.data());
        ASSERT_EQ(tag, expected) << kernel.name << ' ' << blocks << ' ' << seed;
      }
  }
}

TEST(Poly1305, PadsWithZerosToABlock) {
  const auto key = random_bytes(32, 1);
  for (std::size_t size = 0; size <= 48; ++size) {
    auto text = random_bytes(size, size);
    Poly1305 padded{fixed<32>(key)}, whole{fixed<32>(key)};
    padded.update(text);
    padded.pad16();
    text.resize((size + 15) / 16 * 16);
    whole.update(text);
    EXPECT_EQ(padded.finish(), whole.finish());
  }
}

// RFC 8452 appendix A.
TEST(Polyval, PublishedValueByEveryKernel) {
  const auto h = hex("25629347589242761d31f826ba4b757b");
  const auto text = hex("4f4f95668c83dfb6401762bb2d01a262d1a24ddd2721d006bbe45f20d3c9f362");
  for (const auto& kernel : mac::detail::polyval_kernels()) {
    if (!kernel.supported()) continue;
    mac::detail::PolyvalKey key;
    kernel.run->start(key, h.data(), true);
    std::vector<std::byte> hash(16);
    kernel.run->update(key, hash.data(), text.data(), 2, false);
    EXPECT_EQ(hash, hex("f7a3b47b846119fae5b7866cf5e5b77e")) << kernel.name;
  }
}

TEST(Polyval, EveryKernelAgreesWithPortableAtAnyCount) {
  const auto text = random_bytes(70 * 16, 1);
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    const auto h = seed == 0 ? std::vector<std::byte>(16, std::byte{0xff}) : random_bytes(16, seed);
    mac::detail::PolyvalKey reference;
    mac::detail::kPolyvalPortable.start(reference, h.data(), true);
    for (const auto& kernel : mac::detail::polyval_kernels()) {
      if (!kernel.supported()) continue;
      for (const bool wide : {false, true})
        for (const bool reversed : {false, true}) {
          mac::detail::PolyvalKey key;
          kernel.run->start(key, h.data(), wide);
          auto hash = random_bytes(16, 9), expected = hash;
          for (std::size_t blocks = 0; blocks <= 70; ++blocks) {
            kernel.run->update(key, hash.data(), text.data(), blocks, reversed);
            mac::detail::kPolyvalPortable.update(reference, expected.data(), text.data(), blocks,
                                                 reversed);
            ASSERT_EQ(hash, expected) << kernel.name << ' ' << blocks << wide << reversed;
          }
        }
    }
  }
}

TEST(Gmac, IsTheSameInAnyPieces) {
  auto key = cipher::Aes::create(random_bytes(16, 1));
  const auto nonce = random_bytes(12, 2), text = random_bytes(700, 3);
  for (const std::size_t size : {0U, 1U, 16U, 17U, 300U, 700U}) {
    Gmac whole(*key, nonce);
    whole.update(ByteSpan(text).first(size));
    const auto tag = whole.finish();
    for (const std::size_t piece : {1U, 5U, 16U, 31U, 128U, 256U}) {
      Gmac mac(*key, nonce);
      for (std::size_t at = 0; at < size; at += piece)
        mac.update(ByteSpan(text).subspan(at, std::min(piece, size - at)));
      ASSERT_TRUE(mac.verify(tag)) << size << ' ' << piece;
    }
  }
}

// FIPS 198-1's and SP 800-185's own vectors stand with avila::hash; these are the names.
TEST(Hmac, IsThatOfHash) {
  HmacSha256 mac(as_bytes("key"));
  mac.update(as_bytes("The quick brown fox jumps over the lazy dog"));
  EXPECT_TRUE(mac.verify(hex("f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8")));
  Kmac128 kmac(as_bytes("key"));
  std::vector<std::byte> tag(32);
  kmac.finish(tag);
  EXPECT_TRUE(kmac.verify(tag));
  tag[31] ^= std::byte{1};
  EXPECT_FALSE(kmac.verify(tag));
  EXPECT_FALSE(equal_tags(tag, ByteSpan(tag).first(31)));
}

}  // namespace
