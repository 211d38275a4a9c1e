// Made by avila-protoc from google/protobuf/type.proto; changes will be lost.
#include <avila/protobuf/wkt/type.pb.hpp>

#include <limits>
#include <utility>

namespace avila::protobuf::wkt {
namespace {

constexpr char kDescriptor_file_google_protobuf_type[] =
    "\012\032google/protobuf/type.p"
    "roto\022\017google.protobuf\032\031g"
    "oogle/protobuf/any.proto"
    "\032$google/protobuf/source"
    "_context.proto\042\215\002\012\004Type\022"
    "\022\012\004name\030\001 \001(\011R\004name\022.\012\006f"
    "ields\030\002 \003(\0132\026.google.pro"
    "tobuf.FieldR\006fields\022\026\012\006o"
    "neofs\030\003 \003(\011R\006oneofs\0221\012\007o"
    "ptions\030\004 \003(\0132\027.google.pr"
    "otobuf.OptionR\007options\022E"
    "\012\016source_context\030\005 \001(\0132\036"
    ".google.protobuf.SourceC"
    "ontextR\015sourceContext\022/\012"
    "\006syntax\030\006 \001(\0162\027.google.p"
    "rotobuf.SyntaxR\006syntax\042\264"
    "\006\012\005Field\022/\012\004kind\030\001 \001(\0162\033"
    ".google.protobuf.Field.K"
    "indR\004kind\022D\012\013cardinality"
    "\030\002 \001(\0162\042.google.protobuf"
    ".Field.CardinalityR\013card"
    "inality\022\026\012\006number\030\003 \001(\005R"
    "\006number\022\022\012\004name\030\004 \001(\011R\004n"
    "ame\022\031\012\010type_url\030\006 \001(\011R\007t"
    "ypeUrl\022\037\012\013oneof_index\030\007 "
    "\001(\005R\012oneofIndex\022\026\012\006packe"
    "d\030\010 \001(\010R\006packed\0221\012\007optio"
    "ns\030\011 \003(\0132\027.google.protob"
    "uf.OptionR\007options\022\033\012\011js"
    "on_name\030\012 \001(\011R\010jsonName\022"
    "#\012\015default_value\030\013 \001(\011R\014"
    "defaultValue\042\310\002\012\004Kind\022\020\012"
    "\014TYPE_UNKNOWN\020\000\022\017\012\013TYPE_"
    "DOUBLE\020\001\022\016\012\012TYPE_FLOAT\020\002"
    "\022\016\012\012TYPE_INT64\020\003\022\017\012\013TYPE"
    "_UINT64\020\004\022\016\012\012TYPE_INT32\020"
    "\005\022\020\012\014TYPE_FIXED64\020\006\022\020\012\014T"
    "YPE_FIXED32\020\007\022\015\012\011TYPE_BO"
    "OL\020\010\022\017\012\013TYPE_STRING\020\011\022\016\012"
    "\012TYPE_GROUP\020\012\022\020\012\014TYPE_ME"
    "SSAGE\020\013\022\016\012\012TYPE_BYTES\020\014\022"
    "\017\012\013TYPE_UINT32\020\015\022\015\012\011TYPE"
    "_ENUM\020\016\022\021\012\015TYPE_SFIXED32"
    "\020\017\022\021\012\015TYPE_SFIXED64\020\020\022\017\012"
    "\013TYPE_SINT32\020\021\022\017\012\013TYPE_S"
    "INT64\020\022\042t\012\013Cardinality\022\027"
    "\012\023CARDINALITY_UNKNOWN\020\000\022"
    "\030\012\024CARDINALITY_OPTIONAL\020"
    "\001\022\030\012\024CARDINALITY_REQUIRE"
    "D\020\002\022\030\012\024CARDINALITY_REPEA"
    "TED\020\003\042\377\001\012\004Enum\022\022\012\004name\030\001"
    " \001(\011R\004name\0228\012\011enumvalue\030"
    "\002 \003(\0132\032.google.protobuf."
    "EnumValueR\011enumvalue\0221\012\007"
    "options\030\003 \003(\0132\027.google.p"
    "rotobuf.OptionR\007options\022"
    "E\012\016source_context\030\004 \001(\0132"
    "\036.google.protobuf.Source"
    "ContextR\015sourceContext\022/"
    "\012\006syntax\030\005 \001(\0162\027.google."
    "protobuf.SyntaxR\006syntax\042"
    "j\012\011EnumValue\022\022\012\004name\030\001 \001"
    "(\011R\004name\022\026\012\006number\030\002 \001(\005"
    "R\006number\0221\012\007options\030\003 \003("
    "\0132\027.google.protobuf.Opti"
    "onR\007options\042H\012\006Option\022\022\012"
    "\004name\030\001 \001(\011R\004name\022*\012\005val"
    "ue\030\002 \001(\0132\024.google.protob"
    "uf.AnyR\005value*.\012\006Syntax\022"
    "\021\012\015SYNTAX_PROTO2\020\000\022\021\012\015SY"
    "NTAX_PROTO3\020\001B{\012\023com.goo"
    "gle.protobufB\011TypeProtoP"
    "\001Z-google.golang.org/pro"
    "tobuf/types/known/typepb"
    "\370\001\001\242\002\003GPB\252\002\036Google.Proto"
    "buf.WellKnownTypesb\006prot"
    "o3";

}  // namespace

const ::avila::protobuf::FileDescriptor& file_google_protobuf_type() {
  static const ::avila::protobuf::FileDescriptor& avila_made =
      ::avila::protobuf::generated_file({kDescriptor_file_google_protobuf_type, sizeof
      kDescriptor_file_google_protobuf_type - 1}, {});
  return avila_made;
}

std::string_view to_string(::avila::protobuf::wkt::Syntax value) noexcept {
  switch (static_cast<std::int32_t>(value)) {
    case 0: return "SYNTAX_PROTO2";
    case 1: return "SYNTAX_PROTO3";
    default: return {};
  }
}

std::string_view to_string(::avila::protobuf::wkt::Field_Kind value) noexcept {
  switch (static_cast<std::int32_t>(value)) {
    case 0: return "TYPE_UNKNOWN";
    case 1: return "TYPE_DOUBLE";
    case 2: return "TYPE_FLOAT";
    case 3: return "TYPE_INT64";
    case 4: return "TYPE_UINT64";
    case 5: return "TYPE_INT32";
    case 6: return "TYPE_FIXED64";
    case 7: return "TYPE_FIXED32";
    case 8: return "TYPE_BOOL";
    case 9: return "TYPE_STRING";
    case 10: return "TYPE_GROUP";
    case 11: return "TYPE_MESSAGE";
    case 12: return "TYPE_BYTES";
    case 13: return "TYPE_UINT32";
    case 14: return "TYPE_ENUM";
    case 15: return "TYPE_SFIXED32";
    case 16: return "TYPE_SFIXED64";
    case 17: return "TYPE_SINT32";
    case 18: return "TYPE_SINT64";
    default: return {};
  }
}

std::string_view to_string(::avila::protobuf::wkt::Field_Cardinality value) noexcept {
  switch (static_cast<std::int32_t>(value)) {
    case 0: return "CARDINALITY_UNKNOWN";
    case 1: return "CARDINALITY_OPTIONAL";
    case 2: return "CARDINALITY_REQUIRED";
    case 3: return "CARDINALITY_REPEATED";
    default: return {};
  }
}

::avila::Result<Option> Option::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<Option>(avila_bytes, avila_options);
}
::avila::Result<void> Option::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> Option::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& Option::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_type(), kFullName);
  return avila_made;
}
bool Option::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 10U: {
        if (!avila_in.text(this->name)) return false;
        break;
      }
      // value
      case 18U: {
        if (!this->value.has_value()) this->value.emplace();
        if (!::avila::protobuf::generated::read_message(avila_in, *this->value)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void Option::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->value.has_value()) {
    ::avila::protobuf::generated::write_message(avila_out, *this->value);
    avila_out.varint(18U);
  }
  if (!this->name.empty()) {
    avila_out.text(this->name);
    avila_out.varint(10U);
  }
}
bool Option::operator==(const Option& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->value == avila_other.value)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<Field> Field::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<Field>(avila_bytes, avila_options);
}
::avila::Result<void> Field::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> Field::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& Field::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_type(), kFullName);
  return avila_made;
}
bool Field::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // kind
      case 8U: {
        if (!::avila::protobuf::generated::read_enum(avila_in, this->kind)) return false;
        break;
      }
      // cardinality
      case 16U: {
        if (!::avila::protobuf::generated::read_enum(avila_in, this->cardinality)) return false;
        break;
      }
      // number
      case 24U: {
        if (!avila_in.int32(this->number)) return false;
        break;
      }
      // name
      case 34U: {
        if (!avila_in.text(this->name)) return false;
        break;
      }
      // type_url
      case 50U: {
        if (!avila_in.text(this->type_url)) return false;
        break;
      }
      // oneof_index
      case 56U: {
        if (!avila_in.int32(this->oneof_index)) return false;
        break;
      }
      // packed
      case 64U: {
        if (!avila_in.boolean(this->packed)) return false;
        break;
      }
      // options
      case 74U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->options.emplace_back()))
            return false;
        break;
      }
      // json_name
      case 82U: {
        if (!avila_in.text(this->json_name)) return false;
        break;
      }
      // default_value
      case 90U: {
        if (!avila_in.text(this->default_value)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void Field::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (!this->default_value.empty()) {
    avila_out.text(this->default_value);
    avila_out.varint(90U);
  }
  if (!this->json_name.empty()) {
    avila_out.text(this->json_name);
    avila_out.varint(82U);
  }
  for (std::size_t avila_i = this->options.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->options[avila_i]);
    avila_out.varint(74U);
  }
  if (this->packed) {
    avila_out.boolean(this->packed);
    avila_out.varint(64U);
  }
  if (this->oneof_index != std::int32_t{}) {
    avila_out.int32(this->oneof_index);
    avila_out.varint(56U);
  }
  if (!this->type_url.empty()) {
    avila_out.text(this->type_url);
    avila_out.varint(50U);
  }
  if (!this->name.empty()) {
    avila_out.text(this->name);
    avila_out.varint(34U);
  }
  if (this->number != std::int32_t{}) {
    avila_out.int32(this->number);
    avila_out.varint(24U);
  }
  if (this->cardinality != ::avila::protobuf::wkt::Field_Cardinality{}) {
    avila_out.int32(static_cast<std::int32_t>(this->cardinality));
    avila_out.varint(16U);
  }
  if (this->kind != ::avila::protobuf::wkt::Field_Kind{}) {
    avila_out.int32(static_cast<std::int32_t>(this->kind));
    avila_out.varint(8U);
  }
}
bool Field::operator==(const Field& avila_other) const {
  if (!(this->kind == avila_other.kind)) return false;
  if (!(this->cardinality == avila_other.cardinality)) return false;
  if (!(this->number == avila_other.number)) return false;
  if (!(this->name == avila_other.name)) return false;
  if (!(this->type_url == avila_other.type_url)) return false;
  if (!(this->oneof_index == avila_other.oneof_index)) return false;
  if (!(this->packed == avila_other.packed)) return false;
  if (!(this->options == avila_other.options)) return false;
  if (!(this->json_name == avila_other.json_name)) return false;
  if (!(this->default_value == avila_other.default_value)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<Type> Type::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<Type>(avila_bytes, avila_options);
}
::avila::Result<void> Type::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> Type::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& Type::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_type(), kFullName);
  return avila_made;
}
bool Type::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 10U: {
        if (!avila_in.text(this->name)) return false;
        break;
      }
      // fields
      case 18U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->fields.emplace_back()))
            return false;
        break;
      }
      // oneofs
      case 26U: {
        if (!avila_in.text(this->oneofs.emplace_back())) return false;
        break;
      }
      // options
      case 34U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->options.emplace_back()))
            return false;
        break;
      }
      // source_context
      case 42U: {
        if (!this->source_context.has_value()) this->source_context.emplace();
        if (!::avila::protobuf::generated::read_message(avila_in, *this->source_context)) return
            false;
        break;
      }
      // syntax
      case 48U: {
        if (!::avila::protobuf::generated::read_enum(avila_in, this->syntax)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void Type::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->syntax != ::avila::protobuf::wkt::Syntax{}) {
    avila_out.int32(static_cast<std::int32_t>(this->syntax));
    avila_out.varint(48U);
  }
  if (this->source_context.has_value()) {
    ::avila::protobuf::generated::write_message(avila_out, *this->source_context);
    avila_out.varint(42U);
  }
  for (std::size_t avila_i = this->options.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->options[avila_i]);
    avila_out.varint(34U);
  }
  for (std::size_t avila_i = this->oneofs.size(); avila_i-- > 0;) {
    avila_out.text(this->oneofs[avila_i]);
    avila_out.varint(26U);
  }
  for (std::size_t avila_i = this->fields.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->fields[avila_i]);
    avila_out.varint(18U);
  }
  if (!this->name.empty()) {
    avila_out.text(this->name);
    avila_out.varint(10U);
  }
}
bool Type::operator==(const Type& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->fields == avila_other.fields)) return false;
  if (!(this->oneofs == avila_other.oneofs)) return false;
  if (!(this->options == avila_other.options)) return false;
  if (!(this->source_context == avila_other.source_context)) return false;
  if (!(this->syntax == avila_other.syntax)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<EnumValue> EnumValue::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<EnumValue>(avila_bytes, avila_options);
}
::avila::Result<void> EnumValue::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> EnumValue::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& EnumValue::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_type(), kFullName);
  return avila_made;
}
bool EnumValue::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 10U: {
        if (!avila_in.text(this->name)) return false;
        break;
      }
      // number
      case 16U: {
        if (!avila_in.int32(this->number)) return false;
        break;
      }
      // options
      case 26U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->options.emplace_back()))
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
void EnumValue::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->options.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->options[avila_i]);
    avila_out.varint(26U);
  }
  if (this->number != std::int32_t{}) {
    avila_out.int32(this->number);
    avila_out.varint(16U);
  }
  if (!this->name.empty()) {
    avila_out.text(this->name);
    avila_out.varint(10U);
  }
}
bool EnumValue::operator==(const EnumValue& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->number == avila_other.number)) return false;
  if (!(this->options == avila_other.options)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<Enum> Enum::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<Enum>(avila_bytes, avila_options);
}
::avila::Result<void> Enum::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> Enum::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& Enum::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_type(), kFullName);
  return avila_made;
}
bool Enum::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 10U: {
        if (!avila_in.text(this->name)) return false;
        break;
      }
      // enumvalue
      case 18U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->enumvalue.emplace_back()))
            return false;
        break;
      }
      // options
      case 26U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->options.emplace_back()))
            return false;
        break;
      }
      // source_context
      case 34U: {
        if (!this->source_context.has_value()) this->source_context.emplace();
        if (!::avila::protobuf::generated::read_message(avila_in, *this->source_context)) return
            false;
        break;
      }
      // syntax
      case 40U: {
        if (!::avila::protobuf::generated::read_enum(avila_in, this->syntax)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void Enum::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->syntax != ::avila::protobuf::wkt::Syntax{}) {
    avila_out.int32(static_cast<std::int32_t>(this->syntax));
    avila_out.varint(40U);
  }
  if (this->source_context.has_value()) {
    ::avila::protobuf::generated::write_message(avila_out, *this->source_context);
    avila_out.varint(34U);
  }
  for (std::size_t avila_i = this->options.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->options[avila_i]);
    avila_out.varint(26U);
  }
  for (std::size_t avila_i = this->enumvalue.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->enumvalue[avila_i]);
    avila_out.varint(18U);
  }
  if (!this->name.empty()) {
    avila_out.text(this->name);
    avila_out.varint(10U);
  }
}
bool Enum::operator==(const Enum& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->enumvalue == avila_other.enumvalue)) return false;
  if (!(this->options == avila_other.options)) return false;
  if (!(this->source_context == avila_other.source_context)) return false;
  if (!(this->syntax == avila_other.syntax)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

}  // namespace avila::protobuf::wkt
