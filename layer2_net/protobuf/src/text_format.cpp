#include "text_format.hpp"

#include <avila/protobuf/pool.hpp>

#include <avila/text/number.hpp>
#include <avila/text/utf8.hpp>
#include <limits>

#include "lexer.hpp"

namespace avila::protobuf {
namespace {

class TextReader {
 public:
  TextReader(std::string_view text, const TextFormatNames& names)
      : lexer_("value", text, true), names_(names) {}

  Result<void> run(DynamicMessage& message) {
    AVILA_TRY_VOID(lexer_.advance());
    return fields(message, {}, 0);
  }

 private:
  Result<void> fields(DynamicMessage& message, std::string_view end, unsigned depth) {
    if (depth > kProtoNestingMax)
      return Error(Errc::LimitExceeded, "messages over 32 deep in the value of an option");
    while (end.empty() ? !lexer_.at_end() : !lexer_.is(end)) {
      if (lexer_.at_end()) return lexer_.expected('"' + std::string(end) + '"');
      if (lexer_.is("[")) {
        AVILA_TRY_VOID(bracketed(message, depth));
      } else {
        const SourcePlace place = lexer_.now().place;
        AVILA_TRY(const std::string name, lexer_.identifier("the name of a field"));
        const FieldDescriptor* field = find(message.type(), name);
        if (field == nullptr)
          return lexer_.error_at(place, message.type().full_name + " has no field \"" + name + '"');
        AVILA_TRY_VOID(value_of(message, *field, depth));
      }
      AVILA_TRY(const bool comma, lexer_.accept(","));
      if (!comma) AVILA_TRY_VOID(lexer_.accept(";"));
    }
    return end.empty() ? Result<void>() : lexer_.advance();
  }

  /// By name; groups by the name of their message.
  static const FieldDescriptor* find(const MessageDescriptor& type, std::string_view name) {
    const FieldDescriptor* field = type.find_field(name);
    if (field != nullptr && field->type != FieldType::Group) return field;
    for (const FieldDescriptor& one : type.fields)
      if (one.type == FieldType::Group && one.message_type->name == name) return &one;
    return nullptr;
  }

  Result<void> bracketed(DynamicMessage& message, unsigned depth) {
    const SourcePlace place = lexer_.now().place;
    AVILA_TRY_VOID(lexer_.advance());
    AVILA_TRY(std::string name, lexer_.full_name("the name of an extension", false));
    AVILA_TRY(const bool slash, lexer_.accept("/"));
    if (slash) {
      AVILA_TRY(const std::string type, lexer_.full_name("the name of a message", false));
      AVILA_TRY_VOID(lexer_.expect("]"));
      return any(message, name + '/' + type, type, place, depth);
    }
    AVILA_TRY_VOID(lexer_.expect("]"));
    const FieldDescriptor* field = names_.extension ? names_.extension(name) : nullptr;
    if (field == nullptr || field->containing != &message.type())
      return lexer_.error_at(place, '"' + name + "\" does not extend " + message.type().full_name);
    return value_of(message, *field, depth);
  }

  Result<void> any(DynamicMessage& message, std::string url, std::string_view type_name,
                   SourcePlace place, unsigned depth) {
    if (message.type().full_name != "google.protobuf.Any")
      return lexer_.error_at(place, "a type in brackets is for google.protobuf.Any");
    const MessageDescriptor* type = names_.message ? names_.message(type_name) : nullptr;
    if (type == nullptr)
      return lexer_.error_at(place, '"' + std::string(type_name) + "\" is not a known message");
    DynamicMessage content(*type);
    AVILA_TRY_VOID(lexer_.accept(":"));
    AVILA_TRY_VOID(braces(content, depth));
    AVILA_TRY(std::string bytes, content.serialize());
    AVILA_TRY_VOID(message.set("type_url", std::move(url)));
    return message.set("value", std::move(bytes));
  }

  Result<void> braces(DynamicMessage& message, unsigned depth) {
    const bool angle = lexer_.is("<");
    if (!angle && !lexer_.is("{")) return lexer_.expected("\"{\"");
    AVILA_TRY_VOID(lexer_.advance());
    return fields(message, angle ? ">" : "}", depth + 1);
  }

  Result<void> value_of(DynamicMessage& message, const FieldDescriptor& field, unsigned depth) {
    AVILA_TRY(const bool colon, lexer_.accept(":"));
    if (!colon && !field.is_message()) return lexer_.expected("\":\"");
    if (field.is_repeated() && lexer_.is("[")) {
      AVILA_TRY_VOID(lexer_.advance());
      while (!lexer_.is("]")) {
        AVILA_TRY_VOID(one(message, field, depth));
        AVILA_TRY(const bool comma, lexer_.accept(","));
        if (!comma && !lexer_.is("]")) return lexer_.expected("\",\" or \"]\"");
        if (comma && lexer_.is("]")) return lexer_.expected("a value");
      }
      return lexer_.advance();
    }
    return one(message, field, depth);
  }

  Result<void> one(DynamicMessage& message, const FieldDescriptor& field, unsigned depth) {
    if (!field.is_repeated() && message.find(field) != nullptr)
      return lexer_.error("field \"" + field.name + "\" is set twice");
    if (field.is_map()) {
      DynamicMessage entry(*field.message_type);
      AVILA_TRY_VOID(braces(entry, depth));
      return add_entry(message, field, entry);
    }
    if (field.is_message()) {
      DynamicMessage& nested =
          field.is_repeated() ? message.add_message(field) : message.mutable_message(field);
      return braces(nested, depth);
    }
    AVILA_TRY(Value value, scalar(field));
    return field.is_repeated() ? message.add(field, std::move(value))
                               : message.set(field, std::move(value));
  }

