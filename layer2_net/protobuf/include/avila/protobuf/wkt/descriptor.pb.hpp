// Made by avila-protoc from google/protobuf/descriptor.proto; changes will be lost.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/protobuf/fwd.hpp>
#include <avila/protobuf/generated.hpp>
#include <avila/protobuf/wire.hpp>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace avila::protobuf::wkt {

struct UninterpretedOption_NamePart;
struct UninterpretedOption;
struct FieldOptions;
struct FieldDescriptorProto;
struct EnumValueOptions;
struct EnumValueDescriptorProto;
struct EnumOptions;
struct EnumDescriptorProto_EnumReservedRange;
struct EnumDescriptorProto;
struct ExtensionRangeOptions;
struct DescriptorProto_ExtensionRange;
struct OneofOptions;
struct OneofDescriptorProto;
struct MessageOptions;
struct DescriptorProto_ReservedRange;
struct DescriptorProto;
struct MethodOptions;
struct MethodDescriptorProto;
struct ServiceOptions;
struct ServiceDescriptorProto;
struct FileOptions;
struct SourceCodeInfo_Location;
struct SourceCodeInfo;
struct FileDescriptorProto;
struct FileDescriptorSet;
struct GeneratedCodeInfo_Annotation;
struct GeneratedCodeInfo;

/// Other numbers are kept as unknown fields.
enum class FieldDescriptorProto_Type : std::int32_t {
  TYPE_DOUBLE = 1,
  TYPE_FLOAT = 2,
  TYPE_INT64 = 3,
  TYPE_UINT64 = 4,
  TYPE_INT32 = 5,
  TYPE_FIXED64 = 6,
  TYPE_FIXED32 = 7,
  TYPE_BOOL = 8,
  TYPE_STRING = 9,
  TYPE_GROUP = 10,
  TYPE_MESSAGE = 11,
  TYPE_BYTES = 12,
  TYPE_UINT32 = 13,
  TYPE_ENUM = 14,
  TYPE_SFIXED32 = 15,
  TYPE_SFIXED64 = 16,
  TYPE_SINT32 = 17,
  TYPE_SINT64 = 18,
};
/// Its name in the .proto file; empty for a number without one.
std::string_view to_string(FieldDescriptorProto_Type value) noexcept;

/// Other numbers are kept as unknown fields.
enum class FieldDescriptorProto_Label : std::int32_t {
  LABEL_OPTIONAL = 1,
  LABEL_REQUIRED = 2,
  LABEL_REPEATED = 3,
};
/// Its name in the .proto file; empty for a number without one.
std::string_view to_string(FieldDescriptorProto_Label value) noexcept;

/// Other numbers are kept as unknown fields.
enum class FileOptions_OptimizeMode : std::int32_t {
  SPEED = 1,
  CODE_SIZE = 2,
  LITE_RUNTIME = 3,
};
/// Its name in the .proto file; empty for a number without one.
std::string_view to_string(FileOptions_OptimizeMode value) noexcept;

/// Other numbers are kept as unknown fields.
enum class FieldOptions_CType : std::int32_t {
  STRING = 0,
  CORD = 1,
  STRING_PIECE = 2,
};
/// Its name in the .proto file; empty for a number without one.
std::string_view to_string(FieldOptions_CType value) noexcept;

/// Other numbers are kept as unknown fields.
enum class FieldOptions_JSType : std::int32_t {
  JS_NORMAL = 0,
  JS_STRING = 1,
  JS_NUMBER = 2,
};
/// Its name in the .proto file; empty for a number without one.
std::string_view to_string(FieldOptions_JSType value) noexcept;

/// Other numbers are kept as unknown fields.
enum class MethodOptions_IdempotencyLevel : std::int32_t {
  IDEMPOTENCY_UNKNOWN = 0,
  NO_SIDE_EFFECTS = 1,
  IDEMPOTENT = 2,
};
/// Its name in the .proto file; empty for a number without one.
std::string_view to_string(MethodOptions_IdempotencyLevel value) noexcept;

struct UninterpretedOption_NamePart {
  static constexpr std::string_view kFullName = "google.protobuf.UninterpretedOption.NamePart";

  std::optional<std::string> name_part;
  std::optional<bool> is_extension;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<UninterpretedOption_NamePart> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const UninterpretedOption_NamePart& avila_other) const;
};

