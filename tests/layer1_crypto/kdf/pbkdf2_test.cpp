#include <gtest/gtest.h>
#include <avila/hash/hmac.hpp>
#include <avila/kdf/pbkdf2.hpp>

#include "hex.hpp"

namespace avila::kdf {
namespace {

using kdf_test::derived;

template <class Hash>
std::string pbkdf2_hex(std::string_view password, std::string_view salt, std::uint32_t iterations,
                       std::size_t size) {
  return derived(size, [&](MutableByteSpan out) {
    return pbkdf2<Hash>(as_bytes(password), as_bytes(salt), iterations, out);
  });
}

TEST(Pbkdf2, Rfc6070) {
  using namespace std::string_view_literals;
  EXPECT_EQ(pbkdf2_hex<hash::Sha1>("password", "salt", 1, 20),
            "0c60c80f961f0e71f3a9b524af6012062fe037a6");
  EXPECT_EQ(pbkdf2_hex<hash::Sha1>("password", "salt", 4096, 20),
            "4b007901b765489abead49d926f721d065a429c1");
  EXPECT_EQ(pbkdf2_hex<hash::Sha1>("passwordPASSWORDpassword",
                                   "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096, 25),
            "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038");
  EXPECT_EQ(pbkdf2_hex<hash::Sha1>("pass\0word"sv, "sa\0lt"sv, 4096, 16),
            "56fa6aa75548099dcc37d7f03425e0c3");
}

TEST(Pbkdf2, Rfc7914Section11) {
  EXPECT_EQ(pbkdf2_hex<hash::Sha256>("passwd", "salt", 1, 64),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
            "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
}

TEST(Pbkdf2, FirstBlockIsTheDefinition) {
  using Sha = hash::Sha512;
  const std::string message = std::string("salt") + std::string("\0\0\0\1", 4);
  auto u = hash::hmac<Sha>(as_bytes("key"), as_bytes(message));
  auto sum = u;
  for (int i = 1; i < 5; ++i) {
    u = hash::hmac<Sha>(as_bytes("key"), u);
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] ^= u[k];
  }
  EXPECT_EQ(pbkdf2_hex<Sha>("key", "salt", 5, 64), kdf_test::hex_of(sum));
  EXPECT_EQ(pbkdf2_hex<Sha>("key", "salt", 5, 150).substr(0, 128), kdf_test::hex_of(sum));
}

TEST(Pbkdf2, RefusesNoIterationsAndNoOutput) {
  std::byte out[4];
  EXPECT_TRUE(pbkdf2<hash::Sha256>({}, {}, 0, out).error().is(Errc::InvalidArgument));
  EXPECT_TRUE(pbkdf2<hash::Sha256>({}, {}, 1, {}).error().is(Errc::InvalidArgument));
}

}  // namespace
}  // namespace avila::kdf
