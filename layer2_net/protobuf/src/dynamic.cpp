#include <algorithm>
#include <avila/protobuf/dynamic.hpp>
#include <avila/protobuf/pool.hpp>

namespace avila::protobuf {

MessageBox::MessageBox(const MessageDescriptor& type) : message_(new DynamicMessage(type)) {}
MessageBox::MessageBox(DynamicMessage message) : message_(new DynamicMessage(std::move(message))) {}
MessageBox::MessageBox(const MessageBox& other)
    : message_(other.message_ == nullptr ? nullptr : new DynamicMessage(*other.message_)) {}
MessageBox::~MessageBox() { delete message_; }
bool operator==(const MessageBox& a, const MessageBox& b) noexcept { return *a == *b; }

Value zero_value(const FieldDescriptor& field) {
  switch (field.type) {
    case FieldType::Double: return 0.0;
    case FieldType::Float: return 0.0F;
    case FieldType::Int64:
    case FieldType::Sfixed64:
    case FieldType::Sint64: return std::int64_t{0};
    case FieldType::Uint64:
    case FieldType::Fixed64: return std::uint64_t{0};
    case FieldType::Int32:
    case FieldType::Sfixed32:
    case FieldType::Sint32: return std::int32_t{0};
    case FieldType::Uint32:
    case FieldType::Fixed32: return std::uint32_t{0};
    case FieldType::Bool: return false;
    case FieldType::String:
    case FieldType::Bytes: return std::string();
    case FieldType::Enum:
      return field.enum_type->closed ? field.enum_type->values[0].number : std::int32_t{0};
    case FieldType::Message:
    case FieldType::Group: break;
  }
  return MessageBox(*field.message_type);
}

namespace {

/// The index of the field's alternative in Value.
std::size_t alternative(FieldType type) noexcept {
  switch (type) {
    case FieldType::Bool: return 1;
    case FieldType::Int32:
    case FieldType::Sfixed32:
    case FieldType::Sint32:
    case FieldType::Enum: return 2;
    case FieldType::Int64:
    case FieldType::Sfixed64:
    case FieldType::Sint64: return 3;
    case FieldType::Uint32:
    case FieldType::Fixed32: return 4;
    case FieldType::Uint64:
    case FieldType::Fixed64: return 5;
    case FieldType::Float: return 6;
    case FieldType::Double: return 7;
    case FieldType::String:
    case FieldType::Bytes: return 8;
    case FieldType::Message:
    case FieldType::Group: break;
  }
  return 9;
}

/// Zero by its bits: -0.0 is a value.
bool is_zero(const Value& value) noexcept {
  return std::visit(
      [](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          return true;
        } else if constexpr (std::is_same_v<T, std::string>) {
          return v.empty();
        } else if constexpr (std::is_same_v<T, MessageBox>) {
          return false;
        } else if constexpr (std::is_same_v<T, double>) {
          return std::bit_cast<std::uint64_t>(v) == 0;
        } else if constexpr (std::is_same_v<T, float>) {
          return std::bit_cast<std::uint32_t>(v) == 0;
        } else {
          return v == T{};
        }
      },
      value);
}

Value to_value(const MapKey& key) {
  return std::visit([](const auto& k) { return Value(k); }, key);
}

/// Without a tag; messages with their length, groups up to their end.
void write_value(BackwardWriter& out, const FieldDescriptor& field, const Value& value) {
  switch (field.type) {
    case FieldType::Double:
      return out.fixed64(std::bit_cast<std::uint64_t>(std::get<double>(value)));
    case FieldType::Float: return out.fixed32(std::bit_cast<std::uint32_t>(std::get<float>(value)));
    case FieldType::Int64:
      return out.varint(static_cast<std::uint64_t>(std::get<std::int64_t>(value)));
    case FieldType::Uint64: return out.varint(std::get<std::uint64_t>(value));
    case FieldType::Int32:
    case FieldType::Enum:  // sign-extended to 64 bits
      return out.varint(
          static_cast<std::uint64_t>(static_cast<std::int64_t>(std::get<std::int32_t>(value))));
    case FieldType::Fixed64: return out.fixed64(std::get<std::uint64_t>(value));
    case FieldType::Fixed32: return out.fixed32(std::get<std::uint32_t>(value));
    case FieldType::Bool: return out.varint(std::get<bool>(value) ? 1 : 0);
    case FieldType::String:
      return field.check_utf8 ? out.text(std::get<std::string>(value))
                              : out.bytes(std::get<std::string>(value));
    case FieldType::Bytes: return out.bytes(std::get<std::string>(value));
    case FieldType::Uint32: return out.varint(std::get<std::uint32_t>(value));
    case FieldType::Sfixed32:
      return out.fixed32(static_cast<std::uint32_t>(std::get<std::int32_t>(value)));
    case FieldType::Sfixed64:
      return out.fixed64(static_cast<std::uint64_t>(std::get<std::int64_t>(value)));
    case FieldType::Sint32: return out.varint(zigzag_encode(std::get<std::int32_t>(value)));
    case FieldType::Sint64: return out.varint(zigzag_encode(std::get<std::int64_t>(value)));
    case FieldType::Message:
    case FieldType::Group: {
      if (!out.enter()) return;
      const std::size_t mark = out.size();
      if (field.type == FieldType::Group) out.varint(make_tag(field.number, WireType::EndGroup));
      std::get<MessageBox>(value)->write_to(out);
      if (field.type == FieldType::Message) out.length_since(mark);
      out.leave();
      return;
    }
  }
}

void write_tagged(BackwardWriter& out, const FieldDescriptor& field, const Value& value) {
  write_value(out, field, value);
  out.varint(field.tag());
}

void write_list(BackwardWriter& out, const FieldDescriptor& field, const List& list) {
  if (!field.packed) {
    for (auto at = list.rbegin(); at != list.rend(); ++at) write_tagged(out, field, *at);
    return;
  }
  const std::size_t mark = out.size();
  for (auto at = list.rbegin(); at != list.rend(); ++at) write_value(out, field, *at);
  out.length_since(mark);
  out.varint(make_tag(field.number, WireType::LengthDelimited));
}

void write_map(BackwardWriter& out, const FieldDescriptor& field, const Map& map) {
  const FieldDescriptor& key = field.message_type->fields[0];
  const FieldDescriptor& value = field.message_type->fields[1];
  for (auto at = map.rbegin(); at != map.rend(); ++at) {
    if (!out.enter()) return;
    const std::size_t mark = out.size();
    write_tagged(out, value, at->second);
    write_tagged(out, key, to_value(at->first));
    out.length_since(mark);
    out.varint(field.tag());
    out.leave();
  }
}

/// A number, bool, enum, text or bytes.
bool read_scalar(Reader& in, const FieldDescriptor& field, Value& value) {
  switch (field.type) {
    case FieldType::Double: return in.double_(value.emplace<double>());
    case FieldType::Float: return in.float_(value.emplace<float>());
    case FieldType::Int64: return in.int64(value.emplace<std::int64_t>());
    case FieldType::Uint64: return in.uint64(value.emplace<std::uint64_t>());
    case FieldType::Int32:
    case FieldType::Enum: return in.int32(value.emplace<std::int32_t>());
    case FieldType::Fixed64: return in.fixed64(value.emplace<std::uint64_t>());
    case FieldType::Fixed32: return in.fixed32(value.emplace<std::uint32_t>());
    case FieldType::Bool: return in.boolean(value.emplace<bool>());
    case FieldType::String:
      return field.check_utf8 ? in.text(value.emplace<std::string>())
                              : in.bytes(value.emplace<std::string>());
    case FieldType::Bytes: return in.bytes(value.emplace<std::string>());
    case FieldType::Uint32: return in.uint32(value.emplace<std::uint32_t>());
    case FieldType::Sfixed32: return in.sfixed32(value.emplace<std::int32_t>());
    case FieldType::Sfixed64: return in.sfixed64(value.emplace<std::int64_t>());
    case FieldType::Sint32: return in.sint32(value.emplace<std::int32_t>());
    case FieldType::Sint64: return in.sint64(value.emplace<std::int64_t>());
    case FieldType::Message:
    case FieldType::Group: break;
  }
  return false;
}

bool read_message(Reader& in, const FieldDescriptor& field, DynamicMessage& message) {
  Reader::Scope scope;
  const bool entered =
      field.type == FieldType::Group ? in.enter_group(field.number, scope) : in.enter(scope);
  return entered && message.read_from(in) && in.leave(scope);
}

/// A number that a closed enum does not have: it goes to the unknown fields.
bool is_foreign(const FieldDescriptor& field, const Value& value) noexcept {
  return field.type == FieldType::Enum && field.enum_type->closed &&
         field.enum_type->find(std::get<std::int32_t>(value)) == nullptr;
}

const List kNoList;
const Map kNoMap;

}  // namespace

