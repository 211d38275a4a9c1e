// The C++ code generator behind avila-protoc.
#pragma once
#include <avila/error/result.hpp>
#include <avila/protobuf/fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace avila::protobuf {

struct GeneratedFile {
  std::string name;  ///< "dir/person.pb.hpp"
  std::string content;
};

/// A header and a source for a file: plain structs with read_from() and write_to(), enums, and for
/// services the paths and types of their methods.
std::vector<GeneratedFile> generate_cpp(const FileDescriptor& file);

/// "dir/person.proto" → "dir/person.pb.hpp", as generated code includes it; the well-known files
/// are "avila/protobuf/wkt/any.pb.hpp" and so on.
std::string generated_header_name(std::string_view proto_name);
/// ".pkg.Outer.Inner" as "::pkg::Outer_Inner".
std::string cpp_name(const MessageDescriptor& message);
std::string cpp_name(const EnumDescriptor& type);
/// "a.b" as "a::b"; words of C++ get an underscore.
std::string cpp_namespace(std::string_view package);
std::string cpp_identifier(std::string_view name);

}  // namespace avila::protobuf
