#include "generator.hpp"

namespace avila::protobuf {
namespace {

/// What Reader and BackwardWriter call a type's methods.
std::string method_of(const FieldDescriptor& field) {
  switch (field.type) {
    case FieldType::Bool: return "boolean";
    case FieldType::Float: return "float_";
    case FieldType::Double: return "double_";
    case FieldType::String: return field.check_utf8 ? "text" : "bytes";
    default: return std::string(to_string(field.type));
  }
}

bool is_word(FieldType type) noexcept {
  return wire_type(type) == WireType::Fixed32 || wire_type(type) == WireType::Fixed64;
}

std::string literal(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += 24) {
    out += "    \"";
    for (const char c : bytes.substr(at, 24)) {
      const auto byte = static_cast<unsigned char>(c);
      const bool plain = byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\' && c != '?';
      if (plain) {
        out += c;
      } else {
        out += '\\';
        for (const int shift : {6, 3, 0}) out += static_cast<char>('0' + (byte >> shift & 7));
      }
    }
    out += "\"\n";
  }
  return out;
}

}  // namespace

std::string CppGenerator::source() {
  out_.line("// Made by avila-protoc from " + file_.name + "; changes will be lost.");
  const bool ours = file_.name.starts_with("google/protobuf/");
  const std::string header = generated_header_name(file_.name);
  out_.line(ours ? "#include <" + header + '>' : "#include \"" + header + '"');
  out_.blank();
  out_.line("#include <limits>");
  out_.line("#include <utility>");
  std::vector<const FileDescriptor*> dependencies;
  for (const FileDescriptor* file : file_.dependencies)
    if (!file->name.starts_with("google/protobuf/")) dependencies.push_back(file);
  if (!dependencies.empty()) out_.blank();
  for (const FileDescriptor* file : dependencies)
    out_.line("#include \"" + generated_header_name(file->name) + '"');
  out_.blank();
  const std::string space = cpp_namespace(file_.package);
  if (!space.empty()) out_.raw("namespace " + space + " {\n");

  out_.raw("namespace {\n\nconstexpr char kDescriptor_" + descriptor_function(file_) + "[] =\n");
  std::string bytes = literal(file_.serialize());
  bytes.pop_back();
  out_.raw(bytes + ";\n\n}  // namespace\n\n");
  out_.line("const ::avila::protobuf::FileDescriptor& " + descriptor_function(file_) + "() {");
  std::string list;
  for (const FileDescriptor* file : dependencies) {
    if (!list.empty()) list += ", ";
    list += '&' + qualified_descriptor_function(*file);
  }
  const std::string array = "kDescriptor_" + descriptor_function(file_);
  out_.line(
      "static const ::avila::protobuf::FileDescriptor& avila_made = "
      "::avila::protobuf::generated_file({" +
      array + ", sizeof " + array + " - 1}, {" + list + "});");
  out_.line("return avila_made;");
  out_.line("}");
  out_.blank();
  const auto enums = [&](auto&& self, const std::vector<EnumDescriptor>& types,
                         const std::vector<MessageDescriptor>& within) -> void {
    for (const EnumDescriptor& type : types) {
      out_.line("std::string_view to_string(" + cpp_name(type) + " value) noexcept {");
      out_.line("switch (static_cast<std::int32_t>(value)) {");
      std::set<std::int32_t> seen;
      for (const EnumValueDescriptor& value : type.values) {
        if (!seen.insert(value.number).second) continue;
        const std::string number =
            value.number == INT32_MIN ? "-2147483647 - 1" : std::to_string(value.number);
        out_.line("case " + number + ": return \"" + value.name + "\";");
      }
      out_.line("default: return {};");
      out_.line("}");
      out_.line("}");
      out_.blank();
    }
    for (const MessageDescriptor& message : within) self(self, message.enums, message.messages);
  };
  enums(enums, file_.enums, file_.messages);
  for (const MessageDescriptor* message : messages_) define(*message);
  for (const ServiceDescriptor& service : file_.services) {
    out_.line("const ::avila::protobuf::ServiceDescriptor& " + cpp_identifier(service.name) +
              "::descriptor() {");
    out_.line(
        "static const ::avila::protobuf::ServiceDescriptor& avila_made = "
        "::avila::protobuf::generated_service(" +
        descriptor_function(file_) + "(), kFullName);");
    out_.line("return avila_made;");
    out_.line("}");
    out_.blank();
  }
  if (!space.empty()) out_.raw("}  // namespace " + space + "\n");
  return out_.take();
}

