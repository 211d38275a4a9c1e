#include <algorithm>
#include <array>

#include "generator.hpp"

namespace avila::protobuf {
namespace {

// Words of C++20 and names of macros that the standard library defines.
constexpr std::array kReserved = {"NULL",          "EOF",          "NAN",
                                  "INFINITY",      "errno",        "assert",
                                  "alignas",       "alignof",      "and",
                                  "and_eq",        "asm",          "auto",
                                  "bitand",        "bitor",        "bool",
                                  "break",         "case",         "catch",
                                  "char",          "char8_t",      "char16_t",
                                  "char32_t",      "class",        "co_await",
                                  "co_return",     "co_yield",     "compl",
                                  "concept",       "const",        "const_cast",
                                  "consteval",     "constexpr",    "constinit",
                                  "continue",      "decltype",     "default",
                                  "delete",        "do",           "double",
                                  "dynamic_cast",  "else",         "enum",
                                  "explicit",      "export",       "extern",
                                  "false",         "float",        "for",
                                  "friend",        "goto",         "if",
                                  "inline",        "int",          "long",
                                  "mutable",       "namespace",    "new",
                                  "noexcept",      "not",          "not_eq",
                                  "nullptr",       "operator",     "or",
                                  "or_eq",         "private",      "protected",
                                  "public",        "register",     "reinterpret_cast",
                                  "requires",      "return",       "short",
                                  "signed",        "sizeof",       "static",
                                  "static_assert", "static_cast",  "std",
                                  "struct",        "switch",       "template",
                                  "this",          "thread_local", "throw",
                                  "true",          "try",          "typedef",
                                  "typeid",        "typename",     "union",
                                  "unsigned",      "using",        "virtual",
                                  "void",          "volatile",     "wchar_t",
                                  "while",         "xor",          "xor_eq",
                                  "linux",         "unix"};

std::string flat_name(const MessageDescriptor* containing, const std::string& name) {
  std::string flat = name;
  for (; containing != nullptr; containing = containing->containing)
    flat = containing->name + '_' + flat;
  return cpp_identifier(flat);
}

std::string qualified(const FileDescriptor& file, const std::string& name) {
  const std::string space = cpp_namespace(file.package);
  return space.empty() ? "::" + name : "::" + space + "::" + name;
}

bool is_well_known(std::string_view proto_name) noexcept {
  return proto_name.starts_with("google/protobuf/");
}

std::string_view without_suffix(std::string_view proto_name) noexcept {
  if (proto_name.ends_with(".proto")) proto_name.remove_suffix(6);
  return proto_name;
}

}  // namespace

std::string cpp_identifier(std::string_view name) {
  std::string out(name);
  if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end()) out += '_';
  return out;
}

std::string cpp_namespace(std::string_view package) {
  if (package == "google.protobuf") return "avila::protobuf::wkt";
  std::string out;
  while (!package.empty()) {
    const std::size_t dot = std::min(package.find('.'), package.size());
    if (!out.empty()) out += "::";
    out += cpp_identifier(package.substr(0, dot));
    package.remove_prefix(std::min(dot + 1, package.size()));
  }
  return out;
}

std::string cpp_name(const MessageDescriptor& message) {
  return qualified(*message.file, flat_name(message.containing, message.name));
}
std::string cpp_name(const EnumDescriptor& type) {
  return qualified(*type.file, flat_name(type.containing, type.name));
}

std::string generated_header_name(std::string_view proto_name) {
  if (is_well_known(proto_name))
    return "avila/protobuf/wkt/" + std::string(without_suffix(proto_name.substr(16))) + ".pb.hpp";
  return std::string(without_suffix(proto_name)) + ".pb.hpp";
}

std::string CppGenerator::descriptor_function(const FileDescriptor& file) const {
  std::string name = "file_";
  for (const char c : without_suffix(file.name)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += plain ? c : '_';
  }
  return name;
}

std::string CppGenerator::qualified_descriptor_function(const FileDescriptor& file) const {
  return qualified(file, descriptor_function(file));
}

const std::set<std::string>& CppGenerator::own_members() {
  static const std::set<std::string> names = {
      "kFullName",  "parse",     "merge",    "serialize",        "unknown_fields",
      "descriptor", "read_from", "write_to", "missing_required",
  };
  return names;
}

/// Members that the struct has in any case, and the types within it, keep their names; fields and
/// oneofs that would clash get underscores.
void CppGenerator::name_members(const MessageDescriptor& message) {
  std::set<std::string> used = own_members();
  used.insert(flat_name(message.containing, message.name));
  for (const MessageDescriptor& nested : message.messages) used.insert(nested.name);
  for (const EnumDescriptor& nested : message.enums) used.insert(nested.name);
  const auto claim = [&](const void* of, const std::string& wanted,
                         std::initializer_list<const char*> suffixes) {
    std::string name = cpp_identifier(wanted);
    const auto taken = [&] {
      return used.contains(name) ||
             std::any_of(suffixes.begin(), suffixes.end(),
                         [&](const char* suffix) { return used.contains(name + suffix); });
    };
    while (taken()) name += '_';
    used.insert(name);
    for (const char* suffix : suffixes) used.insert(name + suffix);
    members_[of] = name;
  };
  for (const FieldDescriptor& field : message.fields) {
    if (field.has_default) {
      claim(&field, field.name, {"_or_default"});
    } else {
      claim(&field, field.name, {});
    }
  }
  for (const OneofDescriptor& oneof : message.oneofs)
    if (!oneof.synthetic) claim(&oneof, oneof.name, {"_case", "_Case"});
}