bool fits(const FieldDescriptor& field, const Value& value) noexcept {
  if (value.index() != alternative(field.type)) return false;
  return !field.is_message() || &std::get<MessageBox>(value)->type() == field.message_type;
}

// --- slots ---

const DynamicMessage::Slot* DynamicMessage::slot(const FieldDescriptor& field) const noexcept {
  AVILA_ASSERT(field.containing == type_);
  if (!field.is_extension) return slots_.empty() ? nullptr : &slots_[field.index];
  const auto found = extensions_.find(field.number);
  return found == extensions_.end() ? nullptr : &found->second.slot;
}

DynamicMessage::Slot& DynamicMessage::mutable_slot(const FieldDescriptor& field) {
  AVILA_ASSERT(field.containing == type_);
  if (field.is_extension)
    return extensions_.try_emplace(field.number, Extension{&field, {}}).first->second.slot;
  if (slots_.empty()) slots_.resize(type_->fields.size());
  return slots_[field.index];
}

Value& DynamicMessage::mutable_value(const FieldDescriptor& field) {
  if (field.oneof != nullptr)
    for (const FieldDescriptor* other : field.oneof->fields)
      if (other != &field) clear(*other);
  Slot& place = mutable_slot(field);
  if (auto* value = std::get_if<Value>(&place)) return *value;
  return place.emplace<Value>();
}

