// Rules of the language that need names, types and options in place.
#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "linker.hpp"

namespace avila::protobuf {
namespace {

using Range = std::pair<std::int64_t, std::int64_t>;  // the end is not included

/// Of enums the end is `included` in a range.
template <class Ranges>
std::vector<Range> sorted(const Ranges& ranges, bool included = false) {
  std::vector<Range> out;
  for (const auto& range : ranges)
    out.emplace_back(range.start, std::int64_t{range.end} + (included ? 1 : 0));
  std::sort(out.begin(), out.end());
  return out;
}
/// Of ranges that do not overlap.
bool within(const std::vector<Range>& ranges, std::int32_t number) noexcept {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), number,
                       [](std::int32_t n, const Range& range) { return n < range.first; });
  return after != ranges.begin() && number < std::prev(after)->second;
}

}  // namespace

Result<void> Linker::check_message(const MessageDescriptor& message,
                                   const DescriptorProto& proto) const {
  AVILA_TRY_VOID(check_ranges(proto));
  AVILA_TRY_VOID(check_numbers(message, proto));
  AVILA_TRY_VOID(check_json_names(message, proto));
  if (message.is_map_entry) AVILA_TRY_VOID(check_map_entry(message, proto));
  for (std::size_t i = 0; i < message.fields.size(); ++i)
    AVILA_TRY_VOID(check_field(message.fields[i], proto.field[i]));
  for (std::size_t i = 0; i < message.extensions.size(); ++i)
    AVILA_TRY_VOID(check_field(message.extensions[i], proto.extension[i]));
  for (std::size_t i = 0; i < message.messages.size(); ++i)
    AVILA_TRY_VOID(check_message(message.messages[i], proto.nested_type[i]));
  for (std::size_t i = 0; i < message.enums.size(); ++i)
    AVILA_TRY_VOID(check_enum(message.enums[i], proto.enum_type[i]));
  return {};
}

Result<void> Linker::check_ranges(const DescriptorProto& proto) const {
  struct Named {
    std::int32_t start, end;
    const char* what;
    SourcePlace place;
  };
  std::vector<Named> ranges;
  for (const auto& range : proto.reserved_range)
    ranges.push_back({range.start, range.end, "reserved range", range.place});
  for (const auto& range : proto.extension_range)
    ranges.push_back({range.start, range.end, "extension range", range.place});
  for (const Named& range : ranges) {
    if (range.start < 1 || range.end <= range.start ||
        range.end > static_cast<std::int32_t>(kFieldNumberMax) + 1)
      return error(range.place, std::string(range.what) + "s go upwards, between 1 and 536870911");
  }
  std::stable_sort(ranges.begin(), ranges.end(),
                   [](const Named& a, const Named& b) { return a.start < b.start; });
  for (std::size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].start < ranges[i - 1].end)
      return error(ranges[i].place,
                   std::string(ranges[i].what) + " overlaps another " + ranges[i - 1].what);
  return {};
}

Result<void> Linker::check_numbers(const MessageDescriptor& message,
                                   const DescriptorProto& proto) const {
  std::unordered_map<std::int32_t, const FieldDescriptorProto*> numbers;
  const std::unordered_set<std::string_view> reserved(proto.reserved_name.begin(),
                                                      proto.reserved_name.end());
  if (reserved.size() != proto.reserved_name.size())
    return error(proto.place, "a name is reserved twice");
  const std::vector<Range> reserved_ranges = sorted(proto.reserved_range);
  const std::vector<Range> extension_ranges = sorted(proto.extension_range);
  for (const FieldDescriptorProto& field : proto.field) {
    const std::string number = std::to_string(field.number);
    const auto [other, fresh] = numbers.emplace(field.number, &field);
    if (!fresh)
      return error(field.place, "the number " + number + " of " + message.full_name +
                                    " is taken by field " + other->second->name);
    if (within(reserved_ranges, field.number))
      return error(field.place, "field " + field.name + " uses the reserved number " + number);
    if (within(extension_ranges, field.number))
      return error(field.place,
                   "field " + field.name + " uses the number " + number + " of an extension range");
    if (reserved.contains(field.name))
      return error(field.place, "the field name \"" + field.name + "\" is reserved");
  }
  return {};
}

Result<void> Linker::check_json_names(const MessageDescriptor& message,
                                      const DescriptorProto& proto) const {
  std::unordered_map<std::string_view, const FieldDescriptor*> names;
  for (std::size_t i = 0; i < message.fields.size(); ++i) {
    const FieldDescriptor& field = message.fields[i];
    const auto [other, fresh] = names.emplace(field.json_name, &field);
    // proto2 files of old may hold such names; there the first field has it.
    if (!fresh && (file_->syntax == Syntax::Proto3 || field.json_name != json_name_of(field.name)))
      return error(proto.field[i].place, "the JSON name \"" + field.json_name +
                                             "\" is that of field " + other->second->name +
                                             " already");
  }
  return {};
}

