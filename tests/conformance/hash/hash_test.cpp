// The hash suite: files are found by walking the folders, cases by the formats of their files.
#include <avila/hash/algorithm.hpp>
#include <avila/hash/blake3.hpp>
#include <avila/hash/kmac.hpp>
#include <avila/hash/sha3.hpp>
#include <avila/hash/siphash.hpp>
#include <avila/hash/xxh3.hpp>
#include <avila/hash/xxh64.hpp>
#include <avila_test/conformance.hpp>
#include <optional>
#include <set>

#include "files.hpp"

namespace {

using namespace avila;
using namespace avila::hash;
using namespace hash_files;

TEST(HashConformance, Xxhash) {
  AVILA_REQUIRE_SUITE("hash/xxhash");
  avila_test::SuiteReport report("hash/xxhash");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("hash/xxhash"), ".json")) {
    const std::string text = avila_test::read_file(path);
    std::vector<std::byte> buffer(70'000);
    std::uint64_t generator = 2654435761U;
    for (auto& b : buffer) {
      b = static_cast<std::byte>(generator >> 56);
      generator *= 11400714785074694797U;
    }
    const ByteSpan secret = ByteSpan(buffer).subspan(7, 136 + 11);
    std::string group;
    JsonScanner scanner(text);
    for (JsonScanner::Token token; scanner.next(token);) {
      if (token.is_key && text[token.end] == ':' && text[token.end + 1] == '[') group = token.text;
      if (!token.is_key || token.text != "len") continue;
      const auto size = static_cast<std::size_t>(scanner.number());
      const std::uint64_t seed = scanner.hex_of("seed");
      const ByteSpan in = ByteSpan(buffer).first(size);
      const std::string name = group + " " + std::to_string(size) + " " + std::to_string(seed);
      if (group == "XXH32") {
        report.check(xxh32(in, static_cast<std::uint32_t>(seed)) == scanner.hex_of("hash"), name);
      } else if (group == "XXH64") {
        report.check(xxh64(in, seed) == scanner.hex_of("hash"), name);
      } else if (group == "XXH3") {
        report.check(xxh3_64(in, seed) == scanner.hex_of("hash"), name);
      } else if (group == "XXH3_withSecret") {
        report.check(xxh3_64_with_secret(in, secret) == scanner.hex_of("hash"), name);
      } else if (group == "XXH128" || group == "XXH128_withSecret") {
        const std::uint64_t low = scanner.hex_of("low64"), high = scanner.hex_of("high64");
        const Xxh128 got =
            group == "XXH128" ? xxh3_128(in, seed) : xxh3_128_with_secret(in, secret);
        report.check(got == Xxh128{low, high}, name);
      } else {
        report.fail("unknown group " + group);
      }
    }
  }
  report.finish();
}

TEST(HashConformance, Blake3) {
  AVILA_REQUIRE_SUITE("hash/blake3");
  avila_test::SuiteReport report("hash/blake3");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("hash/blake3"), ".json")) {
    const std::string text = avila_test::read_file(path);
    JsonScanner scanner(text);
    const std::string key_text = scanner.string_of("key");
    const std::string context = scanner.string_of("context_string");
    const auto key = as_bytes(key_text).first<32>();
    for (JsonScanner::Token token; scanner.next(token);) {
      if (!token.is_key || token.text != "input_len") continue;
      std::vector<std::byte> in(static_cast<std::size_t>(scanner.number()));
      for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<std::byte>(i % 251);
      const auto check = [&](const char* mode, Blake3 state) {
        const auto expected = from_hex(scanner.string_of(mode));
        std::vector<std::byte> got(expected.size());
        state.update(in);
        state.finish_into(got);
        report.check(!expected.empty() && got == expected,
                     std::string(mode) + " " + std::to_string(in.size()));
        if (std::string_view(mode) == "hash" &&
            to_vector(blake3(in)) != std::vector(expected.begin(), expected.begin() + 32))
          ADD_FAILURE() << "one-shot " << in.size();
      };
      check("hash", Blake3());
      check("keyed_hash", Blake3::keyed(key));
      check("derive_key", Blake3::derive_key(context));
    }
  }
  report.finish();
}

