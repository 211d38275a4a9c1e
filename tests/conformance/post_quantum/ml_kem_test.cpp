// The ML-KEM files of acvp (FIPS 203) and wycheproof.
#include <avila/json/value.hpp>
#include <avila/post_quantum/ml_kem.hpp>

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

/// Any of what goes in may be of a wrong length: then nothing comes out.
template <class Kem>
std::optional<typename Kem::DecapsulationKey> key_of(const Bytes& seed) {
  if (seed.size() != Kem::kSeedBytes) return std::nullopt;
  return Kem::DecapsulationKey::from_seed(std::span(seed).template first<Kem::kSeedBytes>());
}

template <class Kem>
bool decapsulates_to(const typename Kem::DecapsulationKey& key, const Bytes& ciphertext,
                     const Bytes& expected) {
  const auto secret = key.decapsulate(ciphertext);
  return secret.has_value() && same(**secret, expected);
}
template <class Kem>
bool encapsulates_to(const Case& c, const Bytes& expected_secret) {
  const auto key = Kem::EncapsulationKey::decode(c.bytes("ek"));
  const Bytes message = c.bytes("m");
  if (!key.has_value() || message.size() != 32) return false;
  const auto made = key->encapsulate_derandomized(std::span(message).template first<32>());
  return same(made.ciphertext, c.bytes("c")) && same(*made.shared_secret, expected_secret);
}
template <class Kem>
bool generates(const typename Kem::DecapsulationKey& key, const Case& c) {
  return same(key.encapsulation_key().bytes(), c.bytes("ek")) && same(*key.encode(), c.bytes("dk"));
}

template <class Kem>
bool acvp(const Case& c) {
  const std::string function = suite::text_of(*c.group, "function");
  const bool passes = suite::flag_of(*c.test, "testPassed");
  if (function == "encapsulationKeyCheck")
    return Kem::EncapsulationKey::decode(c.bytes("ek")).has_value() == passes;
  const auto expanded = [&] { return Kem::DecapsulationKey::decode(c.bytes("dk")); };
  if (function == "decapsulationKeyCheck") return expanded().has_value() == passes;
  if (function == "encapsulation") return encapsulates_to<Kem>(c, c.bytes("k"));
  Bytes seed = c.bytes("d");
  const Bytes z = c.bytes("z");
  seed.insert(seed.end(), z.begin(), z.end());
  const auto made = key_of<Kem>(seed);
  if (!made.has_value() || !generates<Kem>(*made, c)) return false;
  if (c.mode == "keyGen") return true;
  // The expanded form gives the same, whichever form the group names.
  const auto read = expanded();
  return function == "decapsulation" && read.has_value() && same(*read->encode(), c.bytes("dk")) &&
         decapsulates_to<Kem>(*made, c.bytes("c"), c.bytes("k")) &&
         decapsulates_to<Kem>(*read, c.bytes("c"), c.bytes("k"));
}

template <class Kem>
bool wycheproof(const Case& c) {
  const bool valid = suite::text_of(*c.test, "result") == "valid";
  const std::string type = suite::text_of(*c.group, "type");
  if (type == "MLKEMEncapsTest") return encapsulates_to<Kem>(c, c.bytes("K")) == valid;
  if (type == "MLKEMDecapsValidationTest") {
    const auto key = Kem::DecapsulationKey::decode(c.bytes("dk"));
    return valid == (key.has_value() && same(key->encapsulation_key().bytes(), c.bytes("ek")) &&
                     decapsulates_to<Kem>(*key, c.bytes("c"), c.bytes("K")));
  }
  const auto key = key_of<Kem>(c.bytes("seed"));
  if (type == "MLKEMKeyGen") return valid == (key.has_value() && generates<Kem>(*key, c));
  if (type != "MLKEMTest") return false;
  if (!valid)  // of a wrong length: an error, never a secret
    return !key.has_value() || !key->decapsulate(c.bytes("c")).has_value();
  return key.has_value() && same(key->encapsulation_key().bytes(), c.bytes("ek")) &&
         decapsulates_to<Kem>(*key, c.bytes("c"), c.bytes("K"));
}

void run_suite(const std::string& folder, const char* family, bool (*run512)(const Case&),
               bool (*run768)(const Case&), bool (*run1024)(const Case&)) {
  avila_test::SuiteReport report(folder + "/" + family);
  suite::for_each_case(folder, family, [&](const Case& c) {
    const auto run = c.parameter_set == "ML-KEM-512"   ? run512
                     : c.parameter_set == "ML-KEM-768" ? run768
                                                       : run1024;
    report.check(run(c), c.name);
  });
  report.finish();
}

TEST(MlKemConformance, Acvp) {
  AVILA_REQUIRE_SUITE("acvp");
  run_suite("acvp", "ML-KEM", acvp<MlKem512>, acvp<MlKem768>, acvp<MlKem1024>);
}

TEST(MlKemConformance, Wycheproof) {
  AVILA_REQUIRE_SUITE("wycheproof");
  run_suite("wycheproof", "ML-KEM", wycheproof<MlKem512>, wycheproof<MlKem768>,
            wycheproof<MlKem1024>);
}

}  // namespace
