// SHA-512 and its family, SHA-1, MD5.
#include <avila/hash/md5.hpp>
#include <avila/hash/sha1.hpp>
#include <avila/hash/sha512.hpp>
#include <avila/simd/dispatch.hpp>

#include <cstring>

#include "sha512_kernels.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::hash;
using hash_test::hex;

template <class Hash>
auto of(ByteSpan bytes) {
  Hash state;
  state.update(bytes);
  return state.finish();
}

TEST(Sha512, PublishedExamples) {
  // FIPS 180-4 examples (NIST CSRC).
  EXPECT_EQ(hex(sha512(as_bytes("abc"))),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(hex(sha384(as_bytes("abc"))),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
            "8086072ba1e7cc2358baeca134c825a7");
  EXPECT_EQ(hex(of<Sha512_256>(as_bytes("abc"))),
            "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
  EXPECT_EQ(hex(of<Sha512_224>(as_bytes("abc"))),
            "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa");
}

TEST(Sha512, EveryKernelAgreesWithPortable) {
  const auto bytes = hash_test::random_bytes(128 * 9 + 80, 1);
  for (std::size_t blocks = 0; blocks < 9; ++blocks) {
    std::array<std::uint64_t, 8> start, expected;
    std::memcpy(start.data(), &bytes[blocks], sizeof start);
    expected = start;
    detail::sha512_kernels().back().run(expected.data(), &bytes[7], blocks);
    for (const auto& kernel : detail::sha512_kernels()) {
      if (!kernel.supported()) continue;
      auto got = start;
      kernel.run(got.data(), &bytes[7], blocks);
      ASSERT_EQ(got, expected) << kernel.name;
    }
  }
}

TEST(Sha1, PublishedExamples) {
  EXPECT_EQ(hex(sha1(as_bytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(sha1({})), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST(Md5, Rfc1321TestSuite) {
  EXPECT_EQ(hex(md5({})), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(hex(md5(as_bytes("message digest"))), "f96b697d7cb7938d525a2f31aaf161d0");
}

template <class Hash>
void expect_pieces_give_the_whole() {
  const auto bytes = hash_test::random_bytes(4000, 2);
  Hash pieces;
  for (std::size_t size = 0; size <= bytes.size(); size += size < 300 ? 1 : 499) {
    const ByteSpan part = ByteSpan(bytes).first(size);
    hash_test::in_pieces(part, size, [&](ByteSpan piece) { pieces.update(piece); });
    ASSERT_EQ(pieces.finish(), of<Hash>(part)) << size;
  }
}

TEST(Sha512, PiecesGiveTheWhole) {
  expect_pieces_give_the_whole<Sha512>();
  expect_pieces_give_the_whole<Sha384>();
}
TEST(Sha1, PiecesGiveTheWhole) { expect_pieces_give_the_whole<Sha1>(); }
TEST(Md5, PiecesGiveTheWhole) { expect_pieces_give_the_whole<Md5>(); }

}  // namespace
