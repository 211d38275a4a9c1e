#include <gtest/gtest.h>
#include <avila/field/x25519.hpp>

#include "bytes.hpp"

namespace {

using namespace avila::field;
using field_test::array_from_hex;
using field_test::to_hex;

struct Case {
  std::string_view scalar, u, out;
};
// RFC 7748 sections 5.2 and 6.1.
constexpr Case kCases[] = {{"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
                            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
                           {"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
                            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
                           {"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
                            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
                            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"},
                           {"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
                            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
                            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"}};

TEST(X25519, VectorsOfRfc7748) {
  for (const Case& c : kCases) {
    X25519Bytes out;
    EXPECT_TRUE(x25519(out, array_from_hex<32>(c.scalar), array_from_hex<32>(c.u)));
    EXPECT_EQ(to_hex(out), c.out);
  }
  EXPECT_EQ(to_hex(x25519_base(array_from_hex<32>(kCases[2].scalar))), kCases[3].u);
  EXPECT_EQ(to_hex(x25519_base(array_from_hex<32>(kCases[3].scalar))), kCases[2].u);
}

TEST(X25519, ThousandIterations) {
  X25519Bytes k{std::byte{9}}, u = k, out;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(x25519(out, k, u));
    u = k;
    k = out;
    if (i == 0) {
      EXPECT_EQ(to_hex(k), "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    }
  }
  EXPECT_EQ(to_hex(k), "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
}

TEST(X25519, SaysWhenTheResultIsZero) {
  // u of the points of small order, and the same numbers above p.
  for (const std::string_view u :
       {"0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"}) {
    X25519Bytes out;
    EXPECT_FALSE(x25519(out, array_from_hex<32>(kCases[0].scalar), array_from_hex<32>(u))) << u;
    EXPECT_EQ(out, X25519Bytes{});
  }
}

TEST(X25519, IgnoresWhatClampingClears) {
  auto scalar = array_from_hex<32>(kCases[0].scalar);
  auto u = array_from_hex<32>(kCases[0].u);
  scalar[0] ^= std::byte{7};
  scalar[31] ^= std::byte{0x80};
  u[31] ^= std::byte{0x80};
  X25519Bytes out;
  EXPECT_TRUE(x25519(out, scalar, u));
  EXPECT_EQ(to_hex(out), kCases[0].out);
}

}  // namespace
