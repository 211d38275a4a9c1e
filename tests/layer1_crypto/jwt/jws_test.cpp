#include "helpers.hpp"

#include <avila/jwt/limits.hpp>
#include <avila/text/encoding.hpp>

namespace {
using namespace jwt_test;
using jwt::Algorithm;
using jwt::Algorithms;
using jwt::TokenError;

const Algorithms kAny = {Algorithm::Hs256, Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa};
constexpr char kPayload[] =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

jwt::VerifyingKey hmac_key(const std::string& id = "", std::optional<Algorithm> algorithm = {}) {
  return jwt::VerifyingKey::hmac(as_bytes(secret()), {id, algorithm}).value();
}
jwt::SigningKey hmac_signer(const std::string& id = "") {
  return jwt::SigningKey::hmac(Algorithm::Hs256, as_bytes(secret()), id).value();
}
// Signed over whatever header is given.
std::string token_with_header(std::string_view header, std::string_view payload = "p") {
  std::string token = text::base64url_encode(header) + '.' + text::base64url_encode(payload);
  const auto signature = hmac_signer().sign(as_bytes(token), entropy());
  return token + '.' + text::base64url_encode(*signature);
}

TEST(Jws, VerifiesAppendixAOfRfc7515) {
  for (const auto& [key, token] : {std::pair(vectors::kA1Key, vectors::kA1Token),
                                   {vectors::kA2Key, vectors::kA2Token},
                                   {vectors::kA3Key, vectors::kA3Token}}) {
    const auto jws = jwt::verify_compact(token, verifying(key), kAny);
    ASSERT_TRUE(jws.has_value()) << jws.error().to_string();
    EXPECT_EQ(jws->payload, kPayload);
  }
  const auto jws = jwt::verify_compact(vectors::kA1Token, verifying(vectors::kA1Key), kAny);
  EXPECT_EQ(jws->header.type(), "JWT");
  EXPECT_EQ(jws->algorithm, Algorithm::Hs256);
}

TEST(Jws, SignsAsTheRfcsPrint) {
  const auto rs256 = jwt::sign_compact(as_bytes(std::string_view(kPayload)),
                                       signing(vectors::kA2Key, Algorithm::Rs256), entropy());
  EXPECT_EQ(rs256.value(), vectors::kA2Token);
  const auto eddsa = jwt::sign_compact(as_bytes(std::string_view("Example of Ed25519 signing")),
                                       signing(vectors::kEd25519Key, Algorithm::EdDsa), entropy());
  EXPECT_EQ(eddsa.value(), vectors::kEd25519Token);
  const std::string_view token = vectors::kA1Token;  // its header is not one that we would write
  const std::size_t dot = token.rfind('.');
  const auto mac =
      signing(vectors::kA1Key, Algorithm::Hs256).sign(as_bytes(token.substr(0, dot)), entropy());
  EXPECT_EQ(text::base64url_encode(*mac), token.substr(dot + 1));
}

TEST(Jws, VerifiesWhatItSignsByEachAlgorithm) {
  const std::vector<std::pair<std::string, std::vector<Algorithm>>> keys = {
      {vectors::kA1Key, {Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512}},
      {vectors::kA2Key,
       {Algorithm::Rs256, Algorithm::Rs384, Algorithm::Rs512, Algorithm::Ps256, Algorithm::Ps384,
        Algorithm::Ps512}},
      {vectors::kA3Key, {Algorithm::Es256}},
      {vectors::kEd25519Key, {Algorithm::EdDsa}}};
  std::vector<std::pair<jwt::SigningKey, jwt::VerifyingKey>> pairs;
  for (const auto& [text, algorithms] : keys)
    for (const Algorithm algorithm : algorithms)
      pairs.emplace_back(signing(text, algorithm), verifying(text));
  for (const auto& [type, algorithm] : {std::pair(crypto::KeyType::P384, Algorithm::Es384),
                                        std::pair(crypto::KeyType::P521, Algorithm::Es512),
                                        std::pair(crypto::KeyType::Secp256k1, Algorithm::Es256k)}) {
    auto key = crypto::PrivateKey::generate(type, entropy()).value();
    auto verifier = jwt::VerifyingKey::create(key.public_key()).value();
    pairs.emplace_back(jwt::SigningKey::create(algorithm, std::move(key)).value(),
                       std::move(verifier));
  }
  EXPECT_EQ(pairs.size(), 14U);
  for (const auto& [signer, verifier] : pairs) {
    SCOPED_TRACE(std::string(jwt::name(signer.algorithm())));
    const std::string token = jwt::sign_compact(as_bytes(secret()), signer, entropy()).value();
    const auto jws = jwt::verify_compact(token, verifier, {signer.algorithm()});
    ASSERT_TRUE(jws.has_value()) << jws.error().to_string();
    EXPECT_EQ(jws->payload, secret());
    EXPECT_EQ(jws->algorithm, signer.algorithm());
    // Each other algorithm is not allowed, whatever the key.
    const auto other = signer.algorithm() == Algorithm::Hs256 ? Algorithm::Rs256 : Algorithm::Hs256;
    EXPECT_TRUE(jwt::verify_compact(token, verifier, {other}).error().is(TokenError::NotAllowed));
    // A signature that is longer or shorter by a byte is none.
    for (const std::string& changed : {token + "AA", token.substr(0, token.size() - 4)})
      EXPECT_FALSE(jwt::verify_compact(changed, verifier, {signer.algorithm()}).has_value());
  }
}

TEST(Jws, EveryChangeIsRefused) {
  for (const auto& [key, text] :
       {std::pair(vectors::kA1Key, vectors::kA1Token), {vectors::kA3Key, vectors::kA3Token}}) {
    const std::string token = text;
    const auto verifier = verifying(key);
    for (std::size_t i = 0; i < token.size(); ++i) {
      std::string changed = token;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      EXPECT_FALSE(jwt::verify_compact(changed, verifier, kAny).has_value()) << i;
      EXPECT_FALSE(jwt::verify_compact(token.substr(0, i), verifier, kAny).has_value()) << i;
    }
  }
}

TEST(Jws, NeverTakesNone) {
  const std::string header = text::base64url_encode(R"({"alg":"none"})");
  for (const char* name : {"none", "None", "NONE", "nOnE", ""}) {
    const std::string own =
        text::base64url_encode("{\"alg\":\"" + std::string(name) + "\"}") + ".cA.";
    EXPECT_FALSE(jwt::verify_compact(own, hmac_key(), kAny).has_value()) << name;
  }
  EXPECT_TRUE(
      jwt::verify_compact(header + ".cA.", hmac_key(), kAny).error().is(TokenError::NotAllowed));
  EXPECT_FALSE(jwt::find_algorithm("none").has_value());
}

TEST(Jws, PublicKeysAreNoSecrets) {
  // The classic confusion: an HS256 token whose secret is the text of the public key.
  auto rsa = jwk(vectors::kA2Key);
  const crypto::PublicKey& pub = std::get<crypto::PrivateKey>(rsa.key).public_key();
  const std::string pem = pub.to_pem();
  std::string input = text::base64url_encode(R"({"alg":"HS256"})") + ".cA";
  EXPECT_EQ(jwt::SigningKey::hmac(Algorithm::Hs256, as_bytes(pem)).error().code(),
            Errc::InvalidArgument);
  EXPECT_FALSE(jwt::VerifyingKey::hmac(as_bytes(pem)).has_value());
  const auto verifier = jwt::VerifyingKey::create(pub).value();
  EXPECT_TRUE(jwt::verify_compact(input + ".AAAA", verifier, kAny).error().is(TokenError::NoKey));
  EXPECT_FALSE(verifier.is_symmetric());
  EXPECT_EQ(verifier.verify(Algorithm::Hs256, as_bytes(input), {}).error().code(),
            Errc::InvalidArgument);
}

TEST(Jws, KeysKeepToTheirSizesAndAlgorithms) {
  const std::string short_secret(31, 'x');
  EXPECT_FALSE(jwt::VerifyingKey::hmac(as_bytes(short_secret)).has_value());
  const std::string middle(32, 'x');
  EXPECT_TRUE(jwt::VerifyingKey::hmac(as_bytes(middle)).has_value());
  EXPECT_FALSE(jwt::VerifyingKey::hmac(as_bytes(middle))->fits(Algorithm::Hs384));
  EXPECT_FALSE(jwt::VerifyingKey::hmac(as_bytes(middle), {"", Algorithm::Hs384}).has_value());
  EXPECT_FALSE(jwt::VerifyingKey::hmac(as_bytes(secret()), {"", Algorithm::Rs256}).has_value());
  EXPECT_FALSE(jwt::SigningKey::hmac(Algorithm::Hs512, as_bytes(middle)).has_value());
  EXPECT_FALSE(jwt::SigningKey::hmac(Algorithm::Es256, as_bytes(middle)).has_value());
  auto x25519 = crypto::PrivateKey::generate(crypto::KeyType::X25519, entropy()).value();
  EXPECT_FALSE(jwt::VerifyingKey::create(x25519.public_key()).has_value());
  EXPECT_FALSE(jwt::SigningKey::create(Algorithm::EdDsa, std::move(x25519)).has_value());
  const auto ml_dsa = crypto::PrivateKey::generate(crypto::KeyType::MlDsa44, entropy()).value();
  EXPECT_FALSE(jwt::VerifyingKey::create(ml_dsa.public_key()).has_value());
  auto p384 = crypto::PrivateKey::generate(crypto::KeyType::P384, entropy()).value();
  EXPECT_FALSE(jwt::VerifyingKey::create(p384.public_key(), {"", Algorithm::Es256}).has_value());
  EXPECT_FALSE(jwt::SigningKey::create(Algorithm::Es256, std::move(p384)).has_value());
  const auto only = jwt::VerifyingKey::create(
      std::get<crypto::PrivateKey>(jwk(vectors::kA2Key).key).public_key(), {"", Algorithm::Ps256});
  EXPECT_TRUE(only->fits(Algorithm::Ps256));
  EXPECT_FALSE(only->fits(Algorithm::Rs256));
  std::vector<std::byte> modulus(128, std::byte{0xFF});
  const std::byte exponent[] = {std::byte{1}, std::byte{0}, std::byte{1}};
  const auto rsa = crypto::RsaPublicKey::create(modulus, exponent);
  ASSERT_TRUE(rsa.has_value());
  EXPECT_EQ(jwt::VerifyingKey::create(crypto::PublicKey(*rsa)).error().code(),
            Errc::InvalidArgument);
}

TEST(Jws, JwkMetadataBind) {
  const std::string head = R"({"kty":"oct","k":")" + text::base64url_encode(secret()) + "\",";
  const auto verifier = [&](const std::string& rest) {
    return jwt::VerifyingKey::from_jwk(jwk(head + rest));
  };
  EXPECT_TRUE(verifier(R"("use":"sig"})").has_value());
  EXPECT_FALSE(verifier(R"("use":"enc"})").has_value());
  EXPECT_TRUE(verifier(R"("key_ops":["sign","verify"]})").has_value());
  EXPECT_FALSE(verifier(R"("key_ops":["wrapKey"]})").has_value());
  EXPECT_TRUE(verifier(R"("alg":"HS256"})")->fits(Algorithm::Hs256));
  EXPECT_FALSE(verifier(R"("alg":"HS256"})")->fits(Algorithm::Hs512));
  EXPECT_FALSE(verifier(R"("alg":"A256KW"})")->fits(Algorithm::Hs256));
  const auto signer = [&](const std::string& rest, std::optional<Algorithm> algorithm) {
    return jwt::SigningKey::from_jwk(jwk(head + rest), algorithm);
  };
  EXPECT_EQ(signer(R"("alg":"HS512"})", std::nullopt)->algorithm(), Algorithm::Hs512);
  EXPECT_FALSE(signer(R"("alg":"HS512"})", Algorithm::Hs256).has_value());
  EXPECT_FALSE(signer(R"("alg":"dir"})", Algorithm::Hs256).has_value());
  EXPECT_FALSE(signer(R"("kid":"1"})", std::nullopt).has_value());
  EXPECT_FALSE(signer(R"("key_ops":["verify"]})", Algorithm::Hs256).has_value());
  const auto pub = std::get<crypto::PrivateKey>(jwk(vectors::kA3Key).key).public_key();
  crypto::Jwk only_public{pub, {}};
  EXPECT_FALSE(jwt::SigningKey::from_jwk(std::move(only_public), Algorithm::Es256).has_value());
}

