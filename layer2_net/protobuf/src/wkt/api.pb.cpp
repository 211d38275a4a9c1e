// Made by avila-protoc from google/protobuf/api.proto; changes will be lost.
#include <avila/protobuf/wkt/api.pb.hpp>

#include <limits>
#include <utility>

namespace avila::protobuf::wkt {
namespace {

constexpr char kDescriptor_file_google_protobuf_api[] =
    "\012\031google/protobuf/api.pr"
    "oto\022\017google.protobuf\032$go"
    "ogle/protobuf/source_con"
    "text.proto\032\032google/proto"
    "buf/type.proto\042\301\002\012\003Api\022\022"
    "\012\004name\030\001 \001(\011R\004name\0221\012\007me"
    "thods\030\002 \003(\0132\027.google.pro"
    "tobuf.MethodR\007methods\0221\012"
    "\007options\030\003 \003(\0132\027.google."
    "protobuf.OptionR\007options"
    "\022\030\012\007version\030\004 \001(\011R\007versi"
    "on\022E\012\016source_context\030\005 \001"
    "(\0132\036.google.protobuf.Sou"
    "rceContextR\015sourceContex"
    "t\022.\012\006mixins\030\006 \003(\0132\026.goog"
    "le.protobuf.MixinR\006mixin"
    "s\022/\012\006syntax\030\007 \001(\0162\027.goog"
    "le.protobuf.SyntaxR\006synt"
    "ax\042\262\002\012\006Method\022\022\012\004name\030\001 "
    "\001(\011R\004name\022(\012\020request_typ"
    "e_url\030\002 \001(\011R\016requestType"
    "Url\022+\012\021request_streaming"
    "\030\003 \001(\010R\020requestStreaming"
    "\022*\012\021response_type_url\030\004 "
    "\001(\011R\017responseTypeUrl\022-\012\022"
    "response_streaming\030\005 \001(\010"
    "R\021responseStreaming\0221\012\007o"
    "ptions\030\006 \003(\0132\027.google.pr"
    "otobuf.OptionR\007options\022/"
    "\012\006syntax\030\007 \001(\0162\027.google."
    "protobuf.SyntaxR\006syntax\042"
    "/\012\005Mixin\022\022\012\004name\030\001 \001(\011R\004"
    "name\022\022\012\004root\030\002 \001(\011R\004root"
    "Bv\012\023com.google.protobufB"
    "\010ApiProtoP\001Z,google.gola"
    "ng.org/protobuf/types/kn"
    "own/apipb\242\002\003GPB\252\002\036Google"
    ".Protobuf.WellKnownTypes"
    "b\006proto3";

}  // namespace

const ::avila::protobuf::FileDescriptor& file_google_protobuf_api() {
  static const ::avila::protobuf::FileDescriptor& avila_made =
      ::avila::protobuf::generated_file({kDescriptor_file_google_protobuf_api, sizeof
      kDescriptor_file_google_protobuf_api - 1}, {});
  return avila_made;
}

::avila::Result<Method> Method::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<Method>(avila_bytes, avila_options);
}
::avila::Result<void> Method::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> Method::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& Method::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_api(), kFullName);
  return avila_made;
}
bool Method::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 10U: {
        if (!avila_in.text(this->name)) return false;
        break;
      }
      // request_type_url
      case 18U: {
        if (!avila_in.text(this->request_type_url)) return false;
        break;
      }
      // request_streaming
      case 24U: {
        if (!avila_in.boolean(this->request_streaming)) return false;
        break;
      }
      // response_type_url
      case 34U: {
        if (!avila_in.text(this->response_type_url)) return false;
        break;
      }
      // response_streaming
      case 40U: {
        if (!avila_in.boolean(this->response_streaming)) return false;
        break;
      }
      // options
      case 50U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->options.emplace_back()))
            return false;
        break;
      }
      // syntax
      case 56U: {
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
void Method::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->syntax != ::avila::protobuf::wkt::Syntax{}) {
    avila_out.int32(static_cast<std::int32_t>(this->syntax));
    avila_out.varint(56U);
  }
  for (std::size_t avila_i = this->options.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->options[avila_i]);
    avila_out.varint(50U);
  }
  if (this->response_streaming) {
    avila_out.boolean(this->response_streaming);
    avila_out.varint(40U);
  }
  if (!this->response_type_url.empty()) {
    avila_out.text(this->response_type_url);
    avila_out.varint(34U);
  }
  if (this->request_streaming) {
    avila_out.boolean(this->request_streaming);
    avila_out.varint(24U);
  }
  if (!this->request_type_url.empty()) {
    avila_out.text(this->request_type_url);
    avila_out.varint(18U);
  }
  if (!this->name.empty()) {
    avila_out.text(this->name);
    avila_out.varint(10U);
  }
}
bool Method::operator==(const Method& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->request_type_url == avila_other.request_type_url)) return false;
  if (!(this->request_streaming == avila_other.request_streaming)) return false;
  if (!(this->response_type_url == avila_other.response_type_url)) return false;
  if (!(this->response_streaming == avila_other.response_streaming)) return false;
  if (!(this->options == avila_other.options)) return false;
  if (!(this->syntax == avila_other.syntax)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<Mixin> Mixin::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<Mixin>(avila_bytes, avila_options);
}
::avila::Result<void> Mixin::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> Mixin::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& Mixin::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_api(), kFullName);
  return avila_made;
}
bool Mixin::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 10U: {
        if (!avila_in.text(this->name)) return false;
        break;
      }
      // root
      case 18U: {
        if (!avila_in.text(this->root)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void Mixin::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (!this->root.empty()) {
    avila_out.text(this->root);
    avila_out.varint(18U);
  }
  if (!this->name.empty()) {
    avila_out.text(this->name);
    avila_out.varint(10U);
  }
}
bool Mixin::operator==(const Mixin& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->root == avila_other.root)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<Api> Api::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<Api>(avila_bytes, avila_options);
}
::avila::Result<void> Api::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> Api::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& Api::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_api(), kFullName);
  return avila_made;
}
bool Api::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 10U: {
        if (!avila_in.text(this->name)) return false;
        break;
      }
      // methods
      case 18U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->methods.emplace_back()))
            return false;
        break;
      }
      // options
      case 26U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->options.emplace_back()))
            return false;
        break;
      }
      // version
      case 34U: {
        if (!avila_in.text(this->version)) return false;
        break;
      }
      // source_context
      case 42U: {
        if (!this->source_context.has_value()) this->source_context.emplace();
        if (!::avila::protobuf::generated::read_message(avila_in, *this->source_context)) return
            false;
        break;
      }
      // mixins
      case 50U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->mixins.emplace_back()))
            return false;
        break;
      }
      // syntax
      case 56U: {
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
void Api::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->syntax != ::avila::protobuf::wkt::Syntax{}) {
    avila_out.int32(static_cast<std::int32_t>(this->syntax));
    avila_out.varint(56U);
  }
  for (std::size_t avila_i = this->mixins.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->mixins[avila_i]);
    avila_out.varint(50U);
  }
  if (this->source_context.has_value()) {
    ::avila::protobuf::generated::write_message(avila_out, *this->source_context);
    avila_out.varint(42U);
  }
  if (!this->version.empty()) {
    avila_out.text(this->version);
    avila_out.varint(34U);
  }
  for (std::size_t avila_i = this->options.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->options[avila_i]);
    avila_out.varint(26U);
  }
  for (std::size_t avila_i = this->methods.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->methods[avila_i]);
    avila_out.varint(18U);
  }
  if (!this->name.empty()) {
    avila_out.text(this->name);
    avila_out.varint(10U);
  }
}
bool Api::operator==(const Api& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->methods == avila_other.methods)) return false;
  if (!(this->options == avila_other.options)) return false;
  if (!(this->version == avila_other.version)) return false;
  if (!(this->source_context == avila_other.source_context)) return false;
  if (!(this->mixins == avila_other.mixins)) return false;
  if (!(this->syntax == avila_other.syntax)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

}  // namespace avila::protobuf::wkt
