// Walks the JSON files of the wycheproof and acvp suites that name a wanted algorithm: both hold
// "algorithm" and testGroups[] with tests[] in them.
#pragma once
#include <avila/error/span.hpp>
#include <avila/json/document.hpp>
#include <avila/text/encoding.hpp>
#include <avila_test/conformance.hpp>

namespace avila_test {

using CryptoBytes = std::vector<std::byte>;

inline CryptoBytes from_hex(std::string_view text) {
  const auto decoded = avila::text::hex_decode(text);
  EXPECT_TRUE(decoded.has_value()) << text;
  if (!decoded.has_value()) return {};
  const avila::ByteSpan bytes = avila::as_bytes(*decoded);
  return {bytes.begin(), bytes.end()};
}

/// The first N bytes of what is at least as long.
template <std::size_t N>
std::span<const std::byte, N> fixed(avila::ByteSpan bytes) {
  return bytes.first<N>();
}

/// A group or a test: fields that are absent read as empty, 0 or false.
struct CryptoFields {
  avila::json::Element element;
  bool has(std::string_view name) const { return element.find(name).has_value(); }
  std::string text(std::string_view name) const {
    const auto found = element.find(name);
    return found ? std::string(found->get_string().value_or("")) : std::string();
  }
  CryptoBytes bytes(std::string_view name) const { return from_hex(text(name)); }
  std::size_t number(std::string_view name) const {
    const auto found = element.find(name);
    return found ? static_cast<std::size_t>(found->get_uint64().value_or(0)) : 0;
  }
  bool flag(std::string_view name) const {
    const auto found = element.find(name);
    return found && found->get_bool().value_or(false);
  }
};

/// Calls each(group, test, where) for all cases of the files whose algorithm is wanted(algorithm).
template <class Wanted, class Each>
void for_each_crypto_case(const std::string& suite, Wanted&& wanted, Each&& each) {
  avila::json::Parser parser;
  for (const auto& path : files_below(suite_path(suite), ".json")) {
    const std::string text = read_file(path);
    const auto root = parser.parse(text);
    EXPECT_TRUE(root.has_value()) << path << " is no JSON";
    if (!root.has_value()) continue;
    const std::string algorithm = CryptoFields{*root}.text("algorithm");
    const auto groups = root->find("testGroups");
    if (!groups || !wanted(algorithm)) continue;
    for (const avila::json::Element group : groups->elements()) {
      const auto tests = group.find("tests");
      if (!tests) continue;
      for (const avila::json::Element test : tests->elements()) {
        const CryptoFields fields{test};
        const std::string where = algorithm + " tcId " + std::to_string(fields.number("tcId"));
        each(algorithm, CryptoFields{group}, fields, where);
      }
    }
  }
}

}  // namespace avila_test
