#include <avila/json/writer.hpp>
#include <avila/protobuf/json.hpp>
#include <avila/protobuf/pool.hpp>
#include <avila/text/encoding.hpp>
#include <avila/text/number.hpp>
#include <cmath>

#include "well_known.hpp"

namespace avila::protobuf {
namespace {

class JsonPrinter {
 public:
  JsonPrinter(std::string& out, const JsonPrintOptions& options)
      : writer_(out, {.indent = options.indent}), options_(options) {}

  Result<void> message(const DynamicMessage& message, unsigned depth) {
    if (depth > kDepthMax)
      return Error(Errc::LimitExceeded, "messages over 100 deep, Any counted, have no JSON form");
    const MessageDescriptor& type = message.type();
    switch (well_known_kind(type)) {
      case WellKnown::None:
      case WellKnown::Empty: break;
      case WellKnown::Any: return any(message, depth);
      case WellKnown::Timestamp:
      case WellKnown::Duration: return time(message);
      case WellKnown::FieldMask: return field_mask(message);
      case WellKnown::Struct: return map(message, *type.find_field(1U), depth);
      case WellKnown::DynamicValue: return value(message, depth);
      case WellKnown::ListValue: return list(message, *type.find_field(1U), depth);
      case WellKnown::Wrapper: {
        const FieldDescriptor& field = type.fields[0];
        return scalar(field, message.get(field));
      }
    }
    writer_.begin_object();
    AVILA_TRY_VOID(fields(message, depth));
    writer_.end_object();
    return {};
  }

 private:
  Result<void> fields(const DynamicMessage& message, unsigned depth) {
    if (!options_.print_zeroes) {
      for (const FieldDescriptor* one : message.set_fields())
        AVILA_TRY_VOID(field(message, *one, depth));
      return {};
    }
    for (const FieldDescriptor* one : message.type().fields_by_number)
      if (message.has(*one) || !one->has_presence) AVILA_TRY_VOID(field(message, *one, depth));
    for (const FieldDescriptor* one : message.set_fields())
      if (one->is_extension) AVILA_TRY_VOID(field(message, *one, depth));
    return {};
  }

  Result<void> field(const DynamicMessage& message, const FieldDescriptor& field, unsigned depth) {
    writer_.key(field.is_extension        ? '[' + field.full_name + ']'
                : options_.original_names ? field.name
                                          : field.json_name);
    if (field.is_map()) return map(message, field, depth).context(field.name);
    if (field.is_repeated()) return list(message, field, depth).context(field.name);
    return single(message, field, depth).context(field.name);
  }

  /// Without a copy of a message: each level would have one of all that is below.
  Result<void> single(const DynamicMessage& message, const FieldDescriptor& field, unsigned depth) {
    if (!field.is_message()) return scalar(field, message.get(field));
    if (const DynamicMessage* held = message.message(field); held != nullptr)
      return this->message(*held, depth + 1);
    return one(field, message.get(field), depth);
  }

  Result<void> one(const FieldDescriptor& field, const Value& value, unsigned depth) {
    if (field.is_message()) return message(*std::get<MessageBox>(value), depth + 1);
    return scalar(field, value);
  }

  Result<void> list(const DynamicMessage& message, const FieldDescriptor& field, unsigned depth) {
    writer_.begin_array();
    for (const Value& value : message.list(field)) AVILA_TRY_VOID(one(field, value, depth));
    writer_.end_array();
    return {};
  }

  Result<void> map(const DynamicMessage& message, const FieldDescriptor& field, unsigned depth) {
    writer_.begin_object();
    for (const auto& [key, value] : message.map(field)) {
      writer_.key(std::visit(
          [](const auto& k) -> std::string {
            using K = std::decay_t<decltype(k)>;
            if constexpr (std::is_same_v<K, std::string>) {
              return k;
            } else if constexpr (std::is_same_v<K, bool>) {
              return k ? "true" : "false";
            } else {
              return std::to_string(k);
            }
          },
          key));
      AVILA_TRY_VOID(one(field.message_type->fields[1], value, depth));
    }
    writer_.end_object();
    return {};
  }

  template <class T>
  void floating(T value) {
    if (std::isnan(value)) {
      writer_.string("NaN");
    } else if (std::isinf(value)) {
      writer_.string(value > 0 ? "Infinity" : "-Infinity");
    } else {
      std::string text = text::to_string(value);
      if (text.ends_with(".0")) text.resize(text.size() - 2);
      writer_.raw(text);
    }
  }