bool DynamicMessage::has(const FieldDescriptor& field) const noexcept {
  const Slot* place = slot(field);
  if (place == nullptr) return false;
  if (const auto* value = std::get_if<Value>(place))
    return field.has_presence || field.label == Label::Required || !is_zero(*value);
  if (const auto* list = std::get_if<List>(place)) return !list->empty();
  if (const auto* map = std::get_if<Map>(place)) return !map->empty();
  return false;
}

void DynamicMessage::clear(const FieldDescriptor& field) noexcept {
  AVILA_ASSERT(field.containing == type_);
  if (field.is_extension) {
    extensions_.erase(field.number);
  } else if (!slots_.empty()) {
    slots_[field.index].emplace<std::monostate>();
  }
}

void DynamicMessage::clear() noexcept {
  slots_.clear();
  extensions_.clear();
  unknown_.clear();
}

const Value* DynamicMessage::find(const FieldDescriptor& field) const noexcept {
  const Slot* place = slot(field);
  return place == nullptr ? nullptr : std::get_if<Value>(place);
}

Value DynamicMessage::get(const FieldDescriptor& field) const {
  AVILA_ASSERT(!field.is_repeated());
  if (const Value* value = find(field); value != nullptr) return *value;
  return field.is_message() ? zero_value(field) : field.default_value;
}

Value DynamicMessage::get(std::string_view field_name) const {
  const FieldDescriptor* field = type_->find_field(field_name);
  if (field == nullptr || field->is_repeated()) return {};
  return get(*field);
}

const List& DynamicMessage::list(const FieldDescriptor& field) const noexcept {
  AVILA_ASSERT(field.is_repeated() && !field.is_map());
  const Slot* place = slot(field);
  const List* list = place == nullptr ? nullptr : std::get_if<List>(place);
  return list == nullptr ? kNoList : *list;
}

const Map& DynamicMessage::map(const FieldDescriptor& field) const noexcept {
  AVILA_ASSERT(field.is_map());
  const Slot* place = slot(field);
  const Map* map = place == nullptr ? nullptr : std::get_if<Map>(place);
  return map == nullptr ? kNoMap : *map;
}

const DynamicMessage* DynamicMessage::message(const FieldDescriptor& field) const noexcept {
  AVILA_ASSERT(field.is_message() && !field.is_repeated());
  const Value* value = find(field);
  return value == nullptr ? nullptr : &*std::get<MessageBox>(*value);
}

static Error unfit(const FieldDescriptor& field) {
  return Error(Errc::InvalidArgument, "the value's type is not that of field " + field.full_name +
                                          " (" + std::string(to_string(field.type)) + ')');
}

Result<void> DynamicMessage::set(const FieldDescriptor& field, Value value) {
  if (field.is_repeated() || !fits(field, value)) return unfit(field);
  mutable_value(field) = std::move(value);
  return {};
}

Result<void> DynamicMessage::add(const FieldDescriptor& field, Value value) {
  if (!field.is_repeated() || field.is_map() || !fits(field, value)) return unfit(field);
  mutable_list(field).push_back(std::move(value));
  return {};
}

Result<void> DynamicMessage::insert(const FieldDescriptor& field, MapKey key, Value value) {
  if (!field.is_map() || !fits(field.message_type->fields[0], to_value(key)) ||
      !fits(field.message_type->fields[1], value))
    return unfit(field);
  mutable_map(field).insert_or_assign(std::move(key), std::move(value));
  return {};
}

