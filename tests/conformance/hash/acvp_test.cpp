// The SHA-2 files of the acvp suite: plain messages (AFT) and Monte Carlo chains (MCT).
#include <avila/hash/sha256.hpp>
#include <avila/hash/sha512.hpp>
#include <avila_test/conformance.hpp>
#include <functional>

#include "files.hpp"

namespace {

using namespace avila;
using namespace hash_files;
using Bytes = std::vector<std::byte>;
using Digest = std::function<Bytes(const Bytes&)>;

template <class Hash>
Bytes digest(const Bytes& message) {
  Hash state;
  state.update(message);
  return to_vector(state.finish());
}

Digest digest_named(const std::string& name) {
  if (name == "SHA2-224") return digest<hash::Sha224>;
  if (name == "SHA2-256") return digest<hash::Sha256>;
  if (name == "SHA2-384") return digest<hash::Sha384>;
  if (name == "SHA2-512") return digest<hash::Sha512>;
  if (name == "SHA2-512/224") return digest<hash::Sha512_224>;
  if (name == "SHA2-512/256") return digest<hash::Sha512_256>;
  return nullptr;
}

// NIST ACVP "Secure Hash" §6.2: a thousand digests a step, each of the three before it. The
// alternate version keeps messages at the length of the seed.
Bytes monte_carlo(const Digest& of, const Bytes& seed, std::size_t length, bool alternate) {
  Bytes a = seed, b = seed, c = seed;
  for (int i = 0; i < 1000; ++i) {
    Bytes message = a;
    message.insert(message.end(), b.begin(), b.end());
    message.insert(message.end(), c.begin(), c.end());
    if (alternate) message.resize(length);
    a = b, b = c, c = of(message);
  }
  return c;
}

TEST(HashConformance, AcvpSha2) {
  AVILA_REQUIRE_SUITE("acvp");
  avila_test::SuiteReport report("acvp/SHA2");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("acvp"), ".json")) {
    if (!path.filename().string().starts_with("SHA2-")) continue;
    const std::string text = avila_test::read_file(path);
    JsonScanner scanner(text);
    Digest of;
    bool monte = false, alternate = false;
    Bytes message, seed;
    std::size_t bits = 0, seed_length = 0;
    for (JsonScanner::Token token; scanner.next(token);) {
      if (!token.is_key) continue;
      if (token.text == "algorithm") of = digest_named(scanner.string_of_next());
      if (token.text == "mctVersion") alternate = scanner.string_of_next() == "alternate";
      if (token.text == "testType") monte = scanner.string_of_next() == "MCT";
      if (token.text == "msg") seed = message = from_hex(scanner.string_of_next());
      if (token.text == "len") {
        bits = static_cast<std::size_t>(scanner.number());
        seed_length = bits / 8;
        if (bits == 0) message.clear();
      }
      if (token.text != "md") continue;
      const Bytes expected = from_hex(scanner.string_of_next());
      const std::string name = path.filename().string() + " at " + std::to_string(token.end);
      if (of == nullptr) {
        report.fail(name + ": unknown algorithm");
      } else if (monte) {
        seed = monte_carlo(of, seed, seed_length, alternate);
        report.check(seed == expected, name);
      } else if (bits % 8 != 0) {
        report.exclude();  // messages are bytes here
      } else {
        report.check(of(message) == expected, name);
      }
    }
  }
  report.finish();
}

}  // namespace
