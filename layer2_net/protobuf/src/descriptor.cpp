#include <algorithm>
#include <avila/protobuf/descriptor.hpp>
#include <iterator>

namespace avila::protobuf {

WireType wire_type(FieldType type) noexcept {
  switch (type) {
    case FieldType::Double:
    case FieldType::Fixed64:
    case FieldType::Sfixed64: return WireType::Fixed64;
    case FieldType::Float:
    case FieldType::Fixed32:
    case FieldType::Sfixed32: return WireType::Fixed32;
    case FieldType::String:
    case FieldType::Message:
    case FieldType::Bytes: return WireType::LengthDelimited;
    case FieldType::Group: return WireType::StartGroup;
    case FieldType::Int64:
    case FieldType::Uint64:
    case FieldType::Int32:
    case FieldType::Bool:
    case FieldType::Uint32:
    case FieldType::Enum:
    case FieldType::Sint32:
    case FieldType::Sint64: break;
  }
  return WireType::Varint;
}

std::string json_name_of(std::string_view field_name) {
  std::string name;
  bool upper = false;
  for (const char c : field_name) {
    if (c == '_') {
      upper = true;
      continue;
    }
    name += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  return name;
}

bool FieldDescriptor::is_map() const noexcept {
  return message_type != nullptr && message_type->is_map_entry && is_repeated();
}

const EnumValueDescriptor* EnumDescriptor::find(std::string_view value_name) const noexcept {
  const auto found = by_name_.find(value_name);
  return found == by_name_.end() ? nullptr : &values[found->second];
}

const EnumValueDescriptor* EnumDescriptor::find(std::int32_t number) const noexcept {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : &values[found->second];
}

const FieldDescriptor* MessageDescriptor::find_field(std::uint32_t number) const noexcept {
  if (number < low_.size()) return low_[number];
  const auto at =
      std::lower_bound(fields_by_number.begin(), fields_by_number.end(), number,
                       [](const auto* field, std::uint32_t n) { return field->number < n; });
  return at != fields_by_number.end() && (*at)->number == number ? *at : nullptr;
}

const FieldDescriptor* MessageDescriptor::find_field(std::string_view field_name) const noexcept {
  const auto found = by_name_.find(field_name);
  return found == by_name_.end() ? nullptr : found->second;
}

const FieldDescriptor* MessageDescriptor::find_field_by_json_name(
    std::string_view json_name) const noexcept {
  const auto found = by_json_name_.find(json_name);
  return found == by_json_name_.end() ? find_field(json_name) : found->second;
}

bool MessageDescriptor::is_extension_number(std::uint32_t number) const noexcept {
  const auto after =
      std::upper_bound(extension_ranges_.begin(), extension_ranges_.end(), number,
                       [](std::int64_t n, const auto& range) { return n < range.first; });
  return after != extension_ranges_.begin() && number < std::prev(after)->second;
}

const MethodDescriptor* ServiceDescriptor::find_method(
    std::string_view method_name) const noexcept {
  for (const MethodDescriptor& method : methods)
    if (method.name == method_name) return &method;
  return nullptr;
}

}  // namespace avila::protobuf
