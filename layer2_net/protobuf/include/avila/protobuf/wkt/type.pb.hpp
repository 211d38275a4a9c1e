// Made by avila-protoc from google/protobuf/type.proto; changes will be lost.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/protobuf/fwd.hpp>
#include <avila/protobuf/generated.hpp>
#include <avila/protobuf/wire.hpp>
#include <avila/protobuf/wkt/any.pb.hpp>
#include <avila/protobuf/wkt/source_context.pb.hpp>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace avila::protobuf::wkt {

struct Option;
struct Field;
struct Type;
struct EnumValue;
struct Enum;

/// Open: a field may hold numbers that have no name here.
enum class Syntax : std::int32_t {
  SYNTAX_PROTO2 = 0,
  SYNTAX_PROTO3 = 1,
};
/// Its name in the .proto file; empty for a number without one.
std::string_view to_string(Syntax value) noexcept;

/// Open: a field may hold numbers that have no name here.
enum class Field_Kind : std::int32_t {
  TYPE_UNKNOWN = 0,
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
std::string_view to_string(Field_Kind value) noexcept;

/// Open: a field may hold numbers that have no name here.
enum class Field_Cardinality : std::int32_t {
  CARDINALITY_UNKNOWN = 0,
  CARDINALITY_OPTIONAL = 1,
  CARDINALITY_REQUIRED = 2,
  CARDINALITY_REPEATED = 3,
};
/// Its name in the .proto file; empty for a number without one.
std::string_view to_string(Field_Cardinality value) noexcept;

struct Option {
  static constexpr std::string_view kFullName = "google.protobuf.Option";

  std::string name;
  std::optional<::avila::protobuf::wkt::Any> value;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<Option> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const Option& avila_other) const;
};

struct Field {
  static constexpr std::string_view kFullName = "google.protobuf.Field";
  using Kind = ::avila::protobuf::wkt::Field_Kind;
  using Cardinality = ::avila::protobuf::wkt::Field_Cardinality;

  ::avila::protobuf::wkt::Field_Kind kind{};
  ::avila::protobuf::wkt::Field_Cardinality cardinality{};
  std::int32_t number = 0;
  std::string name;
  std::string type_url;
  std::int32_t oneof_index = 0;
  bool packed = false;
  std::vector<::avila::protobuf::wkt::Option> options;
  std::string json_name;
  std::string default_value;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<Field> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const Field& avila_other) const;
};

struct Type {
  static constexpr std::string_view kFullName = "google.protobuf.Type";

  std::string name;
  std::vector<::avila::protobuf::wkt::Field> fields;
  std::vector<std::string> oneofs;
  std::vector<::avila::protobuf::wkt::Option> options;
  std::optional<::avila::protobuf::wkt::SourceContext> source_context;
  ::avila::protobuf::wkt::Syntax syntax{};
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<Type> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const Type& avila_other) const;
};

struct EnumValue {
  static constexpr std::string_view kFullName = "google.protobuf.EnumValue";

  std::string name;
  std::int32_t number = 0;
  std::vector<::avila::protobuf::wkt::Option> options;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<EnumValue> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const EnumValue& avila_other) const;
};

struct Enum {
  static constexpr std::string_view kFullName = "google.protobuf.Enum";

  std::string name;
  std::vector<::avila::protobuf::wkt::EnumValue> enumvalue;
  std::vector<::avila::protobuf::wkt::Option> options;
  std::optional<::avila::protobuf::wkt::SourceContext> source_context;
  ::avila::protobuf::wkt::Syntax syntax{};
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<Enum> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const Enum& avila_other) const;
};

/// The file's descriptor, in protobuf::generated_pool().
const ::avila::protobuf::FileDescriptor& file_google_protobuf_type();

}  // namespace avila::protobuf::wkt
