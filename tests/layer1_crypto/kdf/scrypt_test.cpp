#include <gtest/gtest.h>
#include <avila/kdf/scrypt.hpp>

#include <cstring>
#include <limits>
#include <random>

#include "hex.hpp"
#include "scrypt_kernels.hpp"

namespace avila::kdf {
namespace {

std::string scrypt_hex(std::string_view password, std::string_view salt,
                       const ScryptParameters& parameters, std::size_t size) {
  return kdf_test::derived(size, [&](MutableByteSpan out) {
    return scrypt(as_bytes(password), as_bytes(salt), parameters, out);
  });
}

TEST(Scrypt, Rfc7914Section12) {
  EXPECT_EQ(scrypt_hex("", "", {.n = 16, .r = 1, .p = 1}, 64),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
            "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
  EXPECT_EQ(scrypt_hex("password", "NaCl", {.n = 1024, .r = 8, .p = 16}, 64),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
  EXPECT_EQ(scrypt_hex("pleaseletmein", "SodiumChloride", {.n = 16384, .r = 8, .p = 1}, 64),
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
            "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
}

// Computed with OpenSSL 3.0 (Python's hashlib.scrypt).
TEST(Scrypt, OddBlockSizes) {
  EXPECT_EQ(scrypt_hex("odd", "r", {.n = 2, .r = 3, .p = 2}, 17),
            "6f5706dda22c6e2787cf3ab9260e0e5165");
  EXPECT_EQ(scrypt_hex("odd", "r5", {.n = 256, .r = 5, .p = 3}, 40),
            "63b85f3a777e4194aca49e41b2239cba49b4231b931103627d70f5ede1addbaf55d9c5f4b7dbeefc");
}

TEST(Scrypt, EveryKernelAgreesWithPortable) {
  std::mt19937 random(1);
  for (const std::size_t r : {1U, 2U, 3U, 8U}) {
    for (const std::uint64_t n : {2U, 4U, 64U}) {
      const std::size_t words = 32 * r;
      std::vector<std::uint32_t> memory((n + 2) * words);
      std::uint32_t* const x = memory.data();
      std::vector<std::uint32_t> start(words);
      for (auto& word : start) word = static_cast<std::uint32_t>(random());
      std::vector<std::uint32_t> expected;
      for (std::size_t k = detail::romix_kernels().size(); k-- > 0;) {  // the portable one first
        const auto& kernel = detail::romix_kernels()[k];
        if (!kernel.supported()) continue;
        std::memcpy(x, start.data(), words * sizeof *x);
        kernel.run(x, x + words, x + 2 * words, r, n);
        if (expected.empty()) expected.assign(x, x + words);
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), x)) << kernel.name;
      }
    }
  }
}

TEST(Scrypt, RefusesBadParameters) {
  std::byte out[32];
  const auto code = [&](const ScryptParameters& parameters) {
    const auto done = scrypt({}, {}, parameters, out);
    return done.has_value() ? Errc::Unknown : done.error().code();
  };
  for (const std::uint64_t n : {0ULL, 1ULL, 3ULL, 1000ULL, ~0ULL})
    EXPECT_EQ(code({.n = n}), Errc::InvalidArgument) << n;
  EXPECT_EQ(code({.n = 16, .r = 0}), Errc::InvalidArgument);
  EXPECT_EQ(code({.n = 16, .p = 0}), Errc::InvalidArgument);
  EXPECT_EQ(code({.n = 1 << 16, .r = 1}), Errc::InvalidArgument);
  EXPECT_EQ(code({.n = 1ULL << 32}), Errc::LimitExceeded);
  EXPECT_EQ(code({.n = 2, .r = 1 << 15, .p = 1 << 15}), Errc::LimitExceeded);
  EXPECT_EQ(code({.n = 2, .r = 8, .p = (1 << 27) - 1}), Errc::LimitExceeded);
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  EXPECT_EQ(code({.n = 2, .r = kMost, .p = kMost}), Errc::LimitExceeded);
  const ScryptParameters small{.n = 16, .r = 1, .p = 1};
  EXPECT_EQ(code({.n = 16, .r = 1, .p = 1, .memory_max = scrypt_memory(small) - 1}),
            Errc::LimitExceeded);
  EXPECT_EQ(code({.n = 16, .r = 1, .p = 1, .memory_max = scrypt_memory(small)}), Errc::Unknown);
  EXPECT_TRUE(scrypt({}, {}, small, {}).error().is(Errc::InvalidArgument));
}

}  // namespace
}  // namespace avila::kdf
