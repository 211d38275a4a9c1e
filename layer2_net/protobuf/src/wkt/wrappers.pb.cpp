// Made by avila-protoc from google/protobuf/wrappers.proto; changes will be lost.
#include <avila/protobuf/wkt/wrappers.pb.hpp>

#include <limits>
#include <utility>

namespace avila::protobuf::wkt {
namespace {

constexpr char kDescriptor_file_google_protobuf_wrappers[] =
    "\012\036google/protobuf/wrappe"
    "rs.proto\022\017google.protobu"
    "f\042#\012\013DoubleValue\022\024\012\005valu"
    "e\030\001 \001(\001R\005value\042\042\012\012FloatV"
    "alue\022\024\012\005value\030\001 \001(\002R\005val"
    "ue\042\042\012\012Int64Value\022\024\012\005valu"
    "e\030\001 \001(\003R\005value\042#\012\013UInt64"
    "Value\022\024\012\005value\030\001 \001(\004R\005va"
    "lue\042\042\012\012Int32Value\022\024\012\005val"
    "ue\030\001 \001(\005R\005value\042#\012\013UInt3"
    "2Value\022\024\012\005value\030\001 \001(\015R\005v"
    "alue\042!\012\011BoolValue\022\024\012\005val"
    "ue\030\001 \001(\010R\005value\042#\012\013Strin"
    "gValue\022\024\012\005value\030\001 \001(\011R\005v"
    "alue\042\042\012\012BytesValue\022\024\012\005va"
    "lue\030\001 \001(\014R\005valueB\203\001\012\023com"
    ".google.protobufB\015Wrappe"
    "rsProtoP\001Z1google.golang"
    ".org/protobuf/types/know"
    "n/wrapperspb\370\001\001\242\002\003GPB\252\002\036"
    "Google.Protobuf.WellKnow"
    "nTypesb\006proto3";

}  // namespace

const ::avila::protobuf::FileDescriptor& file_google_protobuf_wrappers() {
  static const ::avila::protobuf::FileDescriptor& avila_made =
      ::avila::protobuf::generated_file({kDescriptor_file_google_protobuf_wrappers, sizeof
      kDescriptor_file_google_protobuf_wrappers - 1}, {});
  return avila_made;
}

::avila::Result<DoubleValue> DoubleValue::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<DoubleValue>(avila_bytes, avila_options);
}
::avila::Result<void> DoubleValue::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> DoubleValue::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& DoubleValue::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_wrappers(), kFullName);
  return avila_made;
}
bool DoubleValue::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // value
      case 9U: {
        if (!avila_in.double_(this->value)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void DoubleValue::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (!::avila::protobuf::generated::is_zero(this->value)) {
    avila_out.double_(this->value);
    avila_out.varint(9U);
  }
}
bool DoubleValue::operator==(const DoubleValue& avila_other) const {
  if (!(this->value == avila_other.value)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<FloatValue> FloatValue::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<FloatValue>(avila_bytes, avila_options);
}
::avila::Result<void> FloatValue::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> FloatValue::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& FloatValue::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_wrappers(), kFullName);
  return avila_made;
}
bool FloatValue::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // value
      case 13U: {
        if (!avila_in.float_(this->value)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void FloatValue::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (!::avila::protobuf::generated::is_zero(this->value)) {
    avila_out.float_(this->value);
    avila_out.varint(13U);
  }
}
bool FloatValue::operator==(const FloatValue& avila_other) const {
  if (!(this->value == avila_other.value)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<Int64Value> Int64Value::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<Int64Value>(avila_bytes, avila_options);
}
::avila::Result<void> Int64Value::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> Int64Value::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& Int64Value::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_wrappers(), kFullName);
  return avila_made;
}
bool Int64Value::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // value
      case 8U: {
        if (!avila_in.int64(this->value)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void Int64Value::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->value != std::int64_t{}) {
    avila_out.int64(this->value);
    avila_out.varint(8U);
  }
}
bool Int64Value::operator==(const Int64Value& avila_other) const {
  if (!(this->value == avila_other.value)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<UInt64Value> UInt64Value::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<UInt64Value>(avila_bytes, avila_options);
}
::avila::Result<void> UInt64Value::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> UInt64Value::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& UInt64Value::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_wrappers(), kFullName);
  return avila_made;
}
bool UInt64Value::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // value
      case 8U: {
        if (!avila_in.uint64(this->value)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void UInt64Value::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->value != std::uint64_t{}) {
    avila_out.uint64(this->value);
    avila_out.varint(8U);
  }
}
bool UInt64Value::operator==(const UInt64Value& avila_other) const {
  if (!(this->value == avila_other.value)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<Int32Value> Int32Value::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<Int32Value>(avila_bytes, avila_options);
}
::avila::Result<void> Int32Value::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> Int32Value::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& Int32Value::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_wrappers(), kFullName);
  return avila_made;
}
bool Int32Value::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // value
      case 8U: {
        if (!avila_in.int32(this->value)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void Int32Value::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->value != std::int32_t{}) {
    avila_out.int32(this->value);
    avila_out.varint(8U);
  }
}
bool Int32Value::operator==(const Int32Value& avila_other) const {
  if (!(this->value == avila_other.value)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<UInt32Value> UInt32Value::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<UInt32Value>(avila_bytes, avila_options);
}
::avila::Result<void> UInt32Value::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> UInt32Value::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& UInt32Value::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_wrappers(), kFullName);
  return avila_made;
}
bool UInt32Value::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // value
      case 8U: {
        if (!avila_in.uint32(this->value)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void UInt32Value::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->value != std::uint32_t{}) {
    avila_out.uint32(this->value);
    avila_out.varint(8U);
  }
}
bool UInt32Value::operator==(const UInt32Value& avila_other) const {
  if (!(this->value == avila_other.value)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<BoolValue> BoolValue::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<BoolValue>(avila_bytes, avila_options);
}
::avila::Result<void> BoolValue::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> BoolValue::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& BoolValue::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_wrappers(), kFullName);
  return avila_made;
}
bool BoolValue::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // value
      case 8U: {
        if (!avila_in.boolean(this->value)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void BoolValue::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->value) {
    avila_out.boolean(this->value);
    avila_out.varint(8U);
  }
}
bool BoolValue::operator==(const BoolValue& avila_other) const {
  if (!(this->value == avila_other.value)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<StringValue> StringValue::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<StringValue>(avila_bytes, avila_options);
}
::avila::Result<void> StringValue::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> StringValue::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& StringValue::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_wrappers(), kFullName);
  return avila_made;
}
bool StringValue::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // value
      case 10U: {
        if (!avila_in.text(this->value)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void StringValue::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (!this->value.empty()) {
    avila_out.text(this->value);
    avila_out.varint(10U);
  }
}
bool StringValue::operator==(const StringValue& avila_other) const {
  if (!(this->value == avila_other.value)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<BytesValue> BytesValue::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<BytesValue>(avila_bytes, avila_options);
}
::avila::Result<void> BytesValue::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> BytesValue::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& BytesValue::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_wrappers(), kFullName);
  return avila_made;
}
bool BytesValue::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // value
      case 10U: {
        if (!avila_in.bytes(this->value)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void BytesValue::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (!this->value.empty()) {
    avila_out.bytes(this->value);
    avila_out.varint(10U);
  }
}
bool BytesValue::operator==(const BytesValue& avila_other) const {
  if (!(this->value == avila_other.value)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

}  // namespace avila::protobuf::wkt