static Error no_field(const MessageDescriptor& type, std::string_view name) {
  return Error(Errc::NotFound, type.full_name + " has no field \"" + std::string(name) + '"');
}

Result<void> DynamicMessage::set(std::string_view field_name, Value value) {
  const FieldDescriptor* field = type_->find_field(field_name);
  if (field == nullptr) return no_field(*type_, field_name);
  return set(*field, std::move(value));
}

Result<void> DynamicMessage::add(std::string_view field_name, Value value) {
  const FieldDescriptor* field = type_->find_field(field_name);
  if (field == nullptr) return no_field(*type_, field_name);
  return add(*field, std::move(value));
}

DynamicMessage& DynamicMessage::mutable_message(const FieldDescriptor& field) {
  AVILA_ASSERT(field.is_message() && !field.is_repeated());
  Value& value = mutable_value(field);
  if (value.index() == 0) value.emplace<MessageBox>(*field.message_type);
  return *std::get<MessageBox>(value);
}

DynamicMessage& DynamicMessage::add_message(const FieldDescriptor& field) {
  AVILA_ASSERT(field.is_message() && field.is_repeated() && !field.is_map());
  return *std::get<MessageBox>(mutable_list(field).emplace_back(MessageBox(*field.message_type)));
}

List& DynamicMessage::mutable_list(const FieldDescriptor& field) {
  AVILA_ASSERT(field.is_repeated() && !field.is_map());
  Slot& place = mutable_slot(field);
  if (auto* list = std::get_if<List>(&place)) return *list;
  return place.emplace<List>();
}

Map& DynamicMessage::mutable_map(const FieldDescriptor& field) {
  AVILA_ASSERT(field.is_map());
  Slot& place = mutable_slot(field);
  if (auto* map = std::get_if<Map>(&place)) return *map;
  return place.emplace<Map>();
}

const FieldDescriptor* DynamicMessage::which(const OneofDescriptor& oneof) const noexcept {
  for (const FieldDescriptor* field : oneof.fields)
    if (find(*field) != nullptr) return field;
  return nullptr;
}

std::vector<const FieldDescriptor*> DynamicMessage::set_fields() const {
  std::vector<const FieldDescriptor*> fields;
  if (!slots_.empty())
    for (const FieldDescriptor* field : type_->fields_by_number)
      if (has(*field)) fields.push_back(field);
  for (const auto& [number, extension] : extensions_)
    if (has(*extension.field)) fields.push_back(extension.field);
  if (!extensions_.empty())
    std::stable_sort(fields.begin(), fields.end(),
                     [](const auto* a, const auto* b) { return a->number < b->number; });
  return fields;
}

bool operator==(const DynamicMessage& a, const DynamicMessage& b) noexcept {
  if (a.type_ != b.type_ || a.unknown_ != b.unknown_) return false;
  const auto fields = a.set_fields();
  return fields == b.set_fields() &&
         std::all_of(fields.begin(), fields.end(), [&](const FieldDescriptor* field) {
           return *a.slot(*field) == *b.slot(*field);
         });
}

// --- reading ---

Result<DynamicMessage> DynamicMessage::parse(const MessageDescriptor& type, ByteSpan bytes,
                                             const ParseOptions& options) {
  DynamicMessage message(type);
  AVILA_TRY_VOID(message.merge(bytes, options));
  return message;
}

Result<void> DynamicMessage::merge(ByteSpan bytes, const ParseOptions& options) {
  Reader in(bytes, options);
  if (!read_from(in)) return in.error().context(type_->full_name);
  if (!type_->has_required || options.allow_partial) return {};
  if (const std::string missing = missing_required(); !missing.empty())
    return Error(Errc::PreconditionFailed, "required field " + missing + " is missing")
        .context(type_->full_name);
  return {};
}

bool DynamicMessage::read_from(Reader& in) {
  for (std::uint32_t tag = 0; in.next(tag);) {
    const FieldDescriptor* field = type_->find_field(tag_field(tag));
    if (field == nullptr && type_->is_extension_number(tag_field(tag)))
      field = type_->file->pool->find_extension(*type_, tag_field(tag));
    if (!(field == nullptr ? in.unknown(tag, unknown_) : read_field(in, *field, tag))) return false;
  }
  return !in.failed();
}

