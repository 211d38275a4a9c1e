#include <avila/hash/siphash.hpp>

#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::hash;

TEST(SipHash, PaperExample) {
  // Aumasson and Bernstein, appendix A: key 00…0f, message 00…0e.
  std::array<std::byte, 16> key;
  std::array<std::byte, 15> message;
  for (std::size_t i = 0; i < 16; ++i) key[i] = static_cast<std::byte>(i);
  for (std::size_t i = 0; i < 15; ++i) message[i] = static_cast<std::byte>(i);
  EXPECT_EQ(siphash_2_4(key, message), 0xa129ca6149be45e5U);
}

TEST(SipHash, PiecesGiveTheWhole) {
  const auto bytes = hash_test::random_bytes(3000, 8);
  const SipKey key(bytes.data() + 100, 16);
  for (std::size_t size = 0; size <= bytes.size(); size += size < 100 ? 1 : 313) {
    const ByteSpan part = ByteSpan(bytes).first(size);
    SipHash24 a(key);
    SipHash13 b(key);
    hash_test::in_pieces(part, size, [&](ByteSpan piece) {
      a.update(piece);
      b.update(piece);
    });
    ASSERT_EQ(a.digest(), siphash_2_4(key, part)) << size;
    ASSERT_EQ(b.digest(), siphash_1_3(key, part)) << size;
  }
}

}  // namespace