/// protoc makes these of map fields; from elsewhere they could have any shape.
Result<void> Linker::check_map_entry(const MessageDescriptor& message,
                                     const DescriptorProto& proto) const {
  const auto& fields = message.fields;
  const bool shaped = fields.size() == 2 && message.containing != nullptr &&
                      fields[0].number == 1 && fields[1].number == 2 && fields[0].name == "key" &&
                      fields[1].name == "value" && fields[0].label == Label::Optional &&
                      fields[1].label == Label::Optional && fields[0].oneof == nullptr &&
                      fields[1].oneof == nullptr && fields[1].type != FieldType::Group &&
                      proto.extension_range.empty();
  if (!shaped) return error(proto.place, "map_entry is for the messages that map fields make");
  switch (fields[0].type) {
    case FieldType::Float:
    case FieldType::Double:
    case FieldType::Bytes:
    case FieldType::Enum:
    case FieldType::Message:
    case FieldType::Group:
      return error(proto.place, "a map's key is an integer, a bool or a string");
    default: break;
  }
  if (fields[1].type == FieldType::Enum && !fields[1].enum_type->values.empty() &&
      fields[1].enum_type->values[0].number != 0)
    return error(proto.place, "an enum as a map's value must begin with 0");
  return {};
}

Result<void> Linker::check_field(const FieldDescriptor& field,
                                 const FieldDescriptorProto& proto) const {
  const bool proto3 = file_->syntax == Syntax::Proto3;
  if (proto3) {
    if (field.label == Label::Required) return error(proto.place, "proto3 has no required fields");
    if (field.type == FieldType::Group) return error(proto.place, "proto3 has no groups");
    if (field.type == FieldType::Enum && field.enum_type->closed)
      return error(proto.type_place, "enum " + field.enum_type->full_name +
                                         " is of a proto2 file: proto3 messages use proto3 enums");
  } else if (field.proto3_optional) {
    return error(proto.place, "proto3_optional in a proto2 file");
  }
  if (field.is_extension && field.label == Label::Required)
    return error(proto.place, "an extension cannot be required");
  if (field.message_type != nullptr && field.message_type->is_map_entry) {
    // The entry is the field's own: of the same scope, made from its name.
    if (!field.is_repeated() || field.is_extension ||
        field.message_type->containing != field.containing)
      return error(proto.place, "the type of the field is a map's entry");
  }
  return {};
}

Result<void> Linker::check_enum(const EnumDescriptor& type,
                                const EnumDescriptorProto& proto) const {
  if (!type.closed && type.values[0].number != 0)
    return error(proto.value[0].place, "the first value of a proto3 enum must be 0");
  bool alias = false;
  Reader in(as_bytes(type.options));
  for (std::uint32_t tag = 0; in.next(tag);)
    if (!(tag == make_tag(2, WireType::Varint) ? in.boolean(alias) : in.skip(tag))) break;
  if (in.failed()) return error(proto.place, "damaged EnumOptions");
  const std::unordered_set<std::string_view> reserved(proto.reserved_name.begin(),
                                                      proto.reserved_name.end());
  const std::vector<Range> ranges = sorted(proto.reserved_range, true);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].second <= ranges[i].first)
      return error(proto.place, "a reserved range goes upwards");
    if (i > 0 && ranges[i].first < ranges[i - 1].second)
      return error(proto.place, "reserved ranges of enum " + type.full_name + " overlap");
  }
  std::unordered_map<std::int32_t, const EnumValueDescriptorProto*> numbers;
  for (const EnumValueDescriptorProto& value : proto.value) {
    const auto [other, fresh] = numbers.emplace(value.number, &value);
    if (!fresh && !alias)
      return error(value.place, "the number " + std::to_string(value.number) + " is that of " +
                                    other->second->name +
                                    " already; option allow_alias = true permits it");
    if (reserved.contains(value.name))
      return error(value.place, "the value name \"" + value.name + "\" is reserved");
    if (within(ranges, value.number))
      return error(value.place,
                   value.name + " uses the reserved number " + std::to_string(value.number));
  }
  return {};
}

/// Messages that hold required fields, they or what they hold: spread from those that do to their
/// holders, as messages refer to each other in circles.
void Linker::find_required() {
  std::unordered_map<const MessageDescriptor*, std::vector<MessageDescriptor*>> holders;
  std::vector<MessageDescriptor*> todo;
  const auto collect = [&](auto&& self, std::vector<MessageDescriptor>& from) -> void {
    for (MessageDescriptor& message : from) {
      // What extensions hold is not known here.
      message.has_required = !message.proto->extension_range.empty();
      for (const FieldDescriptor& field : message.fields) {
        if (field.label == Label::Required) message.has_required = true;
        if (field.message_type == nullptr) continue;
        if (field.message_type->file == file_.get())
          holders[field.message_type].push_back(&message);
        else if (field.message_type->has_required)
          message.has_required = true;
      }
      if (message.has_required) todo.push_back(&message);
      self(self, message.messages);
    }
  };
  collect(collect, file_->messages);
  while (!todo.empty()) {
    const MessageDescriptor* held = todo.back();
    todo.pop_back();
    for (MessageDescriptor* holder : holders[held]) {
      if (holder->has_required) continue;
      holder->has_required = true;
      todo.push_back(holder);
    }
  }
}

}  // namespace avila::protobuf
