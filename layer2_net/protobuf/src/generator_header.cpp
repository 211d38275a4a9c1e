#include <algorithm>
#include <cmath>

#include "generator.hpp"
#include "number_text.hpp"

namespace avila::protobuf {

/// The last space of the first `width` characters that is outside of quotes; npos for none.
static std::size_t break_before(std::string_view text, std::size_t width) {
  std::size_t found = std::string_view::npos;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size() && i < width; ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == ' ' && !quoted && i > 0) {
      found = i;
    }
  }
  return found;
}

void CodePrinter::line(std::string_view text) {
  constexpr std::size_t kWidth = 100;
  if (text.starts_with('}') && level_ > 0) --level_;
  const bool opens = text.ends_with('{');
  std::size_t indent = level_ * 2;
  for (bool first = true;; first = false) {
    const std::size_t room = indent < kWidth / 2 ? kWidth - indent : kWidth / 2;
    const std::size_t cut =
        text.size() <= room ? std::string_view::npos : break_before(text, room + 1);
    out_.append(indent, ' ');
    out_ += text.substr(0, cut);
    out_ += '\n';
    if (cut == std::string_view::npos) break;
    text.remove_prefix(cut + 1);
    if (first) indent += 4;
  }
  if (opens) ++level_;
}

CppGenerator::CppGenerator(const FileDescriptor& file) : file_(file) {
  order();
  for (const MessageDescriptor* message : messages_) name_members(*message);
}

std::vector<GeneratedFile> generate_cpp(const FileDescriptor& file) {
  std::string name = generated_header_name(file.name);
  std::string source = name;
  source.replace(source.size() - 3, 3, "cpp");
  std::vector<GeneratedFile> files;
  files.push_back({std::move(name), CppGenerator(file).header()});
  files.push_back({std::move(source), CppGenerator(file).source()});
  return files;
}

std::string CppGenerator::header() {
  out_.line("// Made by avila-protoc from " + file_.name + "; changes will be lost.");
  out_.line("#pragma once");
  includes();
  out_.blank();
  const std::string space = cpp_namespace(file_.package);
  if (!space.empty()) {
    out_.raw("namespace " + space + " {\n");
    out_.blank();
  }
  for (const MessageDescriptor* message : messages_)
    out_.line("struct " + cpp_name(*message).substr(cpp_name(*message).rfind(':') + 1) + ';');
  if (!messages_.empty()) out_.blank();
  for (const EnumDescriptor& type : file_.enums) enumeration(type);
  all_enums(file_.messages);
  for (const MessageDescriptor* one : messages_) message(*one);
  for (const ServiceDescriptor& one : file_.services) service(one);
  out_.line("/// The file's descriptor, in protobuf::generated_pool().");
  out_.line("const ::avila::protobuf::FileDescriptor& " + descriptor_function(file_) + "();");
  if (!space.empty()) {
    out_.blank();
    out_.raw("}  // namespace " + space + "\n");
  }
  return out_.take();
}

void CppGenerator::includes() {
  std::set<const FileDescriptor*> used;
  const auto of_message = [&](auto&& self, const MessageDescriptor& message) -> void {
    for (const FieldDescriptor& field : message.fields) {
      if (field.message_type != nullptr) used.insert(field.message_type->file);
      if (field.enum_type != nullptr) used.insert(field.enum_type->file);
    }
    for (const MessageDescriptor& nested : message.messages) self(self, nested);
  };
  for (const MessageDescriptor& message : file_.messages) of_message(of_message, message);
  for (const ServiceDescriptor& service : file_.services)
    for (const MethodDescriptor& method : service.methods) {
      used.insert(method.input->file);
      used.insert(method.output->file);
    }
  used.erase(&file_);
  out_.line("#include <avila/error/result.hpp>");
  out_.line("#include <avila/error/span.hpp>");
  out_.line("#include <avila/protobuf/fwd.hpp>");
  out_.line("#include <avila/protobuf/generated.hpp>");
  out_.line("#include <avila/protobuf/wire.hpp>");
  std::set<std::string> names, ours;
  for (const FileDescriptor* file : used)
    (file->name.starts_with("google/protobuf/") ? ours : names)
        .insert(generated_header_name(file->name));
  for (const std::string& name : ours) out_.line("#include <" + name + '>');
  for (const char* name :
       {"cstdint", "limits", "map", "optional", "string", "string_view", "variant", "vector"})
    out_.line("#include <" + std::string(name) + '>');
  if (!names.empty()) out_.blank();
  for (const std::string& name : names) out_.line("#include \"" + name + '"');
}

