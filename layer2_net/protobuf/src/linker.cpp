#include "linker.hpp"

#include <algorithm>

#include "lexer.hpp"
#include "number_text.hpp"

namespace avila::protobuf {
namespace {

bool is_identifier(std::string_view name) noexcept {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9');
  });
}

std::string joined(std::string_view scope, std::string_view name) {
  std::string full(scope);
  if (!full.empty()) full += '.';
  return full += name;
}

void add_visible(const FileDescriptor& file, std::set<const FileDescriptor*>& visible) {
  if (!visible.insert(&file).second) return;
  for (const FileDescriptor* next : file.public_dependencies) add_visible(*next, visible);
}

}  // namespace

std::string_view to_string(Symbol::Kind kind) noexcept {
  constexpr std::string_view kNames[] = {"nothing", "package",   "message", "enum",    "enum value",
                                         "field",   "extension", "oneof",   "service", "method"};
  return kNames[static_cast<std::size_t>(kind)];
}

Linker::Linker(const DescriptorPool& pool, DescriptorPool::State& state, FileDescriptorProto proto)
    : pool_(pool), state_(state), file_(std::make_unique<FileDescriptor>()), proto_(file_->proto) {
  proto_ = std::move(proto);
}

Error Linker::error(SourcePlace place, std::string_view what) const {
  return source_error(proto_.name, place, what);
}

Result<const FileDescriptor*> Linker::run() {
  FileDescriptor& file = *file_;
  file.name = proto_.name;
  file.package = proto_.package;
  file.pool = &pool_;
  if (file.name.empty()) return Error(Errc::Malformed, "a file descriptor without a name");
  if (proto_.syntax == "editions")
    return Error(Errc::Unsupported, file.name + ": editions are not supported");
  if (!proto_.syntax.empty() && proto_.syntax != "proto2" && proto_.syntax != "proto3")
    return error({}, "unknown syntax \"" + proto_.syntax + '"');
  file.syntax = proto_.syntax == "proto3" ? Syntax::Proto3 : Syntax::Proto2;
  if (file.syntax == Syntax::Proto2) proto_.syntax.clear();  // the canonical form
  AVILA_TRY_VOID(dependencies());
  AVILA_TRY_VOID(declare_package());

  // All vectors get their size before anything points into them.
  file.messages.resize(proto_.message_type.size());
  file.enums.resize(proto_.enum_type.size());
  file.extensions.resize(proto_.extension.size());
  file.services.resize(proto_.service.size());
  for (std::size_t i = 0; i < file.messages.size(); ++i)
    AVILA_TRY_VOID(
        declare_message(file.messages[i], proto_.message_type[i], file.package, nullptr));
  for (std::size_t i = 0; i < file.enums.size(); ++i)
    AVILA_TRY_VOID(declare_enum(file.enums[i], proto_.enum_type[i], file.package, nullptr));
  for (std::size_t i = 0; i < file.extensions.size(); ++i)
    AVILA_TRY_VOID(declare_field(file.extensions[i], proto_.extension[i], file.package, true));
  for (std::size_t i = 0; i < file.services.size(); ++i)
    AVILA_TRY_VOID(declare_service(file.services[i], proto_.service[i]));

  for (std::size_t i = 0; i < file.messages.size(); ++i)
    AVILA_TRY_VOID(link_message(file.messages[i], proto_.message_type[i]));
  for (std::size_t i = 0; i < file.extensions.size(); ++i)
    AVILA_TRY_VOID(link_extension(file.extensions[i], proto_.extension[i], file.package));
  for (std::size_t i = 0; i < file.services.size(); ++i)
    AVILA_TRY_VOID(link_service(file.services[i], proto_.service[i]));

  AVILA_TRY_VOID(options_of_file());
  for (std::size_t i = 0; i < file.messages.size(); ++i)
    AVILA_TRY_VOID(check_message(file.messages[i], proto_.message_type[i]));
  for (std::size_t i = 0; i < file.enums.size(); ++i)
    AVILA_TRY_VOID(check_enum(file.enums[i], proto_.enum_type[i]));
  for (std::size_t i = 0; i < file.extensions.size(); ++i)
    AVILA_TRY_VOID(check_field(file.extensions[i], proto_.extension[i]));
  find_required();
  commit();
  return state_.files.back();
}