void CppGenerator::define(const MessageDescriptor& message) {
  const std::string full = cpp_name(message);
  const std::string name = full.substr(full.rfind(':') + 1);
  const std::string parameters =
      "::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions& avila_options";
  out_.line("::avila::Result<" + name + "> " + name + "::parse(" + parameters + ") {");
  out_.line("return ::avila::protobuf::parse_message<" + name + ">(avila_bytes, avila_options);");
  out_.line("}");
  out_.line("::avila::Result<void> " + name + "::merge(" + parameters + ") {");
  out_.line("return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);");
  out_.line("}");
  out_.line("::avila::Result<std::string> " + name + "::serialize() const {");
  out_.line("return ::avila::protobuf::serialize_message(*this);");
  out_.line("}");
  out_.line("const ::avila::protobuf::MessageDescriptor& " + name + "::descriptor() {");
  out_.line(
      "static const ::avila::protobuf::MessageDescriptor& avila_made = "
      "::avila::protobuf::generated_message(" +
      descriptor_function(file_) + "(), kFullName);");
  out_.line("return avila_made;");
  out_.line("}");
  define_reader(message);
  define_writer(message);
  define_equality(message);
  if (message.has_required) define_required(message);
  out_.blank();
}

// --- reading ---

std::string CppGenerator::read_into(const FieldDescriptor& field, const std::string& in,
                                    const std::string& target) const {
  const std::string helper = "::avila::protobuf::generated::";
  switch (field.type) {
    case FieldType::Message: return helper + "read_message(" + in + ", " + target + ')';
    case FieldType::Group:
      return helper + "read_group(" + in + ", " + std::to_string(field.number) + ", " + target +
             ')';
    case FieldType::Enum: return helper + "read_enum(" + in + ", " + target + ')';
    default: return in + '.' + method_of(field) + '(' + target + ')';
  }
}

void CppGenerator::define_reader(const MessageDescriptor& message) {
  const std::string full = cpp_name(message);
  out_.line("bool " + full.substr(full.rfind(':') + 1) +
            "::read_from(::avila::protobuf::Reader& avila_in) {");
  out_.line("for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {");
  out_.line("switch (avila_tag) {");
  for (const FieldDescriptor& field : message.fields) read_field(field);
  out_.line("default: {");
  out_.line("if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;");
  out_.line("}");
  out_.line("}");
  out_.line("}");
  out_.line("return !avila_in.failed();");
  out_.line("}");
}

