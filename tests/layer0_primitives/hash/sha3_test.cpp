// SHA-3, SHAKE, cSHAKE, KMAC.
#include <avila/hash/kmac.hpp>
#include <avila/hash/sha3.hpp>
#include <avila/simd/dispatch.hpp>

#include <cstring>

#include "keccak_kernels.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::hash;
using hash_test::hex;
using hash_test::random_bytes;

template <class Shake>
std::vector<std::byte> output(Shake state, std::size_t size) {
  std::vector<std::byte> out(size);
  state.squeeze(out);
  return out;
}

TEST(Sha3, PublishedExamples) {
  // NIST CSRC, examples with intermediate values of FIPS 202: messages of 0 bits.
  EXPECT_EQ(hex(sha3_256({})), "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
  EXPECT_EQ(hex(Sha3_224().finish()), "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7");
  EXPECT_EQ(hex(output(Shake128(), 32)),
            "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26");
  EXPECT_EQ(hex(output(Shake256(), 32)),
            "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f");
}

TEST(Sha3, CShakeAndKmacSamples) {
  // NIST CSRC, "cSHAKE samples" #1 and "KMAC samples" #1 and #2 of SP 800-185.
  const std::byte four[] = {std::byte{0}, std::byte{1}, std::byte{2}, std::byte{3}};
  Shake128 cshake("", "Email Signature");
  cshake.update(four);
  EXPECT_EQ(hex(output(cshake, 32)),
            "c1c36925b6409a04f1b504fcbca9d82b4017277cb5ed2b2065fc1d3814d5aaf5");
  std::array<std::byte, 32> key, tag;
  for (std::size_t i = 0; i < 32; ++i) key[i] = static_cast<std::byte>(0x40 + i);
  Kmac128 kmac(key);
  kmac.update(four);
  kmac.finish(tag);
  EXPECT_EQ(hex(tag), "e5780b0d3ea6f7d3a429c5706aa43a00fadbd7d49628839e3187243f456ee14e");
  EXPECT_TRUE(kmac.verify(tag));
  EXPECT_FALSE(kmac.verify(ByteSpan(tag).first(31)));  // a shorter tag is another one
  tag[31] ^= std::byte{1};
  EXPECT_FALSE(kmac.verify(tag));
  Kmac128 custom(key, "My Tagged Application");
  custom.update(four);
  custom.finish(tag);
  EXPECT_EQ(hex(tag), "3b1fba963cd8b0b59e8c1a6d71888b7143651af8ba0a7070c0979e2811324aa5");
}

TEST(Sha3, EveryKernelAgreesWithPortable) {
  const auto bytes = random_bytes(2000, 1);
  for (const std::size_t rate : {0UL, 72UL, 136UL, 168UL})
    for (std::size_t blocks = 1; blocks < 6; ++blocks) {
      std::array<std::uint64_t, 25> start, expected;
      std::memcpy(start.data(), &bytes[blocks], sizeof start);
      expected = start;
      detail::keccak_kernels().back().run(expected.data(), &bytes[blocks], blocks, rate);
      for (const auto& kernel : detail::keccak_kernels()) {
        if (!kernel.supported()) continue;
        auto got = start;
        kernel.run(got.data(), &bytes[blocks], blocks, rate);
        ASSERT_EQ(got, expected) << kernel.name << " " << rate;
      }
    }
}

template <class Hash>
void expect_pieces_give_the_whole() {
  const auto bytes = random_bytes(2000, 2);
  Hash pieces;
  for (std::size_t size = 0; size <= bytes.size(); size += size < 350 ? 1 : 149) {
    const ByteSpan part = ByteSpan(bytes).first(size);
    Hash whole;
    whole.update(part);
    hash_test::in_pieces(part, size, [&](ByteSpan piece) { pieces.update(piece); });
    ASSERT_EQ(pieces.finish(), whole.finish()) << size;
  }
}
TEST(Sha3, PiecesGiveTheWhole) {
  expect_pieces_give_the_whole<Sha3_224>();
  expect_pieces_give_the_whole<Sha3_256>();
  expect_pieces_give_the_whole<Sha3_384>();
  expect_pieces_give_the_whole<Sha3_512>();
}

TEST(Sha3, OutputInPiecesGivesTheWhole) {
  Shake256 start;
  start.update(as_bytes("seed"));
  const auto all = output(start, 1000);
  Shake256 pieces = start;
  std::vector<std::byte> got;
  for (std::size_t size = 0; got.size() < 1000; ++size) {
    std::vector<std::byte> piece(std::min(size, 1000 - got.size()));
    pieces.squeeze(piece);
    got.insert(got.end(), piece.begin(), piece.end());
  }
  EXPECT_EQ(got, all);
}

TEST(Kmac, OutputsOfTwoLengthsShareNothingUnlessAsked) {
  Kmac256 kmac(as_bytes("a key of some length"));
  kmac.update(as_bytes("message"));
  std::array<std::byte, 16> shorter;
  std::array<std::byte, 300> longer;
  kmac.finish(shorter), kmac.finish(longer);
  EXPECT_NE(std::memcmp(shorter.data(), longer.data(), 16), 0);
  EXPECT_TRUE(kmac.verify(longer));
  kmac.finish_xof(shorter), kmac.finish_xof(longer);
  EXPECT_EQ(std::memcmp(shorter.data(), longer.data(), 16), 0);
}

}  // namespace