struct UninterpretedOption {
  static constexpr std::string_view kFullName = "google.protobuf.UninterpretedOption";
  using NamePart = ::avila::protobuf::wkt::UninterpretedOption_NamePart;

  std::vector<::avila::protobuf::wkt::UninterpretedOption_NamePart> name;
  std::optional<std::string> identifier_value;
  std::optional<std::uint64_t> positive_int_value;
  std::optional<std::int64_t> negative_int_value;
  std::optional<double> double_value;
  std::optional<std::string> string_value;
  std::optional<std::string> aggregate_value;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<UninterpretedOption> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const UninterpretedOption& avila_other) const;
};

struct FieldOptions {
  static constexpr std::string_view kFullName = "google.protobuf.FieldOptions";
  using CType = ::avila::protobuf::wkt::FieldOptions_CType;
  using JSType = ::avila::protobuf::wkt::FieldOptions_JSType;

  std::optional<::avila::protobuf::wkt::FieldOptions_CType> ctype;
  std::optional<bool> packed;
  std::optional<::avila::protobuf::wkt::FieldOptions_JSType> jstype;
  std::optional<bool> lazy;
  std::optional<bool> unverified_lazy;
  std::optional<bool> deprecated;
  std::optional<bool> weak;
  std::vector<::avila::protobuf::wkt::UninterpretedOption> uninterpreted_option;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  ::avila::protobuf::wkt::FieldOptions_CType ctype_or_default() const {
    return ctype.value_or(static_cast<::avila::protobuf::wkt::FieldOptions_CType>(0));
  }
  ::avila::protobuf::wkt::FieldOptions_JSType jstype_or_default() const {
    return jstype.value_or(static_cast<::avila::protobuf::wkt::FieldOptions_JSType>(0));
  }
  bool lazy_or_default() const {
    return lazy.value_or(false);
  }
  bool unverified_lazy_or_default() const {
    return unverified_lazy.value_or(false);
  }
  bool deprecated_or_default() const {
    return deprecated.value_or(false);
  }
  bool weak_or_default() const {
    return weak.value_or(false);
  }
  static ::avila::Result<FieldOptions> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const FieldOptions& avila_other) const;
};

struct FieldDescriptorProto {
  static constexpr std::string_view kFullName = "google.protobuf.FieldDescriptorProto";
  using Type = ::avila::protobuf::wkt::FieldDescriptorProto_Type;
  using Label = ::avila::protobuf::wkt::FieldDescriptorProto_Label;

  std::optional<std::string> name;
  std::optional<std::int32_t> number;
  std::optional<::avila::protobuf::wkt::FieldDescriptorProto_Label> label;
  std::optional<::avila::protobuf::wkt::FieldDescriptorProto_Type> type;
  std::optional<std::string> type_name;
  std::optional<std::string> extendee;
  std::optional<std::string> default_value;
  std::optional<std::int32_t> oneof_index;
  std::optional<std::string> json_name;
  std::optional<::avila::protobuf::wkt::FieldOptions> options;
  std::optional<bool> proto3_optional;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<FieldDescriptorProto> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const FieldDescriptorProto& avila_other) const;
};

struct EnumValueOptions {
  static constexpr std::string_view kFullName = "google.protobuf.EnumValueOptions";

  std::optional<bool> deprecated;
  std::vector<::avila::protobuf::wkt::UninterpretedOption> uninterpreted_option;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  bool deprecated_or_default() const {
    return deprecated.value_or(false);
  }
  static ::avila::Result<EnumValueOptions> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const EnumValueOptions& avila_other) const;
};

struct EnumValueDescriptorProto {
  static constexpr std::string_view kFullName = "google.protobuf.EnumValueDescriptorProto";

  std::optional<std::string> name;
  std::optional<std::int32_t> number;
  std::optional<::avila::protobuf::wkt::EnumValueOptions> options;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<EnumValueDescriptorProto> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const EnumValueDescriptorProto& avila_other) const;
};

struct EnumOptions {
  static constexpr std::string_view kFullName = "google.protobuf.EnumOptions";

  std::optional<bool> allow_alias;
  std::optional<bool> deprecated;
  std::vector<::avila::protobuf::wkt::UninterpretedOption> uninterpreted_option;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  bool deprecated_or_default() const {
    return deprecated.value_or(false);
  }
  static ::avila::Result<EnumOptions> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const EnumOptions& avila_other) const;
};