// --- declaring ---

Result<void> Linker::dependencies() {
  for (std::size_t i = 0; i < proto_.dependency.size(); ++i) {
    const SourcePlace place =
        i < proto_.dependency_places.size() ? proto_.dependency_places[i] : SourcePlace{};
    const FileDescriptor* const file = pool_.find_file(proto_.dependency[i]);
    if (file == nullptr) return error(place, "import \"" + proto_.dependency[i] + "\" is missing");
    file_->import_depth = std::max(file_->import_depth, file->import_depth + 1);
    if (file_->import_depth > kImportDepthMax)  // files that came one by one, as of a set
      return Error(Errc::LimitExceeded, proto_.name + ": imports over 100 deep");
    file_->dependencies.push_back(file);
    add_visible(*file, visible_);
  }
  for (const std::int32_t index : proto_.public_dependency) {
    if (index < 0 || static_cast<std::size_t>(index) >= file_->dependencies.size())
      return error({}, "a public import that is not among the imports");
    file_->public_dependencies.push_back(file_->dependencies[static_cast<std::size_t>(index)]);
  }
  visible_.insert(file_.get());
  return {};
}

Result<void> Linker::declare(std::string full_name, Symbol::Kind kind, const void* object,
                             SourcePlace place, std::string_view name) {
  if (full_name.size() > kFullNameMax)
    return Error(Errc::LimitExceeded, proto_.name + ": a full name over 1024 bytes");
  if (!is_identifier(name)) return error(place, '"' + std::string(name) + "\" is not a valid name");
  Symbol known = state_.find(full_name);
  if (const auto own = symbols_.find(full_name); own != symbols_.end()) known = own->second;
  if (known.kind != Symbol::Kind::None) {
    std::string what =
        '"' + full_name + "\" is already defined as a " + std::string(to_string(known.kind));
    if (known.file != file_.get()) what += " in " + known.file->name;
    if (kind == Symbol::Kind::EnumValue)
      what += " (the values of an enum are names beside it, not within it)";
    return error(place, what);
  }
  symbols_.emplace(std::move(full_name), Symbol{kind, object, file_.get()});
  return {};
}

Result<void> Linker::declare_package() {
  const std::string& package = file_->package;
  if (package.size() > kFullNameMax)
    return Error(Errc::LimitExceeded, proto_.name + ": a package over 1024 bytes");
  for (std::size_t from = 0; !package.empty() && from != std::string::npos;) {
    const std::size_t dot = package.find('.', from);
    const std::string prefix = package.substr(0, dot);
    if (!is_identifier(std::string_view(prefix).substr(from)))
      return error({}, "package \"" + package + "\" is not a valid name");
    const Symbol known = state_.find(prefix);
    if (known.kind != Symbol::Kind::None && known.kind != Symbol::Kind::Package)
      return error({}, "package \"" + prefix + "\" has the name of a " +
                           std::string(to_string(known.kind)) + " of " + known.file->name);
    symbols_.emplace(prefix, Symbol{Symbol::Kind::Package, file_.get(), file_.get()});
    from = dot == std::string::npos ? dot : dot + 1;
  }
  return {};
}

