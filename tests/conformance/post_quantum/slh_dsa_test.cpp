// The SLH-DSA files of acvp: NIST's keyGen and sigVer (FIPS 205), and the .vec file, which gives
// hashes of signatures.
#include <avila/hash/sha256.hpp>
#include <avila/hash/sha3.hpp>
#include <avila/json/value.hpp>
#include <avila/post_quantum/slh_dsa.hpp>

#include <map>
#include <sstream>

#include "suite.hpp"

namespace {

using namespace avila;
using namespace avila::post_quantum;
using suite::Bytes;
using suite::Case;

bool same(ByteSpan a, const Bytes& b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

std::optional<SlhDsaSet> set_of(const std::string& name) {
  static const std::map<std::string, SlhDsaSet> kSets = {
      {"SLH-DSA-SHA2-128s", SlhDsaSet::Sha2_128s},   {"SLH-DSA-SHA2-128f", SlhDsaSet::Sha2_128f},
      {"SLH-DSA-SHA2-192s", SlhDsaSet::Sha2_192s},   {"SLH-DSA-SHA2-192f", SlhDsaSet::Sha2_192f},
      {"SLH-DSA-SHA2-256s", SlhDsaSet::Sha2_256s},   {"SLH-DSA-SHA2-256f", SlhDsaSet::Sha2_256f},
      {"SLH-DSA-SHAKE-128s", SlhDsaSet::Shake_128s}, {"SLH-DSA-SHAKE-128f", SlhDsaSet::Shake_128f},
      {"SLH-DSA-SHAKE-192s", SlhDsaSet::Shake_192s}, {"SLH-DSA-SHAKE-192f", SlhDsaSet::Shake_192f},
      {"SLH-DSA-SHAKE-256s", SlhDsaSet::Shake_256s}, {"SLH-DSA-SHAKE-256f", SlhDsaSet::Shake_256f}};
  const auto found = kSets.find(name);
  return found == kSets.end() ? std::nullopt : std::optional(found->second);
}

bool acvp(const Case& c) {
  const auto set = set_of(c.parameter_set);
  if (!set.has_value()) return false;
  if (c.mode == "keyGen") {
    Bytes seeds;
    for (const char* part : {"skSeed", "skPrf", "pkSeed"}) {
      const Bytes bytes = c.bytes(part);
      seeds.insert(seeds.end(), bytes.begin(), bytes.end());
    }
    const auto key = SlhDsaPrivateKey::from_seeds(*set, seeds);
    return key.has_value() && same(key->bytes(), c.bytes("sk")) &&
           same(key->public_key().bytes(), c.bytes("pk"));
  }
  if (c.mode != "sigVer") return false;
  const auto key = SlhDsaPublicKey::decode(*set, c.bytes("pk"));
  return key.has_value() &&
         key->verify_formatted(c.bytes("message"), c.bytes("signature")).has_value() ==
             suite::flag_of(*c.test, "testPassed");
}

TEST(SlhDsaConformance, Acvp) {
  AVILA_REQUIRE_SUITE("acvp");
  avila_test::SuiteReport report("acvp/SLH-DSA");
  suite::for_each_case("acvp", "SLH-DSA", [&](const Case& c) { report.check(acvp(c), c.name); });
  report.finish();
}

// Takes seconds: it signs with all of the twelve sets, which is up to 4 million hashes each.
TEST(SlhDsaConformance, HashesOfSignatures) {
  AVILA_REQUIRE_SUITE("acvp");
  avila_test::SuiteReport report("acvp/SLH-DSA signatures");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("acvp"), ".vec")) {
    std::istringstream lines(avila_test::read_file(path));
    std::map<std::string, std::string> now;
    for (std::string line; std::getline(lines, line);) {
      const std::size_t equals = line.find(" = ");
      if (equals == std::string::npos || line[0] == '#') continue;
      const std::string key = line.substr(0, equals);
      now[key] = line.substr(equals + 3);
      if (key == "HashSigRand") {
        report.exclude();  // its randomness is AES-256-CTR-DRBG's, of `seed`: not of this library
        continue;
      }
      if (key != "HashSigDet") continue;
      const auto set = set_of(now["SphincsParameterSet"]);
      if (!set.has_value()) {
        report.fail("a set without a name here: " + now["SphincsParameterSet"]);
        continue;
      }
      const auto made = SlhDsaPrivateKey::decode(*set, suite::from_hex(now["sk"]));
      const Bytes message = suite::from_hex(now["msg"]);
      bool ok = made.has_value() && same(made->public_key().bytes(), suite::from_hex(now["pk"]));
      if (ok) {
        const auto signature = made->sign_deterministic(message).value();
        const auto digest = now["SphincsParameterSet"].find("SHAKE") != std::string::npos
                                ? avila::hash::sha3_256(signature)
                                : avila::hash::sha256(signature);
        ok = same(digest, suite::from_hex(now[key])) &&
             made->public_key().verify(message, signature).has_value();
      }
      report.check(ok, now["SphincsParameterSet"]);
    }
  }
  report.finish();
}

}  // namespace
