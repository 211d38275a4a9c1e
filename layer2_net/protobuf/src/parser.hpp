// The grammar of .proto files, proto2 and proto3. Source: Protocol Buffers language specifications.
#pragma once
#include <avila/protobuf/pool.hpp>
#include <string>
#include <unordered_set>

#include "lexer.hpp"

namespace avila::protobuf {

class ProtoParser {
 public:
  ProtoParser(std::string_view name, std::string_view text) : lexer_(name, text) {
    file_.name = name;
  }
  Result<FileDescriptorProto> parse();

 private:
  // the file
  Result<void> syntax();
  Result<void> statement();
  Result<void> import();
  Result<void> package();
  Result<void> service();
  Result<void> method(ServiceDescriptorProto& service);
  Result<void> method_type(std::string& type, bool& streaming, SourcePlace& place);
  /// `unit` within a file or a message: its fields go to `extensions`, its groups to `messages`.
  Result<void> extend(std::vector<FieldDescriptorProto>& extensions,
                      std::vector<DescriptorProto>& messages, unsigned depth);
  // messages
  Result<void> message(std::vector<DescriptorProto>& to, unsigned depth);
  Result<void> message_body(DescriptorProto& message, unsigned depth);
  Result<void> message_statement(DescriptorProto& message, unsigned depth);
  Result<void> message_field(DescriptorProto& message, unsigned depth);
  Result<void> oneof(DescriptorProto& message, unsigned depth);
  Result<void> map_field(DescriptorProto& message, SourcePlace place);
  /// From the type on; groups and their messages go to `messages`.
  Result<void> field(FieldDescriptorProto& field, std::vector<DescriptorProto>& messages,
                     unsigned depth);
  Result<void> field_rest(FieldDescriptorProto& field);
  Result<void> group(FieldDescriptorProto& field, std::vector<DescriptorProto>& messages,
                     unsigned depth);
  Result<void> type(FieldDescriptorProto& field);
  Result<void> field_options(FieldDescriptorProto& field);
  Result<void> default_value(FieldDescriptorProto& field);
  Result<void> reserved(DescriptorProto& message);
  Result<void> extension_ranges(DescriptorProto& message);
  Result<void> range(std::int32_t& start, std::int32_t& end);
  void add_synthetic_oneofs(DescriptorProto& message);
  // enums
  Result<void> enumeration(std::vector<EnumDescriptorProto>& to);
  Result<void> enum_value(EnumDescriptorProto& type);
  Result<void> enum_reserved(EnumDescriptorProto& type);
  Result<std::int32_t> enum_number(bool max_allowed);
  // options
  Result<void> option_statement(MaybeOptions& options);
  Result<void> option(MaybeOptions& options);
  Result<void> bracketed_options(MaybeOptions& options);
  Result<void> option_value(UninterpretedOption& option);
  Result<void> aggregate(UninterpretedOption& option);

  bool is_proto3() const noexcept { return file_.syntax == "proto3"; }
  Result<void> too_deep(unsigned depth) const;

  Lexer lexer_;
  FileDescriptorProto file_;
  std::unordered_set<std::string> imported_;
};

}  // namespace avila::protobuf