Result<void> Linker::declare_message(MessageDescriptor& message, DescriptorProto& proto,
                                     const std::string& scope,
                                     const MessageDescriptor* containing) {
  message.name = proto.name;
  message.full_name = joined(scope, proto.name);
  message.file = file_.get();
  message.containing = containing;
  message.proto = &proto;
  for (const auto& range : proto.extension_range)
    message.extension_ranges_.emplace_back(range.start, range.end);
  std::sort(message.extension_ranges_.begin(), message.extension_ranges_.end());
  const std::string& name = message.full_name;
  AVILA_TRY_VOID(declare(name, Symbol::Kind::Message, &message, proto.place, proto.name));
  message.fields.resize(proto.field.size());
  message.oneofs.resize(proto.oneof_decl.size());
  message.messages.resize(proto.nested_type.size());
  message.enums.resize(proto.enum_type.size());
  message.extensions.resize(proto.extension.size());
  for (std::size_t i = 0; i < message.fields.size(); ++i) {
    AVILA_TRY_VOID(declare_field(message.fields[i], proto.field[i], name, false));
    message.fields[i].containing = &message;
    message.fields[i].index = i;
  }
  for (std::size_t i = 0; i < message.oneofs.size(); ++i) {
    OneofDescriptor& oneof = message.oneofs[i];
    oneof.name = proto.oneof_decl[i].name;
    oneof.full_name = joined(name, oneof.name);
    oneof.containing = &message;
    AVILA_TRY_VOID(declare(oneof.full_name, Symbol::Kind::Oneof, &oneof, proto.oneof_decl[i].place,
                           oneof.name));
  }
  for (std::size_t i = 0; i < message.messages.size(); ++i)
    AVILA_TRY_VOID(declare_message(message.messages[i], proto.nested_type[i], name, &message));
  for (std::size_t i = 0; i < message.enums.size(); ++i)
    AVILA_TRY_VOID(declare_enum(message.enums[i], proto.enum_type[i], name, &message));
  for (std::size_t i = 0; i < message.extensions.size(); ++i)
    AVILA_TRY_VOID(declare_field(message.extensions[i], proto.extension[i], name, true));
  return {};
}

Result<void> Linker::declare_enum(EnumDescriptor& type, const EnumDescriptorProto& proto,
                                  const std::string& scope, const MessageDescriptor* containing) {
  type.name = proto.name;
  type.full_name = joined(scope, proto.name);
  type.file = file_.get();
  type.containing = containing;
  type.closed = file_->syntax == Syntax::Proto2;
  AVILA_TRY_VOID(declare(type.full_name, Symbol::Kind::Enum, &type, proto.place, proto.name));
  if (proto.value.empty()) return error(proto.place, "enum " + type.full_name + " has no values");
  type.values.resize(proto.value.size());
  for (std::size_t i = 0; i < type.values.size(); ++i) {
    EnumValueDescriptor& value = type.values[i];
    value.name = proto.value[i].name;
    value.full_name = joined(scope, value.name);
    value.number = proto.value[i].number;
    value.type = &type;
    AVILA_TRY_VOID(declare(value.full_name, Symbol::Kind::EnumValue, &value, proto.value[i].place,
                           value.name));
    type.by_number_.emplace(value.number, i);  // the first of aliases
    type.by_name_.emplace(value.name, i);
  }
  return {};
}

Result<void> Linker::declare_field(FieldDescriptor& field, FieldDescriptorProto& proto,
                                   const std::string& scope, bool extension) {
  field.name = proto.name;
  field.full_name = joined(scope, proto.name);
  field.file = file_.get();
  field.label = proto.label;
  field.proto3_optional = proto.proto3_optional;
  field.is_extension = extension;
  if (proto.number < 1 || proto.number > static_cast<std::int32_t>(kFieldNumberMax))
    return error(proto.place, "the number of a field is between 1 and 536870911");
  field.number = static_cast<std::uint32_t>(proto.number);
  if (field.number >= kReservedNumberMin && field.number <= kReservedNumberMax)
    return error(proto.place, "field numbers 19000 to 19999 are reserved by Protocol Buffers");
  if (!proto.json_name) proto.json_name = json_name_of(field.name);
  field.json_name = *proto.json_name;
  return declare(field.full_name, extension ? Symbol::Kind::Extension : Symbol::Kind::Field, &field,
                 proto.place, field.name);
}

