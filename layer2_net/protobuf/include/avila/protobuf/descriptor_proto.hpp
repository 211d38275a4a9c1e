// google/protobuf/descriptor.proto as plain structs: what a .proto file says, before names are
// resolved; the form in which schemas travel (FileDescriptorSet, gRPC reflection).
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace avila::protobuf {

/// FieldDescriptorProto.Type.
enum class FieldType : std::uint8_t {
  Double = 1,
  Float,
  Int64,
  Uint64,
  Int32,
  Fixed64,
  Fixed32,
  Bool,
  String,
  Group,
  Message,
  Bytes,
  Uint32,
  Enum,
  Sfixed32,
  Sfixed64,
  Sint32,
  Sint64,
};
/// "double", "float", "int64" …, as a .proto file has them.
std::string_view to_string(FieldType type) noexcept;

/// FieldDescriptorProto.Label.
enum class Label : std::uint8_t { Optional = 1, Required, Repeated };

/// Where in its source something stands; from 1, 0 where there is no source. Not serialised.
struct SourcePlace {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// An option as written, before its name is resolved.
struct UninterpretedOption {
  struct NamePart {
    std::string name;
    bool is_extension = false;  ///< written in parentheses
  };
  std::vector<NamePart> name;
  std::optional<std::string> identifier_value;
  std::optional<std::uint64_t> positive_int_value;
  std::optional<std::int64_t> negative_int_value;
  std::optional<double> double_value;
  std::optional<std::string> string_value;
  std::optional<std::string> aggregate_value;  ///< the text between braces
  SourcePlace place;
};

/// A FileOptions, MessageOptions … message: the interpreted options serialised (custom ones are
/// among them), and those that are not interpreted yet.
struct OptionsProto {
  std::string bytes;
  std::vector<UninterpretedOption> uninterpreted;
};
using MaybeOptions = std::optional<OptionsProto>;

struct FieldDescriptorProto {
  std::string name;
  std::int32_t number = 0;
  Label label = Label::Optional;
  std::optional<FieldType> type;  ///< absent for a named type not resolved yet
  std::string type_name;          ///< with a leading dot once it is resolved
  std::string extendee;
  std::optional<std::string> default_value;
  std::optional<std::int32_t> oneof_index;
  std::optional<std::string> json_name;
  bool proto3_optional = false;
  MaybeOptions options;
  std::string unknown_fields;
  SourcePlace place, type_place;
};

struct OneofDescriptorProto {
  std::string name;
  MaybeOptions options;
  std::string unknown_fields;
  SourcePlace place;
};

struct EnumValueDescriptorProto {
  std::string name;
  std::int32_t number = 0;
  MaybeOptions options;
  std::string unknown_fields;
  SourcePlace place;
};

struct EnumDescriptorProto {
  struct ReservedRange {
    std::int32_t start = 0, end = 0;  ///< both included
  };
  std::string name;
  std::vector<EnumValueDescriptorProto> value;
  std::vector<ReservedRange> reserved_range;
  std::vector<std::string> reserved_name;
  MaybeOptions options;
  std::string unknown_fields;
  SourcePlace place;
};

struct DescriptorProto {
  struct ExtensionRange {
    std::int32_t start = 0, end = 0;  ///< end is not included
    MaybeOptions options;
    SourcePlace place;
  };
  struct ReservedRange {
    std::int32_t start = 0, end = 0;  ///< end is not included
    SourcePlace place;
  };
  std::string name;
  std::vector<FieldDescriptorProto> field, extension;
  std::vector<DescriptorProto> nested_type;
  std::vector<EnumDescriptorProto> enum_type;
  std::vector<ExtensionRange> extension_range;
  std::vector<OneofDescriptorProto> oneof_decl;
  std::vector<ReservedRange> reserved_range;
  std::vector<std::string> reserved_name;
  MaybeOptions options;
  std::string unknown_fields;
  SourcePlace place;
};

struct MethodDescriptorProto {
  std::string name;
  std::string input_type, output_type;
  bool client_streaming = false, server_streaming = false;
  MaybeOptions options;
  std::string unknown_fields;
  SourcePlace place, input_place, output_place;
};

struct ServiceDescriptorProto {
  std::string name;
  std::vector<MethodDescriptorProto> method;
  MaybeOptions options;
  std::string unknown_fields;
  SourcePlace place;
};

struct FileDescriptorProto {
  std::string name;     ///< as imports name it: "google/protobuf/any.proto"
  std::string package;  ///< may be empty
  std::vector<std::string> dependency;
  std::vector<std::int32_t> public_dependency, weak_dependency;  ///< indices into `dependency`
  std::vector<DescriptorProto> message_type;
  std::vector<EnumDescriptorProto> enum_type;
  std::vector<ServiceDescriptorProto> service;
  std::vector<FieldDescriptorProto> extension;
  MaybeOptions options;
  std::string syntax;          ///< "" (which means proto2), "proto2" or "proto3"
  std::string unknown_fields;  ///< source_code_info among them
  std::vector<SourcePlace> dependency_places;

  /// Malformed, with the byte offset.
  static Result<FileDescriptorProto> parse(ByteSpan bytes);
  std::string serialize() const;
};

struct FileDescriptorSet {
  std::vector<FileDescriptorProto> file;

  static Result<FileDescriptorSet> parse(ByteSpan bytes);
  std::string serialize() const;
};

}  // namespace avila::protobuf
