// The frames of HTTP/2 (RFC 9113 section 4 and 6), their error codes and settings.
#pragma once
#include <avila/error/span.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace avila::http2 {

inline constexpr std::string_view kClientPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
inline constexpr std::size_t kFrameHeaderBytes = 9;
inline constexpr std::uint32_t kDefaultFrameBytes = 16'384;
inline constexpr std::uint32_t kFrameBytesMax = (1U << 24) - 1;
inline constexpr std::uint32_t kDefaultWindowBytes = 65'535;
inline constexpr std::int64_t kWindowBytesMax = (std::int64_t{1} << 31) - 1;
inline constexpr std::uint32_t kStreamIdMax = (1U << 31) - 1;

enum class FrameType : std::uint8_t {
  Data = 0,
  Headers = 1,
  Priority = 2,
  RstStream = 3,
  Settings = 4,
  PushPromise = 5,
  Ping = 6,
  Goaway = 7,
  WindowUpdate = 8,
  Continuation = 9,
  PriorityUpdate = 16,  ///< RFC 9218 section 7.1
};

namespace flags {
inline constexpr std::uint8_t kEndStream = 0x1;
inline constexpr std::uint8_t kAck = 0x1;
inline constexpr std::uint8_t kEndHeaders = 0x4;
inline constexpr std::uint8_t kPadded = 0x8;
inline constexpr std::uint8_t kPriority = 0x20;
}  // namespace flags

/// RFC 9113 section 7.
enum class ErrorCode : std::uint32_t {
  NoError = 0,
  ProtocolError = 1,
  InternalError = 2,
  FlowControlError = 3,
  SettingsTimeout = 4,
  StreamClosed = 5,
  FrameSizeError = 6,
  RefusedStream = 7,
  Cancel = 8,
  CompressionError = 9,
  ConnectError = 10,
  EnhanceYourCalm = 11,
  InadequateSecurity = 12,
  Http11Required = 13,
};
std::string_view to_string(ErrorCode code) noexcept;  ///< "PROTOCOL_ERROR"; "" for others

/// Section 6.5.2, RFC 8441 section 3 and RFC 9218 section 2.1.
enum class SettingId : std::uint16_t {
  HeaderTableSize = 1,
  EnablePush = 2,
  MaxConcurrentStreams = 3,
  InitialWindowSize = 4,
  MaxFrameSize = 5,
  MaxHeaderListSize = 6,
  EnableConnectProtocol = 8,
  NoRfc7540Priorities = 9,
};

struct FrameHeader {
  std::uint32_t length = 0;  ///< of the payload, 24 bits
  FrameType type = FrameType::Data;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;

  /// Of kFrameHeaderBytes bytes (asserted).
  static FrameHeader decode(ByteSpan bytes) noexcept;
  bool has(std::uint8_t flag) const noexcept { return (flags & flag) != 0; }
};
void append_frame_header(std::string& out, const FrameHeader& header);

/// RFC 9218 section 4.
struct Priority {
  std::uint8_t urgency = 3;  ///< 0 is first, 7 last
  bool incremental = false;
  /// Of a Priority field value; what is malformed keeps its default.
  static Priority parse(std::string_view field) noexcept;
};

}  // namespace avila::http2
