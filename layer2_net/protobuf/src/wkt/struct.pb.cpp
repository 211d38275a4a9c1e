// Made by avila-protoc from google/protobuf/struct.proto; changes will be lost.
#include <avila/protobuf/wkt/struct.pb.hpp>

#include <limits>
#include <utility>

namespace avila::protobuf::wkt {
namespace {

constexpr char kDescriptor_file_google_protobuf_struct[] =
    "\012\034google/protobuf/struct"
    ".proto\022\017google.protobuf\042"
    "\230\001\012\006Struct\022;\012\006fields\030\001 \003"
    "(\0132#.google.protobuf.Str"
    "uct.FieldsEntryR\006fields\032"
    "Q\012\013FieldsEntry\022\020\012\003key\030\001 "
    "\001(\011R\003key\022,\012\005value\030\002 \001(\0132"
    "\026.google.protobuf.ValueR"
    "\005value:\0028\001\042\262\002\012\005Value\022;\012\012"
    "null_value\030\001 \001(\0162\032.googl"
    "e.protobuf.NullValueH\000R\011"
    "nullValue\022#\012\014number_valu"
    "e\030\002 \001(\001H\000R\013numberValue\022#"
    "\012\014string_value\030\003 \001(\011H\000R\013"
    "stringValue\022\037\012\012bool_valu"
    "e\030\004 \001(\010H\000R\011boolValue\022<\012\014"
    "struct_value\030\005 \001(\0132\027.goo"
    "gle.protobuf.StructH\000R\013s"
    "tructValue\022;\012\012list_value"
    "\030\006 \001(\0132\032.google.protobuf"
    ".ListValueH\000R\011listValueB"
    "\006\012\004kind\042;\012\011ListValue\022.\012\006"
    "values\030\001 \003(\0132\026.google.pr"
    "otobuf.ValueR\006values*\033\012\011"
    "NullValue\022\016\012\012NULL_VALUE\020"
    "\000B\177\012\023com.google.protobuf"
    "B\013StructProtoP\001Z/google."
    "golang.org/protobuf/type"
    "s/known/structpb\370\001\001\242\002\003GP"
    "B\252\002\036Google.Protobuf.Well"
    "KnownTypesb\006proto3";

}  // namespace

const ::avila::protobuf::FileDescriptor& file_google_protobuf_struct() {
  static const ::avila::protobuf::FileDescriptor& avila_made =
      ::avila::protobuf::generated_file({kDescriptor_file_google_protobuf_struct, sizeof
      kDescriptor_file_google_protobuf_struct - 1}, {});
  return avila_made;
}

std::string_view to_string(::avila::protobuf::wkt::NullValue value) noexcept {
  switch (static_cast<std::int32_t>(value)) {
    case 0: return "NULL_VALUE";
    default: return {};
  }
}

::avila::Result<ListValue> ListValue::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<ListValue>(avila_bytes, avila_options);
}
::avila::Result<void> ListValue::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> ListValue::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& ListValue::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_struct(), kFullName);
  return avila_made;
}
bool ListValue::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // values
      case 10U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->values.emplace_back()))
            return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void ListValue::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->values.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->values[avila_i]);
    avila_out.varint(10U);
  }
}
bool ListValue::operator==(const ListValue& avila_other) const {
  if (!(this->values == avila_other.values)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<Value> Value::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<Value>(avila_bytes, avila_options);
}
::avila::Result<void> Value::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> Value::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& Value::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_struct(), kFullName);
  return avila_made;
}
bool Value::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // null_value
      case 8U: {
        if (!::avila::protobuf::generated::read_enum(avila_in, this->kind.emplace<1>())) return
            false;
        break;
      }
      // number_value
      case 17U: {
        if (!avila_in.double_(this->kind.emplace<2>())) return false;
        break;
      }
      // string_value
      case 26U: {
        if (!avila_in.text(this->kind.emplace<3>())) return false;
        break;
      }
      // bool_value
      case 32U: {
        if (!avila_in.boolean(this->kind.emplace<4>())) return false;
        break;
      }
      // struct_value
      case 42U: {
        if (this->kind.index() != 5) this->kind.emplace<5>();
        if (!::avila::protobuf::generated::read_message(avila_in, **std::get_if<5>(&this->kind)))
            return false;
        break;
      }
      // list_value
      case 50U: {
        if (this->kind.index() != 6) this->kind.emplace<6>();
        if (!::avila::protobuf::generated::read_message(avila_in, **std::get_if<6>(&this->kind)))
            return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void Value::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (const auto* avila_value = std::get_if<6>(&this->kind)) {
    ::avila::protobuf::generated::write_message(avila_out, **avila_value);
    avila_out.varint(50U);
  }
  if (const auto* avila_value = std::get_if<5>(&this->kind)) {
    ::avila::protobuf::generated::write_message(avila_out, **avila_value);
    avila_out.varint(42U);
  }
  if (const auto* avila_value = std::get_if<4>(&this->kind)) {
    avila_out.boolean(*avila_value);
    avila_out.varint(32U);
  }
  if (const auto* avila_value = std::get_if<3>(&this->kind)) {
    avila_out.text(*avila_value);
    avila_out.varint(26U);
  }
  if (const auto* avila_value = std::get_if<2>(&this->kind)) {
    avila_out.double_(*avila_value);
    avila_out.varint(17U);
  }
  if (const auto* avila_value = std::get_if<1>(&this->kind)) {
    avila_out.int32(static_cast<std::int32_t>(*avila_value));
    avila_out.varint(8U);
  }
}
bool Value::operator==(const Value& avila_other) const {
  if (!(this->kind == avila_other.kind)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<Struct> Struct::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<Struct>(avila_bytes, avila_options);
}
::avila::Result<void> Struct::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> Struct::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& Struct::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_struct(), kFullName);
  return avila_made;
}
bool Struct::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // fields
      case 10U: {
        std::string avila_key{};
        ::avila::protobuf::wkt::Value avila_value{};
        const bool avila_ok = avila_in.nested([&](::avila::protobuf::Reader& avila_entry) {
          for (std::uint32_t avila_part = 0; avila_entry.next(avila_part);) {
            const bool avila_read = avila_part == 10U ? avila_entry.text(avila_key)
              : avila_part == 18U ? ::avila::protobuf::generated::read_message(avila_entry,
                avila_value)
              : avila_entry.skip(avila_part);
            if (!avila_read) return false;
          }
          return !avila_entry.failed();
        });
        if (!avila_ok) return false;
        this->fields.insert_or_assign(std::move(avila_key), std::move(avila_value));
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void Struct::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (auto avila_at = this->fields.rbegin(); avila_at != this->fields.rend(); ++avila_at) {
    const std::size_t avila_mark = avila_out.size();
    if (!avila_out.enter()) return;
    ::avila::protobuf::generated::write_message(avila_out, avila_at->second);
    avila_out.varint(18U);
    avila_out.text(avila_at->first);
    avila_out.varint(10U);
    avila_out.leave();
    avila_out.length_since(avila_mark);
    avila_out.varint(10U);
  }
}
bool Struct::operator==(const Struct& avila_other) const {
  if (!(this->fields == avila_other.fields)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

}  // namespace avila::protobuf::wkt
