// ProtoJSON: messages as JSON text and back.
// Source: Protocol Buffers documentation, "ProtoJSON Format".
#pragma once
#include <avila/error/result.hpp>
#include <avila/protobuf/dynamic.hpp>
#include <avila/protobuf/fwd.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace avila::protobuf {

/// Bytes of JSON text that from_json() reads.
inline constexpr std::size_t kJsonSizeMax = std::size_t{256} << 20;

struct JsonPrintOptions {
  int indent = 0;               ///< spaces a level; 0 writes compact text
  bool original_names = false;  ///< "foo_bar" rather than "fooBar"
  bool enums_as_numbers = false;
  bool print_zeroes = false;  ///< fields without presence too when they are zero or empty
  const DescriptorPool* pool = nullptr;  ///< for the types within Any; null: that of the message
};

struct JsonParseOptions {
  bool ignore_unknown_fields = false;  ///< and names of enum values that do not exist
  unsigned depth_max = kDepthMax;      ///< messages, lists and objects within each other
  std::size_t size_max = kJsonSizeMax;
  const DescriptorPool* pool = nullptr;  ///< as above
};

/// Fields in number order. InvalidArgument for what JSON cannot say: a Timestamp or Duration out of
/// its range, a FieldMask path that is not snake_case, an Any of an unknown type or with damaged
/// content, NaN within a google.protobuf.Value. Unknown fields are left out.
Result<std::string> to_json(const DynamicMessage& message, const JsonPrintOptions& options = {});

/// Malformed with the path of the field; LimitExceeded.
Result<DynamicMessage> from_json(const MessageDescriptor& type, std::string_view text,
                                 const JsonParseOptions& options = {});

}  // namespace avila::protobuf
