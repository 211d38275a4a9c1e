// The PHC strings of the passhash suite: every JSON file with "encoded" cases and every stanza with
// a "Passhash" of Argon2.
#include <avila/json/value.hpp>
#include <avila/kdf/password.hpp>
#include <avila/kdf/phc.hpp>
#include <avila/text/encoding.hpp>

#include "files.hpp"

namespace {

using namespace avila;
using namespace kdf_files;

// Two of the strings ask for 1 GiB and two passes.
constexpr kdf::PasswordLimits kLimits{.memory_kib_max = 1 << 20, .cost_max = 1 << 21};

bool verifies(const std::string& password, const std::string& stored) {
  const auto parts = kdf::parse_phc(stored);
  return parts.has_value() && kdf::format_phc(*parts) == stored &&
         kdf::password_verify(password, stored, kLimits).has_value();
}

TEST(PasswordConformance, EncodedStrings) {
  AVILA_REQUIRE_SUITE("passhash");
  avila_test::SuiteReport report("passhash/encoded");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("passhash"), ".json")) {
    const auto file = read_json(path);
    const auto* const cases = file.find("cases");
    if (cases == nullptr) continue;
    for (const auto& c : cases->array()) {
      const std::string stored = text_of(c, "encoded"), password = text_of(c, "password");
      bool right = verifies(password, stored) && kdf::parse_phc(stored)->hash == hex_of(c, "hash");
      if (right && number_of(c, "m_log2") < 10)  // the others take their time
        right = kdf::password_verify(password + "x", stored).error().is(Errc::Unauthenticated);
      report.check(right, stored);
    }
  }
  report.finish();
}

TEST(PasswordConformance, Vectors) {
  AVILA_REQUIRE_SUITE("passhash");
  avila_test::SuiteReport report("passhash/passhash_argon2.vec");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("passhash"), ".vec"))
    for (const Stanza& c : read_stanzas(avila_test::read_file(path)))
      if (const std::string stored = c.get("Passhash"); stored.starts_with("$argon2"))
        report.check(verifies(c.get("Password"), stored), stored);
  report.finish();
}

}  // namespace
