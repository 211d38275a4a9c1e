// `avl tool key|sign|verify|seal|open|kdf|password|jwt` beside openssl: what the one writes, the
// other reads.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "avila_test/tools.hpp"

namespace {

using avila_test::CommandResult;
using avila_test::run_command;

class CryptoTool : public ::testing::Test {
 protected:
  void SetUp() override { write("message", "what is signed\n"); }
  void write(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }
  /// In the folder; "avl" stands for `avl tool`, stderr is left out.
  CommandResult run(const std::string& command) {
    return run_command("cd '" + folder_.path() +
                       "' && avl() { '" AVILA_BIN_DIR "/avl' tool \"$@\"; } && { " + command +
                       " ; } 2>/dev/null");
  }
  void expect_done(const std::string& command) { EXPECT_EQ(run(command).status, 0) << command; }
  void expect_same(const std::string& a, const std::string& b) {
    const CommandResult first = run(a), second = run(b);
    EXPECT_EQ(first.status, 0) << a;
    EXPECT_EQ(first.out, second.out) << a << "\n" << b;
    EXPECT_FALSE(second.out.empty()) << b;
  }
  unsigned mode(const std::string& name) {
    struct stat info{};
    EXPECT_EQ(::stat((folder_ / name).c_str(), &info), 0) << name;
    return info.st_mode & 0777;
  }