TEST(Jws, HeadersAreStrict) {
  const auto error = [](std::string_view header) {
    auto verified = jwt::verify_compact(token_with_header(header), hmac_key(), kAny);
    return verified.has_value() ? std::string("taken") : std::string(verified.error().message());
  };
  EXPECT_EQ(error(R"({"alg":"HS256","x":[1,{"y":2}]})"), "taken");
  EXPECT_NE(error(R"({"alg":"HS256","alg":"HS256"})"), "taken");
  EXPECT_EQ(error(R"({"typ":"JWT"})"), "header without \"alg\"");
  EXPECT_EQ(error(R"({"alg":256})"), "\"alg\" is no string");
  EXPECT_EQ(error(R"({"alg":"HS256","kid":7})"), "\"kid\" is no string");
  EXPECT_EQ(error(R"(["HS256"])"), "no JSON object");
  EXPECT_NE(error(R"({"alg":"HS256"} x)"), "taken");
  EXPECT_NE(error("{\"alg\":\"HS256\",\"x\":\"\xff\"}"), "taken");
  EXPECT_NE(error(R"({"alg":"HS256","x":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]})"), "taken");
  const std::string long_header = R"({"alg":"HS256","x":")" + std::string(17000, 'x') + "\"}";
  EXPECT_EQ(error(long_header), "header above kHeaderSizeMax");
  const std::string huge(jwt::kTokenSizeMax + 1, 'a');
  EXPECT_EQ(jwt::verify_compact(huge, hmac_key(), kAny).error().code(), Errc::LimitExceeded);
  EXPECT_EQ(jwt::peek_header(huge).error().code(), Errc::LimitExceeded);
  EXPECT_EQ(jwt::peek_header("abc").error().code(), Errc::Malformed);
  EXPECT_EQ(jwt::peek_header(vectors::kA3Token)->algorithm(), "ES256");
}

