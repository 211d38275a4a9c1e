#include <gtest/gtest.h>
#include <avila/field/expand_message.hpp>
#include <avila/field/hash_to_curve.hpp>

#include "bytes.hpp"
#include "rfc9380_vectors.hpp"

namespace {

using namespace avila;
using namespace avila::field;
using field_test::from_hex;
using field_test::to_hex;

using Expand = Result<void> (*)(MutableByteSpan, ByteSpan, ByteSpan);

template <std::size_t N>
void expect_expansions(const rfc9380::ExpandCase (&cases)[N], Expand expand, std::string_view tag) {
  for (const auto& c : cases) {
    std::vector<std::byte> out(c.uniform_bytes.size() / 2);
    ASSERT_TRUE(expand(out, as_bytes(c.message), as_bytes(tag)).has_value());
    EXPECT_EQ(to_hex(out), c.uniform_bytes) << c.message;
  }
}

std::string long_tag(std::string name) {
  name += "long-DST-";
  while (name.size() < 256) name += '1';
  return name;
}

TEST(ExpandMessage, VectorsOfRfc9380AppendixK) {
  expect_expansions(rfc9380::kXmdSha256, expand_message_xmd_sha256,
                    "QUUX-V01-CS02-with-expander-SHA256-128");
  expect_expansions(rfc9380::kXmdSha256LongTag, expand_message_xmd_sha256,
                    long_tag("QUUX-V01-CS02-with-expander-SHA256-128-"));
  expect_expansions(rfc9380::kXmdSha512, expand_message_xmd_sha512,
                    "QUUX-V01-CS02-with-expander-SHA512-256");
  expect_expansions(rfc9380::kXofShake128, expand_message_xof_shake128,
                    "QUUX-V01-CS02-with-expander-SHAKE128");
  expect_expansions(rfc9380::kXofShake128LongTag, expand_message_xof_shake128,
                    long_tag("QUUX-V01-CS02-with-expander-SHAKE128-"));
  expect_expansions(rfc9380::kXofShake256, expand_message_xof_shake256,
                    "QUUX-V01-CS02-with-expander-SHAKE256");
}

TEST(ExpandMessage, RefusesEmptyTagsAndTooMuchOutput) {
  std::vector<std::byte> out(255 * 32 + 1);
  EXPECT_FALSE(expand_message_xmd_sha256(out, {}, as_bytes("tag")).has_value());
  out.pop_back();
  EXPECT_TRUE(expand_message_xmd_sha256(out, {}, as_bytes("tag")).has_value());
  const auto empty = expand_message_xmd_sha256(out, {}, {});
  ASSERT_FALSE(empty.has_value());
  EXPECT_TRUE(empty.error().is(Errc::InvalidArgument));
  std::vector<std::byte> too_much(kMaxExpandBytes + 1);
  EXPECT_FALSE(expand_message_xof_shake128(out, {}, {}).has_value());
  EXPECT_TRUE(expand_message_xof_shake256(out, {}, as_bytes("tag")).has_value());
  EXPECT_FALSE(expand_message_xof_shake256(too_much, {}, as_bytes("t")).has_value());
  EXPECT_FALSE(hash_to_p256(as_bytes("message"), {}).has_value());
  EXPECT_FALSE(hash_to_edwards25519(as_bytes("message"), {}).has_value());
  EXPECT_FALSE(hash_to_ristretto255(as_bytes("message"), {}).has_value());
}

template <std::size_t N, class Hash>
void expect_points(const rfc9380::Case (&cases)[N], Hash hash, std::string_view suite) {
  const std::string tag = "QUUX-V01-CS02-with-" + std::string(suite);
  for (const auto& c : cases) {
    const auto point = hash(as_bytes(c.message), as_bytes(tag));
    ASSERT_TRUE(point.has_value());
    const auto affine = point->to_affine();
    EXPECT_EQ(to_hex(affine.x.to_bytes_be()), c.x) << suite << " of " << c.message;
    EXPECT_EQ(to_hex(affine.y.to_bytes_be()), c.y);
    EXPECT_EQ(affine.y.square(), point->equation(affine.x));
  }
}

TEST(HashToCurve, VectorsOfTheNistCurves) {
  expect_points(rfc9380::kP256Ro, hash_to_p256, "P256_XMD:SHA-256_SSWU_RO_");
  expect_points(rfc9380::kP256Nu, encode_to_p256, "P256_XMD:SHA-256_SSWU_NU_");
  expect_points(rfc9380::kP384Ro, hash_to_p384, "P384_XMD:SHA-384_SSWU_RO_");
  expect_points(rfc9380::kP384Nu, encode_to_p384, "P384_XMD:SHA-384_SSWU_NU_");
  expect_points(rfc9380::kP521Ro, hash_to_p521, "P521_XMD:SHA-512_SSWU_RO_");
  expect_points(rfc9380::kP521Nu, encode_to_p521, "P521_XMD:SHA-512_SSWU_NU_");
}

TEST(HashToCurve, VectorsOfSecp256k1) {
  expect_points(rfc9380::kSecp256k1Ro, hash_to_secp256k1, "secp256k1_XMD:SHA-256_SSWU_RO_");
  expect_points(rfc9380::kSecp256k1Nu, encode_to_secp256k1, "secp256k1_XMD:SHA-256_SSWU_NU_");
}

std::string big_endian(const Fe25519& x) {
  auto bytes = x.to_bytes();
  std::reverse(bytes.begin(), bytes.end());
  return to_hex(bytes);
}

TEST(HashToCurve, VectorsOfEdwards25519) {
  const auto check = [](const auto& cases, auto hash, std::string_view tag) {
    for (const auto& c : cases) {
      const auto point = hash(as_bytes(c.message), as_bytes(tag));
      ASSERT_TRUE(point.has_value());
      EXPECT_EQ(big_endian(point->x()), c.x) << tag << " of " << c.message;
      EXPECT_EQ(big_endian(point->y()), c.y);
      EXPECT_TRUE(point->is_torsion_free_vartime());
    }
  };
  check(rfc9380::kEdwards25519Ro, hash_to_edwards25519,
        "QUUX-V01-CS02-with-edwards25519_XMD:SHA-512_ELL2_RO_");
  check(rfc9380::kEdwards25519Nu, encode_to_edwards25519,
        "QUUX-V01-CS02-with-edwards25519_XMD:SHA-512_ELL2_NU_");
}

TEST(HashToCurve, VectorsOfCurve25519) {
  const auto check = [](const auto& cases, auto hash, std::string_view tag) {
    for (const auto& c : cases) {
      const auto point = hash(as_bytes(c.message), as_bytes(tag));
      ASSERT_TRUE(point.has_value());
      EXPECT_EQ(big_endian(point->u), c.x) << tag << " of " << c.message;
      EXPECT_EQ(big_endian(point->v), c.y);
    }
  };
  check(rfc9380::kCurve25519Ro, hash_to_curve25519,
        "QUUX-V01-CS02-with-curve25519_XMD:SHA-512_ELL2_RO_");
  check(rfc9380::kCurve25519Nu, encode_to_curve25519,
        "QUUX-V01-CS02-with-curve25519_XMD:SHA-512_ELL2_NU_");
}

TEST(HashToCurve, RistrettoIsTheMapOfTheExpandedMessage) {
  std::array<std::byte, 64> uniform;
  ASSERT_TRUE(expand_message_xmd_sha512(uniform, as_bytes("message"), as_bytes("tag")).has_value());
  EXPECT_EQ(hash_to_ristretto255(as_bytes("message"), as_bytes("tag")).value(),
            RistrettoPoint::from_uniform_bytes(uniform));
  EXPECT_FALSE(hash_to_ristretto255(as_bytes("message"), as_bytes("other")).value() ==
               RistrettoPoint::from_uniform_bytes(uniform));
}

}  // namespace
