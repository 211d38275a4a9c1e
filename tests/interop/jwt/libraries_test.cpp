// Tokens to and from published libraries: jwcrypto, Authlib and python-jose of the system's
// python3, and jose of npm (found through NODE_PATH). Each reads what we write and writes what we
// read.
#include <avila/jwt/jwe.hpp>
#include <avila/jwt/jws.hpp>
#include <avila/os/entropy.hpp>
#include <avila_test/tools.hpp>
#include <fstream>

#include "../../layer1_crypto/jwt/vectors.hpp"

namespace {
using namespace avila;

constexpr char kPayload[] = R"({"iss":"joe","n":[1,2.5,null],"text":"é"})";
// RFC 7520 section 5.6 and the examples of RFC 8037 (public test keys).
constexpr char kP384[] =
    R"({"kty":"EC","crv":"P-384",)"
    R"("x":"YU4rRUzdmVqmRtWOs2OpDE_T5fsNIodcG8G5FWPrTPMyxpzsSOGaQLpe2FpxBmu2",)"
    R"("y":"A8-yxCHxkfBz3hKZfI1jUYMjUhsEveZ9THuwFjH2sCNdtksRJU7D5-SkgaFL1ETP",)"
    R"("d":"iTx2pk7wW-GqJkHcEkFQb2EFyYcO7RugmaW3mRrQVAOUiPommT0IdnYK2xDlZh-j"})";
// RFC 7520 section 3.2.
constexpr char kP521[] =
    R"({"kty":"EC","crv":"P-521",)"
    R"("x":"AHKZLLOsCOzz5cY97ewNUajB957y-C-U88c3v13nmGZx6sYl_oJXu9A5RkTKqjqvjyekWF-7ytDyRXYgCF5cj0Kt",)"
    R"("y":"AdymlHvOiLxXkEhayXQnNCvDX4h9htZaCJN34kfmC6pV5OhQHiraVySsUdaQkAgDPrwQrJmbnX9cwlGfP-HqHZR1",)"
    R"("d":"AAhRON2r9cqXX1hg-RoI6R1tX5p2rUAYdmpHZoC1XNM56KtscrX6zbKipQrCW9CGZH3T4ubpnoTKLDYJ_fF3_rJt"})";
constexpr char kX25519[] =
    R"({"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08",)"
    R"("d":"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os"})";

std::string oct(std::size_t bytes) {
  // 4 characters of base64url are 3 bytes; the sizes used leave 1 or 2 over.
  std::string text;
  while (text.size() * 3 / 4 < bytes) text += 'Q';
  text.back() = 'A';
  return R"({"kty":"oct","k":")" + text + "\"}";
}

struct Case {
  std::string algorithm, content, key;  // content: empty for JWS
};

