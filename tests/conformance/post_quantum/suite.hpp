// Walks the JSON of the wycheproof and acvp suites: testGroups[] of tests[].
#pragma once
#include <avila/error/span.hpp>
#include <avila/json/value.hpp>
#include <avila_test/conformance.hpp>
#include <functional>
#include <optional>

namespace suite {

using Bytes = std::vector<std::byte>;
using avila::json::Value;

inline std::string text_of(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}
inline bool flag_of(const Value& object, std::string_view key) {
  const Value* value = object.find(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}
inline Bytes from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(digit(text[i]) * 16 + digit(text[i + 1])));
  return bytes;
}
inline Bytes bytes_of(const Value& object, std::string_view key) {
  return from_hex(text_of(object, key));
}

struct Case {
  std::string name;
  std::string algorithm, mode, schema, parameter_set;
  const Value* group;
  const Value* test;

  Bytes bytes(std::string_view key) const { return bytes_of(*test, key); }
  bool has(std::string_view key) const { return test->find(key) != nullptr; }
};

/// Every test of every file whose algorithm starts with `family`.
inline void for_each_case(const std::string& folder, std::string_view family,
                          const std::function<void(const Case&)>& run) {
  for (const auto& path : avila_test::files_below(avila_test::suite_path(folder), ".json")) {
    const std::string file = avila_test::read_file(path);
    if (file.find('"' + std::string(family)) == std::string::npos) continue;
    const auto document = avila::json::parse(file);
    ASSERT_TRUE(document.has_value()) << path;
    const Value* groups = document->find("testGroups");
    const std::string algorithm = text_of(*document, "algorithm");
    if (groups == nullptr || !algorithm.starts_with(family)) continue;
    for (std::size_t g = 0; g < groups->size(); ++g) {
      const Value& group = (*groups)[g];
      const Value& tests = *group.find("tests");
      for (std::size_t i = 0; i < tests.size(); ++i) {
        const std::string id = std::to_string(tests[i].find("tcId")->as_int64());
        run({path.filename().string() + " tcId " + id, algorithm, text_of(*document, "mode"),
             text_of(*document, "schema"), text_of(group, "parameterSet"), &group, &tests[i]});
      }
    }
  }
}

}  // namespace suite