  static Result<void> add_entry(DynamicMessage& message, const FieldDescriptor& field,
                                const DynamicMessage& entry) {
    const Value key = entry.get(field.message_type->fields[0]);
    MapKey map_key;
    std::visit(
        [&](const auto& k) {
          if constexpr (requires { map_key = k; }) map_key = k;
        },
        key);
    return message.insert(field, std::move(map_key), entry.get(field.message_type->fields[1]));
  }

  Result<double> number(bool negative) {
    const Token token = lexer_.now();
    double value = 0;
    std::uint64_t integer = 0;
    if (lexer_.is("inf") || lexer_.is("infinity")) {
      value = std::numeric_limits<double>::infinity();
    } else if (lexer_.is("nan")) {
      value = std::numeric_limits<double>::quiet_NaN();
    } else if (token.kind == TokenKind::Integer && integer_value(token.text, integer)) {
      value = static_cast<double>(integer);
    } else if (token.kind == TokenKind::Float || token.kind == TokenKind::Integer) {
      std::string_view text = token.text;
      if (text.ends_with('f') || text.ends_with('F')) text.remove_suffix(1);
      AVILA_TRY(value, text::parse_double(text));
    } else {
      return lexer_.expected("a number");
    }
    AVILA_TRY_VOID(lexer_.advance());
    return negative ? -value : value;
  }

  Result<std::int64_t> signed_integer(bool negative, std::int64_t least, std::int64_t most) {
    const std::uint64_t limit =
        negative ? 0 - static_cast<std::uint64_t>(least) : static_cast<std::uint64_t>(most);
    AVILA_TRY(const std::uint64_t size, lexer_.integer(limit, "an integer"));
    return static_cast<std::int64_t>(negative ? 0 - size : size);
  }

  Result<Value> scalar(const FieldDescriptor& field) {
    if (field.type == FieldType::String || field.type == FieldType::Bytes) {
      AVILA_TRY(std::string value, lexer_.string("a text in quotes"));
      if (field.type == FieldType::String && !text::validate_utf8(value))
        return lexer_.error("a text that is not UTF-8");
      return Value(std::move(value));
    }
    AVILA_TRY(const bool negative, lexer_.accept("-"));
    switch (field.type) {
      case FieldType::Int32:
      case FieldType::Sint32:
      case FieldType::Sfixed32: {
        AVILA_TRY(const std::int64_t value, signed_integer(negative, INT32_MIN, INT32_MAX));
        return Value(static_cast<std::int32_t>(value));
      }
      case FieldType::Int64:
      case FieldType::Sint64:
      case FieldType::Sfixed64: {
        AVILA_TRY(const std::int64_t value, signed_integer(negative, INT64_MIN, INT64_MAX));
        return Value(value);
      }
      case FieldType::Uint32:
      case FieldType::Fixed32: {
        AVILA_TRY(const std::uint64_t value, lexer_.integer(negative ? 0 : UINT32_MAX, "a number"));
        return Value(static_cast<std::uint32_t>(value));
      }
      case FieldType::Uint64:
      case FieldType::Fixed64: {
        AVILA_TRY(const std::uint64_t value, lexer_.integer(negative ? 0 : UINT64_MAX, "a number"));
        return Value(value);
      }
      case FieldType::Float: {
        AVILA_TRY(const double value, number(negative));
        return Value(static_cast<float>(value));
      }
      case FieldType::Double: {
        AVILA_TRY(const double value, number(negative));
        return Value(value);
      }
      case FieldType::Bool: return boolean();
      case FieldType::Enum: return enumeration(field, negative);
      default: return lexer_.error("a message takes braces");
    }
  }

  Result<Value> boolean() {
    for (const std::string_view yes : {"true", "True", "t"})
      if (lexer_.is(yes)) {
        AVILA_TRY_VOID(lexer_.advance());
        return Value(true);
      }
    for (const std::string_view no : {"false", "False", "f"})
      if (lexer_.is(no)) {
        AVILA_TRY_VOID(lexer_.advance());
        return Value(false);
      }
    AVILA_TRY(const std::uint64_t value, lexer_.integer(1, "true or false"));
    return Value(value == 1);
  }

  Result<Value> enumeration(const FieldDescriptor& field, bool negative) {
    if (lexer_.is(TokenKind::Integer)) {
      const SourcePlace place = lexer_.now().place;
      AVILA_TRY(const std::int64_t value, signed_integer(negative, INT32_MIN, INT32_MAX));
      const auto number = static_cast<std::int32_t>(value);
      if (field.enum_type->closed && field.enum_type->find(number) == nullptr)
        return lexer_.error_at(place, "no value of " + field.enum_type->full_name);
      return Value(number);
    }
    const SourcePlace place = lexer_.now().place;
    AVILA_TRY(const std::string name,
              lexer_.identifier("a value of " + field.enum_type->full_name));
    const EnumValueDescriptor* value = field.enum_type->find(name);
    if (value == nullptr || negative)
      return lexer_.error_at(place, field.enum_type->full_name + " has no value \"" + name + '"');
    return Value(value->number);
  }

  Lexer lexer_;
  const TextFormatNames& names_;
};

}  // namespace

Result<void> merge_text(DynamicMessage& message, std::string_view text,
                        const TextFormatNames& names) {
  return TextReader(text, names).run(message);
}

}  // namespace avila::protobuf