std::size_t CppGenerator::oneof_index(const FieldDescriptor& field) {
  const auto& fields = field.oneof->fields;
  return static_cast<std::size_t>(std::find(fields.begin(), fields.end(), &field) -
                                  fields.begin()) +
         1;
}

// --- layout ---

void CppGenerator::collect(const std::vector<MessageDescriptor>& from) {
  for (const MessageDescriptor& message : from) {
    collect(message.messages);  // nested ones first, as most are held by what is around them
    if (!message.is_map_entry) messages_.push_back(&message);
  }
}

bool CppGenerator::in_circle(const MessageDescriptor& holder, const MessageDescriptor& held) const {
  const auto a = circle_.find(&holder), b = circle_.find(&held);
  return a != circle_.end() && b != circle_.end() && a->second == b->second;
}

/// Tarjan (1972): strongly connected components, which come out with what they hold before them.
/// The path is kept here, not on the stack: a chain of messages may be as long as its file.
void CppGenerator::order() {
  collect(file_.messages);
  const std::set<const MessageDescriptor*> ours(messages_.begin(), messages_.end());
  struct Visit {
    const MessageDescriptor* message;
    std::vector<const MessageDescriptor*> held;
    std::size_t next = 0;
  };
  std::vector<Visit> path;
  std::map<const MessageDescriptor*, std::size_t> low;  // of those that were visited
  std::set<const MessageDescriptor*> on_stack;
  std::vector<const MessageDescriptor*> stack, ordered;
  std::map<const MessageDescriptor*, std::size_t> index;
  std::size_t components = 0;
  const auto enter = [&](const MessageDescriptor* message) {
    const std::size_t order = index.size();
    index[message] = low[message] = order;
    stack.push_back(message);
    on_stack.insert(message);
    Visit& visit = path.emplace_back(Visit{message, {}});
    for (const FieldDescriptor& field : message->fields) {
      const MessageDescriptor* type = field.message_type;
      if (type != nullptr && field.is_map()) type = type->fields[1].message_type;
      if (type != nullptr && ours.contains(type)) visit.held.push_back(type);
    }
  };
  const auto leave = [&](const MessageDescriptor* message) {
    if (low[message] != index[message]) return;
    for (const MessageDescriptor* member = nullptr; member != message;) {
      member = stack.back();
      stack.pop_back();
      on_stack.erase(member);
      circle_[member] = components;
      ordered.push_back(member);
    }
    ++components;
  };
  for (const MessageDescriptor* message : messages_) {
    if (!index.contains(message)) enter(message);
    while (!path.empty()) {
      Visit& at = path.back();
      if (at.next == at.held.size()) {
        leave(at.message);
        path.pop_back();
      } else if (const MessageDescriptor* held = at.held[at.next]; !index.contains(held)) {
        enter(held);  // and looks at it again when it is done
      } else {
        if (on_stack.contains(held)) low[at.message] = std::min(low[at.message], low[held]);
        ++at.next;
      }
    }
  }
  messages_ = std::move(ordered);
}

// --- types ---

Storage CppGenerator::storage(const FieldDescriptor& field) const {
  if (field.is_map()) return Storage::StdMap;
  if (field.is_repeated()) return Storage::Vector;
  if (field.real_oneof() != nullptr) return Storage::Oneof;
  if (field.is_message())
    return in_circle(*field.containing, *field.message_type) ? Storage::Indirect
                                                             : Storage::Optional;
  return field.has_presence ? Storage::Optional : Storage::Plain;
}

std::string CppGenerator::value_type(const FieldDescriptor& field) const {
  switch (field.type) {
    case FieldType::Double: return "double";
    case FieldType::Float: return "float";
    case FieldType::Int64:
    case FieldType::Sfixed64:
    case FieldType::Sint64: return "std::int64_t";
    case FieldType::Uint64:
    case FieldType::Fixed64: return "std::uint64_t";
    case FieldType::Int32:
    case FieldType::Sfixed32:
    case FieldType::Sint32: return "std::int32_t";
    case FieldType::Uint32:
    case FieldType::Fixed32: return "std::uint32_t";
    case FieldType::Bool: return "bool";
    case FieldType::String:
    case FieldType::Bytes: return "std::string";
    case FieldType::Enum: return cpp_name(*field.enum_type);
    case FieldType::Message:
    case FieldType::Group: break;
  }
  return cpp_name(*field.message_type);
}

std::string CppGenerator::oneof_type(const FieldDescriptor& field) const {
  const bool boxed = field.is_message() && in_circle(*field.containing, *field.message_type);
  return boxed ? "::avila::protobuf::Boxed<" + value_type(field) + '>' : value_type(field);
}

std::string CppGenerator::member_type(const FieldDescriptor& field) const {
  switch (storage(field)) {
    case Storage::Plain: return value_type(field);
    case Storage::Optional: return "std::optional<" + value_type(field) + '>';
    case Storage::Indirect: return "::avila::protobuf::Indirect<" + value_type(field) + '>';
    case Storage::Vector: return "std::vector<" + value_type(field) + '>';
    case Storage::StdMap:
      return "std::map<" + value_type(field.message_type->fields[0]) + ", " +
             value_type(field.message_type->fields[1]) + '>';
    case Storage::Oneof: break;
  }
  return oneof_type(field);
}

}  // namespace avila::protobuf
