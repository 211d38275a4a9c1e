// Made by avila-protoc from google/protobuf/api.proto; changes will be lost.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/protobuf/fwd.hpp>
#include <avila/protobuf/generated.hpp>
#include <avila/protobuf/wire.hpp>
#include <avila/protobuf/wkt/source_context.pb.hpp>
#include <avila/protobuf/wkt/type.pb.hpp>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace avila::protobuf::wkt {

struct Method;
struct Mixin;
struct Api;

struct Method {
  static constexpr std::string_view kFullName = "google.protobuf.Method";

  std::string name;
  std::string request_type_url;
  bool request_streaming = false;
  std::string response_type_url;
  bool response_streaming = false;
  std::vector<::avila::protobuf::wkt::Option> options;
  ::avila::protobuf::wkt::Syntax syntax{};
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<Method> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const Method& avila_other) const;
};

struct Mixin {
  static constexpr std::string_view kFullName = "google.protobuf.Mixin";

  std::string name;
  std::string root;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<Mixin> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const Mixin& avila_other) const;
};

struct Api {
  static constexpr std::string_view kFullName = "google.protobuf.Api";

  std::string name;
  std::vector<::avila::protobuf::wkt::Method> methods;
  std::vector<::avila::protobuf::wkt::Option> options;
  std::string version;
  std::optional<::avila::protobuf::wkt::SourceContext> source_context;
  std::vector<::avila::protobuf::wkt::Mixin> mixins;
  ::avila::protobuf::wkt::Syntax syntax{};
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<Api> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const Api& avila_other) const;
};

/// The file's descriptor, in protobuf::generated_pool().
const ::avila::protobuf::FileDescriptor& file_google_protobuf_api();

}  // namespace avila::protobuf::wkt
