// Keys, signatures and ciphertexts to openssl and back.
#include <avila/crypto/key.hpp>
#include <avila/os/entropy.hpp>
#include <avila_test/conformance.hpp>
#include <avila_test/tools.hpp>

namespace {

using namespace avila;
using namespace avila::crypto;
using avila_test::read_file;
using avila_test::run_command;

struct Kind {
  KeyType type;
  std::string options;  // of openssl genpkey
};
const Kind kKinds[] = {
    {KeyType::Rsa, "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"},
    {KeyType::P256, "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"},
    {KeyType::P384, "-algorithm EC -pkeyopt ec_paramgen_curve:P-384"},
    {KeyType::P521, "-algorithm EC -pkeyopt ec_paramgen_curve:P-521"},
    {KeyType::Secp256k1, "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1"},
    {KeyType::Ed25519, "-algorithm ED25519"},
    {KeyType::X25519, "-algorithm X25519"},
};

bool is_curve(KeyType type) { return is_ec(type); }

class Openssl : public ::testing::Test {
 protected:
  void SetUp() override { AVILA_REQUIRE_PROGRAM("openssl"); }
  /// Runs `openssl <arguments>` in the folder; its standard output.
  std::string run(const std::string& arguments) {
    const auto result =
        run_command("cd '" + folder_.path() + "' && openssl " + arguments + " 2>errors");
    EXPECT_EQ(result.status, 0) << arguments << "\n" << read("errors");
    return result.out;
  }
  void write(const std::string& name, ByteSpan bytes) {
    std::ofstream(folder_ / name, std::ios::binary) << as_text(bytes);
  }
  std::string read(const std::string& name) { return read_file(folder_ / name); }
  avila_test::TempDir folder_;
};

TEST_F(Openssl, ReadsOurKeys) {
  for (const Kind& kind : kKinds) {
    SCOPED_TRACE(name(kind.type));
    const PrivateKey key = PrivateKey::generate(kind.type, os::system_entropy()).value();
    const std::string public_pem = key.public_key().to_pem();
    write("key.pem", key.to_pem().span());
    EXPECT_EQ(run("pkey -in key.pem -pubout"), public_pem);
    if (kind.type != KeyType::X25519 && kind.type != KeyType::Ed25519)
      run("pkey -in key.pem -check -noout");
    write("key.der", key.to_pkcs8().span());
    EXPECT_EQ(run("pkey -inform DER -in key.der -pubout"), public_pem);
    write("sealed.pem",
          as_bytes(key.to_encrypted_pem(as_bytes("secret"), os::system_entropy()).value()));
    EXPECT_EQ(run("pkey -in sealed.pem -passin pass:secret -pubout"), public_pem);
    write("public.pem", as_bytes(public_pem));
    EXPECT_EQ(run("pkey -pubin -in public.pem -pubout"), public_pem);
    if (const auto der = key.to_pkcs1(); der.has_value()) {
      write("key.der", der->span());
      EXPECT_EQ(run("rsa -inform DER -in key.der -pubout"), public_pem);
    }
    if (const auto der = key.to_sec1(); der.has_value()) {
      write("key.der", der->span());
      EXPECT_EQ(run("ec -inform DER -in key.der -pubout"), public_pem);
    }
  }
}

TEST_F(Openssl, WritesKeysThatWeRead) {
  for (const Kind& kind : kKinds) {
    SCOPED_TRACE(name(kind.type));
    run("genpkey " + kind.options + " -out key.pem");
    const auto key = PrivateKey::from_pem(read("key.pem"));
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(key->type(), kind.type);
    const auto same = [&](const Result<PrivateKey>& other) {
      EXPECT_TRUE(other.has_value() && other->public_key() == key->public_key());
    };
    const auto public_key = PublicKey::from_pem(run("pkey -in key.pem -pubout"));
    ASSERT_TRUE(public_key.has_value());
    EXPECT_EQ(*public_key, key->public_key());
    for (const std::string cipher : {"aes-128-cbc", "aes-192-cbc", "aes-256-cbc"})
      for (const std::string prf : {"hmacWithSHA1", "hmacWithSHA224", "hmacWithSHA256",
                                    "hmacWithSHA384", "hmacWithSHA512"}) {
        run("pkcs8 -topk8 -in key.pem -out sealed.pem -v2 " + cipher + " -v2prf " + prf +
            " -passout pass:secret");
        same(PrivateKey::from_pem(read("sealed.pem"), as_bytes("secret")));
      }
    run("pkcs8 -topk8 -in key.pem -out sealed.pem -scrypt -passout pass:secret");
    same(PrivateKey::from_pem(read("sealed.pem"), as_bytes("secret")));
    if (kind.type == KeyType::Rsa) {
      run("rsa -in key.pem -traditional -out old.pem");
      same(PrivateKey::from_pem(read("old.pem")));
      run("rsa -in key.pem -RSAPublicKey_out -out old.pem");
      EXPECT_EQ(PublicKey::from_pem(read("old.pem")).value(), key->public_key());
    }
    if (is_curve(kind.type)) {
      run("ec -in key.pem -out old.pem");
      same(PrivateKey::from_pem(read("old.pem")));
      run("ec -in key.pem -conv_form compressed -pubout -out old.pem");
      EXPECT_EQ(PublicKey::from_pem(read("old.pem")).value(), key->public_key());
    }
  }
}

TEST_F(Openssl, AgreesOnSignatures) {
  write("message", as_bytes("The quick brown fox"));
  const ByteSpan message = as_bytes("The quick brown fox");
  struct Case {
    SignatureAlgorithm algorithm;
    std::string options;
  };
  const std::string pss = " -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest";
  const Case cases[] = {
      {SignatureAlgorithm::RsaPkcs1Sha256, "-sha256"},
      {SignatureAlgorithm::RsaPkcs1Sha384, "-sha384"},
      {SignatureAlgorithm::RsaPkcs1Sha512, "-sha512"},
      {SignatureAlgorithm::RsaPssSha256, "-sha256" + pss},
      {SignatureAlgorithm::RsaPssSha384, "-sha384" + pss},
      {SignatureAlgorithm::RsaPssSha512, "-sha512" + pss},
      {SignatureAlgorithm::EcdsaSha256, "-sha256"},
      {SignatureAlgorithm::EcdsaSha384, "-sha384"},
      {SignatureAlgorithm::EcdsaSha512, "-sha512"},
      {SignatureAlgorithm::Ed25519, ""},
  };
  for (const Kind& kind : kKinds) {
    if (kind.type == KeyType::X25519) continue;
    run("genpkey " + kind.options + " -out key.pem");
    run("pkey -in key.pem -pubout -out public.pem");
    const PrivateKey key = PrivateKey::from_pem(read("key.pem")).value();
    for (const Case& one : cases) {
      if (!fits(one.algorithm, kind.type)) continue;
      SCOPED_TRACE(std::string(name(kind.type)) + " " + std::string(name(one.algorithm)));
      const auto signature = key.sign(one.algorithm, message, os::system_entropy());
      ASSERT_TRUE(signature.has_value());
      write("signature", *signature);
      if (kind.type == KeyType::Ed25519) {
        run("pkeyutl -verify -pubin -inkey public.pem -rawin -in message -sigfile signature");
        run("pkeyutl -sign -inkey key.pem -rawin -in message -out theirs");
      } else {
        run("dgst " + one.options + " -verify public.pem -signature signature message");
        run("dgst " + one.options + " -sign key.pem -out theirs message");
      }
      EXPECT_TRUE(
          key.public_key().verify(one.algorithm, message, as_bytes(read("theirs"))).has_value());
    }
  }
}

TEST_F(Openssl, AgreesOnOaep) {
  run("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out key.pem");
  const PrivateKey key = PrivateKey::from_pem(read("key.pem")).value();
  const RsaPrivateKey& rsa = *key.as<RsaPrivateKey>();
  const std::string options =
      " -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha1"
      " -pkeyopt rsa_oaep_label:6c6162656c";
  const OaepOptions oaep{.mgf_digest = DigestAlgorithm::Sha1, .label = as_bytes("label")};
  write("sealed",
        rsa.public_key().encrypt_oaep(oaep, as_bytes("secret"), os::system_entropy()).value());
  EXPECT_EQ(run("pkeyutl -decrypt -inkey key.pem -in sealed" + options), "secret");
  write("message", as_bytes("another"));
  run("pkeyutl -encrypt -inkey key.pem -in message -out sealed" + options);
  const auto opened = rsa.decrypt_oaep(oaep, as_bytes(read("sealed")), os::system_entropy());
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(as_text(opened->span()), "another");
}

}  // namespace
