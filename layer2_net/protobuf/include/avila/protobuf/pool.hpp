// DescriptorPool: schemas by name, from .proto texts or from their binary form.
#pragma once
#include <avila/error/result.hpp>
#include <avila/error/span.hpp>
#include <avila/primitives/function_ref.hpp>
#include <avila/protobuf/descriptor.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace avila::protobuf {

/// Bytes of one .proto file.
inline constexpr std::size_t kProtoFileSizeMax = std::size_t{16} << 20;
/// Messages declared within each other, and in the name and the value of an option.
inline constexpr unsigned kProtoNestingMax = 32;
/// Files that import each other in a row.
inline constexpr unsigned kImportDepthMax = 100;
/// Bytes of a package's name, and of any full name: every declaration within holds it again.
inline constexpr std::size_t kFullNameMax = 1024;

/// Text of a .proto file to its descriptor, names not resolved. Malformed with
/// "name:line:column: what".
Result<FileDescriptorProto> parse_proto(std::string_view name, std::string_view text);

/// The text of google/protobuf/any.proto, descriptor.proto and so on; empty for other names.
std::string_view well_known_proto(std::string_view name) noexcept;
/// The names that well_known_proto() knows.
std::vector<std::string_view> well_known_protos();

/// Owns what it gives out. Any number of threads may add and look things up at once.
class DescriptorPool {
 public:
  DescriptorPool();
  DescriptorPool(DescriptorPool&&) = delete;
  ~DescriptorPool();

  /// The text of an import; Errc::NotFound for one that does not exist.
  using Resolver = FunctionRef<Result<std::string>(std::string_view name)>;

  /// Adds a file and, before it, what it imports, each text asked of `resolver`. Well-known files
  /// (google/protobuf/….proto) that it does not find are ours. A file that is there already is
  /// returned as it is. On an error nothing of the failing file is added.
  Result<const FileDescriptor*> import(std::string_view name, Resolver resolver);
  /// A file given as text; its imports must be in the pool or well known.
  Result<const FileDescriptor*> add_text(std::string_view name, std::string_view text);
  /// A file whose imports are in the pool or well known.
  Result<const FileDescriptor*> add(FileDescriptorProto file);
  /// A serialised FileDescriptorProto. The same bytes twice are no error.
  Result<const FileDescriptor*> add_serialized(ByteSpan bytes);
  /// All files of a set, in any order.
  Result<void> add(FileDescriptorSet set);

  const FileDescriptor* find_file(std::string_view name) const noexcept;
  /// By full name, without a leading dot: "google.protobuf.Any".
  const MessageDescriptor* find_message(std::string_view full_name) const noexcept;
  const EnumDescriptor* find_enum(std::string_view full_name) const noexcept;
  const ServiceDescriptor* find_service(std::string_view full_name) const noexcept;
  const MethodDescriptor* find_method(std::string_view full_name) const noexcept;
  const FieldDescriptor* find_extension(std::string_view full_name) const noexcept;
  const FieldDescriptor* find_extension(const MessageDescriptor& extendee,
                                        std::uint32_t number) const noexcept;
  /// In number order.
  std::vector<const FieldDescriptor*> extensions_of(const MessageDescriptor& extendee) const;
  /// The file that declares a message, enum, enum value, field, service, method or extension.
  const FileDescriptor* find_file_containing(std::string_view symbol) const noexcept;
  /// In the order they were added.
  std::vector<const FileDescriptor*> files() const;
  /// The files and all they import, each behind what it imports.
  static std::vector<const FileDescriptor*> with_dependencies(
      const std::vector<const FileDescriptor*>& files);

  /// Holds descriptor.proto and the other well-known files; made at the first call.
  static const DescriptorPool& well_known();

 private:
  friend class Linker;
  struct State;
  Result<const FileDescriptor*> import_at(std::string_view name, Resolver resolver, unsigned depth);
  Result<void> import_dependencies(const FileDescriptorProto& file, Resolver resolver,
                                   unsigned depth);
  std::unique_ptr<State> state_;
};

}  // namespace avila::protobuf