void CppGenerator::read_field(const FieldDescriptor& field) {
  const Storage kind = storage(field);
  if (kind == Storage::StdMap) {
    read_map(field);
    return;
  }
  const std::string target =
      "this->" + (kind == Storage::Oneof ? member(*field.oneof) : member(field));
  const std::string index = kind == Storage::Oneof ? std::to_string(oneof_index(field)) : "";
  const auto fail_unless = [&](const std::string& read) {
    out_.line("if (!" + read + ") return false;");
  };
  const std::string type = value_type(field);
  // Stores a number of a closed enum, which has been read and is known.
  const auto store = [&](const std::string& value) {
    if (kind == Storage::Vector) return target + ".push_back(" + value + ");";
    if (kind == Storage::Oneof) return target + ".emplace<" + index + ">(" + value + ");";
    return target + " = " + value + ';';
  };
  out_.line("// " + field.name);
  out_.line("case " + std::to_string(field.tag()) + "U: {");
  if (is_closed(field)) {
    out_.line(type + " avila_value{};");
    fail_unless(read_into(field, "avila_in", "avila_value"));
    out_.line("if (to_string(avila_value).empty()) {");
    out_.line("avila_in.keep(this->unknown_fields);");
    out_.line("} else {");
    out_.line(store("avila_value"));
    out_.line("}");
  } else if (kind == Storage::Vector && field.type == FieldType::Bool) {
    fail_unless("::avila::protobuf::generated::read_bool(avila_in, " + target + ')');
  } else if (kind == Storage::Vector) {
    fail_unless(read_into(field, "avila_in", target + ".emplace_back()"));
  } else if (kind == Storage::Oneof && field.is_message()) {
    out_.line("if (" + target + ".index() != " + index + ") " + target + ".emplace<" + index +
              ">();");
    const bool boxed = oneof_type(field) != type;
    fail_unless(read_into(field, "avila_in",
                          (boxed ? "**" : "*") + ("std::get_if<" + index + ">(&" + target + ')')));
  } else if (kind == Storage::Oneof) {
    fail_unless(read_into(field, "avila_in", target + ".emplace<" + index + ">()"));
  } else if (field.is_message()) {
    out_.line("if (!" + target + ".has_value()) " + target + ".emplace();");
    fail_unless(read_into(field, "avila_in", '*' + target));
  } else if (kind == Storage::Optional) {
    fail_unless(read_into(field, "avila_in", target + ".emplace()"));
  } else {
    fail_unless(read_into(field, "avila_in", target));
  }
  out_.line("break;");
  out_.line("}");
  if (kind != Storage::Vector || !is_packable(field.type)) return;

  out_.line("// " + field.name + ", packed");
  out_.line("case " + std::to_string(make_tag(field.number, WireType::LengthDelimited)) + "U: {");
  const std::string reader = "[&](::avila::protobuf::Reader& avila_packed";
  if (is_closed(field)) {
    out_.line("const bool avila_ok = ::avila::protobuf::generated::read_packed(avila_in, " +
              target + ", " + reader + ") {");
    out_.line(type + " avila_value{};");
    fail_unless(read_into(field, "avila_packed", "avila_value"));
    out_.line("if (!to_string(avila_value).empty()) {");
    out_.line(target + ".push_back(avila_value);");
    out_.line("} else if (avila_packed.keeps_unknown_fields()) {");
    out_.line("::avila::protobuf::Writer(this->unknown_fields).int32(" +
              std::to_string(field.number) + ", static_cast<std::int32_t>(avila_value));");
    out_.line("}");
    out_.line("return true;");
    out_.line("});");
    fail_unless("avila_ok");
  } else if (is_word(field.type)) {
    fail_unless("::avila::protobuf::generated::read_packed_words(avila_in, " + target + ", " +
                reader + ", " + type + "& avila_value) { return avila_packed." + method_of(field) +
                "(avila_value); })");
  } else {
    const std::string one =
        field.type == FieldType::Bool
            ? "::avila::protobuf::generated::read_bool(avila_packed, " + target + ')'
            : read_into(field, "avila_packed", target + ".emplace_back()");
    fail_unless("::avila::protobuf::generated::read_packed(avila_in, " + target + ", " + reader +
                ") { return " + one + "; })");
  }
  out_.line("break;");
  out_.line("}");
}

