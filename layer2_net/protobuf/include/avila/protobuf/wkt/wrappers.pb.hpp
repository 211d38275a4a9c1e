// Made by avila-protoc from google/protobuf/wrappers.proto; changes will be lost.
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

struct DoubleValue;
struct FloatValue;
struct Int64Value;
struct UInt64Value;
struct Int32Value;
struct UInt32Value;
struct BoolValue;
struct StringValue;
struct BytesValue;

struct DoubleValue {
  static constexpr std::string_view kFullName = "google.protobuf.DoubleValue";

  double value = 0;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<DoubleValue> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const DoubleValue& avila_other) const;
};

struct FloatValue {
  static constexpr std::string_view kFullName = "google.protobuf.FloatValue";

  float value = 0;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<FloatValue> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const FloatValue& avila_other) const;
};

struct Int64Value {
  static constexpr std::string_view kFullName = "google.protobuf.Int64Value";

  std::int64_t value = 0;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<Int64Value> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const Int64Value& avila_other) const;
};

struct UInt64Value {
  static constexpr std::string_view kFullName = "google.protobuf.UInt64Value";

  std::uint64_t value = 0;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<UInt64Value> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const UInt64Value& avila_other) const;
};

struct Int32Value {
  static constexpr std::string_view kFullName = "google.protobuf.Int32Value";

  std::int32_t value = 0;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<Int32Value> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const Int32Value& avila_other) const;
};

struct UInt32Value {
  static constexpr std::string_view kFullName = "google.protobuf.UInt32Value";

  std::uint32_t value = 0;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<UInt32Value> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const UInt32Value& avila_other) const;
};

struct BoolValue {
  static constexpr std::string_view kFullName = "google.protobuf.BoolValue";

  bool value = false;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<BoolValue> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const BoolValue& avila_other) const;
};

struct StringValue {
  static constexpr std::string_view kFullName = "google.protobuf.StringValue";

  std::string value;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<StringValue> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const StringValue& avila_other) const;
};

struct BytesValue {
  static constexpr std::string_view kFullName = "google.protobuf.BytesValue";

  std::string value;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<BytesValue> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const BytesValue& avila_other) const;
};

/// The file's descriptor, in protobuf::generated_pool().
const ::avila::protobuf::FileDescriptor& file_google_protobuf_wrappers();

}  // namespace avila::protobuf::wkt
