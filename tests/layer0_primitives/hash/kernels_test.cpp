// Every kernel that this machine can run agrees with the portable one.
#include <avila/simd/cpu.hpp>
#include <avila/simd/dispatch.hpp>

#include "adler32_kernels.hpp"
#include "crc_kernels.hpp"
#include "sha1_kernels.hpp"
#include "sha256_kernels.hpp"
#include "support.hpp"
#include "xxh3_long.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace {

using namespace avila;
using namespace avila::hash::detail;
using hash_test::random_bytes;

template <class Word>
void expect_crc_kernels_agree(std::span<const simd::Kernel<CrcFn<Word>>> kernels) {
  const auto bytes = random_bytes(40'000, 1);
  for (std::size_t size = 0; size < 39'000; size += size < 1200 ? 1 : 733)
    for (const std::size_t offset : {0, 1, 7, 33}) {
      const auto state = static_cast<Word>((size * 2654435761U + offset) * 0x9E3779B97F4A7C15U);
      const Word expected = kernels.back().run(&bytes[offset], size, state);
      for (const auto& kernel : kernels) {
        if (!kernel.supported()) continue;
        ASSERT_EQ(kernel.run(&bytes[offset], size, state), expected)
            << kernel.name << " " << size << " " << offset;
      }
    }
}

TEST(HashKernels, Crc32) { expect_crc_kernels_agree(crc32_kernels()); }
TEST(HashKernels, Crc32c) { expect_crc_kernels_agree(crc32c_kernels()); }
TEST(HashKernels, Crc64Nvme) { expect_crc_kernels_agree(crc64nvme_kernels()); }

TEST(HashKernels, Adler32) {
  auto bytes = random_bytes(40'000, 1);
  for (std::size_t size = 0; size < 39'000; size += size < 300 ? 1 : 733)
    for (const std::uint32_t start : {1U, 0xFFF0FFF0U, 0x12345678U}) {
      const std::uint32_t expected = adler32_kernels().back().run(&bytes[size % 5], size, start);
      for (const auto& kernel : adler32_kernels()) {
        if (!kernel.supported()) continue;
        ASSERT_EQ(kernel.run(&bytes[size % 5], size, start), expected) << kernel.name;
      }
    }
  // The largest sums, over more than one stretch.
  bytes.assign((2 << 20) + 100, std::byte{0xFF});
  const std::uint32_t expected =
      adler32_kernels().back().run(bytes.data(), bytes.size(), 0xFFF0FFF0U);
  for (const auto& kernel : adler32_kernels()) {
    if (!kernel.supported()) continue;
    EXPECT_EQ(kernel.run(bytes.data(), bytes.size(), 0xFFF0FFF0U), expected) << kernel.name;
  }
}

TEST(HashKernels, Sha1) {
  const auto bytes = random_bytes(64 * 20, 3);
  for (std::size_t blocks = 0; blocks < 18; ++blocks) {
    std::array<std::uint32_t, 5> start, expected;
    std::memcpy(start.data(), &bytes[blocks], sizeof start);
    expected = start;
    sha1_kernels().back().run(expected.data(), &bytes[blocks], blocks);
    for (const auto& kernel : sha1_kernels()) {
      if (!kernel.supported()) continue;
      auto got = start;
      kernel.run(got.data(), &bytes[blocks], blocks);
      ASSERT_EQ(got, expected) << kernel.name << " " << blocks;
    }
  }
}

TEST(HashKernels, Sha256) {
  const auto bytes = random_bytes(64 * 20, 3);
  std::vector<simd::Kernel<Sha256Fn>> kernels(sha256_kernels().begin(), sha256_kernels().end());
  if (sha256_blocks_sha_ni_emulated() != nullptr)
    kernels.push_back({"sha, emulated", simd::always, sha256_blocks_sha_ni_emulated()});
  for (std::size_t blocks = 0; blocks < 18; ++blocks)
    for (const std::size_t offset : {0UL, 1UL, 13UL}) {
      std::array<std::uint32_t, 8> start, expected;
      std::memcpy(start.data(), &bytes[offset + blocks], sizeof start);
      expected = start;
      for (std::size_t i = 0; i < blocks; ++i)
        sha256_blocks_portable(expected.data(), &bytes[offset + 64 * i], 1, nullptr, 0);
      for (const auto& kernel : kernels) {
        if (!kernel.supported()) continue;
        for (const std::size_t first : {blocks, std::size_t{0}, blocks / 2}) {
          auto got = start;
          kernel.run(got.data(), &bytes[offset], first, &bytes[offset + 64 * first],
                     blocks - first);
          ASSERT_EQ(got, expected) << kernel.name << " " << first << " of " << blocks;
        }
      }
    }
}

TEST(HashKernels, Xxh3Long) {
  const auto bytes = random_bytes(30'000, 2);
  for (const std::size_t secret_size : {136UL, 147UL, 192UL, 500UL})
    for (std::size_t blocks = 0; blocks < 4; ++blocks)
      for (std::size_t tail = 0; tail < 16; tail += 3)
        for (const std::size_t offset : {0UL, 1UL, 40UL})
          for (const bool last : {false, true}) {
            const Xxh3Run run{
                &bytes[offset + 600], blocks,     tail, last ? &bytes[offset + 77] : nullptr,
                &bytes[offset],       secret_size};
            std::array<std::uint64_t, 8> start, expected;
            std::memcpy(start.data(), &bytes[500], sizeof start);
            expected = start;
            xxh3_long_kernels().back().run->run(expected.data(), run);
            for (const auto& kernel : xxh3_long_kernels()) {
              if (!kernel.supported()) continue;
              auto got = start;
              kernel.run->run(got.data(), run);
              ASSERT_EQ(got, expected) << kernel.name;
            }
          }
}

TEST(HashKernels, Xxh3Whole) {
  const auto bytes = random_bytes(5000, 4);
  for (std::size_t size = 241; size < 4900; size += size < 1300 ? 1 : 61) {
    const Xxh3Kernel& portable = *xxh3_long_kernels().back().run;
    const std::byte* const in = &bytes[size % 67];
    for (const auto& kernel : xxh3_long_kernels()) {
      if (!kernel.supported()) continue;
      ASSERT_EQ(kernel.run->whole_64(in, size), portable.whole_64(in, size)) << kernel.name;
      ASSERT_EQ(kernel.run->whole_128(in, size), portable.whole_128(in, size)) << kernel.name;
    }
  }
}

}  // namespace
