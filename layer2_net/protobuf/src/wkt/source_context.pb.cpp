// Made by avila-protoc from google/protobuf/source_context.proto; changes will be lost.
#include <avila/protobuf/wkt/source_context.pb.hpp>

#include <limits>
#include <utility>

namespace avila::protobuf::wkt {
namespace {

constexpr char kDescriptor_file_google_protobuf_source_context[] =
    "\012$google/protobuf/source"
    "_context.proto\022\017google.p"
    "rotobuf\042,\012\015SourceContext"
    "\022\033\012\011file_name\030\001 \001(\011R\010fil"
    "eNameB\212\001\012\023com.google.pro"
    "tobufB\022SourceContextProt"
    "oP\001Z6google.golang.org/p"
    "rotobuf/types/known/sour"
    "cecontextpb\242\002\003GPB\252\002\036Goog"
    "le.Protobuf.WellKnownTyp"
    "esb\006proto3";

}  // namespace

const ::avila::protobuf::FileDescriptor& file_google_protobuf_source_context() {
  static const ::avila::protobuf::FileDescriptor& avila_made =
      ::avila::protobuf::generated_file({kDescriptor_file_google_protobuf_source_context, sizeof
      kDescriptor_file_google_protobuf_source_context - 1}, {});
  return avila_made;
}

::avila::Result<SourceContext> SourceContext::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<SourceContext>(avila_bytes, avila_options);
}
::avila::Result<void> SourceContext::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> SourceContext::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& SourceContext::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_source_context(), kFullName);
  return avila_made;
}
bool SourceContext::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // file_name
      case 10U: {
        if (!avila_in.text(this->file_name)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void SourceContext::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (!this->file_name.empty()) {
    avila_out.text(this->file_name);
    avila_out.varint(10U);
  }
}
bool SourceContext::operator==(const SourceContext& avila_other) const {
  if (!(this->file_name == avila_other.file_name)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

}  // namespace avila::protobuf::wkt
