#include <avila/jwt/token.hpp>
#include <avila/os/clock.hpp>
#include <avila/text/encoding.hpp>

#include "helpers.hpp"

namespace jwt_test {  // with a name: clang warns of what meta makes of types without linkage

struct Address {
  std::string street;
  std::optional<int> number;
};
struct Custom {
  std::string sub;
  std::vector<std::string> roles;
  std::uint8_t level;
  std::optional<bool> admin;
  Address address;
  double ratio;
};

}  // namespace jwt_test

namespace {
using namespace jwt_test;
using jwt::Algorithm;
using jwt::Algorithms;
using jwt::ClaimError;
using jwt::Claims;
using jwt::TokenError;
using jwt::Validation;

constexpr WallTime kNow{1'700'000'000'000'000'000};
const Algorithms kHs256 = {Algorithm::Hs256};

Claims claims(std::string_view json) {
  auto parsed = Claims::parse(json);
  EXPECT_TRUE(parsed.has_value()) << parsed.error().to_string();
  return std::move(parsed).value();
}

TEST(Claims, AreReadAsTypes) {
  const Claims some = claims(R"({"sub":"ana","roles":["a","b"],"level":7,"admin":true,
      "address":{"street":"Rua","number":3},"ratio":0.5,"more":[]})");
  const auto read = some.as<Custom>();
  ASSERT_TRUE(read.has_value()) << read.error().to_string();
  EXPECT_EQ(read->sub, "ana");
  EXPECT_EQ(read->roles, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(read->level, 7);
  EXPECT_EQ(read->admin, true);
  EXPECT_EQ(read->address.street, "Rua");
  EXPECT_EQ(read->address.number, 3);
  EXPECT_EQ(read->ratio, 0.5);
  EXPECT_EQ(some.get<int>("level").value(), 7);
  EXPECT_EQ(some.get<json::Value>("more")->size(), 0U);
  EXPECT_FALSE(some.get<std::optional<int>>("absent")->has_value());
  EXPECT_TRUE(some.get<int>("absent").error().is(ClaimError::Missing));
  for (const auto& [name, message] :
       {std::pair("sub", "claim \"sub\" must be an integer in range"),
        std::pair("roles", "claim \"roles\" must be an integer in range")})
    EXPECT_EQ(some.get<int>(name).error().message(), message);
  EXPECT_TRUE(some.get<std::string>("level").error().is(ClaimError::WrongType));
  EXPECT_TRUE(some.get<bool>("level").error().is(ClaimError::WrongType));
  EXPECT_TRUE(some.get<double>("sub").error().is(ClaimError::WrongType));
  EXPECT_TRUE(some.get<std::vector<int>>("roles").error().is(ClaimError::WrongType));
  EXPECT_TRUE(some.get<std::vector<int>>("sub").error().is(ClaimError::WrongType));
  EXPECT_TRUE(some.get<Address>("sub").error().is(ClaimError::WrongType));
  EXPECT_TRUE(claims(R"({"n":256})").get<std::uint8_t>("n").error().is(ClaimError::WrongType));
  EXPECT_TRUE(claims(R"({"n":-1})").get<unsigned>("n").error().is(ClaimError::WrongType));
  const auto part = claims(R"({"address":{}})").get<Address>("address");
  EXPECT_TRUE(part.error().is(ClaimError::Missing));
  EXPECT_EQ(part.error().message(), "claim \"address.street\" is missing");
}

TEST(Claims, RegisteredOnesHaveTheirTypes) {
  for (const char* bad : {R"({"iss":7})", R"({"sub":null})", R"({"jti":[]})", R"({"exp":"1"})",
                          R"({"nbf":null})", R"({"iat":{}})", R"({"aud":7})", R"({"aud":["a",7]})"})
    EXPECT_TRUE(Claims::parse(bad).error().is(ClaimError::WrongType)) << bad;
  for (const char* bad : {"", "[]", R"({"a":1,"a":2})", "{} x"})
    EXPECT_EQ(Claims::parse(bad).error().code(), Errc::Malformed) << bad;
  EXPECT_EQ(Claims::parse(std::string(jwt::kClaimsSizeMax + 1, ' ')).error().code(),
            Errc::LimitExceeded);
  const Claims some = claims(R"({"exp":1.5,"nbf":-2,"iat":1e30,"aud":["x","y"],"jti":"1"})");
  EXPECT_EQ(some.expires_at()->ns, 1'500'000'000);
  EXPECT_EQ(some.not_before()->ns, -2'000'000'000);
  EXPECT_EQ(some.issued_at()->ns, INT64_MAX);
  EXPECT_EQ(claims(R"({"iat":-1e30})").issued_at()->ns, INT64_MIN);
  EXPECT_EQ(some.audience().size(), 2U);
  EXPECT_TRUE(some.has_audience("y"));
  EXPECT_FALSE(some.has_audience("z"));
  EXPECT_EQ(some.id(), "1");
  Claims built;
  const std::vector<std::string> audiences = {"a", "b"};
  built.set_issuer("i").set_subject("s").set_id("j").set_audience(audiences);
  built.set_expires_at({1'999'999'999}).set_not_before({-1}).set_issued_at({0}).set("x", true);
  EXPECT_EQ(built.to_string(), R"({"iss":"i","sub":"s","jti":"j","aud":["a","b"],"exp":1,)"
                               R"("nbf":-1,"iat":0,"x":true})");
}

// The error of validation, or none.
std::optional<ClaimError> refused(std::string_view json, const Validation& validation) {
  const auto done = jwt::validate(claims(json), validation, kNow);
  if (done.has_value()) return std::nullopt;
  EXPECT_EQ(done.error().code(), Errc::Unauthenticated);
  return static_cast<ClaimError>(done.error().domain_value());
}

TEST(Validation, TimesWithLeeway) {
  Validation plain, later;
  later.leeway = seconds(60);
  EXPECT_EQ(refused("{}", plain), ClaimError::Missing);
  EXPECT_EQ(refused(R"({"exp":1700000001})", plain), std::nullopt);
  EXPECT_EQ(refused(R"({"exp":1700000000})", plain), ClaimError::Expired);
  EXPECT_EQ(refused(R"({"exp":1699999941})", later), std::nullopt);
  EXPECT_EQ(refused(R"({"exp":1699999940})", later), ClaimError::Expired);
  EXPECT_EQ(refused(R"({"exp":1e300})", later), std::nullopt);
  plain.require_expiration = later.require_expiration = false;
  EXPECT_EQ(refused("{}", plain), std::nullopt);
  EXPECT_EQ(refused(R"({"nbf":1700000000})", plain), std::nullopt);
  EXPECT_EQ(refused(R"({"nbf":1700000001})", plain), ClaimError::NotYetValid);
  EXPECT_EQ(refused(R"({"nbf":1700000060})", later), std::nullopt);
  EXPECT_EQ(refused(R"({"nbf":1700000061})", later), ClaimError::NotYetValid);
  EXPECT_EQ(refused(R"({"iat":1700000001})", plain), ClaimError::IssuedInFuture);
  EXPECT_EQ(refused(R"({"iat":1700000060})", later), std::nullopt);
  plain.age_max = seconds(10);
  EXPECT_EQ(refused("{}", plain), ClaimError::Missing);
  EXPECT_EQ(refused(R"({"iat":1699999990})", plain), std::nullopt);
  EXPECT_EQ(refused(R"({"iat":1699999989})", plain), ClaimError::TooOld);
}

TEST(Validation, Parties) {
  Validation who;
  who.require_expiration = false;
  EXPECT_EQ(refused(R"({"aud":"x"})", who), ClaimError::WrongAudience);
  who.any_audience = true;
  EXPECT_EQ(refused(R"({"aud":"x"})", who), std::nullopt);
  who.audiences = {"me", "also me"};
  EXPECT_EQ(refused("{}", who), ClaimError::Missing);
  EXPECT_EQ(refused(R"({"aud":"you"})", who), ClaimError::WrongAudience);
  EXPECT_EQ(refused(R"({"aud":[]})", who), ClaimError::WrongAudience);
  EXPECT_EQ(refused(R"({"aud":["you","also me"]})", who), std::nullopt);
  who.issuers = {"a", "b"};
  EXPECT_EQ(refused(R"({"aud":"me"})", who), ClaimError::Missing);
  EXPECT_EQ(refused(R"({"aud":"me","iss":"c"})", who), ClaimError::WrongIssuer);
  EXPECT_EQ(refused(R"({"aud":"me","iss":"b"})", who), std::nullopt);
  who.subject = "ana";
  EXPECT_EQ(refused(R"({"aud":"me","iss":"b"})", who), ClaimError::Missing);
  EXPECT_EQ(refused(R"({"aud":"me","iss":"b","sub":"bo"})", who), ClaimError::WrongSubject);
  who.required = {"jti"};
  EXPECT_EQ(refused(R"({"aud":"me","iss":"b","sub":"ana"})", who), ClaimError::Missing);
  EXPECT_EQ(refused(R"({"aud":"me","iss":"b","sub":"ana","jti":"1"})", who), std::nullopt);
}

TEST(Token, SignatureFirstThenClaims) {
  os::ManualClock clock(kNow);
  const auto signer = jwt::SigningKey::hmac(Algorithm::Hs256, as_bytes(secret()), "k").value();
  const auto verifier = jwt::VerifyingKey::hmac(as_bytes(secret())).value();
  Claims content;
  content.set_expires_at(kNow + hours(1)).set_audience("me");
  const std::string token = jwt::sign(content, signer, entropy(), "at+jwt").value();
  Validation validation;
  validation.audiences = {"me"};
  validation.type = "application/AT+JWT";
  const auto verified = jwt::verify(token, verifier, kHs256, validation, clock);
  ASSERT_TRUE(verified.has_value()) << verified.error().to_string();
  EXPECT_EQ(verified->claims.json(), content.json());
  EXPECT_EQ(verified->header.key_id(), "k");
  validation.type = "JWT";
  EXPECT_TRUE(jwt::verify(token, verifier, kHs256, validation, clock)
                  .error()
                  .is(ClaimError::WrongTokenType));
  validation.type.reset();
  clock.advance(hours(1));
  EXPECT_TRUE(
      jwt::verify(token, verifier, kHs256, validation, clock).error().is(ClaimError::Expired));
  const auto other = jwt::VerifyingKey::hmac(as_bytes(secret('Z'))).value();
  EXPECT_TRUE(jwt::verify(token, other, kHs256, validation, clock).error().is(TokenError::Invalid));
  const auto set = jwt::KeySet::create({}).value();
  EXPECT_TRUE(jwt::verify(token, set, kHs256, validation, clock).error().is(TokenError::NoKey));
}

TEST(Token, PayloadsThatAreNoClaims) {
  os::ManualClock clock(kNow);
  const auto signer = jwt::SigningKey::hmac(Algorithm::Hs256, as_bytes(secret())).value();
  const auto verifier = jwt::VerifyingKey::hmac(as_bytes(secret())).value();
  for (const std::string_view payload : {"", "null", "[]", "\xff"}) {
    const auto token = jwt::sign_compact(as_bytes(payload), signer, entropy()).value();
    EXPECT_EQ(jwt::verify(token, verifier, kHs256, {}, clock).error().code(), Errc::Malformed);
  }
  jwt::SignOptions unencoded;
  unencoded.unencoded = true;
  const auto token =
      jwt::sign_compact(as_bytes(std::string_view("{}")), signer, entropy(), unencoded).value();
  EXPECT_TRUE(jwt::verify(token, verifier, kHs256, {}, clock).error().is(TokenError::Critical));
}

TEST(Token, NestedIsOneLevel) {
  os::ManualClock clock(kNow);
  const auto signer = signing(vectors::kEd25519Key, Algorithm::EdDsa);
  const auto verifier = verifying(vectors::kEd25519Key);
  const auto to = encrypting(vectors::kBobKey, jwt::KeyManagement::EcdhEsA128Kw);
  const auto from = decrypting(vectors::kBobKey);
  Claims content;
  content.set_expires_at(kNow + hours(1)).set_subject("ana");
  const std::string token =
      jwt::sign_nested(content, signer, to, jwt::ContentEncryption::A256Gcm, entropy()).value();
  const jwt::JweAllowed jwe{{jwt::KeyManagement::EcdhEsA128Kw}, {jwt::ContentEncryption::A256Gcm}};
  const Algorithms jws = {Algorithm::EdDsa};
  const jwt::NestedKeys keys{std::span(&from, 1), jwe, std::span(&verifier, 1), jws};
  const auto opened = jwt::verify_nested(token, keys, {}, clock, entropy());
  ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
  EXPECT_EQ(opened->claims.subject(), "ana");
  jwt::EncryptOptions options;
  const auto wrap = [&](std::string_view inner) {
    return jwt::encrypt_compact(as_bytes(inner), to, jwt::ContentEncryption::A256Gcm, entropy(),
                                options)
        .value();
  };
  EXPECT_TRUE(jwt::verify_nested(wrap("{}"), keys, {}, clock, entropy())
                  .error()
                  .is(ClaimError::WrongTokenType));
  options.header.set("cty", "JWT");
  EXPECT_FALSE(jwt::verify_nested(wrap(token), keys, {}, clock, entropy()).has_value());
  EXPECT_FALSE(jwt::verify_nested("x", keys, {}, clock, entropy()).has_value());
}

}  // namespace
