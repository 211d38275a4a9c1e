// The ML-DSA files of acvp (FIPS 204) and wycheproof.
#include <avila/hash/algorithm.hpp>
#include <avila/json/value.hpp>
#include <avila/post_quantum/ml_dsa.hpp>

#include "suite.hpp"

namespace {

using namespace avila;
using namespace avila::post_quantum;
using suite::Bytes;
using suite::Case;

template <class Array>
bool same(const Array& a, const Bytes& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

struct NamedHash {
  const char* acvp;
  const char* ours;
  std::size_t size;
  PreHash function;
};
constexpr NamedHash kHashes[] = {
    {"SHA2-224", "sha224", 28, PreHash::Sha224},
    {"SHA2-256", "sha256", 32, PreHash::Sha256},
    {"SHA2-384", "sha384", 48, PreHash::Sha384},
    {"SHA2-512", "sha512", 64, PreHash::Sha512},
    {"SHA2-512/224", "sha512-224", 28, PreHash::Sha512_224},
    {"SHA2-512/256", "sha512-256", 32, PreHash::Sha512_256},
    {"SHA3-224", "sha3-224", 28, PreHash::Sha3_224},
    {"SHA3-256", "sha3-256", 32, PreHash::Sha3_256},
    {"SHA3-384", "sha3-384", 48, PreHash::Sha3_384},
    {"SHA3-512", "sha3-512", 64, PreHash::Sha3_512},
    {"SHAKE-128", "shake128", 32, PreHash::Shake128},
    {"SHAKE-256", "shake256", 64, PreHash::Shake256},
};

/// mu of an acvp case, whichever of the four ways its group names.
template <class Dsa>
Result<typename Dsa::Mu> acvp_mu(const typename Dsa::PublicKey& key, const Case& c) {
  const Bytes message = c.bytes("message"), context = c.bytes("context");
  if (suite::flag_of(*c.group, "externalMu")) {
    typename Dsa::Mu mu{};
    const Bytes given = c.bytes("mu");
    if (given.size() != mu.size()) return Error(Errc::Malformed, "mu of the wrong length");
    std::copy(given.begin(), given.end(), mu.begin());
    return mu;
  }
  if (suite::text_of(*c.group, "signatureInterface") == "internal")
    return key.mu_of_formatted(message);
  if (suite::text_of(*c.group, "preHash") == "pure") return key.mu(message, context);
  const std::string name = suite::text_of(*c.test, "hashAlg");
  for (const NamedHash& hash : kHashes) {
    if (name != hash.acvp) continue;
    auto hasher = avila::hash::Hasher::create(hash.ours, {.size = hash.size}).value();
    hasher.update(message);
    Bytes digest(hasher.size());
    hasher.finish(digest);
    return key.mu_of_digest(hash.function, digest, context);
  }
  return Error(Errc::NotFound, "hash function unknown to this test");
}

template <class Dsa>
bool acvp(const Case& c) {
  if (c.mode == "keyGen") {
    const Bytes seed = c.bytes("seed");
    if (seed.size() != Dsa::kSeedBytes) return false;
    const auto key = Dsa::PrivateKey::from_seed(std::span(seed).template first<Dsa::kSeedBytes>());
    return same(*key.bytes(), c.bytes("sk")) && same(key.public_key().bytes(), c.bytes("pk"));
  }
  const Bytes signature = c.bytes("signature");
  if (c.mode == "sigVer") {
    const auto key = Dsa::PublicKey::decode(c.bytes("pk"));
    if (!key.has_value()) return false;
    const auto mu = acvp_mu<Dsa>(*key, c);
    return mu.has_value() &&
           key->verify_mu(*mu, signature).has_value() == suite::flag_of(*c.test, "testPassed");
  }
  const auto key = Dsa::PrivateKey::decode(c.bytes("sk"));
  if (c.mode != "sigGen" || !key.has_value()) return false;
  const auto mu = acvp_mu<Dsa>(key->public_key(), c);
  Bytes random = c.bytes("rnd");
  if (!mu.has_value() || random.empty() != suite::flag_of(*c.group, "deterministic")) return false;
  random.resize(Dsa::kRandomBytes);
  const auto made = key->sign_mu(*mu, std::span(random).template first<Dsa::kRandomBytes>());
  return made.has_value() && same(*made, signature) &&
         key->public_key().verify_mu(*mu, *made).has_value();
}

template <class Dsa>
bool signs(const typename Dsa::PrivateKey& key, const Case& c) {
  const Bytes message = c.bytes("msg"), expected = c.bytes("sig"), given_mu = c.bytes("mu");
  Bytes random = c.bytes("rnd");
  random.resize(Dsa::kRandomBytes);
  typename Dsa::Mu mu{};
  if (c.has("msg")) {
    const auto made = key.public_key().mu(message, c.bytes("ctx"));
    if (!made.has_value()) return false;
    mu = *made;
    if (!given_mu.empty() && !same(mu, given_mu)) return false;
  } else {
    if (given_mu.size() != mu.size()) return false;
    std::copy(given_mu.begin(), given_mu.end(), mu.begin());
  }
  const auto made = key.sign_mu(mu, std::span(random).template first<Dsa::kRandomBytes>());
  return made.has_value() && same(*made, expected) &&
         key.public_key().verify_mu(mu, *made).has_value();
}

template <class Dsa>
bool wycheproof(const Case& c) {
  const bool valid = suite::text_of(*c.test, "result") == "valid";
  const Bytes public_key = suite::bytes_of(*c.group, "publicKey");
  if (suite::text_of(*c.group, "type") == "MlDsaVerify") {
    const auto key = Dsa::PublicKey::decode(public_key);
    return valid == (key.has_value() &&
                     key->verify(c.bytes("msg"), c.bytes("sig"), c.bytes("ctx")).has_value());
  }
  if (suite::text_of(*c.group, "type") != "MlDsaSign") return false;
  const auto with = [&](const typename Dsa::PrivateKey& key) {
    return valid == (same(key.public_key().bytes(), public_key) && signs<Dsa>(key, c));
  };
  if (c.group->find("privateSeed") != nullptr) {
    const Bytes seed = suite::bytes_of(*c.group, "privateSeed");
    if (seed.size() != Dsa::kSeedBytes) return !valid;
    return with(Dsa::PrivateKey::from_seed(std::span(seed).template first<Dsa::kSeedBytes>()));
  }
  const auto key = Dsa::PrivateKey::decode(suite::bytes_of(*c.group, "privateKey"));
  return key.has_value() ? with(*key) : !valid;
}

TEST(MlDsaConformance, Acvp) {
  AVILA_REQUIRE_SUITE("acvp");
  avila_test::SuiteReport report("acvp/ML-DSA");
  suite::for_each_case("acvp", "ML-DSA", [&](const Case& c) {
    const std::string& set = c.parameter_set;
    report.check(set == "ML-DSA-44"   ? acvp<MlDsa44>(c)
                 : set == "ML-DSA-65" ? acvp<MlDsa65>(c)
                                      : acvp<MlDsa87>(c),
                 c.name);
  });
  report.finish();
}

TEST(MlDsaConformance, Wycheproof) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/ML-DSA");
  suite::for_each_case("wycheproof", "ML-DSA", [&](const Case& c) {
    report.check(c.algorithm == "ML-DSA-44"   ? wycheproof<MlDsa44>(c)
                 : c.algorithm == "ML-DSA-65" ? wycheproof<MlDsa65>(c)
                                              : wycheproof<MlDsa87>(c),
                 c.name);
  });
  report.finish();
}

}  // namespace
