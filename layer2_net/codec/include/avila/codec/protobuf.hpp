// Protocol Buffers messages behind each other, each after its length as a varint: what
// writeDelimitedTo() writes and parseDelimitedFrom() reads in other languages.
#pragma once
#include <avila/buffer/bytes.hpp>
#include <avila/error/result.hpp>
#include <avila/protobuf/generated.hpp>
#include <avila/protobuf/wire.hpp>
#include <cstddef>
#include <optional>

namespace avila::codec {

inline constexpr std::size_t kProtobufMessageMax = std::size_t{4} << 20;

/// The frames without their meaning. After an error every call fails.
class VarintCodec {
 public:
  using Item = buffer::Bytes;

  explicit VarintCodec(std::size_t payload_bytes_max = kProtobufMessageMax)
      : payload_bytes_max_(payload_bytes_max) {}

  /// LimitExceeded, before the payload is waited for; Malformed for a varint over 64 bits.
  Result<std::optional<buffer::Bytes>> decode(buffer::BytesMut& in);
  Result<std::optional<buffer::Bytes>> decode_eof(buffer::BytesMut& in);
  Result<void> encode(const buffer::Bytes& payload, buffer::BytesMut& out);
  Result<void> encode(ByteSpan payload, buffer::BytesMut& out);

 private:
  std::size_t payload_bytes_max_;
  bool failed_ = false;
};

/// Messages of one generated type. A frame with a damaged message is an error of its own: the next
/// call goes on behind it.
template <protobuf::GeneratedMessage M>
class ProtobufCodec {
 public:
  using Item = M;

  explicit ProtobufCodec(std::size_t message_bytes_max = kProtobufMessageMax,
                         protobuf::ParseOptions options = {})
      : frames_(message_bytes_max), options_(options) {}

  Result<std::optional<M>> decode(buffer::BytesMut& in) { return parse(frames_.decode(in)); }
  Result<std::optional<M>> decode_eof(buffer::BytesMut& in) {
    return parse(frames_.decode_eof(in));
  }
  Result<void> encode(const M& message, buffer::BytesMut& out) {
    AVILA_TRY(const std::string bytes, message.serialize());
    return frames_.encode(as_bytes(bytes), out);
  }

 private:
  Result<std::optional<M>> parse(Result<std::optional<buffer::Bytes>> frame) const {
    if (!frame.has_value()) return std::move(frame).error();
    if (!frame->has_value()) return std::optional<M>();
    AVILA_TRY(M message, M::parse((*frame)->span(), options_));
    return std::optional<M>(std::move(message));
  }

  VarintCodec frames_;
  protobuf::ParseOptions options_;
};

}  // namespace avila::codec
