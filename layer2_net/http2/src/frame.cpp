#include <avila/error/assert.hpp>
#include <avila/http2/frame.hpp>
#include <avila/primitives/endian.hpp>

namespace avila::http2 {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::NoError: return "NO_ERROR";
    case ErrorCode::ProtocolError: return "PROTOCOL_ERROR";
    case ErrorCode::InternalError: return "INTERNAL_ERROR";
    case ErrorCode::FlowControlError: return "FLOW_CONTROL_ERROR";
    case ErrorCode::SettingsTimeout: return "SETTINGS_TIMEOUT";
    case ErrorCode::StreamClosed: return "STREAM_CLOSED";
    case ErrorCode::FrameSizeError: return "FRAME_SIZE_ERROR";
    case ErrorCode::RefusedStream: return "REFUSED_STREAM";
    case ErrorCode::Cancel: return "CANCEL";
    case ErrorCode::CompressionError: return "COMPRESSION_ERROR";
    case ErrorCode::ConnectError: return "CONNECT_ERROR";
    case ErrorCode::EnhanceYourCalm: return "ENHANCE_YOUR_CALM";
    case ErrorCode::InadequateSecurity: return "INADEQUATE_SECURITY";
    case ErrorCode::Http11Required: return "HTTP_1_1_REQUIRED";
  }
  return "";
}

FrameHeader FrameHeader::decode(ByteSpan bytes) noexcept {
  AVILA_ASSERT(bytes.size() >= kFrameHeaderBytes);
  FrameHeader header;
  header.length = load_be<std::uint32_t>(bytes.data()) >> 8;
  header.type = static_cast<FrameType>(bytes[3]);
  header.flags = static_cast<std::uint8_t>(bytes[4]);
  header.stream = load_be<std::uint32_t>(bytes.data() + 5) & kStreamIdMax;
  return header;
}

void append_frame_header(std::string& out, const FrameHeader& header) {
  std::byte bytes[kFrameHeaderBytes];
  store_be(bytes, header.length << 8);
  bytes[3] = static_cast<std::byte>(header.type);
  bytes[4] = static_cast<std::byte>(header.flags);
  store_be(bytes + 5, header.stream);
  out += as_text(bytes);
}

/// The members "u" and "i" of a dictionary (RFC 9651); values of another type are ignored.
Priority Priority::parse(std::string_view field) noexcept {
  Priority priority;
  while (!field.empty()) {
    const std::size_t comma = field.find(',');
    std::string_view member = field.substr(0, comma);
    field = comma == field.npos ? std::string_view() : field.substr(comma + 1);
    while (!member.empty() && (member.front() == ' ' || member.front() == '\t'))
      member.remove_prefix(1);
    member = member.substr(0, member.find(';'));
    while (!member.empty() && (member.back() == ' ' || member.back() == '\t'))
      member.remove_suffix(1);
    if (member.size() == 3 && member.starts_with("u=") && member[2] >= '0' && member[2] <= '7')
      priority.urgency = static_cast<std::uint8_t>(member[2] - '0');
    if (member == "i" || member == "i=?1") priority.incremental = true;
    if (member == "i=?0") priority.incremental = false;
  }
  return priority;
}

}  // namespace avila::http2
