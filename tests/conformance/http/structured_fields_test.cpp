// The structured-field-tests of the HTTP working group (RFC 9651): what parses and to what, what
// must be refused, and the canonical text of each value.
#include <avila/http/structured_fields.hpp>
#include <avila/json/value.hpp>
#include <avila/text/encoding.hpp>
#include <avila_test/conformance.hpp>
#include <optional>

namespace {

using namespace avila::http::structured;
using Json = avila::json::Value;

/// Nothing where the value is one that no BareItem can hold (a decimal out of range).
std::optional<BareItem> bare_item(const Json& json) {
  if (json.is_bool()) return BareItem(json.as_bool());
  if (json.is_string()) return BareItem(std::string(json.as_string()));
  if (json.is_int()) return BareItem(json.as_int64());
  if (json.is_double()) {
    const auto decimal = Decimal::from_double(json.as_double());
    return decimal.has_value() ? std::optional<BareItem>(*decimal) : std::nullopt;
  }
  const std::string_view type = json.find("__type")->as_string();
  const Json& value = *json.find("value");
  if (type == "token") return BareItem(Token{std::string(value.as_string())});
  if (type == "date") return BareItem(Date{value.as_int64()});
  if (type == "displaystring") return BareItem(DisplayString{std::string(value.as_string())});
  EXPECT_EQ(type, "binary");
  return BareItem(Binary{avila::text::base32_decode(value.as_string()).value()});
}

std::optional<Item> item(const Json& json);

std::optional<Parameters> parameters(const Json& json) {
  Parameters all;
  for (const Json& each : json.array()) {
    auto value = bare_item(each[1]);
    if (!value) return std::nullopt;
    all.set(std::string(each[0].as_string()), std::move(*value));
  }
  return all;
}

std::optional<Item> item(const Json& json) {
  auto value = bare_item(json[0]);
  auto its_parameters = parameters(json[1]);
  if (!value || !its_parameters) return std::nullopt;
  return Item{std::move(*value), std::move(*its_parameters)};
}

std::optional<Member> member(const Json& json) {
  if (!json[0].is_array()) {
    auto one = item(json);
    return one ? std::optional<Member>(std::move(*one)) : std::nullopt;
  }
  InnerList inner;
  for (const Json& each : json[0].array()) {
    auto one = item(each);
    if (!one) return std::nullopt;
    inner.items.push_back(std::move(*one));
  }
  auto its_parameters = parameters(json[1]);
  if (!its_parameters) return std::nullopt;
  inner.parameters = std::move(*its_parameters);
  return Member(std::move(inner));
}

std::optional<Item> value_of(const Json& json, Item*) { return item(json); }
std::optional<List> value_of(const Json& json, List*) {
  List list;
  for (const Json& each : json.array()) {
    auto one = member(each);
    if (!one) return std::nullopt;
    list.push_back(std::move(*one));
  }
  return list;
}
std::optional<Dictionary> value_of(const Json& json, Dictionary*) {
  Dictionary dictionary;
  for (const Json& each : json.array()) {
    auto one = member(each[1]);
    if (!one) return std::nullopt;
    dictionary.set(std::string(each[0].as_string()), std::move(*one));
  }
  return dictionary;
}

avila::Result<Item> parse(const std::string& text, Item*) { return parse_item(text); }
avila::Result<List> parse(const std::string& text, List*) { return parse_list(text); }
avila::Result<Dictionary> parse(const std::string& text, Dictionary*) {
  return parse_dictionary(text);
}

std::string joined(const Json& lines) {
  std::string text;
  for (const Json& line : lines.array()) {
    if (&line != lines.array().data()) text += ", ";
    text += line.as_string();
  }
  return text;
}

bool flag(const Json& record, const char* name) {
  const Json* const found = record.find(name);
  return found != nullptr && found->as_bool();
}

/// Empty: as it should be; else what is wrong.
template <class T>
std::string run(const Json& record) {
  const bool must_fail = flag(record, "must_fail");
  const Json* const raw = record.find("raw");
  const Json* const expected = record.find("expected");
  const Json* const canonical = record.find("canonical");
  if (raw != nullptr) {
    const auto parsed = parse(joined(*raw), static_cast<T*>(nullptr));
    if (!parsed.has_value()) {
      if (must_fail || flag(record, "can_fail")) return "";
      return "refused: " + parsed.error().to_string();
    }
    if (must_fail) return "taken, and must be refused";
    if (value_of(*expected, static_cast<T*>(nullptr)) != *parsed) return "another value";
  }
  const auto value = value_of(*expected, static_cast<T*>(nullptr));
  if (!value) return must_fail ? "" : "a value that cannot be held";
  const auto text = serialize(*value);
  if (!text.has_value()) return must_fail ? "" : "cannot serialise: " + text.error().to_string();
  if (must_fail) return "serialised, and must not be: " + *text;
  const std::string wanted = joined(canonical != nullptr ? *canonical : *raw);
  return *text == wanted ? "" : "serialised as " + *text + " instead of " + wanted;
}

TEST(StructuredFieldsSuite, ParsesRefusesAndSerialises) {
  AVILA_REQUIRE_SUITE("structured_fields");
  avila_test::SuiteReport report("structured_fields");
  for (const auto& file :
       avila_test::files_below(avila_test::suite_path("structured_fields"), ".json")) {
    const auto records = avila::json::parse(avila_test::read_file(file));
    ASSERT_TRUE(records.has_value()) << file << records.error().to_string();
    for (const Json& record : records->array()) {
      const std::string_view type = record.find("header_type")->as_string();
      const std::string wrong = type == "item"   ? run<Item>(record)
                                : type == "list" ? run<List>(record)
                                                 : run<Dictionary>(record);
      report.check(wrong.empty(), file.filename().string() + ": " +
                                      std::string(record.find("name")->as_string()) + ": " + wrong);
    }
  }
  report.finish();
}

}  // namespace