  Result<void> scalar(const FieldDescriptor& field, const Value& value) {
    switch (field.type) {
      case FieldType::Double: floating(std::get<double>(value)); break;
      case FieldType::Float: floating(std::get<float>(value)); break;
      case FieldType::Int64:
      case FieldType::Sfixed64:
      case FieldType::Sint64: writer_.string(std::to_string(std::get<std::int64_t>(value))); break;
      case FieldType::Uint64:
      case FieldType::Fixed64:
        writer_.string(std::to_string(std::get<std::uint64_t>(value)));
        break;
      case FieldType::Int32:
      case FieldType::Sfixed32:
      case FieldType::Sint32: writer_.int64(std::get<std::int32_t>(value)); break;
      case FieldType::Uint32:
      case FieldType::Fixed32: writer_.uint64(std::get<std::uint32_t>(value)); break;
      case FieldType::Bool: writer_.boolean(std::get<bool>(value)); break;
      case FieldType::String: writer_.string(std::get<std::string>(value)); break;
      case FieldType::Bytes:
        writer_.string(text::base64_encode(std::get<std::string>(value)));
        break;
      case FieldType::Enum: enumeration(field, std::get<std::int32_t>(value)); break;
      case FieldType::Message:
      case FieldType::Group: break;
    }
    return {};
  }

  void enumeration(const FieldDescriptor& field, std::int32_t number) {
    if (is_null_value(field)) {
      writer_.null();
      return;
    }
    const EnumValueDescriptor* value = field.enum_type->find(number);
    if (value == nullptr || options_.enums_as_numbers) {
      writer_.int64(number);
    } else {
      writer_.string(value->name);
    }
  }

  Result<void> time(const DynamicMessage& message) {
    const MessageDescriptor& type = message.type();
    const auto seconds = std::get<std::int64_t>(message.get(*type.find_field(1U)));
    const auto nanos = std::get<std::int32_t>(message.get(*type.find_field(2U)));
    AVILA_TRY(const std::string text, well_known_kind(type) == WellKnown::Timestamp
                                          ? timestamp_text(seconds, nanos)
                                          : duration_text(seconds, nanos));
    writer_.string(text);
    return {};
  }

  Result<void> field_mask(const DynamicMessage& message) {
    std::string text;
    for (const Value& path : message.list(*message.type().find_field(1U))) {
      AVILA_TRY(const std::string json, mask_path_to_json(std::get<std::string>(path)));
      if (!text.empty()) text += ',';
      text += json;
    }
    writer_.string(text);
    return {};
  }

  Result<void> value(const DynamicMessage& message, unsigned depth) {
    const FieldDescriptor* kind = message.which(*message.type().fields[0].oneof);
    if (kind == nullptr) {
      writer_.null();
      return {};
    }
    if (kind->type == FieldType::Double && !std::isfinite(std::get<double>(message.get(*kind))))
      return Error(Errc::InvalidArgument, "a google.protobuf.Value holds NaN or an infinity");
    return single(message, *kind, depth);
  }

  Result<void> any(const DynamicMessage& message, unsigned depth) {
    const auto url = std::get<std::string>(message.get(*message.type().find_field(1U)));
    const auto bytes = std::get<std::string>(message.get(*message.type().find_field(2U)));
    writer_.begin_object();
    if (url.empty()) {
      if (!bytes.empty()) return Error(Errc::InvalidArgument, "an Any with content and no type");
      writer_.end_object();
      return {};
    }
    const DescriptorPool& pool =
        options_.pool != nullptr ? *options_.pool : *message.type().file->pool;
    const std::size_t slash = url.rfind('/');
    const MessageDescriptor* type =
        slash == std::string::npos ? nullptr : pool.find_message(url.substr(slash + 1));
    if (type == nullptr)
      return Error(Errc::InvalidArgument, "an Any of the unknown type \"" + url + '"');
    AVILA_TRY(const DynamicMessage content,
              DynamicMessage::parse(*type, as_bytes(bytes)).context("within an Any"));
    writer_.key("@type").string(url);
    const WellKnown kind = well_known_kind(*type);
    if (kind == WellKnown::None || kind == WellKnown::Empty) {
      AVILA_TRY_VOID(fields(content, depth + 1));
      if (depth + 1 > kDepthMax) return Error(Errc::LimitExceeded, "messages over 100 deep");
    } else {
      writer_.key("value");
      AVILA_TRY_VOID(this->message(content, depth + 1));
    }
    writer_.end_object();
    return {};
  }

  json::Writer writer_;
  const JsonPrintOptions& options_;
};

}  // namespace

Result<std::string> to_json(const DynamicMessage& message, const JsonPrintOptions& options) {
  std::string out;
  AVILA_TRY_VOID(JsonPrinter(out, options).message(message, 0).context(message.type().full_name));
  return out;
}

}  // namespace avila::protobuf