Result<void> Linker::declare_service(ServiceDescriptor& service,
                                     const ServiceDescriptorProto& proto) {
  service.name = proto.name;
  service.full_name = joined(file_->package, proto.name);
  service.file = file_.get();
  AVILA_TRY_VOID(
      declare(service.full_name, Symbol::Kind::Service, &service, proto.place, proto.name));
  service.methods.resize(proto.method.size());
  for (std::size_t i = 0; i < service.methods.size(); ++i) {
    MethodDescriptor& method = service.methods[i];
    method.name = proto.method[i].name;
    method.full_name = joined(service.full_name, method.name);
    method.service = &service;
    method.client_streaming = proto.method[i].client_streaming;
    method.server_streaming = proto.method[i].server_streaming;
    AVILA_TRY_VOID(declare(method.full_name, Symbol::Kind::Method, &method, proto.method[i].place,
                           method.name));
  }
  return {};
}

// --- names ---

Symbol Linker::find(std::string_view full_name) const {
  if (const auto own = symbols_.find(full_name); own != symbols_.end()) return own->second;
  const Symbol symbol = state_.find(full_name);
  if (symbol.kind == Symbol::Kind::Package) return package_visible(full_name) ? symbol : Symbol{};
  return symbol;
}

bool Linker::package_visible(std::string_view package) const {
  return std::any_of(visible_.begin(), visible_.end(), [&](const FileDescriptor* file) {
    const std::string_view theirs = file->package;
    return theirs.starts_with(package) &&
           (theirs.size() == package.size() || theirs[package.size()] == '.');
  });
}

/// The rule of C++: the first part of the name is looked up from the innermost scope outwards; the
/// rest must then be found within what it names.
Result<Symbol> Linker::resolve(std::string_view name, std::string_view scope, bool types_only,
                               SourcePlace place) const {
  const auto usable = [&](const Symbol& symbol) -> Result<Symbol> {
    if (!visible_.contains(symbol.file))
      return error(place, '"' + std::string(name) + "\" is defined in " + symbol.file->name +
                              ", which is not imported");
    return symbol;
  };
  if (name.starts_with('.')) {
    const Symbol symbol = find(name.substr(1));
    if (symbol.kind != Symbol::Kind::None) return usable(symbol);
    return error(place, '"' + std::string(name.substr(1)) + "\" is not defined");
  }
  const std::string_view first = name.substr(0, name.find('.'));
  for (;;) {
    const Symbol head = find(joined(scope, first));
    if (first.size() == name.size()) {
      if (head.kind != Symbol::Kind::None && (!types_only || head.is_type())) return usable(head);
    } else if (head.is_scope()) {
      const Symbol symbol = find(joined(scope, name));
      if (symbol.kind != Symbol::Kind::None) return usable(symbol);
      return error(place, '"' + std::string(name) + "\" is not defined: the innermost \"" +
                              std::string(first) + "\" is \"" + joined(scope, first) +
                              "\"; a leading dot starts from the outermost scope");
    }
    if (scope.empty()) break;
    const std::size_t dot = scope.rfind('.');
    scope = dot == std::string_view::npos ? std::string_view{} : scope.substr(0, dot);
  }
  if (const Symbol hidden = state_.find(name); hidden.is_type()) return usable(hidden);
  return error(place, '"' + std::string(name) + "\" is not defined");
}

Result<const MessageDescriptor*> Linker::resolve_message(std::string& name, std::string_view scope,
                                                         SourcePlace place) const {
  AVILA_TRY(const Symbol symbol, resolve(name, scope, true, place));
  const auto* message = symbol.as<MessageDescriptor>(Symbol::Kind::Message);
  if (message == nullptr) return error(place, '"' + name + "\" is not a message");
  name = '.' + message->full_name;
  return message;
}

// --- linking ---

