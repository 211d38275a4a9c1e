#include <gtest/gtest.h>
#include <avila/kdf/argon2.hpp>

#include <cstring>
#include <random>

#include "argon2_kernels.hpp"
#include "hex.hpp"

namespace avila::kdf {
namespace {

using kdf_test::derived;

std::string argon2_hex(const Argon2Parameters& parameters, std::size_t size = 32) {
  return derived(size, [&](MutableByteSpan out) {
    return argon2(as_bytes("password"), as_bytes("somesalt"), parameters, out);
  });
}

TEST(Argon2, Rfc9106Section5) {
  const std::string password(32, '\1'), salt(16, '\2'), secret(8, '\3'), data(12, '\4');
  const auto tag = [&](Argon2Type type) {
    return derived(32, [&](MutableByteSpan out) {
      return argon2(as_bytes(password), as_bytes(salt),
                    {.type = type, .memory_kib = 32, .passes = 3, .lanes = 4}, out,
                    {.secret = as_bytes(secret), .associated_data = as_bytes(data)});
    });
  };
  EXPECT_EQ(tag(Argon2Type::D), "512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb");
  EXPECT_EQ(tag(Argon2Type::I), "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8");
  EXPECT_EQ(tag(Argon2Type::Id),
            "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

// From the tests of the reference implementation (P-H-C/phc-winner-argon2).
TEST(Argon2, ReferenceHashes) {
  EXPECT_EQ(argon2_hex({.memory_kib = 256, .passes = 2, .lanes = 1}),
            "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe");
  EXPECT_EQ(argon2_hex({.memory_kib = 256, .passes = 2, .lanes = 2}),
            "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037");
  EXPECT_EQ(argon2_hex({.type = Argon2Type::I,
                        .version = Argon2Version::V10,
                        .memory_kib = 256,
                        .passes = 2,
                        .lanes = 2}),
            "b6c11560a6a9d61eac706b79a2f97d68b4463aa3ad87e00c07e2b01e90c564fb");
}

TEST(Argon2, ThreadsDoNotChangeTheResult) {
  for (const Argon2Type type : {Argon2Type::D, Argon2Type::I, Argon2Type::Id}) {
    const auto with = [&](std::uint32_t threads) {
      return argon2_hex(
          {.type = type, .memory_kib = 1024, .passes = 2, .lanes = 5, .threads = threads});
    };
    const std::string alone = with(1);
    for (const std::uint32_t threads : {0U, 2U, 3U, 5U, 100U})
      EXPECT_EQ(with(threads), alone) << threads;
  }
}

TEST(Argon2, EveryParameterChangesTheResult) {
  const std::string tag = argon2_hex({.memory_kib = 64, .passes = 1, .lanes = 1});
  EXPECT_NE(argon2_hex({.memory_kib = 65, .passes = 1, .lanes = 1}), tag);
  EXPECT_NE(argon2_hex({.memory_kib = 64, .passes = 2, .lanes = 1}), tag);
  EXPECT_NE(argon2_hex({.memory_kib = 64, .passes = 1, .lanes = 2}), tag);
  EXPECT_NE(argon2_hex({.memory_kib = 64, .passes = 1, .lanes = 1}, 33).substr(0, 64), tag);
}

TEST(Argon2, EveryKernelAgreesWithPortable) {
  std::mt19937_64 random(1);
  detail::Argon2Block x, y, old;
  for (int round = 0; round < 20; ++round) {
    for (auto* block : {&x, &y, &old})
      for (auto& word : block->words) word = round == 0 ? ~std::uint64_t{0} : random();
    for (const bool with_xor : {false, true}) {
      detail::Argon2Block expected = old;
      detail::argon2_compress_portable(x, y, expected, with_xor);
      for (const auto& kernel : detail::argon2_kernels()) {
        if (!kernel.supported()) continue;
        detail::Argon2Block got = old;
        kernel.run(x, y, got, with_xor);
        ASSERT_EQ(std::memcmp(&got, &expected, sizeof got), 0) << kernel.name;
        if (with_xor) continue;
        got = y;  // in place
        kernel.run(x, got, got, false);
        ASSERT_EQ(std::memcmp(&got, &expected, sizeof got), 0) << kernel.name;
      }
    }
  }
}

TEST(Argon2, RefusesBadParameters) {
  std::byte out[32];
  const auto code = [&](std::string_view salt, const Argon2Parameters& parameters,
                        std::size_t size = 32) {
    const auto done =
        argon2(as_bytes("p"), as_bytes(salt), parameters, MutableByteSpan(out).first(size));
    return done.has_value() ? Errc::Unknown : done.error().code();
  };
  const Argon2Parameters least{.memory_kib = 32, .passes = 1, .lanes = 4};
  EXPECT_EQ(code("saltsalt", least), Errc::Unknown);
  EXPECT_EQ(code("saltsalt", least, kArgon2TagMin), Errc::Unknown);
  EXPECT_EQ(code("saltsalt", least, kArgon2TagMin - 1), Errc::InvalidArgument);
  EXPECT_EQ(code("saltsal", least), Errc::InvalidArgument);
  EXPECT_EQ(code("saltsalt", {.memory_kib = 31, .passes = 1, .lanes = 4}), Errc::InvalidArgument);
  EXPECT_EQ(code("saltsalt", {.memory_kib = 32, .passes = 0, .lanes = 4}), Errc::InvalidArgument);
  EXPECT_EQ(code("saltsalt", {.memory_kib = 32, .passes = 1, .lanes = 0}), Errc::InvalidArgument);
  EXPECT_EQ(code("saltsalt", {.memory_kib = ~0U, .passes = 1, .lanes = kArgon2LanesMax + 1}),
            Errc::LimitExceeded);
}

}  // namespace
}  // namespace avila::kdf