  avila_test::TempDir folder_;
};

struct KeyKind {
  const char *name, *type, *openssl;
};
constexpr KeyKind kKinds[] = {
    {"rsa", "rsa:2048", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048"},
    {"p256", "p256", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"},
    {"p384", "p384", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384"},
    {"p521", "p521", "-algorithm EC -pkeyopt ec_paramgen_curve:P-521"},
    {"secp256k1", "secp256k1", "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1"},
    {"ed25519", "ed25519", "-algorithm ED25519"},
    {"x25519", "x25519", "-algorithm X25519"}};

TEST_F(CryptoTool, OpensslReadsOurKeys) {
  AVILA_REQUIRE_PROGRAM("openssl");
  for (const KeyKind& kind : kKinds) {
    SCOPED_TRACE(kind.name);
    expect_done("avl key new " + std::string(kind.type) + " --out key.pem");
    EXPECT_EQ(mode("key.pem"), 0600U);
    expect_done("openssl pkey -in key.pem -check -noout");
    expect_same("avl key pub key.pem", "openssl pkey -in key.pem -pubout");
    expect_same("avl key convert --format der key.pem",
                "openssl pkcs8 -topk8 -nocrypt -in key.pem "
                "-outform DER");
    expect_done("avl key pub key.pem --format der --out pub.der");
    EXPECT_EQ(mode("pub.der"), 0644U);
    expect_same("avl key pub key.pem", "openssl pkey -pubin -inform DER -in pub.der");
    expect_done("avl key convert --format jwk key.pem | avl key convert | cmp - key.pem");
    expect_done("avl key convert --format der key.pem | avl key convert | cmp - key.pem");
    expect_done(
        "avl key pub --format jwk key.pem >pub.jwk; avl key pub pub.jwk >a; "
        "avl key pub key.pem | cmp - a");
    EXPECT_EQ(run("cat pub.jwk").out.find("\"d\""), std::string::npos);
  }
}

TEST_F(CryptoTool, WeReadKeysOfOpenssl) {
  AVILA_REQUIRE_PROGRAM("openssl");
  for (const KeyKind& kind : kKinds) {
    SCOPED_TRACE(kind.name);
    expect_done("openssl genpkey " + std::string(kind.openssl) + " -out key.pem");
    expect_same("avl key pub key.pem", "openssl pkey -in key.pem -pubout");
    expect_same("avl key pub key.pem --format der",
                "openssl pkey -in key.pem -pubout -outform DER");
    expect_done("openssl pkey -in key.pem -outform DER -out key.der");
    expect_same("avl key pub key.der", "openssl pkey -in key.pem -pubout");
    write("password", "correct horse\n");
    expect_done(
        "openssl pkcs8 -topk8 -in key.pem -v2 aes-256-cbc -passout file:password -out e.pem");
    expect_same("avl key pub --password-file password e.pem", "openssl pkey -in key.pem -pubout");
    EXPECT_EQ(run("avl key pub e.pem").status, 1);
    write("wrong", "battery staple");
    EXPECT_EQ(run("avl key pub --password-file wrong e.pem").status, 1);
    expect_done("avl key convert --encrypt-with password key.pem --out ours.pem");
    expect_same("openssl pkey -in ours.pem -passin file:password -pubout",
                "openssl pkey -in key.pem -pubout");
    EXPECT_EQ(mode("ours.pem"), 0600U);
  }
  expect_done("openssl genrsa -traditional -out old.pem 2048");
  expect_same("avl key convert --format pkcs1 old.pem", "cat old.pem");
  expect_done("openssl ecparam -name prime256v1 -genkey -noout -out sec1.pem");
  expect_same("avl key convert --format sec1 sec1.pem", "cat sec1.pem");
}

TEST_F(CryptoTool, SignaturesBothWays) {
  AVILA_REQUIRE_PROGRAM("openssl");
  struct Way {
    const char *kind, *algorithm, *openssl;
  };
  const std::string pss = " -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest";
  for (const Way& way :
       {Way{"rsa", "rsa-pkcs1-sha256", "-sha256"}, Way{"rsa", "rsa-pkcs1-sha384", "-sha384"},
        Way{"rsa", "rsa-pss-sha256", "-sha256"}, Way{"rsa", "rsa-pss-sha512", "-sha512"},
        Way{"p256", "ecdsa-sha256", "-sha256"}, Way{"p384", "ecdsa-sha384", "-sha384"},
        Way{"p384", "ecdsa-sha512", "-sha512"}, Way{"p521", "ecdsa-sha512", "-sha512"},
        Way{"p521", "ecdsa-sha256", "-sha256"}, Way{"secp256k1", "ecdsa-sha256", "-sha256"}}) {
    SCOPED_TRACE(way.algorithm);
    const std::string kind(way.kind), algorithm(way.algorithm);
    const std::string options =
        way.openssl + (algorithm.find("pss") != std::string::npos ? pss : std::string());
    expect_done("avl key new " + kind + " --out key.pem && avl key pub key.pem --out pub.pem");
    expect_done("avl sign --key key.pem --alg " + algorithm + " message >ours");
    expect_done("openssl dgst " + options + " -verify pub.pem -signature ours message");
    expect_done("openssl dgst " + options + " -sign key.pem -out theirs message");
    EXPECT_EQ(
        run("avl verify --key pub.pem --alg " + algorithm + " --signature theirs message").out,
        "valid\n");
    EXPECT_EQ(
        run("echo other | avl verify --key pub.pem --alg " + algorithm + " --signature theirs -")
            .status,
        1);
  }
  expect_done("avl key new ed25519 --out key.pem && avl key pub key.pem --out pub.pem");
  expect_done("avl sign --key key.pem message >ours");
  expect_done("openssl pkeyutl -verify -rawin -pubin -inkey pub.pem -sigfile ours -in message");
  expect_same("cat ours", "openssl pkeyutl -sign -rawin -inkey key.pem -in message");
  expect_done("avl verify --key key.pem --signature ours message");  // the private one serves too
}

TEST_F(CryptoTool, PostQuantumKeys) {
  for (const char* type : {"ml-kem-512", "ml-kem-768", "ml-kem-1024", "ml-dsa-44", "ml-dsa-65",
                           "ml-dsa-87", "slh-dsa-sha2-128f", "slh-dsa-shake-192f"}) {
    SCOPED_TRACE(type);
    expect_done("avl key new " + std::string(type) +
                " --out key.pem && avl key pub key.pem --out pub.pem");
    EXPECT_EQ(mode("key.pem"), 0600U);
    expect_done("avl key convert --format der key.pem | avl key convert | cmp - key.pem");
    expect_done("avl key pub --format der key.pem | avl key pub | cmp - pub.pem");
    const bool lattice_signature = std::string(type).starts_with("ml-dsa");
    if (lattice_signature)
      expect_done("avl key convert --format jwk key.pem | avl key convert | cmp - key.pem");
    if (std::string(type).starts_with("ml-kem")) {
      EXPECT_EQ(run("avl sign --key key.pem message").status, 2);
      continue;
    }
    expect_done("avl sign --key key.pem message >signature");
    expect_done("avl verify --key pub.pem --signature signature message");
    expect_done("avl verify --key pub.pem --alg " + std::string(type) +
                " --signature signature message");
    EXPECT_EQ(run("echo other | avl verify --key pub.pem --signature signature").status, 1);
    EXPECT_EQ(run("avl jwt sign --key key.pem").status, 1);
  }
  EXPECT_EQ(run("avl key new ml-dsa-66").status, 2);
}

TEST_F(CryptoTool, WrongWordsAndWrongKeys) {
  for (const char* wrong : {"key new",
                            "key new rsa:1000",
                            "key new rsa:2047",
                            "key new p224",
                            "key new p256:8",
                            "key new p256 --format xml",
                            "key pub --format xml k",
                            "key convert --format xml k",
                            "sign message",
                            "verify message",
                            "verify --key k message",
                            "seal message",
                            "open --alg rot13 --key 00 --nonce 00",
                            "seal --alg aes-256-gcm --key 00 --nonce 00",
                            "seal --alg aes-256-gcm --key zz --nonce 00",
                            "kdf",
                            "kdf rot13",
                            "kdf hkdf --hash md4",
                            "kdf hkdf --salt zz",
                            "kdf hkdf --salt 00 --salt-text s",
                            "password",
                            "password verify",
                            "jwt",
                            "jwt sign",
                            "jwt verify",
                            "jwt inspect a b"})
    EXPECT_EQ(run("avl " + std::string(wrong) + " </dev/null").status, 2) << wrong;
  expect_done(
      "avl key new p256 --out p256.pem; avl key new x25519 --out x25519.pem; "
      "avl key pub p256.pem --out pub.pem; avl key new oct:256 --out oct.jwk");
  for (const char* wrong : {"sign --key p256.pem --alg ed25519 message",
                            "sign --key x25519.pem message", "sign --key p256.pem --alg x message"})
    EXPECT_EQ(run("avl " + std::string(wrong)).status, 2) << wrong;
  for (const char* failing :
       {"sign --key pub.pem message", "sign --key message message", "sign --key absent message",
        "key convert --format sec1 x25519.pem", "key convert --format pkcs1 p256.pem",
        "key pub oct.jwk", "key convert oct.jwk", "key convert --format sec1 pub.pem",
        "key convert --format jwk --encrypt-with message p256.pem",
        "verify --key pub.pem --signature message message", "key pub /dev/zero",
        "jwt sign --key pub.pem", "jwt sign --key x25519.pem"})
    EXPECT_EQ(run("avl " + std::string(failing) + " </dev/null").status, 1) << failing;
}

// McGrew and Viega's test case 16; RFC 8439 section 2.8.2; draft-irtf-cfrg-xchacha section A.3.1;
// RFC 8452 appendix C.2.
TEST_F(CryptoTool, SealsAsPublished) {
  const auto seal = [&](const std::string& algorithm, const std::string& key,
                        const std::string& nonce, const std::string& aad_hex,
                        const std::string& text_hex) {
    const std::string options =
        " --alg " + algorithm + " --key " + key + " --nonce " + nonce + " --aad \"$(cat aad)\"";
    write("aad_hex", aad_hex);
    write("text_hex", text_hex);
    expect_done("avl decode hex aad_hex >aad; avl decode hex text_hex >text");
    expect_done("avl seal" + options + " text >sealed");
    expect_done("avl open" + options + " sealed | cmp - text");
    expect_done("avl open" + options + " <sealed --out opened && cmp opened text");
    EXPECT_EQ(mode("opened"), 0600U);
    EXPECT_EQ(run("avl open" + options + "x sealed").status, 1);
    EXPECT_EQ(run("avl open" + options + "x sealed").out, "");
    EXPECT_EQ(run("head -c 15 sealed | avl open" + options).status, 1);
    return run("avl encode hex sealed").out;
  };
  const std::string key = "1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0";
  EXPECT_EQ(
      seal("aes-128-gcm", "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "",
           "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf"
           "0e2449a6b525b16aedf5aa0de657ba637b391aafd255"),
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5a"
      "ac84aa051ba30b396a0aac973d58e091473f59854d5c2af327cd64a62cf35abd2ba6fab4\n");
  const std::string sunscreen =
      "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a2049662049"
      "20"
      "636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073"
      "75"
      "6e73637265656e20776f756c642062652069742e";
  write("key", "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f\n");
  const std::string chacha = seal("chacha20-poly1305", "@key", "070000004041424344454647",
                                  "50515253c0c1c2c3c4c5c6c7", sunscreen);
  EXPECT_TRUE(chacha.ends_with("1ae10b594f09e26a7e902ecbd0600691\n")) << chacha;
  const std::string xchacha =
      seal("xchacha20-poly1305", "@key", "404142434445464748494a4b4c4d4e4f5051525354555657",
           "50515253c0c1c2c3c4c5c6c7", sunscreen);
  EXPECT_TRUE(xchacha.ends_with("c0875924c1c7987947deafd8780acf49\n")) << xchacha;
  EXPECT_EQ(
      seal("aes-256-gcm-siv", "0100000000000000000000000000000000000000000000000000000000000000",
           "030000000000000000000000", "", "0100000000000000"),
      "c2ef328e5c71c83b843122130f7364b761e0b97427e3df28\n");
  EXPECT_EQ(seal("aes-256-gcm", key, "000000000000000000000000", "", "").size(), 33U);
}

TEST_F(CryptoTool, DerivesAsOpensslDoes) {
  AVILA_REQUIRE_PROGRAM("openssl");
  const std::string as_hex = " | tr -d ':\\n' | tr A-F a-f; echo";
  expect_same(
      "printf 'pass word\\n' | avl kdf pbkdf2 --hash sha512 --salt 0102 --iterations 5000 "
      "--length 77",
      "openssl kdf -keylen 77 -kdfopt digest:SHA512 -kdfopt 'pass:pass word' -kdfopt "
      "hexsalt:0102 -kdfopt iter:5000 PBKDF2" +
          as_hex);
  expect_same("avl kdf hkdf --secret 0b0b0b0b --salt 0001 --info context --length 42",
              "openssl kdf -keylen 42 -kdfopt digest:SHA256 -kdfopt hexkey:0b0b0b0b -kdfopt "
              "hexsalt:0001 -kdfopt info:context HKDF" +
                  as_hex);
  expect_same("printf password | avl kdf scrypt --salt-text NaCl --n 1024 --r 8 --p 16 --length 64",
              "openssl kdf -keylen 64 -kdfopt pass:password -kdfopt salt:NaCl -kdfopt n:1024 "
              "-kdfopt r:8 -kdfopt p:16 SCRYPT" +
                  as_hex);
  // The reference implementation's test.c.
  EXPECT_EQ(run("printf password | avl kdf argon2id --salt-text somesalt --passes 2 --lanes 1").out,
            "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7\n");
  EXPECT_EQ(run("avl kdf scrypt --n 1000 --salt 00 </dev/null").status, 1);
}

TEST_F(CryptoTool, PasswordsAreHashedAndVerified) {
  expect_done("echo 'correct horse' | avl password hash --memory 1024 --passes 1 >stored");
  EXPECT_EQ(run("cat stored").out.rfind("$argon2id$v=19$m=1024,t=1,p=4$", 0), 0U);
  EXPECT_EQ(run("printf 'correct horse' | avl password verify \"$(cat stored)\"").out, "valid\n");
  EXPECT_EQ(run("printf 'correct Horse' | avl password verify \"$(cat stored)\"").status, 1);
  EXPECT_EQ(run("printf x | avl password verify '$argon2id$v=19$m=4294967295,t=9,p=1$AAAAAAAAAAA$"
                "AAAAAAAAAAAAAAAAAAAAAA'")
                .status,
            1)
      << "more memory than a stored string may ask for";
  EXPECT_EQ(run("head -c 5000 /dev/zero | avl password hash").status, 1) << "too long";
}

TEST_F(CryptoTool, TokensAreSignedVerifiedInspected) {
  AVILA_REQUIRE_PROGRAM("openssl");
  for (const char* type : {"rsa", "p256", "p384", "p521", "secp256k1", "ed25519"}) {
    SCOPED_TRACE(type);
    expect_done("avl key new " + std::string(type) +
                " --out key.pem; avl key pub key.pem --out pub.pem");
    expect_done(
        "avl jwt sign --key key.pem --kid k1 --claim sub=ana --claim aud=shop --claim "
        "'roles=[\"a\"]' --expires 60 >token");
    EXPECT_EQ(run("avl jwt verify --key pub.pem --audience shop token | avl json --compact "
                  "--pointer /roles")
                  .out,
              "[\"a\"]\n");
    expect_done("avl jwt verify --key pub.pem --audience shop \"$(cat token)\"");
    expect_done("cat pub.pem | avl jwt verify --key - --audience shop token");
    expect_done("avl jwt verify --key pub.pem --any-audience --subject ana --type jwt - <token");
    for (const char* refused :
         {"", "--audience other", "--any-audience --issuer me", "--any-audience --subject bo",
          "--any-audience --alg HS256", "--any-audience --type at+jwt"})
      EXPECT_EQ(run("avl jwt verify --key pub.pem " + std::string(refused) + " token").status, 1)
          << refused;
  }
  EXPECT_EQ(run("avl jwt inspect token | avl json --compact --pointer /header").out,
            "{\"alg\":\"EdDSA\",\"kid\":\"k1\",\"typ\":\"JWT\"}\n");
  // What openssl says of the parts of an RS256 token.
  expect_done("avl key new rsa --out key.pem; avl key pub key.pem --out pub.pem");
  write("claims", R"({"iss":"me"})");
  expect_done("avl jwt sign --key key.pem claims >token");
  expect_done(
      "cut -d. -f1,2 token | tr -d '\\n' >input; cut -d. -f3 token | avl decode base64url >sig");
  expect_done("openssl dgst -sha256 -verify pub.pem -signature sig input");
  expect_done("avl jwt verify --key pub.pem --issuer me --allow-unlimited token");
  EXPECT_EQ(run("avl jwt verify --key pub.pem token").status, 1) << "never expires";
}

TEST_F(CryptoTool, TokensBySecretsAndSets) {
  expect_done("avl key new oct:512 --kid s --out secret.jwk");
  EXPECT_EQ(mode("secret.jwk"), 0600U);
  expect_done("avl jwt sign --key secret.jwk --alg HS512 --claim sub=ana --expires 9 >token");
  expect_done("avl jwt verify --key secret.jwk --alg HS256,HS512 token");
  EXPECT_EQ(run("avl jwt verify --key secret.jwk token").status, 1) << "HS256 unless told";
  EXPECT_EQ(run("avl jwt verify --key secret.jwk --alg HS1 token").status, 2);
  EXPECT_EQ(run("avl jwt sign --key secret.jwk --claim sub").status, 2);
  EXPECT_EQ(run("avl jwt sign --key secret.jwk --claim exp=soon").status, 1);
  expect_done(
      "avl key new p256 --out a.pem; avl key new ed25519 --out b.pem; "
      "(printf '{\"keys\":['; avl key pub --format jwk --kid a a.pem; printf ,; "
      "avl key pub --format jwk --kid b b.pem; echo ']}') >set");
  for (const char* name : {"a", "b"}) {
    const std::string id(name);
    expect_done("avl jwt sign --key " + id + ".pem --kid " + id + " --expires 9 >token");
    expect_done("avl jwt verify --key set --alg ES256,EdDSA token");
    EXPECT_EQ(run("avl jwt verify --key set token").status, 2) << "a set has no algorithm";
  }
  expect_done("avl jwt sign --key b.pem --kid a --expires 9 >token");
  EXPECT_EQ(run("avl jwt verify --key set --alg ES256,EdDSA token").status, 1);
}

TEST_F(CryptoTool, HelpListsThem) {
  const std::string help = run("avl --help").out;
  for (const char* command :
       {"tool key new", "tool key pub", "tool key convert", "tool sign", "tool verify", "tool seal",
        "tool open", "tool kdf", "tool password hash", "tool password verify", "tool jwt sign",
        "tool jwt verify", "tool jwt inspect"})
    EXPECT_NE(help.find(command), std::string::npos) << command;
  EXPECT_NE(run("avl key new --help").out.find("rsa:2048"), std::string::npos);
}

}  // namespace
