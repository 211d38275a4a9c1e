// Names, layout and the two halves of the C++ generator.
#pragma once
#include <avila/protobuf/descriptor.hpp>
#include <avila/protobuf/generator.hpp>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace avila::protobuf {

/// Lines of code, two spaces a level. Lines that end in '{' open a level; those that begin with
/// '}' close one.
class CodePrinter {
 public:
  void line(std::string_view text);
  void blank() { out_ += '\n'; }
  void raw(std::string_view text) { out_ += text; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  std::size_t level_ = 0;
};

/// How a field is stored.
enum class Storage : std::uint8_t { Plain, Optional, Indirect, Vector, StdMap, Oneof };

class CppGenerator {
 public:
  explicit CppGenerator(const FileDescriptor& file);

  std::string header();
  std::string source();

 private:
  // layout: what is declared before what
  void collect(const std::vector<MessageDescriptor>& from);
  void order();
  bool in_circle(const MessageDescriptor& holder, const MessageDescriptor& held) const;

  // names
  static const std::set<std::string>& own_members();  // of every struct
  void name_members(const MessageDescriptor& message);
  const std::string& member(const FieldDescriptor& field) const { return members_.at(&field); }
  const std::string& member(const OneofDescriptor& oneof) const { return members_.at(&oneof); }
  std::string descriptor_function(const FileDescriptor& file) const;
  std::string qualified_descriptor_function(const FileDescriptor& file) const;
  /// The index in the oneof's variant, from 1.
  static std::size_t oneof_index(const FieldDescriptor& field);

  // types
  Storage storage(const FieldDescriptor& field) const;
  std::string value_type(const FieldDescriptor& field) const;
  std::string member_type(const FieldDescriptor& field) const;
  std::string oneof_type(const FieldDescriptor& field) const;
  std::string zero(const FieldDescriptor& field) const;
  std::string default_text(const FieldDescriptor& field) const;

  // header
  void includes();
  void enumeration(const EnumDescriptor& type);
  void all_enums(const std::vector<MessageDescriptor>& messages);
  void message(const MessageDescriptor& message);
  void service(const ServiceDescriptor& service);

  // source
  void define(const MessageDescriptor& message);
  void define_reader(const MessageDescriptor& message);
  void define_writer(const MessageDescriptor& message);
  void define_equality(const MessageDescriptor& message);
  void define_required(const MessageDescriptor& message);
  void read_field(const FieldDescriptor& field);
  void read_map(const FieldDescriptor& field);
  /// An expression that reads into `target`, and is false at a fault.
  std::string read_into(const FieldDescriptor& field, const std::string& in,
                        const std::string& target) const;
  void write_field(const FieldDescriptor& field);
  /// A statement that writes `value` without its tag.
  std::string write_from(const FieldDescriptor& field, const std::string& value) const;
  std::string write_tag(std::uint32_t tag) const;
  bool is_closed(const FieldDescriptor& field) const {
    return field.enum_type != nullptr && field.enum_type->closed;
  }

  const FileDescriptor& file_;
  CodePrinter out_;
  std::vector<const MessageDescriptor*> messages_;          // as they are defined
  std::map<const MessageDescriptor*, std::size_t> circle_;  // messages that hold each other
  std::map<const void*, std::string> members_;              // of fields and oneofs
};

}  // namespace avila::protobuf