void CppGenerator::all_enums(const std::vector<MessageDescriptor>& messages) {
  for (const MessageDescriptor& message : messages) {
    for (const EnumDescriptor& type : message.enums) enumeration(type);
    all_enums(message.messages);
  }
}

static std::string unqualified(const std::string& name) { return name.substr(name.rfind(':') + 1); }

void CppGenerator::enumeration(const EnumDescriptor& type) {
  const std::string name = unqualified(cpp_name(type));
  out_.line(type.closed ? "/// Other numbers are kept as unknown fields."
                        : "/// Open: a field may hold numbers that have no name here.");
  out_.line("enum class " + name + " : std::int32_t {");
  for (const EnumValueDescriptor& value : type.values) {
    const std::string number =
        value.number == INT32_MIN ? "-2147483647 - 1" : std::to_string(value.number);
    out_.line(cpp_identifier(value.name) + " = " + number + ',');
  }
  out_.line("};");
  out_.line("/// Its name in the .proto file; empty for a number without one.");
  out_.line("std::string_view to_string(" + name + " value) noexcept;");
  out_.blank();
}

std::string CppGenerator::default_text(const FieldDescriptor& field) const {
  const Value& value = field.default_value;
  switch (field.type) {
    case FieldType::Bool: return std::get<bool>(value) ? "true" : "false";
    case FieldType::String:
    case FieldType::Bytes: {
      const std::string& text = std::get<std::string>(value);
      return "std::string(\"" + c_escape(text) + "\", " + std::to_string(text.size()) + ')';
    }
    case FieldType::Float:
    case FieldType::Double: {
      const bool is_float = field.type == FieldType::Float;
      const double number = is_float ? std::get<float>(value) : std::get<double>(value);
      const std::string limits = "std::numeric_limits<" + value_type(field) + ">::";
      if (std::isnan(number)) return limits + "quiet_NaN()";
      if (std::isinf(number)) return (number < 0 ? "-" : "") + limits + "infinity()";
      std::string text = is_float ? float_text(std::get<float>(value)) : double_text(number);
      if (text.find_first_of(".e") == std::string::npos) text += ".0";
      return is_float ? text + 'F' : text;
    }
    case FieldType::Enum:
      return "static_cast<" + value_type(field) + ">(" +
             std::to_string(std::get<std::int32_t>(value)) + ')';
    case FieldType::Int32:
    case FieldType::Sint32:
    case FieldType::Sfixed32:
      return std::get<std::int32_t>(value) == INT32_MIN
                 ? "INT32_MIN"
                 : std::to_string(std::get<std::int32_t>(value));
    case FieldType::Int64:
    case FieldType::Sint64:
    case FieldType::Sfixed64:
      return std::get<std::int64_t>(value) == INT64_MIN
                 ? "INT64_MIN"
                 : std::to_string(std::get<std::int64_t>(value));
    case FieldType::Uint32:
    case FieldType::Fixed32: return std::to_string(std::get<std::uint32_t>(value)) + 'U';
    case FieldType::Uint64:
    case FieldType::Fixed64: return std::to_string(std::get<std::uint64_t>(value)) + 'U';
    case FieldType::Message:
    case FieldType::Group: break;
  }
  return "{}";
}

/// The initialiser of a plain field.
std::string CppGenerator::zero(const FieldDescriptor& field) const {
  switch (field.type) {
    case FieldType::String:
    case FieldType::Bytes: return "";
    case FieldType::Bool: return " = false";
    case FieldType::Enum: return "{}";
    default: return " = 0";
  }
}

