// Made by avila-protoc from google/protobuf/empty.proto; changes will be lost.
#include <avila/protobuf/wkt/empty.pb.hpp>

#include <limits>
#include <utility>

namespace avila::protobuf::wkt {
namespace {

constexpr char kDescriptor_file_google_protobuf_empty[] =
    "\012\033google/protobuf/empty."
    "proto\022\017google.protobuf\042\007"
    "\012\005EmptyB}\012\023com.google.pr"
    "otobufB\012EmptyProtoP\001Z.go"
    "ogle.golang.org/protobuf"
    "/types/known/emptypb\370\001\001\242"
    "\002\003GPB\252\002\036Google.Protobuf."
    "WellKnownTypesb\006proto3";

}  // namespace

const ::avila::protobuf::FileDescriptor& file_google_protobuf_empty() {
  static const ::avila::protobuf::FileDescriptor& avila_made =
      ::avila::protobuf::generated_file({kDescriptor_file_google_protobuf_empty, sizeof
      kDescriptor_file_google_protobuf_empty - 1}, {});
  return avila_made;
}

::avila::Result<Empty> Empty::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<Empty>(avila_bytes, avila_options);
}
::avila::Result<void> Empty::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> Empty::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& Empty::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_empty(), kFullName);
  return avila_made;
}
bool Empty::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void Empty::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
}
bool Empty::operator==(const Empty& avila_other) const {
  return this->unknown_fields == avila_other.unknown_fields;
}

}  // namespace avila::protobuf::wkt