struct EnumDescriptorProto_EnumReservedRange {
  static constexpr std::string_view kFullName =
      "google.protobuf.EnumDescriptorProto.EnumReservedRange";

  std::optional<std::int32_t> start;
  std::optional<std::int32_t> end;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<EnumDescriptorProto_EnumReservedRange> parse(::avila::ByteSpan avila_bytes,
      const ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const EnumDescriptorProto_EnumReservedRange& avila_other) const;
};

struct EnumDescriptorProto {
  static constexpr std::string_view kFullName = "google.protobuf.EnumDescriptorProto";
  using EnumReservedRange = ::avila::protobuf::wkt::EnumDescriptorProto_EnumReservedRange;

  std::optional<std::string> name;
  std::vector<::avila::protobuf::wkt::EnumValueDescriptorProto> value;
  std::optional<::avila::protobuf::wkt::EnumOptions> options;
  std::vector<::avila::protobuf::wkt::EnumDescriptorProto_EnumReservedRange> reserved_range;
  std::vector<std::string> reserved_name;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<EnumDescriptorProto> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const EnumDescriptorProto& avila_other) const;
};

struct ExtensionRangeOptions {
  static constexpr std::string_view kFullName = "google.protobuf.ExtensionRangeOptions";

  std::vector<::avila::protobuf::wkt::UninterpretedOption> uninterpreted_option;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<ExtensionRangeOptions> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const ExtensionRangeOptions& avila_other) const;
};

struct DescriptorProto_ExtensionRange {
  static constexpr std::string_view kFullName = "google.protobuf.DescriptorProto.ExtensionRange";

  std::optional<std::int32_t> start;
  std::optional<std::int32_t> end;
  std::optional<::avila::protobuf::wkt::ExtensionRangeOptions> options;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<DescriptorProto_ExtensionRange> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const DescriptorProto_ExtensionRange& avila_other) const;
};

struct OneofOptions {
  static constexpr std::string_view kFullName = "google.protobuf.OneofOptions";

  std::vector<::avila::protobuf::wkt::UninterpretedOption> uninterpreted_option;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<OneofOptions> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const OneofOptions& avila_other) const;
};

struct OneofDescriptorProto {
  static constexpr std::string_view kFullName = "google.protobuf.OneofDescriptorProto";

  std::optional<std::string> name;
  std::optional<::avila::protobuf::wkt::OneofOptions> options;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<OneofDescriptorProto> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const OneofDescriptorProto& avila_other) const;
};

struct MessageOptions {
  static constexpr std::string_view kFullName = "google.protobuf.MessageOptions";

  std::optional<bool> message_set_wire_format;
  std::optional<bool> no_standard_descriptor_accessor;
  std::optional<bool> deprecated;
  std::optional<bool> map_entry;
  std::vector<::avila::protobuf::wkt::UninterpretedOption> uninterpreted_option;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  bool message_set_wire_format_or_default() const {
    return message_set_wire_format.value_or(false);
  }
  bool no_standard_descriptor_accessor_or_default() const {
    return no_standard_descriptor_accessor.value_or(false);
  }
  bool deprecated_or_default() const {
    return deprecated.value_or(false);
  }
  static ::avila::Result<MessageOptions> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const MessageOptions& avila_other) const;
};

struct DescriptorProto_ReservedRange {
  static constexpr std::string_view kFullName = "google.protobuf.DescriptorProto.ReservedRange";

  std::optional<std::int32_t> start;
  std::optional<std::int32_t> end;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<DescriptorProto_ReservedRange> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const DescriptorProto_ReservedRange& avila_other) const;
};

struct DescriptorProto {
  static constexpr std::string_view kFullName = "google.protobuf.DescriptorProto";
  using ExtensionRange = ::avila::protobuf::wkt::DescriptorProto_ExtensionRange;
  using ReservedRange = ::avila::protobuf::wkt::DescriptorProto_ReservedRange;

