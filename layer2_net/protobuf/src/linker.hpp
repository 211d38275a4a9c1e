// Makes a FileDescriptor of a FileDescriptorProto: names resolved, options interpreted, the rules
// of the language checked. Nothing reaches the pool before all of it has passed.
#pragma once
#include <avila/protobuf/dynamic.hpp>
#include <avila/protobuf/pool.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace avila::protobuf {

struct Symbol {
  enum class Kind : std::uint8_t {
    None,
    Package,
    Message,
    Enum,
    EnumValue,
    Field,
    Extension,
    Oneof,
    Service,
    Method,
  };
  Kind kind = Kind::None;
  const void* object = nullptr;  // of the descriptor that `kind` says
  const FileDescriptor* file = nullptr;

  bool is_type() const noexcept { return kind == Kind::Message || kind == Kind::Enum; }
  bool is_scope() const noexcept {
    return kind == Kind::Package || kind == Kind::Message || kind == Kind::Enum ||
           kind == Kind::Service;
  }
  template <class T>
  const T* as(Kind wanted) const noexcept {
    return kind == wanted ? static_cast<const T*>(object) : nullptr;
  }
};
std::string_view to_string(Symbol::Kind kind) noexcept;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};
template <class T>
using NameMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

struct DescriptorPool::State {
  std::recursive_mutex adding;       // one file after the other
  mutable std::shared_mutex access;  // of all below
  std::vector<std::unique_ptr<FileDescriptor>> owned;
  std::vector<const FileDescriptor*> files;
  NameMap<const FileDescriptor*> by_name;
  NameMap<Symbol> symbols;
  std::map<std::pair<const MessageDescriptor*, std::uint32_t>, const FieldDescriptor*> extensions;

  Symbol find(std::string_view full_name) const noexcept;
};

class Linker {
 public:
  Linker(const DescriptorPool& pool, DescriptorPool::State& state, FileDescriptorProto proto);
  Result<const FileDescriptor*> run();

 private:
  // declaring: every name, before any is looked up
  Result<void> dependencies();
  Result<void> declare(std::string full_name, Symbol::Kind kind, const void* object,
                       SourcePlace place, std::string_view name);
  Result<void> declare_package();
  Result<void> declare_message(MessageDescriptor& message, DescriptorProto& proto,
                               const std::string& scope, const MessageDescriptor* containing);
  Result<void> declare_enum(EnumDescriptor& type, const EnumDescriptorProto& proto,
                            const std::string& scope, const MessageDescriptor* containing);
  Result<void> declare_field(FieldDescriptor& field, FieldDescriptorProto& proto,
                             const std::string& scope, bool extension);
  Result<void> declare_service(ServiceDescriptor& service, const ServiceDescriptorProto& proto);

  // linking
  Symbol find(std::string_view full_name) const;
  bool package_visible(std::string_view package) const;
  Result<Symbol> resolve(std::string_view name, std::string_view scope, bool types_only,
                         SourcePlace place) const;
  Result<const MessageDescriptor*> resolve_message(std::string& name, std::string_view scope,
                                                   SourcePlace place) const;
  Result<void> link_message(MessageDescriptor& message, DescriptorProto& proto);
  Result<void> link_field(FieldDescriptor& field, FieldDescriptorProto& proto,
                          const std::string& scope);
  Result<void> link_extension(FieldDescriptor& field, FieldDescriptorProto& proto,
                              const std::string& scope);
  Result<void> link_default(FieldDescriptor& field, const FieldDescriptorProto& proto);
  Result<void> link_oneofs(MessageDescriptor& message, const DescriptorProto& proto);
  Result<void> link_service(ServiceDescriptor& service, ServiceDescriptorProto& proto);
  void index_fields(MessageDescriptor& message);

  // checking
  Result<void> check_message(const MessageDescriptor& message, const DescriptorProto& proto) const;
  Result<void> check_numbers(const MessageDescriptor& message, const DescriptorProto& proto) const;
  Result<void> check_ranges(const DescriptorProto& proto) const;
  Result<void> check_json_names(const MessageDescriptor& message,
                                const DescriptorProto& proto) const;
  Result<void> check_map_entry(const MessageDescriptor& message,
                               const DescriptorProto& proto) const;
  Result<void> check_field(const FieldDescriptor& field, const FieldDescriptorProto& proto) const;
  Result<void> check_enum(const EnumDescriptor& type, const EnumDescriptorProto& proto) const;
  void find_required();

  // options, in linker_options.cpp
  Result<void> options_of_file();
  Result<void> options_of_message(MessageDescriptor& message, DescriptorProto& proto);
  Result<void> options_of_enum(EnumDescriptor& type, EnumDescriptorProto& proto);
  Result<void> options_of_field(FieldDescriptor& field, FieldDescriptorProto& proto,
                                const std::string& scope);
  Result<void> options_of_service(ServiceDescriptor& service, ServiceDescriptorProto& proto);
  Result<std::string> interpret(MaybeOptions& options, std::string_view type,
                                std::string_view scope);
  Result<void> set_option(DynamicMessage& message, const UninterpretedOption& option,
                          std::string_view scope);
  Result<const FieldDescriptor*> option_field(const MessageDescriptor& type,
                                              const UninterpretedOption& option, std::size_t part,
                                              std::string_view scope) const;
  Result<Value> option_value(const FieldDescriptor& field, const UninterpretedOption& option,
                             std::string_view scope);

  void commit();
  Error error(SourcePlace place, std::string_view what) const;

  const DescriptorPool& pool_;
  DescriptorPool::State& state_;
  std::unique_ptr<FileDescriptor> file_;
  FileDescriptorProto& proto_;
  NameMap<Symbol> symbols_;  // of this file
  std::set<const FileDescriptor*> visible_;
  std::map<std::pair<const MessageDescriptor*, std::uint32_t>, const FieldDescriptor*> extensions_;
};

}  // namespace avila::protobuf
