// Options as they are written; the linker gives them their meaning.
#include <avila/text/number.hpp>
#include <avila/text/utf8.hpp>
#include <cmath>
#include <limits>

#include "number_text.hpp"
#include "parser.hpp"

namespace avila::protobuf {

Result<void> ProtoParser::option_statement(MaybeOptions& options) {
  AVILA_TRY_VOID(lexer_.advance());
  AVILA_TRY_VOID(option(options));
  return lexer_.expect(";");
}

Result<void> ProtoParser::bracketed_options(MaybeOptions& options) {
  AVILA_TRY(const bool any, lexer_.accept("["));
  if (!any) return {};
  for (;;) {
    AVILA_TRY_VOID(option(options));
    AVILA_TRY(const bool more, lexer_.accept(","));
    if (!more) return lexer_.expect("]");
  }
}

/// The same for a field, where `default` and `json_name` are no options but parts of the field.
Result<void> ProtoParser::field_options(FieldDescriptorProto& field) {
  AVILA_TRY(const bool any, lexer_.accept("["));
  if (!any) return {};
  for (;;) {
    if (lexer_.is("default")) {
      AVILA_TRY_VOID(default_value(field));
    } else if (lexer_.is("json_name")) {
      if (field.json_name) return lexer_.error("json_name is set twice");
      AVILA_TRY_VOID(lexer_.advance());
      AVILA_TRY_VOID(lexer_.expect("="));
      const SourcePlace place = lexer_.now().place;
      AVILA_TRY(field.json_name, lexer_.string("the name in quotes"));
      if (field.json_name->find('\0') != std::string::npos ||
          !text::validate_utf8(*field.json_name))
        return lexer_.error_at(place, "json_name must be UTF-8 without NUL");
      if (!field.extendee.empty()) return lexer_.error_at(place, "an extension has no json_name");
    } else {
      AVILA_TRY_VOID(option(field.options));
    }
    AVILA_TRY(const bool more, lexer_.accept(","));
    if (!more) return lexer_.expect("]");
  }
}

Result<void> ProtoParser::option(MaybeOptions& options) {
  UninterpretedOption option;
  option.place = lexer_.now().place;
  for (;;) {
    UninterpretedOption::NamePart part;
    AVILA_TRY(part.is_extension, lexer_.accept("("));
    if (part.is_extension) {
      AVILA_TRY(part.name, lexer_.full_name("the name of a custom option", true));
      AVILA_TRY_VOID(lexer_.expect(")"));
    } else {
      AVILA_TRY(part.name, lexer_.identifier("the name of an option"));
    }
    option.name.push_back(std::move(part));
    AVILA_TRY(const bool more, lexer_.accept("."));
    if (!more) break;
  }
  AVILA_TRY_VOID(lexer_.expect("="));
  AVILA_TRY_VOID(option_value(option));
  if (!options) options.emplace();
  options->uninterpreted.push_back(std::move(option));
  return {};
}

Result<void> ProtoParser::option_value(UninterpretedOption& option) {
  if (lexer_.is("{")) return aggregate(option);
  AVILA_TRY(const bool negative, lexer_.accept("-"));
  const Token token = lexer_.now();
  switch (token.kind) {
    case TokenKind::Identifier:
      if (negative) {
        if (token.text != "inf" && token.text != "nan")
          return lexer_.error("'-' stands before numbers and inf only");
        const double value = token.text == "inf" ? std::numeric_limits<double>::infinity()
                                                 : std::numeric_limits<double>::quiet_NaN();
        option.double_value = -value;
      } else {
        option.identifier_value = token.text;
      }
      return lexer_.advance();
    case TokenKind::Integer: {
      std::uint64_t value = 0;
      if (!integer_value(token.text, value)) {
        AVILA_TRY(const double wide, text::parse_double(token.text));
        option.double_value = negative ? -wide : wide;
      } else if (!negative) {
        option.positive_int_value = value;
      } else if (value <= std::uint64_t{1} << 63) {
        option.negative_int_value = static_cast<std::int64_t>(0 - value);
      } else {
        option.double_value = -static_cast<double>(value);
      }
      return lexer_.advance();
    }
    case TokenKind::Float: {
      AVILA_TRY(const double value, text::parse_double(token.text));
      option.double_value = negative ? -value : value;
      return lexer_.advance();
    }
    case TokenKind::String: {
      if (negative) return lexer_.error("'-' stands before numbers only");
      AVILA_TRY(option.string_value, lexer_.string("a value"));
      return {};
    }
    case TokenKind::End:
    case TokenKind::Symbol: break;
  }
  return lexer_.expected("the value of the option");
}

/// Keeps the text between the braces; the text format is read once the option's type is known.
Result<void> ProtoParser::aggregate(UninterpretedOption& option) {
  AVILA_TRY_VOID(lexer_.advance());
  const std::size_t from = lexer_.offset();
  for (unsigned depth = 1;;) {
    if (lexer_.at_end()) return lexer_.expected("\"}\", the end of the option's value");
    if (lexer_.is("{")) ++depth;
    if (lexer_.is("}") && --depth == 0) break;
    AVILA_TRY_VOID(lexer_.advance());
  }
  option.aggregate_value = lexer_.source().substr(from, lexer_.offset() - from);
  return lexer_.advance();
}

/// FieldDescriptorProto.default_value: the value as text, bytes with C escapes.
Result<void> ProtoParser::default_value(FieldDescriptorProto& field) {
  if (field.default_value) return lexer_.error("default is set twice");
  if (is_proto3()) return lexer_.error("proto3 has no default values");
  if (field.label == Label::Repeated) return lexer_.error("a repeated field has no default value");
  AVILA_TRY_VOID(lexer_.advance());
  AVILA_TRY_VOID(lexer_.expect("="));
  UninterpretedOption value;
  const SourcePlace place = lexer_.now().place;
  AVILA_TRY_VOID(option_value(value));
  if (!field.type) {  // an enum, if it is right
    if (!value.identifier_value) return lexer_.error_at(place, "expected the name of a value");
    field.default_value = *value.identifier_value;
    return {};
  }
  const auto wrong = [&](std::string_view what) {
    return lexer_.error_at(place, "expected " + std::string(what) + " as the default of a " +
                                      std::string(to_string(*field.type)));
  };
  const auto in_range = [&](std::uint64_t most, std::uint64_t least_magnitude) {
    if (value.positive_int_value) return *value.positive_int_value <= most;
    return value.negative_int_value &&
           0 - static_cast<std::uint64_t>(*value.negative_int_value) <= least_magnitude;
  };
  const auto integer = [&](std::uint64_t most, std::uint64_t least_magnitude) -> Result<void> {
    if (!in_range(most, least_magnitude)) return wrong("an integer within the range");
    field.default_value = value.positive_int_value ? std::to_string(*value.positive_int_value)
                                                   : std::to_string(*value.negative_int_value);
    return {};
  };
  switch (*field.type) {
    case FieldType::Int32:
    case FieldType::Sint32:
    case FieldType::Sfixed32: return integer(INT32_MAX, std::uint64_t{1} << 31);
    case FieldType::Int64:
    case FieldType::Sint64:
    case FieldType::Sfixed64: return integer(INT64_MAX, std::uint64_t{1} << 63);
    case FieldType::Uint32:
    case FieldType::Fixed32: return integer(UINT32_MAX, 0);
    case FieldType::Uint64:
    case FieldType::Fixed64: return integer(UINT64_MAX, 0);
    case FieldType::Bool:
      if (value.identifier_value != "true" && value.identifier_value != "false")
        return wrong("true or false");
      field.default_value = *value.identifier_value;
      return {};
    case FieldType::Float:
    case FieldType::Double: {
      double number = 0;
      if (value.double_value) {
        number = *value.double_value;
      } else if (value.positive_int_value) {
        number = static_cast<double>(*value.positive_int_value);
      } else if (value.negative_int_value) {
        number = static_cast<double>(*value.negative_int_value);
        if (*value.negative_int_value == 0) number = -0.0;
      } else if (value.identifier_value == "inf") {
        number = std::numeric_limits<double>::infinity();
      } else if (value.identifier_value == "nan") {
        number = std::numeric_limits<double>::quiet_NaN();
      } else {
        return wrong("a number, inf or nan");
      }
      field.default_value = double_text(number);
      return {};
    }
    case FieldType::String:
      if (!value.string_value) return wrong("a text in quotes");
      field.default_value = std::move(value.string_value);
      return {};
    case FieldType::Bytes:
      if (!value.string_value) return wrong("a text in quotes");
      field.default_value = c_escape(*value.string_value);
      return {};
    case FieldType::Group:
    case FieldType::Message:
    case FieldType::Enum: break;
  }
  return lexer_.error_at(place, "a message has no default value");
}

}  // namespace avila::protobuf