std::vector<Case> signature_cases() {
  std::vector<Case> cases;
  for (const char* name : {"HS256", "HS384", "HS512"}) cases.push_back({name, "", oct(64)});
  for (const char* name : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
    cases.push_back({name, "", vectors::kE1Key});
  cases.push_back({"ES256", "", vectors::kA3Key});
  cases.push_back({"ES384", "", kP384});
  cases.push_back({"ES512", "", kP521});
  cases.push_back({"EdDSA", "", vectors::kEd25519Key});
  return cases;
}

std::vector<Case> encryption_cases() {
  std::vector<Case> cases;
  constexpr std::pair<const char*, std::size_t> kContents[] = {
      {"A128GCM", 16},       {"A192GCM", 24},       {"A256GCM", 32},
      {"A128CBC-HS256", 32}, {"A192CBC-HS384", 48}, {"A256CBC-HS512", 64}};
  for (const auto& [content, size] : kContents) cases.push_back({"dir", content, oct(size)});
  const std::pair<const char*, std::string> keys[] = {{"A128KW", oct(16)},
                                                      {"A192KW", oct(24)},
                                                      {"A256KW", oct(32)},
                                                      {"A128GCMKW", oct(16)},
                                                      {"A192GCMKW", oct(24)},
                                                      {"A256GCMKW", oct(32)},
                                                      {"RSA-OAEP", vectors::kE1Key},
                                                      {"RSA-OAEP-256", vectors::kE1Key},
                                                      {"ECDH-ES", vectors::kBobKey},
                                                      {"ECDH-ES+A128KW", vectors::kBobKey},
                                                      {"ECDH-ES+A192KW", kP384},
                                                      {"ECDH-ES+A256KW", kX25519},
                                                      {"ECDH-ES", kP521},
                                                      {"PBES2-HS256+A128KW", oct(20)},
                                                      {"PBES2-HS384+A192KW", oct(20)},
                                                      {"PBES2-HS512+A256KW", oct(20)}};
  for (const auto& [algorithm, key] : keys)
    for (const char* content : {"A128CBC-HS256", "A256GCM"})
      cases.push_back({algorithm, content, key});
  return cases;
}

crypto::Jwk jwk_of(const Case& one) {
  auto value = json::parse(one.key).value();
  if (one.algorithm.starts_with("PBES2")) value.set("alg", one.algorithm);
  return crypto::Jwk::parse(value).value();
}

std::string make(const Case& one) {
  auto& entropy = os::system_entropy();
  if (one.content.empty()) {
    const auto key =
        jwt::SigningKey::from_jwk(jwk_of(one), jwt::find_algorithm(one.algorithm)).value();
    return jwt::sign_compact(as_bytes(std::string_view(kPayload)), key, entropy).value();
  }
  const auto key =
      jwt::EncryptionKey::from_jwk(jwk_of(one), *jwt::find_key_management(one.algorithm)).value();
  jwt::EncryptOptions options;
  options.pbes2_count = 2048;
  return jwt::encrypt_compact(as_bytes(std::string_view(kPayload)), key,
                              *jwt::find_content_encryption(one.content), entropy, options)
      .value();
}

// Empty: refused.
std::string read(const Case& one, const std::string& token) {
  if (one.content.empty()) {
    const auto key = jwt::VerifyingKey::from_jwk(jwk_of(one)).value();
    auto jws = jwt::verify_compact(token, key, {*jwt::find_algorithm(one.algorithm)});
    EXPECT_TRUE(jws.has_value()) << one.algorithm << ' ' << jws.error().to_string();
    return jws.has_value() ? jws->payload : "";
  }
  const auto key = jwt::DecryptionKey::from_jwk(jwk_of(one)).value();
  const jwt::JweAllowed allowed{{*jwt::find_key_management(one.algorithm)},
                                {*jwt::find_content_encryption(one.content)}};
  const auto jwe = jwt::decrypt_compact(token, key, allowed, os::system_entropy());
  EXPECT_TRUE(jwe.has_value()) << one.algorithm << ' ' << one.content << ' '
                               << jwe.error().to_string();
  return jwe.has_value() ? std::string(as_text(jwe->plaintext.span())) : "";
}

// A script gets lines "alg <tab> enc or - <tab> key <tab> our token <tab> payload"; for each it
// prints "ok <tab> alg <tab> enc <tab> key <tab> its token", or "left out", or what is wrong.
void exchange(const std::string& command, const std::string& script, const std::string& suffix,
              std::size_t expected_min) {
  const avila_test::TempDir dir;
  std::vector<Case> cases = signature_cases();
  for (const Case& one : encryption_cases()) cases.push_back(one);
  std::ofstream(dir / ("script" + suffix)) << script;
  {
    std::ofstream lines(dir / "lines");
    for (const Case& one : cases)
      lines << one.algorithm << '\t' << (one.content.empty() ? "-" : one.content) << '\t' << one.key
            << '\t' << make(one) << '\t' << kPayload << '\n';
  }
  const auto result = avila_test::run_command(command + " '" + (dir / ("script" + suffix)) + "' '" +
                                              (dir / "lines") + "' 2>&1");
  ASSERT_EQ(result.status, 0) << result.out.substr(0, 2000);
  std::size_t exchanged = 0, index = 0;
  for (std::size_t start = 0; start < result.out.size(); ++index) {
    const std::size_t end = result.out.find('\n', start);
    const std::string line = result.out.substr(start, end - start);
    start = end + 1;
    ASSERT_LT(index, cases.size());
    if (line == "left out") continue;
    ASSERT_TRUE(line.starts_with("ok\t")) << cases[index].algorithm << ' ' << line.substr(0, 300);
    EXPECT_EQ(read(cases[index], line.substr(3)), kPayload) << cases[index].algorithm;
    ++exchanged;
  }
  EXPECT_EQ(index, cases.size());
  EXPECT_GE(exchanged, expected_min);
  std::printf("%zu of %zu algorithms exchanged both ways\n", exchanged, cases.size());
}

constexpr char kPythonFrame[] = R"(
import sys, json, base64
sys.stdout.reconfigure(encoding="utf-8")
def run(read, write):
    for line in open(sys.argv[1], encoding="utf-8"):
        alg, enc, key, token, payload = line.rstrip("\n").split("\t")
        enc = None if enc == "-" else enc
        try:
            got = read(alg, enc, json.loads(key), token)
        except NotImplementedError:
            print("left out")
            continue
        except Exception as e:
            print("refused", alg, enc, repr(e))
            continue
        if got != payload.encode():
            print("differs", alg, enc, got)
            continue
        print("ok\t" + write(alg, enc, json.loads(key), payload.encode()))
)";

constexpr char kJwcrypto[] = R"(
from jwcrypto import jwk, jws, jwe
def read(alg, enc, key, token):
    k = jwk.JWK(**key)
    if enc is None:
        t = jws.JWS(); t.allowed_algs = [alg]
        t.deserialize(token, k)
        return t.payload
    t = jwe.JWE(algs=[alg, enc])
    t.deserialize(token, k)
    return t.payload
