#include <avila/json/value.hpp>
#include <avila/serde/toml.hpp>
#include <avila/text/number.hpp>
#include <cmath>
#include <set>

#include "avila_test/conformance.hpp"

namespace avila::serde::toml {
namespace {

/// toml-test's tagged values: {"type": "integer", "value": "42"}.
bool agrees(const Value& value, const json::Value& expected) {
  if (expected.is_array()) {
    if (!value.is(Kind::Array) || value.items().size() != expected.size()) return false;
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (!agrees(value.items()[i], expected[i])) return false;
    return true;
  }
  const json::Value* type = expected.find("type");
  const json::Value* text = expected.find("value");
  const bool tagged = type != nullptr && type->is_string() && text != nullptr &&
                      text->is_string() && expected.size() == 2;
  if (!tagged) {
    if (!value.is(Kind::Table) || value.members().size() != expected.size()) return false;
    for (const auto& [key, member] : expected.object()) {
      const Value* found = value.find(key);
      if (found == nullptr || !agrees(*found, member)) return false;
    }
    return true;
  }
  const std::string_view kind = type->as_string();
  const std::string_view content = text->as_string();
  if (kind == "string") return value.is(Kind::String) && value.as_text() == content;
  if (kind == "integer")
    return value.is(Kind::Integer) && std::to_string(value.as_integer()) == content;
  if (kind == "bool")
    return value.is(Kind::Boolean) && (value.as_boolean() ? "true" : "false") == content;
  if (kind == "float") {
    if (!value.is(Kind::Float)) return false;
    const double number = value.as_float();
    if (content.ends_with("nan")) return std::isnan(number);
    if (content.ends_with("inf"))
      return std::isinf(number) && (number < 0) == content.starts_with("-");
    return *text::parse_double(content.starts_with("+") ? content.substr(1) : content) == number;
  }
  const Kind wanted = kind == "datetime"         ? Kind::OffsetDatetime
                      : kind == "datetime-local" ? Kind::LocalDatetime
                      : kind == "date-local"     ? Kind::LocalDate
                                                 : Kind::LocalTime;
  if (!value.is(wanted)) return false;
  // The suite drops trailing zeros of the fraction in places; compare without them.
  const auto plain = [](std::string stamp) {
    if (const auto dot = stamp.find('.'); dot != std::string::npos) {
      std::size_t end = dot + 1;
      while (end < stamp.size() && stamp[end] >= '0' && stamp[end] <= '9') ++end;
      std::size_t keep = end;
      while (keep > dot + 1 && stamp[keep - 1] == '0') --keep;
      stamp.erase(keep == dot + 1 ? dot : keep, end - (keep == dot + 1 ? dot : keep));
    }
    return stamp;
  };
  return plain(value.as_text()) == plain(std::string(content));
}

TEST(TomlSuite, TomlOnePointZero) {
  AVILA_REQUIRE_SUITE("toml");
  const auto root = avila_test::suite_path("toml");
  // Files that count for 1.0; a file the list does not know is taken by its folder.
  std::set<std::string> listed;
  std::set<std::string> newer;
  for (const auto& [file, into] :
       {std::pair{"files-toml-1.0.0", &listed}, std::pair{"files-toml-1.1.0", &newer}}) {
    std::ifstream in(root / file);
    for (std::string line; std::getline(in, line);) into->insert(line);
  }
  avila_test::SuiteReport report("toml");
  for (const auto& path : avila_test::files_below(root, ".toml")) {
    const std::string name = std::filesystem::relative(path, root).string();
    if (!listed.contains(name) && newer.contains(name)) {
      report.exclude();  // TOML 1.1 only
      continue;
    }
    const auto value = parse(avila_test::read_file(path));
    if (name.starts_with("invalid/")) {
      report.check(!value.has_value(), name + " was accepted");
      continue;
    }
    if (!value.has_value()) {
      report.fail(name + ": " + value.error().to_string());
      continue;
    }
    auto json_path = path;
    const auto expected = json::parse(avila_test::read_file(json_path.replace_extension(".json")));
    report.check(expected.has_value() && agrees(*value, *expected),
                 name + " reads as another value");
  }
  report.finish();
}

}  // namespace
}  // namespace avila::serde::toml