TEST(Jws, CriticalMembersAreUnderstoodOrRefused) {
  const auto verify = [](std::string_view header, const jwt::JwsVerifyOptions& options = {}) {
    return jwt::verify_compact(token_with_header(header), hmac_key(), kAny, options);
  };
  const std::string exp = R"({"alg":"HS256","crit":["exp"],"exp":1})";
  EXPECT_TRUE(verify(exp).error().is(TokenError::Critical));
  jwt::JwsVerifyOptions options;
  options.understood = {"exp"};
  EXPECT_TRUE(verify(exp, options).has_value());
  options.understood = {"exp", "alg"};
  for (const char* bad :
       {R"({"alg":"HS256","crit":[]})", R"({"alg":"HS256","crit":"exp","exp":1})",
        R"({"alg":"HS256","crit":[1],"exp":1})", R"({"alg":"HS256","crit":["exp"]})",
        R"({"alg":"HS256","crit":["alg"]})", R"({"alg":"HS256","crit":["exp","exp"],"exp":1})",
        R"({"alg":"HS256","crit":null})"})
    EXPECT_EQ(verify(bad, options).error().code(), Errc::Malformed) << bad;
  std::string many = R"({"alg":"HS256","crit":["a0")";
  for (int i = 1; i < 20; ++i) many += ",\"a" + std::to_string(i) + '"';
  EXPECT_EQ(verify(many + "]}", options).error().code(), Errc::LimitExceeded);
}

