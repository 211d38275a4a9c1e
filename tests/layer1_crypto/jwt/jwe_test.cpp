#include <avila/jwt/detail/steps.hpp>
#include <avila/jwt/limits.hpp>
#include <avila/text/encoding.hpp>

#include "helpers.hpp"

namespace {
using namespace jwt_test;
using jwt::ContentEncryption;
using jwt::JweAllowed;
using jwt::KeyManagement;
using jwt::TokenError;

constexpr ContentEncryption kContents[] = {
    ContentEncryption::A128Gcm,      ContentEncryption::A192Gcm,
    ContentEncryption::A256Gcm,      ContentEncryption::A128CbcHs256,
    ContentEncryption::A192CbcHs384, ContentEncryption::A256CbcHs512};

JweAllowed all() {
  JweAllowed allowed{{KeyManagement::Dir}, {ContentEncryption::A128Gcm}};
  for (int i = 0; i < 16; ++i) allowed.algorithms.add(static_cast<KeyManagement>(i));
  for (const ContentEncryption content : kContents) allowed.contents.add(content);
  return allowed;
}
std::string text_of(const jwt::Jwe& jwe) { return std::string(as_text(jwe.plaintext.span())); }
std::string_view kText = "You can trust us to stick with you through thick and thin";

// The two halves of each kind of recipient.
struct Pair {
  jwt::EncryptionKey encrypt;
  jwt::DecryptionKey decrypt;
};
Pair pair_for(KeyManagement algorithm, ContentEncryption content) {
  if (algorithm >= KeyManagement::Pbes2Hs256A128Kw) {
    const auto password = as_bytes(std::string_view("Thus from my lips"));
    return {jwt::EncryptionKey::password(algorithm, password).value(),
            jwt::DecryptionKey::password(password).value()};
  }
  const std::size_t size = algorithm == KeyManagement::Dir ? jwt::detail::cek_bytes(content)
                                                           : jwt::detail::kek_bytes(algorithm);
  if (algorithm <= KeyManagement::A256GcmKw) {
    const std::string bytes = secret().substr(0, size);
    return {jwt::EncryptionKey::symmetric(algorithm, as_bytes(bytes)).value(),
            jwt::DecryptionKey::symmetric(as_bytes(bytes)).value()};
  }
  const char* key = jwt::detail::is_ecdh(algorithm) ? vectors::kBobKey : vectors::kE1Key;
  return {encrypting(key, algorithm), decrypting(key)};
}

TEST(Jwe, DecryptsAppendixAOfRfc7516) {
  auto jwe = jwt::decrypt_compact(vectors::kE1Token, decrypting(vectors::kE1Key), all(), entropy());
  ASSERT_TRUE(jwe.has_value()) << jwe.error().to_string();
  EXPECT_EQ(text_of(*jwe), vectors::kE1Text);
  EXPECT_EQ(jwe->algorithm, KeyManagement::RsaOaep);
  EXPECT_EQ(jwe->content, ContentEncryption::A256Gcm);
  const auto key = decrypting(vectors::kE3Key);
  jwe = jwt::decrypt_compact(vectors::kE3Token, key, all(), entropy());
  ASSERT_TRUE(jwe.has_value()) << jwe.error().to_string();
  EXPECT_EQ(text_of(*jwe), vectors::kE3Text);
  const std::span<const jwt::DecryptionKey> keys(&key, 1);
  auto json = jwt::decrypt_json(vectors::kE4Jwe, keys, all(), entropy());
  ASSERT_TRUE(json.has_value()) << json.error().to_string();
  EXPECT_EQ(text_of(json->jwe), vectors::kE3Text);
  EXPECT_EQ(json->recipient, 1U);
  EXPECT_EQ(json->jwe.header.text("jku"), "https://server.example.com/keys.jwks");
  json = jwt::decrypt_json(vectors::kE5Jwe, keys, all(), entropy());
  ASSERT_TRUE(json.has_value()) << json.error().to_string();
  EXPECT_EQ(text_of(json->jwe), vectors::kE3Text);
}

TEST(Jwe, AgreesAsAppendixCOfRfc7518) {
  const auto alice = jwk(vectors::kAliceKey), bob = jwk(vectors::kBobKey);
  const auto& own = std::get<crypto::PrivateKey>(alice.key);
  const auto shared =
      jwt::detail::agree(own, std::get<crypto::PrivateKey>(bob.key).public_key()).value();
  const auto key =
      jwt::detail::concat_kdf(shared.span(), "A128GCM", as_bytes(std::string_view("Alice")),
                              as_bytes(std::string_view("Bob")), 16);
  EXPECT_EQ(text::base64url_encode(key.span()), vectors::kAgreedKey);
}

TEST(Jwe, OpensWhatItSealsByEachAlgorithm) {
  for (int i = 0; i < 16; ++i) {
    const auto algorithm = static_cast<KeyManagement>(i);
    for (const ContentEncryption content : kContents) {
      SCOPED_TRACE(std::string(jwt::name(algorithm)) + ' ' + std::string(jwt::name(content)));
      const Pair keys = pair_for(algorithm, content);
      jwt::EncryptOptions options;
      options.pbes2_count = jwt::kPbes2CountMin;
      options.header.set("cty", "text/plain");
      options.party_u = as_bytes(std::string_view("Alice"));
      const auto token =
          jwt::encrypt_compact(as_bytes(kText), keys.encrypt, content, entropy(), options);
      ASSERT_TRUE(token.has_value()) << token.error().to_string();
      const auto jwe = jwt::decrypt_compact(*token, keys.decrypt, all(), entropy());
      ASSERT_TRUE(jwe.has_value()) << jwe.error().to_string();
      EXPECT_EQ(text_of(*jwe), kText);
      EXPECT_EQ(jwe->header.content_type(), "text/plain");
      EXPECT_EQ(jwe->algorithm, algorithm);
      const JweAllowed other_content{{algorithm}, {kContents[content == kContents[0] ? 1 : 0]}};
      EXPECT_TRUE(jwt::decrypt_compact(*token, keys.decrypt, other_content, entropy())
                      .error()
                      .is(TokenError::NotAllowed));
      const JweAllowed other_key{
          {algorithm == KeyManagement::Dir ? KeyManagement::A128Kw : KeyManagement::Dir},
          {content}};
      EXPECT_TRUE(jwt::decrypt_compact(*token, keys.decrypt, other_key, entropy())
                      .error()
                      .is(TokenError::NotAllowed));
      const EncryptionKeyList list{&keys.encrypt};
      const auto json = jwt::encrypt_json(as_bytes(kText), list, content, entropy(),
                                          as_bytes(std::string_view("aad")), options);
      const auto opened = jwt::decrypt_json(*json, std::span(&keys.decrypt, 1), all(), entropy());
      ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
      EXPECT_EQ(text_of(opened->jwe), kText);
      EXPECT_EQ(opened->aad, "aad");
    }
  }
}

TEST(Jwe, AgreesOnEveryCurve) {
  for (const auto type : {crypto::KeyType::P256, crypto::KeyType::P384, crypto::KeyType::P521,
                          crypto::KeyType::X25519}) {
    auto key = crypto::PrivateKey::generate(type, entropy()).value();
    const auto to = jwt::EncryptionKey::create(KeyManagement::EcdhEsA128Kw, key.public_key(), "k");
    const auto token =
        jwt::encrypt_compact(as_bytes(kText), *to, ContentEncryption::A128Gcm, entropy()).value();
    const auto from = jwt::DecryptionKey::create(std::move(key)).value();
    EXPECT_EQ(text_of(*jwt::decrypt_compact(token, from, all(), entropy())), kText);
    auto other = crypto::PrivateKey::generate(type, entropy()).value();
    const auto wrong = jwt::DecryptionKey::create(std::move(other)).value();
    EXPECT_TRUE(
        jwt::decrypt_compact(token, wrong, all(), entropy()).error().is(TokenError::Invalid));
  }
  auto curve = crypto::PrivateKey::generate(crypto::KeyType::Secp256k1, entropy()).value();
  EXPECT_FALSE(jwt::EncryptionKey::create(KeyManagement::EcdhEs, curve.public_key()).has_value());
  EXPECT_FALSE(jwt::DecryptionKey::create(std::move(curve)).has_value());
}

TEST(Jwe, SeveralRecipientsOpenOne) {
  const Pair rsa = pair_for(KeyManagement::RsaOaep256, ContentEncryption::A128Gcm);
  const Pair ec = pair_for(KeyManagement::EcdhEsA256Kw, ContentEncryption::A128Gcm);
  const Pair kw = pair_for(KeyManagement::A256GcmKw, ContentEncryption::A128Gcm);
  const EncryptionKeyList list{&rsa.encrypt, &ec.encrypt, &kw.encrypt};
  const std::string json =
      jwt::encrypt_json(as_bytes(kText), list, ContentEncryption::A128CbcHs256, entropy()).value();
  std::size_t index = 0;
  for (const Pair* pair : {&rsa, &ec, &kw}) {
    const auto opened = jwt::decrypt_json(json, std::span(&pair->decrypt, 1), all(), entropy());
    ASSERT_TRUE(opened.has_value()) << opened.error().to_string();
    EXPECT_EQ(text_of(opened->jwe), kText);
    EXPECT_EQ(opened->recipient, index++);
  }
  const Pair direct = pair_for(KeyManagement::EcdhEs, ContentEncryption::A128Gcm);
  const EncryptionKeyList wrong{&rsa.encrypt, &direct.encrypt};
  EXPECT_EQ(jwt::encrypt_json({}, wrong, ContentEncryption::A128Gcm, entropy()).error().code(),
            Errc::InvalidArgument);
  EXPECT_FALSE(jwt::encrypt_json({}, {}, ContentEncryption::A128Gcm, entropy()).has_value());
  std::string many = R"({"ciphertext":"","recipients":[{})";
  for (int i = 0; i < 16; ++i) many += ",{}";
  EXPECT_EQ(jwt::decrypt_json(many + "]}", {}, all(), entropy()).error().code(),
            Errc::LimitExceeded);
}

TEST(Jwe, EveryChangeIsRefused) {
  for (const auto& [algorithm, content] :
       {std::pair(KeyManagement::A128Kw, ContentEncryption::A128CbcHs256),
        std::pair(KeyManagement::Dir, ContentEncryption::A256Gcm),
        std::pair(KeyManagement::A256GcmKw, ContentEncryption::A128Gcm)}) {
    const Pair keys = pair_for(algorithm, content);
    const std::string token =
        jwt::encrypt_compact(as_bytes(kText), keys.encrypt, content, entropy()).value();
    for (std::size_t i = 0; i < token.size(); ++i) {
      std::string changed = token;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      EXPECT_FALSE(jwt::decrypt_compact(changed, keys.decrypt, all(), entropy()).has_value()) << i;
      EXPECT_FALSE(
          jwt::decrypt_compact(token.substr(0, i), keys.decrypt, all(), entropy()).has_value());
    }
  }
}

TEST(Jwe, OneErrorForAllThatDoesNotOpen) {
  for (int i = 0; i < 16; ++i) {
    const auto algorithm = static_cast<KeyManagement>(i);
    const auto content = ContentEncryption::A128CbcHs256;
    const Pair keys = pair_for(algorithm, content);
    jwt::EncryptOptions options;
    options.pbes2_count = jwt::kPbes2CountMin;
    const std::string token =
        jwt::encrypt_compact(as_bytes(kText), keys.encrypt, content, entropy(), options).value();
    std::vector<std::string> parts;
    for (std::size_t start = 0; start <= token.size();) {
      const std::size_t end = std::min(token.find('.', start), token.size());
      parts.push_back(token.substr(start, end - start));
      start = end + 1;
    }
    ASSERT_EQ(parts.size(), 5U);
    for (std::size_t part = 1; part < 5; ++part) {
      for (const std::string& other : {std::string("AAAA"), std::string(), parts[part] + "AAAA"}) {
        if (other == parts[part]) continue;  // the key of dir and ECDH-ES is empty
        auto changed = parts;
        changed[part] = other;
        const std::string wrong =
            changed[0] + '.' + changed[1] + '.' + changed[2] + '.' + changed[3] + '.' + changed[4];
        const auto opened = jwt::decrypt_compact(wrong, keys.decrypt, all(), entropy());
        ASSERT_FALSE(opened.has_value());
        EXPECT_TRUE(opened.error().is(TokenError::Invalid))
            << jwt::name(algorithm) << part << opened.error().to_string();
      }
    }
  }
}

TEST(Jwe, PasswordsHaveALimit) {
  const Pair keys = pair_for(KeyManagement::Pbes2Hs256A128Kw, ContentEncryption::A128Gcm);
  jwt::EncryptOptions encrypt;
  encrypt.pbes2_count = 5000;
  const auto token = [&] {
    return jwt::encrypt_compact(as_bytes(kText), keys.encrypt, ContentEncryption::A128Gcm,
                                entropy(), encrypt);
  };
  jwt::DecryptOptions options;
  options.pbes2_count_max = 4999;
  const std::string made = token().value();
  EXPECT_EQ(jwt::decrypt_compact(made, keys.decrypt, all(), entropy(), options).error().code(),
            Errc::LimitExceeded);
  options.pbes2_count_max = 5000;
  EXPECT_TRUE(jwt::decrypt_compact(made, keys.decrypt, all(), entropy(), options).has_value());
  // All keys together: the second one is not tried any more.
  std::vector<jwt::DecryptionKey> two;
  two.push_back(jwt::DecryptionKey::password(as_bytes(std::string_view("wrong"))).value());
  two.push_back(jwt::DecryptionKey::password(as_bytes(std::string_view("other"))).value());
  EXPECT_EQ(jwt::decrypt_compact(made, two, all(), entropy(), options).error().code(),
            Errc::LimitExceeded);
  encrypt.pbes2_count = 999;
  EXPECT_EQ(token().error().code(), Errc::InvalidArgument);
}

TEST(Jwe, HeadersAreStrict) {
  const auto key = jwt::DecryptionKey::symmetric(as_bytes(secret().substr(0, 16))).value();
  const auto password = jwt::DecryptionKey::password(as_bytes(std::string_view("p"))).value();
  const auto bob = decrypting(vectors::kBobKey);
  const auto error = [&](std::string_view header, const jwt::DecryptionKey& by) {
    return jwt::decrypt_compact(text::base64url_encode(header) + ".AAAA.AAAA.AAAA.AAAA", by, all(),
                                entropy())
        .error()
        .code();
  };
  for (const char* bad :
       {R"({"enc":"A128GCM"})", R"({"alg":"dir"})", R"({"alg":"dir","enc":7})",
        R"({"alg":"dir","enc":"A128GCM","kid":[]})", R"({"alg":"dir","enc":"A128GCM","crit":[]})",
        R"({"alg":"A128GCMKW","enc":"A128GCM","iv":7})",
        R"({"alg":"A128GCMKW","enc":"A128GCM","iv":"!","tag":"AA"})"})
    EXPECT_EQ(error(bad, key), Errc::Malformed) << bad;
  EXPECT_EQ(error(R"({"alg":"dir","enc":"A128GCM","zip":"DEF"})", key), Errc::Unsupported);
  EXPECT_EQ(error(R"({"alg":"RSA1_5","enc":"A128GCM"})", key), Errc::Unauthenticated);
  EXPECT_EQ(error(R"({"alg":"dir","enc":"A128GCM","b64":false,"crit":["b64"]})", key),
            Errc::Unauthenticated);
  for (const char* bad :
       {R"({"alg":"PBES2-HS256+A128KW","enc":"A128GCM"})",
        R"({"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2s":"AAAA","p2c":1000})",
        R"({"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2s":"AAAAAAAAAAA","p2c":999})",
        R"({"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2s":"AAAAAAAAAAA","p2c":-1})"})
    EXPECT_EQ(error(bad, password), Errc::Malformed) << bad;
  EXPECT_EQ(error(R"({"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2s":"AAAAAAAAAAA","p2c":1e15})",
                  password),
            Errc::LimitExceeded);
  for (const std::string& epk :
       {std::string("7"), std::string(vectors::kEd25519Key), std::string(vectors::kAliceKey),
        std::string(R"({"kty":"oct","k":"AAAA"})")})
    EXPECT_EQ(error(R"({"alg":"ECDH-ES","enc":"A128GCM","epk":)" + epk + "}", bob), Errc::Malformed)
        << epk;
  EXPECT_EQ(error(R"({"alg":"ECDH-ES","enc":"A128GCM"})", bob), Errc::Malformed);
}

TEST(Jwe, JsonFormsAreStrict) {
  const auto key = decrypting(vectors::kE3Key);
  for (const char* bad :
       {"[]", "{}", R"({"ciphertext":7})", R"({"ciphertext":"","recipients":[]})",
        R"({"ciphertext":"","recipients":7})", R"({"ciphertext":"","recipients":[7]})",
        R"({"ciphertext":"","recipients":[{}],"header":{}})",
        R"({"ciphertext":"","recipients":[{}],"encrypted_key":""})",
        R"({"ciphertext":"","header":{"alg":"dir"},"unprotected":{"alg":"dir"}})",
        R"({"ciphertext":"","unprotected":[]})", R"({"ciphertext":"","aad":"!"})",
        R"({"ciphertext":"","protected":"!"})", R"({"ciphertext":"","protected":7})"})
    EXPECT_EQ(jwt::decrypt_json(bad, std::span(&key, 1), all(), entropy()).error().code(),
              Errc::Malformed)
        << bad;
}

TEST(Jwe, KeysAreForOneThing) {
  EXPECT_FALSE(jwt::DecryptionKey::symmetric(as_bytes(std::string_view("short"))).has_value());
  EXPECT_FALSE(jwt::DecryptionKey::symmetric(as_bytes(secret() + "x")).has_value());
  EXPECT_FALSE(jwt::DecryptionKey::password({}).has_value());
  const auto key16 = as_bytes(std::string_view("0123456789abcdef"));
  EXPECT_FALSE(jwt::DecryptionKey::symmetric(key16, {"", KeyManagement::A256Kw}).has_value());
  EXPECT_FALSE(jwt::DecryptionKey::password(key16, {"", KeyManagement::A128Kw}).has_value());
  EXPECT_FALSE(jwt::EncryptionKey::symmetric(KeyManagement::A256Kw, key16).has_value());
  EXPECT_FALSE(jwt::EncryptionKey::symmetric(KeyManagement::RsaOaep, key16).has_value());
  EXPECT_FALSE(jwt::EncryptionKey::password(KeyManagement::A128Kw, key16).has_value());
  const auto dir = jwt::EncryptionKey::symmetric(KeyManagement::Dir, key16);
  EXPECT_EQ(jwt::encrypt_compact({}, *dir, ContentEncryption::A256Gcm, entropy()).error().code(),
            Errc::InvalidArgument);
  jwt::EncryptOptions options;
  options.header.set("zip", "DEF");
  EXPECT_EQ(
      jwt::encrypt_compact({}, *dir, ContentEncryption::A128Gcm, entropy(), options).error().code(),
      Errc::InvalidArgument);
  const std::string oct = R"({"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAA",)";
  EXPECT_TRUE(jwt::DecryptionKey::from_jwk(jwk(oct + R"("alg":"A128GCM"})"))
                  ->fits(KeyManagement::Dir, ContentEncryption::A128Gcm));
  EXPECT_FALSE(jwt::DecryptionKey::from_jwk(jwk(oct + R"("alg":"A128GCM"})"))
                   ->fits(KeyManagement::A128Kw, ContentEncryption::A128Gcm));
  EXPECT_FALSE(jwt::DecryptionKey::from_jwk(jwk(oct + R"("alg":"HS256"})"))
                   ->fits(KeyManagement::A128Kw, ContentEncryption::A128Gcm));
  EXPECT_TRUE(jwt::DecryptionKey::from_jwk(jwk(oct + R"("alg":"PBES2-HS256+A128KW"})"))
                  ->fits(KeyManagement::Pbes2Hs256A128Kw, ContentEncryption::A128Gcm));
  EXPECT_FALSE(jwt::DecryptionKey::from_jwk(jwk(oct + R"("use":"sig"})")).has_value());
  EXPECT_FALSE(
      jwt::EncryptionKey::from_jwk(jwk(oct + R"("alg":"A128KW"})"), KeyManagement::A128GcmKw)
          .has_value());
  const auto pub = std::get<crypto::PrivateKey>(jwk(vectors::kBobKey).key).public_key();
  EXPECT_FALSE(jwt::DecryptionKey::from_jwk(crypto::Jwk{pub, {}}).has_value());
  EXPECT_TRUE(
      jwt::EncryptionKey::from_jwk(crypto::Jwk{pub, {}}, KeyManagement::EcdhEs).has_value());
}

}  // namespace