  std::optional<std::string> name;
  std::vector<::avila::protobuf::wkt::FieldDescriptorProto> field;
  std::vector<::avila::protobuf::wkt::FieldDescriptorProto> extension;
  std::vector<::avila::protobuf::wkt::DescriptorProto> nested_type;
  std::vector<::avila::protobuf::wkt::EnumDescriptorProto> enum_type;
  std::vector<::avila::protobuf::wkt::DescriptorProto_ExtensionRange> extension_range;
  std::vector<::avila::protobuf::wkt::OneofDescriptorProto> oneof_decl;
  std::optional<::avila::protobuf::wkt::MessageOptions> options;
  std::vector<::avila::protobuf::wkt::DescriptorProto_ReservedRange> reserved_range;
  std::vector<std::string> reserved_name;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<DescriptorProto> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const DescriptorProto& avila_other) const;
};

struct MethodOptions {
  static constexpr std::string_view kFullName = "google.protobuf.MethodOptions";
  using IdempotencyLevel = ::avila::protobuf::wkt::MethodOptions_IdempotencyLevel;

  std::optional<bool> deprecated;
  std::optional<::avila::protobuf::wkt::MethodOptions_IdempotencyLevel> idempotency_level;
  std::vector<::avila::protobuf::wkt::UninterpretedOption> uninterpreted_option;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  bool deprecated_or_default() const {
    return deprecated.value_or(false);
  }
  ::avila::protobuf::wkt::MethodOptions_IdempotencyLevel idempotency_level_or_default() const {
    return idempotency_level.value_or(
        static_cast<::avila::protobuf::wkt::MethodOptions_IdempotencyLevel>(0));
  }
  static ::avila::Result<MethodOptions> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const MethodOptions& avila_other) const;
};

struct MethodDescriptorProto {
  static constexpr std::string_view kFullName = "google.protobuf.MethodDescriptorProto";

  std::optional<std::string> name;
  std::optional<std::string> input_type;
  std::optional<std::string> output_type;
  std::optional<::avila::protobuf::wkt::MethodOptions> options;
  std::optional<bool> client_streaming;
  std::optional<bool> server_streaming;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  bool client_streaming_or_default() const {
    return client_streaming.value_or(false);
  }
  bool server_streaming_or_default() const {
    return server_streaming.value_or(false);
  }
  static ::avila::Result<MethodDescriptorProto> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const MethodDescriptorProto& avila_other) const;
};

struct ServiceOptions {
  static constexpr std::string_view kFullName = "google.protobuf.ServiceOptions";

  std::optional<bool> deprecated;
  std::vector<::avila::protobuf::wkt::UninterpretedOption> uninterpreted_option;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  bool deprecated_or_default() const {
    return deprecated.value_or(false);
  }
  static ::avila::Result<ServiceOptions> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const ServiceOptions& avila_other) const;
};

struct ServiceDescriptorProto {
  static constexpr std::string_view kFullName = "google.protobuf.ServiceDescriptorProto";

  std::optional<std::string> name;
  std::vector<::avila::protobuf::wkt::MethodDescriptorProto> method;
  std::optional<::avila::protobuf::wkt::ServiceOptions> options;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<ServiceDescriptorProto> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const ServiceDescriptorProto& avila_other) const;
};

struct FileOptions {
  static constexpr std::string_view kFullName = "google.protobuf.FileOptions";
  using OptimizeMode = ::avila::protobuf::wkt::FileOptions_OptimizeMode;

