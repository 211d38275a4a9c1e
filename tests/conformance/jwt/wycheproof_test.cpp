// Wycheproof's JOSE files: all whose schema is "json_web_…". Tokens are given to the compact
// readers, with every algorithm of this library allowed: what has to be refused is refused by the
// keys.
#include <avila/jwt/jwe.hpp>
#include <avila/jwt/jws.hpp>
#include <avila/os/entropy.hpp>
#include <avila/text/encoding.hpp>
#include <avila_test/conformance.hpp>
#include <set>

namespace {
using namespace avila;

jwt::Algorithms all_signatures() {
  jwt::Algorithms all = {jwt::Algorithm::Hs256};
  for (int i = 0; i <= static_cast<int>(jwt::Algorithm::EdDsa); ++i)
    all.add(static_cast<jwt::Algorithm>(i));
  return all;
}
jwt::JweAllowed all_encryption() {
  jwt::JweAllowed all{{jwt::KeyManagement::Dir}, {jwt::ContentEncryption::A128Gcm}};
  for (int i = 0; i < 16; ++i) all.algorithms.add(static_cast<jwt::KeyManagement>(i));
  for (int i = 0; i < 6; ++i) all.contents.add(static_cast<jwt::ContentEncryption>(i));
  return all;
}

std::string member(const json::Value& value, std::string_view name) {
  const json::Value* found = value.find(name);
  if (found == nullptr) return "";
  return found->is_string() ? std::string(found->as_string()) : json::to_string(*found);
}

// By the public key where the group has one: readers of signatures hold no other.
bool verifies(const json::Value& group, const std::string& token) {
  const json::Value* key = group.find("public");
  if (key == nullptr) key = group.find("private");
  if (key->find("keys") != nullptr) {
    const auto set = jwt::KeySet::parse(json::to_string(*key));
    return set.has_value() && jwt::verify_compact(token, *set, all_signatures()).has_value();
  }
  auto jwk = crypto::Jwk::parse(*key);
  if (!jwk.has_value()) return false;
  const auto verifier = jwt::VerifyingKey::from_jwk(std::move(*jwk));
  return verifier.has_value() &&
         jwt::verify_compact(token, *verifier, all_signatures()).has_value();
}

std::optional<std::string> decrypts(const json::Value& group, const std::string& token) {
  auto jwk = crypto::Jwk::parse(*group.find("private"));
  if (!jwk.has_value()) return std::nullopt;
  const auto key = jwt::DecryptionKey::from_jwk(std::move(*jwk));
  if (!key.has_value()) return std::nullopt;
  const auto jwe = jwt::decrypt_compact(token, *key, all_encryption(), os::system_entropy());
  if (!jwe.has_value()) return std::nullopt;
  return text::hex_encode(jwe->plaintext.span());
}

// Why a case that the suite calls valid is refused here, by rule; empty: no reason.
std::string refused_on_purpose(const json::Value& group, const std::string& token) {
  for (const char c : token)
    if (c != '.' && c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') &&
        (c < 'a' || c > 'z'))
      return "characters that RFC 7515 section 2 does not have";
  const auto header = jwt::peek_header(token);
  if (!header.has_value()) return "";
  const std::string_view algorithm = header->algorithm();
  if (algorithm == "RSA1_5") return "RSA1_5 is left out";
  if (header->members.find("zip") != nullptr) return "compression is left out";
  const json::Value* key = group.find("public");
  if (key == nullptr) key = group.find("private");
  const std::string own = member(*key, "alg");
  // RFC 7517 section 4.4: "alg" is what the key is for (two keys of RFC 7520 say another one).
  if (!own.empty() && own != algorithm && !(algorithm == "dir" && own == header->text("enc")))
    return "the key is for another algorithm";
  return "";
}

TEST(Wycheproof, JsonWebCrypto) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/json_web");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("wycheproof"), ".json")) {
    const std::string text = avila_test::read_file(path);
    // Most files are large and of others: only the end says what they are.
    if (text.find("json_web_") == std::string::npos) continue;
    const auto root = json::parse(text);
    ASSERT_TRUE(root.has_value()) << path;
    if (!member(*root, "schema").starts_with("json_web_")) continue;
    for (const json::Value& group : root->find("testGroups")->array()) {
      // A token both valid and invalid under one key says nothing (the base64 groups).
      std::set<std::string> valid;
      for (const json::Value& test : group.find("tests")->array())
        if (member(test, "result") == "valid") valid.insert(member(test, "jws"));
      for (const json::Value& test : group.find("tests")->array()) {
        const bool is_jwe = test.find("jwe") != nullptr;
        const std::string token = member(test, is_jwe ? "jwe" : "jws");
        const std::string result = member(test, "result");
        const std::string where = path.filename().string() + " tcId " + member(test, "tcId") + ' ' +
                                  member(test, "comment");
        bool taken = false;
        if (is_jwe) {
          const auto plaintext = decrypts(group, token);
          taken = plaintext.has_value();
          if (taken && test.find("pt") != nullptr && *plaintext != member(test, "pt")) {
            report.fail(where + ": another plaintext");
            continue;
          }
        } else {
          taken = verifies(group, token);
        }
        if (result == "acceptable") {
          report.pass();  // either is right; none is there today
        } else if (taken == (result == "valid")) {
          report.pass();
        } else if (taken ? valid.contains(token) : !refused_on_purpose(group, token).empty()) {
          report.exclude();
        } else {
          report.fail(where + (taken ? ": taken" : ": refused"));
        }
      }
    }
  }
  report.finish();
}

}  // namespace
