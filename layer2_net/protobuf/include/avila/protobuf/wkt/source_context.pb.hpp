// Made by avila-protoc from google/protobuf/source_context.proto; changes will be lost.
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

struct SourceContext;

struct SourceContext {
  static constexpr std::string_view kFullName = "google.protobuf.SourceContext";

  std::string file_name;
  /// Fields that the .proto file does not have, as they came in.
  std::string unknown_fields;

  static ::avila::Result<SourceContext> parse(::avila::ByteSpan avila_bytes, const
      ::avila::protobuf::ParseOptions& avila_options = {});
  ::avila::Result<void> merge(::avila::ByteSpan avila_bytes, const ::avila::protobuf::ParseOptions&
      avila_options = {});
  ::avila::Result<std::string> serialize() const;
  bool read_from(::avila::protobuf::Reader& avila_in);
  void write_to(::avila::protobuf::BackwardWriter& avila_out) const;
  static const ::avila::protobuf::MessageDescriptor& descriptor();
  bool operator==(const SourceContext& avila_other) const;
};

/// The file's descriptor, in protobuf::generated_pool().
const ::avila::protobuf::FileDescriptor& file_google_protobuf_source_context();

}  // namespace avila::protobuf::wkt
