#include <gtest/gtest.h>

#include <avila/crypto/jwk.hpp>
#include <avila/os/entropy.hpp>

namespace {

using namespace avila;
using namespace avila::crypto;

const PublicKey& public_of(const Jwk& jwk) { return std::get<PublicKey>(jwk.key); }
const PrivateKey& private_of(const Jwk& jwk) { return std::get<PrivateKey>(jwk.key); }

// RFC 7638 section 3.1.
constexpr std::string_view kRsa =
    R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aP)"
    R"(FFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5)"
    R"(v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-)"
    R"(bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",)"
    R"("e":"AQAB","alg":"RS256","kid":"2011-04-29"})";
// RFC 8037 appendix A.1 and A.2.
constexpr std::string_view kEd25519 =
    R"({"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",)"
    R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
// RFC 7517 appendix A.2.
constexpr std::string_view kP256 =
    R"({"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",)"
    R"("y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",)"
    R"("d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE","use":"enc","kid":"1"})";

TEST(Jwk, ReadsTheKeysOfTheStandards) {
  const auto rsa = Jwk::parse(kRsa);
  ASSERT_TRUE(rsa.has_value());
  EXPECT_EQ(public_of(*rsa).type(), KeyType::Rsa);
  EXPECT_EQ(rsa->metadata.key_id, "2011-04-29");
  EXPECT_EQ(rsa->metadata.algorithm, "RS256");
  EXPECT_EQ(thumbprint(public_of(*rsa)), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");

  const auto ed = Jwk::parse(kEd25519);
  ASSERT_TRUE(ed.has_value());
  EXPECT_EQ(thumbprint(private_of(*ed).public_key()),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");

  const auto ec = Jwk::parse(kP256);
  ASSERT_TRUE(ec.has_value());
  EXPECT_EQ(private_of(*ec).type(), KeyType::P256);
  EXPECT_EQ(ec->metadata.use, "enc");

  const auto secret = Jwk::parse(
      R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow","key_ops":["sign","verify"]})");
  ASSERT_TRUE(secret.has_value());
  EXPECT_EQ(std::get<SymmetricKey>(secret->key).size(), 64U);
  EXPECT_EQ(secret->metadata.operations, (std::vector<std::string>{"sign", "verify"}));
}

TEST(Jwk, GoesThereAndBack) {
  const JwkMetadata metadata{"id", "alg", "sig", {"sign"}};
  for (const KeyType type : {KeyType::Rsa, KeyType::P256, KeyType::P384, KeyType::P521,
                             KeyType::Secp256k1, KeyType::Ed25519, KeyType::X25519}) {
    SCOPED_TRACE(name(type));
    const PrivateKey key = PrivateKey::generate(type, os::system_entropy()).value();
    const auto again = Jwk::parse(json::to_string(to_jwk(key, metadata)));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(private_of(*again).public_key(), key.public_key());
    EXPECT_EQ(again->metadata.key_id, "id");
    EXPECT_EQ(again->metadata.operations, metadata.operations);
    const json::Value public_part = to_jwk(key.public_key());
    EXPECT_EQ(public_part.find("d"), nullptr);
    const auto public_again = Jwk::parse(public_part);
    ASSERT_TRUE(public_again.has_value());
    EXPECT_EQ(public_of(*public_again), key.public_key());
  }
}

void refuses(std::string_view text, Errc code) {
  const auto refused = Jwk::parse(text);
  ASSERT_FALSE(refused.has_value()) << text;
  EXPECT_TRUE(refused.error().is(code)) << refused.error().to_string();
}

TEST(Jwk, RefusesWhatIsWrong) {
  refuses("[]", Errc::Malformed);
  refuses("{}", Errc::Malformed);
  refuses(R"({"kty":1})", Errc::Malformed);
  refuses(R"({"kty":"rsa"})", Errc::Unsupported);
  refuses(R"({"kty":"EC","crv":"P-224"})", Errc::Unsupported);
  refuses(R"({"kty":"OKP","crv":"Ed448"})", Errc::Unsupported);
  refuses(R"({"kty":"EC"})", Errc::Malformed);
  refuses(R"({"kty":"oct"})", Errc::Malformed);
  refuses(R"({"kty":"oct","k":"AA=="})", Errc::Malformed);
  refuses(R"({"kty":"oct","k":"A+/A"})", Errc::Malformed);
  refuses(R"({"kty":"oct","k":"AB"})", Errc::Malformed);
  refuses(R"({"kty":"oct","k":"AA","key_ops":"sign"})", Errc::Malformed);
  refuses(R"({"kty":"oct","k":"AA","key_ops":[1]})", Errc::Malformed);
  refuses(R"({"kty":"oct","k":"AA","key_ops":["sign","sign"]})", Errc::Malformed);
  refuses(R"({"kty":"oct","k":"AA","kid":7})", Errc::Malformed);
  refuses(R"({"kty":"RSA","n":"","e":"AQAB"})", Errc::Malformed);
  refuses(R"({"kty":"RSA","n":"AAE","e":"AQAB"})", Errc::Malformed);
  refuses(R"({"kty":"OKP","crv":"X25519","x":"AAAA"})", Errc::Malformed);
  std::string other(kEd25519);  // x is that of another key
  other.replace(other.find("\"11qY") + 1, 1, "2");
  refuses(other, Errc::Malformed);
  other = kP256;
  other.replace(other.find("870MB") + 20, 1, "A");
  refuses(other, Errc::Malformed);
  std::string no_primes(kRsa);
  no_primes.insert(no_primes.size() - 1, R"(,"d":"AQAB")");
  refuses(no_primes, Errc::Unsupported);
}

}  // namespace
