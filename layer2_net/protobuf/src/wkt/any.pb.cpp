// Made by avila-protoc from google/protobuf/any.proto; changes will be lost.
#include <avila/protobuf/wkt/any.pb.hpp>

#include <limits>
#include <utility>

namespace avila::protobuf::wkt {
namespace {

constexpr char kDescriptor_file_google_protobuf_any[] =
    "\012\031google/protobuf/any.pr"
    "oto\022\017google.protobuf\0426\012\003"
    "Any\022\031\012\010type_url\030\001 \001(\011R\007t"
    "ypeUrl\022\024\012\005value\030\002 \001(\014R\005v"
    "alueBv\012\023com.google.proto"
    "bufB\010AnyProtoP\001Z,google."
    "golang.org/protobuf/type"
    "s/known/anypb\242\002\003GPB\252\002\036Go"
    "ogle.Protobuf.WellKnownT"
    "ypesb\006proto3";

}  // namespace

const ::avila::protobuf::FileDescriptor& file_google_protobuf_any() {
  static const ::avila::protobuf::FileDescriptor& avila_made =
      ::avila::protobuf::generated_file({kDescriptor_file_google_protobuf_any, sizeof
      kDescriptor_file_google_protobuf_any - 1}, {});
  return avila_made;
}

::avila::Result<Any> Any::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<Any>(avila_bytes, avila_options);
}
::avila::Result<void> Any::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> Any::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& Any::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_any(), kFullName);
  return avila_made;
}
bool Any::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // type_url
      case 10U: {
        if (!avila_in.text(this->type_url)) return false;
        break;
      }
      // value
      case 18U: {
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
void Any::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (!this->value.empty()) {
    avila_out.bytes(this->value);
    avila_out.varint(18U);
  }
  if (!this->type_url.empty()) {
    avila_out.text(this->type_url);
    avila_out.varint(10U);
  }
}
bool Any::operator==(const Any& avila_other) const {
  if (!(this->type_url == avila_other.type_url)) return false;
  if (!(this->value == avila_other.value)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

}  // namespace avila::protobuf::wkt