void CppGenerator::read_map(const FieldDescriptor& field) {
  const FieldDescriptor& key = field.message_type->fields[0];
  const FieldDescriptor& value = field.message_type->fields[1];
  const std::string target = "this->" + member(field);
  out_.line("// " + field.name);
  out_.line("case " + std::to_string(field.tag()) + "U: {");
  if (is_closed(value)) out_.line("const char* const avila_start = avila_in.tag_position();");
  out_.line(value_type(key) + " avila_key{};");
  out_.line(value_type(value) + " avila_value{};");
  out_.line("const bool avila_ok = avila_in.nested([&](::avila::protobuf::Reader& avila_entry) {");
  out_.line("for (std::uint32_t avila_part = 0; avila_entry.next(avila_part);) {");
  out_.line("const bool avila_read = avila_part == " + std::to_string(key.tag()) + "U ? " +
            read_into(key, "avila_entry", "avila_key"));
  out_.line("  : avila_part == " + std::to_string(value.tag()) + "U ? " +
            read_into(value, "avila_entry", "avila_value"));
  out_.line("  : avila_entry.skip(avila_part);");
  out_.line("if (!avila_read) return false;");
  out_.line("}");
  out_.line("return !avila_entry.failed();");
  out_.line("});");
  out_.line("if (!avila_ok) return false;");
  if (is_closed(value)) {
    out_.line("if (to_string(avila_value).empty()) {");
    out_.line("if (avila_in.keeps_unknown_fields())");
    out_.line(
        "  this->unknown_fields.append(avila_start, "
        "static_cast<std::size_t>(avila_in.position() - avila_start));");
    out_.line("break;");
    out_.line("}");
  }
  out_.line(target + ".insert_or_assign(std::move(avila_key), std::move(avila_value));");
  out_.line("break;");
  out_.line("}");
}

// --- writing ---

std::string CppGenerator::write_tag(std::uint32_t tag) const {
  return "avila_out.varint(" + std::to_string(tag) + "U);";
}

std::string CppGenerator::write_from(const FieldDescriptor& field, const std::string& value) const {
  const std::string helper = "::avila::protobuf::generated::";
  switch (field.type) {
    case FieldType::Message: return helper + "write_message(avila_out, " + value + ");";
    case FieldType::Group:
      return helper + "write_group(avila_out, " + std::to_string(field.number) + ", " + value +
             ");";
    case FieldType::Enum: return "avila_out.int32(static_cast<std::int32_t>(" + value + "));";
    default: return "avila_out." + method_of(field) + '(' + value + ");";
  }
}

void CppGenerator::define_writer(const MessageDescriptor& message) {
  const std::string full = cpp_name(message);
  out_.line("void " + full.substr(full.rfind(':') + 1) +
            "::write_to(::avila::protobuf::BackwardWriter& avila_out) const {");
  out_.line("avila_out.raw(this->unknown_fields);");
  const auto& fields = message.fields_by_number;
  for (auto at = fields.rbegin(); at != fields.rend(); ++at) write_field(**at);
  out_.line("}");
}

void CppGenerator::write_field(const FieldDescriptor& field) {
  const Storage kind = storage(field);
  const std::string target =
      "this->" + (kind == Storage::Oneof ? member(*field.oneof) : member(field));
  switch (kind) {
    case Storage::Plain: {
      const bool floating = field.type == FieldType::Float || field.type == FieldType::Double;
      const bool text = field.type == FieldType::String || field.type == FieldType::Bytes;
      const std::string set = floating ? "!::avila::protobuf::generated::is_zero(" + target + ')'
                              : text   ? '!' + target + ".empty()"
                              : field.type == FieldType::Bool
                                  ? target
                                  : target + " != " + value_type(field) + "{}";
      out_.line("if (" + set + ") {");
      out_.line(write_from(field, target));
      break;
    }
    case Storage::Optional:
    case Storage::Indirect:
      out_.line("if (" + target + ".has_value()) {");
      out_.line(write_from(field, '*' + target));
      break;
    case Storage::Oneof: {
      const std::string index = std::to_string(oneof_index(field));
      const bool boxed = oneof_type(field) != value_type(field);
      out_.line("if (const auto* avila_value = std::get_if<" + index + ">(&" + target + ")) {");
      out_.line(write_from(field, boxed ? "**avila_value" : "*avila_value"));
      break;
    }
    case Storage::Vector:
      if (field.packed) {
        out_.line("if (!" + target + ".empty()) {");
        out_.line("const std::size_t avila_mark = avila_out.size();");
        if (is_word(field.type)) {
          out_.line("::avila::protobuf::generated::write_packed_words(avila_out, " + target +
                    ", [](::avila::protobuf::BackwardWriter& avila_to, " + value_type(field) +
                    " avila_value) { avila_to." + method_of(field) + "(avila_value); });");
        } else {
          out_.line("for (std::size_t avila_i = " + target + ".size(); avila_i-- > 0;)");
          out_.line("  " + write_from(field, target + "[avila_i]"));
        }
        out_.line("avila_out.length_since(avila_mark);");
        out_.line(write_tag(make_tag(field.number, WireType::LengthDelimited)));
        out_.line("}");
        return;
      }
      out_.line("for (std::size_t avila_i = " + target + ".size(); avila_i-- > 0;) {");
      out_.line(write_from(field, target + "[avila_i]"));
      break;
    case Storage::StdMap: {
      const FieldDescriptor& key = field.message_type->fields[0];
      const FieldDescriptor& value = field.message_type->fields[1];
      out_.line("for (auto avila_at = " + target + ".rbegin(); avila_at != " + target +
                ".rend(); ++avila_at) {");
      out_.line("const std::size_t avila_mark = avila_out.size();");
      out_.line("if (!avila_out.enter()) return;");
      out_.line(write_from(value, "avila_at->second"));
      out_.line(write_tag(value.tag()));
      out_.line(write_from(key, "avila_at->first"));
      out_.line(write_tag(key.tag()));
      out_.line("avila_out.leave();");
      out_.line("avila_out.length_since(avila_mark);");
      break;
    }
  }
  out_.line(write_tag(field.tag()));
  out_.line("}");
}