def write(alg, enc, key, payload):
    k = jwk.JWK(**key)
    if enc is None:
        t = jws.JWS(payload); t.allowed_algs = [alg]
        t.add_signature(k, alg, json.dumps({"alg": alg}))
        return t.serialize(compact=True)
    t = jwe.JWE(payload, json.dumps({"alg": alg, "enc": enc}), algs=[alg, enc])
    t.add_recipient(k)
    return t.serialize(compact=True)
run(read, write)
)";

// Authlib has no PBES2, and ECDH over X25519 by a draft of its own names. It writes coordinates
// without their leading zeros, against RFC 7518 §6.2.1.2: such tokens are made again.
constexpr char kAuthlib[] = R"(
from authlib.jose import JsonWebSignature, JsonWebEncryption, JsonWebKey
def check(alg, enc, key):
    if alg.startswith("PBES2") or key.get("crv") == "X25519":
        raise NotImplementedError
def read(alg, enc, key, token):
    check(alg, enc, key)
    k = JsonWebKey.import_key(key)
    if enc is None:
        return JsonWebSignature([alg]).deserialize_compact(token, k)["payload"]
    return JsonWebEncryption([alg, enc]).deserialize_compact(token, k)["payload"]
def write(alg, enc, key, payload):
    k = JsonWebKey.import_key(key)
    if enc is None:
        return JsonWebSignature([alg]).serialize_compact({"alg": alg}, payload, k).decode()
    while True:
        header = {"alg": alg, "enc": enc}
        token = JsonWebEncryption([alg, enc]).serialize_compact(header, payload, k).decode()
        text = token.split(".")[0]
        epk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))).get("epk")
        if epk is None or len(epk["x"]) == len(epk["y"]) == len(key["x"]) == len(key["y"]):
            return token
run(read, write)
)";

// python-jose has HS*, RS* and ES*; of JWE, what its cryptography backend has, with keys as bytes.
constexpr char kPythonJose[] = R"(
from jose import jws
def read(alg, enc, key, token):
    if enc is not None or alg[:2] not in ("HS", "RS", "ES"):
        raise NotImplementedError
    if key["kty"] != "oct":
        key = {n: v for n, v in key.items() if n in ("kty", "crv", "n", "e", "x", "y")}
    return jws.verify(token, dict(key, alg=alg), [alg])
def write(alg, enc, key, payload):
    return jws.sign(payload, dict(key, alg=alg), algorithm=alg)
run(read, write)
)";

constexpr char kNode[] = R"(
const jose = require('jose'), fs = require('fs');
(async () => {
  for (const line of fs.readFileSync(process.argv[2], 'utf8').trimEnd().split('\n')) {
    const [alg, enc, key, token, payload] = line.split('\t');
    const jwk = JSON.parse(key), bytes = new TextEncoder().encode(payload);
    const pub = {...jwk};
    for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi']) delete pub[name];
    try {
      const own = await jose.importJWK(jwk, alg);
      const other = jwk.kty === 'oct' ? own : await jose.importJWK(pub, alg);
      let got, made;
      if (enc === '-') {
        got = (await jose.compactVerify(token, other, {algorithms: [alg]})).payload;
        made = await new jose.CompactSign(bytes).setProtectedHeader({alg}).sign(own);
      } else {
        got = (await jose.compactDecrypt(token, own, {
          keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc]})).plaintext;
        made = await new jose.CompactEncrypt(bytes).setProtectedHeader({alg, enc}).encrypt(other);
      }
      console.log(new TextDecoder().decode(got) === payload ? 'ok\t' + made : 'differs');
    } catch (e) { console.log('refused ' + alg + ' ' + enc + ' ' + e); }
  }
})();
)";

bool have_module(const std::string& name) {
  return avila_test::run_command("command -p python3 -c 'import " + name + "' 2>/dev/null")
             .status == 0;
}
#define REQUIRE_MODULE(name)                                                     \
  do {                                                                           \
    if (!have_module(name)) {                                                    \
      std::printf("SKIPPED: python3 has no %s (apt: python3-%s)\n", name, name); \
      GTEST_SKIP() << "python3 has no " << name;                                 \
    }                                                                            \
  } while (false)

TEST(Interop, Jwcrypto) {
  REQUIRE_MODULE("jwcrypto");
  exchange("command -p python3", std::string(kPythonFrame) + kJwcrypto, ".py", 48);
}

TEST(Interop, Authlib) {
  REQUIRE_MODULE("authlib");
  exchange("command -p python3", std::string(kPythonFrame) + kAuthlib, ".py", 36);
}

TEST(Interop, PythonJose) {
  REQUIRE_MODULE("jose");
  exchange("command -p python3 -W ignore", std::string(kPythonFrame) + kPythonJose, ".py", 8);
}

TEST(Interop, NodeJose) {
  if (avila_test::run_command("node -e 'require(\"jose\")' 2>/dev/null").status != 0) {
    std::printf("SKIPPED: node has no jose (npm install jose; NODE_PATH=…/node_modules)\n");
    GTEST_SKIP() << "node has no jose";
  }
  exchange("node", kNode, ".js", 48);
}

}  // namespace
