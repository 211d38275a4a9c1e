// Options get their meaning: each is a field of FileOptions, MessageOptions …, or an extension.
#include <limits>

#include "lexer.hpp"
#include "linker.hpp"
#include "text_format.hpp"

namespace avila::protobuf {

Result<void> Linker::options_of_file() {
  FileDescriptor& file = *file_;
  AVILA_TRY(file.options, interpret(proto_.options, "FileOptions", file.package));
  for (std::size_t i = 0; i < file.messages.size(); ++i)
    AVILA_TRY_VOID(options_of_message(file.messages[i], proto_.message_type[i]));
  for (std::size_t i = 0; i < file.enums.size(); ++i)
    AVILA_TRY_VOID(options_of_enum(file.enums[i], proto_.enum_type[i]));
  for (std::size_t i = 0; i < file.extensions.size(); ++i)
    AVILA_TRY_VOID(options_of_field(file.extensions[i], proto_.extension[i], file.package));
  for (std::size_t i = 0; i < file.services.size(); ++i)
    AVILA_TRY_VOID(options_of_service(file.services[i], proto_.service[i]));
  return {};
}

Result<void> Linker::options_of_message(MessageDescriptor& message, DescriptorProto& proto) {
  const std::string& scope = message.full_name;
  if (proto.options)
    for (const UninterpretedOption& option : proto.options->uninterpreted)
      if (option.name.size() == 1 && option.name[0].name == "map_entry" &&
          !option.name[0].is_extension)
        return error(option.place, "map_entry is not set by hand; write map<…, …>");
  AVILA_TRY(message.options, interpret(proto.options, "MessageOptions", scope));
  for (std::size_t i = 0; i < message.fields.size(); ++i)
    AVILA_TRY_VOID(options_of_field(message.fields[i], proto.field[i], scope));
  for (std::size_t i = 0; i < message.extensions.size(); ++i)
    AVILA_TRY_VOID(options_of_field(message.extensions[i], proto.extension[i], scope));
  for (std::size_t i = 0; i < message.oneofs.size(); ++i) {
    AVILA_TRY(message.oneofs[i].options,
              interpret(proto.oneof_decl[i].options, "OneofOptions", scope));
  }
  for (auto& range : proto.extension_range)
    AVILA_TRY_VOID(interpret(range.options, "ExtensionRangeOptions", scope));
  for (std::size_t i = 0; i < message.messages.size(); ++i)
    AVILA_TRY_VOID(options_of_message(message.messages[i], proto.nested_type[i]));
  for (std::size_t i = 0; i < message.enums.size(); ++i)
    AVILA_TRY_VOID(options_of_enum(message.enums[i], proto.enum_type[i]));
  return {};
}

Result<void> Linker::options_of_enum(EnumDescriptor& type, EnumDescriptorProto& proto) {
  AVILA_TRY(type.options, interpret(proto.options, "EnumOptions", type.full_name));
  for (std::size_t i = 0; i < type.values.size(); ++i) {
    AVILA_TRY(type.values[i].options,
              interpret(proto.value[i].options, "EnumValueOptions", type.full_name));
  }
  return {};
}

Result<void> Linker::options_of_field(FieldDescriptor& field, FieldDescriptorProto& proto,
                                      const std::string& scope) {
  AVILA_TRY(field.options, interpret(proto.options, "FieldOptions", scope));
  const bool packable = field.is_repeated() && is_packable(field.type);
  std::optional<bool> packed;
  std::int32_t js_type = 0;
  Reader in(as_bytes(field.options));
  for (std::uint32_t tag = 0; in.next(tag);) {
    const bool ok = tag == make_tag(2, WireType::Varint)   ? in.boolean(packed.emplace())
                    : tag == make_tag(6, WireType::Varint) ? in.int32(js_type)
                                                           : in.skip(tag);
    if (!ok) break;
  }
  if (in.failed()) return error(proto.place, "damaged FieldOptions");
  const auto value = field.is_message() ? Value() : zero_value(field);
  if (js_type != 0 && !std::holds_alternative<std::int64_t>(value) &&
      !std::holds_alternative<std::uint64_t>(value))
    return error(proto.place, "jstype is for integers of 64 bits");
  if (packed == true && !packable)
    return error(proto.place, "[packed = true] is for repeated numbers, bools and enums");
  field.packed = packable && packed.value_or(file_->syntax == Syntax::Proto3);
  return {};
}

Result<void> Linker::options_of_service(ServiceDescriptor& service, ServiceDescriptorProto& proto) {
  AVILA_TRY(service.options, interpret(proto.options, "ServiceOptions", service.full_name));
  for (std::size_t i = 0; i < service.methods.size(); ++i) {
    AVILA_TRY(service.methods[i].options,
              interpret(proto.method[i].options, "MethodOptions", service.methods[i].full_name));
  }
  return {};
}

/// The serialised options message of `options`, which ends up with nothing uninterpreted.
Result<std::string> Linker::interpret(MaybeOptions& options, std::string_view type,
                                      std::string_view scope) {
  if (!options) return std::string();
  if (options->uninterpreted.empty()) return options->bytes;
  // Of descriptor.proto as this pool has it, so that extensions declared here fit; else ours.
  const std::string name = "google.protobuf." + std::string(type);
  const auto* message_type = find(name).as<MessageDescriptor>(Symbol::Kind::Message);
  if (message_type == nullptr) message_type = DescriptorPool::well_known().find_message(name);
  AVILA_ASSERT(message_type != nullptr);
  DynamicMessage message(*message_type);
  AVILA_TRY_VOID(message.merge(as_bytes(options->bytes)).context(type));
  for (const UninterpretedOption& option : options->uninterpreted)
    AVILA_TRY_VOID(set_option(message, option, scope));
  AVILA_TRY(options->bytes, message.serialize());
  options->uninterpreted.clear();
  return options->bytes;
}

static std::string shown(const UninterpretedOption& option) {
  std::string text;
  for (const auto& part : option.name) {
    if (!text.empty()) text += '.';
    text += part.is_extension ? '(' + part.name + ')' : part.name;
  }
  return text;
}

Result<const FieldDescriptor*> Linker::option_field(const MessageDescriptor& type,
                                                    const UninterpretedOption& option,
                                                    std::size_t part,
                                                    std::string_view scope) const {
  const UninterpretedOption::NamePart& name = option.name[part];
  if (!name.is_extension) {
    const FieldDescriptor* field = type.find_field(name.name);
    if (field == nullptr || field->name == "uninterpreted_option")
      return error(option.place, "there is no option \"" + shown(option) + "\" in " +
                                     type.full_name + "; custom options stand in parentheses");
    return field;
  }
  AVILA_TRY(const Symbol symbol, resolve(name.name, scope, false, option.place));
  const auto* field = symbol.as<FieldDescriptor>(Symbol::Kind::Extension);
  if (field == nullptr || field->containing != &type)
    return error(option.place, '"' + name.name + "\" does not extend " + type.full_name);
  return field;
}

Result<void> Linker::set_option(DynamicMessage& message, const UninterpretedOption& option,
                                std::string_view scope) {
  if (option.name.empty()) return error(option.place, "an option without a name");
  if (option.name.size() > kProtoNestingMax)
    return Error(Errc::LimitExceeded, proto_.name + ": the name of an option over 32 deep");
  DynamicMessage* at = &message;
  for (std::size_t part = 0; part + 1 < option.name.size(); ++part) {
    AVILA_TRY(const FieldDescriptor* field, option_field(at->type(), option, part, scope));
    if (!field->is_message() || field->is_repeated())
      return error(option.place, '"' + option.name[part].name + "\" of option \"" + shown(option) +
                                     "\" is not a single message");
    at = &at->mutable_message(*field);
  }
  AVILA_TRY(const FieldDescriptor* field,
            option_field(at->type(), option, option.name.size() - 1, scope));
  if (!field->is_repeated() && at->find(*field) != nullptr)
    return error(option.place, "option \"" + shown(option) + "\" is set twice");
  if (field->is_map())
    return error(option.place, "set the map \"" + shown(option) + "\" within its message's braces");
  AVILA_TRY(Value value, option_value(*field, option, scope));
  return field->is_repeated() ? at->add(*field, std::move(value))
                              : at->set(*field, std::move(value));
}

Result<Value> Linker::option_value(const FieldDescriptor& field, const UninterpretedOption& option,
                                   std::string_view scope) {
  const auto wrong = [&](std::string_view what) {
    return error(option.place, "option \"" + shown(option) + "\" takes " + std::string(what));
  };
  const auto integer = [&](std::int64_t least, std::uint64_t most) -> Result<std::uint64_t> {
    if (option.positive_int_value && *option.positive_int_value <= most)
      return *option.positive_int_value;
    if (option.negative_int_value && *option.negative_int_value >= least)
      return static_cast<std::uint64_t>(*option.negative_int_value);
    return wrong("an integer within the range of " + std::string(to_string(field.type)));
  };
  const auto number = [&]() -> Result<double> {
    if (option.double_value) return *option.double_value;
    if (option.positive_int_value) return static_cast<double>(*option.positive_int_value);
    if (option.negative_int_value) return static_cast<double>(*option.negative_int_value);
    if (option.identifier_value == "inf") return std::numeric_limits<double>::infinity();
    if (option.identifier_value == "nan") return std::numeric_limits<double>::quiet_NaN();
    return wrong("a number");
  };
  switch (field.type) {
    case FieldType::Int32:
    case FieldType::Sint32:
    case FieldType::Sfixed32: {
      AVILA_TRY(const std::uint64_t value, integer(INT32_MIN, INT32_MAX));
      return Value(static_cast<std::int32_t>(value));
    }
    case FieldType::Int64:
    case FieldType::Sint64:
    case FieldType::Sfixed64: {
      AVILA_TRY(const std::uint64_t value, integer(INT64_MIN, INT64_MAX));
      return Value(static_cast<std::int64_t>(value));
    }
    case FieldType::Uint32:
    case FieldType::Fixed32: {
      AVILA_TRY(const std::uint64_t value, integer(0, UINT32_MAX));
      return Value(static_cast<std::uint32_t>(value));
    }
    case FieldType::Uint64:
    case FieldType::Fixed64: {
      AVILA_TRY(const std::uint64_t value, integer(0, UINT64_MAX));
      return Value(value);
    }
    case FieldType::Float: {
      AVILA_TRY(const double value, number());
      return Value(static_cast<float>(value));
    }
    case FieldType::Double: {
      AVILA_TRY(const double value, number());
      return Value(value);
    }
    case FieldType::Bool:
      if (option.identifier_value != "true" && option.identifier_value != "false")
        return wrong("true or false");
      return Value(option.identifier_value == "true");
    case FieldType::Enum: {
      if (!option.identifier_value) return wrong("the name of a value of its enum");
      const EnumValueDescriptor* value = field.enum_type->find(*option.identifier_value);
      if (value == nullptr)
        return wrong("a value of " + field.enum_type->full_name + "; \"" +
                     *option.identifier_value + "\" is none");
      return Value(value->number);
    }
    case FieldType::String:
    case FieldType::Bytes:
      if (!option.string_value) return wrong("a text in quotes");
      return Value(*option.string_value);
    case FieldType::Message:
    case FieldType::Group: break;
  }
  if (!option.aggregate_value) return wrong("a message in braces");
  DynamicMessage message(*field.message_type);
  const TextFormatNames names{
      .extension = [&](std::string_view name) -> const FieldDescriptor* {
        const auto symbol = resolve(name, scope, false, option.place);
        return symbol.has_value() ? symbol->as<FieldDescriptor>(Symbol::Kind::Extension) : nullptr;
      },
      .message =
          [&](std::string_view name) {
            return find(name).as<MessageDescriptor>(Symbol::Kind::Message);
          }};
  auto parsed = merge_text(message, *option.aggregate_value, names);
  if (!parsed.has_value())
    return error(option.place,
                 "option \"" + shown(option) + "\": " + std::string(parsed.error().message()));
  return Value(MessageBox(std::move(message)));
}

}  // namespace avila::protobuf