TEST(Jws, UnencodedPayloadsOnlyWhereAskedFor) {
  jwt::SignOptions sign;
  sign.unencoded = true;
  const std::string token =
      jwt::sign_compact(as_bytes(std::string_view("plain text!")), hmac_signer(), entropy(), sign)
          .value();
  EXPECT_NE(token.find(".plain text!."), std::string::npos);
  EXPECT_TRUE(jwt::verify_compact(token, hmac_key(), kAny).error().is(TokenError::Critical));
  jwt::JwsVerifyOptions options;
  options.allow_unencoded = true;
  EXPECT_EQ(jwt::verify_compact(token, hmac_key(), kAny, options)->payload, "plain text!");
  const auto dotted =
      jwt::sign_compact(as_bytes(std::string_view("$.02")), hmac_signer(), entropy(), sign);
  EXPECT_EQ(dotted.error().code(), Errc::InvalidArgument);
  // Without "crit" others would read another payload.
  for (const char* bad : {R"({"alg":"HS256","b64":false})", R"({"alg":"HS256","b64":true})",
                          R"({"alg":"HS256","b64":0,"crit":["b64"]})"})
    EXPECT_EQ(jwt::verify_compact(token_with_header(bad), hmac_key(), kAny, options).error().code(),
              Errc::Malformed)
        << bad;
}

