#include <avila/hash/blake2.hpp>
#include <avila/simd/dispatch.hpp>

#include <cstring>

#include "blake2_kernels.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::hash;
using hash_test::hex;
using hash_test::random_bytes;

TEST(Blake2, Rfc7693Appendices) {
  EXPECT_EQ(hex(blake2b(as_bytes("abc"))),
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
  EXPECT_EQ(hex(blake2s(as_bytes("abc"))),
            "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
}

// RFC 7693 appendix E: a hash over hashes of every digest length, keyed and not.
template <class Blake2>
std::string self_test(std::span<const std::size_t> sizes, std::span<const std::size_t> inputs) {
  const auto sequence = [](std::size_t size, std::uint32_t seed) {
    std::vector<std::byte> bytes(size);
    std::uint32_t a = 0xDEAD4BAD * seed, b = 1;
    for (auto& byte : bytes) {
      const std::uint32_t t = a + b;
      a = b, b = t;
      byte = static_cast<std::byte>(t >> 24);
    }
    return bytes;
  };
  Blake2 whole({.size = 32});
  for (const std::size_t size : sizes)
    for (const std::size_t input : inputs) {
      const auto in = sequence(input, static_cast<std::uint32_t>(input));
      const auto key = sequence(size, static_cast<std::uint32_t>(size));
      for (const ByteSpan k : {ByteSpan(), ByteSpan(key)}) {
        Blake2 state({.size = size, .key = k});
        state.update(in);
        std::vector<std::byte> digest(size);
        state.finish_into(digest);
        whole.update(digest);
      }
    }
  std::vector<std::byte> digest(32);
  whole.finish_into(digest);
  return hex(digest);
}

TEST(Blake2, Rfc7693SelfTest) {
  const std::size_t sizes_b[] = {20, 32, 48, 64}, inputs_b[] = {0, 3, 128, 129, 255, 1024};
  EXPECT_EQ(self_test<Blake2b>(sizes_b, inputs_b),
            "c23a7800d98123bd10f506c61e29da5603d763b8bbad2e737f5e765a7bccd475");
  const std::size_t sizes_s[] = {16, 20, 28, 32}, inputs_s[] = {0, 3, 64, 65, 255, 1024};
  EXPECT_EQ(self_test<Blake2s>(sizes_s, inputs_s),
            "6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe");
}

template <class Word>
void expect_kernels_agree(std::span<const simd::Kernel<detail::Blake2Fn<Word>>> kernels) {
  const auto bytes = random_bytes(4000, 1);
  for (std::size_t blocks = 0; blocks < 9; ++blocks)
    for (const Word last : {Word{0}, static_cast<Word>(~Word{0})})
      for (const std::uint64_t counter : {std::uint64_t{64}, std::uint64_t{0xFFFFFFC0}}) {
        std::array<Word, 8> start, expected;
        std::memcpy(start.data(), &bytes[blocks], sizeof start);
        expected = start;
        kernels.back().run(expected.data(), &bytes[100 + blocks], blocks, counter, last);
        for (const auto& kernel : kernels) {
          if (!kernel.supported()) continue;
          auto got = start;
          kernel.run(got.data(), &bytes[100 + blocks], blocks, counter, last);
          ASSERT_EQ(got, expected) << kernel.name << " " << blocks;
        }
      }
}
TEST(Blake2, EveryKernelAgreesWithPortable) {
  expect_kernels_agree(detail::blake2b_kernels());
  expect_kernels_agree(detail::blake2s_kernels());
}

template <class Blake2, class Whole>
void expect_pieces_give_the_whole(Whole whole) {
  const auto bytes = random_bytes(3000, 2);
  Blake2 pieces;
  for (std::size_t size = 0; size <= bytes.size(); size += size < 300 ? 1 : 127) {
    const ByteSpan part = ByteSpan(bytes).first(size);
    hash_test::in_pieces(part, size, [&](ByteSpan piece) { pieces.update(piece); });
    ASSERT_EQ(pieces.finish(), whole(part)) << size;
  }
}
TEST(Blake2, PiecesGiveTheWhole) {
  expect_pieces_give_the_whole<Blake2b>(blake2b);
  expect_pieces_give_the_whole<Blake2s>(blake2s);
}

TEST(Blake2, EveryOptionChangesTheDigest) {
  const auto bytes = random_bytes(64, 3);
  const ByteSpan some = bytes;
  const Blake2Options all[] = {{},
                               {.size = 63},
                               {.key = some.first(1)},
                               {.key = some},
                               {.salt = some.first(16)},
                               {.personal = some.first(16)}};
  std::vector<std::string> digests;
  for (const Blake2Options& options : all) {
    Blake2b state(options);
    state.update(as_bytes("same"));
    std::vector<std::byte> digest(state.size());
    state.finish_into(digest);
    digests.push_back(hex(digest).substr(0, 40));
    // As new, under the same options.
    state.update(as_bytes("same"));
    std::vector<std::byte> again(state.size());
    state.finish_into(again);
    EXPECT_EQ(digest, again);
  }
  for (std::size_t i = 0; i < digests.size(); ++i)
    for (std::size_t k = 0; k < i; ++k) EXPECT_NE(digests[i], digests[k]) << i << " " << k;
}

}  // namespace
