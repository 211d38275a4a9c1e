// The formats of the suites with key derivation cases.
#pragma once
#include <avila/json/value.hpp>
#include <avila/text/encoding.hpp>
#include <avila_test/conformance.hpp>
#include <map>
#include <string>
#include <string_view>

namespace kdf_files {

/// A JSON file of the suite; a failure of the test where it is none.
inline avila::json::Value read_json(const std::filesystem::path& path) {
  auto parsed = avila::json::parse(avila_test::read_file(path));
  EXPECT_TRUE(parsed.has_value()) << path;
  return parsed.has_value() ? *std::move(parsed) : avila::json::Value();
}
inline std::string text_of(const avila::json::Value& object, std::string_view key) {
  const auto* const value = object.find(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}
inline std::uint64_t number_of(const avila::json::Value& object, std::string_view key) {
  const auto* const value = object.find(key);
  return value != nullptr ? value->get_uint64().value_or(0) : 0;
}
inline std::string from_hex(std::string_view hex) {
  auto bytes = avila::text::hex_decode(hex);
  EXPECT_TRUE(bytes.has_value()) << hex;
  return bytes.has_value() ? *std::move(bytes) : std::string();
}
inline std::string hex_of(const avila::json::Value& object, std::string_view key) {
  return from_hex(text_of(object, key));
}

/// Calls visit(group, test) for each case of a file with testGroups of tests.
template <class Visit>
void for_each_test(const avila::json::Value& file, Visit visit) {
  const auto* const groups = file.find("testGroups");
  if (groups == nullptr) return;
  for (const auto& group : groups->array()) {
    const auto* const tests = group.find("tests");
    if (tests == nullptr) continue;
    for (const auto& test : tests->array()) visit(group, test);
  }
}

/// One case of a .vec file: `Key = value` lines under a `[group]`.
struct Stanza {
  std::string group;
  std::map<std::string, std::string> values;
  std::string get(const std::string& key) const {
    const auto found = values.find(key);
    return found == values.end() ? std::string() : found->second;
  }
  std::size_t number(const std::string& key) const { return std::stoul(get(key)); }
  std::string hex(const std::string& key) const { return from_hex(get(key)); }
};

inline std::vector<Stanza> read_stanzas(const std::string& text) {
  std::vector<Stanza> stanzas;
  Stanza now;
  const auto flush = [&] {
    if (!now.values.empty()) stanzas.push_back(now);
    now.values.clear();
  };
  const auto trimmed = [](std::string s) {
    while (!s.empty() && (s.back() == ' ' || s.back() == '\r')) s.pop_back();
    return s.substr(std::min(s.find_first_not_of(' '), s.size()));
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = trimmed(text.substr(at, end - at));
    at = end + 1;
    if (line.empty() || line[0] == '[') flush();
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      now.group = line.substr(1, line.rfind(']') - 1);
    } else if (const std::size_t equals = line.find('='); equals != std::string::npos) {
      now.values[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
    }
  }
  flush();
  return stanzas;
}

}  // namespace kdf_files
