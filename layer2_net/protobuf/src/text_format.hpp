// Reads the text format ("name: value, message { … }"), in which option values are written.
// Source: Protocol Buffers documentation, "Text Format Language Specification".
#pragma once
#include <avila/protobuf/dynamic.hpp>
#include <functional>

namespace avila::protobuf {

/// Looks up the names in brackets; null for none.
struct TextFormatNames {
  std::function<const FieldDescriptor*(std::string_view)> extension;
  std::function<const MessageDescriptor*(std::string_view)> message;  ///< of an Any
};

/// Malformed with "line:column".
Result<void> merge_text(DynamicMessage& message, std::string_view text,
                        const TextFormatNames& names);

}  // namespace avila::protobuf
