// Made by avila-protoc from google/protobuf/duration.proto; changes will be lost.
#include <avila/protobuf/wkt/duration.pb.hpp>

#include <limits>
#include <utility>

namespace avila::protobuf::wkt {
namespace {

constexpr char kDescriptor_file_google_protobuf_duration[] =
    "\012\036google/protobuf/durati"
    "on.proto\022\017google.protobu"
    "f\042:\012\010Duration\022\030\012\007seconds"
    "\030\001 \001(\003R\007seconds\022\024\012\005nanos"
    "\030\002 \001(\005R\005nanosB\203\001\012\023com.go"
    "ogle.protobufB\015DurationP"
    "rotoP\001Z1google.golang.or"
    "g/protobuf/types/known/d"
    "urationpb\370\001\001\242\002\003GPB\252\002\036Goo"
    "gle.Protobuf.WellKnownTy"
    "pesb\006proto3";

}  // namespace

const ::avila::protobuf::FileDescriptor& file_google_protobuf_duration() {
  static const ::avila::protobuf::FileDescriptor& avila_made =
      ::avila::protobuf::generated_file({kDescriptor_file_google_protobuf_duration, sizeof
      kDescriptor_file_google_protobuf_duration - 1}, {});
  return avila_made;
}

::avila::Result<Duration> Duration::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<Duration>(avila_bytes, avila_options);
}
::avila::Result<void> Duration::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> Duration::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& Duration::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_duration(), kFullName);
  return avila_made;
}
bool Duration::read_from(::avila::protobuf::Reader& avila_in) {
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
void Duration::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
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
bool Duration::operator==(const Duration& avila_other) const {
  if (!(this->seconds == avila_other.seconds)) return false;
  if (!(this->nanos == avila_other.nanos)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

}  // namespace avila::protobuf::wkt
