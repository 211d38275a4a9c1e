#include <avila/hash/blake2.hpp>
#include <avila/hash/blake3.hpp>
#include <avila/hash/hmac.hpp>
#include <avila/hash/md5.hpp>
#include <avila/hash/sha1.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/hash/sha3.hpp>
#include <avila/hash/sha512.hpp>

#include <new>

#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::hash;
using hash_test::hex;
using hash_test::random_bytes;

TEST(Hmac, Rfc4231And2202) {
  const std::vector<std::byte> key(20, std::byte{0x0b}), long_key(131, std::byte{0xaa});
  EXPECT_EQ(hex(hmac<Sha256>(key, as_bytes("Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac<Sha224>(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44");
  EXPECT_EQ(hex(hmac<Sha256>(long_key,
                             as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex(hmac<Md5>(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "750c783e6ab0b503eaa86e310a5db738");
  EXPECT_EQ(hex(hmac<Sha1>(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

// RFC 2104 §2 written out.
template <class Hash>
typename Hash::Digest by_definition(ByteSpan key, ByteSpan message) {
  std::vector<std::byte> block(key.begin(), key.end());
  if (block.size() > Hash::kBlockSize) {
    Hash shorter;
    shorter.update(key);
    const auto digest = shorter.finish();
    block.assign(digest.begin(), digest.end());
  }
  block.resize(Hash::kBlockSize);
  std::vector<std::byte> inner, outer;
  for (const std::byte b : block) {
    inner.push_back(b ^ std::byte{0x36});
    outer.push_back(b ^ std::byte{0x5c});
  }
  inner.insert(inner.end(), message.begin(), message.end());
  Hash state;
  state.update(inner);
  const auto inside = state.finish();
  outer.insert(outer.end(), inside.begin(), inside.end());
  Hash last;
  last.update(outer);
  return last.finish();
}

template <class Hash>
class HmacOf : public ::testing::Test {};
using Hashes = ::testing::Types<Md5, Sha1, Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256,
                                Sha3_224, Sha3_256, Sha3_384, Sha3_512, Blake2b, Blake2s, Blake3>;
TYPED_TEST_SUITE(HmacOf, Hashes);

TYPED_TEST(HmacOf, IsItsDefinition) {
  const auto bytes = random_bytes(700, 1);
  for (std::size_t size = 0; size < 300; size += 7) {
    const ByteSpan key = ByteSpan(bytes).first(size), message = ByteSpan(bytes).subspan(size, size);
    Hmac<TypeParam> mac(key);
    hash_test::in_pieces(message, size, [&](ByteSpan piece) { mac.update(piece); });
    Hmac<TypeParam> copy = mac;
    const auto tag = mac.finish();
    ASSERT_EQ(tag, by_definition<TypeParam>(key, message)) << size;
    EXPECT_TRUE(copy.verify(tag));
    mac.update(message);  // as new
    EXPECT_TRUE(mac.verify(tag));
    mac.update(message);
    auto wrong = tag;
    wrong[size % wrong.size()] ^= std::byte{0x10};
    EXPECT_FALSE(mac.verify(wrong));
    mac.update(message);
    EXPECT_FALSE(mac.verify(ByteSpan(tag).first(tag.size() - 1)));
  }
}

// What a destroyed object leaves behind in its memory.
template <class T, class... Args>
bool leaves_zeros(Args... args) {
  alignas(T) unsigned char memory[sizeof(T)];
  T* const object = new (memory) T(args...);
  object->update(as_bytes("some secret message that is long enough to leave a trace"));
  object->~T();
  const volatile unsigned char* const seen = memory;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    if (seen[i] != 0) return false;
  return true;
}

TEST(Hmac, ForgetsItsKey) {
  EXPECT_TRUE((leaves_zeros<Hmac<Sha256>>(as_bytes("secret"))));
  EXPECT_TRUE((leaves_zeros<Hmac<Sha3_512>>(as_bytes("secret"))));
  EXPECT_TRUE((leaves_zeros<Blake2b>(Blake2Options{.key = as_bytes("secret")})));
  EXPECT_FALSE((leaves_zeros<Blake2b>(Blake2Options{})));
  const auto key = random_bytes(32, 5);
  EXPECT_TRUE((leaves_zeros<Blake3>(Blake3::keyed(std::span<const std::byte, 32>(key)))));
  EXPECT_TRUE((leaves_zeros<Blake3>(Blake3::derive_key("avila 2026 tests: forgets"))));
  EXPECT_FALSE((leaves_zeros<Blake3>(Blake3())));
}

TEST(EqualTags, SeesEveryBit) {
  auto a = random_bytes(33, 1);
  const auto b = a;
  EXPECT_TRUE(equal_tags(a, b));
  EXPECT_TRUE(equal_tags({}, {}));
  EXPECT_FALSE(equal_tags(a, ByteSpan(b).first(32)));
  for (std::size_t bit = 0; bit < 33 * 8; ++bit) {
    a[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    EXPECT_FALSE(equal_tags(a, b));
    a[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
  }
}

}  // namespace