TEST(HashConformance, SipHash) {
  AVILA_REQUIRE_SUITE("hash/siphash");
  avila_test::SuiteReport report("hash/siphash");
  std::array<std::byte, 16> key;
  for (std::size_t i = 0; i < 16; ++i) key[i] = static_cast<std::byte>(i);
  for (const auto& path :
       avila_test::files_below(avila_test::suite_path("hash/siphash"), ".json")) {
    const std::string text = avila_test::read_file(path);
    std::string group;
    std::vector<std::byte> in;
    JsonScanner scanner(text);
    for (JsonScanner::Token token; scanner.next(token);) {
      if (token.is_key) {
        group = token.text;
        in.clear();
        continue;
      }
      const std::string name = group + " " + std::to_string(in.size());
      if (group == "vectors_sip64") {
        std::array<std::byte, 8> got;
        const std::uint64_t value = siphash_2_4(key, in);
        for (std::size_t i = 0; i < 8; ++i) got[i] = static_cast<std::byte>(value >> (8 * i));
        report.check(from_hex(token.text) == to_vector(got), name);
      } else if (group == "vectors_sip128") {
        report.check(from_hex(token.text) == to_vector(siphash_2_4_128(key, in)), name);
      } else if (group.starts_with("vectors_hsip")) {
        report.exclude();  // HalfSipHash is for 32-bit machines: not offered
      } else {
        continue;  // the note
      }
      in.push_back(static_cast<std::byte>(in.size()));
    }
  }
  report.finish();
}

// "BLAKE2b(256)", "KMAC-128(256)": the number in brackets, in bytes.
std::size_t bracketed_bytes(const std::string& group) {
  return static_cast<std::size_t>(std::atoi(group.c_str() + group.find('(') + 1)) / 8;
}

// The output of a group's function; nothing where the library does not have it.
std::optional<std::vector<std::byte>> evaluate(const Stanza& s) {
  const auto in = from_hex(s.get("In")), key = from_hex(s.get("Key"));
  std::vector<std::byte> out(from_hex(s.get("Out")).size());
  const auto name = from_hex(s.get("Name")), salt = from_hex(s.get("Salt"));
  const auto named = [&](std::string_view algorithm, std::size_t size = 0) {
    auto hasher = Hasher::create(algorithm, {.key = key, .size = size});
    if (!hasher.has_value()) return false;
    out.resize(hasher->size());
    hasher->update(in);
    hasher->finish(out);
    return true;
  };
  const auto xof = [&](auto state) {
    state.update(in);
    state.squeeze(out);
    return true;
  };
  const auto kmac = [&](auto state) {
    state.update(in);
    state.finish(out);
    return true;
  };
  const auto custom = from_hex(s.get("IV"));
  bool known = false;
  if (s.group == "CRC32") known = named("crc32");
  if (s.group == "Adler32") known = named("adler32");
  if (s.group == "MD5") known = named("md5");
  if (s.group == "SHA-1") known = named("sha1");
  if (s.group == "SipHash(2,4)") known = named("siphash");
  if (s.group.starts_with("BLAKE2b(")) known = named("blake2b", bracketed_bytes(s.group));
  if (s.group.starts_with("BLAKE2s(")) known = named("blake2s", bracketed_bytes(s.group));
  if (s.group == "cSHAKE-128") known = xof(Shake128(as_text(name), as_text(salt)));
  if (s.group == "cSHAKE-256") known = xof(Shake256(as_text(name), as_text(salt)));
  if (s.group.starts_with("KMAC-128(")) known = kmac(Kmac128(key, as_text(custom)));
  if (s.group.starts_with("KMAC-256(")) known = kmac(Kmac256(key, as_text(custom)));
  if (!known) return std::nullopt;
  return out;
}

TEST(HashConformance, BotanVectors) {
  AVILA_REQUIRE_SUITE("hash/botan");
  // Not hashes of this library: RIPEMD-160 (ISO/IEC 10118-3, superseded) and CRC24 (OpenPGP armour,
  // optional since RFC 9580 §6.1) are not offered; Poly1305 is a one-time MAC of layer 1; "valid"
  // and "invalid" head base32, base58 and base64: encodings, not hashes.
  static const std::set<std::string> kLeftOut = {"RIPEMD-160", "CRC24", "Poly1305", "valid",
                                                 "invalid"};
  avila_test::SuiteReport report("hash/botan");
  for (const auto& path : avila_test::files_below(avila_test::suite_path("hash/botan"), ".vec")) {
    for (const Stanza& s : read_stanzas(avila_test::read_file(path))) {
      const std::string name = path.filename().string() + " " + s.group + " In=" + s.get("In");
      if (kLeftOut.contains(s.group)) {
        report.exclude();
        continue;
      }
      report.check(evaluate(s) == from_hex(s.get("Out")), name);
    }
  }
  report.finish();
}

}  // namespace
