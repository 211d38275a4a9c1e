#include <avila/json/value.hpp>
#include <avila/protobuf/json.hpp>
#include <avila/protobuf/pool.hpp>
#include <avila/text/number.hpp>
#include <cmath>
#include <limits>
#include <optional>

#include "well_known.hpp"

namespace avila::protobuf {
namespace {

Error wrong(std::string_view what) { return Error(Errc::Malformed, what); }

/// What a JSON number, or a string that holds one, says.
struct Number {
  enum class Kind : std::uint8_t { Signed, Unsigned, Floating } kind = Kind::Signed;
  std::int64_t i = 0;   // Signed
  std::uint64_t u = 0;  // Unsigned: above INT64_MAX
  double d = 0;         // Floating
  std::string text;     // of what no 64 bits hold
};

Result<Number> number_of(const json::Value& value, bool from_string = false) {
  Number out;
  if (const auto i = value.is_int() ? value.get_int64() : std::nullopt) {
    out.i = *i;
  } else if (value.is_uint()) {
    out.kind = Number::Kind::Unsigned;
    out.u = value.as_uint64();
  } else if (value.is_double()) {
    out.kind = Number::Kind::Floating;
    out.d = value.as_double();
  } else if (const auto text = value.get_number_text()) {
    out.kind = Number::Kind::Floating;
    AVILA_TRY(out.d, text::parse_double(*text));
    out.text = *text;
  } else if (const auto string = value.get_string(); string && !from_string) {
    // Checks the grammar: no white space, no signs or zeroes in front that JSON does not have.
    auto number = json::Value::make_number(*string);
    if (!number.has_value()) return wrong("expected a number");
    auto parsed = json::parse(*string, {.big_numbers = json::BigNumbers::KeepText});
    if (!parsed.has_value()) return wrong("expected a number");
    return number_of(*parsed, true);
  } else {
    return wrong("expected a number");
  }
  return out;
}

/// An integer of [least, most]; 1.0 and 1e2 are integers too.
Result<std::int64_t> signed_of(const json::Value& value, std::int64_t least, std::int64_t most) {
  AVILA_TRY(const Number number, number_of(value));
  std::int64_t out = number.i;
  if (number.kind == Number::Kind::Unsigned) return wrong("a number beyond its type");
  if (number.kind == Number::Kind::Floating) {
    if (!(number.d >= -9223372036854775808.0 && number.d < 9223372036854775808.0) ||
        std::trunc(number.d) != number.d)
      return wrong("expected an integer within the range of its type");
    out = static_cast<std::int64_t>(number.d);
  }
  if (out < least || out > most) return wrong("a number beyond its type");
  return out;
}

Result<std::uint64_t> unsigned_of(const json::Value& value, std::uint64_t most) {
  AVILA_TRY(const Number number, number_of(value));
  std::uint64_t out = number.u;
  if (number.kind == Number::Kind::Signed) {
    if (number.i < 0) return wrong("a negative number for an unsigned field");
    out = static_cast<std::uint64_t>(number.i);
  } else if (number.kind == Number::Kind::Floating) {
    if (!(number.d >= 0 && number.d < 18446744073709551616.0) || std::trunc(number.d) != number.d)
      return wrong("expected an integer within the range of its type");
    out = static_cast<std::uint64_t>(number.d);
  }
  if (out > most) return wrong("a number beyond its type");
  return out;
}

Result<double> double_of(const json::Value& value) {
  if (const auto text = value.get_string()) {
    if (*text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (*text == "Infinity") return std::numeric_limits<double>::infinity();
    if (*text == "-Infinity") return -std::numeric_limits<double>::infinity();
  }
  AVILA_TRY(const Number number, number_of(value));
  switch (number.kind) {
    case Number::Kind::Signed: return static_cast<double>(number.i);
    case Number::Kind::Unsigned: return static_cast<double>(number.u);
    case Number::Kind::Floating: break;
  }
  if (!std::isfinite(number.d)) return wrong("a number beyond the largest double");
  return number.d;
}

Result<float> float_of(const json::Value& value) {
  AVILA_TRY(const double number, double_of(value));
  // Beyond the largest float by half a unit or more would round to infinity.
  constexpr double kLimit = 3.4028235677973366e38;
  if (std::isfinite(number) && std::abs(number) >= kLimit)
    return wrong("a number beyond the largest float");
  return static_cast<float>(number);
}

class JsonReader {
 public:
  explicit JsonReader(const JsonParseOptions& options) : options_(options) {}

  Result<void> message(DynamicMessage& to, const json::Value& from, unsigned depth) {
    AVILA_TRY_VOID(check(depth));
    const MessageDescriptor& type = to.type();
    switch (well_known_kind(type)) {
      case WellKnown::None:
      case WellKnown::Empty: return object(to, from, depth, false);
      case WellKnown::Any: return any(to, from, depth);
      case WellKnown::Timestamp:
      case WellKnown::Duration: return time(to, from);
      case WellKnown::FieldMask: return field_mask(to, from);
      case WellKnown::Struct: return map(to, *type.find_field(1U), from, depth);
      case WellKnown::DynamicValue: return value(to, from, depth);
      case WellKnown::ListValue: return list(to, *type.find_field(1U), from, depth);
      case WellKnown::Wrapper: {
        AVILA_TRY(auto held, scalar(type.fields[0], from));
        if (held) return to.set(type.fields[0], std::move(*held));
        return {};
      }
    }
    return {};
  }

 private:
  Result<void> check(unsigned depth) const {
    if (depth <= options_.depth_max) return {};
    return Error(Errc::LimitExceeded, "JSON nested too deep (100 levels unless told otherwise)");
  }

  const FieldDescriptor* find(const MessageDescriptor& type, std::string_view name) const {
    if (const FieldDescriptor* field = type.find_field_by_json_name(name); field != nullptr)
      return field;
    if (name.size() < 3 || name.front() != '[' || name.back() != ']') return nullptr;
    const FieldDescriptor* field = type.file->pool->find_extension(name.substr(1, name.size() - 2));
    return field != nullptr && field->containing == &type ? field : nullptr;
  }

  Result<void> object(DynamicMessage& to, const json::Value& from, unsigned depth,
                      bool within_any) {
    const json::Object* members = from.get_object();
    if (members == nullptr) return wrong("expected an object");
    std::vector<const FieldDescriptor*> seen;
    for (const json::Member& member : *members) {
      if (within_any && member.key == "@type") continue;
      const FieldDescriptor* field = find(to.type(), member.key);
      if (field == nullptr) {
        if (options_.ignore_unknown_fields) continue;
        return wrong(to.type().full_name + " has no field \"" + member.key + '"');
      }
      for (const FieldDescriptor* other : seen) {
        if (other == field) return wrong("field \"" + field->name + "\" is there twice");
        if (other->oneof != nullptr && other->oneof == field->oneof && !skips(*field, member.value))
          return wrong("two fields of oneof \"" + field->oneof->name + '"');
      }
      if (skips(*field, member.value)) {
        if (field->oneof == nullptr) seen.push_back(field);
        continue;
      }
      seen.push_back(field);
      AVILA_TRY_VOID(this->field(to, *field, member.value, depth).context(member.key));
    }
    return {};
  }

  /// null leaves a field unset, but where null is a value.
  static bool skips(const FieldDescriptor& field, const json::Value& from) {
    if (!from.is_null()) return false;
    if (field.is_repeated()) return true;
    if (field.is_message()) return well_known_kind(*field.message_type) != WellKnown::DynamicValue;
    return !is_null_value(field);
  }

  Result<void> field(DynamicMessage& to, const FieldDescriptor& field, const json::Value& from,
                     unsigned depth) {
    if (field.is_map()) return map(to, field, from, depth);
    if (field.is_repeated()) return list(to, field, from, depth);
    if (field.is_message()) return message(to.mutable_message(field), from, depth + 1);
    AVILA_TRY(auto value, scalar(field, from));
    if (!value) return {};
    return to.set(field, std::move(*value));
  }

  Result<void> list(DynamicMessage& to, const FieldDescriptor& field, const json::Value& from,
                    unsigned depth) {
    AVILA_TRY_VOID(check(depth + 1));
    const json::Array* elements = from.get_array();
    if (elements == nullptr) return wrong("expected an array");
    for (std::size_t i = 0; i < elements->size(); ++i) {
      AVILA_TRY_VOID(
          element(to, field, (*elements)[i], depth).context('[' + std::to_string(i) + ']'));
    }
    return {};
  }

  Result<void> element(DynamicMessage& to, const FieldDescriptor& field, const json::Value& from,
                       unsigned depth) {
    if (field.is_message()) {
      if (from.is_null() && well_known_kind(*field.message_type) != WellKnown::DynamicValue)
        return wrong("null within an array");
      return message(to.add_message(field), from, depth + 1);
    }
    AVILA_TRY(auto value, scalar(field, from));
    if (value) to.mutable_list(field).push_back(std::move(*value));
    return {};
  }

  Result<void> map(DynamicMessage& to, const FieldDescriptor& field, const json::Value& from,
                   unsigned depth) {
    AVILA_TRY_VOID(check(depth + 1));
    const json::Object* members = from.get_object();
    if (members == nullptr) return wrong("expected an object");
    const FieldDescriptor& value_field = field.message_type->fields[1];
    Map& out = to.mutable_map(field);
    for (const json::Member& member : *members) {
      AVILA_TRY(MapKey key, key_of(field.message_type->fields[0], member.key).context(member.key));
      AVILA_TRY(auto value, map_value(value_field, member.value, depth).context(member.key));
      if (value && !out.insert_or_assign(std::move(key), std::move(*value)).second)
        return wrong("the key \"" + member.key + "\" is there twice");
    }
    return {};
  }

  Result<std::optional<Value>> map_value(const FieldDescriptor& field, const json::Value& from,
                                         unsigned depth) {
    if (!field.is_message()) return scalar(field, from);
    if (from.is_null() && well_known_kind(*field.message_type) != WellKnown::DynamicValue)
      return wrong("null within a map");
    MessageBox box(*field.message_type);
    AVILA_TRY_VOID(message(*box, from, depth + 1));
    return std::optional<Value>(std::move(box));
  }

  static Result<MapKey> key_of(const FieldDescriptor& field, const std::string& text) {
    if (field.type == FieldType::String) return MapKey(text);
    if (field.type == FieldType::Bool) {
      if (text != "true" && text != "false") return wrong("expected \"true\" or \"false\"");
      return MapKey(text == "true");
    }
    AVILA_TRY(const auto value, scalar_number(field, json::Value(text)));
    MapKey key;
    std::visit(
        [&](const auto& v) {
          if constexpr (requires { key = v; }) key = v;
        },
        value);
    return key;
  }

  static Result<Value> scalar_number(const FieldDescriptor& field, const json::Value& from) {
    switch (field.type) {
      case FieldType::Int32:
      case FieldType::Sfixed32:
      case FieldType::Sint32: {
        AVILA_TRY(const std::int64_t value, signed_of(from, INT32_MIN, INT32_MAX));
        return Value(static_cast<std::int32_t>(value));
      }
      case FieldType::Int64:
      case FieldType::Sfixed64:
      case FieldType::Sint64: {
        AVILA_TRY(const std::int64_t value, signed_of(from, INT64_MIN, INT64_MAX));
        return Value(value);
      }
      case FieldType::Uint32:
      case FieldType::Fixed32: {
        AVILA_TRY(const std::uint64_t value, unsigned_of(from, UINT32_MAX));
        return Value(static_cast<std::uint32_t>(value));
      }
      case FieldType::Uint64:
      case FieldType::Fixed64: {
        AVILA_TRY(const std::uint64_t value, unsigned_of(from, UINT64_MAX));
        return Value(value);
      }
      case FieldType::Float: {
        AVILA_TRY(const float value, float_of(from));
        return Value(value);
      }
      default: {
        AVILA_TRY(const double value, double_of(from));
        return Value(value);
      }
    }
  }

  /// Nothing for the name of an enum value that is not known and may be ignored.
  Result<std::optional<Value>> scalar(const FieldDescriptor& field, const json::Value& from) {
    switch (field.type) {
      case FieldType::Bool: {
        const auto value = from.get_bool();
        if (!value) return wrong("expected true or false");
        return std::optional<Value>(*value);
      }
      case FieldType::String: {
        const auto value = from.get_string();
        if (!value) return wrong("expected a string");
        return std::optional<Value>(std::string(*value));
      }
      case FieldType::Bytes: {
        const auto value = from.get_string();
        if (!value) return wrong("expected a string of base64");
        AVILA_TRY(std::string bytes, any_base64_decode(*value));
        return std::optional<Value>(std::move(bytes));
      }
      case FieldType::Enum: return enumeration(field, from);
      case FieldType::Message:
      case FieldType::Group: return wrong("a message where a scalar is expected");
      default: break;
    }
    AVILA_TRY(Value value, scalar_number(field, from));
    return std::optional<Value>(std::move(value));
  }

  Result<std::optional<Value>> enumeration(const FieldDescriptor& field, const json::Value& from) {
    if (from.is_null() && is_null_value(field)) return std::optional<Value>(std::int32_t{0});
    const auto name = from.get_string();
    if (!name) {
      AVILA_TRY(const std::int64_t number, signed_of(from, INT32_MIN, INT32_MAX));
      const auto value = static_cast<std::int32_t>(number);
      if (field.enum_type->closed && field.enum_type->find(value) == nullptr)
        return wrong(field.enum_type->full_name + " has no value " + std::to_string(value));
      return std::optional<Value>(value);
    }
    if (const EnumValueDescriptor* value = field.enum_type->find(*name); value != nullptr)
      return std::optional<Value>(value->number);
    if (options_.ignore_unknown_fields) return std::optional<Value>();
    return wrong(field.enum_type->full_name + " has no value \"" + std::string(*name) + '"');
  }

  static Result<void> time(DynamicMessage& to, const json::Value& from) {
    const auto text = from.get_string();
    if (!text) return wrong("expected a string");
    AVILA_TRY(const SecondsNanos time, well_known_kind(to.type()) == WellKnown::Timestamp
                                           ? parse_timestamp(*text)
                                           : parse_duration(*text));
    AVILA_TRY_VOID(to.set(*to.type().find_field(1U), time.seconds));
    return to.set(*to.type().find_field(2U), time.nanos);
  }

  static Result<void> field_mask(DynamicMessage& to, const json::Value& from) {
    const auto text = from.get_string();
    if (!text) return wrong("expected a string");
    for (std::size_t at = 0; !text->empty() && at <= text->size();) {
      const std::size_t comma = std::min(text->find(',', at), text->size());
      AVILA_TRY(std::string path, mask_path_from_json(text->substr(at, comma - at)));
      AVILA_TRY_VOID(to.add(*to.type().find_field(1U), std::move(path)));
      at = comma + 1;
    }
    return {};
  }

  Result<void> value(DynamicMessage& to, const json::Value& from, unsigned depth) {
    const MessageDescriptor& type = to.type();
    const auto at = [&](std::uint32_t number) -> const FieldDescriptor& {
      return *type.find_field(number);
    };
    if (from.is_null()) return to.set(at(1), std::int32_t{0});
    if (const auto flag = from.get_bool()) return to.set(at(4), *flag);
    if (const auto text = from.get_string()) return to.set(at(3), std::string(*text));
    if (from.is_object()) return message(to.mutable_message(at(5)), from, depth + 1);
    if (from.is_array()) return message(to.mutable_message(at(6)), from, depth + 1);
    AVILA_TRY(const double number, double_of(from));
    return to.set(at(2), number);
  }

  Result<void> any(DynamicMessage& to, const json::Value& from, unsigned depth) {
    const json::Object* members = from.get_object();
    if (members == nullptr) return wrong("expected an object");
    const json::Value* url = members->find("@type");
    if (url == nullptr) {
      if (members->empty()) return {};
      return wrong("an Any without \"@type\"");
    }
    const auto name = url->get_string();
    const std::size_t slash = name ? name->rfind('/') : std::string_view::npos;
    if (slash == std::string_view::npos)
      return wrong("\"@type\" is a URL that ends in \"/\" and the name of a message");
    const DescriptorPool& pool = options_.pool != nullptr ? *options_.pool : *to.type().file->pool;
    const MessageDescriptor* type = pool.find_message(name->substr(slash + 1));
    if (type == nullptr) return wrong("an Any of the unknown type \"" + std::string(*name) + '"');
    DynamicMessage content(*type);
    const WellKnown kind = well_known_kind(*type);
    if (kind == WellKnown::None) {
      AVILA_TRY_VOID(check(depth + 1));
      AVILA_TRY_VOID(object(content, from, depth + 1, true));
    } else if (const json::Value* value = members->find("value"); value != nullptr) {
      if (members->size() > 2 && !options_.ignore_unknown_fields)
        return wrong("an Any of a well-known type holds \"@type\" and \"value\" only");
      AVILA_TRY_VOID(message(content, *value, depth + 1).context("value"));
    } else if (kind != WellKnown::Empty || members->size() > 1) {
      return wrong("an Any of a well-known type without \"value\"");
    }
    AVILA_TRY(std::string bytes, content.serialize());
    AVILA_TRY_VOID(to.set(*to.type().find_field(1U), std::string(*name)));
    return to.set(*to.type().find_field(2U), std::move(bytes));
  }

  const JsonParseOptions& options_;
};

}  // namespace

Result<DynamicMessage> from_json(const MessageDescriptor& type, std::string_view text,
                                 const JsonParseOptions& options) {
  if (text.size() > options.size_max)
    return Error(Errc::LimitExceeded, "JSON text over its size limit");
  AVILA_TRY(const json::Value tree,
            json::parse(text, {.max_depth = std::min<std::size_t>(
                                   2 * std::size_t{options.depth_max} + 2, json::kMaxDepth),
                               .max_size = std::min(options.size_max, json::kMaxTextSize),
                               .duplicates = json::Duplicates::Refuse,
                               .big_numbers = json::BigNumbers::KeepText}));
  DynamicMessage message(type);
  AVILA_TRY_VOID(JsonReader(options).message(message, tree, 0).context(type.full_name));
  if (const std::string missing = message.missing_required(); !missing.empty())
    return Error(Errc::PreconditionFailed, "required field " + missing + " is missing")
        .context(type.full_name);
  return message;
}

}  // namespace avila::protobuf
