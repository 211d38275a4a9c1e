// Numbers and bytes as descriptors and the text format write them.
#pragma once
#include <avila/error/result.hpp>
#include <avila/protobuf/descriptor_proto.hpp>
#include <avila/protobuf/value.hpp>
#include <string>
#include <string_view>

namespace avila::protobuf {

/// 15 significant digits, 17 where those lose something; "inf", "-inf", "nan".
std::string double_text(double value);
/// 6 or 9 digits likewise.
std::string float_text(float value);
/// \n \r \t \" \' \\ and three octal digits for all that is not printable ASCII.
std::string c_escape(std::string_view bytes);
/// The inverse, for bytes defaults. Malformed where an escape is wrong.
Result<std::string> c_unescape(std::string_view text);

/// FieldDescriptorProto.default_value to the value of a type that is neither enum nor message.
Result<Value> scalar_from_text(FieldType type, const std::string& text);

}  // namespace avila::protobuf
