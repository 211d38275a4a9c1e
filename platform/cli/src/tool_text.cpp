// `avl tool json|id|encode|decode`.
#include <avila/id/ksuid.hpp>
#include <avila/id/nano_id.hpp>
#include <avila/id/snowflake.hpp>
#include <avila/id/ulid.hpp>
#include <avila/id/uuid.hpp>
#include <avila/json/pointer.hpp>
#include <avila/json/sax.hpp>
#include <avila/json/writer.hpp>
#include <avila/os/clock.hpp>
#include <avila/text/encoding.hpp>

#include <algorithm>

#include "tool.hpp"

namespace avila::cli {
namespace {

constexpr std::uint64_t kIdsMax = 100'000'000;
constexpr std::size_t kFlushBytes = 64U << 10;

/// Writes what it meets: names twice, their order and long numbers stay as they are.
class Printer final : public json::Handler {
 public:
  Printer(std::string& out, int indent) : writer_(out, {.indent = indent}) {}
  bool null() override { return writer_.null(), true; }
  bool boolean(bool value) override { return writer_.boolean(value), true; }
  bool int64(std::int64_t value) override { return writer_.int64(value), true; }
  bool uint64(std::uint64_t value) override { return writer_.uint64(value), true; }
  bool double_(double value) override { return writer_.double_(value), true; }
  bool big_number(std::string_view text) override { return writer_.raw(text), true; }
  bool string(std::string_view text) override { return writer_.string(text), true; }
  bool key(std::string_view name) override { return writer_.key(name), true; }
  bool begin_array() override { return writer_.begin_array(), true; }
  bool end_array() override { return writer_.end_array(), true; }
  bool begin_object() override { return writer_.begin_object(), true; }
  bool end_object() override { return writer_.end_object(), true; }

 private:
  json::Writer writer_;
};

int unknown(std::string_view what, const std::string& given, std::string_view known) {
  return wrong_usage(Error(Errc::InvalidArgument, "no " + std::string(what) + " '" + given + '\'')
                         .with_hint("one of: " + std::string(known)));
}

/// Encoders end their output with a line end, and editors their files.
std::string without_line_ends(std::string text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  return text;
}

}  // namespace

Result<int> tool_json(const Arguments& arguments) {
  const json::ParseOptions options{.max_size = kToolInputMax,
                                   .big_numbers = json::BigNumbers::KeepText};
  AVILA_TRY(std::string text, read_input(arguments.operand(0)));
  if (arguments.has("--pointer")) {
    AVILA_TRY(const json::Pointer pointer, json::Pointer::parse(arguments.get("--pointer")));
    json::Parser parser(options);
    AVILA_TRY(const json::Element root, parser.parse(text));
    const auto found = pointer.find(root);
    if (!found.has_value())
      return Error(Errc::NotFound, "nothing at " + arguments.get("--pointer"));
    text = json::to_string(*found);
  }
  std::string out;
  Printer printer(out, arguments.has("--compact") ? 0 : 2);
  AVILA_TRY_VOID(json::parse_events(text, printer, options));
  if (!arguments.has("--check")) AVILA_TRY_VOID(print(out + '\n'));
  return kDone;
}

Result<int> tool_id(const Arguments& arguments) {
  const std::string kind = arguments.operand(0);
  AVILA_TRY(const std::uint64_t count, number_option(arguments, "-n", 1, 1, kIdsMax));
  AVILA_TRY(id::SnowflakeGenerator snowflakes,
            id::SnowflakeGenerator::create(os::real_clock(), {.max_ahead = seconds(86'400)}));
  std::string out;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (kind == "uuid" || kind == "uuid4") {
      out += id::Uuid::v4().to_string();
    } else if (kind == "uuid7") {
      out += id::Uuid::v7().to_string();
    } else if (kind == "ulid") {
      out += id::Ulid::generate().to_string();
    } else if (kind == "ksuid") {
      out += id::Ksuid::generate().to_string();
    } else if (kind == "nanoid") {
      out += id::NanoId::generate();
    } else if (kind == "snowflake") {
      AVILA_TRY(const id::Snowflake next, snowflakes.next());
      out += next.to_string();
    } else {
      return unknown("kind of identifier", kind, "uuid4 uuid7 ulid ksuid snowflake nanoid");
    }
    out += '\n';
    if (out.size() > kFlushBytes) {
      AVILA_TRY_VOID(print(out));
      out.clear();
    }
  }
  AVILA_TRY_VOID(print(out));
  return kDone;
}

constexpr std::string_view kFormats = "base64 base64url base32 hex percent";

Result<int> tool_encode(const Arguments& arguments) {
  const std::string format = arguments.operand(0);
  AVILA_TRY(const std::string input, read_input(arguments.operand(1)));
  std::string out;
  if (format == "base64") {
    out = text::base64_encode(input);
  } else if (format == "base64url") {
    out = text::base64url_encode(input);
  } else if (format == "base32") {
    out = text::base32_encode(input);
  } else if (format == "hex") {
    out = text::hex_encode(input);
  } else if (format == "percent") {
    out = text::percent_encode(input);
  } else {
    return unknown("format", format, kFormats);
  }
  AVILA_TRY_VOID(print(out + '\n'));
  return kDone;
}

Result<int> tool_decode(const Arguments& arguments) {
  const std::string format = arguments.operand(0);
  AVILA_TRY(std::string input, read_input(arguments.operand(1)));
  input = without_line_ends(std::move(input));
  Result<std::string> out = std::string();
  if (format == "base64") {
    out = text::base64_decode(input, text::Padding::Optional);
  } else if (format == "base64url") {
    out = text::base64url_decode(input);
  } else if (format == "base32") {
    out = text::base32_decode(input, text::Padding::Optional);
  } else if (format == "hex") {
    out = text::hex_decode(input);
  } else if (format == "percent") {
    out = text::percent_decode(input);
  } else {
    return unknown("format", format, kFormats);
  }
  AVILA_TRY(const std::string bytes, std::move(out));
  AVILA_TRY_VOID(print(bytes));
  return kDone;
}

}  // namespace avila::cli
