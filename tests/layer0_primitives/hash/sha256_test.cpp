#include <avila/hash/sha256.hpp>

#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::hash;
using hash_test::hex;

TEST(Sha256, PublishedExamples) {
  // FIPS 180-4 examples (NIST CSRC, "SHA-256" and "SHA-224").
  EXPECT_EQ(hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha224(as_bytes("abc"))),
            "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
}

TEST(Sha256, AMillionLettersA) {
  const std::string text(1'000'000, 'a');
  EXPECT_EQ(hex(sha256(as_bytes(text))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesGiveTheWholeAndFinishResets) {
  const auto bytes = hash_test::random_bytes(5000, 9);
  Sha256 h;
  Sha224 g;
  for (std::size_t size = 0; size <= bytes.size(); size += size < 300 ? 1 : 499) {
    const ByteSpan part = ByteSpan(bytes).first(size);
    hash_test::in_pieces(part, size, [&](ByteSpan piece) {
      h.update(piece);
      g.update(piece);
    });
    ASSERT_EQ(h.finish(), sha256(part)) << size;
    ASSERT_EQ(g.finish(), sha224(part)) << size;
  }
}

}  // namespace