TEST(Jws, DetachedPayloads) {
  jwt::SignOptions sign;
  const std::string_view payload = "$.02";
  for (const bool unencoded : {false, true}) {
    sign.detached = true, sign.unencoded = unencoded;
    const std::string token =
        jwt::sign_compact(as_bytes(payload), hmac_signer(), entropy(), sign).value();
    EXPECT_NE(token.find(".."), std::string::npos);
    jwt::JwsVerifyOptions options;
    options.allow_unencoded = true;
    EXPECT_FALSE(jwt::verify_compact(token, hmac_key(), kAny, options).has_value());
    options.detached = as_bytes(payload);
    EXPECT_TRUE(jwt::verify_compact(token, hmac_key(), kAny, options).has_value());
    options.detached = as_bytes(std::string_view("$.03"));
    EXPECT_TRUE(
        jwt::verify_compact(token, hmac_key(), kAny, options).error().is(TokenError::Invalid));
  }
  jwt::JwsVerifyOptions options;
  options.detached = as_bytes(payload);
  EXPECT_EQ(jwt::verify_compact(vectors::kA1Token, verifying(vectors::kA1Key), kAny, options)
                .error()
                .code(),
            Errc::Malformed);
}

TEST(Jws, SignerSetsItsOwnHeaderMembers) {
  for (const char* name : {"alg", "kid", "b64", "crit"}) {
    jwt::SignOptions options;
    options.header.set(name, "x");
    EXPECT_EQ(jwt::sign_compact({}, hmac_signer(), entropy(), options).error().code(),
              Errc::InvalidArgument);
  }
  const std::vector<std::byte> large(jwt::kTokenSizeMax);
  EXPECT_EQ(jwt::sign_compact(large, hmac_signer(), entropy()).error().code(), Errc::LimitExceeded);
}

TEST(JwsJson, VerifiesAppendixAOfRfc7515) {
  std::vector<jwt::VerifyingKey> keys;
  keys.push_back(verifying(vectors::kA2Key));
  keys.push_back(verifying(vectors::kA3Key));
  auto jws = jwt::verify_json(vectors::kA6Jws, keys, kAny);
  ASSERT_TRUE(jws.has_value()) << jws.error().to_string();
  EXPECT_EQ(jws->payload, kPayload);
  ASSERT_EQ(jws->signatures.size(), 2U);
  EXPECT_EQ(jws->signatures[0].header.key_id(), "2010-12-29");
  EXPECT_EQ(jws->signatures[1].algorithm, Algorithm::Es256);
  // Whoever knows one key only learns of one.
  jws = jwt::verify_json(vectors::kA6Jws, std::span(keys).subspan(1), kAny);
  ASSERT_EQ(jws->signatures.size(), 1U);
  EXPECT_EQ(jws->signatures[0].index, 1U);
  EXPECT_TRUE(jwt::verify_json(vectors::kA7Jws, keys, kAny).has_value());
  EXPECT_TRUE(jwt::verify_json(vectors::kA7Jws, keys, {Algorithm::Rs256})
                  .error()
                  .is(TokenError::NotAllowed));
}

