#include <algorithm>
#include <avila/aead/aes_gcm.hpp>
#include <avila/aead/aes_gcm_siv.hpp>
#include <avila/aead/chacha20_poly1305.hpp>
#include <avila/aead/seal.hpp>
#include <avila/aead/stream.hpp>
#include <avila/cipher/detail/aes_blocks.hpp>
#include <avila/mac/poly1305.hpp>
#include <avila/primitives/endian.hpp>
#include <avila/simd/dispatch.hpp>
#include <avila/text/encoding.hpp>
#include <cstring>
#include <type_traits>

#include "gcm_kernels.hpp"
#include "support.hpp"

namespace {

using namespace avila;
using namespace avila::aead;
using namespace aead_test;

static_assert(!std::is_copy_constructible_v<Aes256Gcm>);
static_assert(std::is_nothrow_move_constructible_v<Aes256Gcm>);
static_assert(!std::is_constructible_v<Nonce<12>, Nonce<24>>);

template <class Key>
class Aead : public testing::Test {
 protected:
  Key key{std::span<const std::byte, Key::kKeySize>(random_bytes(Key::kKeySize, 1))};
  typename Key::NonceType nonce{
      std::span<const std::byte, Key::kNonceSize>(random_bytes(Key::kNonceSize, 2))};
};
using Keys = testing::Types<Aes128Gcm, Aes256Gcm, Aes128GcmSiv, Aes256GcmSiv, ChaCha20Poly1305,
                            XChaCha20Poly1305>;
TYPED_TEST_SUITE(Aead, Keys);

constexpr std::size_t kSizes[] = {0,    1,    15,   16,    17,    63,    64,   65,  224,
                                  225,  255,  256,  257,   512,   959,   960,  961, 1024,
                                  1500, 4096, 4111, 16384, 17344, 17345, 40000};

TYPED_TEST(Aead, RoundTripsInPlaceAndApart) {
  for (const std::size_t size : kSizes)
    for (const std::size_t aad_size : {0U, 13U, 16U, 17U, 300U}) {
      const auto text = random_bytes(size, size), aad = random_bytes(aad_size, aad_size);
      auto apart = text, place = text, opened = text;
      Tag tag, tag_in_place;
      ASSERT_TRUE(this->key.seal_detached(this->nonce, aad, text, apart, tag).has_value());
      ASSERT_TRUE(
          this->key.seal_detached(this->nonce, aad, place, place, tag_in_place).has_value());
      ASSERT_EQ(apart, place) << size;
      ASSERT_EQ(tag, tag_in_place) << size;
      ASSERT_TRUE(size <= 16 || apart != text);
      ASSERT_TRUE(this->key.open_detached(this->nonce, aad, apart, tag, opened).has_value());
      ASSERT_EQ(opened, text) << size;
      ASSERT_TRUE(this->key.open_detached(this->nonce, aad, place, tag, place).has_value());
      ASSERT_EQ(place, text) << size;
    }
}

TYPED_TEST(Aead, RefusesEveryChangeAndLeavesNothing) {
  for (const std::size_t size : {5U, 40U, 300U, 1100U}) {
    const auto text = random_bytes(size, 3);
    auto aad = random_bytes(13, 4);
    std::vector<std::byte> sealed(size + kTagSize), out(size);
    ASSERT_TRUE(seal(this->key, this->nonce, aad, text, sealed).has_value());
    const auto refused = [&] {
      std::fill(out.begin(), out.end(), std::byte{1});
      const auto opened = open(this->key, this->nonce, aad, sealed, out);
      return !opened.has_value() && opened.error().is(Errc::Unauthenticated) &&
             out == std::vector<std::byte>(size);
    };
    for (std::size_t bit = 0; bit < sealed.size() * 8; bit += size > 100 ? 37 : 1) {
      sealed[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
      ASSERT_TRUE(refused()) << size << ' ' << bit;
      sealed[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    }
    aad[12] ^= std::byte{0x80};
    EXPECT_TRUE(refused());
    aad.pop_back();
    EXPECT_TRUE(refused());
    auto other = this->nonce.bytes();
    other.back() ^= std::byte{1};
    EXPECT_TRUE(
        open(this->key, typename TypeParam::NonceType(other), random_bytes(13, 4), sealed, out)
            .error()
            .is(Errc::Unauthenticated));
    ASSERT_TRUE(open(this->key, this->nonce, random_bytes(13, 4), sealed, out).has_value());
    EXPECT_EQ(out, text);
  }
}

TYPED_TEST(Aead, RefusesEveryTruncation) {
  const auto text = random_bytes(40, 3);
  std::vector<std::byte> sealed(56);
  ASSERT_TRUE(seal(this->key, this->nonce, {}, text, sealed).has_value());
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    std::vector<std::byte> out(size < kTagSize ? 0 : size - kTagSize);
    const auto opened = open(this->key, this->nonce, {}, ByteSpan(sealed).first(size), out);
    ASSERT_FALSE(opened.has_value());
    EXPECT_TRUE(opened.error().is(size < kTagSize ? Errc::Malformed : Errc::Unauthenticated));
  }
}

TYPED_TEST(Aead, CountsWhatItSealsAndRefuses) {
  std::vector<std::byte> text(8), sealed(24);
  ASSERT_TRUE(seal(this->key, this->nonce, {}, text, sealed).has_value());
  ASSERT_TRUE(seal(this->key, this->nonce, {}, text, sealed).has_value());
  sealed[0] ^= std::byte{1};
  ASSERT_FALSE(open(this->key, this->nonce, {}, sealed, text).has_value());
  EXPECT_EQ(this->key.usage().sealed(), 2U);
  EXPECT_EQ(this->key.usage().refused(), 1U);
}

TYPED_TEST(Aead, StreamOpensOnlyWhatWasSealedInItsOrder) {
  const auto prefix_bytes = random_bytes(StreamNonce<TypeParam>::kPrefixSize, 5);
  const auto prefix = fixed<StreamNonce<TypeParam>::kPrefixSize>(prefix_bytes);
  std::vector<std::vector<std::byte>> segments;
  StreamSealer<TypeParam> sealer(this->key, prefix);
  for (std::size_t i = 0; i < 4; ++i) {
    segments.emplace_back(100 + kTagSize);
    ASSERT_TRUE(sealer.seal({}, random_bytes(100, i), segments.back(), i == 3).has_value());
  }
  std::vector<std::byte> out(100), more(116);
  EXPECT_TRUE(sealer.seal({}, out, more, false).error().is(Errc::Closed));

  StreamOpener<TypeParam> opener(this->key, prefix);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_FALSE(opener.finished());
    ASSERT_TRUE(opener.open({}, segments[i], out, i == 3).has_value());
    EXPECT_EQ(out, random_bytes(100, i));
  }
  EXPECT_TRUE(opener.finished());
  EXPECT_TRUE(opener.open({}, segments[0], out, false).error().is(Errc::Closed));

  StreamOpener<TypeParam> swapped(this->key, prefix);
  EXPECT_TRUE(swapped.open({}, segments[1], out, false).error().is(Errc::Unauthenticated));
  EXPECT_TRUE(swapped.open({}, segments[0], out, false).error().is(Errc::Closed));  // for good
  StreamOpener<TypeParam> cut(this->key, prefix);
  EXPECT_FALSE(cut.open({}, segments[0], out, true).has_value());  // not the last one
  EXPECT_FALSE(cut.finished());
  StreamOpener<TypeParam> longer(this->key, prefix);
  for (std::size_t i = 0; i < 3; ++i)
    ASSERT_TRUE(longer.open({}, segments[i], out, false).has_value());
  EXPECT_FALSE(
      longer.open({}, segments[3], out, false).has_value());  // the last one, as if it were not
}

// Each kernel against counter mode and GHASH apart, in a counter that wraps.
TEST(AesGcm, EveryKernelIsCounterModeAndGhash) {
  const auto text = random_bytes(70 * 16, 1), h = random_bytes(16, 2);
  for (const std::size_t key_size : {16U, 24U, 32U}) {
    const auto key = random_bytes(key_size, 3);
    cipher::detail::AesSchedule schedule;
    cipher::detail::aes().expand(schedule, key.data(), key_size);
    mac::detail::PolyvalKey hash_key;
    mac::detail::ghash_start(hash_key, h.data(), true);
    if (!hash_key.wide) continue;  // the portable kernel does no block
    for (const auto& kernel : aead::detail::gcm_kernels())
      for (std::size_t blocks = 0; kernel.supported() && blocks <= 70; ++blocks)
        for (const bool encrypt : {false, true}) {
          std::vector<std::byte> counter(16, std::byte{0xff}), sum = random_bytes(16, 4);
          counter[15] = static_cast<std::byte>(0xff - blocks / 2);
          auto expected_sum = sum;
          std::vector<std::byte> out(blocks * 16), expected(blocks * 16);
          const auto expected_end = load_be32(counter.data() + 12);
          cipher::detail::aes().ctr32(schedule, counter.data(), text.data(), expected.data(),
                                      blocks);
          const std::size_t done = kernel.run(schedule, hash_key, counter.data(), sum.data(),
                                              text.data(), out.data(), blocks, encrypt);
          ASSERT_LE(done, blocks);
          mac::detail::ghash_padded(hash_key, expected_sum.data(),
                                    encrypt ? expected.data() : text.data(), done * 16);
          ASSERT_EQ(sum, expected_sum) << kernel.name << ' ' << blocks;
          ASSERT_TRUE(std::equal(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(16 * done),
                                 expected.begin()));
          ASSERT_EQ(load_be32(counter.data() + 12),
                    static_cast<std::uint32_t>(expected_end + done));
        }
  }
}

TEST(AesGcm, TakesNoncesOfOtherSizesFromOldFormats) {
  const auto key = AesGcm::create(random_bytes(16, 1));
  Tag tag;
  std::vector<std::byte> text(20), out(20);
  EXPECT_TRUE(key->seal_with_iv({}, {}, text, out, tag).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(key->open_with_iv({}, {}, text, tag, out).error().is(Errc::InvalidArgument));
  for (const std::size_t size : {1U, 8U, 12U, 16U, 100U}) {
    const auto iv = random_bytes(size, size);
    ASSERT_TRUE(key->seal_with_iv(iv, {}, text, out, tag).has_value());
    ASSERT_TRUE(key->open_with_iv(iv, {}, out, tag, out).has_value());
    EXPECT_EQ(out, text);
  }
  EXPECT_TRUE(AesGcm::create(random_bytes(15, 1)).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(AesGcmSiv::create(random_bytes(24, 1)).error().is(Errc::InvalidArgument));
}

// RFC 8439 §2.8.2.
TEST(ChaCha20Poly1305, PublishedMessage) {
  const auto key_bytes = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
  const auto nonce_bytes = hex("070000004041424344454647"), aad = hex("50515253c0c1c2c3c4c5c6c7");
  const ByteSpan text = as_bytes(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
      "sunscreen would be it.");
  const ChaCha20Poly1305 key(fixed<32>(key_bytes));
  std::vector<std::byte> out(text.size());
  Tag tag;
  ASSERT_TRUE(
      key.seal_detached(Nonce<12>(fixed<12>(nonce_bytes)), aad, text, out, tag).has_value());
  EXPECT_EQ(std::vector<std::byte>(tag.begin(), tag.end()),
            hex("1ae10b594f09e26a7e902ecbd0600691"));
}

TEST(Nonce, CounterNeverRepeats) {
  const auto sender = hex("01020304");
  NonceCounter counter(fixed<4>(sender), ~std::uint64_t{0} - 2);
  const auto first = counter.next(), second = counter.next();
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_NE(*first, *second);
  const auto bytes = first->bytes();
  EXPECT_EQ(std::vector<std::byte>(bytes.begin(), bytes.end()), hex("01020304fffffffffffffffd"));
  EXPECT_EQ(counter.position(), ~std::uint64_t{0});
  EXPECT_TRUE(counter.next().error().is(Errc::LimitExceeded));
}

TEST(Usage, StopsAtItsLimits) {
  const Usage usage(2, 1);
  EXPECT_TRUE(usage.count_seal().has_value());
  EXPECT_TRUE(usage.count_seal().has_value());
  EXPECT_TRUE(usage.count_seal().error().is(Errc::LimitExceeded));
  EXPECT_EQ(usage.sealed(), 2U);
  EXPECT_TRUE(usage.check_open().has_value());
  usage.count_refused();
  EXPECT_TRUE(usage.check_open().error().is(Errc::LimitExceeded));
}

}  // namespace