Result<void> Linker::link_message(MessageDescriptor& message, DescriptorProto& proto) {
  // Whether it is a map entry must be known before the fields that use it are linked; those may
  // stand in any message, so the option is read from its bytes here.
  if (proto.options) {
    Reader in(as_bytes(proto.options->bytes));
    for (std::uint32_t tag = 0; in.next(tag);) {
      if (tag == make_tag(7, WireType::Varint)) {
        if (!in.boolean(message.is_map_entry)) break;
      } else if (!in.skip(tag)) {
        break;
      }
    }
    if (in.failed()) return error(proto.place, "damaged MessageOptions");
  }
  for (std::size_t i = 0; i < message.messages.size(); ++i)
    AVILA_TRY_VOID(link_message(message.messages[i], proto.nested_type[i]));
  for (std::size_t i = 0; i < message.fields.size(); ++i) {
    if (!proto.field[i].extendee.empty())
      return error(proto.field[i].place, "a field that extends a message is an extension");
    AVILA_TRY_VOID(link_field(message.fields[i], proto.field[i], message.full_name));
  }
  for (std::size_t i = 0; i < message.extensions.size(); ++i)
    AVILA_TRY_VOID(link_extension(message.extensions[i], proto.extension[i], message.full_name));
  AVILA_TRY_VOID(link_oneofs(message, proto));
  index_fields(message);
  return {};
}

Result<void> Linker::link_field(FieldDescriptor& field, FieldDescriptorProto& proto,
                                const std::string& scope) {
  const SourcePlace place = proto.type_place.line != 0 ? proto.type_place : proto.place;
  if (!proto.type_name.empty()) {
    AVILA_TRY(const Symbol symbol, resolve(proto.type_name, scope, true, place));
    field.message_type = symbol.as<MessageDescriptor>(Symbol::Kind::Message);
    field.enum_type = symbol.as<EnumDescriptor>(Symbol::Kind::Enum);
    if (field.message_type == nullptr && field.enum_type == nullptr)
      return error(place, '"' + proto.type_name + "\" is not a type");
    if (!proto.type)
      proto.type = field.message_type != nullptr ? FieldType::Message : FieldType::Enum;
    proto.type_name = '.' + (field.message_type != nullptr ? field.message_type->full_name
                                                           : field.enum_type->full_name);
  }
  if (!proto.type) return error(place, "field " + field.full_name + " has no type");
  field.type = *proto.type;
  if (field.is_message() != (field.message_type != nullptr) ||
      (field.type == FieldType::Enum) != (field.enum_type != nullptr))
    return error(place, "the type of field " + field.full_name + " and its type name disagree");
  const bool proto3 = file_->syntax == Syntax::Proto3;
  field.check_utf8 = proto3 && field.type == FieldType::String;
  field.has_presence = !field.is_repeated() &&
                       (!proto3 || field.is_message() || proto.oneof_index || field.is_extension);
  return link_default(field, proto);
}

Result<void> Linker::link_extension(FieldDescriptor& field, FieldDescriptorProto& proto,
                                    const std::string& scope) {
  AVILA_TRY(field.containing, resolve_message(proto.extendee, scope, proto.place));
  AVILA_TRY_VOID(link_field(field, proto, scope));
  if (!field.containing->is_extension_number(field.number))
    return error(proto.place, field.containing->full_name + " does not offer the number " +
                                  std::to_string(proto.number) + " to extensions");
  if (proto.oneof_index && !proto.proto3_optional)
    return error(proto.place, "an extension cannot be in a oneof");
  if (file_->syntax == Syntax::Proto3) {
    const std::string_view name = field.containing->full_name;
    if (!name.starts_with("google.protobuf.") || !name.ends_with("Options"))
      return error(proto.place, "proto3 extends the messages of options only");
  }
  const auto key = std::pair(field.containing, field.number);
  const FieldDescriptor* other = pool_.find_extension(*field.containing, field.number);
  if (const auto own = extensions_.find(key); own != extensions_.end()) other = own->second;
  if (other != nullptr)
    return error(proto.place, "the number " + std::to_string(field.number) + " of " +
                                  field.containing->full_name + " is taken by " + other->full_name);
  extensions_.emplace(key, &field);
  return {};
}