bool DynamicMessage::read_field(Reader& in, const FieldDescriptor& field, std::uint32_t tag) {
  if (tag != field.tag()) {
    const bool packed = field.is_repeated() && is_packable(field.type) &&
                        tag_type(tag) == WireType::LengthDelimited;
    return packed ? read_packed(in, field) : in.unknown(tag, unknown_);
  }
  if (field.is_map()) return read_map_entry(in, field);
  if (field.is_message())
    return read_message(in, field,
                        field.is_repeated() ? add_message(field) : mutable_message(field));
  Value value;
  if (!read_scalar(in, field, value)) return false;
  if (is_foreign(field, value)) {
    in.keep(unknown_);
  } else if (field.is_repeated()) {
    mutable_list(field).push_back(std::move(value));
  } else {
    mutable_value(field) = std::move(value);
  }
  return true;
}

bool DynamicMessage::read_packed(Reader& in, const FieldDescriptor& field) {
  List& list = mutable_list(field);
  return in.packed([&](Reader& packed) {
    Value value;
    if (!read_scalar(packed, field, value)) return false;
    if (!is_foreign(field, value)) {
      list.push_back(std::move(value));
    } else if (packed.keeps_unknown_fields()) {
      Writer(unknown_).int32(field.number, std::get<std::int32_t>(value));
    }
    return true;
  });
}

bool DynamicMessage::read_map_entry(Reader& in, const FieldDescriptor& field) {
  const FieldDescriptor& key_field = field.message_type->fields[0];
  const FieldDescriptor& value_field = field.message_type->fields[1];
  const char* const start = in.tag_position();
  Value key = zero_value(key_field), value = zero_value(value_field);
  const bool ok = in.nested([&](Reader& entry) {
    for (std::uint32_t tag = 0; entry.next(tag);) {
      bool read = false;
      if (tag == key_field.tag()) {
        read = read_scalar(entry, key_field, key);
      } else if (tag != value_field.tag()) {
        read = entry.skip(tag);
      } else if (value_field.is_message()) {
        read = read_message(entry, value_field, *std::get<MessageBox>(value));
      } else {
        read = read_scalar(entry, value_field, value);
      }
      if (!read) return false;
    }
    return !entry.failed();
  });
  if (!ok) return false;
  if (is_foreign(value_field, value)) {
    if (in.keeps_unknown_fields())
      unknown_.append(start, static_cast<std::size_t>(in.position() - start));
    return true;
  }
  MapKey map_key;
  std::visit(
      [&](auto& k) {
        if constexpr (requires { map_key = std::move(k); }) map_key = std::move(k);
      },
      key);
  mutable_map(field).insert_or_assign(std::move(map_key), std::move(value));
  return true;
}

// --- writing ---

Result<std::string> DynamicMessage::serialize() const {
  if (type_->has_required)
    if (const std::string missing = missing_required(); !missing.empty())
      return Error(Errc::PreconditionFailed, "required field " + missing + " is missing")
          .context(type_->full_name);
  BackwardWriter out;
  write_to(out);
  if (out.failed()) return out.error().context(type_->full_name);
  return out.finish();
}

void DynamicMessage::write_to(BackwardWriter& out) const {
  out.raw(unknown_);
  const auto fields = set_fields();
  for (auto at = fields.rbegin(); at != fields.rend(); ++at) {
    const FieldDescriptor& field = **at;
    const Slot& place = *slot(field);
    if (const auto* value = std::get_if<Value>(&place)) {
      write_tagged(out, field, *value);
    } else if (const auto* list = std::get_if<List>(&place)) {
      write_list(out, field, *list);
    } else if (const auto* map = std::get_if<Map>(&place)) {
      write_map(out, field, *map);
    }
  }
}

std::string DynamicMessage::missing_required() const {
  if (!type_->has_required) return {};
  for (const FieldDescriptor& field : type_->fields)
    if (field.label == Label::Required && find(field) == nullptr) return field.name;
  for (const FieldDescriptor* field : set_fields()) {
    if (!field->is_message() || (field->is_map() && !field->message_type->fields[1].is_message()))
      continue;
    const auto within = [&](const Value& value, const std::string& at) {
      const std::string missing = std::get<MessageBox>(value)->missing_required();
      return missing.empty() ? missing : field->name + at + '.' + missing;
    };
    std::string missing;
    if (field->is_map()) {
      for (const auto& [key, value] : map(*field))
        if (missing.empty()) missing = within(value, "[…]");
    } else if (field->is_repeated()) {
      std::size_t index = 0;
      for (const Value& value : list(*field)) {
        if (missing.empty()) missing = within(value, '[' + std::to_string(index) + ']');
        ++index;
      }
    } else {
      missing = within(*find(*field), "");
    }
    if (!missing.empty()) return missing;
  }
  return {};
}

}  // namespace avila::protobuf
