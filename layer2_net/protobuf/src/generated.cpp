#include <avila/protobuf/dynamic.hpp>
#include <avila/protobuf/generated.hpp>
#include <avila/protobuf/json.hpp>
#include <avila/protobuf/pool.hpp>

namespace avila::protobuf {
namespace {

DescriptorPool& pool() {
  static DescriptorPool* const made = new DescriptorPool;  // outlives every user
  return *made;
}

}  // namespace

Error missing_field(std::string_view message, std::string_view path) {
  return Error(Errc::PreconditionFailed, "required field " + std::string(path) + " is missing")
      .context(message);
}

const FileDescriptor& generated_file(
    std::string_view bytes, std::initializer_list<const FileDescriptor& (*)()> dependencies) {
  for (const auto dependency : dependencies) (void)dependency();
  const auto file = pool().add_serialized(as_bytes(bytes));
  // Two generated files that declare the same name cannot be in one program.
  AVILA_ASSERT(file.has_value());
  return **file;
}

const MessageDescriptor& generated_message(const FileDescriptor& file, std::string_view full_name) {
  const MessageDescriptor* message = file.pool->find_message(full_name);
  AVILA_ASSERT(message != nullptr);
  return *message;
}

const ServiceDescriptor& generated_service(const FileDescriptor& file, std::string_view full_name) {
  const ServiceDescriptor* service = file.pool->find_service(full_name);
  AVILA_ASSERT(service != nullptr);
  return *service;
}

const DescriptorPool& generated_pool() { return pool(); }

namespace detail {

Result<std::string> bytes_to_json(const MessageDescriptor& type, ByteSpan bytes,
                                  const JsonPrintOptions* options) {
  AVILA_TRY(const DynamicMessage message, DynamicMessage::parse(type, bytes));
  return protobuf::to_json(message, options != nullptr ? *options : JsonPrintOptions{});
}

Result<std::string> json_to_bytes(const MessageDescriptor& type, std::string_view text,
                                  const JsonParseOptions* options) {
  AVILA_TRY(const DynamicMessage message,
            protobuf::from_json(type, text, options != nullptr ? *options : JsonParseOptions{}));
  return message.serialize();
}

}  // namespace detail
}  // namespace avila::protobuf
