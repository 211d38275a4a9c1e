#include "well_known.hpp"

#include <algorithm>
#include <array>
#include <avila/text/builder.hpp>
#include <avila/time/civil.hpp>
#include <cstdlib>

namespace avila::protobuf {
namespace {

constexpr std::int64_t kTimestampMin = -62'135'596'800;  // 0001-01-01T00:00:00Z
constexpr std::int64_t kTimestampMax = 253'402'300'799;  // 9999-12-31T23:59:59Z
constexpr std::int64_t kDurationMax = 315'576'000'000;   // 10,000 years of 365.25 days
constexpr std::int32_t kNanosMax = 999'999'999;

bool has(const MessageDescriptor& type, std::uint32_t number, FieldType field_type,
         bool repeated = false, std::string_view message = {}) noexcept {
  const FieldDescriptor* field = type.find_field(number);
  return field != nullptr && field->type == field_type && field->is_repeated() == repeated &&
         !field->is_map() && (message.empty() || field->message_type->full_name == message);
}

bool is_value(const MessageDescriptor& type) noexcept {
  const FieldDescriptor* null = type.find_field(1U);
  return type.fields.size() == 6 && null != nullptr && is_null_value(*null) &&
         !null->is_repeated() && has(type, 2, FieldType::Double) &&
         has(type, 3, FieldType::String) && has(type, 4, FieldType::Bool) &&
         has(type, 5, FieldType::Message, false, "google.protobuf.Struct") &&
         has(type, 6, FieldType::Message, false, "google.protobuf.ListValue") &&
         std::all_of(type.fields.begin(), type.fields.end(),
                     [&](const auto& field) { return field.oneof == type.fields[0].oneof; }) &&
         type.fields[0].oneof != nullptr;
}

bool is_struct(const MessageDescriptor& type) noexcept {
  const FieldDescriptor* fields = type.find_field(1U);
  if (type.fields.size() != 1 || fields == nullptr || !fields->is_map()) return false;
  const auto& entry = fields->message_type->fields;
  return entry[0].type == FieldType::String && entry[1].type == FieldType::Message &&
         entry[1].message_type->full_name == "google.protobuf.Value";
}

bool is_wrapper(const MessageDescriptor& type) noexcept {
  return type.fields.size() == 1 && type.fields[0].number == 1 && !type.fields[0].is_repeated() &&
         !type.fields[0].is_message() && type.fields[0].type != FieldType::Enum;
}

void append_fraction(text::StringBuilder& out, std::int32_t nanos) {
  if (nanos == 0) return;
  const auto value = static_cast<std::uint64_t>(nanos);
  out.add('.');
  if (nanos % 1'000'000 == 0) {
    out.decimal(value / 1'000'000, 3);
  } else if (nanos % 1'000 == 0) {
    out.decimal(value / 1'000, 6);
  } else {
    out.decimal(value, 9);
  }
}

/// A cursor over digits and signs.
struct Digits {
  std::string_view text;
  std::size_t at = 0;

  bool take(char c) noexcept {
    if (at == text.size() || text[at] != c) return false;
    return ++at, true;
  }
  /// `least` to `most` digits.
  bool number(std::size_t least, std::size_t most, std::int64_t& value) noexcept {
    const std::size_t from = at;
    value = 0;
    while (at < text.size() && at - from < most && text[at] >= '0' && text[at] <= '9')
      value = value * 10 + (text[at++] - '0');
    return at - from >= least;
  }
  /// A fraction behind a point, if there is one.
  bool fraction(std::int32_t& nanos) noexcept {
    nanos = 0;
    if (!take('.')) return true;
    const std::size_t from = at;
    std::int64_t value = 0;
    if (!number(1, 9, value)) return false;
    for (std::size_t digits = at - from; digits < 9; ++digits) value *= 10;
    nanos = static_cast<std::int32_t>(value);
    return true;
  }
};

Error wrong(std::string_view what) { return Error(Errc::Malformed, what); }

}  // namespace

bool is_null_value(const FieldDescriptor& field) noexcept {
  return field.type == FieldType::Enum && field.enum_type->full_name == "google.protobuf.NullValue";
}

WellKnown well_known_kind(const MessageDescriptor& type) noexcept {
  constexpr std::string_view kPackage = "google.protobuf.";
  if (!type.full_name.starts_with(kPackage) || type.containing != nullptr) return WellKnown::None;
  const std::string_view name = type.name;
  const auto when = [](bool shaped, WellKnown kind) { return shaped ? kind : WellKnown::None; };
  const bool two = type.fields.size() == 2;
  if (name == "Any")
    return when(two && has(type, 1, FieldType::String) && has(type, 2, FieldType::Bytes),
                WellKnown::Any);
  if (name == "Timestamp" || name == "Duration")
    return when(two && has(type, 1, FieldType::Int64) && has(type, 2, FieldType::Int32),
                name == "Duration" ? WellKnown::Duration : WellKnown::Timestamp);
  if (name == "FieldMask")
    return when(type.fields.size() == 1 && has(type, 1, FieldType::String, true),
                WellKnown::FieldMask);
  if (name == "Struct") return when(is_struct(type), WellKnown::Struct);
  if (name == "Value") return when(is_value(type), WellKnown::DynamicValue);
  if (name == "ListValue")
    return when(
        type.fields.size() == 1 && has(type, 1, FieldType::Message, true, "google.protobuf.Value"),
        WellKnown::ListValue);
  if (name == "Empty") return when(type.fields.empty(), WellKnown::Empty);
  constexpr std::array kWrappers = {"DoubleValue", "FloatValue",  "Int64Value",
                                    "UInt64Value", "Int32Value",  "UInt32Value",
                                    "BoolValue",   "StringValue", "BytesValue"};
  if (std::find(kWrappers.begin(), kWrappers.end(), name) != kWrappers.end())
    return when(is_wrapper(type), WellKnown::Wrapper);
  return WellKnown::None;
}

Result<std::string> timestamp_text(std::int64_t seconds, std::int32_t nanos) {
  if (seconds < kTimestampMin || seconds > kTimestampMax || nanos < 0 || nanos > kNanosMax)
    return Error(Errc::InvalidArgument, "a Timestamp outside of the years 1 to 9999");
  std::int64_t days = seconds / 86'400;
  std::int64_t rest = seconds % 86'400;
  if (rest < 0) rest += 86'400, --days;
  const time::Date date = time::civil_from_days(days);
  const auto second = static_cast<std::uint64_t>(rest);
  text::StringBuilder out;
  out.decimal(static_cast<std::uint64_t>(date.year), 4).add('-').decimal(date.month, 2).add('-');
  out.decimal(date.day, 2).add('T').decimal(second / 3600, 2).add(':');
  out.decimal(second / 60 % 60, 2).add(':').decimal(second % 60, 2);
  append_fraction(out, nanos);
  return std::move(out.add('Z')).str();
}

Result<std::string> duration_text(std::int64_t seconds, std::int32_t nanos) {
  if (seconds < -kDurationMax || seconds > kDurationMax || nanos < -kNanosMax ||
      nanos > kNanosMax || (seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0))
    return Error(Errc::InvalidArgument,
                 "a Duration over 315,576,000,000 s, or of two different signs");
  text::StringBuilder out;
  if (seconds < 0 || nanos < 0) out.add('-');
  out.decimal(static_cast<std::uint64_t>(std::abs(seconds)));
  append_fraction(out, std::abs(nanos));
  return std::move(out.add('s')).str();
}

Result<SecondsNanos> parse_timestamp(std::string_view text) {
  Digits in{text};
  std::int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  SecondsNanos out;
  const bool shaped = in.number(4, 4, year) && in.take('-') && in.number(2, 2, month) &&
                      in.take('-') && in.number(2, 2, day) && in.take('T') &&
                      in.number(2, 2, hour) && in.take(':') && in.number(2, 2, minute) &&
                      in.take(':') && in.number(2, 2, second) && in.fraction(out.nanos);
  const time::Date date{static_cast<std::int32_t>(year), static_cast<std::uint8_t>(month),
                        static_cast<std::uint8_t>(day)};
  if (!shaped || !time::is_valid(date) || hour > 23 || minute > 59 || second > 59)
    return wrong("expected a time such as \"2026-01-31T10:00:20.021Z\"");
  std::int64_t offset = 0;
  if (!in.take('Z')) {
    const bool minus = in.take('-');
    std::int64_t hours = 0, minutes = 0;
    if ((!minus && !in.take('+')) || !in.number(2, 2, hours) || !in.take(':') ||
        !in.number(2, 2, minutes) || hours > 23 || minutes > 59)
      return wrong("expected \"Z\" or an offset such as \"-03:00\" at the end of a time");
    offset = (hours * 3600 + minutes * 60) * (minus ? -1 : 1);
  }
  if (in.at != text.size()) return wrong("text behind a time");
  out.seconds = time::days_from_civil(date) * 86'400 + hour * 3600 + minute * 60 + second - offset;
  if (out.seconds < kTimestampMin || out.seconds > kTimestampMax)
    return wrong("a time outside of the years 1 to 9999");
  return out;
}

Result<SecondsNanos> parse_duration(std::string_view text) {
  Digits in{text};
  SecondsNanos out;
  const bool minus = in.take('-');
  if (!in.number(1, 12, out.seconds) || !in.fraction(out.nanos) || !in.take('s') ||
      in.at != text.size())
    return wrong("expected a duration such as \"1.5s\"");
  if (out.seconds > kDurationMax || (out.seconds == kDurationMax && out.nanos > 0))
    return wrong("a duration over 315,576,000,000 s");
  if (minus) out = {-out.seconds, -out.nanos};
  return out;
}

Result<std::string> mask_path_to_json(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    const char next = i + 1 < path.size() ? path[i + 1] : '\0';
    if ((c >= 'A' && c <= 'Z') || (c == '_' && (next < 'a' || next > 'z')) || c == ',')
      return Error(Errc::InvalidArgument, "the FieldMask path \"" + std::string(path) +
                                              "\" has no JSON form: it is not snake_case");
    if (c == '_') {
      out += static_cast<char>(next - 'a' + 'A');
      ++i;
    } else {
      out += c;
    }
  }
  return out;
}

Result<std::string> mask_path_from_json(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == '_') return wrong("a FieldMask path in JSON has no underscores");
    if (c >= 'A' && c <= 'Z') {
      out += '_';
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      out += c;
    }
  }
  return out;
}

Result<std::string> any_base64_decode(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    return c == '/' || c == '_' ? 63 : -1;
  };
  std::string_view body = text;
  for (int i = 0; i < 2 && body.ends_with('='); ++i) body.remove_suffix(1);
  const bool padded = body.size() != text.size();
  if (body.size() % 4 == 1 || (padded && text.size() % 4 != 0))
    return wrong("base64 of an impossible length");
  std::string out;
  out.reserve(body.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : body) {
    const int value = digit(c);
    if (value < 0) return wrong("a character that base64 does not have");
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count);
      bits &= (1U << count) - 1;  // bits left at the end are passed over, as others do
    }
  }
  return out;
}

}  // namespace avila::protobuf
