#include "number_text.hpp"

#include <avila/protobuf/dynamic.hpp>
#include <avila/text/number.hpp>
#include <cmath>
#include <cstdio>

#include "lexer.hpp"

namespace avila::protobuf {
namespace {

template <class T, class Parse>
std::string shortest_of_two(T value, int digits, int more_digits, Parse&& parse) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char text[48];
  std::snprintf(text, sizeof text, "%.*g", digits, static_cast<double>(value));
  const auto again = parse(std::string_view(text));
  if (!again.has_value() || *again != value)
    std::snprintf(text, sizeof text, "%.*g", more_digits, static_cast<double>(value));
  return text;
}

}  // namespace

std::string double_text(double value) { return shortest_of_two(value, 15, 17, text::parse_double); }
std::string float_text(float value) { return shortest_of_two(value, 6, 9, text::parse_float); }

std::string c_escape(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view kFrom = "\n\r\t\"'\\", kTo = "nrt\"'\\";
    const auto byte = static_cast<unsigned char>(c);
    if (const std::size_t at = kFrom.find(c); at != std::string_view::npos) {
      out += {'\\', kTo[at]};
    } else if (byte < 0x20 || byte >= 0x7F) {
      for (const int part : {'\\' + 0, '0' + (byte >> 6), '0' + (byte >> 3 & 7), '0' + (byte & 7)})
        out += static_cast<char>(part);
    } else {
      out += c;
    }
  }
  return out;
}

Result<std::string> c_unescape(std::string_view text) {
  std::string out;
  if (!unescape(text, out)) return Error(Errc::Malformed, "a wrong escape in a bytes default");
  return out;
}

Result<Value> scalar_from_text(FieldType type, const std::string& text) {
  const auto signed_number = [&](std::int64_t least, std::int64_t most) -> Result<std::int64_t> {
    AVILA_TRY(const std::int64_t value, text::parse_int(text));
    if (value < least || value > most) return Error(Errc::OutOfRange, "beyond its type");
    return value;
  };
  switch (type) {
    case FieldType::Int32:
    case FieldType::Sint32:
    case FieldType::Sfixed32: {
      AVILA_TRY(const std::int64_t value, signed_number(INT32_MIN, INT32_MAX));
      return Value(static_cast<std::int32_t>(value));
    }
    case FieldType::Int64:
    case FieldType::Sint64:
    case FieldType::Sfixed64: {
      AVILA_TRY(const std::int64_t value, signed_number(INT64_MIN, INT64_MAX));
      return Value(value);
    }
    case FieldType::Uint32:
    case FieldType::Fixed32: {
      AVILA_TRY(const std::int64_t value, signed_number(0, UINT32_MAX));
      return Value(static_cast<std::uint32_t>(value));
    }
    case FieldType::Uint64:
    case FieldType::Fixed64: {
      AVILA_TRY(const std::uint64_t value, text::parse_uint(text));
      return Value(value);
    }
    case FieldType::Float: {
      AVILA_TRY(const float value, text::parse_float(text));
      return Value(value);
    }
    case FieldType::Double: {
      AVILA_TRY(const double value, text::parse_double(text));
      return Value(value);
    }
    case FieldType::Bool:
      if (text != "true" && text != "false") return Error(Errc::Malformed, "not a bool");
      return Value(text == "true");
    case FieldType::String: return Value(text);
    case FieldType::Bytes: {
      AVILA_TRY(std::string bytes, c_unescape(text));
      return Value(std::move(bytes));
    }
    case FieldType::Group:
    case FieldType::Message:
    case FieldType::Enum: break;
  }
  return Error(Errc::InvalidArgument, "not a scalar");
}

}  // namespace avila::protobuf
