// HKDF and PBKDF2: files are found by walking the suites, cases by what the files say of
// themselves.
#include <avila/json/value.hpp>
#include <avila/kdf/hkdf.hpp>
#include <avila/kdf/pbkdf2.hpp>
#include <avila/text/encoding.hpp>

#include "files.hpp"

namespace {

using namespace avila;
using namespace kdf_files;

// "SHA-256", "HMACSHA256", "SHA2-256", "SHA-1" and "SHA3-256" name a hash here; calls run with it.
template <class Run>
bool with_hash(std::string name, Run run) {
  if (name.starts_with("HMAC")) name.erase(0, 4);
  std::erase(name, '-');
  if (name == "SHA1") return run(hash::Sha1()), true;
  if (name.starts_with("SHA2") && name.size() > 6) name.erase(3, 1);
  if (name == "SHA224") return run(hash::Sha224()), true;
  if (name == "SHA256") return run(hash::Sha256()), true;
  if (name == "SHA384") return run(hash::Sha384()), true;
  if (name == "SHA512") return run(hash::Sha512()), true;
  if (name == "SHA512/224") return run(hash::Sha512_224()), true;
  if (name == "SHA512/256") return run(hash::Sha512_256()), true;
  if (name == "SHA3224") return run(hash::Sha3_224()), true;
  if (name == "SHA3256") return run(hash::Sha3_256()), true;
  if (name == "SHA3384") return run(hash::Sha3_384()), true;
  if (name == "SHA3512") return run(hash::Sha3_512()), true;
  return false;
}

TEST(KdfConformance, WycheproofHkdf) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/hkdf");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("wycheproof"), ".json")) {
    if (avila_test::read_file(path).find("\"algorithm\":\"HKDF-") == std::string::npos) continue;
    const auto file = read_json(path);
    const std::string algorithm = text_of(file, "algorithm");
    for_each_test(file, [&](const json::Value&, const json::Value& test) {
      const std::string where = algorithm + " case " + std::to_string(number_of(test, "tcId"));
      const std::string ikm = hex_of(test, "ikm"), salt = hex_of(test, "salt");
      const std::string info = hex_of(test, "info"), okm = hex_of(test, "okm");
      std::string out(number_of(test, "size"), '\0');
      bool done = false;
      const bool known = with_hash(algorithm.substr(5), [&]<class Hash>(Hash) {
        done = kdf::hkdf<Hash>(as_bytes(ikm), as_bytes(salt), as_bytes(info),
                               std::as_writable_bytes(std::span(out)))
                   .has_value();
      });
      const bool valid = text_of(test, "result") == "valid";
      report.check(known && done == valid && (!valid || out == okm), where);
    });
  }
  report.finish();
}

TEST(KdfConformance, WycheproofPbkdf2) {  // one case of RFC 6070 takes seconds: 2^24 iterations
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/pbkdf2");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("wycheproof"), ".json")) {
    if (avila_test::read_file(path).find("\"algorithm\":\"PBKDF2-") == std::string::npos) continue;
    const auto file = read_json(path);
    const std::string algorithm = text_of(file, "algorithm");
    for_each_test(file, [&](const json::Value&, const json::Value& test) {
      const std::string where = algorithm + " case " + std::to_string(number_of(test, "tcId"));
      const std::string password = hex_of(test, "password"), salt = hex_of(test, "salt");
      std::string out(number_of(test, "dkLen"), '\0');
      const auto iterations = static_cast<std::uint32_t>(number_of(test, "iterationCount"));
      bool done = false;
      const bool known = with_hash(algorithm.substr(7), [&]<class Hash>(Hash) {
        done = kdf::pbkdf2<Hash>(as_bytes(password), as_bytes(salt), iterations,
                                 std::as_writable_bytes(std::span(out)))
                   .has_value();
      });
      const bool valid = text_of(test, "result") == "valid";
      report.check(known && done == valid && (!valid || out == hex_of(test, "dk")), where);
    });
  }
  report.finish();
}

