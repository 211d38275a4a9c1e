// Made by avila-protoc from google/protobuf/struct.proto; changes will be lost.
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

struct ListValue;
struct Value;
struct Struct;

/// Open: a field may hold numbers that have no name here.
enum class NullValue : std::int32_t {
  NULL_VALUE = 0,
};
/// Its name in the .proto file; empty for a number without one.
std::string_view to_string(NullValue value) noexcept;

struct ListValue {
  static constexpr std::string_view kFullName = "google.protobuf.ListValue";

  std::vector<::avila::protobuf::wkt::Value> values;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<ListValue> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const ListValue& avila_other) const;
};

struct Value {
  static constexpr std::string_view kFullName = "google.protobuf.Value";

  /// The alternatives of oneof kind, by their place in the variant.
  enum class kind_Case : std::size_t { None = 0, null_value, number_value, string_value, bool_value,
      struct_value, list_value };
  std::variant<std::monostate, ::avila::protobuf::wkt::NullValue, double, std::string, bool,
      ::avila::protobuf::Boxed<::avila::protobuf::wkt::Struct>,
      ::avila::protobuf::Boxed<::avila::protobuf::wkt::ListValue>> kind;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  kind_Case kind_case() const noexcept { return static_cast<kind_Case>(kind.index()); }
  static ::avila::Result<Value> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const Value& avila_other) const;
};

struct Struct {
  static constexpr std::string_view kFullName = "google.protobuf.Struct";

  std::map<std::string, ::avila::protobuf::wkt::Value> fields;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<Struct> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const Struct& avila_other) const;
};

/// The file's descriptor, in protobuf::generated_pool().
const ::avila::protobuf::FileDescriptor& file_google_protobuf_struct();

}  // namespace avila::protobuf::wkt
