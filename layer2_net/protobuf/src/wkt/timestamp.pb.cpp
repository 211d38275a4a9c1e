// Made by avila-protoc from google/protobuf/timestamp.proto; changes will be lost.
#include <avila/protobuf/wkt/timestamp.pb.hpp>

#include <limits>
#include <utility>

namespace avila::protobuf::wkt {
namespace {

constexpr char kDescriptor_file_google_protobuf_timestamp[] =
    "\012\037google/protobuf/timest"
    "amp.proto\022\017google.protob"
    "uf\042;\012\011Timestamp\022\030\012\007secon"
    "ds\030\001 \001(\003R\007seconds\022\024\012\005nan"
    "os\030\002 \001(\005R\005nanosB\205\001\012\023com."
    "google.protobufB\016Timesta"
    "mpProtoP\001Z2google.golang"
    ".org/protobuf/types/know"
    "n/timestamppb\370\001\001\242\002\003GPB\252\002"
    "\036Google.Protobuf.WellKno"
    "wnTypesb\006proto3";

}  // namespace

const ::avila::protobuf::FileDescriptor& file_google_protobuf_timestamp() {
  static const ::avila::protobuf::FileDescriptor& avila_made =
      ::avila::protobuf::generated_file({kDescriptor_file_google_protobuf_timestamp, sizeof
      kDescriptor_file_google_protobuf_timestamp - 1}, {});
  return avila_made;
}

::avila::Result<Timestamp> Timestamp::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<Timestamp>(avila_bytes, avila_options);
}
::avila::Result<void> Timestamp::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> Timestamp::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& Timestamp::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_timestamp(), kFullName);
  return avila_made;
}
bool Timestamp::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // seconds
      case 8U: {
        if (!avila_in.int64(this->seconds)) return false;
        break;
      }
      // nanos
      case 16U: {
        if (!avila_in.int32(this->nanos)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void Timestamp::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->nanos != std::int32_t{}) {
    avila_out.int32(this->nanos);
    avila_out.varint(16U);
  }
  if (this->seconds != std::int64_t{}) {
    avila_out.int64(this->seconds);
    avila_out.varint(8U);
  }
}
bool Timestamp::operator==(const Timestamp& avila_other) const {
  if (!(this->seconds == avila_other.seconds)) return false;
  if (!(this->nanos == avila_other.nanos)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

}  // namespace avila::protobuf::wkt
