// The Argon2 cases of the passhash suite: the reference implementation's text files, Botan's .vec
// files; the PHC strings are for password_test.cpp.
#include <avila/json/value.hpp>
#include <avila/kdf/argon2.hpp>
#include <avila/text/encoding.hpp>

#include <cctype>
#include <cstring>
#include <optional>

#include "files.hpp"

namespace {

using namespace avila;
using namespace kdf_files;
using kdf::Argon2Parameters;
using kdf::Argon2Type;
using kdf::Argon2Version;

std::optional<Argon2Type> type_of(std::string_view name) {
  if (name == "Argon2d") return Argon2Type::D;
  if (name == "Argon2i") return Argon2Type::I;
  if (name == "Argon2id") return Argon2Type::Id;
  return std::nullopt;
}

struct Inputs {
  std::string password, salt, secret, data, tag;
};

void check(avila_test::SuiteReport& report, const Argon2Parameters& parameters,
           const Inputs& inputs, const std::string& where) {
  std::string out(inputs.tag.size(), '\0');
  const auto done =
      kdf::argon2(as_bytes(inputs.password), as_bytes(inputs.salt), parameters,
                  std::as_writable_bytes(std::span(out)),
                  {.secret = as_bytes(inputs.secret), .associated_data = as_bytes(inputs.data)});
  report.check(done.has_value() && out == inputs.tag, where);
}

TEST(Argon2Conformance, Vectors) {
  AVILA_REQUIRE_SUITE("passhash");
  avila_test::SuiteReport report("passhash/argon2.vec");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("passhash"), ".vec")) {
    for (const Stanza& c : read_stanzas(avila_test::read_file(path))) {
      const auto type = type_of(c.group);
      if (!type.has_value()) continue;
      check(report,
            {.type = *type,
             .memory_kib = static_cast<std::uint32_t>(c.number("M")),
             .passes = static_cast<std::uint32_t>(c.number("T")),
             .lanes = static_cast<std::uint32_t>(c.number("P"))},
            {c.hex("Passphrase"), c.hex("Salt"), c.hex("Secret"), c.hex("AD"), c.hex("Output")},
            c.group + " " + c.get("Output"));
    }
  }
  report.finish();
}

/// The hexadecimal bytes after "Name[n]:" or "Name:" in the first line that begins so.
std::string bytes_after(const std::string& text, const std::string& name) {
  const std::size_t line = text.find("\n" + name);
  if (line == std::string::npos) return "";
  const std::size_t colon = text.find(':', line), end = text.find('\n', colon);
  std::string digits = text.substr(colon + 1, end - colon - 1);
  std::erase_if(digits, [](unsigned char c) { return std::isspace(c) != 0; });
  return from_hex(digits);
}

TEST(Argon2Conformance, KnownAnswers) {
  AVILA_REQUIRE_SUITE("passhash");
  avila_test::SuiteReport report("passhash/argon2_kats");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("passhash"), ".txt")) {
    const std::string text = avila_test::read_file(path);
    const std::size_t title = text.find("\nArgon2");
    if (title == std::string::npos) continue;
    char name[16] = "";
    unsigned version = 0, memory = 0, passes = 0, lanes = 0;
    const std::size_t settings = text.find("\nMemory:");
    if (std::sscanf(text.c_str() + title + 1, "%15s version number %u", name, &version) != 2 ||
        settings == std::string::npos ||
        std::sscanf(text.c_str() + settings, "\nMemory: %u KiB, Iterations: %u, Parallelism: %u",
                    &memory, &passes, &lanes) != 3 ||
        !type_of(name).has_value()) {
      continue;  // no file of this format
    }
    check(report,
          {.type = *type_of(name),
           .version = static_cast<Argon2Version>(version),
           .memory_kib = memory,
           .passes = passes,
           .lanes = lanes},
          {bytes_after(text, "Password"), bytes_after(text, "Salt"), bytes_after(text, "Secret"),
           bytes_after(text, "Associated data"), bytes_after(text, "Tag")},
          path.filename().string());
  }
  report.finish();
}

}  // namespace
