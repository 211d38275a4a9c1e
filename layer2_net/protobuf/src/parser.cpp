#include "parser.hpp"

#include <array>

namespace avila::protobuf {

Result<FileDescriptorProto> parse_proto(std::string_view name, std::string_view text) {
  if (text.size() > kProtoFileSizeMax)
    return Error(Errc::LimitExceeded, std::string(name) + ": a .proto file over 16 MiB");
  return ProtoParser(name, text).parse();
}

Result<FileDescriptorProto> ProtoParser::parse() {
  AVILA_TRY_VOID(lexer_.advance());
  AVILA_TRY_VOID(syntax());
  while (!lexer_.at_end()) AVILA_TRY_VOID(statement());
  return std::move(file_);
}

Result<void> ProtoParser::too_deep(unsigned depth) const {
  if (depth <= kProtoNestingMax) return {};
  return Error(Errc::LimitExceeded,
               lexer_.error("messages declared over 32 deep within each other").message());
}

Result<void> ProtoParser::syntax() {
  if (lexer_.is("edition"))
    return lexer_.error("editions are not supported; say syntax = \"proto3\" or \"proto2\"");
  if (!lexer_.is("syntax")) return {};  // proto2, by the specification
  AVILA_TRY_VOID(lexer_.advance());
  AVILA_TRY_VOID(lexer_.expect("="));
  const SourcePlace place = lexer_.now().place;
  AVILA_TRY(file_.syntax, lexer_.string("\"proto2\" or \"proto3\""));
  if (file_.syntax != "proto2" && file_.syntax != "proto3")
    return lexer_.error_at(place, "syntax is \"proto2\" or \"proto3\"");
  return lexer_.expect(";");
}

Result<void> ProtoParser::statement() {
  AVILA_TRY(const bool empty, lexer_.accept(";"));
  if (empty) return {};
  if (lexer_.is("import")) return import();
  if (lexer_.is("package")) return package();
  if (lexer_.is("option")) return option_statement(file_.options);
  if (lexer_.is("message")) return message(file_.message_type, 1);
  if (lexer_.is("enum")) return enumeration(file_.enum_type);
  if (lexer_.is("service")) return service();
  if (lexer_.is("extend")) return extend(file_.extension, file_.message_type, 1);
  if (lexer_.is("syntax") || lexer_.is("edition"))
    return lexer_.error("the syntax statement must be the first");
  return lexer_.expected("message, enum, service, extend, import, package or option");
}

Result<void> ProtoParser::import() {
  AVILA_TRY_VOID(lexer_.advance());
  const auto index = static_cast<std::int32_t>(file_.dependency.size());
  AVILA_TRY(const bool is_public, lexer_.accept("public"));
  AVILA_TRY(const bool is_weak, is_public ? Result<bool>(false) : lexer_.accept("weak"));
  const SourcePlace place = lexer_.now().place;
  AVILA_TRY(std::string name, lexer_.string("the file to import, in quotes"));
  if (!imported_.insert(name).second)
    return lexer_.error_at(place, '"' + name + "\" is imported twice");
  file_.dependency.push_back(std::move(name));
  file_.dependency_places.push_back(place);
  if (is_public) file_.public_dependency.push_back(index);
  if (is_weak) file_.weak_dependency.push_back(index);
  return lexer_.expect(";");
}

Result<void> ProtoParser::package() {
  if (!file_.package.empty()) return lexer_.error("a file has one package statement");
  AVILA_TRY_VOID(lexer_.advance());
  AVILA_TRY(file_.package, lexer_.full_name("the name of the package", false));
  return lexer_.expect(";");
}

// --- messages ---

Result<void> ProtoParser::message(std::vector<DescriptorProto>& to, unsigned depth) {
  AVILA_TRY_VOID(too_deep(depth));
  AVILA_TRY_VOID(lexer_.advance());
  DescriptorProto message;
  message.place = lexer_.now().place;
  AVILA_TRY(message.name, lexer_.identifier("the name of the message"));
  AVILA_TRY_VOID(message_body(message, depth));
  to.push_back(std::move(message));
  return {};
}

Result<void> ProtoParser::message_body(DescriptorProto& message, unsigned depth) {
  AVILA_TRY_VOID(lexer_.expect("{"));
  while (!lexer_.is("}")) {
    if (lexer_.at_end()) return lexer_.expected("\"}\", the end of message " + message.name);
    AVILA_TRY_VOID(message_statement(message, depth));
  }
  add_synthetic_oneofs(message);
  return lexer_.advance();
}

Result<void> ProtoParser::message_statement(DescriptorProto& message, unsigned depth) {
  AVILA_TRY(const bool empty, lexer_.accept(";"));
  if (empty) return {};
  if (lexer_.is("message")) return this->message(message.nested_type, depth + 1);
  if (lexer_.is("enum")) return enumeration(message.enum_type);
  if (lexer_.is("oneof")) return oneof(message, depth);
  if (lexer_.is("option")) return option_statement(message.options);
  if (lexer_.is("reserved")) return reserved(message);
  if (lexer_.is("extensions")) return extension_ranges(message);
  if (lexer_.is("extend")) return extend(message.extension, message.nested_type, depth);
  return message_field(message, depth);
}

Result<void> ProtoParser::message_field(DescriptorProto& message, unsigned depth) {
  FieldDescriptorProto field;
  const SourcePlace start = lexer_.now().place;
  if (lexer_.is("required") || lexer_.is("optional") || lexer_.is("repeated")) {
    const std::string_view label = lexer_.now().text;
    field.label = label == "required"   ? Label::Required
                  : label == "repeated" ? Label::Repeated
                                        : Label::Optional;
    field.proto3_optional = is_proto3() && label == "optional";
    if (label == "required" && is_proto3())
      return lexer_.error("proto3 has no required fields; leave the word out");
    AVILA_TRY_VOID(lexer_.advance());
    if (lexer_.is("map")) {
      // A label before a map is refused where a '<' follows; "map" may also begin a type's name.
      AVILA_TRY(field.type_name, lexer_.full_name("a type", true));
      if (lexer_.is("<")) return lexer_.error_at(start, "a map field has no label");
      field.type_place = start;
      AVILA_TRY_VOID(field_rest(field));
      message.field.push_back(std::move(field));
      return {};
    }
  } else if (lexer_.is("map")) {
    AVILA_TRY(field.type_name, lexer_.full_name("a type", true));
    if (lexer_.is("<")) return map_field(message, start);
    if (!is_proto3()) return lexer_.error_at(start, "expected required, optional or repeated");
    field.type_place = start;
    AVILA_TRY_VOID(field_rest(field));
    message.field.push_back(std::move(field));
    return {};
  } else if (!is_proto3()) {
    return lexer_.expected("required, optional or repeated");
  }
  AVILA_TRY_VOID(this->field(field, message.nested_type, depth));
  message.field.push_back(std::move(field));
  return {};
}

Result<void> ProtoParser::field(FieldDescriptorProto& field, std::vector<DescriptorProto>& messages,
                                unsigned depth) {
  AVILA_TRY_VOID(type(field));
  if (field.type == FieldType::Group) return group(field, messages, depth);
  return field_rest(field);
}

Result<void> ProtoParser::type(FieldDescriptorProto& field) {
  constexpr std::array kTypes = {
      FieldType::Double,   FieldType::Float,    FieldType::Int64,   FieldType::Uint64,
      FieldType::Int32,    FieldType::Fixed64,  FieldType::Fixed32, FieldType::Bool,
      FieldType::String,   FieldType::Group,    FieldType::Bytes,   FieldType::Uint32,
      FieldType::Sfixed32, FieldType::Sfixed64, FieldType::Sint32,  FieldType::Sint64};
  field.type_place = lexer_.now().place;
  if (!lexer_.is(".") && !lexer_.is(TokenKind::Identifier))
    return lexer_.expected("the type of a field");
  AVILA_TRY(std::string name, lexer_.full_name("the type of a field", true));
  for (const FieldType builtin : kTypes) {
    if (name != to_string(builtin)) continue;
    if (builtin == FieldType::Group && is_proto3())
      return lexer_.error_at(field.type_place, "proto3 has no groups; use a message");
    field.type = builtin;
    return {};
  }
  field.type_name = std::move(name);
  return {};
}

Result<void> ProtoParser::field_rest(FieldDescriptorProto& field) {
  field.place = lexer_.now().place;
  AVILA_TRY(field.name, lexer_.identifier("the name of the field"));
  AVILA_TRY_VOID(lexer_.expect("="));
  AVILA_TRY(const std::uint64_t number, lexer_.integer(INT32_MAX, "the number of the field"));
  field.number = static_cast<std::int32_t>(number);
  AVILA_TRY_VOID(field_options(field));
  return lexer_.expect(";");
}

Result<void> ProtoParser::group(FieldDescriptorProto& field, std::vector<DescriptorProto>& messages,
                                unsigned depth) {
  AVILA_TRY_VOID(too_deep(depth + 1));
  DescriptorProto message;
  message.place = field.place = lexer_.now().place;
  AVILA_TRY(message.name, lexer_.identifier("the name of the group"));
  if (message.name[0] < 'A' || message.name[0] > 'Z')
    return lexer_.error_at(message.place, "the name of a group begins with a capital letter");
  field.name = message.name;
  for (char& c : field.name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  field.type_name = message.name;
  AVILA_TRY_VOID(lexer_.expect("="));
  AVILA_TRY(const std::uint64_t number, lexer_.integer(INT32_MAX, "the number of the group"));
  field.number = static_cast<std::int32_t>(number);
  AVILA_TRY_VOID(field_options(field));
  AVILA_TRY_VOID(message_body(message, depth + 1));
  messages.push_back(std::move(message));
  return {};
}

/// "phone_numbers" → "PhoneNumbersEntry".
static std::string map_entry_name(std::string_view field) {
  std::string name;
  bool upper = true;
  for (const char c : field) {
    if (c == '_') {
      upper = true;
      continue;
    }
    name += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return name + "Entry";
}

Result<void> ProtoParser::map_field(DescriptorProto& message, SourcePlace place) {
  FieldDescriptorProto key, value, map;
  AVILA_TRY_VOID(lexer_.expect("<"));
  AVILA_TRY_VOID(type(key));
  AVILA_TRY_VOID(lexer_.expect(","));
  AVILA_TRY_VOID(type(value));
  AVILA_TRY_VOID(lexer_.expect(">"));
  if (key.type == FieldType::Group || value.type == FieldType::Group)
    return lexer_.error_at(place, "a map holds no groups");
  AVILA_TRY_VOID(field_rest(map));
  key.name = "key";
  key.number = 1;
  key.place = value.place = map.place;
  value.name = "value";
  value.number = 2;
  DescriptorProto entry;
  entry.name = map_entry_name(map.name);
  entry.place = map.place;
  entry.field.push_back(std::move(key));
  entry.field.push_back(std::move(value));
  entry.options.emplace().bytes = "\x38\x01";  // MessageOptions.map_entry = 7: true
  map.label = Label::Repeated;
  map.type = FieldType::Message;
  map.type_name = entry.name;
  map.type_place = place;
  message.nested_type.push_back(std::move(entry));
  message.field.push_back(std::move(map));
  return {};
}

Result<void> ProtoParser::oneof(DescriptorProto& message, unsigned depth) {
  AVILA_TRY_VOID(lexer_.advance());
  OneofDescriptorProto oneof;
  oneof.place = lexer_.now().place;
  AVILA_TRY(oneof.name, lexer_.identifier("the name of the oneof"));
  AVILA_TRY_VOID(lexer_.expect("{"));
  const auto index = static_cast<std::int32_t>(message.oneof_decl.size());
  message.oneof_decl.push_back(std::move(oneof));
  while (!lexer_.is("}")) {
    AVILA_TRY(const bool empty, lexer_.accept(";"));
    if (empty) continue;
    if (lexer_.is("option")) {
      AVILA_TRY_VOID(option_statement(message.oneof_decl.back().options));
      continue;
    }
    if (lexer_.is("required") || lexer_.is("optional") || lexer_.is("repeated"))
      return lexer_.error("a field of a oneof has no label");
    FieldDescriptorProto field;
    field.oneof_index = index;
    const SourcePlace start = lexer_.now().place;
    AVILA_TRY_VOID(type(field));
    if (field.type_name == "map" && lexer_.is("<"))
      return lexer_.error_at(start, "a map cannot be in a oneof");
    if (field.type == FieldType::Group) {
      AVILA_TRY_VOID(group(field, message.nested_type, depth));
    } else {
      AVILA_TRY_VOID(field_rest(field));
    }
    message.field.push_back(std::move(field));
  }
  return lexer_.advance();
}

void ProtoParser::add_synthetic_oneofs(DescriptorProto& message) {
  std::unordered_set<std::string> taken;
  for (const auto& field : message.field) taken.insert(field.name);
  for (const auto& oneof : message.oneof_decl) taken.insert(oneof.name);
  for (FieldDescriptorProto& field : message.field) {
    if (!field.proto3_optional) continue;
    std::string name = '_' + field.name;
    while (!taken.insert(name).second) name = 'X' + name;
    field.oneof_index = static_cast<std::int32_t>(message.oneof_decl.size());
    message.oneof_decl.push_back({std::move(name), {}, {}, field.place});
  }
}

/// "1", "2 to 5" or "9 to max"; `end` is included.
Result<void> ProtoParser::range(std::int32_t& start, std::int32_t& end) {
  AVILA_TRY(const std::uint64_t first, lexer_.integer(INT32_MAX - 1, "a field number"));
  start = end = static_cast<std::int32_t>(first);
  AVILA_TRY(const bool to, lexer_.accept("to"));
  if (!to) return {};
  AVILA_TRY(const bool max, lexer_.accept("max"));
  if (max) {
    end = static_cast<std::int32_t>(kFieldNumberMax);
    return {};
  }
  AVILA_TRY(const std::uint64_t last, lexer_.integer(INT32_MAX - 1, "a field number"));
  end = static_cast<std::int32_t>(last);
  return {};
}

Result<void> ProtoParser::reserved(DescriptorProto& message) {
  AVILA_TRY_VOID(lexer_.advance());
  const bool names = lexer_.is(TokenKind::String);
  for (;;) {
    if (names) {
      if (!lexer_.is(TokenKind::String)) return lexer_.expected("a name in quotes");
      AVILA_TRY(std::string name, lexer_.string("a name in quotes"));
      message.reserved_name.push_back(std::move(name));
    } else {
      DescriptorProto::ReservedRange range;
      range.place = lexer_.now().place;
      AVILA_TRY_VOID(this->range(range.start, range.end));
      ++range.end;
      message.reserved_range.push_back(range);
    }
    AVILA_TRY(const bool more, lexer_.accept(","));
    if (!more) return lexer_.expect(";");
  }
}

Result<void> ProtoParser::extension_ranges(DescriptorProto& message) {
  if (is_proto3()) return lexer_.error("proto3 has no extension ranges");
  AVILA_TRY_VOID(lexer_.advance());
  const std::size_t first = message.extension_range.size();
  for (;;) {
    DescriptorProto::ExtensionRange range;
    range.place = lexer_.now().place;
    AVILA_TRY_VOID(this->range(range.start, range.end));
    ++range.end;
    message.extension_range.push_back(std::move(range));
    AVILA_TRY(const bool more, lexer_.accept(","));
    if (!more) break;
  }
  MaybeOptions options;
  AVILA_TRY_VOID(bracketed_options(options));
  for (std::size_t i = first; i < message.extension_range.size(); ++i)
    message.extension_range[i].options = options;
  return lexer_.expect(";");
}

Result<void> ProtoParser::extend(std::vector<FieldDescriptorProto>& extensions,
                                 std::vector<DescriptorProto>& messages, unsigned depth) {
  AVILA_TRY_VOID(lexer_.advance());
  AVILA_TRY(const std::string extendee, lexer_.full_name("the message to extend", true));
  AVILA_TRY_VOID(lexer_.expect("{"));
  if (lexer_.is("}")) return lexer_.error("extend without fields");
  while (!lexer_.is("}")) {
    AVILA_TRY(const bool empty, lexer_.accept(";"));
    if (empty) continue;
    FieldDescriptorProto field;
    field.extendee = extendee;
    if (lexer_.is("required")) return lexer_.error("an extension cannot be required");
    AVILA_TRY(const bool repeated, lexer_.accept("repeated"));
    if (repeated) {
      field.label = Label::Repeated;
    } else {
      const bool labelled = lexer_.is("optional");
      if (!labelled && !is_proto3()) return lexer_.expected("optional or repeated");
      field.proto3_optional = labelled && is_proto3();
      if (labelled) AVILA_TRY_VOID(lexer_.advance());
    }
    AVILA_TRY_VOID(this->field(field, messages, depth));
    extensions.push_back(std::move(field));
  }
  return lexer_.advance();
}

// --- services ---

Result<void> ProtoParser::service() {
  AVILA_TRY_VOID(lexer_.advance());
  ServiceDescriptorProto service;
  service.place = lexer_.now().place;
  AVILA_TRY(service.name, lexer_.identifier("the name of the service"));
  AVILA_TRY_VOID(lexer_.expect("{"));
  while (!lexer_.is("}")) {
    AVILA_TRY(const bool empty, lexer_.accept(";"));
    if (empty) continue;
    if (lexer_.is("option")) {
      AVILA_TRY_VOID(option_statement(service.options));
    } else if (lexer_.is("rpc")) {
      AVILA_TRY_VOID(method(service));
    } else {
      return lexer_.expected("rpc, option or \"}\"");
    }
  }
  file_.service.push_back(std::move(service));
  return lexer_.advance();
}

Result<void> ProtoParser::method(ServiceDescriptorProto& service) {
  AVILA_TRY_VOID(lexer_.advance());
  MethodDescriptorProto method;
  method.place = lexer_.now().place;
  AVILA_TRY(method.name, lexer_.identifier("the name of the method"));
  AVILA_TRY_VOID(method_type(method.input_type, method.client_streaming, method.input_place));
  AVILA_TRY_VOID(lexer_.expect("returns"));
  AVILA_TRY_VOID(method_type(method.output_type, method.server_streaming, method.output_place));
  if (lexer_.is("{")) {
    AVILA_TRY_VOID(lexer_.advance());
    method.options.emplace();  // as protoc has it: the braces alone make the options present
    while (!lexer_.is("}")) {
      AVILA_TRY(const bool empty, lexer_.accept(";"));
      if (empty) continue;
      if (!lexer_.is("option")) return lexer_.expected("option or \"}\"");
      AVILA_TRY_VOID(option_statement(method.options));
    }
    AVILA_TRY_VOID(lexer_.advance());
  } else {
    AVILA_TRY_VOID(lexer_.expect(";"));
  }
  service.method.push_back(std::move(method));
  return {};
}

Result<void> ProtoParser::method_type(std::string& type, bool& streaming, SourcePlace& place) {
  AVILA_TRY_VOID(lexer_.expect("("));
  place = lexer_.now().place;
  // As protoc has it: `stream` is the keyword, and the name of a message only where it is alone.
  AVILA_TRY(streaming, lexer_.accept("stream"));
  if (streaming && lexer_.is(")")) {
    streaming = false;
    type = "stream";
    return lexer_.advance();
  }
  if (streaming) place = lexer_.now().place;
  AVILA_TRY(type, lexer_.full_name("a message, or stream and a message", true));
  return lexer_.expect(")");
}

// --- enums ---

Result<void> ProtoParser::enumeration(std::vector<EnumDescriptorProto>& to) {
  AVILA_TRY_VOID(lexer_.advance());
  EnumDescriptorProto type;
  type.place = lexer_.now().place;
  AVILA_TRY(type.name, lexer_.identifier("the name of the enum"));
  AVILA_TRY_VOID(lexer_.expect("{"));
  while (!lexer_.is("}")) {
    AVILA_TRY(const bool empty, lexer_.accept(";"));
    if (empty) continue;
    if (lexer_.is("option")) {
      AVILA_TRY_VOID(option_statement(type.options));
    } else if (lexer_.is("reserved")) {
      AVILA_TRY_VOID(enum_reserved(type));
    } else {
      AVILA_TRY_VOID(enum_value(type));
    }
  }
  to.push_back(std::move(type));
  return lexer_.advance();
}

Result<void> ProtoParser::enum_value(EnumDescriptorProto& type) {
  EnumValueDescriptorProto value;
  value.place = lexer_.now().place;
  AVILA_TRY(value.name, lexer_.identifier("the name of a value"));
  AVILA_TRY_VOID(lexer_.expect("="));
  AVILA_TRY(value.number, enum_number(false));
  AVILA_TRY_VOID(bracketed_options(value.options));
  type.value.push_back(std::move(value));
  return lexer_.expect(";");
}

Result<std::int32_t> ProtoParser::enum_number(bool max_allowed) {
  if (max_allowed) {
    AVILA_TRY(const bool max, lexer_.accept("max"));
    if (max) return INT32_MAX;
  }
  AVILA_TRY(const bool negative, lexer_.accept("-"));
  AVILA_TRY(const std::uint64_t size,
            lexer_.integer(std::uint64_t{INT32_MAX} + (negative ? 1 : 0), "the number of a value"));
  const auto number = static_cast<std::int64_t>(size);
  return static_cast<std::int32_t>(negative ? -number : number);
}

Result<void> ProtoParser::enum_reserved(EnumDescriptorProto& type) {
  AVILA_TRY_VOID(lexer_.advance());
  const bool names = lexer_.is(TokenKind::String);
  for (;;) {
    if (names) {
      if (!lexer_.is(TokenKind::String)) return lexer_.expected("a name in quotes");
      AVILA_TRY(std::string name, lexer_.string("a name in quotes"));
      type.reserved_name.push_back(std::move(name));
    } else {
      EnumDescriptorProto::ReservedRange range;
      AVILA_TRY(range.start, enum_number(false));
      range.end = range.start;
      AVILA_TRY(const bool to, lexer_.accept("to"));
      if (to) {
        const SourcePlace place = lexer_.now().place;
        AVILA_TRY(range.end, enum_number(true));
        if (range.end < range.start)
          return lexer_.error_at(place, "the end of a range before its start");
      }
      type.reserved_range.push_back(range);
    }
    AVILA_TRY(const bool more, lexer_.accept(","));
    if (!more) return lexer_.expect(";");
  }
}

}  // namespace avila::protobuf