TEST(KdfConformance, AcvpPbkdf2) {
  AVILA_REQUIRE_SUITE("acvp");
  avila_test::SuiteReport report("acvp/pbkdf");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("acvp"), ".json")) {
    if (avila_test::read_file(path).find("\"algorithm\":\"PBKDF\"") == std::string::npos) continue;
    for_each_test(read_json(path), [&](const json::Value& group, const json::Value& test) {
      const std::string hash_name = text_of(group, "hmacAlg");
      const std::string where = hash_name + " case " + std::to_string(number_of(test, "tcId"));
      const std::string password = text_of(test, "password"), salt = hex_of(test, "salt");
      std::string out(number_of(test, "keyLen") / 8, '\0');
      const auto iterations = static_cast<std::uint32_t>(number_of(test, "iterationCount"));
      bool done = false;
      const bool known = with_hash(hash_name, [&]<class Hash>(Hash) {
        done = kdf::pbkdf2<Hash>(as_bytes(password), as_bytes(salt), iterations,
                                 std::as_writable_bytes(std::span(out)))
                   .has_value();
      });
      report.check(known && done && out == hex_of(test, "derivedKey"), where);
    });
  }
  report.finish();
}

// "HKDF-Extract(HMAC(SHA-256))" is "HKDF-Extract" over "SHA-256"; "" where it is of another shape.
std::string hash_of(const std::string& group) {
  const std::size_t open = group.find("(HMAC("), close = group.find("))");
  if (open == std::string::npos || close == std::string::npos) return "";
  return group.substr(open + 6, close - open - 6);
}

TEST(KdfConformance, PasshashVectors) {
  AVILA_REQUIRE_SUITE("passhash");
  avila_test::SuiteReport report("passhash/kdf");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("passhash"), ".vec")) {
    for (const Stanza& c : read_stanzas(avila_test::read_file(path))) {
      const bool is_hkdf = c.group.starts_with("HKDF"), is_pbkdf2 = c.group.starts_with("PBKDF2(");
      if (!is_hkdf && !is_pbkdf2) continue;
      if (is_pbkdf2 && hash_of(c.group).empty()) {
        report.exclude();  // "PBKDF2(CMAC(Blowfish))": RFC 8018 appendix B.1 names HMAC only
        continue;
      }
      const std::string salt = c.hex("Salt"), expected = c.hex("Output");
      const auto salt_bytes = as_bytes(salt);
      std::string out(expected.size(), '\0');
      const auto out_bytes = std::as_writable_bytes(std::span(out));
      bool done = false;
      const bool known = with_hash(hash_of(c.group), [&]<class Hash>(Hash) {
        if (is_pbkdf2) {
          const std::string password = c.get("Passphrase");
          const auto iterations = static_cast<std::uint32_t>(c.number("Iterations"));
          done =
              kdf::pbkdf2<Hash>(as_bytes(password), salt_bytes, iterations, out_bytes).has_value();
          return;
        }
        const std::string secret = c.hex("Secret"), label = c.hex("Label");
        const auto secret_bytes = as_bytes(secret);
        if (c.group.starts_with("HKDF-Extract")) {
          const auto prk = kdf::hkdf_extract<Hash>(salt_bytes, secret_bytes);
          out.assign(as_text(prk));
          done = true;
        } else if (c.group.starts_with("HKDF-Expand")) {  // its file calls the info "Salt"
          const auto info = label.empty() ? salt_bytes : as_bytes(label);
          done = kdf::hkdf_expand<Hash>(secret_bytes, info, out_bytes).has_value();
        } else {
          done = kdf::hkdf<Hash>(secret_bytes, salt_bytes, as_bytes(label), out_bytes).has_value();
        }
      });
      report.check(known && done && out == expected, c.group + " " + c.get("Output"));
    }
  }
  report.finish();
}

}  // namespace