void CppGenerator::message(const MessageDescriptor& message) {
  const std::string name = unqualified(cpp_name(message));
  out_.line("struct " + name + " {");
  out_.line("static constexpr std::string_view kFullName = \"" + message.full_name + "\";");
  const auto alias = [&](const auto& nested) {
    if (nested.name != message.name && !own_members().contains(nested.name))
      out_.line("using " + cpp_identifier(nested.name) + " = " + cpp_name(nested) + ';');
  };
  for (const MessageDescriptor& nested : message.messages)
    if (!nested.is_map_entry) alias(nested);
  for (const EnumDescriptor& nested : message.enums) alias(nested);
  out_.blank();
  for (const FieldDescriptor& field : message.fields) {
    if (field.real_oneof() == nullptr) {
      const bool plain = storage(field) == Storage::Plain;
      out_.line(member_type(field) + ' ' + member(field) + (plain ? zero(field) : "") + ';');
      continue;
    }
    const OneofDescriptor& oneof = *field.real_oneof();
    if (oneof.fields[0] != &field) continue;  // all of it stands where its first field does
    std::string types = "std::monostate", cases = "None = 0";
    for (const FieldDescriptor* one : oneof.fields) {
      types += ", " + oneof_type(*one);
      cases += ", " + cpp_identifier(one->name == "None" ? "None_" : one->name);
    }
    out_.line("/// The alternatives of oneof " + oneof.name + ", by their place in the variant.");
    out_.line("enum class " + member(oneof) + "_Case : std::size_t { " + cases + " };");
    out_.line("std::variant<" + types + "> " + member(oneof) + ';');
  }
  out_.line("/// Fields that the .proto file does not have, as they came in.");
  out_.line("std::string unknown_fields;");
  out_.blank();
  for (const OneofDescriptor& oneof : message.oneofs)
    if (!oneof.synthetic)
      out_.line(member(oneof) + "_Case " + member(oneof) + "_case() const noexcept { return " +
                "static_cast<" + member(oneof) + "_Case>(" + member(oneof) + ".index()); }");
  for (const FieldDescriptor& field : message.fields)
    if (field.has_default && storage(field) == Storage::Optional) {
      out_.line(value_type(field) + ' ' + member(field) + "_or_default() const {");
      const std::string value = default_text(field);
      const bool wraps = value.size() + member(field).size() > 70;  // give it a place to break
      out_.line("return " + member(field) + (wraps ? ".value_or( " : ".value_or(") + value + ");");
      out_.line("}");
    }
  out_.line("static ::avila::Result<" + name +
            "> parse(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions& "
            "avila_options = "
            "{});");
  out_.line(
      "::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const "
      "::avila::protobuf::ParseOptions& avila_options = {});");
  out_.line("::avila::Result<std::string> serialize() const;");
  out_.line("bool read_from(::avila::protobuf::Reader& avila_in);");
  out_.line("void write_to(::avila::protobuf::BackwardWriter& avila_out) const;");
  if (message.has_required) {
    out_.line("/// The path of a required field that is missing; empty where all are there.");
    out_.line("std::string missing_required() const;");
  }
  out_.line("static const ::avila::protobuf::MessageDescriptor& descriptor();");
  out_.line("bool operator==(const " + name + "& avila_other) const;");
  out_.line("};");
  out_.blank();
}

void CppGenerator::service(const ServiceDescriptor& service) {
  out_.line("/// The methods of " + service.full_name + ": path, types and kind of each.");
  out_.line("struct " + cpp_identifier(service.name) + " {");
  out_.line("static constexpr std::string_view kFullName = \"" + service.full_name + "\";");
  for (const MethodDescriptor& method : service.methods) {
    const auto flag = [](bool value) { return value ? "true;" : "false;"; };
    std::string path = cpp_identifier(method.name);
    if (path == cpp_identifier(service.name) || own_members().contains(path)) path += '_';
    out_.line("static constexpr std::string_view " + path + " = \"/" + service.full_name + '/' +
              method.name + "\";");
    out_.line("using " + method.name + "Request = " + cpp_name(*method.input) + ';');
    out_.line("using " + method.name + "Response = " + cpp_name(*method.output) + ';');
    out_.line("static constexpr bool " + method.name +
              "ClientStreaming = " + flag(method.client_streaming));
    out_.line("static constexpr bool " + method.name +
              "ServerStreaming = " + flag(method.server_streaming));
  }
  out_.line("static const ::avila::protobuf::ServiceDescriptor& descriptor();");
  out_.line("};");
  out_.blank();
}

}  // namespace avila::protobuf
