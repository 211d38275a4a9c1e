// Forward declarations only.
#pragma once

namespace avila::protobuf {

class Reader;
class Writer;
class BackwardWriter;
struct ParseOptions;
struct FileDescriptorProto;
struct FileDescriptor;
struct MessageDescriptor;
struct FieldDescriptor;
struct OneofDescriptor;
struct EnumDescriptor;
struct EnumValueDescriptor;
struct ServiceDescriptor;
struct MethodDescriptor;
class DescriptorPool;
class DynamicMessage;

}  // namespace avila::protobuf
