// Made by avila-protoc from google/protobuf/field_mask.proto; changes will be lost.
#include <avila/protobuf/wkt/field_mask.pb.hpp>

#include <limits>
#include <utility>

namespace avila::protobuf::wkt {
namespace {

constexpr char kDescriptor_file_google_protobuf_field_mask[] =
    "\012 google/protobuf/field_"
    "mask.proto\022\017google.proto"
    "buf\042!\012\011FieldMask\022\024\012\005path"
    "s\030\001 \003(\011R\005pathsB\205\001\012\023com.g"
    "oogle.protobufB\016FieldMas"
    "kProtoP\001Z2google.golang."
    "org/protobuf/types/known"
    "/fieldmaskpb\370\001\001\242\002\003GPB\252\002\036"
    "Google.Protobuf.WellKnow"
    "nTypesb\006proto3";

}  // namespace

const ::avila::protobuf::FileDescriptor& file_google_protobuf_field_mask() {
  static const ::avila::protobuf::FileDescriptor& avila_made =
      ::avila::protobuf::generated_file({kDescriptor_file_google_protobuf_field_mask, sizeof
      kDescriptor_file_google_protobuf_field_mask - 1}, {});
  return avila_made;
}

::avila::Result<FieldMask> FieldMask::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<FieldMask>(avila_bytes, avila_options);
}
::avila::Result<void> FieldMask::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> FieldMask::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& FieldMask::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_field_mask(), kFullName);
  return avila_made;
}
bool FieldMask::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // paths
      case 10U: {
        if (!avila_in.text(this->paths.emplace_back())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void FieldMask::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->paths.size(); avila_i-- > 0;) {
    avila_out.text(this->paths[avila_i]);
    avila_out.varint(10U);
  }
}
bool FieldMask::operator==(const FieldMask& avila_other) const {
  if (!(this->paths == avila_other.paths)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

}  // namespace avila::protobuf::wkt