TEST(JwsJson, SignsAndVerifies) {
  const auto first = hmac_signer("first");
  const auto second = signing(vectors::kEd25519Key, Algorithm::EdDsa);
  std::vector<jwt::JwsSigner> signers;
  signers.push_back({.key = first, .header = {}, .unprotected = {}, .kid_unprotected = true});
  signers.push_back({.key = second, .header = {}, .unprotected = {}});
  std::vector<jwt::VerifyingKey> keys;
  keys.push_back(hmac_key("first"));
  keys.push_back(verifying(vectors::kEd25519Key));
  for (const bool unencoded : {false, true}) {
    const std::string text = jwt::sign_json(as_bytes(std::string_view("a.b")), signers, entropy(),
                                            {false, false, unencoded})
                                 .value();
    jwt::JwsVerifyOptions options;
    options.allow_unencoded = true;
    const auto jws = jwt::verify_json(text, keys, kAny, options);
    ASSERT_TRUE(jws.has_value()) << jws.error().to_string();
    EXPECT_EQ(jws->payload, "a.b");
    EXPECT_EQ(jws->signatures.size(), 2U);
    EXPECT_EQ(jws->signatures[0].header.key_id(), "first");
  }
  const auto one = jwt::sign_json(as_bytes(std::string_view("x")), std::span(signers).first(1),
                                  entropy(), {true, true, false});
  EXPECT_EQ(one->find("payload"), std::string::npos);
  jwt::JwsVerifyOptions options;
  EXPECT_EQ(jwt::verify_json(*one, keys, kAny, options).error().code(), Errc::Malformed);
  options.detached = as_bytes(std::string_view("x"));
  EXPECT_TRUE(jwt::verify_json(*one, keys, kAny, options).has_value());
  EXPECT_FALSE(jwt::sign_json({}, signers, entropy(), {true, false, false}).has_value());
  EXPECT_FALSE(jwt::sign_json({}, {}, entropy()).has_value());
  const std::string bytes = "\xff\xfe";  // JSON cannot hold them
  EXPECT_FALSE(
      jwt::sign_json(as_bytes(bytes), signers, entropy(), {false, false, true}).has_value());
  signers[0].unprotected.set("alg", "none");
  EXPECT_EQ(jwt::sign_json({}, signers, entropy()).error().code(), Errc::InvalidArgument);
}

TEST(JwsJson, FormsAreStrict) {
  const auto key = verifying(vectors::kA3Key);
  const auto code = [&](const std::string& text) {
    return jwt::verify_json(text, std::span(&key, 1), kAny).error().code();
  };
  const std::string sig = R"("protected":"eyJhbGciOiJFUzI1NiJ9","signature":"AAAA")";
  for (const std::string& bad : {
           std::string("[]"),
           std::string("{}"),
           std::string(vectors::kA7Jws) + " x",
           R"({"payload":"cA","signatures":[]})" + std::string(),
           R"({"payload":"cA","signatures":{}})" + std::string(),
           R"({"payload":"cA","signatures":[7]})" + std::string(),
           R"({"payload":7,)" + sig + "}",
           R"({)" + sig + "}",
           R"({"payload":"cA",)" + sig + R"(,"signatures":[{)" + sig + "}]}",
           R"({"payload":"cA","protected":7,"signature":"AAAA"})" + std::string(),
           R"({"payload":"cA","protected":"eyJhbGciOiJFUzI1NiJ9"})" + std::string(),
           R"({"payload":"cA","header":[],)" + sig + "}",
           R"({"payload":"cA","header":{"alg":"ES256"},)" + sig + "}",
           R"({"payload":"cA","header":{"crit":["x"],"x":1},)" + sig + "}",
           R"({"payload":"cA","header":{"b64":false},)" + sig + "}",
           R"({"payload":"cA","payload":"cB",)" + sig + "}",
       })
    EXPECT_EQ(code(bad), Errc::Malformed) << bad;
  std::string many = R"({"payload":"cA","signatures":[{)" + sig + "}";
  for (int i = 0; i < 16; ++i) many += ",{" + sig + "}";
  EXPECT_EQ(code(many + "]}"), Errc::LimitExceeded);
}