Result<void> Linker::link_default(FieldDescriptor& field, const FieldDescriptorProto& proto) {
  if (field.is_message() || field.is_repeated()) {
    if (proto.default_value)
      return error(proto.place, "a default value is for single numbers, texts and enums");
    return {};
  }
  if (field.type == FieldType::Enum && field.enum_type->values.empty())
    return error(proto.place, "an enum without values");
  field.default_value = zero_value(field);
  if (!proto.default_value) return {};
  if (file_->syntax == Syntax::Proto3) return error(proto.place, "proto3 has no default values");
  field.has_default = true;
  const std::string& text = *proto.default_value;
  const auto wrong = [&] {
    return error(proto.place,
                 "\"" + text + "\" is no default of a " + std::string(to_string(field.type)));
  };
  if (field.type == FieldType::Enum) {
    const EnumValueDescriptor* value = field.enum_type->find(text);
    if (value == nullptr)
      return error(proto.place, field.enum_type->full_name + " has no value \"" + text + '"');
    field.default_value = value->number;
    return {};
  }
  auto value = scalar_from_text(field.type, text);
  if (!value.has_value()) return wrong();
  field.default_value = std::move(*value);
  return {};
}

Result<void> Linker::link_oneofs(MessageDescriptor& message, const DescriptorProto& proto) {
  for (std::size_t i = 0; i < message.fields.size(); ++i) {
    const FieldDescriptorProto& field = proto.field[i];
    if (!field.oneof_index) {
      if (field.proto3_optional)
        return error(field.place, "an optional field of proto3 needs its synthetic oneof");
      continue;
    }
    const auto index = static_cast<std::size_t>(*field.oneof_index);
    if (*field.oneof_index < 0 || index >= message.oneofs.size())
      return error(field.place, "a field of a oneof that does not exist");
    if (field.label != Label::Optional)
      return error(field.place, "a field of a oneof is neither repeated nor required");
    message.fields[i].oneof = &message.oneofs[index];
    message.oneofs[index].fields.push_back(&message.fields[i]);
  }
  bool synthetic = false;
  for (std::size_t i = 0; i < message.oneofs.size(); ++i) {
    OneofDescriptor& oneof = message.oneofs[i];
    if (oneof.fields.empty())
      return error(proto.oneof_decl[i].place, "oneof " + oneof.full_name + " has no fields");
    oneof.synthetic = oneof.fields[0]->proto3_optional;
    if (oneof.synthetic && oneof.fields.size() != 1)
      return error(proto.oneof_decl[i].place, "a synthetic oneof has one field");
    if (synthetic && !oneof.synthetic)
      return error(proto.oneof_decl[i].place, "synthetic oneofs come behind all others");
    synthetic = oneof.synthetic;
  }
  return {};
}

void Linker::index_fields(MessageDescriptor& message) {
  constexpr std::uint32_t kLow = 64;
  for (const FieldDescriptor& field : message.fields) {
    message.fields_by_number.push_back(&field);
    message.by_name_.emplace(field.name, &field);
    message.by_json_name_.emplace(field.json_name, &field);
    if (field.number >= kLow) continue;
    if (message.low_.size() <= field.number) message.low_.resize(field.number + 1, nullptr);
    if (message.low_[field.number] == nullptr) message.low_[field.number] = &field;
  }
  std::stable_sort(message.fields_by_number.begin(), message.fields_by_number.end(),
                   [](const auto* a, const auto* b) { return a->number < b->number; });
}

Result<void> Linker::link_service(ServiceDescriptor& service, ServiceDescriptorProto& proto) {
  for (std::size_t i = 0; i < service.methods.size(); ++i) {
    MethodDescriptorProto& method = proto.method[i];
    AVILA_TRY(service.methods[i].input,
              resolve_message(method.input_type, service.full_name, method.input_place));
    AVILA_TRY(service.methods[i].output,
              resolve_message(method.output_type, service.full_name, method.output_place));
  }
  return {};
}

void Linker::commit() {
  const std::unique_lock lock(state_.access);
  for (auto& [name, symbol] : symbols_) state_.symbols.emplace(name, symbol);
  state_.extensions.insert(extensions_.begin(), extensions_.end());
  state_.by_name.emplace(file_->name, file_.get());
  state_.files.push_back(file_.get());
  state_.owned.push_back(std::move(file_));
}

}  // namespace avila::protobuf
