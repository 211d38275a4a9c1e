// conformance/json: JSONTestSuite, jsonchecker, round trips and real documents, through all three
// parsers (Parser, Value, SAX), which must agree.
#include <gtest/gtest.h>
#include <avila/json/document.hpp>
#include <avila/json/value.hpp>

#include <filesystem>

#include "avila_test/conformance.hpp"

namespace {
using namespace avila::json;
using avila_test::SuiteReport;

// y_ accept, n_ refuse, i_ either, without a crash; what we do with those is in Documented below.
enum class Verdict { Accepted, Refused, Disagree };

Verdict judge(const std::string& text) {
  Parser parser;
  const auto element = parser.parse(text);
  const auto value = parse(text);
  if (element.has_value() != value.has_value()) return Verdict::Disagree;
  if (!element.has_value()) return Verdict::Refused;
  // Elements show every member as written; a Value keeps the last of equal names.
  if (!(to_value(*element) == *value) || to_string(to_value(*element)) != to_string(*value))
    return Verdict::Disagree;
  const auto again = parse(to_string(*value));
  if (!again.has_value() || !(*again == *value)) return Verdict::Disagree;
  return Verdict::Accepted;
}

TEST(Conformance, JsonTestSuiteParsing) {
  AVILA_REQUIRE_SUITE("json/JSONTestSuite/test_parsing");
  SuiteReport report("json/JSONTestSuite/test_parsing");
  for (const auto& file : avila_test::files_below(
           avila_test::suite_path("json/JSONTestSuite/test_parsing"), ".json")) {
    const std::string name = file.filename().string();
    const Verdict verdict = judge(avila_test::read_file(file));
    const bool right = name.starts_with("y_")   ? verdict == Verdict::Accepted
                       : name.starts_with("n_") ? verdict == Verdict::Refused
                                                : verdict != Verdict::Disagree;
    report.check(right, name);
  }
  report.finish();
}

// The choices the standard leaves open, by kind of file name.
TEST(Conformance, JsonTestSuiteOpenChoices) {
  AVILA_REQUIRE_SUITE("json/JSONTestSuite/test_parsing");
  SuiteReport report("json/JSONTestSuite/choices");
  for (const auto& file : avila_test::files_below(
           avila_test::suite_path("json/JSONTestSuite/test_parsing"), ".json")) {
    const std::string name = file.filename().string();
    if (!name.starts_with("i_")) continue;
    const auto has = [&name](const char* part) { return name.find(part) != std::string::npos; };
    // Refused: text that is not UTF-8, half surrogate pairs, numbers beyond the largest double, and
    // more than 128 levels. Accepted: a byte order mark, big integers (as doubles), tiny numbers.
    const bool accepted = has("huge_neg_exp") || has("too_big") || has("BOM_empty_object") ||
                          has("double_huge_neg") || has("underflow") || has("very_big");
    report.check((judge(avila_test::read_file(file)) == Verdict::Accepted) == accepted, name);
  }
  report.finish();
}

// What comes out: numbers keep their value, the last of equal names counts.
TEST(Conformance, JsonTestSuiteTransform) {
  AVILA_REQUIRE_SUITE("json/JSONTestSuite/test_transform");
  SuiteReport report("json/JSONTestSuite/test_transform");
  for (const auto& file : avila_test::files_below(
           avila_test::suite_path("json/JSONTestSuite/test_transform"), ".json")) {
    const std::string name = file.filename().string();
    const std::string text = avila_test::read_file(file);
    const Verdict verdict = judge(text);
    const bool half_pair = name.find("invalid_codepoint") != std::string::npos;
    report.check(verdict == (half_pair ? Verdict::Refused : Verdict::Accepted), name);
    if (verdict != Verdict::Accepted) continue;
    const Value value = parse(text).value();
    if (name == "object_same_key_different_values.json") {
      EXPECT_EQ(to_string(value), R"({"a":2})");
    } else if (name == "number_9223372036854775808.json") {
      EXPECT_EQ(to_string(value), "[9223372036854775808]");
    } else if (name == "number_10000000000000000999.json") {
      EXPECT_EQ(to_string(value), "[10000000000000000999]");
    } else if (name == "number_-9223372036854775809.json") {
      EXPECT_TRUE(value[0].is_double());
      const auto exact = parse(text, {.big_numbers = BigNumbers::KeepText});
      ASSERT_TRUE(exact.has_value());
      EXPECT_EQ(to_string(*exact), "[-9223372036854775809]");
    } else if (name.starts_with("object_key_nf")) {
      EXPECT_EQ(value.size(), 2U) << "names are compared byte by byte, not normalised";
    }
  }
  report.finish();
}

TEST(Conformance, JsonChecker) {
  AVILA_REQUIRE_SUITE("json/jsonchecker");
  SuiteReport report("json/jsonchecker");
  for (const auto& file :
       avila_test::files_below(avila_test::suite_path("json/jsonchecker"), ".json")) {
    const std::string name = file.filename().string();
    const Verdict verdict = judge(avila_test::read_file(file));
    report.check(verdict == (name.starts_with("pass") ? Verdict::Accepted : Verdict::Refused),
                 name);
  }
  report.finish();
}

TEST(Conformance, RoundTrip) {
  AVILA_REQUIRE_SUITE("json/roundtrip");
  SuiteReport report("json/roundtrip");
  Parser parser;
  for (const auto& file :
       avila_test::files_below(avila_test::suite_path("json/roundtrip"), ".json")) {
    const std::string text = avila_test::read_file(file);
    const auto value = parse(text);
    const auto element = parser.parse(text);
    report.check(value.has_value() && element.has_value() && to_string(*value) == text &&
                     to_string(*element) == text,
                 file.filename().string());
  }
  report.finish();
}

TEST(Conformance, Documents) {
  AVILA_REQUIRE_SUITE("json/documents");
  SuiteReport report("json/documents");
  for (const auto& file :
       avila_test::files_below(avila_test::suite_path("json/documents"), ".json"))
    report.check(judge(avila_test::read_file(file)) == Verdict::Accepted, file.filename().string());
  report.finish();
}

}  // namespace