void CppGenerator::define_equality(const MessageDescriptor& message) {
  const std::string full = cpp_name(message);
  const std::string name = full.substr(full.rfind(':') + 1);
  out_.line("bool " + name + "::operator==(const " + name + "& avila_other) const {");
  for (const FieldDescriptor& field : message.fields)
    if (field.real_oneof() == nullptr)
      out_.line("if (!(this->" + member(field) + " == avila_other." + member(field) +
                ")) return false;");
  for (const OneofDescriptor& oneof : message.oneofs)
    if (!oneof.synthetic)
      out_.line("if (!(this->" + member(oneof) + " == avila_other." + member(oneof) +
                ")) return false;");
  out_.line("return this->unknown_fields == avila_other.unknown_fields;");
  out_.line("}");
}

void CppGenerator::define_required(const MessageDescriptor& message) {
  const std::string full = cpp_name(message);
  out_.line("std::string " + full.substr(full.rfind(':') + 1) + "::missing_required() const {");
  for (const FieldDescriptor& field : message.fields)
    if (field.label == Label::Required)
      out_.line("if (!this->" + member(field) + ".has_value()) return \"" + field.name + "\";");
  for (const FieldDescriptor& field : message.fields) {
    const FieldDescriptor& held = field.is_map() ? field.message_type->fields[1] : field;
    if (!held.is_message() || !held.message_type->has_required) continue;
    const auto check = [&](const std::string& value, const std::string& at) {
      out_.line("if (std::string avila_path = " + value +
                "missing_required(); !avila_path.empty()) return \"" + field.name + at +
                ".\" + avila_path;");
    };
    switch (storage(field)) {
      case Storage::Vector:
        out_.line("for (const auto& avila_one : this->" + member(field) + ") {");
        check("avila_one.", "[]");
        break;
      case Storage::StdMap:
        out_.line("for (const auto& avila_one : this->" + member(field) + ") {");
        check("avila_one.second.", "[]");
        break;
      case Storage::Oneof: {
        const bool boxed = oneof_type(field) != value_type(field);
        out_.line("if (const auto* avila_one = std::get_if<" + std::to_string(oneof_index(field)) +
                  ">(&this->" + member(*field.oneof) + ")) {");
        check(boxed ? "(*avila_one)->" : "avila_one->", "");
        break;
      }
      default:
        out_.line("if (this->" + member(field) + ".has_value()) {");
        check("this->" + member(field) + "->", "");
        break;
    }
    out_.line("}");
  }
  out_.line("return {};");
  out_.line("}");
}

}  // namespace avila::protobuf
