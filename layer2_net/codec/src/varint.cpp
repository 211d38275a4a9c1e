#include <avila/codec/protobuf.hpp>
#include <avila/primitives/varint.hpp>

namespace avila::codec {

Result<std::optional<buffer::Bytes>> VarintCodec::decode(buffer::BytesMut& in) {
  if (failed_) return Error(Errc::Malformed, "an earlier frame was wrong");
  const std::string_view text = in.text();
  std::uint64_t length = 0;
  const char* const payload = decode_varint(text.data(), text.data() + text.size(), length);
  if (payload == nullptr) {
    // Cut off where no byte there is ends it; a whole one is at most ten bytes.
    bool more = text.size() < kMaxVarint64Bytes;
    for (const char c : text.substr(0, kMaxVarint64Bytes)) more = more && (c & 0x80) != 0;
    if (more) return std::optional<buffer::Bytes>();
    failed_ = true;
    return Error(Errc::Malformed, "a length that is no varint of 64 bits");
  }
  if (length > payload_bytes_max_) {
    failed_ = true;
    return Error(Errc::LimitExceeded,
                 "a message over " + std::to_string(payload_bytes_max_) + " bytes");
  }
  const auto header = static_cast<std::size_t>(payload - text.data());
  if (in.size() - header < length) return std::optional<buffer::Bytes>();
  in.consume(header);
  return std::optional<buffer::Bytes>(in.split_to(static_cast<std::size_t>(length)));
}

Result<std::optional<buffer::Bytes>> VarintCodec::decode_eof(buffer::BytesMut& in) {
  AVILA_TRY(auto frame, decode(in));
  if (!frame && !in.empty()) {
    failed_ = true;
    return Error(Errc::Malformed, "the stream ends within a message");
  }
  return frame;
}

Result<void> VarintCodec::encode(const buffer::Bytes& payload, buffer::BytesMut& out) {
  return encode(payload.span(), out);
}

Result<void> VarintCodec::encode(ByteSpan payload, buffer::BytesMut& out) {
  if (payload.size() > payload_bytes_max_)
    return Error(Errc::LimitExceeded, "a message over the limit");
  char header[kMaxVarint64Bytes];
  const char* const end = encode_varint(header, payload.size());
  out.append(std::string_view(header, static_cast<std::size_t>(end - header)));
  out.append(payload);
  return {};
}

}  // namespace avila::codec