TEST(KeySet, ChoosesByNameAndTriesTheUnnamed) {
  std::vector<jwt::VerifyingKey> keys;
  keys.push_back(jwt::VerifyingKey::hmac(as_bytes(secret('A')), {"one", {}}).value());
  keys.push_back(hmac_key("two"));
  const auto set = jwt::KeySet::create(std::move(keys)).value();
  const auto token = [](const std::string& id) {
    return jwt::sign_compact(as_bytes(std::string_view("x")), hmac_signer(id), entropy()).value();
  };
  EXPECT_TRUE(jwt::verify_compact(token("two"), set, kAny).has_value());
  EXPECT_TRUE(jwt::verify_compact(token(""), set, kAny).has_value());
  EXPECT_TRUE(jwt::verify_compact(token("one"), set, kAny).error().is(TokenError::Invalid));
  EXPECT_TRUE(jwt::verify_compact(token("three"), set, kAny).error().is(TokenError::NoKey));
  std::vector<jwt::VerifyingKey> many;
  for (int i = 0; i < 9; ++i)
    many.push_back(jwt::VerifyingKey::hmac(as_bytes(secret(static_cast<char>('A' + i)))).value());
  EXPECT_EQ(jwt::verify_compact(token(""), many, kAny).error().code(), Errc::LimitExceeded);
}

TEST(KeySet, ParsesAndRefuses) {
  const std::string ec = vectors::kA3Key, rsa = vectors::kA2Key, oct = vectors::kA1Key;
  const auto set =
      jwt::KeySet::parse("{\"keys\":[" + ec + ',' + rsa +
                         R"(,{"kty":"new"},{"kty":"oct"},{"kty":"OKP","crv":"X25519",)"
                         R"("x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}],"more":1})");
  ASSERT_TRUE(set.has_value()) << set.error().to_string();
  EXPECT_EQ(set->keys().size(), 2U);
  EXPECT_EQ(set->ignored(), 3U);
  EXPECT_TRUE(jwt::verify_compact(vectors::kA2Token, *set, kAny).has_value());
  const std::string named = ec.substr(0, ec.size() - 1) + R"(,"kid":"a"})";
  const std::string named_rsa = rsa.substr(0, rsa.size() - 1) + R"(,"kid":"a"})";
  EXPECT_TRUE(jwt::KeySet::parse("{\"keys\":[" + named + ',' + named_rsa + "]}").has_value());
  for (const std::string& bad :
       {std::string("{}"), std::string("[]"), std::string("{\"keys\":{}}"),
        "{\"keys\":[" + ec + ',' + oct + "]}", "{\"keys\":[" + named + ',' + named + "]}"})
    EXPECT_EQ(jwt::KeySet::parse(bad).error().code(), Errc::Malformed) << bad.substr(0, 40);
  std::string many = "{\"keys\":[0";
  for (int i = 0; i < 128; ++i) many += ",0";
  EXPECT_EQ(jwt::KeySet::parse(many + "]}").error().code(), Errc::LimitExceeded);
  EXPECT_EQ(jwt::KeySet::parse(std::string(jwt::kKeySetSizeMax + 1, ' ')).error().code(),
            Errc::LimitExceeded);
}

}  // namespace
