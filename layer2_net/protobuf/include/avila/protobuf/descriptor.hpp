// Descriptors: a schema with its names resolved. Made by a DescriptorPool, which owns them; they
// never change, and any thread may read them.
#pragma once
#include <avila/protobuf/descriptor_proto.hpp>
#include <avila/protobuf/value.hpp>
#include <avila/protobuf/wire.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace avila::protobuf {

enum class Syntax : std::uint8_t { Proto2, Proto3 };

/// How a FieldType travels when it is not packed.
WireType wire_type(FieldType type) noexcept;
/// Numbers, bool and enums may be packed; texts, bytes and messages may not.
constexpr bool is_packable(FieldType type) noexcept {
  return type != FieldType::String && type != FieldType::Bytes && type != FieldType::Message &&
         type != FieldType::Group;
}
/// "foo_bar" → "fooBar", the name a field has in JSON unless json_name says otherwise.
std::string json_name_of(std::string_view field_name);

struct FieldDescriptor {
  std::string name, full_name, json_name;
  std::uint32_t number = 0;
  FieldType type = FieldType::Int32;
  Label label = Label::Optional;
  bool packed = false;           ///< how we write it; both forms are read
  bool proto3_optional = false;  ///< written with `optional` in proto3
  bool has_presence = false;     ///< unset and zero are not the same
  bool is_extension = false;
  bool check_utf8 = false;                          ///< a string of a proto3 file
  const FileDescriptor* file = nullptr;             ///< where it is declared
  const MessageDescriptor* containing = nullptr;    ///< for an extension, what it extends
  const MessageDescriptor* message_type = nullptr;  ///< of Message and Group
  const EnumDescriptor* enum_type = nullptr;        ///< of Enum
  const OneofDescriptor* oneof = nullptr;           ///< the one of proto3_optional included
  std::size_t index = 0;                            ///< in containing->fields, unless an extension
  bool has_default = false;                         ///< written in the file (proto2)
  Value default_value;                              ///< of a singular scalar
  std::string options;                              ///< FieldOptions, serialised

  bool is_repeated() const noexcept { return label == Label::Repeated; }
  bool is_message() const noexcept {
    return type == FieldType::Message || type == FieldType::Group;
  }
  bool is_map() const noexcept;
  /// The oneof that the file shows; null for the one of proto3_optional.
  const OneofDescriptor* real_oneof() const noexcept { return proto3_optional ? nullptr : oneof; }
  std::uint32_t tag() const noexcept { return make_tag(number, wire_type(type)); }
};

struct OneofDescriptor {
  std::string name, full_name;
  const MessageDescriptor* containing = nullptr;
  std::vector<const FieldDescriptor*> fields;
  bool synthetic = false;  ///< of a proto3 `optional` field
  std::string options;
};

struct EnumValueDescriptor {
  std::string name, full_name;  ///< the full name is a sibling of the enum's
  std::int32_t number = 0;
  const EnumDescriptor* type = nullptr;
  std::string options;
};

struct EnumDescriptor {
  std::string name, full_name;
  const FileDescriptor* file = nullptr;
  const MessageDescriptor* containing = nullptr;  ///< null at the top of a file
  std::vector<EnumValueDescriptor> values;        ///< in the order of the file
  bool closed = false;  ///< of a proto2 file: numbers it does not have are unknown fields
  std::string options;

  const EnumValueDescriptor* find(std::string_view value_name) const noexcept;
  /// The first value with the number.
  const EnumValueDescriptor* find(std::int32_t number) const noexcept;

 private:
  friend class Linker;
  std::unordered_map<std::int32_t, std::size_t> by_number_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
};

struct MessageDescriptor {
  std::string name, full_name;
  const FileDescriptor* file = nullptr;
  const MessageDescriptor* containing = nullptr;  ///< null at the top of a file
  std::vector<FieldDescriptor> fields;            ///< in the order of the file
  std::vector<const FieldDescriptor*> fields_by_number;
  std::vector<OneofDescriptor> oneofs;  ///< the synthetic ones last
  std::vector<MessageDescriptor> messages;
  std::vector<EnumDescriptor> enums;
  std::vector<FieldDescriptor> extensions;  ///< declared within it
  bool is_map_entry = false;
  bool has_required = false;  ///< it or a message within it
  std::string options;
  const DescriptorProto* proto = nullptr;

  const FieldDescriptor* find_field(std::uint32_t number) const noexcept;
  const FieldDescriptor* find_field(std::string_view field_name) const noexcept;
  /// By json_name, else by name.
  const FieldDescriptor* find_field_by_json_name(std::string_view json_name) const noexcept;
  bool is_extension_number(std::uint32_t number) const noexcept;

 private:
  friend class Linker;
  std::vector<const FieldDescriptor*> low_;  // by number, for the first few
  std::vector<std::pair<std::int64_t, std::int64_t>>
      extension_ranges_;  // sorted; ends not included
  std::unordered_map<std::string_view, const FieldDescriptor*> by_name_, by_json_name_;
};

struct MethodDescriptor {
  std::string name, full_name;
  const ServiceDescriptor* service = nullptr;
  const MessageDescriptor* input = nullptr;
  const MessageDescriptor* output = nullptr;
  bool client_streaming = false, server_streaming = false;
  std::string options;
};

struct ServiceDescriptor {
  std::string name, full_name;
  const FileDescriptor* file = nullptr;
  std::vector<MethodDescriptor> methods;
  std::string options;

  const MethodDescriptor* find_method(std::string_view method_name) const noexcept;
};

struct FileDescriptor {
  std::string name, package;
  Syntax syntax = Syntax::Proto2;
  const DescriptorPool* pool = nullptr;
  std::vector<const FileDescriptor*> dependencies, public_dependencies;
  unsigned import_depth = 0;  ///< the longest row of imports below it
  std::vector<MessageDescriptor> messages;
  std::vector<EnumDescriptor> enums;
  std::vector<FieldDescriptor> extensions;
  std::vector<ServiceDescriptor> services;
  std::string options;
  /// With names resolved, options interpreted and json_name set, as protoc writes it.
  FileDescriptorProto proto;

  /// proto.serialize(): what gRPC reflection serves.
  std::string serialize() const { return proto.serialize(); }
};

}  // namespace avila::protobuf