  std::optional<std::string> java_package;
  std::optional<std::string> java_outer_classname;
  std::optional<bool> java_multiple_files;
  std::optional<bool> java_generate_equals_and_hash;
  std::optional<bool> java_string_check_utf8;
  std::optional<::avila::protobuf::wkt::FileOptions_OptimizeMode> optimize_for;
  std::optional<std::string> go_package;
  std::optional<bool> cc_generic_services;
  std::optional<bool> java_generic_services;
  std::optional<bool> py_generic_services;
  std::optional<bool> php_generic_services;
  std::optional<bool> deprecated;
  std::optional<bool> cc_enable_arenas;
  std::optional<std::string> objc_class_prefix;
  std::optional<std::string> csharp_namespace;
  std::optional<std::string> swift_prefix;
  std::optional<std::string> php_class_prefix;
  std::optional<std::string> php_namespace;
  std::optional<std::string> php_metadata_namespace;
  std::optional<std::string> ruby_package;
  std::vector<::avila::protobuf::wkt::UninterpretedOption> uninterpreted_option;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  bool java_multiple_files_or_default() const {
    return java_multiple_files.value_or(false);
  }
  bool java_string_check_utf8_or_default() const {
    return java_string_check_utf8.value_or(false);
  }
  ::avila::protobuf::wkt::FileOptions_OptimizeMode optimize_for_or_default() const {
    return optimize_for.value_or( static_cast<::avila::protobuf::wkt::FileOptions_OptimizeMode>(1));
  }
  bool cc_generic_services_or_default() const {
    return cc_generic_services.value_or(false);
  }
  bool java_generic_services_or_default() const {
    return java_generic_services.value_or(false);
  }
  bool py_generic_services_or_default() const {
    return py_generic_services.value_or(false);
  }
  bool php_generic_services_or_default() const {
    return php_generic_services.value_or(false);
  }
  bool deprecated_or_default() const {
    return deprecated.value_or(false);
  }
  bool cc_enable_arenas_or_default() const {
    return cc_enable_arenas.value_or(true);
  }
  static ::avila::Result<FileOptions> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const FileOptions& avila_other) const;
};

struct SourceCodeInfo_Location {
  static constexpr std::string_view kFullName = "google.protobuf.SourceCodeInfo.Location";

  std::vector<std::int32_t> path;
  std::vector<std::int32_t> span;
  std::optional<std::string> leading_comments;
  std::optional<std::string> trailing_comments;
  std::vector<std::string> leading_detached_comments;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<SourceCodeInfo_Location> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const SourceCodeInfo_Location& avila_other) const;
};

struct SourceCodeInfo {
  static constexpr std::string_view kFullName = "google.protobuf.SourceCodeInfo";
  using Location = ::avila::protobuf::wkt::SourceCodeInfo_Location;

  std::vector<::avila::protobuf::wkt::SourceCodeInfo_Location> location;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<SourceCodeInfo> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const SourceCodeInfo& avila_other) const;
};

struct FileDescriptorProto {
  static constexpr std::string_view kFullName = "google.protobuf.FileDescriptorProto";

  std::optional<std::string> name;
  std::optional<std::string> package;
  std::vector<std::string> dependency;
  std::vector<std::int32_t> public_dependency;
  std::vector<std::int32_t> weak_dependency;
  std::vector<::avila::protobuf::wkt::DescriptorProto> message_type;
  std::vector<::avila::protobuf::wkt::EnumDescriptorProto> enum_type;
  std::vector<::avila::protobuf::wkt::ServiceDescriptorProto> service;
  std::vector<::avila::protobuf::wkt::FieldDescriptorProto> extension;
  std::optional<::avila::protobuf::wkt::FileOptions> options;
  std::optional<::avila::protobuf::wkt::SourceCodeInfo> source_code_info;
  std::optional<std::string> syntax;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<FileDescriptorProto> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const FileDescriptorProto& avila_other) const;
};

struct FileDescriptorSet {
  static constexpr std::string_view kFullName = "google.protobuf.FileDescriptorSet";

  std::vector<::avila::protobuf::wkt::FileDescriptorProto> file;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<FileDescriptorSet> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  /// The path of a required field that is missing; empty where all are there.
  std::string missing_required() const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const FileDescriptorSet& avila_other) const;
};

struct GeneratedCodeInfo_Annotation {
  static constexpr std::string_view kFullName = "google.protobuf.GeneratedCodeInfo.Annotation";

  std::vector<std::int32_t> path;
  std::optional<std::string> source_file;
  std::optional<std::int32_t> begin;
  std::optional<std::int32_t> end;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<GeneratedCodeInfo_Annotation> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const GeneratedCodeInfo_Annotation& avila_other) const;
};

struct GeneratedCodeInfo {
  static constexpr std::string_view kFullName = "google.protobuf.GeneratedCodeInfo";
  using Annotation = ::avila::protobuf::wkt::GeneratedCodeInfo_Annotation;

  std::vector<::avila::protobuf::wkt::GeneratedCodeInfo_Annotation> annotation;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<GeneratedCodeInfo> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const GeneratedCodeInfo& avila_other) const;
};

/// The file's descriptor, in protobuf::generated_pool().
const ::avila::protobuf::FileDescriptor& file_google_protobuf_descriptor();

}  // namespace avila::protobuf::wkt
