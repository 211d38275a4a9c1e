// Frames as a peer of our own making sends them, right and wrong, and a reader of ours.
#pragma once
#include <avila/http2/frame.hpp>
#include <avila/http2/hpack.hpp>
#include <string>
#include <utility>
#include <vector>

namespace avila_test {

using namespace avila;
using http2::FrameType;

inline std::string frame(FrameType type, std::uint8_t flags, std::uint32_t stream,
                         std::string_view payload = {}) {
  std::string out;
  http2::append_frame_header(out,
                             {static_cast<std::uint32_t>(payload.size()), type, flags, stream});
  return out.append(payload);
}

inline std::string u32(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

inline std::string setting(std::uint16_t id, std::uint32_t value) {
  return std::string{static_cast<char>(id >> 8), static_cast<char>(id)} + u32(value);
}

inline std::string preface(std::string_view settings = {}) {
  return std::string(http2::kClientPreface) + frame(FrameType::Settings, 0, 0, settings);
}

using Fields = std::vector<std::pair<std::string, std::string>>;

/// Without the table, so that blocks can be sent in any order.
inline std::string block(const Fields& fields) {
  http2::HpackEncoder encoder;
  std::string out;
  encoder.begin_block(out);
  for (const auto& [name, value] : fields)
    encoder.encode(out, name, value, http2::Indexing::Without);
  return out;
}

inline const Fields kGet = {
    {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};

inline std::string get(std::uint32_t stream, const Fields& fields = kGet) {
  return frame(FrameType::Headers, http2::flags::kEndStream | http2::flags::kEndHeaders, stream,
               block(fields));
}

struct ReceivedFrame {
  http2::FrameHeader header;
  std::string payload;

  std::uint32_t number(std::size_t at) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value = value << 8 | static_cast<unsigned char>(payload.at(at + i));
    return value;
  }
};

inline std::vector<ReceivedFrame> parse_frames(std::string_view bytes) {
  std::vector<ReceivedFrame> frames;
  while (bytes.size() >= http2::kFrameHeaderBytes) {
    const auto header = http2::FrameHeader::decode(as_bytes(bytes));
    if (bytes.size() < http2::kFrameHeaderBytes + header.length) break;
    frames.push_back({header, std::string(bytes.substr(http2::kFrameHeaderBytes, header.length))});
    bytes.remove_prefix(http2::kFrameHeaderBytes + header.length);
  }
  return frames;
}

}  // namespace avila_test
