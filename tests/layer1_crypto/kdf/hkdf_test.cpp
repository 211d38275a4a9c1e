#include <gtest/gtest.h>
#include <avila/hash/sha1.hpp>
#include <avila/hash/sha256.hpp>
#include <avila/hash/sha3.hpp>
#include <avila/kdf/hkdf.hpp>
#include <avila/text/encoding.hpp>

#include "hex.hpp"

namespace avila::kdf {
namespace {

using kdf_test::derived;
using kdf_test::from_hex;
using kdf_test::hex_of;

TEST(Hkdf, Rfc5869Case1) {
  const std::string ikm(22, '\x0b'), salt = from_hex("000102030405060708090a0b0c");
  const std::string info = from_hex("f0f1f2f3f4f5f6f7f8f9");
  const auto prk = hkdf_extract<hash::Sha256>(as_bytes(salt), as_bytes(ikm));
  EXPECT_EQ(hex_of(prk), "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  const char* const okm =
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
  EXPECT_EQ(derived(42,
                    [&](MutableByteSpan out) {
                      return hkdf_expand<hash::Sha256>(prk, as_bytes(info), out);
                    }),
            okm);
  EXPECT_EQ(derived(42,
                    [&](MutableByteSpan out) {
                      return hkdf<hash::Sha256>(as_bytes(ikm), as_bytes(salt), as_bytes(info), out);
                    }),
            okm);
}

TEST(Hkdf, Rfc5869Case7HasNoSalt) {
  const std::string ikm(22, '\x0c');
  EXPECT_EQ(
      derived(42,
              [&](MutableByteSpan out) { return hkdf<hash::Sha1>(as_bytes(ikm), {}, {}, out); }),
      "2c91117204d745f3500d636a62f64f0ab3bae548aa53d423b0d1f27ebba6f5e5673a081d70cce7acfc48");
}

TEST(Hkdf, LongOutputBeginsWithTheShortOne) {
  const auto of = [](std::size_t size) {
    return derived(size, [](MutableByteSpan out) {
      return hkdf<hash::Sha3_256>(as_bytes("secret"), as_bytes("salt"), as_bytes("use"), out);
    });
  };
  const std::string longest = of(kHkdfSizeMax<hash::Sha3_256>);
  ASSERT_EQ(longest.size(), 2 * 255 * 32U);
  for (const std::size_t size : {0U, 1U, 31U, 32U, 33U, 64U, 8159U})
    EXPECT_EQ(of(size), longest.substr(0, 2 * size));
}

TEST(Hkdf, RefusesMoreThan255Digests) {
  std::vector<std::byte> out(kHkdfSizeMax<hash::Sha256> + 1);
  const auto done = hkdf<hash::Sha256>(as_bytes("secret"), {}, {}, out);
  ASSERT_FALSE(done.has_value());
  EXPECT_TRUE(done.error().is(Errc::LimitExceeded));
}

}  // namespace
}  // namespace avila::kdf
