#include <avila/hash/blake3.hpp>
#include <avila/simd/dispatch.hpp>

#include <cstring>

#include "blake3_kernels.hpp"
#include "support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace avila;
using namespace avila::hash;
using namespace avila::hash::detail;
using hash_test::hex;
using hash_test::random_bytes;

TEST(Blake3, EmptyInput) {
  // The BLAKE3 team's test_vectors.json, input_len 0.
  EXPECT_EQ(hex(blake3({})), "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
}

TEST(Blake3, EveryKernelAgreesWithPortable) {
  const auto bytes = random_bytes(80'000, 1);
  const auto* key = reinterpret_cast<const std::uint32_t*>(bytes.data());
  for (const auto& kernel : blake3_kernels()) {
    if (!kernel.supported()) continue;
    for (std::uint64_t i = 0; i < 200; ++i) {
      const Blake3Block block{key, &bytes[i * 3], i * 0x123456789U,
                              static_cast<std::uint32_t>(i % 65),
                              static_cast<std::uint32_t>(i % 128)};
      std::uint32_t expected[16], got[16];
      blake3_compress_portable(block, expected);
      kernel.run->compress(block, got);
      ASSERT_EQ(std::memcmp(got, expected, sizeof got), 0) << kernel.name;
    }
    for (std::size_t blocks = 0; blocks <= 16; ++blocks) {
      std::array<std::uint32_t, 8> expected, got;
      std::memcpy(expected.data(), &bytes[blocks], sizeof expected);
      got = expected;
      const Blake3Chain job{&bytes[blocks * 7], blocks, 0xFFFFFFFF0 + blocks, kKeyedHash,
                            kChunkStart};
      blake3_chain_portable(expected.data(), job);
      kernel.run->chain(got.data(), job);
      ASSERT_EQ(got, expected) << kernel.name << " " << blocks;
    }
    for (std::size_t count = 0; count <= 70; ++count)
      for (const std::size_t blocks : {1UL, 16UL}) {
        std::vector<const std::byte*> inputs;
        for (std::size_t i = 0; i < count; ++i) inputs.push_back(&bytes[i * 1024 + i]);
        // The counter crosses 2^32 within a group.
        const Blake3Many job{inputs.data(), count, blocks,      key,      0xFFFFFFFFU - 3,
                             blocks / 16,   16,    kChunkStart, kChunkEnd};
        std::vector<std::uint32_t> expected(count * 8 + 1), got(count * 8 + 1);
        blake3_many_serially(blake3_compress_portable, job, expected.data());
        kernel.run->many(job, got.data());
        ASSERT_EQ(got, expected) << kernel.name << " " << count << " " << blocks;
      }
  }
}

TEST(Blake3, PiecesGiveTheWhole) {
  const auto bytes = random_bytes(700'000, 2);
  const auto key = std::span<const std::byte, 32>(bytes.data(), 32);
  for (std::size_t size = 0; size <= bytes.size();
       size += size < 200 ? 1 : (size < 10'000 ? 251 : 66'041)) {
    const ByteSpan part = ByteSpan(bytes).first(size);
    Blake3 plain, keyed = Blake3::keyed(key), whole = Blake3::keyed(key);
    hash_test::in_pieces(part, size, [&](ByteSpan piece) {
      plain.update(piece);
      keyed.update(piece);
    });
    whole.update(part);
    ASSERT_EQ(plain.finish(), blake3(part)) << size;
    ASSERT_EQ(keyed.finish(), whole.finish()) << size;
    ASSERT_NE(keyed.finish(), plain.finish());
  }
}

TEST(Blake3, WholeChunksAndSubtreesAtTheEnd) {
  const auto bytes = random_bytes(1 << 20, 3);
  for (std::size_t chunks = 1; chunks <= 1024; chunks += chunks < 20 ? 1 : 167)
    for (const int delta : {-1, 0, 1}) {
      const std::size_t size =
          std::min(bytes.size(), chunks * 1024 + static_cast<std::size_t>(delta));
      const ByteSpan part = ByteSpan(bytes).first(size);
      Blake3 state;  // in pieces of one chunk, nothing is hashed in wide batches
      for (std::size_t at = 0; at < size; at += 1024)
        state.update(part.subspan(at, std::min<std::size_t>(1024, size - at)));
      ASSERT_EQ(state.finish(), blake3(part)) << size;
    }
}

TEST(Blake3, FinishMayBeAskedOnTheWay) {
  const auto bytes = random_bytes(9000, 4);
  Blake3 state;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    state.update({&bytes[i], 1});
    if (i % 509 == 0 || i % 1024 == 1023) {
      ASSERT_EQ(state.finish(), blake3(ByteSpan(bytes).first(i + 1))) << i;
    }
  }
  state.reset();
  EXPECT_EQ(state.finish(), blake3({}));
}

TEST(Blake3, OutputCanBeReadFromAnywhere) {
  Blake3 state = Blake3::derive_key("avila 2026 tests: output from anywhere");
  state.update(as_bytes("material"));
  std::vector<std::byte> all(1000);
  state.finish_into(all);
  EXPECT_EQ(std::memcmp(all.data(), state.finish().data(), 32), 0);
  for (std::size_t at = 0; at < 900; at += 37) {
    std::vector<std::byte> some(100);
    state.finish_into(some, at);
    ASSERT_EQ(std::memcmp(some.data(), all.data() + at, 100), 0) << at;
  }
  std::vector<std::byte> far(10);  // block counters above 32 bits
  state.finish_into(far, std::uint64_t{1} << 40);
  EXPECT_NE(hex(far), hex(ByteSpan(all).first(10)));
}

}  // namespace
