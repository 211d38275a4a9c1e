// The hash and HMAC files of the acvp suite (AFT: plain messages; MCT: Monte Carlo chains), and the
// MAC files of wycheproof. Files are chosen by the algorithm that they name.
#include <avila/hash/algorithm.hpp>
#include <avila/hash/secret.hpp>
#include <avila/hash/sha3.hpp>
#include <avila_test/conformance.hpp>

#include "files.hpp"

namespace {

using namespace avila;
using namespace avila::hash;
using namespace hash_files;
using Bytes = std::vector<std::byte>;

Bytes digest(std::string_view algorithm, ByteSpan message, ByteSpan key = {},
             std::size_t size = 0) {
  auto made = Hasher::create(algorithm, {.key = key, .size = size});
  if (!made.has_value()) return {};
  made->update(message);
  Bytes out(made->size());
  made->finish(out);
  return out;
}

// "SHA2-512/256" is sha512-256 here, "HMAC-SHA-1" hmac-sha1, "HMACSHA3-256" hmac-sha3-256.
std::string our_name(std::string name) {
  for (char& c : name) c = c == '/' ? '-' : static_cast<char>(c | 0x20);
  const auto replace = [&name](std::string_view from, std::string_view to) {
    if (const std::size_t at = name.find(from); at != std::string::npos)
      name.replace(at, from.size(), to);
  };
  replace("sha2-", "sha"), replace("sha-1", "sha1"), replace("shake-", "shake");
  replace("hmacsha", "hmac-sha");
  replace("siphash-2-4", "siphash"), replace("siphash-1-3", "siphash13");
  return name;
}

// NIST ACVP "Secure Hash" §6.2: a thousand digests a step, each of the three before it. The
// alternate version keeps messages at the length of the seed. SHA-3 chains single digests.
Bytes monte_carlo(const std::string& name, const Bytes& seed, std::size_t length, bool alternate) {
  Bytes a = seed, b = seed, c = seed;
  for (int i = 0; i < 1000; ++i) {
    Bytes message = c;
    if (!name.starts_with("sha3-")) {
      message = a;
      message.insert(message.end(), b.begin(), b.end());
      message.insert(message.end(), c.begin(), c.end());
    }
    if (alternate) message.resize(length);
    a = b, b = c, c = digest(name, message);
  }
  return c;
}

struct Case {
  std::map<std::string, std::string> text;
  std::map<std::string, std::size_t> number;
  std::size_t bits(const std::string& key) const {
    const auto found = number.find(key);
    return found == number.end() ? 0 : found->second;
  }
  Bytes bytes(const std::string& key) const {
    const auto found = text.find(key);
    return found == text.end() ? Bytes() : from_hex(found->second);
  }
};

void run_case(const std::string& name, const Case& c, const std::string& where,
              avila_test::SuiteReport& report) {
  // "len": 0 comes with one byte of message that does not count.
  Bytes message = c.bytes("msg");
  if (c.number.contains("len")) message.resize(std::min(message.size(), c.bits("len") / 8));
  if (c.bits("len") % 8 != 0 || c.bits("outLen") % 8 != 0) {
    report.exclude();  // messages and outputs are bytes here
  } else if (name.starts_with("hmac-")) {
    Bytes mac = digest(name, message, c.bytes("key"));
    mac.resize(std::min(mac.size(), c.bits("macLen") / 8));
    report.check(!mac.empty() && mac == c.bytes("mac"), where);
  } else if (name.starts_with("cshake")) {
    const auto output = [&](auto state) {
      state.update(message);
      Bytes out(c.bits("outLen") / 8);
      state.squeeze(out);
      return out;
    };
    const std::string &function = c.text.at("functionName"), &custom = c.text.at("customization");
    const Bytes out = name == "cshake128" ? output(Shake128(function, custom))
                                          : output(Shake256(function, custom));
    report.check(out == c.bytes("md"), where);
  } else {
    report.check(digest(name, message, {}, c.bits("outLen") / 8) == c.bytes("md"), where);
  }
}

void run_file(const std::string& name, std::string_view text, const std::string& file,
              avila_test::SuiteReport& report) {
  JsonScanner scanner(text);
  Case now;
  std::string where;
  bool monte = false, alternate = false;
  Bytes seed;
  const auto flush = [&] {
    if (!monte && !now.text.empty()) run_case(name, now, where, report);
    now = Case();
  };
  for (JsonScanner::Token token; scanner.next(token);) {
    if (!token.is_key) continue;
    const std::string& key = token.text;
    if (key == "testType" || key == "tcId") {
      flush();
      where = file + " at " + std::to_string(token.end);
      if (key == "testType") monte = scanner.string_of_next() == "MCT";
    } else if (key == "mctVersion") {
      alternate = scanner.string_of_next() == "alternate";
    } else if (key == "len" || key == "outLen" || key == "macLen") {
      now.number[key] = static_cast<std::size_t>(scanner.number());
    } else if (key == "msg") {
      now.text[key] = scanner.string_of_next();
      seed = now.bytes(key);
    } else if (key == "key" || key == "mac" || key == "functionName" || key == "customization") {
      now.text[key] = scanner.string_of_next();
    } else if (key == "md") {
      now.text["md"] = scanner.string_of_next();
      if (!monte) continue;
      if (name.starts_with("cshake")) {
        report.exclude();  // SP 800-185's chain asks for outputs of any number of bits
        continue;
      }
      seed = monte_carlo(name, seed, now.bits("len") / 8, alternate && !name.starts_with("sha3-"));
      report.check(seed == now.bytes("md"), where);
    }
  }
  flush();
}

TEST(HashConformance, Acvp) {
  AVILA_REQUIRE_SUITE("acvp");
  avila_test::SuiteReport report("acvp/hash");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("acvp"), ".json")) {
    const std::string text = avila_test::read_file(path);
    JsonScanner scanner(text);
    const std::string algorithm = scanner.string_of("algorithm");
    for (const char* family : {"SHA2-", "SHA3-", "SHAKE-", "cSHAKE-", "HMAC-"})
      if (algorithm.starts_with(family))
        run_file(our_name(algorithm), text, path.filename().string(), report);
  }
  report.finish();
}

TEST(HashConformance, WycheproofMacs) {
  AVILA_REQUIRE_SUITE("wycheproof");
  avila_test::SuiteReport report("wycheproof/hash");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("wycheproof"), ".json")) {
    const std::string text = avila_test::read_file(path);
    JsonScanner scanner(text);
    const std::string algorithm = scanner.string_of("algorithm");
    if (!algorithm.starts_with("HMACSHA") && !algorithm.starts_with("SipHash-")) continue;
    Bytes key, message, tag;
    for (JsonScanner::Token token; scanner.next(token);) {
      if (!token.is_key) continue;
      if (token.text == "key") key = from_hex(scanner.string_of_next());
      if (token.text == "msg") message = from_hex(scanner.string_of_next());
      if (token.text == "tag") tag = from_hex(scanner.string_of_next());
      if (token.text != "result") continue;
      const bool valid = scanner.string_of_next() == "valid";
      const std::string where = path.filename().string() + " at " + std::to_string(token.end);
      if (algorithm == "SipHash-4-8") {
        report.exclude();  // the paper's "conservative" variant, which nothing deployed uses
        continue;
      }
      Bytes mac = digest(our_name(algorithm), message, key);
      mac.resize(std::min(mac.size(), tag.size()));
      report.check(!mac.empty() && equal_tags(mac, tag) == valid, where);
    }
  }
  report.finish();
}

}  // namespace
